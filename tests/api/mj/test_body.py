"""No body, however strange, is a failure of ours."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from api.http.request_fields import SHORT, json_members
from api.mj import requests
from api.mj.body import Body
from tasks.domain.errors import BadRequest, ServiceError
from tests.support.mj_client import BUTTONS, add_parent, data_url, speaking_mj, told
from tests.support.service_twin import FIRST_ID

NAMES = sorted(
    {"prompt", "base64Array", "base64", "state", "notifyHook", "botType", "accountFilter", "instanceId", "modes"}
    | {"content", "taskId", "action", "index", "customId", "maskBase64", "link", "dimensions", "motion", "image"}
    | {"endImage", "loop", "ids"}
)
WORDS = st.sampled_from(
    [
        "a dog",
        str(FIRST_ID),
        f"{FIRST_ID} U2",
        "UPSCALE",
        "REROLL",
        "extend",
        "low",
        "FAST",
        "niji",
        "https://a.example/x.png",
        BUTTONS[0].custom_id,
        BUTTONS[2].custom_id,
        data_url(),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=6,
)
BODIES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=10)
READERS = (
    lambda body: requests.ask_of(body, None),
    requests.change_of,
    requests.simple_change_of,
    requests.custom_id_of,
    requests.given_pictures_of,
    requests.described_of,
    requests.blended_of,
    requests.clip_of,
    requests.second_input_of,
    requests.uploaded_of,
    requests.ids_of,
)


@given(BODIES)
def test_every_body_is_read_or_refused(value: dict[str, Any]) -> None:
    body = Body(json_members(msgspec.json.encode(value)))
    for read in READERS:
        try:
            read(body)
        except BadRequest as error:
            assert str(error)


@given(
    st.binary(max_size=60) | st.binary(max_size=30).map(lambda raw: b'{"prompt":"' + raw + b'","ids":[' + raw + b"]}")
)
def test_no_bytes_break_the_reading(data: bytes) -> None:
    try:
        body = Body(json_members(data))
        body.text("prompt").encode()
        requests.ids_of(body)
        requests.blended_of(body)
    except ServiceError:
        return


@settings(max_examples=12)
@given(st.lists(BODIES, min_size=5, max_size=15))
def test_no_body_makes_a_route_fail(bodies: list[dict[str, Any]]) -> None:
    async def ask() -> None:
        async with speaking_mj() as mj:
            add_parent(mj.service)
            submits = "imagine change simple-change action modal describe blend shorten video upload-discord-images"
            for body in bodies:
                for name in submits.split():
                    found = told(await mj.post(f"/mj/submit/{name}", data=msgspec.json.encode(body)))
                    assert found["code"] in (1, 4, 21, 22, 23), (name, body, found)
                listed = await mj.post("/mj/task/list-by-condition", data=msgspec.json.encode(body))
                assert listed.status == 200
                assert isinstance(listed.json, list) or listed.json["code"] == 4

    asyncio.run(ask())


async def test_the_event_loop_does_not_wait_for_a_long_body() -> None:
    def thread(body: Body) -> threading.Thread:
        return threading.current_thread()

    short = Body(json_members(b'{"prompt":"a fox"}'))
    long = Body(json_members(msgspec.json.encode({"base64Array": ["x" * SHORT]})))
    assert await short.use(thread) is threading.main_thread()
    for body in (long, short.with_loaded({"https://a.example/x.png": b"x"}), Body({}, [b"x"])):
        assert await body.use(thread) is not threading.main_thread()
