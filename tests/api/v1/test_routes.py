"""The reference's contract over real sockets."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from tasks.domain.errors import StoreFailed
from tasks.domain.model import Status
from tests.support.service_twin import FETCH, FIRST_ID, LIST, SUBMIT, Caller, Twin, finished, running

DRAW = {"action": "IMAGINE", "prompt": "一只狗", "state": "main", "notifyHook": "http://hooks.example/x"}
FIRST = str(FIRST_ID)


def query(fields: dict[str, str]) -> str:
    return "?" + "&".join(f"{name}={quote(value)}" for name, value in fields.items())


def multipart(fields: dict[str, str]) -> aiohttp.FormData:
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        form.add_field(name, value)
    return form


WAYS: dict[str, Any] = {
    "query": lambda: (SUBMIT + query(DRAW), {}),
    "urlencoded": lambda: (SUBMIT, {"data": DRAW}),
    "multipart": lambda: (SUBMIT, {"data": multipart(DRAW)}),
    "json": lambda: (SUBMIT, {"json": DRAW}),
    "json with charset": lambda: (
        SUBMIT,
        {
            "data": '{"action":"IMAGINE","prompt":"一只狗","state":"main","notifyHook":"http://hooks.example/x"}'.encode(),
            "headers": {"Content-Type": "Application/JSON; charset=UTF-8"},
        },
    ),
    "merged": lambda: (
        SUBMIT + "?action=IMAGINE&state=main",
        {"json": {"prompt": DRAW["prompt"], "notifyHook": DRAW["notifyHook"], "state": "main"}},
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_drawing_can_be_asked_for_in_every_way(api: Caller, method: str, way: str) -> None:
    path, options = WAYS[way]()
    answer = await api.ask(method, path, **options)
    assert answer.status == 200
    assert answer.body.decode() == f'{{"code":1,"description":"成功","result":"{FIRST}"}}'
    assert answer.headers["Content-Type"] == "application/json"
    task = api.service.tasks[FIRST]
    assert (task.request.prompt, task.request.state, task.request.notify_hook, task.request.api) == (
        "一只狗",
        "main",
        "http://hooks.example/x",
        "v1",
    )


@pytest.mark.parametrize("spelled", ["{0}/", "/{0}", "{0}//"])
@pytest.mark.parametrize("path", [SUBMIT, FETCH, LIST])
async def test_slashes_too_many_change_nothing(api: Caller, path: str, spelled: str) -> None:
    api.service.add()
    plain = await api.post(path, json={"action": "IMAGINE", "prompt": "x", "_id": FIRST})
    doubled = await api.post(
        spelled.format(path.replace("/v1/", "/v1//")), json={"action": "IMAGINE", "prompt": "x", "_id": FIRST}
    )
    assert plain.status == doubled.status == 200
    if path != LIST:
        assert plain.json.keys() == doubled.json.keys()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", [SUBMIT, "/api/v1//trigger//submit/", FETCH, LIST])
async def test_no_other_method_is_taken(api: Caller, path: str, method: str) -> None:
    answer = await api.ask(method, path + query(DRAW))
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, POST"
    assert answer.headers["Content-Type"] == "application/json"
    assert not api.service.tasks


@pytest.mark.parametrize("name", ["_id", "id"])
async def test_a_task_is_fetched_by_either_name(api: Caller, name: str) -> None:
    api.service.add(state="given back")
    for answer in (
        await api.get(f"{FETCH}?{name}={FIRST}"),
        await api.post(FETCH, data={name: FIRST}),
        await api.post(FETCH, json={name: FIRST}),
        await api.post(FETCH, json={name: FIRST_ID}),
    ):
        assert answer.status == 200
        assert answer.json["_id"] == FIRST
        assert answer.json["state"] == "given back"


async def test_an_unknown_task_is_400_with_code_0(api: Caller) -> None:
    assert "task does not exist" in await api.refused("GET", FETCH + "?_id=1")
    assert "_id is missing" in await api.refused("GET", FETCH)
    assert "different values" in await api.refused("GET", FETCH + "?_id=1&id=2")


async def test_a_submitted_task_can_be_fetched_at_once(api: Caller) -> None:
    submitted = await api.post(SUBMIT, json=DRAW)
    fetched = await api.get(f"{FETCH}?_id={submitted.json['result']}")
    assert fetched.json["status"] == "NOT_START"


@pytest.mark.parametrize("action", ["UPSCALE", "VARIATION"])
@pytest.mark.parametrize("parent", [FIRST, "1108302168013938689"])
async def test_a_result_is_acted_on_by_its_id_or_its_message(api: Caller, parent: str, action: str) -> None:
    api.service.tasks[FIRST] = finished(api.service.add())
    for index in ("2", 2):
        answer = await api.post(SUBMIT, json={"action": action, "taskId": int(parent), "index": index, "state": 7})
        task = api.service.tasks[answer.json["result"]]
        assert (task.request.action, task.request.index, task.request.parent_id, task.request.state) == (
            action,
            2,
            FIRST,
            "7",
        )


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no action": ({"prompt": "x"}, "action is missing"),
    "unknown action": ({"action": "FLY", "prompt": "x"}, "'FLY' is unknown"),
    "no prompt": ({"action": "IMAGINE"}, "prompt is needed"),
    "blank prompt": ({"action": "IMAGINE", "prompt": " \n"}, "prompt is needed"),
    "array": ({"action": "IMAGINE", "prompt": ["x"]}, "prompt takes one plain value"),
    "object": ({"action": "IMAGINE", "prompt": {"$ne": 1}}, "prompt takes one plain value"),
    "true": ({"action": "IMAGINE", "prompt": True}, "prompt takes a text or a number"),
    "null": ({"action": "IMAGINE", "prompt": None}, "prompt is needed"),
    "no parent": ({"action": "UPSCALE", "index": 1}, "UPSCALE needs taskId"),
    "unknown parent": ({"action": "UPSCALE", "taskId": "1", "index": 1}, "does not exist"),
    "unfinished parent": ({"action": "VARIATION", "taskId": FIRST, "index": 1}, "has not finished"),
    "failed parent": ({"action": "VARIATION", "taskId": FIRST_ID + 1, "index": 1}, "failed or was cancelled"),
    "no index": ({"action": "UPSCALE", "taskId": FIRST}, "from 1 to 4"),
    "index 9": ({"action": "UPSCALE", "taskId": FIRST, "index": 9}, "from 1 to 4"),
    "index 1.5": ({"action": "UPSCALE", "taskId": FIRST, "index": 1.5}, "from 1 to 4"),
    "index abc": ({"action": "UPSCALE", "taskId": FIRST, "index": "abc"}, "from 1 to 4"),
    "index in other digits": ({"action": "UPSCALE", "taskId": FIRST, "index": "٢"}, "from 1 to 4"),
    "bad hook": ({"action": "IMAGINE", "prompt": "x", "notifyHook": "file:///etc"}, "http or https"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_be_done_is_refused_with_the_reason(api: Caller, case: str) -> None:
    api.service.add()
    api.service.add(status=Status.FAILURE)
    body, why = REFUSED[case]
    assert why in await api.refused("POST", SUBMIT, json=body)
    assert len(api.service.tasks) == 2


async def test_a_parameter_given_twice_is_refused(api: Caller) -> None:
    assert "more than once" in await api.refused("GET", SUBMIT + "?action=IMAGINE&prompt=a&prompt=b")
    assert "different values" in await api.refused("POST", SUBMIT + "?action=IMAGINE&prompt=a", json={"prompt": "b"})
    assert "one plain value" in await api.refused("GET", FETCH + "?_id[$ne]=1")
    assert "one plain value" in await api.refused("POST", FETCH, data={"_id[$ne]": "1"})


async def test_what_is_not_known_is_ignored(api: Caller) -> None:
    body = {**DRAW, "base64Array": ["x"] * 5, "botType": {"a": [None, True]}}
    assert (await api.post(SUBMIT + "?x=1&x=2&y[]=3", json=body)).status == 200


async def test_a_get_with_a_json_header_and_no_body_is_read(api: Caller) -> None:
    api.service.add()
    answer = await api.get(f"{FETCH}?_id={FIRST}", headers={"Content-Type": "application/json"})
    assert answer.status == 200


BROKEN: dict[str, tuple[int, dict[str, Any]]] = {
    "malformed JSON": (400, {"data": b'{"action":', "headers": {"Content-Type": "application/json"}}),
    "a JSON array": (400, {"json": [1]}),
    "JSON nested deeply": (400, {"data": b'{"x":' * 9999, "headers": {"Content-Type": "application/json"}}),
    "JSON not in UTF-8": (
        400,
        {"data": b'{"action":"IMAGINE","prompt":"\xff"}', "headers": {"Content-Type": "application/json"}},
    ),
    "half a surrogate": (
        400,
        {"data": b'{"action":"IMAGINE","prompt":"\\ud83d"}', "headers": {"Content-Type": "application/json"}},
    ),
    "JSON named a form": (
        400,
        {"data": b'{"action":"IMAGINE"}', "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    ),
    "a form not in UTF-8": (
        400,
        {"data": b"prompt=%ff", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    ),
    "multipart without boundary": (400, {"data": b"--x", "headers": {"Content-Type": "multipart/form-data"}}),
    "multipart cut off": (400, {"data": b"--x\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=x"}}),
    "gzip that is none": (415, {"data": b"not gzip", "headers": {"Content-Encoding": "gzip"}}),
    "XML": (415, {"data": b"<a/>", "headers": {"Content-Type": "application/xml"}}),
    "no content type": (415, {"data": b"abc", "headers": {"Content-Type": ""}}),
    "a large body": (413, {"json": {"prompt": "x" * 5000}}),
    "a large body in chunks": (413, {"data": None, "json": {"prompt": "x" * 5000}, "chunked": True}),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("case", BROKEN)
async def test_what_cannot_be_read_is_refused_in_the_same_shape(case: str, method: str) -> None:
    status, options = BROKEN[case]
    async with running(max_body=60_000 if case == "JSON nested deeply" else 4096) as api:
        assert await api.refused(method, SUBMIT + "?action=IMAGINE&prompt=x", status, **options)
        assert not api.service.tasks


async def test_a_file_is_not_taken(api: Caller) -> None:
    form = aiohttp.FormData()
    form.add_field("prompt", b"x", filename="x.txt")
    assert "Files are not taken" in await api.refused("POST", SUBMIT, data=form)


@pytest.mark.parametrize(
    "path", ["/nothing", "/api/v1", "/api/v1/trigger/submit/x", "/api/v1/%00", "/..%2f", "/mj/task/list"]
)
async def test_an_unknown_path_is_a_json_404(api: Caller, path: str) -> None:
    assert "nothing at this address" in await api.refused("GET", path, 404, headers={"Accept": "text/html"})


async def test_where_the_routes_are_named_is_told_rightly(api: Caller) -> None:
    hint = (await api.refused("GET", "/nothing", 404)).split(". ")[-1]
    named = (await api.get(hint.split()[1])).json["paths"]
    assert {SUBMIT, FETCH, LIST} <= named.keys()


async def test_a_full_queue_says_when_to_come_back() -> None:
    async with running(Twin(room=0)) as api:
        answer = await api.post(SUBMIT, json=DRAW)
        assert answer.status == 429
        assert int(answer.headers["Retry-After"]) > 0
        assert await api.refused("POST", SUBMIT, 429, json=DRAW)


async def test_a_database_that_cannot_be_written_is_503(api: Caller, caplog: pytest.LogCaptureFixture) -> None:
    api.service.breaks = StoreFailed("The disk is full. (disk I/O error)", hint="Its file is /var/tasks.db.")
    told = await api.refused("POST", SUBMIT, 503, json=DRAW)
    assert told.startswith("The disk is full.")
    assert "I/O" not in told
    assert "/var" not in told, "where it lies is for the log"
    assert "/var/tasks.db" in caplog.text


async def test_the_unforeseen_is_told_in_the_log_alone(api: Caller, caplog: pytest.LogCaptureFixture) -> None:
    api.service.breaks = ZeroDivisionError("at /home/secret")
    assert await api.refused("POST", SUBMIT, 500, json=DRAW, headers={"Accept": "text/html"}) == "internal error"
    assert "ZeroDivisionError" in caplog.text


async def test_the_list_is_newest_first_and_pages(api: Caller) -> None:
    for _ in range(5):
        api.service.add()
    everything = [task["_id"] for task in (await api.get(LIST)).json]
    assert everything == [str(FIRST_ID + n) for n in (4, 3, 2, 1, 0)]
    page = (await api.post(LIST, json={"limit": 2, "before": everything[1]})).json
    assert [task["_id"] for task in page] == everything[2:4]


async def test_the_list_is_the_newest_thousand() -> None:
    service = Twin()
    for _ in range(1001):
        service.add()
    async with running(service) as api:
        assert len((await api.get(LIST)).json) == 1000


async def test_the_list_filters_by_the_status_that_is_shown(api: Caller) -> None:
    for status in Status:
        api.service.add(status=status)

    async def shown(text: str) -> list[str]:
        return [task["status"] for task in (await api.get(f"{LIST}?status={text}")).json]

    assert await shown("IN_PROGRESS") == ["IN_PROGRESS"] * 3
    assert await shown("failure") == ["FAILURE"] * 2
    assert await shown("SUCCESS,NOT_START") == ["SUCCESS", "NOT_START"]
    assert len(await shown("")) == len(Status)


@pytest.mark.parametrize("bad", ["limit=0", "limit=1001", "limit=ten", "limit=1&limit=2", "before=x", "status=DONE"])
async def test_a_bad_list_parameter_is_refused(api: Caller, bad: str) -> None:
    assert await api.refused("GET", f"{LIST}?{bad}")


async def test_a_long_chinese_prompt_fits_into_an_address(api: Caller) -> None:
    prompt = "一只狗" * 2000
    assert (await api.get(SUBMIT + query({"action": "IMAGINE", "prompt": prompt}))).status == 200
    assert api.service.tasks[FIRST].request.prompt == prompt


async def test_nothing_is_kept_by_a_cache_and_no_version_is_told(api: Caller) -> None:
    answer = await api.get(LIST)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "aiohttp" not in answer.headers["Server"]


@pytest.mark.parametrize("expected", ["100-continue", "nonsense"])
async def test_what_a_caller_expects_is_no_reason_to_refuse_it(api: Caller, expected: str) -> None:
    answer = await api.post(SUBMIT, json=DRAW, headers={"Expect": expected})
    assert (answer.status, answer.json["code"]) == (200, 1)


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("DELETE", FETCH)])
async def test_expecting_where_no_route_stands_is_refused_in_our_shape(api: Caller, method: str, path: str) -> None:
    assert "Expect" in await api.refused(method, path, headers={"Expect": "nonsense"})
