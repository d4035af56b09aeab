"""All that goes wrong, told apart: whatever MidJourney says instead of drawing, in each form in which it is seen, ends
its own task with a stable code and MidJourney's own words, and stops the account where a human must mend it, and only
there.

Contract: the simulator's tables say what there is, so that a new trouble or word is tested from the day it is added.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from simulator.data.eras import ERAS
from simulator.data.troubles import NOTE, TROUBLES, Trouble
from simulator.midjourney.magic import WORDS, Fate
from tasks.domain.errors import ADVICE
from tests.e2e.test_eras import nonces_of
from tests.e2e.test_mj import MjClient, button, mj
from tests.simulator.midjourney.test_grammar_agrees import CODES
from tests.support.mj_actions import mask_url
from tests.support.whole_service import Document, receiver

# These a human must mend: the account pauses.
PAUSING = {
    "captcha",
    "pending_mod_message",
    "blocked",
    "plan_cancelled",
    "subscription_required",
    "credits_exhausted",
    "tos_not_accepted",
}
OURS_AGAIN = "queue_full"  # not an end: the task returns to our queue
ENDINGS = {"result": "", "failed": "job_failed", "stopped": "stopped", "withdrawn": "moderated"}
COLOURS = (True, False)


def code_of(trouble: Trouble) -> str:
    return CODES.get(trouble.name, trouble.name)


OF_TASKS = [t for t in TROUBLES.values() if code_of(t) not in PAUSING and t.name != OURS_AGAIN]
OF_ACCOUNTS = [t for t in TROUBLES.values() if code_of(t) in PAUSING]


def named(trouble: Trouble) -> str:
    return trouble.name


def paint(monkeypatch: pytest.MonkeyPatch, *, coloured: bool) -> None:
    """In 2026 the colour is sometimes missing; here it always or never is."""
    monkeypatch.setitem(ERAS, "2026", replace(ERAS["2026"], colour_share=float(coloured)))


def words_of(trouble: Trouble) -> Iterator[str]:
    """What of MidJourney's words every reader must find; a time may be told in another way."""
    for text in (trouble.title, trouble.description, trouble.content):
        yield from text.replace("\n/imagine {prompt}", "").partition("<t:")[0].splitlines()


def assert_failed(task: Document, trouble: Trouble) -> None:
    assert (task["status"], task["failCode"]) == ("FAILURE", code_of(trouble)), task["failReason"]
    assert task["failReason"]
    for words in words_of(trouble):
        assert words.strip() in task["failReason"]
    assert task["failReason"].endswith(ADVICE[code_of(trouble)])
    assert task["progress"] != "100%"
    assert (task["imageUrls"], task["buttons"]) == (None, [])
    assert task["finishTime"]


async def health(client: MjClient) -> Document:
    async with client.house.client.session.get(f"{client.house.client.url}/health") as response:
        assert response.status == 200
        answer: Document = await response.json()
        return answer


async def assert_works_on(client: MjClient) -> None:
    """Nothing but the task failed: the account draws the next one."""
    assert (await health(client))["status"] == "ok"
    await client.drawn("imagine", prompt="a cat")


# ---------------------------------------------------------------- what ends a task and nothing else


@pytest.mark.parametrize("trouble", OF_TASKS, ids=named)
async def test_a_users_error_fails_the_task_only_in_every_form_and_colour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Trouble
) -> None:
    async with mj(tmp_path, steps=2) as client:
        simulator = client.house.simulator
        for form in trouble.forms:
            for coloured in COLOURS:
                paint(monkeypatch, coloured=coloured)
                simulator.configure(error_form=form)
                simulator.add_fault({"kind": "trouble", "name": trouble.name})
                assert_failed(await client.ended(await client.submit("imagine", prompt="a dog")), trouble)
        assert len(simulator.interactions) == len(trouble.forms) * len(COLOURS)  # no second try
        await assert_works_on(client)


@pytest.mark.parametrize("trouble", OF_TASKS, ids=named)
async def test_the_same_is_told_of_a_button(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Trouble) -> None:
    async with mj(tmp_path, steps=2) as client:
        simulator = client.house.simulator
        grid = await client.drawn("imagine", prompt="a dog")
        for form in trouble.forms:
            for index, coloured in enumerate(COLOURS, start=1):
                paint(monkeypatch, coloured=coloured)
                simulator.configure(error_form=form)
                simulator.add_fault({"kind": "trouble", "name": trouble.name})
                task = await client.submit("change", taskId=grid["id"], action="VARIATION", index=index)
                assert_failed(await client.ended(task), trouble)
        await client.drawn("change", taskId=grid["id"], action="UPSCALE", index=2)
        assert (await health(client))["status"] == "ok"


@pytest.mark.parametrize("era", ERAS)
async def test_every_word_at_once_ends_its_own_task_in_its_own_way(tmp_path: Path, era: str) -> None:
    words = [fate for fate in WORDS if ends_by_itself(fate)]
    async with mj(tmp_path, era=era, steps=2, success_order="random", concurrency=12) as client:
        ids = await asyncio.gather(*(client.submit("imagine", prompt=f"a dog {fate.word}") for fate in words))
        ended = dict(zip((fate.word for fate in words), await asyncio.gather(*map(client.ended, ids)), strict=True))
        assert {word: task["failCode"] for word, task in ended.items()} == {f.word: end_of(f) for f in words}
        assert {word for word, task in ended.items() if task["status"] == "SUCCESS"} == {
            fate.word for fate in words if not end_of(fate)
        }
        assert all(bool(task["failReason"]) == bool(task["failCode"]) for task in ended.values())
        assert (await health(client))["status"] == "ok"
        assert len(client.house.simulator.interactions) == len(words)


def end_of(fate: Fate) -> str:
    """The failCode of a drawing with this fate; "" when it succeeds."""
    return code_of(TROUBLES[fate.trouble]) if fate.trouble else ENDINGS[fate.ending]


def ends_by_itself(fate: Fate) -> bool:
    """Others are told by a deadline, or stop the account, or go back to our queue."""
    told = fate.ending in ENDINGS and (fate.ending != "withdrawn" or bool(fate.note))
    return told and not fate.captcha and fate.trouble != OURS_AGAIN and end_of(fate) not in PAUSING


@pytest.mark.parametrize("word", ["sim-silent", "sim-moderated"])
async def test_silence_ends_nothing_before_its_time(tmp_path: Path, word: str) -> None:
    async with mj(tmp_path) as client:
        simulator = client.house.simulator
        task = await client.submit("imagine", prompt=f"a dog {word}")
        await simulator.until(lambda: simulator.jobs and simulator.jobs[0]["status"] in ("silent", "withdrawn"))
        await client.drawn("imagine", prompt="a cat")
        document = await client.get(f"/task/{task}/fetch")
        assert document["status"] in ("SUBMITTED", "IN_PROGRESS")
        assert (document["failReason"], document["finishTime"]) == ("", None)


@pytest.mark.parametrize("form", [NOTE, "edit"])
async def test_slow_down_and_a_block_tell_their_time(tmp_path: Path, form: str) -> None:
    async with mj(tmp_path, upscale_cooldown=60, error_form=form) as client:
        grid = await client.drawn("imagine", prompt="a dog")
        first = await client.drawn("change", taskId=grid["id"], action="UPSCALE", index=1)
        again = await client.post("/submit/change", taskId=grid["id"], action="UPSCALE", index=1)
        assert (again["code"], again["result"]) == (1, first["id"])  # not asked for twice
        soon = time.gmtime(time.time() + 600)
        for name in ("slow_down", "blocked"):
            client.house.simulator.add_fault({"kind": "trouble", "name": name})
            task = await client.ended(await client.submit("imagine", prompt="a dog"))
            assert time.strftime("%Y-%m-%d %H:", soon) in task["failReason"]
            assert "UTC" in task["failReason"]


async def test_v1_tells_the_same(tmp_path: Path) -> None:
    async with mj(tmp_path) as client:
        house = client.house
        for name in ("declined", "invalid_text", "appeal", "output_filters"):
            house.simulator.add_fault({"kind": "trouble", "name": name})
            task = await house.client.submit(action="IMAGINE", prompt="a dog")
            ended = (await house.hooks.until_ended(task))[task]
            assert (ended["status"], ended["failCode"]) == ("FAILURE", code_of(TROUBLES[name]))
            assert ended["description"] == ended["failReason"]
            assert all(words.strip() in ended["failReason"] for words in words_of(TROUBLES[name]))
            assert "code" not in ended


# ---------------------------------------------------------------- whatever was asked for, and among equal ones


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One way to ask MidJourney for something, from a grid or one of its pictures. `dialog`: answers 21 first."""

    name: str
    route: str = "action"
    body: dict[str, str] = field(default_factory=dict)
    label: str = ""  # of the button
    on_grid: bool = False
    dialog: dict[str, str] = field(default_factory=dict)

    async def submit(self, client: MjClient, grid: Document, single: Document) -> str:
        source = grid if self.on_grid else single
        pressed = {"taskId": source["id"], "customId": button(source, self.label)} if self.label else {}
        task = await client.submit(self.route, **self.body, **pressed)
        if self.dialog:
            answer = await client.post("/submit/modal", taskId=task, **self.dialog)
            assert (answer["code"], answer["result"]) == (1, task)
        return task


WAYS = (
    Asked(name="imagine", route="imagine", body={"prompt": "a cat"}),
    Asked(name="shorten", route="shorten", body={"prompt": "a very long text about a cat"}),
    Asked(name="describe", route="describe", body={"link": "https://pictures.example/cat.png"}),
    Asked(
        name="video",
        route="video",
        body={"prompt": "a cat", "motion": "low", "image": "https://pictures.example/c.png"},
    ),
    Asked(name="upscale", label="U3", on_grid=True),
    Asked(name="variation", label="V3", on_grid=True),
    Asked(name="reroll", label="🔄", on_grid=True),
    Asked(name="subtle", label="Vary (Subtle)"),
    Asked(name="zoom", label="Zoom Out 1.5x"),
    Asked(name="pan", label="⬆️"),
    Asked(name="custom zoom", label="Custom Zoom", dialog={"prompt": "a wide dog --zoom 1.7"}),
    Asked(name="region", label="Vary (Region)", dialog={"prompt": "a hat", "maskBase64": mask_url()}),
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
async def test_an_error_reaches_whatever_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Asked
) -> None:
    monkeypatch.setattr("tasks.rules.lifecycle.QUEUE_FULL_PAUSE", 30)
    async with mj(tmp_path, steps=2, success_order="random") as client:
        simulator = client.house.simulator
        grid = await client.drawn("imagine", prompt="a dog --ar 4:3")
        single = await client.drawn("change", taskId=grid["id"], action="UPSCALE", index=2)
        for form in TROUBLES["internal"].forms:
            simulator.configure(error_form=form)
            simulator.add_fault({"kind": "trouble", "name": "internal"})
            assert_failed(await client.ended(await way.submit(client, grid, single)), TROUBLES["internal"])
        jobs = len([job for job in simulator.jobs if job["status"] == "finished"])
        simulator.add_fault({"kind": "trouble", "name": "queue_full"})
        ended = await client.ended(await way.submit(client, grid, single))
        assert (ended["status"], ended["failReason"]) == ("SUCCESS", "")
        assert len([job for job in simulator.jobs if job["status"] == "finished"]) == jobs + 1
        assert (await health(client))["status"] == "ok"
        assert simulator.state()["mixups"] == 0


@pytest.mark.parametrize(
    ("fault", "code", "jobs"),
    [
        ({"kind": "interaction", "status": 500, "accepted": True}, "", 1),
        ({"kind": "drop_connection", "accepted": True}, "", 1),
        ({"kind": "interaction", "status": 429, "retry_after": 0.01}, "", 1),
        ({"kind": "interaction", "status": 403, "code": 200000}, "discord_refused", 0),
        ({"kind": "trouble", "name": "banned"}, "banned_prompt", 0),
        ({"kind": "trouble", "name": "internal"}, "internal_error", 0),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
@pytest.mark.parametrize("remix", [False, True])
async def test_the_paid_half_of_a_dialog_meets_trouble(
    tmp_path: Path, remix: bool, fault: dict[str, Any], code: str, jobs: int
) -> None:
    """The press that opens it was taken and is free; what fills it is paid, and sent once."""
    async with mj(tmp_path) as client:
        simulator = client.house.simulator
        grid = await client.drawn("imagine", prompt="a dog --ar 4:3")
        single = await client.drawn("change", taskId=grid["id"], action="UPSCALE", index=2)
        simulator.set_account(remix=remix)
        simulator.configure(latency_ms=60)
        asked = next(way for way in WAYS if way.name == ("variation" if remix else "custom zoom"))
        task = await asked.submit(client, grid, single)
        await simulator.until(lambda: len(simulator.interactions) == 3)
        simulator.add_fault(fault)
        ended = await client.ended(task)
        assert (ended["status"], ended["failCode"]) == ("FAILURE" if code else "SUCCESS", code), ended["failReason"]
        assert len([job for job in simulator.jobs[2:] if job["status"] == "finished"]) == jobs
        submits = [post["outcome"] for post in simulator.interactions if post["type"] == 5]
        assert (submits[0] == "accepted") is (fault["kind"] == "trouble")
        assert len([outcome for outcome in submits if "accepted" in outcome]) == (fault["kind"] == "trouble" or jobs)
        assert (await health(client))["status"] == "ok"


@pytest.mark.parametrize("fault", [{"kind": "captcha"}, {"kind": "interaction", "status": 401}], ids=str)
async def test_an_account_that_stops_between_press_and_submit_keeps_the_task(
    tmp_path: Path, fault: dict[str, Any]
) -> None:
    async with receiver() as operator, mj(tmp_path, environ={"ALERT_HOOK": operator.url}) as client:
        simulator = client.house.simulator
        grid = await client.drawn("imagine", prompt="a dog --ar 4:3")
        single = await client.drawn("change", taskId=grid["id"], action="UPSCALE", index=2)
        simulator.configure(latency_ms=60)
        task = await next(way for way in WAYS if way.dialog).submit(client, grid, single)
        await simulator.until(lambda: len(simulator.interactions) == 3)
        simulator.add_fault(fault)
        await operator.until(lambda: bool(operator.heard))
        document = await client.get(f"/task/{task}/fetch")
        assert document["status"] in ("NOT_START", "SUBMITTED")
        assert (document["failReason"], document["finishTime"]) == ("", None)
        assert len(simulator.jobs) == 2
        assert len(simulator.interactions) == 4


@pytest.mark.parametrize("era", ERAS)
async def test_errors_among_equal_prompts_end_their_own_tasks(tmp_path: Path, era: str) -> None:
    """By the nonce that was sent: whose job failed has a failed task, and nobody else has."""
    count = 36
    simulated = {"steps": 3, "foreign": 1, "success_order": "random", "job_seconds": 0.1}
    async with mj(tmp_path, era=era, accounts=2, shared_channel=True, **simulated) as client:
        simulator = client.house.simulator
        for name in ("internal", "failed", "output_filters", "invalid_text", "declined", "slow_down", "image_denied"):
            for account in (0, 1):
                simulator.add_fault({"kind": "trouble", "name": name, "account": account})
        ids = await asyncio.gather(*(client.submit("imagine", prompt="one same dog") for _ in range(count)))
        ended = await asyncio.gather(*map(client.ended, ids))
        assert Counter(task["status"] for task in ended) == {"SUCCESS": count - 14, "FAILURE": 14}
        finished = {job["nonce"] for job in simulator.jobs if job["status"] == "finished" and not job["foreign"]}
        nonces = nonces_of(tmp_path)
        assert {nonces[task["id"]] for task in ended if task["status"] == "SUCCESS"} == finished
        assert len({task["jobId"] for task in ended if task["status"] == "SUCCESS"}) == count - 14
        assert len(simulator.interactions) == count
        assert simulator.state()["mixups"] == 0
        assert set(Counter(d["id"] for d in client.house.hooks.heard if d["finishTime"]).values()) == {1}


@pytest.mark.parametrize("era", ERAS)
async def test_a_queued_job_that_began_and_ended_while_nobody_listened_is_found(tmp_path: Path, era: str) -> None:
    """What the queue said was private, and the message that ran is gone: only the result is in history."""
    async with mj(tmp_path, era=era, foreign=1, job_seconds=0.4) as client:
        simulator = client.house.simulator
        queued = await client.submit("imagine", prompt="one same dog sim-queued")
        heard = client.house.hooks.heard
        other = await client.submit("imagine", prompt="one same dog")
        await client.house.hooks.until(lambda: any(d["id"] == other and d["status"] == "IN_PROGRESS" for d in heard))
        await simulator.drop_gateways(0.5)
        ended = await asyncio.gather(client.ended(queued), client.ended(other))
        assert [task["status"] for task in ended] == ["SUCCESS"] * 2
        for task in ended:
            shown = await client.picture(task)
            assert (shown["job_id"], shown["nonce"]) == (task["jobId"], nonces_of(tmp_path)[task["id"]])
        assert len(simulator.interactions) == 2


@pytest.mark.parametrize("form", ["reply", "edit"])
@pytest.mark.parametrize("era", ERAS)
async def test_an_error_said_while_nobody_listened_is_read_from_history(tmp_path: Path, era: str, form: str) -> None:
    async with mj(tmp_path, era=era, foreign=1, job_seconds=0.2, error_form=form) as client:
        simulator = client.house.simulator
        for _ in range(2):
            simulator.add_fault({"kind": "trouble", "name": "internal"})
        simulator.configure(latency_ms=150)  # so that both are said after the cut
        ids = await asyncio.gather(*(client.submit("imagine", prompt=f"dog {n % 2}") for n in range(4)))
        await simulator.until(lambda: len(simulator.interactions) == 4)
        await simulator.drop_gateways(0.3)
        ended = await asyncio.gather(*map(client.ended, ids))
        assert Counter(task["failCode"] for task in ended) == {"internal_error": 2, "": 2}
        assert len(simulator.interactions) == 4


# ---------------------------------------------------------------- what stops the account


async def assert_stopped(client: MjClient, *, reason: str) -> None:
    answer = await health(client)
    assert answer["status"] == "degraded"
    assert reason in answer["reasons"][0]
    [account] = await client.get("/account/list")
    assert account["enable"] is False
    assert reason in account["disabledReason"]
    refused = await client.post("/submit/imagine", prompt="a cat")
    assert (refused["code"], refused["result"]) == (3, None)
    assert set(refused) == {"code", "description", "result", "properties"}
    assert reason in refused["description"]
    answered = await client.house.client.post("trigger/submit", action="IMAGINE", prompt="a cat")
    assert answered["code"] == 0
    assert reason in answered["description"]


@pytest.mark.parametrize("coloured", COLOURS)
@pytest.mark.parametrize("trouble", OF_ACCOUNTS, ids=named)
async def test_an_account_state_fails_the_task_and_stops_the_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Trouble, coloured: bool
) -> None:
    paint(monkeypatch, coloured=coloured)
    async with mj(tmp_path) as client:
        client.house.simulator.add_fault({"kind": "trouble", "name": trouble.name})
        assert_failed(await client.ended(await client.submit("imagine", prompt="a dog")), trouble)
        await assert_stopped(client, reason=trouble.title)
        assert len(client.house.simulator.interactions) == 1


@pytest.mark.parametrize("pressed", [False, True])
async def test_midjourneys_captcha_is_never_solved(tmp_path: Path, pressed: bool) -> None:
    async with mj(tmp_path) as client:
        simulator = client.house.simulator
        grid = await client.drawn("imagine", prompt="a dog")
        simulator.add_fault({"kind": "trouble", "name": "captcha"})
        if pressed:
            task = await client.submit("change", taskId=grid["id"], action="VARIATION", index=1)
        else:
            task = await client.submit("imagine", prompt="a dog")
        ended = await client.ended(task)
        assert (ended["status"], ended["failCode"]) == ("FAILURE", "captcha")
        assert "Action required to continue" in ended["failReason"]
        await assert_stopped(client, reason="Action required to continue")
        assert len(simulator.interactions) == 2
        assert simulator.state()["counters"].get("unknown_routes", 0) == 0  # nobody opened its page


async def test_discords_own_captcha_stops_the_account_and_loses_no_task(tmp_path: Path) -> None:
    async with receiver() as operator, mj(tmp_path, accounts=2, environ={"ALERT_HOOK": operator.url}) as client:
        simulator = client.house.simulator
        simulator.add_fault({"kind": "captcha", "account": 0})
        task = await client.drawn("imagine", prompt="a dog")
        assert [post["outcome"] for post in simulator.interactions] == ["captcha", "accepted"]
        stopped, working = await client.get("/account/list")
        assert (stopped["enable"], working["enable"]) == (False, True)
        assert "captcha" in stopped["disabledReason"]
        assert task["properties"]["discordInstanceId"] == working["id"]
        simulator.add_fault({"kind": "captcha", "account": 1})
        waiting = await client.submit("imagine", prompt="a cat")
        await operator.until(lambda: len(operator.heard) == 2)
        assert (await client.post("/submit/imagine", prompt="a cow"))["code"] == 3
        assert (await client.get(f"/task/{waiting}/fetch"))["status"] in ("NOT_START", "SUBMITTED")
        assert len(simulator.interactions) == 3


async def test_waiting_tasks_go_to_another_account_but_never_the_prompt_that_stopped_one(tmp_path: Path) -> None:
    async with mj(tmp_path, accounts=2, concurrency=1, job_seconds=0.2) as client:
        simulator = client.house.simulator
        simulator.add_fault({"kind": "trouble", "name": "blocked", "account": 0})
        ids = [await client.submit("imagine", prompt=f"dog {n}") for n in range(4)]
        ended = await asyncio.gather(*map(client.ended, ids))
        assert sorted(task["status"] for task in ended) == ["FAILURE", "SUCCESS", "SUCCESS", "SUCCESS"]
        stopped, working = await client.get("/account/list")
        assert (stopped["enable"], working["enable"]) == (False, True)
        drawn = [task for task in ended if task["status"] == "SUCCESS"]
        assert {task["properties"]["discordInstanceId"] for task in drawn} == {working["id"]}
        assert len(simulator.interactions) == 4
        simulator.add_fault({"kind": "trouble", "name": "plan_cancelled", "account": 1})
        await client.ended(await client.submit("imagine", prompt="dog 4"))
        assert (await client.post("/submit/imagine", prompt="dog 5"))["code"] == 3


async def test_without_another_account_waiting_tasks_wait_and_running_ones_end(tmp_path: Path) -> None:
    async with mj(tmp_path, concurrency=1, job_seconds=0.4) as client:
        simulator = client.house.simulator
        grid = await client.drawn("imagine", prompt="a dog")
        running = await client.submit("imagine", prompt="a cat")
        await simulator.until(lambda: len(simulator.interactions) == 2)
        waiting = await client.submit("imagine", prompt="a cow")
        simulator.add_fault({"kind": "trouble", "name": "mod_message"})
        stopped = await client.ended(await client.submit("change", taskId=grid["id"], action="UPSCALE", index=1))
        assert stopped["failCode"] == "pending_mod_message"
        assert (await client.ended(running))["status"] == "SUCCESS"
        assert (await client.get(f"/task/{waiting}/fetch"))["status"] == "NOT_START"
        assert [task["id"] for task in await client.get("/task/queue")] == [waiting]
        assert len(simulator.interactions) == 3


# ---------------------------------------------------------------- fast hours are gone


async def test_fast_hours_gone_is_drawn_relaxed_where_that_is_allowed(tmp_path: Path) -> None:
    async with mj(tmp_path, environ={"FALLBACK_TO_RELAX": "true"}) as client:
        simulator = client.house.simulator
        simulator.add_fault({"kind": "trouble", "name": "credits"})
        task = await client.drawn("imagine", prompt="a dog")
        assert task["mode"] == "RELAX"
        [job] = simulator.jobs
        assert (job["mode"], job["prompt"]) == ("relaxed", "a dog --relax")
        assert len(simulator.interactions) == 2
        await assert_works_on(client)


async def test_relaxed_hours_gone_too_stops_the_account(tmp_path: Path) -> None:
    async with mj(tmp_path, environ={"FALLBACK_TO_RELAX": "true"}) as client:
        task = await client.ended(await client.submit("imagine", prompt="a dog sim-credits"))
        assert_failed(task, TROUBLES["credits"])
        assert len(client.house.simulator.interactions) == 2
        await assert_stopped(client, reason="Credits exhausted")


# ---------------------------------------------------------------- what ends nothing


@pytest.mark.parametrize("coloured", COLOURS)
async def test_a_full_queue_at_midjourney_returns_the_task_to_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coloured: bool
) -> None:
    monkeypatch.setattr("tasks.rules.lifecycle.QUEUE_FULL_PAUSE", 30)
    paint(monkeypatch, coloured=coloured)
    async with mj(tmp_path) as client:
        simulator = client.house.simulator
        for _ in range(2):
            simulator.add_fault({"kind": "trouble", "name": "queue_full"})
        task = await client.submit("imagine", prompt="a dog")
        ended = await client.ended(task)
        assert (ended["status"], ended["failReason"]) == ("SUCCESS", "")
        assert (await client.picture(ended))["job_id"] == ended["jobId"]
        assert (len(simulator.interactions), len(simulator.jobs)) == (3, 1)
        heard = [d["status"] for d in client.house.hooks.heard if d["id"] == task]
        assert heard.count("SUCCESS") == 1
        assert "FAILURE" not in heard
        grid = ended["id"]
        simulator.add_fault({"kind": "trouble", "name": "queue_full"})
        varied = await client.drawn("change", taskId=grid, action="VARIATION", index=3)
        assert (await client.picture(varied))["parent"] == ended["jobId"]
        await assert_works_on(client)


async def test_a_full_queue_is_met_by_fewer_drawings_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.rules.lifecycle.QUEUE_FULL_PAUSE", 30)
    async with mj(tmp_path, concurrency=8, job_seconds=0.15) as client:
        simulator = client.house.simulator
        simulator.configure(concurrency=2, queue=1)
        ended = await asyncio.gather(*(client.drawn("imagine", prompt=f"dog {n}") for n in range(8)))
        assert len({task["jobId"] for task in ended}) == len(simulator.jobs) == 8
        for task in ended:
            assert (await client.picture(task))["job_id"] == task["jobId"]
        assert (await health(client))["status"] == "ok"


NOTICED = [fate for fate in WORDS if fate.ending == "result" and not fate.trouble and not fate.captcha]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize("fate", NOTICED, ids=lambda fate: fate.word)
async def test_a_notice_changes_nothing(tmp_path: Path, fate: Fate, era: str) -> None:
    async with mj(tmp_path, era=era, steps=3, job_seconds=0.03) as client:
        task = await client.submit("imagine", prompt=f"a dog {fate.word}")
        ended = await client.ended(task)
        assert (ended["status"], ended["failReason"], ended["failCode"]) == ("SUCCESS", "", "")
        assert (await client.picture(ended))["job_id"] == ended["jobId"]
        await assert_works_on(client)
        assert (await client.get(f"/task/{task}/fetch")) == ended  # what came after the end changed nothing
        heard: list[dict[str, Any]] = [d for d in client.house.hooks.heard if d["id"] == task]
        assert [d["status"] for d in heard if d["finishTime"]] == ["SUCCESS"]
        assert heard[-1]["finishTime"]
        up = await client.drawn("action", taskId=task, customId=button(ended, "U1"))
        assert (await client.picture(up))["parent"] == ended["jobId"]
