"""What a receiver is told, by whom and how often: signatures, ids, steps and corrections, the timeline."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from api.webhooks.retry_schedule import WAITS
from api.webhooks.signing import message_id
from tasks.domain.clock import SystemClock
from tasks.domain.webhooks import CORRECTED, Hook
from tests.support.webhook_receivers import NEW, OLD, TASK, Clock, Receiver, Telling


async def test_each_attempt_is_signed_and_all_have_one_id(service: Telling, receiver: Receiver) -> None:
    receiver.answer = 500
    wall = SystemClock()
    async with service.delivering(secrets=[NEW, OLD], wall=wall):
        await service.owe(receiver.url)
        row = await service.settled()
    async with service.delivering(secrets=[NEW, OLD], wall=wall):  # as after a restart
        service.advance(row.due - service.clock.time)
        await service.settled()
    first, second = receiver.got.get_nowait(), receiver.got.get_nowait()
    for request in (first, second):
        for secret in (OLD, NEW):
            assert Webhook(secret).verify(await request.read(), dict(request.headers)) == receiver.bodies[0]
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == message_id(row.id, "1", "end", row.created)


async def test_an_attempt_is_signed_with_its_own_time(service: Telling, receiver: Receiver) -> None:
    receiver.answer = 500
    wall = Clock()
    async with service.delivering(secrets=[NEW], wall=wall):
        await service.owe(receiver.url)
        row = await service.settled()
        wall.time += 3_600_000
        service.advance(row.due - service.clock.time)
        await service.settled()
    times = [int(receiver.got.get_nowait().headers["webhook-timestamp"]) for _ in range(2)]
    assert times == [1000, 4600]


async def test_without_a_secret_it_has_an_id_and_a_time_only(service: Telling, receiver: Receiver) -> None:
    async with service.delivering():
        await service.owe(receiver.url)
        await service.settled()
    headers = receiver.got.get_nowait().headers
    assert headers["webhook-id"].startswith("msg_1_")
    assert headers["webhook-timestamp"] == "1000"
    assert "webhook-signature" not in headers


async def test_a_correction_is_told_until_it_is_heard_and_a_step_is_tried_once(
    service: Telling, receiver: Receiver
) -> None:
    receiver.answer = 500
    async with service.delivering():
        await service.owe(receiver.url, event="IN_PROGRESS", snapshot=TASK)
        assert (await service.settled()).status == "given_up"
        await service.owe(receiver.url)
        assert (await service.settled()).status == "due"
        await service.store.save(
            [replace(TASK, request=replace(TASK.request, state="mended"))],
            [Hook(task_id="1", url=receiver.url, event=CORRECTED)],
        )
        assert [(row.event, row.status) for row in [await service.settled()]] == [(CORRECTED, "due")]
        receiver.answer = 200
        service.advance(WAITS[0] * 2)
        told = [await service.settled(), await service.settled()]
    assert [(row.event, row.status, row.attempts) for row in told] == [("end", "done", 2), (CORRECTED, "done", 2)]
    assert [body["state"] for body in receiver.bodies] == [*["task's own"] * 2, *["mended"] * 3]
    ids = [receiver.got.get_nowait().headers["webhook-id"] for _ in receiver.bodies]
    assert ids[1:3] == ids[3:]
    assert len(set(ids)) == 3


async def test_every_attempt_is_a_line_of_the_timeline_and_listeners_hear_of_it(
    service: Telling, receiver: Receiver
) -> None:
    receiver.answer = 500
    async with service.delivering():
        await service.owe(f"{receiver.url}/path?key=s3cret")
        row = await service.settled()
        receiver.answer = 204
        service.advance(row.due - service.clock.time)
        await service.settled()
    lines = [line for line in await service.store.timeline_of("1") if line.kind == "told"]
    assert [(line.detail["attempt"], line.detail["outcome"], line.detail["http_status"]) for line in lines] == [
        (1, "due", 500),
        (2, "done", 204),
    ]
    assert {line.detail["receiver"] for line in lines} == {receiver.url}
    assert service.told == ["1", "1"]


async def test_the_receiver_of_the_documents_takes_what_is_signed_and_refuses_the_rest(
    service: Telling, receiver: Receiver
) -> None:
    text = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    told: dict[str, Any] = {}
    exec(code.replace("whsec_…", NEW), told)  # what it says is what a reader runs
    receiver.answer = told["hook"]
    async with service.delivering(secrets=[NEW], wall=SystemClock()):
        await service.owe(receiver.url)
        assert (await service.settled()).last_status == 204
    async with service.delivering(secrets=[OLD], wall=SystemClock()):
        await service.owe(f"{receiver.url}/other")
        assert (await service.settled()).last_status == 401
