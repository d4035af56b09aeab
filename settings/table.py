"""Every setting as a row, derived from the declarations in the groups.

Contract: nothing is declared here. The rows are in the order of docs/settings.md.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Meta

from settings.declaration import Declaration, SettingsGroup, declarations
from settings.groups import AccountSettings, Settings


@dataclass(frozen=True, kw_only=True)
class Setting(Declaration):
    """A declaration with its field."""

    group: type[SettingsGroup]
    field: str
    type: Any
    default: Any  # `msgspec.NODEFAULT` where the setting is required

    @property
    def default_text(self) -> str:
        """The default as a user writes it in `.env`."""
        if self.default is msgspec.NODEFAULT or self.default in ("", ()):
            return ""
        return str(self.default).lower() if isinstance(self.default, bool) else str(self.default)

    @property
    def names(self) -> tuple[str, ...]:
        """The name and the old names, in order of precedence."""
        return (self.name, *self.old)

    def values(self, settings: Settings) -> list[Any]:
        """The effective value, or that of each account."""
        if self.group is AccountSettings:
            owners: list[SettingsGroup] = list(settings.discord.accounts)
        else:
            owners = [each for each in (settings, *_parts(settings)) if type(each) is self.group]
        return [getattr(owner, self.field) for owner in owners]

    def requirement(self) -> str:
        """What a value must be, derived from the type and its bounds."""
        kinds: dict[Any, str] = {int: "a whole number", float: "a number"}
        kind = kinds.get(getattr(self.type, "__origin__", None))
        if kind is None:
            return f"a {self.unit}" if self.unit.startswith("list of ") else self.unit
        bounds = next((note for note in self.type.__metadata__ if isinstance(note, Meta)), Meta())
        low = f"above {bounds.gt}" if bounds.gt is not None else f"from {bounds.ge}"
        return f"{kind} {low}{'' if bounds.le is None else f' to {bounds.le}'} ({self.unit})"


def _parts(settings: Settings) -> Iterator[SettingsGroup]:
    return (getattr(settings, name) for name in GROUPS)


def _groups() -> Iterator[tuple[str, type[SettingsGroup]]]:
    for name, hint in typing.get_type_hints(Settings).items():
        if isinstance(hint, type) and issubclass(hint, SettingsGroup):
            yield name, hint


def _rows(group: type[SettingsGroup]) -> Iterator[Setting]:
    hints = typing.get_type_hints(group, include_extras=True)
    defaults = {field.name: field.default for field in msgspec.structs.fields(group)}
    for field, declaration in declarations(group).items():
        yield Setting(**vars(declaration), group=group, field=field, type=hints[field], default=defaults[field])


GROUPS: Mapping[str, type[SettingsGroup]] = dict(_groups())  # by the field of `Settings` that holds the group

_ALL: tuple[type[SettingsGroup], ...] = (AccountSettings, *GROUPS.values(), Settings)

TABLE: tuple[Setting, ...] = tuple(row for group in _ALL for row in _rows(group))
