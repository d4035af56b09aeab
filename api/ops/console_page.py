"""GET / and /console/…: the console, a web page that is a client of the public API like any other.

Law: what can be served is listed once, at the start; a request looks its name up and never touches the disk. The page
runs its own scripts and nothing else, and loads nothing from other hosts but pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from msgspec import Struct

from api.http.errors import UnknownRoute
from api.http.operations import Answer, Operation, says
from api.http.routes import Route

FOLDER = Path(__file__).parents[1] / "console"
PAGE = "index.html"

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_METHODS = ("GET", "HEAD")


class OneFile(Struct, kw_only=True):
    """Which file of the page."""

    file: Annotated[str, says("Its name.", "main.js")]


_SAME = Answer(means="As you have it already (`ETag`).")
_PAGE_DOC = Operation(
    name="console",
    tag="documents",
    summary="The console: a page to draw with and to look after the service (控制台)",
    answers={200: Answer(means="The page.", media="text/html"), 304: _SAME},
)
_FILE_DOC = Operation(
    name="console_file",
    tag="documents",
    summary="What the console is made of",
    place=OneFile,
    answers={200: Answer(means="The file.", media="application/octet-stream"), 304: _SAME},
    errors=(UnknownRoute,),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file as it is served, for as long as the process runs."""

    body: bytes
    type: str
    etag: str


class ConsolePage:
    """`picture_hosts`: addresses of pictures that are not https, the simulator's or a proxy's in a local network."""

    def __init__(self, *, picture_hosts: Iterable[str] = (), folder: Path = FOLDER) -> None:
        self.files = dict(_read(folder))
        self._headers = {  # the rest is as on every answer
            "Content-Security-Policy": policy(picture_hosts),
            "Referrer-Policy": "same-origin",  # where no Sec-Fetch-Site is sent, the guard knows our page by it
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": "no-cache",  # kept, and asked for again by its ETag
        }

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(path="/", handler=self.page, methods=_METHODS, is_open=True, doc=_PAGE_DOC),
            Route(path="/console/{file}", handler=self.file, methods=_METHODS, is_open=True, doc=_FILE_DOC),
        )

    async def page(self, request: web.Request) -> web.Response:
        return self._answer(request, PAGE)

    async def file(self, request: web.Request) -> web.Response:
        return self._answer(request, request.match_info["file"])

    def _answer(self, request: web.Request, name: str) -> web.Response:
        file = self.files.get(name)
        if file is None:
            raise UnknownRoute(hint="GET / is the page.")
        headers = {**self._headers, hdrs.ETAG: f'"{file.etag}"'}
        known = request.if_none_match or ()
        if any(tag.value in (file.etag, "*") for tag in known):
            return web.Response(status=304, headers=headers)
        return web.Response(body=file.body, headers={**headers, hdrs.CONTENT_TYPE: file.type})


def policy(picture_hosts: Iterable[str]) -> str:
    """The page's Content-Security-Policy. A prompt that is HTML could do nothing even if it were taken for it."""
    origins = dict.fromkeys(f"{url.scheme}://{url.netloc}" for url in map(urlsplit, picture_hosts) if url.netloc)
    pictures = " ".join(("'self'", "https:", *origins))
    rules: Mapping[str, str] = {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "connect-src": "'self'",
        "img-src": f"{pictures} blob: data:",
        "media-src": pictures,
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _read(folder: Path) -> Iterator[tuple[str, File]]:
    """What is served, by its name in the folder."""
    for path in sorted(folder.iterdir()):
        if path.suffix in _TYPES:
            body = path.read_bytes()
            etag = hashlib.sha256(body).hexdigest()[:32]
            yield path.name, File(body=body, type=_TYPES[path.suffix], etag=etag)
