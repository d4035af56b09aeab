"""/openapi.json, and /docs: its viewer, which is part of the service.

Contract: open to everyone, as it contains nothing about tasks. Files are listed by name, so no path leads anywhere
else, and the page loads nothing from other hosts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any

from aiohttp import hdrs, web
from msgspec import Struct

from api.http.errors import UnknownRoute
from api.http.operations import Answer, Operation, words
from api.http.responses import encode, json_bytes
from api.http.routes import Route
from api.http.security_headers import SERVER
from api.ops.openapi import document

FILES: Mapping[str, str] = {
    "start.js": "text/javascript; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "LICENSE": "text/plain; charset=utf-8",
    "NOTICE": "text/plain; charset=utf-8",
    "swagger-ui-bundle.js.LICENSE.txt": "text/plain; charset=utf-8",
}
_PAGE = "index.html"
_FOLDER = Path(__file__).parents[1] / "docs_viewer"
_METHODS = ("GET", "HEAD")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "public, max-age=3600",
    "Server": SERVER,
}


class DocsFile(Struct, kw_only=True):
    """Which file of the viewer."""

    file: Annotated[str, words("Its name.", FILES, "start.js")]


_OPENAPI = Operation(
    name="openapi",
    tag="documents",
    summary="This document",
    answers={200: Answer(means="OpenAPI 3.1.", type=dict[str, Any])},
)
_DOCS = Operation(
    name="docs",
    tag="documents",
    summary="This document, for people",
    answers={200: Answer(means="A page.", media="text/html")},
)
_FILE = Operation(
    name="docs_file",
    tag="documents",
    summary="What that page is made of",
    place=DocsFile,
    answers={
        200: Answer(means="The file.", media="application/octet-stream"),
        304: Answer(means="As you have it already (`ETag`)."),
    },
    errors=(UnknownRoute,),
)


class Docs:
    """The document of `routes` and of the routes of this class."""

    def __init__(self, routes: Sequence[Route], *, wants_secret: bool, public_url: str = "") -> None:
        self._all = (*routes, *self.routes())
        self._wants_secret = wants_secret
        self._public_url = public_url

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(path="/openapi.json", handler=self.openapi, methods=_METHODS, is_open=True, doc=_OPENAPI),
            Route(path="/docs", handler=self.page, methods=_METHODS, is_open=True, doc=_DOCS),
            Route(path="/docs/{file}", handler=self.file, methods=_METHODS, is_open=True, doc=_FILE),
        )

    async def openapi(self, request: web.Request) -> web.Response:
        return json_bytes(self._document)

    async def page(self, request: web.Request) -> web.Response:
        return _answer(request, _PAGE, "text/html; charset=utf-8")

    async def file(self, request: web.Request) -> web.Response:
        name = request.match_info["file"]
        if name not in FILES:
            raise UnknownRoute(hint="GET /docs is the page.")
        return _answer(request, name, FILES[name])

    @cached_property
    def _document(self) -> bytes:
        """Built at the first request, then kept."""
        return encode(document(self._all, wants_secret=self._wants_secret, server=self._public_url))


@dataclass(frozen=True, kw_only=True, slots=True)
class _File:
    data: bytes
    tag: str


@cache
def _read(name: str) -> _File:
    data = (_FOLDER / name).read_bytes()
    return _File(data=data, tag=f'"{hashlib.sha256(data).hexdigest()[:32]}"')


def _answer(request: web.Request, name: str, content_type: str) -> web.Response:
    file = _read(name)
    headers = {**_HEADERS, hdrs.ETAG: file.tag}
    if file.tag in request.headers.get(hdrs.IF_NONE_MATCH, ""):
        return web.Response(status=304, headers=headers)
    return web.Response(body=file.data, headers={**headers, hdrs.CONTENT_TYPE: content_type})
