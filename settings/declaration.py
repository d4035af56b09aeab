"""How a group of settings declares its fields.

Contract: a `Declaration` is in the field's annotation, beside the type and its bounds, and nowhere else.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass
from functools import cache
from typing import Any

import msgspec

from settings.secrets import secrets_in


@dataclass(frozen=True)
class Declaration:
    """The parts of a setting that its type, bounds and default do not state."""

    name: str  # in the environment
    unit: str
    _: KW_ONLY
    why: str
    read: Callable[[str], Any] = str  # from text to a value that msgspec converts to the field's type
    old: tuple[str, ...] = ()  # names of earlier programs, accepted too; the new name wins
    secret: bool = False
    offline: bool = False  # ignored under --simulator, where nothing may reach real services
    simulator: bool | int | None = None  # the default under --simulator, where it differs
    missing: str = ""  # of a setting without default: what to do when it is not set


class SettingsGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen group of settings; its repr hides secrets."""

    def __repr__(self) -> str:
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        shown = (f"{name}={'***' if value and self._is_secret(name) else repr(value)}" for name, value in values)
        return f"{type(self).__name__}({', '.join(shown)})"

    def secrets(self) -> Iterator[str]:
        """All secret values, including those of nested groups, for the log filter."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            for each in value if isinstance(value, tuple) else (value,):
                if isinstance(each, SettingsGroup):
                    yield from each.secrets()
            if value and self._is_secret(name):
                yield from secrets_in(value)

    def _is_secret(self, name: str) -> bool:
        declared = declarations(type(self)).get(name)
        return declared is not None and declared.secret


@cache
def declarations(group: type[SettingsGroup]) -> Mapping[str, Declaration]:
    """Field name → its declaration. Fields without one do not come from the environment."""
    hints = typing.get_type_hints(group, include_extras=True)
    return {
        field: note
        for field, hint in hints.items()
        for note in getattr(hint, "__metadata__", ())
        if isinstance(note, Declaration)
    }
