"""Tasks as JSON documents of their rows. Pure: nothing here accesses the database.

Contract: the document is flat, whatever records compose the task, so that every version of the service reads the
documents of every other. Fields with their default value are left out; documents with all fields, as earlier versions
wrote them, read the same. Unknown fields are skipped. Types are strict: a number must be a number.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from operator import attrgetter
from types import GenericAlias
from typing import Any

import msgspec

from tasks.domain.errors import RecordRefused
from tasks.domain.model import Button, Image, Task, TaskProgress, TaskRequest, TaskResult

_PARTS: dict[str, type[Any]] = {"request": TaskRequest, "progress": TaskProgress, "result": TaskResult}

_encode = msgspec.json.Encoder().encode

# Fields with another name in documents, which every version reads.
_STORED_NAMES = {
    "cancel_requested": "cancel_asked",
    "last_event_time": "heard_time",
    "percent": "progress",
    "requested_mode": "mode_asked",
}


def document_of(task: Task) -> str:
    """Raises RecordRefused for a text or number that JSON cannot represent."""
    request, progress, result = task.request, task.progress, task.result
    document = _Document(*_of_task(task), *_of_request(request), *_of_progress(progress), *_of_result(result))
    # Defaults are recognised by identity: an equal text that was read from elsewhere is another object.
    document.api = sys.intern(request.api)
    document.command = sys.intern(request.command)
    if progress.preview is not None:
        document.preview = _ImageDocument(*_of_image(progress.preview))
    if result.image is not None:
        document.image = _ImageDocument(*_of_image(result.image))
    if result.buttons:
        document.buttons = tuple([_ButtonDocument(*_of_button(button)) for button in result.buttons])
    return json_of(document)


def json_of(value: object) -> str:
    """Any value as JSON. Raises RecordRefused for a value that JSON cannot represent."""
    try:
        return _encode(value).decode()
    except (UnicodeEncodeError, OverflowError) as error:
        raise not_storable(error) from error


def not_storable(error: UnicodeEncodeError | OverflowError) -> RecordRefused:
    """For a text or number that a database cannot store."""
    if isinstance(error, UnicodeEncodeError):
        return RecordRefused("The text cannot be stored: it contains a lone surrogate.", hint="Send it as valid UTF-8.")
    return RecordRefused("The number cannot be stored: it is too large.", hint="Send an integer of at most 64 bits.")


def task_in(document: str | bytes) -> Task:
    """Raises msgspec.DecodeError."""
    return msgspec.convert(_decode(document), Task, from_attributes=True)


def _own_fields(record: type[Any]) -> list[Field[Any]]:
    """The fields of the record, without the parts of a task."""
    return [each for each in fields(record) if each.name not in _PARTS]


def _values_of(record: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*(each.name for each in _own_fields(record)))


class _Flat(msgspec.Struct):
    """Acts as each of its own parts: the records of a task take their fields from one flat object."""

    @property
    def request(self) -> _Flat:
        return self

    progress = result = request


def _document_type(base: type[msgspec.Struct], *records: type[Any], **types: Any) -> Any:
    """A struct with the fields of these records, in their order, that leaves out defaults when encoded.

    Field types are checked when the records are built from it, except the given `types`. It replaces the records
    here because msgspec fills omitted fields several times faster in a struct than in a dataclass.
    """
    described = [each for record in records for each in _own_fields(record)]
    # A required field gets a default here only because optional ones precede it; no record has None in one.
    defaults = {each.name: None if each.default is MISSING else each.default for each in described}
    return msgspec.defstruct(
        f"{records[0].__name__}Document",
        [(name, types.get(name, Any), default) for name, default in defaults.items()],
        bases=(base,),
        omit_defaults=True,
        rename=_STORED_NAMES,
        gc=False,
    )


_of_task, _of_request = _values_of(Task), _values_of(TaskRequest)
_of_progress, _of_result = _values_of(TaskProgress), _values_of(TaskResult)
_of_image, _of_button = _values_of(Image), _values_of(Button)
_ImageDocument = _document_type(msgspec.Struct, Image)
_ButtonDocument = _document_type(msgspec.Struct, Button)
_Document = _document_type(
    _Flat,
    Task,
    *_PARTS.values(),
    preview=_ImageDocument | None,
    image=_ImageDocument | None,
    buttons=GenericAlias(tuple, (_ButtonDocument, ...)),
)
_decode = msgspec.json.Decoder(_Document).decode
