"""A request's parameters as one flat mapping of text, wherever they stand: query, form, multipart or JSON.

Contract: a parameter is one text and is given once. What a route knows must be plain; what it does not know is ignored;
what is blank counts as not given. Every mistake is `Malformed` or a sibling, never a crash.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl

import msgspec
from aiohttp import hdrs, web

from api.http.bodies import MOST_TEXT, charset_of, decoded, parsed_type, read_body
from api.http.errors import Malformed, UnknownContentType
from api.http.forms import MAX_FIELDS, parts_of

Fields = dict[str, str]
Pairs = Iterable[tuple[str, str]]

SHORT = 32 * 1024  # bytes of a body that is read in well under a millisecond
MOST_PARTS = 100_000  # members or items of JSON, by its commas: each costs a hundred bytes

Members = dict[str, msgspec.Raw]

_objects = msgspec.json.Decoder(Members)
_text = msgspec.json.Decoder(str)
_PLAIN_PAIR = re.compile(r"[A-Za-z0-9_-]+=[A-Za-z0-9_-]*", re.ASCII)
_WHOLE = re.compile(rb"(-?[0-9]{1,20})\.0{1,20}")
# An escape of JSON; the group matches half a surrogate pair.
_HALF = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def query_fields(request: web.Request, names: frozenset[str]) -> Fields:
    """Those of the address. A route that is only looked at reads no body, whatever one was sent."""
    raw_query = request.rel_url.raw_query_string
    return gather(form_pairs(raw_query), names) if raw_query else {}


async def read_fields(request: web.Request, names: frozenset[str]) -> Fields:
    """The parameters among `names` that the request gives, in its address and in its body."""
    query = query_fields(request, names)
    if not request.can_read_body:
        return query
    body = await read_body(request)
    if not body:
        return query
    content_type = request.headers.get(hdrs.CONTENT_TYPE, "")
    if len(body) > SHORT:  # a form of a megabyte is taken apart for a tenth of a second
        given = await asyncio.to_thread(from_body, body, content_type, names)
    else:
        given = from_body(body, content_type, names)
    return merged(query, given)


def merged(query: Fields, body: Fields) -> Fields:
    for name, value in body.items():
        if query.get(name, value) != value:
            raise Malformed(f"{name} is given in the address and in the body, with different values.")
    return query | body


def from_body(body: bytes | bytearray, content_type: str, names: frozenset[str]) -> Fields:
    """The parameters among `names` in a body of this Content-Type."""
    kind = parsed_type(content_type)
    match kind.get_content_type():
        case "application/json":
            return gather(json_pairs(in_utf8(body, charset_of(kind)), names), names)
        case "application/x-www-form-urlencoded":
            if body.lstrip().startswith(b"{"):
                raise Malformed("The body is JSON, but Content-Type says it is a form: send application/json.")
            charset = charset_of(kind)
            return gather(form_pairs(decoded(body, charset), charset), names)
        case "multipart/form-data":
            return gather(multipart_pairs(body, content_type), names)
        case _:
            raise UnknownContentType(
                hint="Send application/json, application/x-www-form-urlencoded or multipart/form-data."
            )


def in_utf8(body: bytes | bytearray, charset: str) -> bytes | bytearray:
    """JSON is read as UTF-8, whatever it was sent as."""
    return body if charset in ("utf-8", "ascii") else decoded(body, charset).encode()


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


def form_pairs(text: str, charset: str = "utf-8") -> Pairs:
    """The pairs of a query or of an urlencoded form."""
    if _PLAIN_PAIR.fullmatch(text):  # a look-up by id, most often: the library would take it apart with care
        name, _, value = text.partition("=")
        return ((name, value),)
    try:
        return parse_qsl(text, keep_blank_values=True, encoding=charset, errors="strict", max_num_fields=MAX_FIELDS)
    except UnicodeDecodeError:
        raise Malformed(f"The parameters are not {charset.upper()}.") from None
    except ValueError:
        raise Malformed(f"More than {MAX_FIELDS} parameters are given.") from None


def json_pairs(body: bytes | bytearray, names: frozenset[str]) -> Pairs:
    """The pairs of a JSON object."""
    for name, raw in json_members(body).items():
        if name in names and (text := plain_text(name, raw)) is not None:
            yield name, text


def json_members(body: bytes | bytearray) -> Members:
    """The members of a JSON object, each as it was sent."""
    check_parts(body)
    try:
        return _objects.decode(body)
    except msgspec.ValidationError:
        raise Malformed('The JSON body must be one object, such as {"action":"IMAGINE","prompt":"a dog"}.') from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise not_json(body, error) from None
    except RecursionError:
        raise Malformed("The JSON body is nested too deeply.") from None


def plain_text(name: str, raw: msgspec.Raw) -> str | None:
    """A text, or a number in the text it was sent as: an id must not pass through a float. None: null."""
    data = bytes(raw).strip()
    match data[:1]:
        case b'"':
            return _decoded(name, data)
        case b"n":
            return None
        case b"{" | b"[":
            raise Malformed(f"{name} takes one plain value, not an array or an object.")
        case b"t" | b"f":
            raise Malformed(f"{name} takes a text or a number, not true or false.")
        case _:
            whole = _WHOLE.fullmatch(data)  # some languages know no whole numbers
            return (whole[1] if whole else data).decode("ascii")


def check_parts(body: bytes | bytearray) -> None:
    """Raises Malformed where reading it would make more of it than it is."""
    if len(body) > SHORT and body.count(b",") > MOST_PARTS:
        raise Malformed("The JSON body has too many members or items.")


def not_json(body: bytes | bytearray, error: Exception, name: str = "The body") -> Malformed:
    """What is wrong with it, where that can be said better than by the parser."""
    text = body[:MOST_TEXT].decode(errors="replace")
    half = next((found[1] for found in _HALF.finditer(text) if found[1]), None)
    if half is not None:
        return Malformed(
            f"{name} has half of a character: \\{half} is one of two surrogates, and the other is missing.",
            hint="Cut texts between characters, not between UTF-16 units.",
        )
    return Malformed(f"The body is not valid JSON: {error}.")


def _decoded(name: str, data: bytes) -> str:
    try:
        return _text.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise not_json(data, error, name) from None


def multipart_pairs(body: bytes | bytearray, content_type: str) -> Pairs:
    """The pairs of a multipart form without files."""
    for part in parts_of(body, content_type):
        yield part.name, decoded(part.value, part.charset)


def check_unicode(name: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Malformed(f"{name} is not UTF-8.") from None
