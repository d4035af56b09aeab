"""A request's body: read once, within a bound, in the characters that it declares.

Contract: what is compressed is refused and never unpacked, so a body costs no more than its bytes; a body without
pictures has at most `MOST_TEXT` of them. Who asks is known before (`api.app`): nothing here reads for a stranger.
"""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.message import Message

import aiohttp
from aiohttp import hdrs, http_exceptions, web

from api.http.body_budget import BODY_BUDGET, CLAIMED, UNCOUNTED
from api.http.errors import BodyTooLarge, Malformed, TooSlow, UnknownContentType, UnknownEncoding
from api.http.principals import CALLER

BODY_SECONDS = 60.0  # a body that drips in for longer holds memory for nothing
MOST_TEXT = 1024 * 1024  # bytes of a body without pictures; a prompt is a few thousand

# What the web's encodings are called in Python (whatwg.org, Encoding). Others are not taken: some of Python's codecs
# are no encodings of text, and some are slow.
_CHARSETS = frozenset(
    [
        *("utf-8", "utf-8-sig", "ascii", "gbk", "gb2312", "gb18030", "big5", "big5hkscs", "shift_jis", "cp932"),
        *("euc_jp", "iso2022_jp", "euc_kr", "cp949", "koi8-r", "koi8-u", "utf-16", "utf-16-le", "utf-16-be"),
        *("mac-roman", "cp866", "cp874"),
        *(f"iso8859-{part}" for part in range(1, 17)),
        *(f"cp125{page}" for page in range(9)),
    ]
)


def parsed_type(content_type: str) -> Message:
    """A Content-Type in its parts; "none/none" where there is none."""
    kind = Message()
    kind[hdrs.CONTENT_TYPE] = content_type or "none/none"
    return kind


def charset_of(kind: Message, default: str = "utf-8") -> str:
    """The encoding of a body's text, by Python's name; `default` where none is declared. Raises UnknownContentType."""
    declared = kind.get_param("charset")
    if not isinstance(declared, str) or not declared.strip():
        return default
    try:
        name = codecs.lookup(declared.strip().strip("'\"")).name
    except (LookupError, ValueError, UnicodeError):
        name = ""
    if name not in _CHARSETS:
        raise UnknownContentType(
            f"The body's charset {declared[:40]!a} is not one that is read here.", hint="Send it as UTF-8."
        )
    return name


def decoded(data: bytes | bytearray, charset: str) -> str:
    try:
        return data.decode(charset)
    except UnicodeDecodeError:
        raise Malformed(f"The body is not {charset.upper()}.", hint="Declare its charset, or send UTF-8.") from None


def check_encoding(request: web.Request) -> None:
    """Raises UnknownEncoding where a body comes compressed: a few bytes of it may stand for any number."""
    encoding = request.headers.get(hdrs.CONTENT_ENCODING, "").strip().lower()
    if encoding not in ("", "identity") and request.can_read_body:
        raise UnknownEncoding(f"The body's Content-Encoding is {encoding[:40]!a}.", hint="Send the body as it is.")


async def read_body(
    request: web.Request, most: int = MOST_TEXT, *, is_long: Callable[[bytes], bool] | None = None
) -> bytes | bytearray:
    """The whole body, of at most so many bytes. `is_long`: whether a body with this beginning may have more than
    `MOST_TEXT`. Raises TooSlow, BodyTooLarge, TooManyBodies, UnknownEncoding, Malformed.

    The bytes are returned as they were collected: a copy would double what a body of many megabytes takes.
    """
    body = bytearray()
    async with chunks_of(request, most) as chunks:
        async for chunk in chunks:
            body += chunk
            if is_long is not None and len(body) > MOST_TEXT:
                if not is_long(bytes(body[:MOST_TEXT])):
                    raise too_large(MOST_TEXT)
                is_long = None  # known
    return body


@asynccontextmanager
async def chunks_of(request: web.Request, most: int) -> AsyncIterator[AsyncIterator[bytes]]:
    """The body as it comes in. What is raised is as of `read_body`."""
    check_encoding(request)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            yield _bounded(request, min(most, request.client_max_size))
    except TimeoutError:
        raise TooSlow from None
    except (http_exceptions.HttpProcessingError, web.RequestPayloadError, aiohttp.ClientError, OSError) as error:
        raise Malformed("The body could not be read to its end.") from error


async def _bounded(request: web.Request, most: int) -> AsyncIterator[bytes]:
    declared = request.content_length or 0
    if declared > most:
        raise too_large(most)
    if declared > UNCOUNTED:
        _claim(request, 0, expected=declared)
    read = 0
    async for chunk in request.content.iter_any():
        read += len(chunk)
        if read > most:
            raise too_large(most)
        if read > UNCOUNTED:
            _claim(request, read - request.get(CLAIMED, 0))
        yield chunk


def _claim(request: web.Request, more: int, *, expected: int = 0) -> None:
    request.app[BODY_BUDGET].claim(_caller(request), more, expected=expected)
    request[CLAIMED] = request.get(CLAIMED, 0) + more


def release_claim(request: web.Request) -> None:
    """The request is answered, so its body is no longer held."""
    if claimed := request.get(CLAIMED, 0):
        request.app[BODY_BUDGET].release(_caller(request), claimed)
        request[CLAIMED] = 0


def _caller(request: web.Request) -> str:
    return request[CALLER].name if CALLER in request else ""


def too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(hint=f"At most {most} bytes are read here.")
