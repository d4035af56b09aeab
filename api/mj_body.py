"""The JSON body of a `/mj` request, read member by member as a route needs it.

Law: a body is JSON whatever its Content-Type says. What a route does not ask for is ignored. Gateways send every field
they know with its zero value, so null, "" and [] count as not given. A number stands for its text; whatever else is of
the wrong type is `Malformed`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web

from api.errors import Malformed
from api.fields import check_unicode, json_members, plain_text, read_body

_BOM = b"\xef\xbb\xbf"
_items: Final = msgspec.json.Decoder(list[msgspec.Raw])


class Body:
    """The members of a JSON object."""

    def __init__(self, members: Mapping[str, msgspec.Raw]) -> None:
        self._members = members

    @property
    def members(self) -> Mapping[str, msgspec.Raw]:
        return self._members

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
        if raw is not None and bytes(raw).strip() not in (b"null", b'""'):
            raise Malformed(f"{name} takes an object.")
        return Body({})


async def read_json(request: web.Request) -> Body:
    """The request's body; an empty one is an object without members."""
    data = (await read_body(request)).removeprefix(_BOM).strip() if request.can_read_body else b""
    return Body(json_members(data) if data else {})


def _kind(raw: msgspec.Raw | None) -> bytes:
    """The first sign of a value tells its type."""
    return b"" if raw is None else bytes(memoryview(raw)[:1])


def _text(name: str, raw: msgspec.Raw | None) -> str:
    text = (plain_text(name, raw) if raw is not None else None) or ""
    if not text.isascii():
        check_unicode(name, text)
    return text


def _array(name: str, raw: msgspec.Raw) -> list[msgspec.Raw]:
    try:
        return _items.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed(f"{name} is not a valid array.") from None
