"""Parses request bodies: a JSON object with optional files, in every form that Discord accepts.

Contract: checks only the format; the reader interprets the object.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from simulator.world.responses import DiscordError
from simulator.world.uploads import SentFile

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_FILE = re.compile(r"files\[(\d+)\]|file(\d*)")


@dataclass(frozen=True, kw_only=True)
class RequestBody:
    """`files` by number, from the form's `files[n]`."""

    values: dict[str, Any]
    files: Mapping[str, SentFile] = field(default_factory=dict)


async def read_json(request: web.Request) -> dict[str, Any]:
    return (await read_body(request)).values


async def read_body(request: web.Request) -> RequestBody:
    """A JSON object; or a multipart or urlencoded form with the object in `payload_json`, otherwise its fields as
    texts."""
    if request.content_type not in _FORMS:
        return RequestBody(values=_object(await request.text()))
    try:
        fields = await request.post()
    except ValueError:
        raise DiscordError(400, 50035, "Invalid Form Body") from None
    texts, files = {}, {}
    for name, value in fields.items():
        if isinstance(value, web.FileField):
            if match := _FILE.fullmatch(name):
                files[match[1] or match[2] or "0"] = SentFile(filename=value.filename, data=value.file.read())
        else:
            texts[name] = value if isinstance(value, str) else bytes(value).decode(errors="replace")
    values = _object(texts["payload_json"]) if "payload_json" in texts else dict(texts)
    return RequestBody(values=values, files=files)


def _object(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        raise DiscordError(400, 50109, "The request body contains invalid JSON.") from None
    if not isinstance(body, dict):
        raise DiscordError(400, 50035, "Invalid Form Body")
    return body
