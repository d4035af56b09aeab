"""GET / and /console/…: the console, a web page that is a client of the public API like any other.

Contract: the files are read once, at the start; a request looks up a name and never touches the disk. The page runs its
scripts and no others, and loads nothing but pictures from other hosts. It names its script and style sheet by their
content: such a file never changes and is cached for ever; everything else is revalidated.
"""

from __future__ import annotations

import gzip
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
from api.ops.console_bundle import bundled, styles_of

FOLDER = Path(__file__).parents[1] / "console"
PAGE = "index.html"
ENTRY = "main.js"
SCRIPT, STYLE = "bundle.js", "bundle.css"
VERSION = 12  # characters of a digest in a path
_REPLACED = ('rel="stylesheet"', 'rel="modulepreload"', f"/console/{ENTRY}")

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}
_KEPT = "public, max-age=31536000, immutable"
_METHODS = ("GET", "HEAD")


class ConsoleFile(Struct, kw_only=True):
    """Which file of the page."""

    file: Annotated[str, says("Its name.", "main.js")]


class OneVersion(Struct, kw_only=True):
    """Which file, by its content."""

    version: Annotated[str, says("The first letters of its digest, as the page names it.", "0123456789ab")]
    file: Annotated[str, says("Its name.", SCRIPT)]


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
    place=ConsoleFile,
    answers={200: Answer(means="The file.", media="application/octet-stream"), 304: _SAME},
    errors=(UnknownRoute,),
)


_KEPT_DOC = Operation(
    name="console_version",
    tag="documents",
    summary="The page's script and style sheet, each whole and under a name of its content",
    place=OneVersion,
    answers={200: Answer(means="The file, to be kept for ever.", media="application/octet-stream"), 304: _SAME},
    errors=(UnknownRoute,),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """A file as it is served, in memory while the process runs."""

    body: bytes
    packed: bytes  # the body, gzip-compressed
    type: str
    etag: str

    @classmethod
    def of(cls, body: bytes, kind: str) -> File:
        etag = hashlib.sha256(body).hexdigest()[:32]
        return cls(body=body, packed=gzip.compress(body, 9, mtime=0), type=kind, etag=etag)


class ConsolePage:
    """`picture_hosts`: picture addresses that are not https, such as the simulator's or a local proxy's."""

    def __init__(self, *, picture_hosts: Iterable[str] = (), folder: Path = FOLDER) -> None:
        """Raises NotBundled if the modules in the folder cannot be bundled."""
        self.files = dict(_read(folder))
        self._kept = _bundle(self.files)
        self._page = _page(self.files, self._kept)
        self._headers = {  # in addition to the headers of every response
            "Content-Security-Policy": policy(picture_hosts),
            "Referrer-Policy": "same-origin",  # identifies the page where the browser sends no Sec-Fetch-Site
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": "no-cache",  # cached, and revalidated by its ETag
        }

    def routes(self) -> tuple[Route, ...]:
        return (
            Route(path="/", handler=self.page, methods=_METHODS, is_open=True, doc=_PAGE_DOC),
            Route(path="/console/{file}", handler=self.file, methods=_METHODS, is_open=True, doc=_FILE_DOC),
            Route(path="/console/{version}/{file}", handler=self.kept, methods=_METHODS, is_open=True, doc=_KEPT_DOC),
        )

    async def page(self, request: web.Request) -> web.Response:
        return self._answer(request, self._page)

    async def file(self, request: web.Request) -> web.Response:
        return self._answer(request, self.files.get(request.match_info["file"]))

    async def kept(self, request: web.Request) -> web.Response:
        """A page loaded before an update requests another version: answer the current file, not to be cached there."""
        file = self._kept.get(request.match_info["file"])
        is_current = file is not None and file.etag[:VERSION] == request.match_info["version"]
        return self._answer(request, file, _KEPT if is_current else "no-cache")

    def _answer(self, request: web.Request, file: File | None, cache_control: str = "no-cache") -> web.Response:
        if file is None:
            raise UnknownRoute(hint="GET / is the page.")
        is_gzip = "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "").casefold()
        etag = f"{file.etag}-gzip" if is_gzip else file.etag
        headers = {
            **self._headers,
            hdrs.CACHE_CONTROL: cache_control,
            hdrs.ETAG: f'"{etag}"',
            hdrs.VARY: hdrs.ACCEPT_ENCODING,
        }
        known = request.if_none_match or ()
        if any(tag.value in (etag, "*") for tag in known):
            return web.Response(status=304, headers=headers)
        headers[hdrs.CONTENT_TYPE] = file.type
        if is_gzip:
            headers[hdrs.CONTENT_ENCODING] = "gzip"
        return web.Response(body=file.packed if is_gzip else file.body, headers=headers)


def policy(picture_hosts: Iterable[str]) -> str:
    """The Content-Security-Policy of the page. A prompt that were parsed as HTML could not do anything."""
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
    """The files to serve, by name."""
    for path in sorted(folder.iterdir()):
        if path.suffix in _TYPES:
            yield path.name, File.of(path.read_bytes(), _TYPES[path.suffix])


def _bundle(files: Mapping[str, File]) -> Mapping[str, File]:
    """The script and the style sheet of the page, each as one file."""
    if PAGE not in files or ENTRY not in files:
        return {}
    modules = {name: file.body.decode() for name, file in files.items() if name.endswith(".js")}
    styles = b"\n".join(files[name].body for name in styles_of(files[PAGE].body.decode()))
    return {
        SCRIPT: File.of(bundled(modules, ENTRY).encode(), _TYPES[".js"]),
        STYLE: File.of(styles, _TYPES[".css"]),
    }


def _page(files: Mapping[str, File], kept: Mapping[str, File]) -> File | None:
    """The page, with the bundles in place of the files that they contain."""
    page = files.get(PAGE)
    if page is None or not kept:
        return page
    lines = [line for line in page.body.decode().splitlines() if not any(each in line for each in _REPLACED)]
    script, style = (f"/console/{kept[name].etag[:VERSION]}/{name}" for name in (SCRIPT, STYLE))
    named = [
        f'    <link rel="stylesheet" href="{style}" />',
        f'    <script type="module" src="{script}"></script>',
        "  </head>",
    ]
    return File.of("\n".join((*lines, "")).replace("  </head>", "\n".join(named)).encode(), _TYPES[".html"])
