"""The making of JSON answers.

Contract: every JSON answer is compact, says exactly `application/json`, and is kept by no cache: a GET may draw.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from api.http.security_headers import HEADERS, SERVER

# Here, too: not all passes the application. In the library's own form, which is copied in one go for each answer.
_HEADERS = CIMultiDict(HEADERS | {"Content-Type": "application/json", "Server": SERVER})

encode = msgspec.json.Encoder().encode


def json_bytes(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """An answer whose JSON is rendered already."""
    response = web.Response(body=body, status=status, headers=_HEADERS)
    if headers:
        response.headers.update(headers)
    return response


def json_value(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return json_bytes(encode(value), status, headers)
