"""ACCOUNTS_FILE: the accounts as TOML, each a table `[[account]]`, edited by people and by the API.

Contract: the file is the truth. A write keeps the operator's comments and order, replaces the file atomically and makes
it readable by its owner alone. An error names the account and the fix, never a token.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import tomlkit
from msgspec import Meta
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Table

from bot.account_state import AccountConfig
from bot.http.endpoints import Endpoints
from settings import secrets_in
from storage.atomic_file import write_atomically
from tasks.domain.errors import BadAccount
from tasks.domain.log import hide
from tasks.domain.model import Bot, Mode, SlotKind
from tasks.rules.account_limits import is_span

TABLE = "account"
_SHAPE = "Write each account as a table under [[account]], with two brackets."
FILE_ONLY = ("proxy_url", "api_base", "gateway_url", "cdn_base", "upload_base", "activity_base")

_MISSING = re.compile(r"Object missing required field (`\w+`)")
_NAME = re.compile(r"`[a-z_]+`")

Id = Annotated[str, Meta(pattern=r"^[0-9]{1,20}$")]
Url = Annotated[str, Meta(pattern=r"^((https?|wss?)://\S+)?$")]
Proxy = Annotated[str, Meta(pattern=r"^((https?|socks5h?)://\S+)?$")]


class AccountFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One account. Its fields are explained in docs/accounts.md."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{0,40}$")] = ""  # empty: the id of the channel
    token: Annotated[str, Meta(pattern=r"^[!-~]+$")]
    guild_id: Id | Literal[""] = ""  # empty: private messages with the bot
    channel_id: Id
    bots: tuple[Bot, ...] = ()
    modes: tuple[Mode, ...] = ()
    concurrency: Annotated[int, Meta(ge=1, le=100)] = 3
    concurrency_relaxed: Annotated[int, Meta(ge=0, le=100)] = 0  # here and below 0: as `slot_limits` has it
    concurrency_video: Annotated[int, Meta(ge=0, le=100)] = 0
    concurrency_video_relaxed: Annotated[int, Meta(ge=0, le=100)] = 0
    max_queue: Annotated[int, Meta(ge=0)] = 0
    weight: Annotated[int, Meta(ge=1, le=1000)] = 1
    hours: str = ""
    daily_limit: Annotated[int, Meta(ge=0)] = 0
    paused: str = ""
    proxy_url: Proxy | None = None
    api_base: Url = ""
    gateway_url: Url = ""
    cdn_base: Url = ""
    upload_base: Url = ""
    activity_base: Url = ""

    def __repr__(self) -> str:
        return f"AccountFields(name={self.name!r}, channel_id={self.channel_id!r})"

    @property
    def id(self) -> str:
        return self.name or self.channel_id

    def config(self, shared: Endpoints) -> AccountConfig:
        """The pool's record of the account. `shared`: the addresses that this account does not set.

        The secrets may appear in errors from now on, so they are registered with the log filter.
        """
        hide((*secrets_in(self.token), *(secrets_in(self.proxy_url) if self.proxy_url else ())))
        addresses = {name: value for name in FILE_ONLY[1:] if (value := getattr(self, name))}
        return AccountConfig(
            id=self.id,
            token=self.token,
            guild_id=self.guild_id,
            channel_id=self.channel_id,
            capacity=self.concurrency,
            limits=slot_limits(self.concurrency_relaxed, self.concurrency_video, self.concurrency_video_relaxed),
            bots=frozenset(self.bots),
            modes=self.modes,
            weight=self.weight,
            max_waiting=self.max_queue,
            hours=self.hours,
            daily_limit=self.daily_limit,
            endpoints=replace(shared, **addresses) if addresses else None,
            proxy_url=self.proxy_url,
            paused=self.paused,
        )


def slot_limits(relaxed: int, video: int, video_relaxed: int) -> dict[SlotKind, int]:
    """The limits that are set; 0: by the limit of fast images."""
    given = {
        SlotKind.IMAGES_RELAXED: relaxed,
        SlotKind.VIDEOS_FAST: video,
        SlotKind.VIDEOS_RELAXED: video_relaxed,
    }
    return {kind: limit for kind, limit in given.items() if limit}


def parse_account(values: Mapping[str, Any], label: str, spell: Callable[[str], str] = str) -> AccountFields:
    """The fields of one account. An error names the account by `label` and spells field names with `spell`.

    Raises BadAccount.
    """
    try:
        fields = msgspec.convert(dict(values), AccountFields)
    except msgspec.ValidationError as error:
        message = _NAME.sub(lambda name: spell(name.group()), _message(error))
        raise BadAccount(f"{label}: {message}.", hint="docs/accounts.md explains each field.") from None
    if fields.hours and not is_span(fields.hours):
        raise BadAccount(f"{label}: hours must be a time span.", hint='For example "08:00-22:30".')
    return fields


def _message(error: msgspec.ValidationError) -> str:
    """The message of msgspec, which names the field and never the value."""
    if missing := _MISSING.fullmatch(str(error)):
        return f"{missing[1]} is missing"
    return str(error).replace("Object ", "it ").replace("Expected", "expected").replace(" - at `$.", " at `")


class AccountsFile:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None  # when it was last read or written here
        self._polled: tuple[int, int] | None = None  # at the last poll

    def has_settled(self) -> bool:
        """Has another program changed the file, and left it unchanged since the last poll?

        An editor may first empty or remove the file; half a list would remove accounts and end their waiting tasks.
        """
        mark = self._mark()
        is_still, self._polled = mark == self._polled, mark
        return is_still and mark != self._seen

    def read(self) -> list[AccountFields]:
        """All accounts; none if there is no file. Raises BadAccount."""
        self._seen = self._polled = self._mark()
        return self._accounts(self._document())

    def put(self, fields: AccountFields) -> None:
        """Write the account: replace the one with the same id, or append it. Raises BadAccount."""
        document = self._document()
        tables = self._tables(document)
        found = next((table for table in tables if _id_of(table) == fields.id), None)
        given = msgspec.to_builtins(fields)
        if found is None:
            tables.append(tomlkit.item(given))
        else:
            for name in [name for name in found if name not in given]:
                del found[name]
            found.update(given)
        self._write(document)

    def remove(self, account: str) -> None:
        """Remove the account from the file. Raises BadAccount."""
        document = self._document()
        tables = self._tables(document)
        for place in reversed([n for n, table in enumerate(tables) if _id_of(table) == account]):
            del tables[place]
        if not tables:
            document.remove(TABLE)  # an empty list would not be read as tables again
        self._write(document)

    # ------------------------------------------------------------ reading

    def _mark(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size)

    def _document(self) -> tomlkit.TOMLDocument:
        try:
            return tomlkit.parse(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return tomlkit.document()
        except TOMLKitError as error:  # its text may hold a token
            line = getattr(error, "line", None)
            where = "" if line is None else f" in line {line}"
            raise BadAccount(f"{self.path} is not valid TOML{where}.", hint=_SHAPE) from None
        except (OSError, UnicodeDecodeError) as error:
            raise BadAccount(f"{self.path} cannot be read.", hint="Let this user read it, as UTF-8.") from error

    def _tables(self, document: tomlkit.TOMLDocument) -> AoT:
        if TABLE not in document:
            document.append(TABLE, tomlkit.aot())
        tables = document[TABLE]
        if not isinstance(tables, AoT):
            raise BadAccount(f"{self.path}: `account` is not an array of tables.", hint=_SHAPE)
        return tables

    def _accounts(self, document: tomlkit.TOMLDocument) -> list[AccountFields]:
        if unknown := [name for name in document if name != TABLE]:
            raise BadAccount(f"{self.path}: {unknown[0]!r} is unknown.", hint=_SHAPE)
        tables: Sequence[Table] = self._tables(document) if TABLE in document else ()
        found = [parse_account(table.unwrap(), f"{self.path}, account {n}") for n, table in enumerate(tables, start=1)]
        if twice := [name for name, count in Counter(fields.id for fields in found).items() if count > 1]:
            raise BadAccount(f"{self.path}: two accounts have the name {twice[0]}.", hint="Rename one of them.")
        return found

    # ------------------------------------------------------------ writing

    def _write(self, document: tomlkit.TOMLDocument) -> None:
        self._accounts(document)
        real = self.path.resolve()  # a symbolic link stays one
        try:
            real.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(real, tomlkit.dumps(document).encode(), prefix=f".{real.name}.")
        except OSError as error:
            raise BadAccount(f"{self.path} cannot be written.", hint="Let this user write its folder.") from error
        self._seen = self._mark()


def _id_of(table: Mapping[str, Any]) -> str:
    return str(table.get("name") or table.get("channel_id", ""))
