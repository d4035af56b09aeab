"""Every setting of the service: its name in the environment, its unit, its default and why it is so.

Law: settings are read once, at the start, from the environment and from `.env` files (the environment wins); they are
frozen and handed out in groups, each constructor getting its own and never the whole. A group's field says a setting's
type, bounds and default, its row in `TABLE` all else; `.env.example` and docs/settings.md are checked against both.
Every mistake is reported in one go. A secret is shown neither in an error nor in a repr.

Longer than other files on purpose: whoever asks "what can be set?" reads one list.
"""

from __future__ import annotations

import base64
import difflib
import ipaddress
import os
import re
import shutil
import sys
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec
from dotenv import dotenv_values
from msgspec import Meta

IS_BINARY = bool(getattr(sys, "frozen", False))  # one executable, which brings its files in a folder of their own
COMES_WITH = Path(__file__).resolve().parent  # the files that belong to the program
# Relative paths start here: beside the sources, wherever the process was started. The binary starts where it is run.
ROOT = Path.cwd() if IS_BINARY else COMES_WITH

SHORT = 16  # characters of a secret that is open to guessing over a network

Whole = Annotated[int, Meta(ge=1)]
Port = Annotated[int, Meta(ge=1, le=65535)]
Minutes = Annotated[int, Meta(ge=1, le=10_000)]
TranslatorName = Literal["baidu", "deepl", "google", "libretranslate", "openai", "mymemory"]


class SettingsError(Exception):
    """One or more settings cannot be used; the text names each, what is wrong with it and how to mend it."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("The settings cannot be used:\n\n" + "\n".join(f"  {mistake}" for mistake in mistakes))


# ---------------------------------------------------------------- the groups: type, bounds, default


class ApiSecret(msgspec.Struct, frozen=True, kw_only=True):
    """One secret of callers, which its repr keeps."""

    name: str = ""  # "": the only one, which sees every task
    secret: str
    shared: bool = False  # a named one that sees every task, not its own alone

    def __repr__(self) -> str:
        return f"ApiSecret(name={self.name!r}, secret='***', shared={self.shared})"


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen group of settings whose repr keeps its secrets."""

    def __repr__(self) -> str:
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        shown = (f"{name}={'***' if name in SECRET_FIELDS and value else repr(value)}" for name, value in values)
        return f"{type(self).__name__}({', '.join(shown)})"

    def secrets(self) -> Iterator[str]:
        """Every value that must never be written anywhere: for the log's filter."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if name in SECRET_FIELDS and value:
                yield from secrets_in(value)


def secrets_in(value: str | tuple[str | ApiSecret, ...]) -> Iterator[str]:
    """The value, and what is a secret in it by itself: a URL's password, and with its user as a proxy is told it."""
    if not isinstance(value, str):
        for each in value:
            yield from secrets_in(each if isinstance(each, str) else each.secret)
        return
    yield value
    parts = urlsplit(value) if "://" in value else None
    if parts is not None and parts.password:
        password = unquote(parts.password)
        yield from (parts.password, password, f"{unquote(parts.username or '')}:{password}")


class AccountSettings(Group, frozen=True, kw_only=True):
    """One Discord account and the channel it draws in. Several accounts are written as lists of equal length."""

    token: str
    guild_id: str
    channel_id: str
    concurrency: Annotated[int, Meta(ge=1, le=100)] = 3


class DiscordSettings(Group, frozen=True, kw_only=True):
    """The accounts, and where and as what Discord is spoken to. An empty address: Discord's own."""

    accounts: tuple[AccountSettings, ...] = ()
    accounts_file: str = ""
    api_base: str = "https://discord.com/api/v9"
    gateway_url: str = ""
    cdn_base: str = ""
    upload_base: str = ""
    activity_base: str = ""
    proxy_url: str = ""
    fetch_build: bool = True
    build_number: Whole = 589_596  # as published in 2026-08
    chrome_version: Annotated[int, Meta(ge=100, le=999)] = 150


class TaskSettings(Group, frozen=True, kw_only=True):
    """The rules' own numbers."""

    send_interval_ms: Annotated[int, Meta(ge=0, le=600_000)] = 1000
    account_choice: Literal["free", "turn", "weight", "fill"] = "free"
    settle_seconds: Annotated[int, Meta(ge=1, le=3600)] = 120
    history_pages: Annotated[int, Meta(ge=1, le=500)] = 20
    silence_minutes: Minutes = 5
    silence_minutes_fast: Minutes = 15
    silence_minutes_relaxed: Minutes = 180
    max_queue: Whole = 10_000
    max_queue_per_secret: Annotated[int, Meta(ge=0)] = 1000
    max_prompt_length: Whole = 6000
    max_state_kb: Annotated[int, Meta(ge=1, le=256)] = 64
    prompt_suffix: str = ""
    max_drawings_per_prompt: Annotated[int, Meta(ge=1, le=100)] = 1
    banned_words_file: str = ""
    modal_timeout_minutes: Minutes = 30
    remix_auto_submit: bool = True
    fallback_to_relax: bool = False


class HttpSettings(Group, frozen=True, kw_only=True):
    """Where the API listens and whom it answers."""

    host: str = "127.0.0.1"
    port: Port = 3000
    api_secrets: tuple[ApiSecret, ...] = ()
    admin_secret: str = ""
    rate_limit: Annotated[int, Meta(ge=0, le=100_000)] = 0
    max_connections: Annotated[int, Meta(ge=10, le=100_000)] = 800
    allow_anonymous: bool = False
    allowed_hosts: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()
    public_url: str = ""
    max_body_mb: Annotated[int, Meta(ge=1, le=1024)] = 64
    queued_code: Literal[1, 22] = 22
    names_tiles: bool = False

    @property
    def address(self) -> str:
        """The service's own address, for links and for the screen."""
        if self.public_url:
            return self.public_url
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - looked at, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


class HookSettings(Group, frozen=True, kw_only=True):
    """Call-backs."""

    notify_hook: str = ""
    alert_hook: str = ""
    webhook_secret: tuple[str, ...] = ()
    hook_allow: tuple[str, ...] = ()
    allow_private_hooks: bool = False


class TranslationSettings(Group, frozen=True, kw_only=True):
    """Prompts in other languages to English."""

    enabled: bool = True
    translators: tuple[TranslatorName, ...] = ()
    translate_from: Literal["all", "non-latin"] = "all"
    baidu_appid: str = ""
    baidu_secret: str = ""
    baidu_url: str = "https://fanyi-api.baidu.com"
    deepl_key: str = ""
    deepl_url: str = ""
    google_key: str = ""
    google_url: str = "https://translation.googleapis.com"
    google_keyless_url: str = "https://translate.googleapis.com"
    libretranslate_url: str = ""
    libretranslate_key: str = ""
    openai_url: str = "https://api.openai.com/v1"
    openai_key: str = ""
    openai_model: str = ""
    mymemory_url: str = "https://api.mymemory.translated.net"
    mymemory_email: str = ""
    translation_proxy: str = ""
    timeout_seconds: Annotated[float, Meta(gt=0, le=60)] = 5.0
    pause_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 60.0
    cache_size: Annotated[int, Meta(ge=0, le=1_000_000)] = 10_000


class StorageSettings(Group, frozen=True, kw_only=True):
    """Where things are kept."""

    data_dir: Path = Path("data")
    database_path: Path = Path("data/tasks.db")
    capture_dir: str = ""
    task_retention: Annotated[int, Meta(ge=0, le=36_500)] = 0
    purge_at: str = ""


class ArchiveSettings(Group, frozen=True, kw_only=True):
    """Copies of results, which stay when Discord's links have expired."""

    place: Literal["off", "disk", "s3"] = "disk"
    folder: Path = Path("data/images")
    previews: bool = False
    days: Annotated[int, Meta(ge=0, le=36_500)] = 0
    max_mb: Annotated[int, Meta(ge=0, le=100_000_000)] = 0
    first_seconds: Annotated[int, Meta(ge=0, le=300)] = 0
    redirect: bool = False
    s3_bucket: str = ""
    s3_endpoint: str = ""
    s3_region: str = "us-east-1"
    s3_access_key_id: str = ""
    s3_secret_access_key: str = ""
    s3_prefix: str = ""
    s3_virtual_hosted: bool = False


class LogSettings(Group, frozen=True, kw_only=True):
    """What is written to stderr."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["text", "json"] = "text"


class Settings(Group, frozen=True, kw_only=True):
    """All groups. Only app/ sees this; it hands each constructor its own."""

    discord: DiscordSettings = DiscordSettings()
    tasks: TaskSettings = TaskSettings()
    http: HttpSettings = HttpSettings()
    hooks: HookSettings = HookSettings()
    translation: TranslationSettings = TranslationSettings()
    storage: StorageSettings = StorageSettings()
    archive: ArchiveSettings = ArchiveSettings()
    log: LogSettings = LogSettings()
    simulator_port: Port = 8765
    simulator: bool = False  # said on the command line, not in the environment

    def cautions(self) -> Iterator[str]:
        """What may be so, and is better known: for the log, at the start."""
        file = self.discord.accounts_file
        if file and not self.simulator and not (ROOT / file).exists():
            yield f"ACCOUNTS_FILE is {ROOT / file}, and there is no such file: write it, or no account draws"
        if is_loopback(self.http.host):
            return
        known = [
            (f"API_SECRET of {each.name}" if each.name else "API_SECRET", each.secret) for each in self.http.api_secrets
        ]
        for what, secret in [*known, ("ADMIN_SECRET", self.http.admin_secret)]:
            if secret and len(secret) < SHORT:
                yield f"{what} has less than {SHORT} characters: make a longer one with openssl rand -hex 24"

    def secrets(self) -> Iterator[str]:
        groups = (self.discord, self.http, self.hooks, self.translation, self.archive)
        for group in (*self.discord.accounts, *groups):
            yield from group.secrets()


# ---------------------------------------------------------------- how a value is read
# Each reader takes the text, without quotes and outer blanks, and raises ValueError saying what the text must be.


def _flag(text: str) -> bool:
    if text.lower() in ("true", "yes", "on", "1"):
        return True
    if text.lower() in ("false", "no", "off", "0"):
        return False
    raise ValueError("true or false")


def _url(text: str, schemes: tuple[str, ...] = ("http", "https")) -> str:
    must = f"an address that starts with {' or '.join(f'{scheme}://' for scheme in schemes)} and has no blanks"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or re.search(r"\s", text):
        raise ValueError(must)
    return text


def _base(text: str) -> str:
    return _url(text).rstrip("/")


def _proxy(text: str) -> str:
    return _url(text, ("http", "https", "socks5", "socks5h"))


def _gateway(text: str) -> str:
    return _url(text, ("ws", "wss"))


def _digits(text: str) -> str:
    if not re.fullmatch(r"[0-9]+", text):
        raise ValueError("an id, digits only; Discord shows it in the channel's address: /channels/<guild>/<channel>")
    return text


def _token(text: str) -> str:
    if text.lower().startswith(("bot ", "bearer ")):
        raise ValueError("a user account's token alone: leave out the word before it. A bot's token will not do")
    return _word(text)


def _word(text: str) -> str:
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("one word of ASCII letters, digits and signs, as it travels in an HTTP header")
    return text


def _api_secrets(text: str) -> tuple[ApiSecret, ...]:
    """`secret`, or `name:secret` and `name:secret:shared`, separated by commas."""
    if not re.search("[,:]", text):
        return (ApiSecret(secret=_word(text)),)
    found = tuple(_named_secret(_unquoted(item)) for item in text.split(","))
    if len({each.name for each in found}) < len(found):
        raise ValueError("a list in which each name stands once")
    if len({each.secret for each in found}) < len(found):
        raise ValueError("a list in which no two names have the same secret")
    return found


def _named_secret(text: str) -> ApiSecret:
    name, _, rest = text.partition(":")
    secret, colon, flag = rest.partition(":")
    if not re.fullmatch(r"[a-z0-9_-]{1,32}", name) or not secret or (colon and flag != "shared"):
        raise ValueError(
            "one secret without : and commas, or a list such as anna:secret1,bert:secret2:shared.\n"
            "    A name is 1 to 32 of a-z, 0-9, _ and -; shared, a secret shows everybody's tasks"
        )
    return ApiSecret(name=name, secret=_word(secret), shared=bool(colon))


def _host(text: str) -> str:
    name = text.strip("[]")
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        if re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9_.-]+", name):
            return name.lower()
    raise ValueError("an IP address or a host name, without http:// and without a port")


def _path(text: str) -> str:
    parts = text.strip("/").split("/")
    if not all(re.fullmatch(r"[A-Za-z0-9_.-]+", part) and part.strip(".") for part in parts):
        raise ValueError("one or more names of ASCII letters, digits, dots, dashes and underscores, with / between")
    return "/".join(parts)


def _webhook_secret(text: str) -> str:
    """A key of Standard Webhooks: 24 to 64 bytes in base64."""
    try:
        prefix, key = text[:6], base64.b64decode(text[6:], validate=True)
        usable = prefix == "whsec_" and 24 <= len(key) <= 64
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(
            f"whsec_ and 24 to 64 random bytes in base64, as made by\n      {_RANDOM_KEY}\n"
            "    or two such, separated by a comma, while one replaces the other"
        )
    return text


_RANDOM_KEY = """python -c "import base64, os; print('whsec_' + base64.b64encode(os.urandom(32)).decode())\""""


def _allowed_name(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip("[]")))
    except ValueError:
        pass
    try:
        return ("*." if text.startswith("*.") else "") + _host(text.removeprefix("*.").removesuffix("."))
    except ValueError:
        raise ValueError(
            "host names, such as hooks.example.internal or *.example.internal, and networks, such as 10.1.2.0/24,\n"
            "    separated by commas: without http://, without a port, and a network with its host bits 0"
        ) from None


def _hour(text: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError("a time of day from 00:00 to 23:59, such as 04:30")
    return text


def _list(reader: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        return tuple(reader(item.strip()) for item in text.split(",") if item.strip())

    return read


def _origin(text: str) -> str:
    base = _base(text).lower()
    if urlsplit(base).path or urlsplit(base).query:
        raise ValueError("origins such as https://page.example, separated by commas: scheme, host and port, no path")
    return base


# ---------------------------------------------------------------- the table: name, field, unit, why


@dataclass(frozen=True, slots=True)
class Setting:
    """What a field's declaration does not say."""

    name: str  # in the environment
    field: str  # the way to it from `Settings`
    unit: str
    why: str
    read: Callable[[str], Any] = str
    old: tuple[str, ...] = ()  # names of earlier programs that are understood too; the new name wins
    secret: bool = False
    offline: bool = False  # not read under --simulator: nothing there may reach the real world
    simulator: bool | int | None = None  # the default under --simulator, where it differs

    @property
    def group(self) -> str:
        return self.field.rpartition(".")[0]

    @property
    def attribute(self) -> str:
        return self.field.rpartition(".")[2]

    @property
    def type(self) -> Any:
        return typing.get_type_hints(GROUPS[self.group], include_extras=True)[self.attribute]

    @property
    def default(self) -> Any:
        """The field's default; `msgspec.NODEFAULT` where it must be set."""
        fields = msgspec.structs.fields(GROUPS[self.group])
        return next(field.default for field in fields if field.name == self.attribute)

    @property
    def default_text(self) -> str:
        """The default as one would write it in `.env`."""
        if self.default is msgspec.NODEFAULT or self.default in ("", ()):
            return ""
        return str(self.default).lower() if isinstance(self.default, bool) else str(self.default)


GROUPS: Mapping[str, type[Group]] = {
    "discord.accounts": AccountSettings,
    "discord": DiscordSettings,
    "tasks": TaskSettings,
    "http": HttpSettings,
    "hooks": HookSettings,
    "translation": TranslationSettings,
    "storage": StorageSettings,
    "archive": ArchiveSettings,
    "log": LogSettings,
    "": Settings,
}

# fmt: off
TABLE = (
    # discord.accounts
    Setting("DISCORD_TOKEN", "discord.accounts.token", "token, or a list separated by commas",
            "The Discord account that draws. It is as good as a password. Not needed with --simulator.",
            read=_token, old=("SALAI_TOKEN",), secret=True, offline=True),
    Setting("DISCORD_GUILD_ID", "discord.accounts.guild_id", "id, or a list; one is shared by all tokens",
            "The Discord server in which the MidJourney bot is a member.",
            read=_digits, old=("SERVER_ID",), offline=True),
    Setting("DISCORD_CHANNEL_ID", "discord.accounts.channel_id", "id, or a list; one is shared by all tokens",
            "The channel to draw in; a private one keeps strangers' pictures and yours apart.",
            read=_digits, old=("CHANNEL_ID",), offline=True),
    Setting("CONCURRENCY", "discord.accounts.concurrency", "drawings at once, or a list; one is shared by all tokens",
            "What the MidJourney plan allows in fast mode: Basic and Standard 3, Pro and Mega 12.", old=("NUMBER",)),
    # discord
    Setting("ACCOUNTS_FILE", "discord.accounts_file", "file",
            "Several accounts, each with limits of its own, instead of the four above; see docs/accounts.md.",
            offline=True),
    Setting("DISCORD_API_BASE", "discord.api_base", "URL with the version",
            "Another address for Discord's REST API: a reverse proxy, where Discord cannot be reached.",
            read=_base, offline=True),
    Setting("DISCORD_GATEWAY_URL", "discord.gateway_url", "ws or wss URL",
            "Another address for Discord's gateway. Empty: Discord's own.", read=_gateway, offline=True),
    Setting("DISCORD_CDN_BASE", "discord.cdn_base", "URL",
            "Replaces Discord's CDN when pictures are loaded and in the URLs that callers see. Empty: Discord's own.",
            read=_base, offline=True),
    Setting("DISCORD_UPLOAD_BASE", "discord.upload_base", "URL",
            "Replaces the host to which pictures are uploaded. Empty: the one Discord names.",
            read=_base, offline=True),
    Setting("DISCORD_ACTIVITY_BASE", "discord.activity_base", "URL",
            "Replaces the host of MidJourney's web dialog for Vary (Region). Empty: the one Discord gives each bot.",
            read=_base, offline=True),
    Setting("PROXY_URL", "discord.proxy_url", "http, https, socks5 or socks5h URL",
            "A proxy for everything said to Discord. Proxy variables of the system are not read.",
            read=_proxy, secret=True, offline=True),
    Setting("DISCORD_FETCH_BUILD", "discord.fetch_build", "true or false",
            "Ask Discord's own pages at the start which build its web client is, to look like it; 10 s at most.",
            read=_flag, offline=True, simulator=False),
    Setting("DISCORD_BUILD_NUMBER", "discord.build_number", "number",
            "The build of Discord's web client to name when its pages cannot be asked."),
    Setting("DISCORD_CHROME_VERSION", "discord.chrome_version", "major version",
            "The Chrome to pass for; the default is the one whose TLS handshake the pinned curl_cffi speaks."),
    # tasks
    Setting("ACCOUNT_CHOICE", "tasks.account_choice", "free, turn, weight or fill",
            "Who draws, of several accounts with a slot: most free slots, in turn, by weight, or the first until full.",
            read=str.lower),
    Setting("SEND_INTERVAL_MS", "tasks.send_interval_ms", "milliseconds",
            "The least pause between two sends of one account, plus some jitter: bursts look like a machine.",
            simulator=0),
    Setting("SETTLE_SECONDS", "tasks.settle_seconds", "seconds",
            "After a send with an unknown outcome: how long the channel must show nothing before that counts as a no."),
    Setting("HISTORY_PAGES", "tasks.history_pages", "pages of 100 messages",
            "After a gap: how much of the channel's history is read at a time; then there is a pause of ten seconds."),
    Setting("SILENCE_MINUTES", "tasks.silence_minutes", "minutes",
            "A task of which nothing at all has been heard fails after this long; a new one shows within seconds."),
    Setting("SILENCE_MINUTES_FAST", "tasks.silence_minutes_fast", "minutes",
            "The same for a running drawing in fast or turbo mode, which shows progress every few seconds."),
    Setting("SILENCE_MINUTES_RELAXED", "tasks.silence_minutes_relaxed", "minutes",
            "The same in relaxed mode or in MidJourney's own queue, where hours may pass."),
    Setting("MAX_QUEUE", "tasks.max_queue", "tasks",
            "More waiting tasks than this are refused as 'queue full', so that a runaway caller cannot fill the disk."),
    Setting("MAX_QUEUE_PER_SECRET", "tasks.max_queue_per_secret", "tasks, 0 for no limit",
            "The same for each named secret, so that one caller cannot fill the queue for the others."),
    Setting("PROMPT_SUFFIX", "tasks.prompt_suffix", "parameters, such as --ar 16:9 --stylize 200",
            "Appended to each prompt that does not have these parameters."),
    Setting("MAX_DRAWINGS_PER_PROMPT", "tasks.max_drawings_per_prompt", "drawings",
            "Prompts that make more, by {a, b} or --repeat, are refused: each is paid, and a task shows one result."),
    Setting("BANNED_WORDS_FILE", "tasks.banned_words_file", "file, a word or phrase on each line",
            "Replaces the built-in list of words that are refused: repeated tries with them get an account blocked."),
    Setting("MODAL_TIMEOUT", "tasks.modal_timeout_minutes", "minutes",
            "A task that waits for its caller's second input (status MODAL) is cancelled after this long."),
    Setting("REMIX_AUTO_SUBMIT", "tasks.remix_auto_submit", "true or false",
            "A Remix dialog that opens unasked is sent on with its own text. Off, /mj tasks turn MODAL then.",
            read=_flag),
    Setting("FALLBACK_TO_RELAX", "tasks.fallback_to_relax", "true or false",
            "When the account's fast hours are gone, send drawings again in relaxed mode. Off, the account pauses.",
            read=_flag),
    Setting("MAX_PROMPT_LENGTH", "tasks.max_prompt_length", "characters",
            "Longer prompts are refused at once: Discord takes no longer option of a command."),
    Setting("MAX_STATE_KB", "tasks.max_state_kb", "KiB",
            "A longer state is refused: it is kept, and told again with each step of its task."),
    # http
    Setting("HOST", "http.host", "address",
            "Where to listen. The default is reachable from this machine alone; 0.0.0.0 is every interface.",
            read=_host),
    Setting("PORT", "http.port", "TCP port",
            "Where to listen; the reference's port."),
    Setting("API_SECRET", "http.api_secrets", "text, or a list of name:secret and name:secret:shared",
            "What callers must send along. Without it only this machine is served: each drawing costs money.",
            read=_api_secrets, secret=True),
    Setting("ADMIN_SECRET", "http.admin_secret", "text",
            "What the operator's own requests send along. It also shows every task. Empty: nobody is the operator.",
            read=_word, secret=True),
    Setting("RATE_LIMIT", "http.rate_limit", "submits per minute, 0 for no limit",
            "For each secret; as many may come at once. What is beyond is refused. Look-ups are not counted."),
    Setting("MAX_CONNECTIONS", "http.max_connections", "connections",
            "The longest silent goes for one more; if all are busy it gets 503. One address has 7/8 of them at most."),
    Setting("ALLOW_ANONYMOUS", "http.allow_anonymous", "true or false",
            "Serve other machines without API_SECRET. Only where something else keeps strangers out.", read=_flag),
    Setting("ALLOWED_HOSTS", "http.allowed_hosts", "list separated by commas",
            "Names besides loopback under which the service is called without API_SECRET; it stops DNS rebinding.",
            read=_list(_host)),
    Setting("CORS_ORIGINS", "http.cors_origins", "list separated by commas",
            "Web pages that may call without API_SECRET. With it any page may, as it must know the secret.",
            read=_list(_origin)),
    Setting("PUBLIC_URL", "http.public_url", "URL",
            "How users reach this service, for links to itself. Empty: http://HOST:PORT.", read=_base),
    Setting("MAX_BODY_MB", "http.max_body_mb", "MiB",
            "Larger requests are refused. Pictures come as base64, a third larger than their files."),
    Setting("MJ_QUEUED_CODE", "http.queued_code", "22 or 1",
            "The code with which /mj answers a submit that has to wait. Some clients take 22 for a failure."),
    Setting("MJ_GRID_TILES", "http.names_tiles", "true or false",
            "Name the four pictures of a grid in /mj's imageUrls, cut from our copy. They need ARCHIVE.", read=_flag),
    # hooks
    Setting("NOTIFY_HOOK", "hooks.notify_hook", "http or https URL",
            "Hears the end of every task, besides the task's own hook. The operator's word: no address is refused.",
            read=_url, secret=True),
    Setting("ALERT_HOOK", "hooks.alert_hook", "http or https URL",
            "Hears when an account pauses because a human is needed. The operator's word: no address is refused.",
            read=_url, secret=True),
    Setting("WEBHOOK_SECRET", "hooks.webhook_secret", "whsec_ and base64; two separated by a comma while rotating",
            "Signs every call-back and alert, so that receivers know who speaks; docs/webhooks.md.",
            read=_list(_webhook_secret), secret=True),
    Setting("HOOK_ALLOW", "hooks.hook_allow", "list of host names and networks, separated by commas",
            "Where callers' URLs may lead besides public addresses: hooks.internal, *.apps.internal, 10.1.2.0/24.",
            read=_list(_allowed_name)),
    Setting("ALLOW_PRIVATE_HOOKS", "hooks.allow_private_hooks", "true or false",
            "Let callers' hooks and picture URLs reach loopback and private addresses; no stranger should.",
            read=_flag, simulator=True),
    # translation
    Setting("TRANSLATION", "translation.enabled", "true or false",
            "Translate prompts that are not English. Off, they go to MidJourney as they are and to no translator.",
            read=_flag),
    Setting("TRANSLATORS", "translation.translators", "list of baidu, deepl, google, libretranslate, openai, mymemory",
            "Who is asked, in this order. Empty: all whose keys are set, then MyMemory and Google without one.",
            read=_list(str.lower), offline=True),
    Setting("TRANSLATE_FROM", "translation.translate_from", "all or non-latin",
            "non-latin leaves languages in Latin letters as they are: which is which has to be guessed from words.",
            read=str.lower),
    Setting("BAIDU_APPID", "translation.baidu_appid", "text",
            "Baidu's translator is asked when this and BAIDU_SECRET are set.",
            read=_word, old=("baiduAPPID",), offline=True),
    Setting("BAIDU_SECRET", "translation.baidu_secret", "text",
            "Signs what is asked of Baidu.", read=_word, old=("baiduSECRET",), secret=True, offline=True),
    Setting("BAIDU_URL", "translation.baidu_url", "URL",
            "Another address for Baidu's translator.", read=_base, offline=True),
    Setting("DEEPL_KEY", "translation.deepl_key", "text",
            "DeepL is asked when it is set. A key that ends with :fx is one of the free plan.",
            read=_word, secret=True, offline=True),
    Setting("DEEPL_URL", "translation.deepl_url", "URL",
            "Another address for DeepL. Empty: the free plan's or the pro plan's, as the key says.",
            read=_base, offline=True),
    Setting("GOOGLE_TRANSLATE_KEY", "translation.google_key", "text",
            "Google Cloud Translation is asked when it is set, in place of Google's keyless end point.",
            read=_word, secret=True, offline=True),
    Setting("GOOGLE_TRANSLATE_URL", "translation.google_url", "URL",
            "Another address for Google Cloud Translation.", read=_base, offline=True),
    Setting("GOOGLE_KEYLESS_URL", "translation.google_keyless_url", "URL",
            "Another address for Google's end point that needs no key, and that nobody promises.",
            read=_base, offline=True),
    Setting("LIBRETRANSLATE_URL", "translation.libretranslate_url", "URL",
            "LibreTranslate is asked when it is set: your own server's address, or a public one's.",
            read=_base, offline=True),
    Setting("LIBRETRANSLATE_KEY", "translation.libretranslate_key", "text",
            "For servers of LibreTranslate that want one.", read=_word, secret=True, offline=True),
    Setting("OPENAI_MODEL", "translation.openai_model", "name of a model",
            "A chat model is asked when it is set, at OPENAI_URL: OpenAI's, or any with the same API, as Ollama's.",
            read=_word, offline=True),
    Setting("OPENAI_URL", "translation.openai_url", "URL with the version",
            "Where the chat model is. For Ollama on this machine: http://127.0.0.1:11434/v1.",
            read=_base, offline=True),
    Setting("OPENAI_KEY", "translation.openai_key", "text",
            "For chat models that want one.", read=_word, secret=True, offline=True),
    Setting("MYMEMORY_URL", "translation.mymemory_url", "URL",
            "Another address for MyMemory, the translator that needs no key.", read=_base, offline=True),
    Setting("MYMEMORY_EMAIL", "translation.mymemory_email", "address",
            "MyMemory translates ten times as much a day for a caller who names one.", read=_word, offline=True),
    Setting("TRANSLATION_PROXY", "translation.translation_proxy", "http, https, socks5 or socks5h URL",
            "A proxy for everything said to translators but those on this machine.",
            read=_proxy, secret=True, offline=True),
    Setting("TRANSLATION_TIMEOUT_SECONDS", "translation.timeout_seconds", "seconds",
            "In all, for every translator together; then the original text is sent, with a note."),
    Setting("TRANSLATION_PAUSE_SECONDS", "translation.pause_seconds", "seconds",
            "A translator that failed is left alone this long, so that it delays one task and not each."),
    Setting("TRANSLATION_CACHE_SIZE", "translation.cache_size", "translations",
            "So many are kept in the database, to be neither paid nor waited for again. 0: none."),
    # storage
    Setting("DATA_DIR", "storage.data_dir", "folder",
            "What must survive a restart. Set in the environment, its .env is read as well; /data in the container.",
            read=Path),
    Setting("DATABASE_PATH", "storage.database_path", "file",
            "Every task ever asked for. Empty: tasks.db in DATA_DIR, with --simulator simulator.db.", read=Path),
    Setting("CAPTURE_DIR", "storage.capture_dir", "folder",
            "Keeps what MidJourney says and is not understood; docs/troubleshooting.md. Empty: it is only logged."),
    Setting("TASK_RETENTION", "storage.task_retention", "days",
            "Finished tasks older than this are removed. 0 keeps them for ever: nothing is lost unless you say so."),
    Setting("PURGE_AT", "storage.purge_at", "HH:MM, in the machine's time",
            "Each day at this time every finished task is removed; docs/keeping.md. Empty: never.", read=_hour),
    # archive
    Setting("ARCHIVE", "archive.place", "off, disk or s3",
            "Where results are copied to, so that imageUrl stays; docs/archive.md. off leaves them at Discord.",
            read=str.lower),
    Setting("ARCHIVE_DIR", "archive.folder", "folder",
            "Where disk keeps them. Empty: images in DATA_DIR, with --simulator simulator-images.", read=Path),
    Setting("ARCHIVE_PREVIEWS", "archive.previews", "true or false",
            "Copy the pictures of drawings under way, too, for callers who cannot reach Discord.", read=_flag),
    Setting("ARCHIVE_DAYS", "archive.days", "days",
            "Copies older than this are removed; their tasks stay. 0 keeps them as long as their tasks."),
    Setting("ARCHIVE_MAX_MB", "archive.max_mb", "MiB",
            "When the copies take more than this, the oldest go. 0 is no limit but the disk's."),
    Setting("ARCHIVE_FIRST_SECONDS", "archive.first_seconds", "seconds",
            "How long the call-back of a task's end waits for the copy, so that it names ours. 0: not at all."),
    Setting("ARCHIVE_REDIRECT", "archive.redirect", "true or false",
            "With s3: send browsers to the storage by a signed link instead of passing the bytes on.", read=_flag),
    Setting("S3_BUCKET", "archive.s3_bucket", "name",
            "The bucket that s3 keeps them in.", read=_word),
    Setting("S3_ENDPOINT", "archive.s3_endpoint", "URL",
            "The storage's address, without the bucket. Empty: Amazon's own of the region.", read=_base),
    Setting("S3_REGION", "archive.s3_region", "region",
            "The bucket's region, as its requests are signed for; auto at Cloudflare R2.", read=_word),
    Setting("S3_ACCESS_KEY_ID", "archive.s3_access_key_id", "text",
            "Signs what is asked of the storage.", read=_word, secret=True),
    Setting("S3_SECRET_ACCESS_KEY", "archive.s3_secret_access_key", "text",
            "Belongs to S3_ACCESS_KEY_ID.", read=_word, secret=True),
    Setting("S3_PREFIX", "archive.s3_prefix", "path",
            "A folder in the bucket, where it is shared with others.", read=_path),
    Setting("S3_VIRTUAL_HOSTED", "archive.s3_virtual_hosted", "true or false",
            "Name the bucket in the host and not in the path, as Alibaba's OSS demands.", read=_flag),
    # log
    Setting("LOG_LEVEL", "log.level", "DEBUG, INFO, WARNING or ERROR",
            "INFO is one line per thing that happened to a task.", read=str.upper),
    Setting("LOG_FORMAT", "log.format", "text or json",
            "json is for machines that collect logs.", read=str.lower),
    # settings
    Setting("SIMULATOR_PORT", "simulator_port", "TCP port",
            "Where --simulator lets its fake Discord listen."),
)
# fmt: on

SECRET_FIELDS = frozenset(setting.attribute for setting in TABLE if setting.secret)


# ---------------------------------------------------------------- reading


def load(
    environ: Mapping[str, str] = os.environ,
    dotenv_paths: Sequence[Path] | None = None,
    *,
    simulator: bool = False,
    root: Path = ROOT,
) -> Settings:
    """The settings, or `SettingsError` with every mistake in them. `dotenv_paths`: the first that has a value wins."""
    reader = _Reader(simulator)
    files = dotenv_files(environ, root) if dotenv_paths is None else dotenv_paths
    reader.collect(environ, files)
    found = {path: reader.group(path) for path in GROUPS if path != "discord.accounts"}
    in_a_file = "accounts_file" in found["discord"]
    found["discord"]["accounts"] = () if simulator or in_a_file else reader.accounts()
    reader.check_together(found)
    if reader.mistakes:
        raise SettingsError([*reader.mistakes, *(slip.replace(": did", ".\n    Did") for slip in misspelt(files))])
    _place(found["storage"], root, "simulator.db" if simulator else "tasks.db")
    images = found["storage"]["data_dir"] / ("simulator-images" if simulator else "images")
    found["archive"]["folder"] = root / found["archive"].get("folder", images)
    groups: dict[str, Any] = {path: GROUPS[path](**values) for path, values in found.items() if path}
    return Settings(**groups, **found[""], simulator=simulator)


def load_storage(
    environ: Mapping[str, str] = os.environ,
    dotenv_paths: Sequence[Path] | None = None,
    *,
    simulator: bool = False,
    root: Path = ROOT,
) -> StorageSettings:
    """Where things are kept, found as `load` finds it; no other setting is needed, nor looked at."""
    reader = _Reader(simulator)
    reader.collect(environ, dotenv_files(environ, root) if dotenv_paths is None else dotenv_paths)
    values = reader.group("storage")
    if reader.mistakes:
        raise SettingsError(reader.mistakes)
    _place(values, root, "simulator.db" if simulator else "tasks.db")
    return StorageSettings(**values)


class CallerSettings(NamedTuple):
    """What somebody needs who calls the service from its own machine: the command line."""

    address: str
    secret: str  # the first of a list
    proxy_url: str  # for pictures at Discord's CDN


def load_caller(
    environ: Mapping[str, str] = os.environ, dotenv_paths: Sequence[Path] | None = None, *, root: Path = ROOT
) -> CallerSettings:
    """Where the service is and its secret, found as `load` finds it; no account is needed."""
    reader = _Reader(simulator=False)
    reader.collect(environ, dotenv_files(environ, root) if dotenv_paths is None else dotenv_paths)
    http, discord = reader.group("http"), reader.group("discord")
    if reader.mistakes:
        raise SettingsError(reader.mistakes)
    given = HttpSettings(**http)
    secret = next((each.secret for each in given.api_secrets), "")
    return CallerSettings(given.address, secret, DiscordSettings(**discord).proxy_url)


def dotenv_files(environ: Mapping[str, str] = os.environ, root: Path = ROOT) -> tuple[Path, ...]:
    """The `.env` files that are read: the project's own, and that of DATA_DIR where the environment names one."""
    data_dir = environ.get("DATA_DIR", "").strip()
    return (root / ".env", *((root / data_dir / ".env",) if data_dir else ()))


def misspelt(dotenv_paths: Iterable[Path]) -> Iterator[str]:
    """What a `.env` file sets under a name that is almost that of a setting. Other names may be another program's."""
    known = [name for setting in TABLE for name in (setting.name, *setting.old)]
    for path in dotenv_paths:
        for name in _dotenv(path) or ():
            if name not in known and (meant := difflib.get_close_matches(name, known, n=1, cutoff=0.8)):
                yield f"{path} sets {name}, which is no setting: did you mean {meant[0]}?"


def _dotenv(path: Path) -> Mapping[str, str | None] | None:
    """What is in the file, nothing where there is none; None: it cannot be read."""
    try:
        # No interpolation: a `$` in a secret is a `$`. "-sig": Windows' editors put a mark in front.
        return dotenv_values(path, interpolate=False, encoding="utf-8-sig") if path.exists() else {}
    except (OSError, UnicodeDecodeError):
        return None


def provide_example(data_dir: Path, example: Path = COMES_WITH / ".env.example") -> Path | None:
    """Put `.env.example` into the data folder when it is missing; the path if that was done.

    In a container the volume is all a user can edit: start once, copy the example to `.env`, fill it in, restart.
    """
    target = data_dir / ".env.example"
    try:
        if target.exists() or not example.exists():
            return None
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(example, target)
    except OSError:
        return None  # a folder that cannot be written is reported by the store, which needs it
    return target


def at_simulator(settings: Settings, base: str, accounts: Sequence[AccountSettings]) -> Settings:
    """The settings with everything that would reach the real world pointed at the simulator at `base`."""
    discord = msgspec.structs.replace(
        settings.discord,
        accounts=tuple(accounts),
        api_base=f"{base}/api/v9",
        gateway_url=f"{base.replace('http', 'ws', 1)}/gateway",
        cdn_base=base,
        upload_base=base,
        activity_base=base,
    )
    translation = msgspec.structs.replace(
        settings.translation, translators=("mymemory",), mymemory_url=f"{base}/translate"
    )
    return msgspec.structs.replace(settings, discord=discord, translation=translation)


def is_loopback(host: str) -> bool:
    """Can only this machine reach a server that listens on `host`?"""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _place(values: dict[str, Any], root: Path, database: str) -> None:
    """Paths become absolute; the database lies in the data folder unless it was given a place of its own."""
    values["data_dir"] = root / values.get("data_dir", StorageSettings().data_dir)
    values["database_path"] = root / values.get("database_path", values["data_dir"] / database)


class _Reader:
    """Reads values one by one and gathers the mistakes."""

    def __init__(self, simulator: bool) -> None:
        self.simulator = simulator
        self.mistakes: list[str] = []
        self._texts: dict[str, str] = {}

    def collect(self, environ: Mapping[str, str], dotenv_paths: Sequence[Path]) -> None:
        """What is set, and where: an empty value is none, so that it hides nothing."""
        for source in (environ, *(self._dotenv(path) for path in dotenv_paths)):
            for name, value in source.items():
                if value and (text := _unquoted(value)):
                    self._texts.setdefault(name, text)

    def _dotenv(self, path: Path) -> Mapping[str, str | None]:
        values = _dotenv(path)
        if values is None:
            self.mistakes.append(f"{path} cannot be read.\n    Save it as UTF-8 text that this user may read.")
        return values or {}

    def group(self, path: str) -> dict[str, Any]:
        """Field -> value, for what is set or differs under the simulator."""
        values = {}
        for setting in (row for row in TABLE if row.group == path):
            name, text = self._look_up(setting)
            value = self._read(setting, name, text) if text else setting.simulator if self.simulator else None
            if value is not None:
                values[setting.attribute] = value
        return values

    def accounts(self) -> tuple[AccountSettings, ...]:
        """The accounts: as many as there are tokens."""
        own = [setting for setting in TABLE if setting.group == "discord.accounts"]
        lists = {setting.attribute: items for setting in own if (items := self._read_list(setting))}
        count = len(lists.get("token", [None]))
        for setting in own:
            items = lists.get(setting.attribute)
            if items is None and setting.default is msgspec.NODEFAULT:
                self.mistakes.append(f"{setting.name} is not set.\n    {_MISSING[setting.name]}")
            elif items and len(items) not in (1, count) and "token" in lists:
                self.mistakes.append(
                    f"{setting.name} has {len(items)} values for {count} tokens.\n"
                    "    Give one value for all tokens, or one for each, separated by commas."
                )
        if self.mistakes:
            return ()
        each = {field: items * count if len(items) == 1 else items for field, items in lists.items()}
        return tuple(AccountSettings(**{field: each[field][n] for field in each}) for n in range(count))

    def check_together(self, found: Mapping[str, Mapping[str, Any]]) -> None:
        """What is right alone and wrong together."""
        host = found["http"].get("host", HttpSettings().host)
        if not (is_loopback(host) or "API_SECRET" in self._texts or found["http"].get("allow_anonymous")):
            self.mistakes.append(
                f"HOST={host} is open to other machines, and there is no API_SECRET: anyone could draw at your cost.\n"
                "    Set API_SECRET to what callers must send along, or ALLOW_ANONYMOUS=true if something else\n"
                "    keeps strangers out, or leave HOST at 127.0.0.1."
            )
        admin = found["http"].get("admin_secret")
        if admin and any(each.secret == admin for each in found["http"].get("api_secrets", ())):
            self.mistakes.append(
                "ADMIN_SECRET is one of API_SECRET: every caller who has it would be the operator.\n"
                "    Give the operator a secret of its own."
            )
        if found["discord"].get("accounts_file") and (plain := [n for n in _PLAIN_ACCOUNT if n in self._texts]):
            self.mistakes.append(
                f"ACCOUNTS_FILE and {plain[0]} are both set.\n"
                "    Write every account into the file and unset the plain variables, or leave out ACCOUNTS_FILE."
            )
        self._check_archive(found["archive"])
        missing = self._missing("BAIDU_APPID", "BAIDU_SECRET")
        if len(missing) == 1:
            self.mistakes.append(f"{missing[0]} is not set.\n    Baidu needs both BAIDU_APPID and BAIDU_SECRET.")
        for translator in found["translation"].get("translators", ()):
            if missing := self._missing(*_NEEDED_BY.get(translator, ())):
                self.mistakes.append(f"{missing[0]} is not set.\n    TRANSLATORS names {translator}, which needs it.")

    def _missing(self, *names: str) -> list[str]:
        """Which of these settings are not set."""
        return [setting.name for setting in TABLE if setting.name in names and not self._look_up(setting)[1]]

    def _check_archive(self, found: Mapping[str, Any]) -> None:
        needed = ("S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")
        if found.get("place") == "s3" and (missing := [name for name in needed if name not in self._texts]):
            self.mistakes.append(
                f"ARCHIVE=s3 needs {' and '.join(missing)}.\n    Set what is missing, or ARCHIVE=disk: docs/archive.md."
            )
        if found.get("redirect") and found.get("place") != "s3":
            self.mistakes.append("ARCHIVE_REDIRECT goes with ARCHIVE=s3 alone.\n    Leave it out.")

    def _look_up(self, setting: Setting) -> tuple[str, str]:
        """The name under which it is set, and the text; the text is empty when it is not."""
        names = () if self.simulator and setting.offline else (setting.name, *setting.old)
        return next(((name, self._texts[name]) for name in names if name in self._texts), (setting.name, ""))

    def _read_list(self, setting: Setting) -> list[Any] | None:
        name, text = self._look_up(setting)
        return [self._read(setting, name, _unquoted(item)) for item in text.split(",")] if text else None

    def _read(self, setting: Setting, name: str, text: str) -> Any:
        try:
            return msgspec.convert(setting.read(text), setting.type, strict=False)
        except msgspec.ValidationError:
            must = _must(setting)
        except ValueError as error:
            must = str(error)
        known = "" if name == setting.name else f" (the old name of {setting.name})"
        # A long word may be a token in the wrong line, a URL may hold a password: neither is shown.
        shown = repr(text) if not setting.secret and len(text) < 40 and "@" not in text else "the value (not shown)"
        instead = f", or be left out for {setting.default_text}" if setting.default_text else ""
        self.mistakes.append(f"{name}{known}: {shown} is not usable.\n    It must be {must}{instead}.")
        return None


_NEEDED_BY = {
    "baidu": ("BAIDU_APPID", "BAIDU_SECRET"),
    "deepl": ("DEEPL_KEY",),
    "libretranslate": ("LIBRETRANSLATE_URL",),
    "openai": ("OPENAI_MODEL",),
}
_PLAIN_ACCOUNT = ("DISCORD_TOKEN", "SALAI_TOKEN")
_WHERE = "It is in the channel's address in a browser: discord.com/channels/<guild>/<channel>."
_MISSING = {
    "DISCORD_TOKEN": "With a Discord account: DISCORD_TOKEN=… python run.py, or write it into .env.\n"
    "    Without one: python run.py --simulator",
    "DISCORD_GUILD_ID": f"Set it to the id of the Discord server to draw in. {_WHERE}",
    "DISCORD_CHANNEL_ID": f"Set it to the id of the Discord channel to draw in. {_WHERE}",
}


def _must(setting: Setting) -> str:
    """What a value must be, said from the declaration of its type."""
    kinds: dict[Any, str] = {int: "a whole number", float: "a number"}
    kind = kinds.get(getattr(setting.type, "__origin__", None))
    bounds = next((note for note in getattr(setting.type, "__metadata__", ()) if isinstance(note, Meta)), Meta())
    if kind is None:
        return f"a {setting.unit}" if setting.unit.startswith("list of ") else setting.unit
    low = f"above {bounds.gt}" if bounds.gt is not None else f"from {bounds.ge}"
    return f"{kind} {low}{'' if bounds.le is None else f' to {bounds.le}'} ({setting.unit})"


def _unquoted(text: str) -> str:
    """Without outer blanks and quotes: some ways into the environment keep the quotes of a `.env` line."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].strip()
    return text
