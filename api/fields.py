"""A request's parameters as one flat mapping of text, wherever they stand: query, form, multipart or JSON.

Law: a parameter is one text and is given once. What a route knows must be plain; what it does not know is ignored;
what is blank counts as not given. Every mistake is `Malformed` or a sibling, never a crash.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from email.message import Message
from urllib.parse import parse_qsl

import aiohttp
import msgspec
from aiohttp import http_exceptions, web

from api.errors import Malformed, TooSlow, UnknownContentType

Fields = dict[str, str]
Pairs = Iterable[tuple[str, str]]

BODY_SECONDS = 60.0  # a body that drips in for longer holds memory for nothing
MAX_FIELDS = 100
MAX_PART_HEAD = 1024  # bytes before a multipart field's value

Members = dict[str, msgspec.Raw]

_objects = msgspec.json.Decoder(Members)
_text = msgspec.json.Decoder(str)
_PLAIN_PAIR = re.compile(r"[A-Za-z0-9_-]+=[A-Za-z0-9_-]*", re.ASCII)
_PART_NAME = re.compile(r'\s*form-data\s*;.*?\bname=(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)
_PART_FILE = re.compile(r";\s*filename\*?=", re.IGNORECASE)


async def read_fields(request: web.Request, names: frozenset[str]) -> Fields:
    """The parameters among `names` that the request gives."""
    raw_query = request.rel_url.raw_query_string
    query = gather(form_pairs(raw_query), names) if raw_query else {}
    if not request.can_read_body:
        return query
    body = await read_body(request)
    if not body:
        return query
    return merged(query, from_body(body, request.headers.get("Content-Type", ""), names))


def merged(query: Fields, body: Fields) -> Fields:
    for name, value in body.items():
        if query.get(name, value) != value:
            raise Malformed(f"{name} is given in the address and in the body, with different values.")
    return query | body


def from_body(body: bytes, content_type: str, names: frozenset[str]) -> Fields:
    """The parameters among `names` in a body of this Content-Type."""
    kind = Message()
    kind["Content-Type"] = content_type or "none/none"
    match kind.get_content_type():
        case "application/json":
            return gather(json_pairs(body, names), names)
        case "application/x-www-form-urlencoded":
            if body.lstrip().startswith(b"{"):
                raise Malformed("The body is JSON, but Content-Type says it is a form: send application/json.")
            return gather(form_pairs(_utf8(body)), names)
        case "multipart/form-data":
            return gather(multipart_pairs(body, str(kind.get_boundary(""))), names)
        case _:
            raise UnknownContentType(
                hint="Send application/json, application/x-www-form-urlencoded or multipart/form-data."
            )


def gather(pairs: Pairs, names: frozenset[str]) -> Fields:
    """The known ones, each once. `name[...]` is how forms spell arrays and objects: refused for known names."""
    found: Fields = {}
    for name, value in pairs:
        if name not in names:
            if name.partition("[")[0] in names:
                raise Malformed(f"{name[:40]!a} is given: {name.partition('[')[0]} takes one plain value.")
            continue
        if name in found:
            raise Malformed(f"{name} is given more than once.")
        if not value.isascii():
            check_unicode(name, value)
        found[name] = value
    return {name: value for name, value in found.items() if value}


def form_pairs(text: str) -> Pairs:
    """The pairs of a query or of an urlencoded form."""
    if _PLAIN_PAIR.fullmatch(text):  # a look-up by id, most often: the library would take it apart with care
        name, _, value = text.partition("=")
        return ((name, value),)
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError:
        raise Malformed("The parameters are not UTF-8.") from None
    except ValueError:
        raise Malformed(f"More than {MAX_FIELDS} parameters are given.") from None


def json_pairs(body: bytes, names: frozenset[str]) -> Pairs:
    """The pairs of a JSON object."""
    for name, raw in json_members(body).items():
        if name in names and (text := plain_text(name, raw)) is not None:
            yield name, text


def json_members(body: bytes) -> Members:
    """The members of a JSON object, each as it was sent."""
    try:
        return _objects.decode(body)
    except msgspec.ValidationError:
        raise Malformed('The JSON body must be one object, such as {"action":"IMAGINE","prompt":"a dog"}.') from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The body is not valid JSON: {error}.") from None
    except RecursionError:
        raise Malformed("The JSON body is nested too deeply.") from None


def plain_text(name: str, raw: msgspec.Raw) -> str | None:
    """A text, or a number in the text it was sent as: an id must not pass through a float. None: null."""
    data = bytes(raw).strip()
    match data[:1]:
        case b'"':
            return _decoded(data)
        case b"n":
            return None
        case b"{" | b"[":
            raise Malformed(f"{name} takes one plain value, not an array or an object.")
        case b"t" | b"f":
            raise Malformed(f"{name} takes a text or a number, not true or false.")
        case _:
            return data.decode("ascii")


def _decoded(data: bytes) -> str:
    try:
        return _text.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The body is not valid JSON: {error}.") from None


def multipart_pairs(body: bytes, boundary: str) -> Pairs:
    """The pairs of a multipart form without files."""
    for name, value, is_file in multipart_parts(body, boundary):
        if is_file:
            raise Malformed("Files are not taken here: send each parameter as text.")
        yield name, _utf8(value)


def multipart_parts(body: bytes, boundary: str) -> Iterable[tuple[str, bytes, bool]]:
    """Name and bytes of each part of a multipart form (RFC 7578), and whether it is a file; in one pass."""
    if not boundary:
        raise Malformed("The multipart body's Content-Type names no boundary.")
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode(errors="surrogateescape"), MAX_FIELDS + 2)
    if len(parts) > MAX_FIELDS + 2:
        raise Malformed(f"More than {MAX_FIELDS} parameters are given.")
    for part in parts[1:]:
        if part.startswith(b"--"):
            return
        head, blank, value = part.partition(b"\r\n\r\n")
        if not blank or len(head) > MAX_PART_HEAD:
            break
        name, is_file = _part_name(head.decode(errors="replace"))  # a file's name may be in any encoding
        yield name, value, is_file
    raise Malformed("The multipart body is cut off or does not use its boundary.")


def _part_name(head: str) -> tuple[str, bool]:
    """The part's name, and whether it is a file."""
    disposition = next(
        (line for line in head.split("\r\n") if line.lower().startswith("content-disposition:")), ""
    ).partition(":")[2]
    name = _PART_NAME.match(disposition)
    if name is None:
        raise Malformed("A part of the multipart body has no name.")
    return name[1] if name[1] is not None else name[2], _PART_FILE.search(disposition) is not None


def _utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.") from None


def check_unicode(name: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Malformed(f"{name} is not UTF-8.") from None


async def read_body(request: web.Request) -> bytes:
    """The whole body; what comes too slowly, is cut off or too large is refused."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError:
        raise TooSlow from None
    except (http_exceptions.HttpProcessingError, web.RequestPayloadError, aiohttp.ClientError, OSError) as error:
        raise Malformed("The body could not be read to its end.") from error
