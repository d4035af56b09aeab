"""The body of a `/mj` request, read member by member as a route needs it.

Contract: a body is a multipart form where its Content-Type says so, and else JSON whatever that says. A form's texts
are members, its files are pictures whatever they are called. What a route does not ask for is ignored. Gateways send
every field they know with its zero value, so null, "" and [] count as not given. A number stands for its text; whatever
else is of the wrong type is `Malformed`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec
from aiohttp import hdrs, web

from api.http.bodies import MOST_TEXT, charset_of, chunks_of, decoded, parsed_type, read_body
from api.http.errors import Malformed
from api.http.forms import Form, Part
from api.http.request_fields import SHORT, check_parts, check_unicode, in_utf8, json_members, plain_text

_BOM = b"\xef\xbb\xbf"
_BEGINNING = 1024  # bytes in which an object begins, if it does
_NO_LETTERS = _BOM + b"\xff\xfe\0 \t\r\n"  # what may stand before it, in UTF-16, too
_JSON_PARTS = ("accountFilter", "base64Array")  # of a form: what no plain text can say
T = TypeVar("T")
_items: Final = msgspec.json.Decoder(list[msgspec.Raw])


class Body:
    """The members of a JSON object or of a form. `files` are a form's; `loaded` are the pictures behind links."""

    def __init__(
        self,
        members: Mapping[str, msgspec.Raw],
        files: Sequence[bytes] = (),
        loaded: Mapping[str, bytes] | None = None,
    ) -> None:
        self._members = members
        self._loaded = loaded or {}
        self.files = files

    def with_loaded(self, loaded: Mapping[str, bytes]) -> Body:
        return Body(self._members, self.files, loaded)

    @property
    def is_long(self) -> bool:
        """Takes longer than a moment to decode, so it is decoded in a thread (`use`)."""
        if self.files or self._loaded:
            return True
        return sum(memoryview(raw).nbytes for raw in self._members.values()) > SHORT

    async def use(self, reader: Callable[[Body], T]) -> T:
        """What `reader` returns for this body; the event loop does not wait for a long one."""
        return await asyncio.to_thread(reader, self) if self.is_long else reader(self)

    def asked(self) -> Mapping[str, object]:
        """All that was said, for a comparison; of files their digests."""
        if not self.files:
            return self._members
        return {**self._members, "\0files": [hashlib.sha256(file).hexdigest() for file in self.files]}

    def pictures(self, name: str) -> list[str | bytes]:
        """As `texts`; a link that was loaded is its bytes."""
        return [self._loaded.get(text.strip(), text) if self._loaded else text for text in self.texts(name)]

    def text(self, name: str) -> str:
        raw = self._members.get(name)
        if raw is not None and memoryview(raw).nbytes > MOST_TEXT:  # pictures may be longer: `texts`, `picture`
            raise Malformed(f"{name} is too long.")
        return _text(name, raw)

    def picture(self, name: str) -> str:
        """A text that may be a picture, as base64."""
        return _text(name, self._members.get(name))

    def texts(self, name: str) -> list[str]:
        """An array of texts, without the blank ones; one text stands for an array of it."""
        raw = self._members.get(name)
        if raw is not None and _kind(raw) == b"[":
            given = [_text(name, item) for item in _array(name, raw)]
        else:
            given = [_text(name, raw)]
        return [text for text in given if text.strip()]

    def flag(self, name: str) -> bool:
        raw = self._members.get(name)
        if _kind(raw) in (b"t", b"f"):
            return _kind(raw) == b"t"
        text = _text(name, raw).strip().lower()
        if text not in ("", "true", "false", "0", "1"):
            raise Malformed(f"{name} takes true or false.")
        return text in ("true", "1")

    def inner(self, name: str) -> Body:
        """An object within the object."""
        raw = self._members.get(name)
        if raw is not None and _kind(raw) == b"{":
            return Body(json_members(bytes(raw)))
        if raw is not None and bytes(raw).strip() not in (b"null", b'""') and not _is_empty_array(name, raw):
            raise Malformed(f"{name} takes an object.")
        return Body({})


async def read_json(request: web.Request, *, has_pictures: bool = False) -> Body:
    """The request's body; an empty one is an object without members. Without pictures it has `MOST_TEXT` bytes."""
    if not request.can_read_body:
        return Body({})
    kind = parsed_type(request.headers.get(hdrs.CONTENT_TYPE, ""))
    most = request.client_max_size if has_pictures else MOST_TEXT
    if kind.get_content_type() == "multipart/form-data":
        return await read_form(request, most)
    charset = charset_of(kind)
    data = await read_body(request, most, is_long=_begins_as_object)
    if len(data) > SHORT:
        return await asyncio.to_thread(_of_json, data, charset)
    return _of_json(data, charset)


def _of_json(body: bytes | bytearray, charset: str) -> Body:
    data = in_utf8(body, charset)
    if data.startswith(_BOM):
        data = data[len(_BOM) :]
    return Body(json_members(data) if data and not data.isspace() else {})


def _begins_as_object(body: bytes) -> bool:
    """Only such a body names pictures: whatever else is sent is not JSON, and need not be read to its end."""
    return body[:_BEGINNING].translate(None, _NO_LETTERS).startswith(b"{")


async def read_form(request: web.Request, most: int) -> Body:
    """A multipart form of so many bytes, taken apart as it comes in."""
    parts: list[Part] = []
    async with chunks_of(request, most) as chunks:
        form: Form | None = None
        async for chunk in chunks:
            form = form or Form(request.headers[hdrs.CONTENT_TYPE], takes_files=True)
            parts += form.feed(chunk)
        if form is not None:
            form.close()
    return form_of(parts)


def form_of(parts: Iterable[Part]) -> Body:
    """A text given more than once makes an array; an empty file is none."""
    texts: dict[str, list[bytes]] = {}
    files = []
    for part in parts:
        if part.is_file:
            files += [part.value] if part.value else []
        else:
            texts.setdefault(part.name, []).append(_member(part))
    members = {
        name: msgspec.Raw(values[0] if len(values) == 1 else b"[" + b",".join(values) + b"]")
        for name, values in texts.items()
    }
    return Body(members, files)


def _member(part: Part) -> bytes:
    """A form's text as JSON."""
    if part.name in _JSON_PARTS and part.value.strip()[:1] in (b"{", b"["):
        return bytes(in_utf8(part.value, part.charset)).strip()
    return msgspec.json.encode(decoded(part.value, part.charset))


def _kind(raw: msgspec.Raw | None) -> bytes:
    """The first sign of a value tells its type."""
    return b"" if raw is None else bytes(memoryview(raw)[:1])


def _text(name: str, raw: msgspec.Raw | None) -> str:
    if raw is not None and _is_empty_array(name, raw):
        return ""
    text = (plain_text(name, raw) if raw is not None else None) or ""
    if not text.isascii():
        check_unicode(name, text)
    return text


def _is_empty_array(name: str, raw: msgspec.Raw) -> bool:
    """What languages with one empty array for all send for an object or a text that is not there."""
    return _kind(raw) == b"[" and not _array(name, raw)


def _array(name: str, raw: msgspec.Raw) -> list[msgspec.Raw]:
    check_parts(bytes(raw))
    try:
        return _items.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed(f"{name} is not a valid array.") from None
