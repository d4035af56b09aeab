"""What a route says of itself, from which its entry in the OpenAPI document is written.

Contract: plain records, and nothing about how a request is answered. Fields are named by the types that read them; what
is said here of an answer is what the tests check on the wire.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta, Struct

from tasks.domain.errors import ServiceError

JSON = "application/json"

# What the parts of the document are called, in their order; any other tag comes after these.
TAGS: Mapping[str, str] = {
    "/api/v1": "The contract of Midjourney-node-api: 提交任务, 查询任务. GET and POST alike.",
    "/mj submit": "The contract of midjourney-proxy: 任务提交. HTTP 200 whatever has happened; `code` tells.",
    "/mj task": "The contract of midjourney-proxy: 任务查询.",
    "/mj account": "The contract of midjourney-proxy: 账号查询.",
    "tasks": "A task, its timeline, its end, and streams of what happens.",
    "pictures": "Copies of results, which stay.",
    "operator": "For the holder of `ADMIN_SECRET`.",
    "health": "Is the service well, and if not, why?",
    "documents": "What the API is like, for programs and for people.",
}


class Refusal(TypedDict):
    """Why a request was refused. The stable code for programs is the header `Error-Code`."""

    code: Annotated[int, Meta(description="Always 0.", extra_json_schema={"enum": [0]})]
    description: Annotated[str, Meta(description="What is wrong, and what to do.")]
    message: NotRequired[Annotated[str, Meta(description="With 401: the same text.")]]
    error: NotRequired[Annotated[str, Meta(description="With 401: the same code as `Error-Code`.")]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer. `type` is what its JSON is.

    `errors` are told under this status too, by `Error-Code`. `or_type` is what it may be instead.
    """

    means: str
    type: Any = None
    media: str = JSON
    example: object = None
    or_type: Any = None
    errors: tuple[type[ServiceError], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """What can be asked at a path, and what is answered.

    `place`, `query`, `headers` and `body` are Structs, each field with its `Meta`. A route with GET and POST takes
    `query` with the one and `body` with the other. `errors` are refusals with a status of their own; those that any
    route may answer are added by themselves.
    """

    name: str  # unique; programs made from the document call it so
    tag: str
    summary: str
    text: str = ""
    place: type[Struct] | None = None
    query: type[Struct] | None = None
    headers: type[Struct] | None = None
    body: type[Struct] | None = None
    needs_body: bool = False  # even where no field of it is needed
    forms: bool = False  # the body may be a form, urlencoded or multipart, as well
    files: bool = False  # the body may be a multipart form with pictures as files, as well
    example: Mapping[str, object] = field(default_factory=dict)  # of the query or the body
    answers: Mapping[int, Answer]
    errors: tuple[type[ServiceError], ...] = ()
    wants_secret: bool = False  # though its route is open: it asks for itself
    prefixes: Mapping[str, str] = field(default_factory=dict)  # under which it stands too → what that changes


def says(text: str, *examples: object, **more: Any) -> Meta:
    """A field's line in the document; `more` are bounds."""
    return Meta(description=text, examples=list(examples) or None, **more)


def words(text: str, allowed: Iterable[object], *examples: object) -> Meta:
    """A field that is one of these words."""
    return Meta(description=text, examples=list(examples) or None, extra_json_schema={"enum": list(allowed)})


def names_of(kind: type[Struct]) -> frozenset[str]:
    """The fields' names as they are sent: those that are read."""
    return frozenset(kind.__struct_encode_fields__)


def meaning(kind: type[ServiceError]) -> str:
    """An error's own message."""
    return inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0]
