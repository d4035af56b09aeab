"""A task as the JSON document of its row. Pure: nothing here touches the database.

Contract: the document is flat, whatever records the task is composed of, so that every version of the service reads the
documents of every other one. It leaves out each field that has its default; a document that names them all, as earlier
versions wrote it, reads the same. A field unknown to this version is skipped. Types are strict: a number is a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from operator import attrgetter
from typing import Any, get_type_hints

import msgspec

from storage.sqlite_errors import unfit
from tasks.domain.model import Button, Image, Task, TaskProgress, TaskRequest, TaskResult

_PARTS: dict[str, type[Any]] = {"request": TaskRequest, "progress": TaskProgress, "result": TaskResult}
_KEYS = {"percent": "progress"}  # field → key of the document, where they differ

_encode = msgspec.json.Encoder().encode


def document_of(task: Task) -> str:
    """Raises RecordRefused for a text or number that has no form in JSON."""
    document = _fields[Task].lean(task)
    for part, record in _PARTS.items():
        document |= _fields[record].lean(getattr(task, part))
    return json_of({_KEYS.get(name, name): value for name, value in document.items()})


def json_of(value: object) -> str:
    """Any value as JSON. Raises RecordRefused for what has no form there."""
    try:
        return _encode(value).decode()
    except (UnicodeEncodeError, OverflowError) as error:
        raise unfit(error) from error


def task_in(document: str | bytes) -> Task:
    """Raises msgspec.DecodeError."""
    flat = _decode(document)
    parts = {part: msgspec.convert(flat, record, from_attributes=True) for part, record in _PARTS.items()}
    return Task(**parts, **_fields[Task].of(flat))


class _Fields:
    """The fields of a record, without the parts of a task: names, defaults (MISSING for a required field), values."""

    def __init__(self, record: type) -> None:
        described = [each for each in fields(record) if each.name not in _PARTS]
        self.names = [each.name for each in described]
        self.defaults = [each.default for each in described]
        self.values: Callable[[object], tuple[Any, ...]] = attrgetter(*self.names)

    def of(self, record: object) -> dict[str, Any]:
        return dict(zip(self.names, self.values(record), strict=True))

    def lean(self, record: object) -> dict[str, Any]:
        """Those that differ from their defaults."""
        given = zip(self.names, self.values(record), self.defaults, strict=True)
        return {name: _lean_value(value) for name, value, default in given if value is not default and value != default}


_WHOLE: tuple[type[Any], ...] = (Task, *_PARTS.values())
_fields = {record: _Fields(record) for record in (*_WHOLE, Button, Image)}


def _lean_value(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_lean_value(each) for each in value]
    known = _fields.get(type(value))
    return value if known is None else known.lean(value)


def _flat_fields() -> Iterator[tuple[Any, ...]]:
    """Of a struct with the fields of a task and of its parts: name, type and default."""
    for record in _WHOLE:
        types = get_type_hints(record)
        for name, default in zip(_fields[record].names, _fields[record].defaults, strict=True):
            yield (name, types[name]) if default is MISSING else (name, types[name], default)


_Document = msgspec.defstruct("TaskDocument", [*_flat_fields()], kw_only=True, rename=_KEYS)
_decode = msgspec.json.Decoder(_Document).decode
