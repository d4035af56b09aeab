"""From the environment and `.env` files to settings.

Contract: settings are read once, at the start; the environment wins over `.env` files. One `SettingsError` reports
every mistake. A secret appears in no error.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from dotenv import dotenv_values

from settings.checks import conflicts
from settings.declaration import SettingsGroup
from settings.errors import SettingsError
from settings.groups import (
    AccountSettings,
    ArchiveSettings,
    DiscordSettings,
    HttpSettings,
    Settings,
    StorageSettings,
)
from settings.paths import ACCOUNTS_FILE, ROOT, dotenv_files
from settings.readers import unquoted
from settings.table import GROUPS, TABLE, Setting


def load(
    environ: Mapping[str, str] = os.environ,
    dotenv_paths: Sequence[Path] | None = None,
    *,
    simulator: bool = False,
    root: Path = ROOT,
) -> Settings:
    """The settings. Raises `SettingsError` with every mistake. `dotenv_paths`: the first file with a value wins."""
    files = dotenv_files(environ, root) if dotenv_paths is None else dotenv_paths
    reader = _SettingsReader(environ, files, simulator=simulator)
    found = {name: reader.values(group) for name, group in GROUPS.items()}
    alone = reader.values(Settings)
    accounts = reader.accounts() if reader.names_an_account() else ()
    _place_storage(found["storage"], root, simulator=simulator)
    _place_archive(found["archive"], root, found["storage"]["data_dir"], simulator=simulator)
    if not simulator:
        found["discord"].setdefault("accounts_file", str(found["storage"]["data_dir"] / ACCOUNTS_FILE))
    found["discord"]["accounts"] = accounts
    groups: dict[str, Any] = {name: group(**found[name]) for name, group in GROUPS.items()}
    settings = Settings(**groups, **alone, simulator=simulator)
    mistakes = [*reader.mistakes, *conflicts(settings, reader.is_set)]
    if mistakes:
        raise SettingsError([*mistakes, *(hint.replace(": did", ".\n    Did") for hint in misspelt(files))])
    return settings


def load_storage(
    environ: Mapping[str, str] = os.environ,
    dotenv_paths: Sequence[Path] | None = None,
    *,
    simulator: bool = False,
    root: Path = ROOT,
) -> StorageSettings:
    """The storage settings as `load` finds them; ignores all others, and mistakes in them."""
    reader = _SettingsReader(environ, dotenv_files(environ, root) if dotenv_paths is None else dotenv_paths, simulator)
    values = reader.values(StorageSettings)
    if reader.mistakes:
        raise SettingsError(reader.mistakes)
    _place_storage(values, root, simulator=simulator)
    return StorageSettings(**values)


class CallerSettings(NamedTuple):
    """What a client on the same machine needs: the command line."""

    address: str
    secret: str  # the first of a list
    proxy_url: str  # for pictures from Discord's CDN


def load_caller(
    environ: Mapping[str, str] = os.environ, dotenv_paths: Sequence[Path] | None = None, *, root: Path = ROOT
) -> CallerSettings:
    """The service's address and secret, read as `load` reads them; requires no account."""
    reader = _SettingsReader(environ, dotenv_files(environ, root) if dotenv_paths is None else dotenv_paths)
    http, discord = reader.values(HttpSettings), reader.values(DiscordSettings)
    if reader.mistakes:
        raise SettingsError(reader.mistakes)
    given = HttpSettings(**http)
    secret = next((each.secret for each in given.api_secrets), "")
    return CallerSettings(given.address, secret, DiscordSettings(**discord).proxy_url)


def at_simulator(settings: Settings, base: str, accounts: Sequence[AccountSettings]) -> Settings:
    """The settings with every address that would reach the real world replaced by the simulator's at `base`."""
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


def misspelt(dotenv_paths: Iterable[Path]) -> Iterator[str]:
    """The names in `.env` files that are almost those of settings. Other names may belong to other programs."""
    known = [name for setting in TABLE for name in setting.names]
    for path in dotenv_paths:
        for name in _dotenv(path) or ():
            if name not in known and (meant := difflib.get_close_matches(name, known, n=1, cutoff=0.8)):
                yield f"{path} sets {name}, which is no setting: did you mean {meant[0]}?"


def _dotenv(path: Path) -> Mapping[str, str | None] | None:
    """The content of the file, empty if there is no file; None if it cannot be read."""
    try:
        # No interpolation: a `$` in a secret is a `$`. "-sig": Windows editors write a byte order mark.
        return dotenv_values(path, interpolate=False, encoding="utf-8-sig") if path.exists() else {}
    except (OSError, UnicodeDecodeError):
        return None


def _place_storage(values: dict[str, Any], root: Path, *, simulator: bool) -> None:
    """Make paths absolute; the database lies in the data folder unless its own path is set."""
    values["data_dir"] = root / values.get("data_dir", StorageSettings().data_dir)
    database = values["data_dir"] / ("simulator.db" if simulator else "tasks.db")
    values["database_path"] = root / values.get("database_path", database)


def _place_archive(values: dict[str, Any], root: Path, data_dir: Path, *, simulator: bool) -> None:
    folder = data_dir / ("simulator-images" if simulator else ArchiveSettings().folder.name)
    values["folder"] = root / values.get("folder", folder)


class _SettingsReader:
    """Reads values one by one and collects the mistakes."""

    def __init__(self, environ: Mapping[str, str], dotenv_paths: Sequence[Path], simulator: bool = False) -> None:
        self.mistakes: list[str] = []
        self._simulator = simulator
        self._texts: dict[str, str] = {}
        for source in (environ, *(self._file(path) for path in dotenv_paths)):
            for name, value in source.items():
                if value and (text := unquoted(value)):  # an empty value counts as not set and hides nothing
                    self._texts.setdefault(name, text)

    def _file(self, path: Path) -> Mapping[str, str | None]:
        values = _dotenv(path)
        if values is None:
            self.mistakes.append(f"{path} cannot be read.\n    Save it as UTF-8 text that this user may read.")
        return values or {}

    def values(self, group: type[SettingsGroup]) -> dict[str, Any]:
        """Field → value, for every field that is set or has another default under the simulator."""
        values = {}
        for setting in (row for row in TABLE if row.group is group):
            name, text = self._look_up(setting)
            value = self._read(setting, name, text) if text else setting.simulator if self._simulator else None
            if value is not None:
                values[setting.field] = value
        return values

    def accounts(self) -> tuple[AccountSettings, ...]:
        """The accounts: one for each token."""
        rows = [setting for setting in TABLE if setting.group is AccountSettings]
        lists = {setting.field: items for setting in rows if (items := self._read_list(setting))}
        count = len(lists.get("token", [None]))
        for setting in rows:
            items = lists.get(setting.field)
            if items is None and setting.default is msgspec.NODEFAULT:
                self.mistakes.append(f"{setting.name} is not set.\n    {setting.missing}")
            elif items and len(items) not in (1, count) and "token" in lists:
                self.mistakes.append(
                    f"{setting.name} has {len(items)} values for {count} tokens.\n"
                    "    Give one value for all tokens, or one for each, separated by commas."
                )
        if self.mistakes:
            return ()
        each = {field: items * count if len(items) == 1 else items for field, items in lists.items()}
        return tuple(AccountSettings(**{field: each[field][n] for field in each}) for n in range(count))

    def names_an_account(self) -> bool:
        """Whether the plain variables name an account. ACCOUNTS_FILE and the simulator have accounts of their own."""
        own = [
            setting for setting in TABLE if setting.group is AccountSettings and setting.default is msgspec.NODEFAULT
        ]
        is_plain = not self._simulator and not self.is_set("ACCOUNTS_FILE")
        return is_plain and any(self.is_set(setting.name) for setting in own)

    def is_set(self, name: str) -> bool:
        """Whether the setting is set, under this or an old name."""
        setting = next(row for row in TABLE if row.name == name)
        return bool(self._look_up(setting)[1])

    def _look_up(self, setting: Setting) -> tuple[str, str]:
        """The name under which the setting is set, and its text; the text is empty if it is not set."""
        names = () if self._simulator and setting.offline else setting.names
        return next(((name, self._texts[name]) for name in names if name in self._texts), (setting.name, ""))

    def _read_list(self, setting: Setting) -> list[Any] | None:
        name, text = self._look_up(setting)
        return [self._read(setting, name, unquoted(item)) for item in text.split(",")] if text else None

    def _read(self, setting: Setting, name: str, text: str) -> Any:
        try:
            return msgspec.convert(setting.read(text), setting.type, strict=False)
        except msgspec.ValidationError:
            must = setting.requirement()
        except ValueError as error:
            must = str(error)
        known = "" if name == setting.name else f" (the old name of {setting.name})"
        # A long word may be a misplaced token, a URL may contain a password: neither is shown.
        shown = repr(text) if not setting.secret and len(text) < 40 and "@" not in text else "the value (not shown)"
        instead = f", or be left out for {setting.default_text}" if setting.default_text else ""
        self.mistakes.append(f"{name}{known}: {shown} is not usable.\n    It must be {must}{instead}.")
        return None
