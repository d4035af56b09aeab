"""The body of a `/mj` request, read member by member as a route needs it.

Law: a body is a multipart form where its Content-Type says so, and else JSON whatever that says. A form's texts are
members, its files are pictures whatever they are called. What a route does not ask for is ignored. Gateways send every
field they know with its zero value, so null, "" and [] count as not given. A number stands for its text; whatever else
is of the wrong type is `Malformed`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from email.message import Message
from typing import Final

import msgspec
from aiohttp import web

from api.errors import Malformed
from api.fields import check_unicode, json_members, multipart_parts, plain_text, read_body

_BOM = b"\xef\xbb\xbf"
_JSON_PARTS = ("accountFilter", "base64Array")  # of a form: what no plain text can say
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

    def asked(self) -> Mapping[str, object]:
        """All that was said, for a comparison; of files their digests."""
        if not self.files:
            return self._members
        return {**self._members, "\0files": [hashlib.sha256(file).hexdigest() for file in self.files]}

    def pictures(self, name: str) -> list[str | bytes]:
        """As `texts`; a link that was loaded is its bytes."""
        return [self._loaded.get(text.strip(), text) if self._loaded else text for text in self.texts(name)]

    def text(self, name: str) -> str:
        return _text(name, self._members.get(name))

    def texts(self, name: str) -> list[str]:
        """An array of texts, without the blank ones; one text stands for an array of it."""
        raw = self._members.get(name)
        if _kind(raw) != b"[":
            given = [_text(name, raw)]
        else:
            assert raw is not None
            given = [_text(name, item) for item in _array(name, raw)]
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
        if _kind(raw) == b"{":
            assert raw is not None
            return Body(json_members(bytes(raw)))
        if raw is not None and bytes(raw).strip() not in (b"null", b'""') and not _is_empty_array(name, raw):
            raise Malformed(f"{name} takes an object.")
        return Body({})


async def read_json(request: web.Request) -> Body:
    """The request's body; an empty one is an object without members."""
    data = await read_body(request) if request.can_read_body else b""
    if data and request.content_type == "multipart/form-data":
        return await asyncio.to_thread(form_of, data, request.headers["Content-Type"])
    data = data.removeprefix(_BOM).strip()
    return Body(json_members(data) if data else {})


def form_of(data: bytes, content_type: str) -> Body:
    """A multipart form. A text given more than once makes an array; an empty file is none."""
    kind = Message()
    kind["Content-Type"] = content_type
    texts: dict[str, list[bytes]] = {}
    files = []
    for name, value, is_file in multipart_parts(data, str(kind.get_boundary(""))):
        if is_file:
            files += [value] if value else []
        else:
            texts.setdefault(name, []).append(_member(name, value))
    members = {
        name: msgspec.Raw(values[0] if len(values) == 1 else b"[" + b",".join(values) + b"]")
        for name, values in texts.items()
    }
    return Body(members, files)


def _member(name: str, value: bytes) -> bytes:
    """A form's text as JSON."""
    if name in _JSON_PARTS and value.strip()[:1] in (b"{", b"["):
        return value.strip()
    try:
        return msgspec.json.encode(value.decode())
    except UnicodeDecodeError:
        raise Malformed(f"{name[:40]!a} is not UTF-8.") from None


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
    try:
        return _items.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed(f"{name} is not a valid array.") from None
