"""What `doctor` looks at of the accounts: the file that names them, and the shape of each token.

Law: no token is shown, nor a text that may hold one. Of the file only its form is looked at; each field is checked by
the service itself, at its start.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cli.doctor.diagnostics import Finding, failure, passed, readable_by_others, warning
from settings import ROOT, DiscordSettings

SHAPE = "Each account is a table of its own under [[account]]: docs/accounts.md."
NEEDED = ("token", "channel_id")


def accounts(discord: DiscordSettings) -> Iterator[Finding]:
    if discord.accounts_file:
        yield from _of_file(ROOT / discord.accounts_file)
        return
    several = len(discord.accounts) > 1
    for number, account in enumerate(discord.accounts, start=1):
        yield _of_token(f"DISCORD_TOKEN {number}" if several else "DISCORD_TOKEN", account.token)


def _of_file(path: Path) -> Iterator[Finding]:
    if not path.exists():
        return  # a caution of the settings
    if found := readable_by_others(path):
        yield found
    try:
        tables = _tables(tomllib.loads(path.read_text("utf-8")))
    except tomllib.TOMLDecodeError as error:  # its words may hold a piece of the text
        line = re.search(r"at line (\d+)", str(error))
        yield failure(f"{path} is not valid TOML{f' in line {line[1]}' if line else ''}.", SHAPE)
        return
    except (OSError, UnicodeDecodeError):
        yield failure(f"{path} cannot be read.", "Let this user read it, as UTF-8.")
        return
    if tables is None:
        yield failure(f"{path} has something else than accounts in it.", SHAPE)
        return
    if not tables:
        yield warning(f"{path} names no account.", SHAPE)
    for number, table in enumerate(tables, start=1):
        which = f"{path}, account {number}"
        if missing := [name for name in NEEDED if not isinstance(table.get(name), str) or not table[name]]:
            yield failure(f"{which}: no {' and no '.join(missing)}, as a text in quotes.", SHAPE)
        else:
            yield _of_token(f"{which}: token", table["token"])


def _tables(document: dict[str, Any]) -> list[dict[str, Any]] | None:
    """None: the file is of another form."""
    found = document.get("account", [])
    is_well = set(document) <= {"account"} and isinstance(found, list) and all(isinstance(each, dict) for each in found)
    return found if is_well else None


def _of_token(which: str, token: str) -> Finding:
    parts = token.split(".")
    if token.startswith("mfa.") or (len(parts) == 3 and all(map(_is_word, parts)) and len(parts[2]) >= 20):
        return passed(f"{which} has the shape of a token.")
    return warning(
        f"{which} has not the shape of a user's token: three parts with dots between them.",
        "Copy it anew from a browser's requests to Discord: the header Authorization.",
    )


def _is_word(part: str) -> bool:
    return part.isascii() and bool(part) and all(character.isalnum() or character in "-_" for character in part)
