"""The document says what the routes are: neither more nor less, and in the words by which requests are read."""

from __future__ import annotations

import ast
import contextlib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema_rs import Draft202012Validator, meta

from api.app import make_app
from api.http.auth import Access
from api.http.links import Links
from api.http.operations import names_of
from api.http.routes import Route
from api.mj import requests
from api.mj.body import Body
from api.mj.operations import MODE_PREFIXES, OPERATIONS
from api.mj.routes import MjRoutes
from api.mj.schema import account_document, mj_document, render_mj
from api.mj.types import AccountMj, ListMj, SecondInputIn, TaskMj
from api.ops.docs import Docs
from api.ops.health import AccountHealth, Health, describe
from api.ops.openapi import document
from api.v1.routes import V1Routes
from api.v1.schema import SHOWN, listing_of, render_v1, submit_of, v1_document
from api.v1.types import SHOWN_WORDS, FetchV1, ListV1, SubmitV1, TaskV1
from tasks.domain.errors import ServiceError
from tasks.domain.model import Account, Action, SubmitOptions, Task, TaskRequest, TaskResult
from tasks.domain.version import VERSION
from tests.api.mj.test_schema import GOLDEN
from tests.api.v1.test_schema import VARIED
from tests.support.mj_client import BUTTONS, add_parent
from tests.support.service_twin import Twin, finished, running

ROOT = Path(__file__).parents[3]
METHODS = {"get", "head", "post", "put", "patch", "delete"}
Json = dict[str, Any]


async def document_of(access: Access | None = None) -> Json:
    service = Twin()
    async with running(service, access=access, more=MjRoutes(service, Links()).routes()) as api:
        answer = await api.get("/openapi.json", headers={"User-Agent": "Mozilla/5.0"})
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
        found: Json = answer.json
        assert answer.body == msgspec.json.encode(found)  # compact
        return found


def operations(told: Json) -> Iterator[tuple[str, str, Json]]:
    for path, entry in told["paths"].items():
        for method in METHODS & set(entry):
            yield path, method, entry[method]


# ---------------------------------------------------------------- routes


async def test_the_document_has_every_route_and_no_other() -> None:
    told = await document_of()
    service = Twin()
    app = make_app(service=service, access=Access(), links=Links(), more=MjRoutes(service, Links()).routes())
    real = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource and "{_" not in route.resource.canonical
    }
    assert {
        (method.upper(), server["url"].rstrip("/") + path)
        for path, method, _ in operations(told)
        for server in told["paths"][path].get("servers", told["servers"])
    } == real


def test_every_route_in_the_source_says_what_it_is() -> None:
    bare = [
        f"{path.name}:{node.lineno}"
        for path in (ROOT / "api").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Route"
        if not any(keyword.arg in ("doc", None) for keyword in node.keywords)
    ]
    assert bare == []


def test_every_route_of_mj_has_its_operation() -> None:
    routes = MjRoutes(Twin(), Links()).routes()
    assert all(route.doc is not None for route in routes)
    assert len(routes) == len(OPERATIONS) * (1 + len(MODE_PREFIXES))


def test_a_route_that_says_nothing_is_left_out() -> None:
    route = Route(path="/x", handler=Docs([], wants_secret=True).page)
    assert document([route], wants_secret=True)["paths"] == {}


async def test_names_are_unique_and_references_lead_somewhere() -> None:
    told = await document_of()
    names = [operation["operationId"] for _, _, operation in operations(told)]
    assert len(names) == len(set(names))
    for reference in references(told):
        found = told
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    for schema in told["components"]["schemas"].values():
        meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema)


def references(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


async def test_who_may_ask_is_said() -> None:
    secured, anonymous = await document_of(Access(secret="s", admin_secret="a")), await document_of()
    either: list[Json] = [{"secret": []}, {"bearer": []}]
    for told, expected in ((secured, either), (anonymous, [*either, {}])):
        for path, _, operation in operations(told):
            is_open = operation["tags"][0] in ("health", "documents")
            assert operation["security"] == ([] if is_open else expected), path
            assert ("401" in operation["responses"]) is not is_open


def test_an_administrators_route_wants_the_administrators_secret() -> None:
    docs = Docs([], wants_secret=True)
    doc = docs.routes()[0].doc
    told = document([Route(path="/x", handler=docs.page, is_admin=True, doc=doc)], wants_secret=True)
    assert told["paths"]["/x"]["get"]["security"] == [{"admin_secret": []}, {"admin_bearer": []}]
    assert {"admin_secret", "admin_bearer"} <= set(told["components"]["securitySchemes"])


def test_the_server_is_as_the_operator_says() -> None:
    routes = MjRoutes(Twin(), Links()).routes()
    told = document(routes, wants_secret=True, server="https://mj.example/")
    assert told["servers"] == [{"url": "https://mj.example"}]
    urls = [server["url"] for server in told["paths"]["/mj/submit/imagine"]["servers"]]
    assert urls == ["https://mj.example"] + [f"https://mj.example{prefix}" for prefix in MODE_PREFIXES]


async def test_submits_name_what_admission_refuses() -> None:
    paths = (await document_of())["paths"]

    def codes(path: str, status: str) -> set[str]:
        answer = paths[path]["post"]["responses"][status]
        return set(answer["headers"]["Error-Code"]["schema"]["enum"])

    assert {"account_paused", "state_too_long"} <= codes("/api/v1/trigger/submit", "400")
    assert {"account_paused", "account_not_found"} <= codes("/mj/submit/action", "200")


async def test_the_version_stands_in_one_place() -> None:
    assert (await document_of())["info"]["version"] == VERSION
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in project["project"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"file": "VERSION"}
    assert (ROOT / "VERSION").read_text("ascii") == f"{VERSION}\n"


# ---------------------------------------------------------------- answers


async def test_a_field_that_may_be_left_out_has_no_default() -> None:
    """Generators of types take a field with a default for one that must be given."""
    schemas = (await document_of())["components"]["schemas"]
    fields = [(name, field, told) for name, s in schemas.items() for field, told in s.get("properties", {}).items()]
    assert [f"{name}.{field}" for name, field, told in fields if "default" in told] == []


async def test_no_request_wants_a_field_that_has_a_default() -> None:
    told = await document_of()
    routes = [*V1Routes(Twin(), Links()).routes(), *MjRoutes(Twin(), Links()).routes()]
    bodies = {doc.body for route in routes if (doc := route.doc) is not None and doc.body is not None}
    assert len(bodies) > 10
    for body in bodies:
        optional = {field.encode_name for field in msgspec.structs.fields(body) if not field.required}
        schema = told["components"]["schemas"][body.__name__]
        assert optional.isdisjoint(schema.get("required", ())), body
        assert optional <= schema["properties"].keys(), body


async def test_the_examples_fit_their_schemas() -> None:
    told = await document_of()
    for path, method, operation in operations(told):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            if "example" in media:
                valid(told, media["schema"], media["example"], f"{method} {path}")
        for status, answer in operation["responses"].items():
            for media in answer.get("content", {}).values():
                if "example" in media:
                    valid(told, media["schema"], media["example"], f"{method} {path} {status}")
        for parameter in operation.get("parameters", []):
            if "example" in parameter:
                valid(told, parameter["schema"], parameter["example"], f"{method} {path} {parameter['name']}")


def valid(told: Json, schema: Json, value: object, where: str) -> None:
    errors = [
        error.message for error in Draft202012Validator(schema | {"components": told["components"]}).iter_errors(value)
    ]
    assert errors == [], where


def test_the_documents_have_the_fields_of_their_types_in_order() -> None:
    task = finished(Task(id="1", request=TaskRequest(action=Action.IMAGINE), result=TaskResult(buttons=BUTTONS)))
    account = Account(id="1", connected=True, capacity=1)
    mj = mj_document(task, Links())
    shown: list[tuple[Any, Any]] = [
        (v1_document(task, Links()), TaskV1),
        (mj, TaskMj),
        (account_document(account, queue_size=1, timeout_minutes=1), AccountMj),
        (describe(account), AccountHealth),
    ]
    for value, kind in shown:
        assert list(value) == list(kind.__annotations__)


async def test_the_documents_fit_their_schemas() -> None:
    told = await document_of()
    schemas = told["components"]["schemas"]
    valid(told, schemas["TaskV1"], msgspec.json.decode(render_v1(VARIED, Links())), "v1")
    for status, (task, _) in GOLDEN.items():
        valid(told, schemas["TaskMj"], msgspec.json.decode(render_mj(task, Links())), status)


def test_the_words_of_a_status_are_those_shown() -> None:
    assert set(SHOWN.values()) == set(SHOWN_WORDS)


# ---------------------------------------------------------------- what is read


class Noting(dict[str, Any]):
    """Members that note which of them are asked for."""

    def __init__(self, given: Mapping[str, object]) -> None:
        super().__init__({name: msgspec.Raw(msgspec.json.encode(value)) for name, value in given.items()})
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)


async def asked_by(path: str, *given: Mapping[str, object]) -> set[str]:
    """The fields that the reader behind this route asks for."""
    service = Twin()
    parent = add_parent(service)
    mj = MjRoutes(service, Links())
    found: set[str] = set()
    for example in given:
        noting = Noting({**example, **({"taskId": parent.id} if "taskId" in example else {})})
        body = Body(noting)
        with contextlib.suppress(ServiceError):
            match path:
                case "/submit/modal":
                    requests.second_input_of(body)
                case "/submit/upload-discord-images":
                    requests.uploaded_of(body)
                case "/task/list-by-condition" | "/task/list-by-ids":
                    requests.ids_of(body)
                case _:
                    ask = requests.ask_of(body, None)
                    assert isinstance(ask, SubmitOptions)
                    submit = getattr(mj, path.removeprefix("/submit/").replace("-", "_"))
                    await submit(service, ask, body)
        found |= noting.asked
    return found


@pytest.mark.parametrize("path", [path for path, operation in OPERATIONS.items() if operation.body])
async def test_what_is_read_is_what_is_documented(path: str) -> None:
    operation = OPERATIONS[path]
    assert operation.body is not None
    extend = {"action": "extend", "taskId": "1", "index": 1}
    assert await asked_by(path, operation.example, *([extend] if path == "/submit/video" else [])) == names_of(
        operation.body
    )


def test_what_v1_reads_is_what_is_documented() -> None:
    for read, kind in ((submit_of, SubmitV1), (listing_of, ListV1), (listing_of, ListMj)):
        asked: set[str] = set()
        for action in ("IMAGINE", "UPSCALE", "EDIT"):
            noting = Noting({})
            noting.update({"action": action, "taskId": "1", "index": "1", "image": "https://a.example/b.png"})
            noting.asked = asked
            read(noting)
        assert asked == names_of(kind)
    assert names_of(FetchV1) == {"_id", "id"}
    assert "taskId" in names_of(SecondInputIn)


async def test_what_the_document_calls_an_example_is_taken() -> None:
    """Whatever it may be refused for, it is not for its form."""
    service = Twin()
    async with running(service, more=MjRoutes(service, Links()).routes()) as api:
        for path, operation in OPERATIONS.items():
            if operation.body:
                answer = await api.post(f"/mj{path}", json=operation.example)
                assert answer.headers.get("Error-Code", "parent_not_found") in (
                    "parent_not_found",
                    "task_not_found",
                ), (path, answer)
        for route in V1Routes(service, Links()).routes():
            assert route.doc is not None
            answer = await api.post(route.path, json=route.doc.example)
            assert answer.headers.get("Error-Code", "task_not_found") == "task_not_found"


def test_no_class_of_routes_is_forgotten_here() -> None:
    """Health and Front are in every application; the others are given to it."""
    assert all(route.doc for route in Health(Twin(), None).routes())  # type: ignore[arg-type]  # nothing is asked
