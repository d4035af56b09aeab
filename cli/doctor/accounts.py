"""Checks of `doctor` for accounts: the form of ACCOUNTS_FILE and the shape of each token.

Contract: no token is shown, nor a text that may contain one. Only the form of the file is checked; the service checks
each field at its start.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cli.doctor.diagnostics import CheckResult, failure, passed, readable_by_others, warning
from settings import ROOT, DiscordSettings

SHAPE = "Write each account as a table under [[account]]: docs/accounts.md."
REQUIRED = ("token", "channel_id")


def accounts(discord: DiscordSettings) -> Iterator[CheckResult]:
    if discord.accounts_file:
        yield from _of_file(ROOT / discord.accounts_file)
    several = len(discord.accounts) > 1
    for number, account in enumerate(discord.accounts, start=1):
        yield _of_token(f"DISCORD_TOKEN {number}" if several else "DISCORD_TOKEN", account.token)


def _of_file(path: Path) -> Iterator[CheckResult]:
    if not path.exists():
        return  # a warning of the settings reports it
    if found := readable_by_others(path):
        yield found
    try:
        tables = _tables(tomllib.loads(path.read_text("utf-8")))
    except tomllib.TOMLDecodeError as error:  # its text may quote the file
        line = re.search(r"at line (\d+)", str(error))
        yield failure(f"{path} is not valid TOML{f' in line {line[1]}' if line else ''}.", SHAPE)
        return
    except (OSError, UnicodeDecodeError):
        yield failure(f"{path} cannot be read.", "Let this user read it, as UTF-8.")
        return
    if tables is None:
        yield failure(f"{path} contains something other than accounts.", SHAPE)
        return
    if not tables:
        yield warning(f"{path} names no account.", SHAPE)
    for number, table in enumerate(tables, start=1):
        name = f"{path}, account {number}"
        if missing := [key for key in REQUIRED if not isinstance(table.get(key), str) or not table[key]]:
            yield failure(f"{name}: {' and '.join(missing)} missing, or not a text in quotes.", SHAPE)
        else:
            yield _of_token(f"{name}: token", table["token"])


def _tables(document: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The tables; None if the file has another form."""
    found = document.get("account", [])
    is_valid = (
        set(document) <= {"account"} and isinstance(found, list) and all(isinstance(each, dict) for each in found)
    )
    return found if is_valid else None


def _of_token(name: str, token: str) -> CheckResult:
    parts = token.split(".")
    if token.startswith("mfa.") or (len(parts) == 3 and all(map(_is_word, parts)) and len(parts[2]) >= 20):
        return passed(f"{name} has the shape of a token.")
    return warning(
        f"{name} does not have the shape of a user token: three parts separated by dots.",
        "Copy it again from the header Authorization of a browser request to Discord.",
    )


def _is_word(part: str) -> bool:
    return part.isascii() and bool(part) and all(character.isalnum() or character in "-_" for character in part)
