"""Idempotency-Key: a caller that does not know whether its submit arrived sends it again and pays once.

Contract: pure. The caller's name, the route, the key and the body leave here as digests alone. A key is its caller's
own: two callers with the same one do not meet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Struct

from api.http.errors import Malformed
from api.http.operations import says
from api.http.principals import CALLER
from tasks.domain.model import IdempotencyKey

HEADER = "Idempotency-Key"
LONGEST = 255


class IdempotentRequest(Struct, rename={"key": HEADER}):
    """The header of a submit."""

    key: Annotated[
        str,
        says(
            "The same key and request answer the same task for 24 hours: sent again, it is paid once.",
            max_length=LONGEST,
        ),
    ] = ""


def idempotency_key_of(request: web.Request, route: str, body: Mapping[str, object]) -> IdempotencyKey | None:
    """What the request's key stands for; None when it has none. `body`: what is asked for, in any order."""
    key = request.headers.get(HEADER, "").strip()
    if not key:
        return None
    if len(key) > LONGEST:
        raise Malformed(f"{HEADER} has {len(key)} characters.", hint=f"At most {LONGEST} are taken.")
    asked = msgspec.json.encode(dict(body), order="sorted")
    return IdempotencyKey(key=_digest(request[CALLER].name.encode(), route.encode(), key.encode()), body=_digest(asked))


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
