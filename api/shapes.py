"""In which contract's shape a task is told on the routes that both contracts share.

Law: the documents are those of the contracts, whole; nothing is made up here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from aiohttp import web

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
        self._links = links
        self._shapes = _with(links)

    def named(self, name: str | None, request: web.Request | None = None) -> Shape:
        """Without a name that of /api/v1. `request`: the one that it answers, and nobody else. Raises BadRequest."""
        shapes = self._shapes if request is None else _with(self._links.asked_at(request))
        shape = shapes.get((name or "v1").strip())
        if shape is None:
            raise BadRequest(f"The shape {name!r:.40} is unknown.", hint="Give v1 or mj.")
        return shape


def _with(links: Links) -> Mapping[str, Shape]:
    documents: Mapping[str, Callable[[Task], Mapping[str, object]]] = {
        "v1": partial(v1_document, links=links),
        "mj": partial(mj_document, links=links),
    }
    return {name: Shape(name=name, document=document) for name, document in documents.items()}
