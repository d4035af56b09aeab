"""The submit of Vary (Region) is paid: each form at most once, the older only after a definite refusal of the newer."""

import base64
import json
import os
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.http import client as rest_module
from bot.http.endpoints import Endpoints
from bot.http.nonces import new_nonce
from bot.pool import Pool
from simulator import Simulator
from tasks.domain.errors import NotSent, OutcomeUnknown, SendError, SendRefused
from tasks.domain.events import Disconnected
from tasks.domain.interactions import RegionEditInteraction
from tasks.domain.model import Bot
from tests.support.discord_account import Events, Front, connected_pool

MASK = b"RIFF" + os.urandom(300)
ORDER = RegionEditInteraction(custom_id="MJ::iframe::tok/en", prompt="a red fox --v 7", mask=MASK)
NEWER, OLDER = "POST /\\.proxy/inpaint/", "POST /inpaint/"
NOT_FOUND = (404, {"message": "404: Not Found", "code": 0})
PAGE = "<!DOCTYPE html><title>Error</title>"


@asynccontextmanager
async def fronted() -> AsyncIterator[tuple[Simulator, Front, Pool]]:
    async with (
        Simulator(accounts=1) as simulator,
        Front(simulator) as front,
        connected_pool(simulator, Events(), endpoints=front.endpoints) as pool,
    ):
        yield simulator, front, pool


async def refused(pool: Pool, order: RegionEditInteraction = ORDER) -> SendError:
    with pytest.raises(SendError) as caught:
        await pool.send("a0", order, new_nonce())
    return caught.value


# ---------------------------------------------------------------- the forms


@pytest.mark.parametrize(
    ("bot", "application"), [(Bot.MIDJOURNEY, "936929561302675456"), (Bot.NIJI, "1022952195194359889")]
)
@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_the_newer_form_comes_from_the_dialogs_own_page(bot: Bot, application: str, status: int) -> None:
    async with fronted() as (simulator, front, pool):
        account = simulator.accounts[0]
        front.answer(NEWER, (status, ""))
        await pool.send("a0", replace(ORDER, bot=bot), new_nonce())
        [posted] = front.found(NEWER)
        assert posted.path == "/.proxy/inpaint/api/submit-job/tok%2Fen"
        assert json.loads(posted.body) == {"mask": base64.b64encode(MASK).decode(), "prompt": ORDER.prompt}
        host, opened = f"https://{application}.discordsays.com", "MJ%3A%3Aiframe%3A%3Atok%2Fen"
        assert posted.headers["Origin"] == host
        page, frame_id = re.split(r"&frame_id=([0-9a-f-]{36})", posted.headers["Referer"])[:2]
        assert page == (
            f"{host}/.proxy/inpaint/index.html?instance_id={account.channel_id}:{application}:{opened}"
            f"&custom_id={opened}&channel_id={account.channel_id}&guild_id={account.guild_id}"
        )
        assert posted.headers["Referer"].endswith(f"&frame_id={frame_id}&platform=desktop")
        assert uuid.UUID(frame_id).version == 4
        assert front.found(OLDER) == []


@pytest.mark.parametrize("bot", list(Bot))
async def test_the_older_form_names_the_dialog_in_its_body(bot: Bot) -> None:
    async with fronted() as (_, front, pool):
        front.answer(NEWER, NOT_FOUND)
        front.answer(OLDER, (200, {"success": True}))
        await pool.send("a0", replace(ORDER, bot=bot), new_nonce())
        [posted] = front.found(OLDER)
        assert posted.path == "/inpaint/api/submit-job"
        assert posted.headers["Origin"] == "https://936929561302675456.discordsays.com"
        assert json.loads(posted.body) == {
            "customId": "tok/en",
            "mask": base64.b64encode(MASK).decode(),
            "prompt": ORDER.prompt,
            "userId": "0",
            "username": "0",
            "full_prompt": None,
        }


async def test_neither_form_carries_the_token() -> None:
    async with fronted() as (simulator, front, pool):
        front.answer(NEWER, NOT_FOUND)
        front.answer(OLDER, (200, ""))
        await pool.send("a0", ORDER, new_nonce())
        for posted in (*front.found(NEWER), *front.found(OLDER)):
            said = f"{posted.path} {dict(posted.headers)} {posted.body!r}"
            assert simulator.accounts[0].token not in said
            assert not {"Authorization", "X-Super-Properties", "Cookie", "Expect"} & set(posted.headers)
            assert "Chrome/" in posted.headers["User-Agent"]


async def test_a_large_mask_arrives_whole() -> None:
    mask = os.urandom(4 * 2**20)
    async with fronted() as (_, front, pool):
        front.answer(NEWER, (200, ""))
        await pool.send("a0", replace(ORDER, mask=mask), new_nonce())
        [posted] = front.found(NEWER)
        assert base64.b64decode(json.loads(posted.body)["mask"]) == mask


def test_each_bot_has_a_host_of_its_own_unless_a_base_is_set() -> None:
    assert Endpoints().activity("42") == "https://42.discordsays.com"
    assert Endpoints(activity_base="https://mirror.example/says/").activity("42") == "https://mirror.example/says"


# ---------------------------------------------------------------- one POST each, and when there is a second


@pytest.mark.parametrize(
    "answer", [NOT_FOUND, (405, ""), (410, ""), (403, PAGE), (400, PAGE), (401, ""), (404, {"error": "no job"})]
)
async def test_the_older_form_follows_when_the_newer_is_not_there(answer: tuple[int, object]) -> None:
    async with fronted() as (_, front, pool):
        front.answer(NEWER, answer)
        front.answer(OLDER, (200, ""))
        await pool.send("a0", ORDER, new_nonce())
        assert (len(front.found(NEWER)), len(front.found(OLDER))) == (1, 1)


@pytest.mark.parametrize("status", [400, 401, 403, 422])
async def test_what_the_dialog_itself_refuses_is_refused(status: int) -> None:
    async with fronted() as (_, front, pool):
        front.answer(NEWER, (status, {"error": "mask is empty"}))
        error = await refused(pool)
        assert type(error) is SendRefused
        assert (error.status, "mask is empty" in error.message) == (status, True)
        assert (len(front.found(NEWER)), len(front.found(OLDER))) == (1, 0)
        assert pool.accounts()[0].is_usable


async def test_both_forms_may_be_refused() -> None:
    async with fronted() as (_, front, pool):
        front.answer(NEWER, NOT_FOUND)
        front.answer(OLDER, (403, PAGE))
        error = await refused(pool)
        assert (type(error), getattr(error, "status", 0)) == (SendRefused, 403)
        assert "DOCTYPE" not in str(error)
        assert (len(front.found(NEWER)), len(front.found(OLDER))) == (1, 1)


UNKNOWN = [(500, ""), (502, PAGE), (503, {}), (504, ""), (522, ""), (302, ""), (408, ""), "cut"]


@pytest.mark.parametrize("answer", UNKNOWN)
async def test_an_unknown_outcome_ends_it_after_one_post(answer: tuple[int, object] | str) -> None:
    async with fronted() as (_, front, pool):
        front.answer(NEWER, *[answer] * 9)
        assert type(await refused(pool)) is OutcomeUnknown
        assert (len(front.found(NEWER)), len(front.found(OLDER))) == (1, 0)


@pytest.mark.parametrize("answer", UNKNOWN)
async def test_an_unknown_outcome_of_the_older_form_ends_it_too(answer: tuple[int, object] | str) -> None:
    async with fronted() as (_, front, pool):
        front.answer(NEWER, *[NOT_FOUND] * 9)
        front.answer(OLDER, *[answer] * 9)
        assert type(await refused(pool)) is OutcomeUnknown
        assert (len(front.found(NEWER)), len(front.found(OLDER))) == (1, 1)


async def test_silence_is_an_unknown_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest_module, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(rest_module, "DIALOG_SECONDS", 0.5)
    async with fronted() as (_, front, pool):
        front.answer(NEWER, *["silence"] * 9)
        assert type(await refused(pool)) is OutcomeUnknown
        assert (len(front.found(NEWER)), len(front.found(OLDER))) == (1, 0)


async def test_a_kept_alive_connection_that_is_cut_carries_one_post() -> None:
    async with fronted() as (_, front, pool):
        front.answer(NEWER, (200, ""), *["cut"] * 9)
        await pool.send("a0", ORDER, new_nonce())
        assert type(await refused(pool)) is OutcomeUnknown
        assert len(front.found(NEWER)) == 2


async def test_a_rate_limit_is_left_to_the_caller() -> None:
    async with fronted() as (_, front, pool):
        front.answer(NEWER, (429, {"retry_after": 7.5}))
        error = await refused(pool)
        assert isinstance(error, NotSent)
        assert error.retry_after == 7.5
        assert (len(front.found(NEWER)), len(front.found(OLDER))) == (1, 0)


# ---------------------------------------------------------------- when nothing is posted


async def test_a_host_that_cannot_be_reached_was_told_nothing() -> None:
    async with Simulator(accounts=1) as simulator, Front(simulator) as front:
        endpoints = replace(front.endpoints, activity_base="http://127.0.0.1:1")
        async with connected_pool(simulator, Events(), endpoints=endpoints) as pool:
            assert type(await refused(pool)) is NotSent


async def test_another_dialog_is_not_painted_in() -> None:
    async with fronted() as (_, front, pool):
        assert type(await refused(pool, replace(ORDER, custom_id="MJ::RemixModal::x"))) is SendRefused
        assert (front.found(NEWER), front.found(OLDER)) == ([], [])


async def test_without_a_session_nobody_would_hear_of_it() -> None:
    events = Events()
    async with (
        Simulator(accounts=1) as simulator,
        Front(simulator) as front,
        connected_pool(simulator, events, endpoints=front.endpoints) as pool,
    ):
        simulator.add_fault({"kind": "drop_gateway", "seconds": 30})
        await events.until(lambda event: isinstance(event, Disconnected))
        assert type(await refused(pool)) is NotSent
        assert front.found(NEWER) == []
