"""In which contract's shape a task is told on the routes that both contracts share.

Law: the documents are those of the contracts, whole; nothing is made up here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from api.links import Links
from api.mj_schema import mj_document
from api.schema import v1_document
from tasks.errors import BadRequest
from tasks.model import Task


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    name: str
    document: Callable[[Task], Mapping[str, object]]


class Shapes:
    def __init__(self, links: Links) -> None:
        documents: Mapping[str, Callable[[Task], Mapping[str, object]]] = {
            "v1": partial(v1_document, links=links),
            "mj": partial(mj_document, links=links),
        }
        self._shapes: Mapping[str, Shape] = {
            name: Shape(name=name, document=document) for name, document in documents.items()
        }

    def named(self, name: str | None) -> Shape:
        """Without a name that of /api/v1. Raises BadRequest."""
        shape = self._shapes.get((name or "v1").strip())
        if shape is None:
            raise BadRequest(f"The shape {name!r:.40} is unknown.", hint="Give v1 or mj.")
        return shape
