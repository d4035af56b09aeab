"""The OpenAPI document, built from the descriptions of all routes.

Contract: pure. Everything about a route comes from its `Route.doc`; msgspec derives the schemas from the types that
parse requests and build responses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from api.http.errors import (
    CODE_HEADER,
    RETRY_SECONDS,
    Forbidden,
    InternalError,
    Malformed,
    TooFast,
    TooManyWrongSecrets,
    status_of,
)
from api.http.operations import JSON, TAGS, Answer, Operation, Refusal, meaning
from api.http.routes import Route
from tasks.domain.errors import ServiceError, Unauthorized
from tasks.domain.version import VERSION

Json = dict[str, Any]

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_REF = "#/components/schemas/{name}"
_ANY_ROUTE = (Malformed, InternalError)  # malformed requests and internal errors
_GUARDED = (Unauthorized, Forbidden, TooManyWrongSecrets)
_SECRETS = ("secret", "bearer")

_ABOUT = """Two contracts on the same tasks: `/api/v1` is that of Midjourney-node-api, `/mj` that of midjourney-proxy.

Paths are forgiving: doubled and trailing slashes are ignored. Of `/api/v1`, parameters may be given in the query and \
in the body; a number counts as its text, and what a route does not know is ignored. Of `/mj`, null, `""`, `[]` and an \
`index` of 0 count as not given, and a refusal is HTTP 200 with a `code`.

A refusal is `{"code":0,"description":"…"}`; the header `Error-Code` is for programs."""


def document(routes: Iterable[Route], *, wants_secret: bool, server: str = "") -> Json:
    """The document of these routes; routes without a description are left out."""
    described = [(route, route.doc) for route in routes if route.doc is not None]
    writer = _Writer(described)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "MidJourney API",
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": server.rstrip("/") or "/"}],
        "tags": [
            {"name": tag, **({"description": TAGS[tag]} if tag in TAGS else {})}
            for tag in dict.fromkeys([*TAGS, *(doc.tag for _, doc in described)])
            if any(doc.tag == tag for _, doc in described)
        ],
        "paths": _paths(described, writer, wants_secret=wants_secret, server=server.rstrip("/")),
        "components": {
            "schemas": writer.components,
            "responses": writer.refusals,
            "securitySchemes": _schemes(described),
        },
    }


def addresses(path: str, operation: Operation) -> tuple[str, ...]:
    """The path in the document, alone and under each prefix."""
    return (path, *(prefix + path for prefix in operation.prefixes))


def _paths(described: list[tuple[Route, Operation]], writer: _Writer, *, wants_secret: bool, server: str) -> Json:
    paths: Json = {}
    copies = {address for route, doc in described for address in addresses(route.path, doc)[1:]}
    for route, doc in described:
        if route.path in copies:
            continue
        entry = paths.setdefault(route.path, {})
        if doc.prefixes:
            entry["servers"] = [{"url": server or "/"}] + [
                {"url": server + prefix, "description": text} for prefix, text in doc.prefixes.items()
            ]
        for method in route.methods:
            entry[method.lower()] = writer.operation(route, doc, method, wants_secret=wants_secret)
    return paths


def _schemes(described: list[tuple[Route, Operation]]) -> Json:
    schemes: Json = {
        "secret": {"type": "apiKey", "in": "header", "name": "mj-api-secret", "description": "`API_SECRET`."},
        "bearer": {"type": "http", "scheme": "bearer", "description": "The same, as `Authorization: Bearer`."},
    }
    if any(route.is_admin for route, _ in described):
        schemes |= {
            f"admin_{name}": {**scheme, "description": "`ADMIN_SECRET`: the operator's own."}
            for name, scheme in schemes.items()
        }
    return schemes


def _security(route: Route, doc: Operation, *, wants_secret: bool) -> list[Json]:
    if route.is_open and not doc.wants_secret:
        return []
    if route.is_admin:
        return [{f"admin_{name}": []} for name in _SECRETS]
    return [{name: []} for name in _SECRETS] + ([] if wants_secret else [{}])


class _Writer:
    """Writes operations; collects what they refer to in `components` and `refusals`."""

    def __init__(self, described: list[tuple[Route, Operation]]) -> None:
        kinds: list[Any] = [Refusal]
        for _, doc in described:
            kinds += [doc.body] if doc.body else []
            kinds += [
                kind for answer in doc.answers.values() for kind in (answer.type, answer.or_type) if kind is not None
            ]
        schemas, self.components = _schemas(kinds)
        self._schemas = [*zip(kinds, schemas, strict=True)]
        self.refusals: Json = {}

    def operation(self, route: Route, doc: Operation, method: str, *, wants_secret: bool) -> Json:
        has_body = method in ("POST", "PUT", "PATCH") and doc.body is not None
        first = next(name for name in route.methods if name != "HEAD")
        made: Json = {
            "operationId": doc.name if method == first else f"{doc.name}_{method.lower()}",
            "tags": [doc.tag],
            "summary": doc.summary,
        }
        if doc.text:
            made["description"] = doc.text
        parameters = [*_parameters(doc.place, "path", {}), *_parameters(doc.headers, "header", {})]
        if not (has_body and doc.query is doc.body):
            parameters += _parameters(doc.query, "query", doc.example)
        if parameters:
            made["parameters"] = parameters
        if has_body:
            made["requestBody"] = self._body(doc)
        made["responses"] = self._responses(route, doc, method, has_body=has_body)
        made["security"] = _security(route, doc, wants_secret=wants_secret)
        return made

    def _body(self, doc: Operation) -> Json:
        schema = self._schema(doc.body)
        content: Json = {JSON: {"schema": schema} | ({"example": doc.example} if doc.example else {})}
        if doc.forms:
            content |= {media: {"schema": schema} for media in FORMS}
        if doc.files:
            content[FORMS[1]] = {"schema": {"allOf": [schema, _FILES]}}
        return {"content": content, "required": doc.needs_body or bool(self._fields_of(schema).get("required"))}

    def _responses(self, route: Route, doc: Operation, method: str, *, has_body: bool) -> Json:
        found: Json = {str(status): self._answer(answer, method) for status, answer in doc.answers.items()}
        by_status: dict[int, list[type[ServiceError]]] = {}
        guarded = (() if route.is_open else _GUARDED) + ((TooFast,) if route.too_fast else ())
        errors = (*doc.errors, *_ANY_ROUTE, *guarded)
        for error in dict.fromkeys(errors):
            if status_of_kind(error) in (408, 413, 415) and not (has_body or doc.forms):
                continue
            by_status.setdefault(status_of_kind(error), []).append(error)
        for status, kinds in sorted(by_status.items()):
            made = self._refusal(status, kinds, method)
            if len(kinds) == 1 and method != "HEAD":
                self.refusals[kinds[0].__name__] = made
                made = {"$ref": f"#/components/responses/{kinds[0].__name__}"}
            found.setdefault(str(status), made)
        return found

    def _refusal(self, status: int, kinds: list[type[ServiceError]], method: str) -> Json:
        text = "\n".join(f"- `{kind.code}`: {meaning(kind)}" for kind in kinds)
        made = self._answer(Answer(means=text, type=Refusal, errors=tuple(kinds)), method, always=True)
        if status in (429, 503):
            made["headers"]["Retry-After"] = {
                "description": f"Seconds to wait, such as {RETRY_SECONDS}.",
                "schema": {"type": "integer"},
            }
        return made

    def _answer(self, answer: Answer, method: str, *, always: bool = False) -> Json:
        made: Json = {"description": answer.means}
        if answer.errors:
            made["headers"] = {
                CODE_HEADER: {
                    "description": "Why it was refused, for programs.",
                    "schema": {"type": "string", "enum": [*dict.fromkeys(kind.code for kind in answer.errors)]},
                    **({"required": True} if always else {}),
                }
            }
        if method == "HEAD":
            return made
        if answer.type is not None:
            example = {} if answer.example is None else {"example": answer.example}
            made["content"] = {answer.media: {"schema": self._either(answer.type, answer.or_type), **example}}
        elif answer.media != JSON:
            made["content"] = {answer.media: {"schema": {"type": "string"}}}
        return made

    def _either(self, kind: Any, other: Any) -> Json:
        schema = self._schema(kind)
        if other is None or other == kind:
            return schema
        return {"anyOf": [*schema.get("anyOf", [schema]), self._schema(other)]}

    def _schema(self, kind: Any) -> Json:
        """Find the schema by comparing types: a union of aliases has no stable hash."""
        return next(schema for known, schema in self._schemas if known is kind or known == kind)

    def _fields_of(self, schema: Mapping[str, Any]) -> Json:
        found: Json = self.components[schema["$ref"].rpartition("/")[2]]
        return found


_FILES: Json = {
    "type": "object",
    "properties": {
        "file": {
            "type": "array",
            "description": "Pictures (图片): PNG, JPEG, WebP or GIF by their content.",
            "items": {"type": "string", "format": "binary"},
        }
    },
}


def status_of_kind(kind: type[ServiceError]) -> int:
    return status_of(kind.__new__(kind))


def _parameters(kind: type[Struct] | None, place: str, example: Mapping[str, object]) -> Iterator[Json]:
    """The fields of a Struct as parameters."""
    if kind is None:
        return
    _, components = _schemas([kind])
    fields = components[kind.__name__]
    for name, schema in fields["properties"].items():
        given = {"example": example[name]} if name in example else {}
        description = {"description": text} if (text := schema.get("description")) else {}
        yield {
            "name": name,
            "in": place,
            "required": place == "path" or name in fields.get("required", ()),
            **description,
            "schema": {key: value for key, value in schema.items() if key != "description"},
            **given,
        }


def _schemas(kinds: list[Any]) -> tuple[list[Json], Json]:
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    return [*schemas], {name: _tidy(schema) for name, schema in components.items()}


def _tidy(schema: Json) -> Json:
    """Remove defaults: type generators treat a field with a default as a required one."""
    for field in schema.get("properties", {}).values():
        field.pop("default", None)
    return schema
