"""/images/{name}: a copy of a result for anyone who knows its name, and its smaller versions and quarters.

Contract: open to everyone, as the name is unguessable. The content behind a name never changes, so clients may cache it
for ever; its type comes from its bytes, and it cannot run scripts. Bytes are passed on as they are read; the archive
makes the variants.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Protocol

from aiohttp import hdrs, web
from msgspec import Struct

from api.http.errors import NoSuchPicture
from api.http.links import IMAGES
from api.http.operations import Answer, Operation, says, words
from api.http.routes import Route
from api.http.security_headers import SERVER
from tasks.domain.errors import ArchiveFailed, BadRequest, CannotCut, CuttingBusy, StoreFailed
from tasks.results.image_copy import ImageCopy

WIDTHS = (160, 320, 640, 1024)
TILES = (1, 2, 3, 4)
_NAME = "adbd1ba4-0123-4567-89ab-cdef01234567-0123456789abcdefghijklmnopqrstuv.webp"


class OneImage(Struct, kw_only=True):
    """Which copy."""

    name: Annotated[str, says("The last part of `imageUrl`.", _NAME)]


class Cut(Struct, kw_only=True):
    """What of it. A `w` or `tile` that is blank counts as not given."""

    w: Annotated[str | int, words("At most so wide.", WIDTHS, 320)] = ""
    tile: Annotated[str | int, words("A quarter of it, as U1 to U4 count them.", TILES, 2)] = ""
    download: Annotated[str, says("`1`: to be saved.")] = ""


_IMAGE = Operation(
    name="image",
    tag="pictures",
    summary="A result's copy (图片)",
    text="For whoever knows its name. What stands under a name never changes. A part may be asked for by `Range`.",
    place=OneImage,
    query=Cut,
    answers={
        200: Answer(means="The picture or clip; what is cut is WebP.", media="application/octet-stream"),
        206: Answer(means="The part that was asked for.", media="application/octet-stream"),
        302: Answer(means="It is to be loaded there, with `ARCHIVE_REDIRECT`."),
        304: Answer(means="As you have it already (`ETag`)."),
        416: Answer(means="It has no such part."),
    },
    errors=(BadRequest, CannotCut, NoSuchPicture, ArchiveFailed, CuttingBusy, StoreFailed),
)

CUT_TYPE = "image/webp"

_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; "
        "frame-ancestors 'none'; sandbox"
    ),
    # The name is the only secret and no cookie is involved: pages of any origin may show and read the image.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "Server": SERVER,
}

log = logging.getLogger(__name__)


class CopySource(Protocol):
    """The stored copies."""

    async def find(self, name: str) -> ImageCopy | None: ...

    def read(self, copy: ImageCopy, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes. Raises FileNotFoundError, ArchiveFailed."""

    async def cut(self, copy: ImageCopy, width: int | None, tile: int | None) -> bytes:
        """A quarter or a smaller version as WebP. Raises CannotCut, CuttingBusy, FileNotFoundError, ArchiveFailed."""

    async def link(self, copy: ImageCopy) -> str | None:
        """The URL to redirect to; None: serve the bytes. Raises ArchiveFailed."""


class ImageRoutes:
    def __init__(self, archive: CopySource) -> None:
        self._archive = archive

    def routes(self) -> tuple[Route, ...]:
        path = f"{IMAGES}/{{name}}"
        return (Route(path=path, handler=self.image, methods=("GET", "HEAD"), is_open=True, doc=_IMAGE),)

    async def image(self, request: web.Request) -> web.StreamResponse:
        width, tile = _choice(request.query, "w", WIDTHS), _choice(request.query, "tile", TILES)
        name = request.match_info["name"]
        copy = await self._archive.find(name)
        if copy is None:
            raise _not_found()
        try:
            return await self._answer(request, copy, width, tile)
        except FileNotFoundError as error:
            log.error("the file of copy %s is missing", name)
            raise _not_found() from error
        except ArchiveFailed as error:
            log.error("cannot read a copy: %s", error)
            raise ArchiveFailed("The picture cannot be read now.", hint="Come back later.") from error

    async def _answer(
        self, request: web.Request, copy: ImageCopy, width: int | None, tile: int | None
    ) -> web.StreamResponse:
        is_cut = width is not None or tile is not None
        etag = f'"{copy.name}-{width or 0}-{tile or 0}"' if is_cut else f'"{copy.name}"'
        headers = _HEADERS | {"ETag": etag, "Content-Disposition": _disposition(request, copy, tile, is_cut)}
        if _is_known(request, etag):
            return web.Response(status=304, headers=headers)
        if is_cut:
            data = await self._archive.cut(copy, width, tile)
            return web.Response(body=data, headers=headers | {"Content-Type": CUT_TYPE})
        if (location := await self._archive.link(copy)) is not None:
            redirect = {"Location": location, "Cache-Control": "private, max-age=1800"}
            return web.Response(status=302, headers=headers | redirect)
        return await self._whole_or_part(request, copy, headers | {"Content-Type": copy.type}, etag)

    async def _whole_or_part(
        self, request: web.Request, copy: ImageCopy, headers: Mapping[str, str], etag: str
    ) -> web.StreamResponse:
        span = _span(request, copy.size, etag)
        if span is None:
            unsatisfied = {"Content-Range": f"bytes */{copy.size}", "Cache-Control": "no-store"}
            return web.Response(status=416, headers=dict(headers) | unsatisfied)
        start, end = span
        is_part = (start, end) != (0, copy.size)
        response = web.StreamResponse(status=206 if is_part else 200, headers=headers)
        response.headers[hdrs.ACCEPT_RANGES] = "bytes"
        if is_part:
            response.headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{end - 1}/{copy.size}"
        response.content_length = end - start
        if request.method == hdrs.METH_HEAD:
            await response.prepare(request)
            return response
        return await self._stream(request, copy, response, span)

    async def _stream(
        self, request: web.Request, copy: ImageCopy, response: web.StreamResponse, span: tuple[int, int]
    ) -> web.StreamResponse:
        pieces = self._archive.read(copy, *span)
        first = await anext(pieces, b"")  # an error on opening becomes an error response
        await response.prepare(request)
        try:
            await response.write(first)
            async for piece in pieces:
                await response.write(piece)
        except (FileNotFoundError, ArchiveFailed) as error:
            log.error("reading a copy failed midway: %s", error)
            if request.transport is not None:  # too late for an error response: show the truncation
                request.transport.abort()
            return response
        await response.write_eof()
        return response


def _not_found() -> NoSuchPicture:
    return NoSuchPicture(hint="imageUrl of its task has the name; the copy may have been removed.")


def _choice(query: Mapping[str, str], name: str, among: tuple[int, ...]) -> int | None:
    text = query.get(name, "").strip()
    if not text:
        return None
    found = next((number for number in among if text == str(number)), None)
    if found is None:
        raise BadRequest(f"{name} must be one of {', '.join(map(str, among))}.")
    return found


def _disposition(request: web.Request, copy: ImageCopy, tile: int | None, is_cut: bool) -> str:
    """The file name for saving: the job id, without the secret."""
    stem, _, rest = copy.name.rpartition("-")
    extension = "webp" if is_cut else rest.rpartition(".")[2]
    kind = "attachment" if request.query.get("download", "") in ("1", "true") else "inline"
    return f'{kind}; filename="{stem}{f"-{tile}" if tile else ""}.{extension}"'


def _is_known(request: web.Request, etag: str) -> bool:
    known = [text.strip().removeprefix("W/") for text in request.headers.get(hdrs.IF_NONE_MATCH, "").split(",")]
    return etag in known or "*" in known


def _span(request: web.Request, size: int, etag: str) -> tuple[int, int] | None:
    """The first byte and the one after the last; None if the range is not satisfiable."""
    given = request.headers.get(hdrs.IF_RANGE)
    if hdrs.RANGE not in request.headers or (given is not None and given.strip() != etag):
        return 0, size
    try:
        requested = request.http_range
    except ValueError:  # several ranges or an invalid one: the whole may be returned
        return 0, size
    start, end, _ = requested.indices(size)
    if start >= size or end <= start:
        return None
    return start, end
