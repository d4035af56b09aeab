"""What goes wrong on the way to a server: a request, sound as the generator made it → one that is spoilt.

Contract: chance comes from the caller's generator alone, so a seed repeats everything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Final

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO")
TYPES = (
    "text/plain",
    "application/json; charset=gbk",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "application/xml",
    ";",
    "",
)
HEADERS = (
    ("Idempotency-Key", "k" * 256),
    ("Idempotency-Key", "one"),
    ("Content-Encoding", "gzip"),
    ("Content-Encoding", "br"),
    ("Content-Encoding", "nonsense"),
    ("Origin", "http://evil.example"),
    ("Sec-Fetch-Site", "cross-site"),
    ("Host", "evil.example"),
    ("Expect", "nonsense"),
    ("Range", "bytes=5-1"),
    ("If-None-Match", "*"),
    ("Cookie", "\xff=\xfe"),
    ("X-Long", "x" * 9000),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request as it goes out."""

    method: str
    target: str  # path and query, percent-encoded
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    may_answer: frozenset[int] = frozenset()  # besides what the document says
    is_sound: bool = True  # as the document wants it


def slashes(asked: Asked, chance: Random) -> Asked:
    path, mark, query = asked.target.partition("?")
    places = [place for place, sign in enumerate(path) if sign == "/"]
    place = chance.choice(places)
    return replace(asked, target=path[:place] + "//" + path[place + 1 :] + "/" * chance.randint(0, 2) + mark + query)


def method(asked: Asked, chance: Random) -> Asked:
    other = chance.choice(METHODS)
    body = None if other == "HEAD" else asked.body
    return replace(asked, method=other, body=body, may_answer=frozenset({404, 405}), is_sound=False)


def content_type(asked: Asked, chance: Random) -> Asked:
    return replace(asked, headers=_with(asked, "Content-Type", chance.choice(TYPES)), is_sound=False)


def body(asked: Asked, chance: Random) -> Asked:
    data = asked.body or b""
    cut = chance.randint(0, len(data))
    spoilt = chance.choice((
        data[:cut],
        data + b"\0",
        b"\xef\xbb\xbf" + data,
        data[:cut] + b"\xff\xfe" + data[cut:],
        b"[" * 5000,
        b'{"a":' * 5000,
        b"null",
        b'{"prompt":"\\ud800"}',
        b'{"taskId":1e999999,"index":-0,"ids":[1e400,null,true]}',
        b'{"limit":99999999999999999999,"before":"\xe2\x80\xaf"}',
    ))  # fmt: skip
    return replace(asked, body=spoilt, is_sound=False)


def header(asked: Asked, chance: Random) -> Asked:
    name, value = chance.choice(HEADERS)
    return replace(asked, headers=_with(asked, name, value), is_sound=False)


def query(asked: Asked, chance: Random) -> Asked:
    more = chance.choice(("a=%ff", "limit=0", "limit=%D9%A1", "status=,", "prompt[]=x", "&".join(["x=1"] * 120), "%00"))
    mark = "&" if "?" in asked.target else "?"
    return replace(asked, target=f"{asked.target}{mark}{more}", is_sound=False)


def secret(asked: Asked, chance: Random) -> Asked:
    headers = tuple(pair for pair in asked.headers if pair[0].lower() != "mj-api-secret")
    wrong = chance.choice((None, "wrong", "", "\xe9"))
    return replace(asked, headers=headers if wrong is None else (*headers, ("mj-api-secret", wrong)), is_sound=False)


SPOILERS: Final[tuple[Callable[[Asked, Random], Asked], ...]] = (
    slashes, method, content_type, body, header, query, secret,
)  # fmt: skip


def _with(asked: Asked, name: str, value: str) -> tuple[tuple[str, str], ...]:
    return (*(pair for pair in asked.headers if pair[0].lower() != name.lower()), (name, value))
