"""The database file of Midjourney-node-api, read: JSON lines that were only ever appended to.

Contract: the newest line of an id holds, `$$deleted` removes it, `$$indexCreated` says nothing. The file is read twice
and never held: first where each document's newest line begins, then those lines. A line that cannot be read is told and
passed over. What the documents mean is for `storage.legacy_import.command`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

Document = Mapping[str, Any]


class BadLine(ValueError):
    """The line holds no document."""


@dataclass(kw_only=True)
class Index:
    """Where the newest line of each document is: `places` is id → (number of the line, its first byte)."""

    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    lines: int = 0
    deleted: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)  # number of the line, what is wrong with it


def index_of(path: Path) -> Index:
    """Raises OSError when the file cannot be read."""
    index = Index()
    with path.open("rb") as file:
        start = 0
        for number, line in enumerate(file, start=1):
            index.lines = number
            try:
                _enter(index, line, (number, start))
            except BadLine as error:
                index.bad.append((number, str(error)))
            start += len(line)
    return index


def _enter(index: Index, line: bytes, place: tuple[int, int]) -> None:
    if not line.strip():
        return
    document = read(line)
    if "$$indexCreated" in document or "$$indexRemoved" in document:
        return
    id_ = document.get("_id")
    if not isinstance(id_, str) or not id_:
        raise BadLine("there is no _id")
    if document.get("$$deleted"):
        index.deleted += index.places.pop(id_, None) is not None
    else:
        index.places[id_] = place


def documents(path: Path, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, Document]]:
    """The lines at these places, in this order, each with its number. Raises BadLine when the file has changed."""
    with path.open("rb") as file:
        for number, start in places:
            yield number, _at(file, start)


def _at(file: BinaryIO, start: int) -> Document:
    file.seek(start)
    return read(file.readline())


def read(line: bytes) -> Document:
    """One line, dates as milliseconds. Raises BadLine."""
    try:
        document = json.loads(line.decode("utf-8"), object_hook=_plain)
    except UnicodeDecodeError as error:
        raise BadLine("it is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise BadLine("it is not JSON") from error
    if not isinstance(document, dict):
        raise BadLine("it is no JSON object")
    return document


def _plain(value: dict[str, Any]) -> Any:
    return value["$$date"] if value.keys() == {"$$date"} else value
