"""Reads the database file of Midjourney-node-api: append-only JSON lines.

Contract: the newest line of an id counts, `$$deleted` removes the id, `$$indexCreated` is ignored. The file is read
twice and never held in memory: first to find the newest line of each document, then those lines. An unreadable line is
reported and skipped. `storage.legacy_import.command` interprets the documents.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

Document = Mapping[str, Any]


class BadLine(ValueError):
    """The line contains no document."""


@dataclass(kw_only=True)
class Index:
    """Positions of the newest lines: `places` maps an id to (line number, first byte)."""

    places: dict[str, tuple[int, int]] = field(default_factory=dict)
    lines: int = 0
    deleted: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)  # line number, problem


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
        raise BadLine("it has no _id")
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
    """Parse one line; dates become milliseconds. Raises BadLine."""
    try:
        document = json.loads(line.decode("utf-8"), object_hook=_plain)
    except UnicodeDecodeError as error:
        raise BadLine("it is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise BadLine("it is not JSON") from error
    if not isinstance(document, dict):
        raise BadLine("it is not a JSON object")
    return document


def _plain(value: dict[str, Any]) -> Any:
    return value["$$date"] if value.keys() == {"$$date"} else value
