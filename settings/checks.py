"""Combinations of settings that are invalid or risky though each setting is valid.

Contract: every text names the settings and what to do. No text contains a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from settings.groups import ArchiveSettings, HttpSettings, Settings
from settings.paths import ACCOUNTS_FILE, ROOT
from settings.readers import is_loopback

SHORT = 16  # characters; a shorter secret can be guessed over a network

_REQUIRED_BY_TRANSLATOR = {
    "baidu": ("BAIDU_APPID", "BAIDU_SECRET"),
    "deepl": ("DEEPL_KEY",),
    "libretranslate": ("LIBRETRANSLATE_URL",),
    "openai": ("OPENAI_MODEL",),
}

IsSet = Callable[[str], bool]  # whether the setting of this name is set


def conflicts(settings: Settings, is_set: IsSet) -> Iterator[str]:
    """Conflicts between settings."""
    yield from _http(settings.http, is_set)
    if is_set("ACCOUNTS_FILE") and is_set("DISCORD_TOKEN"):
        yield (
            "ACCOUNTS_FILE and DISCORD_TOKEN (or its old name SALAI_TOKEN) are both set.\n"
            "    Write every account into the file and unset the plain variables, or leave out ACCOUNTS_FILE."
        )
    yield from _archive(settings.archive, is_set)
    yield from _translation(settings.translation.translators, is_set)


def _http(http: HttpSettings, is_set: IsSet) -> Iterator[str]:
    if not (is_loopback(http.host) or is_set("API_SECRET") or http.allow_anonymous):
        yield (
            f"HOST={http.host} is open to other machines, and there is no API_SECRET: anyone could draw at your cost.\n"
            "    Set API_SECRET, which clients must send, or ALLOW_ANONYMOUS=true if something else\n"
            "    keeps strangers out, or leave HOST at 127.0.0.1."
        )
    if http.admin_secret and any(each.secret == http.admin_secret for each in http.api_secrets):
        yield (
            "ADMIN_SECRET is one of API_SECRET: every client that has it would be the operator.\n"
            "    Give the operator another secret."
        )


def _archive(archive: ArchiveSettings, is_set: IsSet) -> Iterator[str]:
    required = ("S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")
    if archive.place == "s3" and (missing := [name for name in required if not is_set(name)]):
        yield f"ARCHIVE=s3 needs {' and '.join(missing)}.\n    Set what is missing, or ARCHIVE=disk: docs/archive.md."
    if archive.redirect and archive.place != "s3":
        yield "ARCHIVE_REDIRECT requires ARCHIVE=s3.\n    Leave it out."


def _translation(translators: tuple[str, ...], is_set: IsSet) -> Iterator[str]:
    missing = [name for name in _REQUIRED_BY_TRANSLATOR["baidu"] if not is_set(name)]
    if len(missing) == 1:
        yield f"{missing[0]} is not set.\n    Baidu needs both BAIDU_APPID and BAIDU_SECRET."
    for translator in translators:
        if missing := [name for name in _REQUIRED_BY_TRANSLATOR.get(translator, ()) if not is_set(name)]:
            yield f"{missing[0]} is not set.\n    TRANSLATORS names {translator}, which needs it."


def warnings(settings: Settings) -> Iterator[str]:
    """Risks of valid settings, logged at the start."""
    file = ROOT / settings.discord.accounts_file
    if not settings.simulator and not file.exists():
        if file != settings.storage.data_dir / ACCOUNTS_FILE:
            yield f"ACCOUNTS_FILE is {file}, which does not exist: create it, or no account can draw"
        elif not settings.discord.accounts:
            yield "No account is configured: connect one in the console, or see docs/first-account.md"
    if is_loopback(settings.http.host):
        return
    known = [
        (f"API_SECRET of {each.name}" if each.name else "API_SECRET", each.secret) for each in settings.http.api_secrets
    ]
    for what, secret in [*known, ("ADMIN_SECRET", settings.http.admin_secret)]:
        if secret and len(secret) < SHORT:
            yield f"{what} has fewer than {SHORT} characters: create a longer one with openssl rand -hex 24"
