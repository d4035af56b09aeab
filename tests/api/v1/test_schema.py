"""The document, letter for letter, and the reading of parameters."""

from __future__ import annotations

import string
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.links import Links
from api.http.request_fields import form_pairs, from_body, gather, merged
from api.v1.schema import SHOWN, Edit, listing_of, render_v1, render_v1_list, submit_of, v1_document
from tasks.domain.errors import BadRequest, ServiceError
from tasks.domain.model import Action, Image, Status, Task, TaskProgress, TaskRequest, TaskResult
from tests.support.service_twin import finished

NO_LINKS = Links()
NAMES = frozenset({"action", "prompt", "taskId", "index", "state", "notifyHook", "_id", "limit", "before", "status"})

VARIED = finished(
    Task(
        id="1684310738264001",
        request=TaskRequest(
            action=Action.VARIATION,
            prompt="一只狗",
            index=1,
            parent_id="1684310738264000",
            state="main",
            notify_hook="http://hooks.example/x",
            submit_time=1684310738264,
        ),
        prompt_en="A dog",
        content="A dog --seed 5587",
    )
)

GOLDEN = (
    '{"_id":"1684310738264001","index":"1","action":"VARIATION","prompt":"一只狗","promptEn":"A dog",'
    '"taskId":"1108302168013938689","uri":"https://cdn.discordapp.com/attachments/1/2/dog.png?ex=1&is=2&hm=3",'
    '"hash":"adbd1ba4-1f1c-4c28-9d1b-3a5a4b1f0001","content":"A dog --seed 5587","progress":"done",'
    '"description":"/imagine A dog","submitTime":1684310738264,"finishTime":1684310741027,"state":"main",'
    '"notifyHook":"http://hooks.example/x",'
    '"imageUrl":"https://cdn.discordapp.com/attachments/1/2/dog.png?ex=1&is=2&hm=3","status":"SUCCESS",'
    '"parentId":"1684310738264000","failCode":"","failReason":"","notes":[]}'
)

FRESH = (
    '{"_id":"1","index":"","action":"IMAGINE","prompt":"一只狗","promptEn":"","taskId":"","uri":"","hash":"",'
    '"content":"","progress":"","description":"/imagine 一只狗","submitTime":5,"finishTime":null,"state":"",'
    '"notifyHook":"","imageUrl":"","status":"NOT_START","parentId":"","failCode":"","failReason":"","notes":[]}'
)


def test_the_document_of_a_finished_task() -> None:
    assert render_v1(VARIED, NO_LINKS).decode() == GOLDEN


def test_the_document_of_a_new_task() -> None:
    task = Task(id="1", request=TaskRequest(action=Action.IMAGINE, prompt="一只狗", submit_time=5))
    assert render_v1(task, NO_LINKS).decode() == FRESH


def test_a_list_is_made_of_the_same_documents() -> None:
    assert render_v1_list([VARIED, VARIED], NO_LINKS).decode() == f"[{GOLDEN},{GOLDEN}]"
    assert render_v1_list([], NO_LINKS) == b"[]"


@given(
    st.sampled_from(Status),
    st.sampled_from(Action),
    st.none() | st.integers(0, 100),
    st.text(string.printable),
    st.text(string.printable),
)
def test_every_key_is_always_there_and_none_is_empty_of_type(
    status: Status, action: Action, progress: int | None, text: str, reason: str
) -> None:
    task = Task(
        id="1",
        request=TaskRequest(action=action, prompt=text),
        progress=TaskProgress(percent=progress),
        result=TaskResult(fail_reason=reason),
        status=status,
    )
    told = msgspec.json.decode(render_v1(task, NO_LINKS))
    assert list(told) == list(msgspec.json.decode(GOLDEN))
    assert "code" not in told
    assert all(isinstance(told[name], str) for name in told if name not in {"submitTime", "finishTime", "notes"})
    assert told["status"] in {"NOT_START", "IN_PROGRESS", "SUCCESS", "FAILURE"}
    assert (told["progress"] == "done") is (status is Status.SUCCESS)
    assert told["progress"] != "100%"
    assert bool(told["failReason"]) is (told["status"] == "FAILURE")


def test_a_status_is_shown_in_the_contracts_four_words() -> None:
    assert {status.value: shown for status, shown in SHOWN.items()} == {
        "NOT_START": "NOT_START",
        "SUBMITTED": "IN_PROGRESS",
        "IN_PROGRESS": "IN_PROGRESS",
        "MODAL": "IN_PROGRESS",
        "SUCCESS": "SUCCESS",
        "FAILURE": "FAILURE",
        "CANCEL": "FAILURE",
    }


def test_a_running_task_names_its_parent_and_its_percent() -> None:
    task = Task(
        id="2",
        request=TaskRequest(action=Action.UPSCALE, index=2, parent_id="1"),
        progress=TaskProgress(percent=45),
        status=Status.IN_PROGRESS,
    )
    told = v1_document(task, NO_LINKS)
    assert (told["taskId"], told["parentId"], told["progress"]) == ("1", "1", "45%")
    assert v1_document(replace(task, progress=replace(task.progress, percent=100)), NO_LINKS)["progress"] == "99%"
    early = replace(task, result=replace(task.result, message_id="9"))
    assert v1_document(early, NO_LINKS)["taskId"] == "1"


def test_a_failure_says_why() -> None:
    task = Task(
        id="1",
        request=TaskRequest(action=Action.IMAGINE, prompt="x"),
        result=TaskResult(fail_code="banned_prompt"),
        status=Status.FAILURE,
        notes=("n",),
    )
    told = v1_document(replace(task, result=replace(task.result, fail_reason="Banned prompt")), NO_LINKS)
    assert (told["description"], told["failReason"], told["failCode"]) == (
        "Banned prompt",
        "Banned prompt",
        "banned_prompt",
    )
    assert told["notes"] == ("n",)
    assert v1_document(replace(task, status=Status.CANCEL), NO_LINKS)["description"] == "The task was cancelled."


@pytest.mark.parametrize(
    ("base", "url", "seen"),
    [
        ("", "https://cdn.discordapp.com/a/b.png?ex=1&hm=2", "https://cdn.discordapp.com/a/b.png?ex=1&hm=2"),
        ("http://cdn.mine", "https://cdn.discordapp.com/a/b.png?ex=1&hm=2", "http://cdn.mine/a/b.png?ex=1&hm=2"),
        ("http://cdn.mine/x/", "https://media.discordapp.net/a/%20b.png?ex=1", "http://cdn.mine/x/a/%20b.png?ex=1"),
        ("http://cdn.mine", "https://cdn.midjourney.com/u/0_0.png", "https://cdn.midjourney.com/u/0_0.png"),
        ("http://cdn.mine", "https://cdn.discordapp.com.evil/a", "https://cdn.discordapp.com.evil/a"),
        ("http://cdn.mine", "", ""),
    ],
)
def test_pictures_are_seen_through_the_base_and_keep_their_signature(base: str, url: str, seen: str) -> None:
    links = Links(cdn_base=base)
    assert links.picture(url) == seen
    told = v1_document(replace(VARIED, result=replace(VARIED.result, image=Image(url=url))), links)
    assert (told["uri"], told["imageUrl"]) == (seen, seen)


# ---------------------------------------------------------------- in


def test_numbers_keep_their_text() -> None:
    body = b'{"taskId": 1108302168013938689123456789 , "index":2,"state":1.50e3,"prompt":null,"x":[{}]}'
    found = from_body(body, "application/json", NAMES)
    assert found == {"taskId": "1108302168013938689123456789", "index": "2", "state": "1.50e3"}


def test_escapes_in_names_and_texts_are_read() -> None:
    assert from_body(rb'{"\u0070rompt":"\ud83d\ude00\n\u0000"}', "application/json", NAMES) == {"prompt": "😀\n\0"}


def test_a_multipart_text_keeps_every_byte() -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na\r\n--c\r\n\r\nd\n\r\n'
        b"--b  \r\ncontent-disposition: FORM-DATA; name=state\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        b"\xe4\xb8\x80\r\n--b--\r\nafterword"
    )
    found = from_body(body, 'multipart/form-data; boundary="b"', NAMES)
    assert found == {"prompt": "a\r\n--c\r\n\r\nd\n", "state": "一"}


def test_too_many_parameters_are_refused() -> None:
    with pytest.raises(ServiceError, match="More than 100"):
        form_pairs("&".join("a=1" for _ in range(101)))


def test_what_is_blank_counts_as_not_given() -> None:
    assert gather([("prompt", ""), ("state", " ")], NAMES) == {"state": " "}
    assert merged({"state": "a"}, {"prompt": "b", "state": "a"}) == {"state": "a", "prompt": "b"}


TYPES = st.sampled_from(
    [
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
        "multipart/form-data; boundary*=utf-8''%ff",
        "multipart/form-data; boundary",
        "",
        ";",
        "é/☂",
    ]
) | st.text(max_size=30)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(sorted(NAMES)), inner, max_size=4),
    max_leaves=8,
)
BODIES = (
    st.binary(max_size=200)
    | JSON.map(msgspec.json.encode)
    | st.lists(
        st.sampled_from(
            [
                b"--b",
                b"--",
                b"\r\n",
                b"\r\n\r\n",
                b"\r\n--b",
                b"name=",
                b'"',
                b"content-disposition: form-data; name=state",
                b"\xff",
            ]
        )
    ).map(b"".join)
)


@given(BODIES, TYPES)
def test_no_body_breaks_the_reading(body: bytes, content_type: str) -> None:
    try:
        found = from_body(body, content_type, NAMES)
        submit_of(found)
        listing_of(found)
    except ServiceError:
        return
    assert all(value.encode() for value in found.values())


@given(st.text(alphabet=st.characters(codec=None), max_size=60) | st.from_regex(r"(\w+(\[\w*\])?=[%&+\w]*&?){0,4}"))
def test_no_address_breaks_the_reading(text: str) -> None:
    try:
        found = gather(form_pairs(text), NAMES)
        submit_of(found)
        listing_of(found)
    except ServiceError:
        return
    assert all(value.encode() for value in found.values())


@given(st.dictionaries(st.sampled_from(sorted(NAMES)), st.text(max_size=20) | st.sampled_from(["IMAGINE", "1", "x,y"])))
def test_no_parameters_break_the_checks(fields: dict[str, str]) -> None:
    for check in (submit_of, listing_of):
        try:
            check(fields)
        except ServiceError as error:
            assert str(error)


def test_an_edit_names_its_pictures_one_after_the_other() -> None:
    asked = submit_of({"action": "edit", "prompt": "night", "image": " https://a/b.png\n data:image/png;base64,AA "})
    assert isinstance(asked, Edit)
    assert (asked.prompt, asked.pictures) == ("night", ("https://a/b.png", "data:image/png;base64,AA"))
    for fields in ({}, {"image": " "}):
        with pytest.raises(BadRequest, match="EDIT needs image"):
            submit_of({"action": "EDIT", "prompt": "night"} | fields)
