"""The contract in which the routes that both contracts share represent a task.

Contract: the documents are those of the contracts, whole; nothing is made up here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from api.http.links import Links
from api.mj.schema import mj_document
from api.v1.schema import v1_document
from tasks.domain.errors import BadRequest
from tasks.domain.model import Task


@dataclass(frozen=True, kw_only=True, slots=True)
class Representation:
    key: str  # the same for documents that are the same: name, and the address by which links lead to us
    document: Callable[[Task], Mapping[str, object]]


class Representations:
    def __init__(self, links: Links) -> None:
        self._links = links

    def named(self, name: str | None, request: web.Request) -> Representation:
        """As this request's answer has it; without a name that of /api/v1. Raises BadRequest."""
        links = self._links.asked_at(request)
        documents: Mapping[str, Callable[[Task], Mapping[str, object]]] = {
            "v1": partial(v1_document, links=links),
            "mj": partial(mj_document, links=links),
        }
        found = (name or "v1").strip()
        if found not in documents:
            raise BadRequest(f"The shape {name!r:.40} is unknown.", hint="Give v1 or mj.")
        return Representation(key=f"{found} {links.address}", document=documents[found])
