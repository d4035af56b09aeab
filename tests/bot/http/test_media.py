"""Files arrive unchanged under names that MidJourney accepts; failures are those of a send."""

import json
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.grammar.ids import APPLICATIONS
from bot.http import media
from bot.http.nonces import new_nonce
from bot.pool import Pool
from simulator import Simulator
from tasks.domain.errors import AccountBlocked, NotSent, SendError, SendRefused
from tasks.domain.events import Finished
from tasks.domain.interactions import MessageCommandInteraction, SlashCommandInteraction
from tasks.domain.model import Bot, Picture
from tests.support.discord_account import IMAGINE, Events, Front, connected_pool

PNG = Picture(filename="dog.png", type="image/png", data=b"\x89PNG" + os.urandom(2000))
WEBP = Picture(filename="cat.webp", type="image/webp", data=b"RIFF" + os.urandom(500))
ANNOUNCE, PUT, MESSAGE, REACTION = (
    "POST .*/attachments$",
    "PUT /[0-9a-f-]{36}/",
    "POST .*/messages$",
    "PUT .*/reactions/",
)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "PAUSE_SECONDS", 0.001)


@asynccontextmanager
async def fronted(**options: Any) -> AsyncIterator[tuple[Simulator, Front, Pool]]:
    async with (
        Simulator(accounts=1, **options) as simulator,
        Front(simulator) as front,
        connected_pool(simulator, Events(), endpoints=front.endpoints) as pool,
    ):
        yield simulator, front, pool


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("given", "kind", "expected"),
    [
        ("dog.png", "image/png", r"dog-[0-9a-f]{12}\.png"),
        ("dog.null", "image/jpeg", r"dog-[0-9a-f]{12}\.jpg"),
        ("../../etc/pass wd.webp", "image/webp", r"etc-pass-wd-[0-9a-f]{12}\.webp"),
        ("狗.gif", "image/gif", r"picture-[0-9a-f]{12}\.gif"),
        ("", "image/png", r"picture-[0-9a-f]{12}\.png"),
        (".hidden", "image/png", r"hidden-[0-9a-f]{12}\.png"),
        ("x" * 500, "image/png", r"x{40}-[0-9a-f]{12}\.png"),
    ],
)
def test_names_are_safe_and_say_what_the_file_is(given: str, kind: str, expected: str) -> None:
    picture = Picture(filename=given, type=kind, data=b"x")
    assert re.fullmatch(expected, media.safe_name(picture))
    assert media.safe_name(picture) != media.safe_name(picture)


def test_what_is_no_picture_has_no_name() -> None:
    with pytest.raises(SendRefused):
        media.safe_name(Picture(filename="a.svg", type="image/svg+xml", data=b"x"))


# ---------------------------------------------------------------- what arrives


async def test_the_bytes_lie_at_the_store_under_the_names_that_are_given_back() -> None:
    async with fronted() as (_, front, pool):
        first, second = await pool.upload("a0", [PNG, WEBP])
        [announced] = front.found(ANNOUNCE)
        assert json.loads(announced.body)["files"] == [
            {"id": "0", "filename": first.filename, "file_size": len(PNG.data)},
            {"id": "1", "filename": second.filename, "file_size": len(WEBP.data)},
        ]
        puts = front.found(PUT)
        assert [put.body for put in puts] == [PNG.data, WEBP.data]
        assert [put.path.split("?")[0].strip("/") for put in puts] == [
            first.uploaded_filename,
            second.uploaded_filename,
        ]
        for put in puts:
            assert not {"Authorization", "Content-Type", "X-Super-Properties"} & set(put.headers)


async def test_the_links_of_published_pictures_lead_to_them_in_order() -> None:
    large = Picture(filename="large.png", type="image/png", data=os.urandom(3 * 2**20))
    async with fronted() as (_, _front, pool), ClientSession() as browser:
        pictures = [large, PNG, WEBP]
        links = await pool.publish("a0", pictures)
        loaded = [await (await browser.get(link)).read() for link in links]
        assert loaded == [picture.data for picture in pictures]


async def test_links_are_discords_own_with_their_signature() -> None:
    async with fronted(discord_hosts=True) as (_, _front, pool):
        [link] = await pool.publish("a0", [PNG])
        assert re.fullmatch(
            r"https://cdn\.discordapp\.com/attachments/\d+/\d+/dog-\w+\.png\?ex=\w+&is=\w+&hm=\w+&", link
        )


async def test_links_are_ordered_by_name_when_discord_orders_them_otherwise() -> None:
    names = iter(["a.png", "b.webp"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(media, "safe_name", lambda _: next(names))
        async with fronted() as (_, front, pool):
            turned = [{"filename": "b.webp", "url": "https://b"}, {"filename": "a.png", "url": "https://a"}]
            front.answer(MESSAGE, (200, {"id": "1", "attachments": turned}))
            assert await pool.publish("a0", [PNG, WEBP]) == ["https://a", "https://b"]


async def test_nothing_is_asked_for_no_pictures() -> None:
    async with fronted() as (_, front, pool):
        before = len(front.seen)
        assert (await pool.upload("a0", []), await pool.publish("a0", [])) == ([], [])
        assert len(front.seen) == before


async def test_a_reaction_is_put_on_the_message() -> None:
    events = Events()
    async with (
        Simulator(accounts=1) as simulator,
        Front(simulator) as front,
        connected_pool(simulator, events, endpoints=front.endpoints) as pool,
    ):
        await pool.send("a0", IMAGINE, new_nonce())
        final = await events.until(lambda event: isinstance(event, Finished))
        assert isinstance(final, Finished)
        assert final.keys.message_id is not None
        await pool.react("a0", final.keys.message_id, "✉️")
        [put] = front.found(REACTION)
        assert f"/messages/{final.keys.message_id}/reactions/%E2%9C%89%EF%B8%8F/@me" in put.path
        assert (put.status, put.body) == (204, b"")
        with pytest.raises(SendRefused) as caught:
            await pool.react("a0", "1234567890", "✉️")
        assert (caught.value.status, caught.value.discord_code) == (404, 10008)


async def test_a_command_takes_the_file_as_its_option() -> None:
    async with fronted() as (_, front, pool):
        front.answer("POST .*/interactions", (204, ""))
        [upload] = await pool.upload("a0", [PNG])
        await pool.send("a0", SlashCommandInteraction(command="describe", uploads={"image": upload}), new_nonce())
        [posted] = front.found("POST .*/interactions")
        data = json.loads(posted.body)["data"]
        assert data["options"] == [{"type": 11, "name": "image", "value": 0}]
        assert data["attachments"] == [
            {"id": "0", "filename": upload.filename, "uploaded_filename": upload.uploaded_filename}
        ]


async def test_a_command_of_a_messages_menu_names_the_message() -> None:
    commands: list[dict[str, object]] = [
        {"id": "14", "version": "9", "name": "Cancel Job", "type": 3},
        {"id": "15", "version": "9", "name": "imagine"},
    ]
    index = {"application_commands": [{**each, "application_id": APPLICATIONS[Bot.MIDJOURNEY]} for each in commands]}
    async with Simulator(accounts=1) as simulator, Front(simulator) as front:
        front.answer("GET .*/application-command-index", (200, index))
        front.answer("POST .*/interactions", (204, ""))
        async with connected_pool(simulator, Events(), endpoints=front.endpoints) as pool:
            await pool.send("a0", MessageCommandInteraction(command="Cancel Job", message_id="77"), new_nonce())
        [posted] = front.found("POST .*/interactions")
        body = json.loads(posted.body)
        assert (body["type"], body["data"]["type"], body["data"]["target_id"]) == (2, 3, "77")
        assert (body["data"]["id"], body["data"]["version"]) == ("14", "9")


async def test_expired_links_are_refreshed_fifty_at_a_time() -> None:
    old = [f"https://cdn.discordapp.com/attachments/1/2/{n}.png?ex=1&is=2&hm=3" for n in range(60)]
    async with fronted() as (_, front, pool):
        some = [{"original": url, "refreshed": url.replace("ex=1", "ex=9")} for url in old]
        odd = [{"original": "https://x", "refreshed": None}, "nonsense"]
        front.answer("POST /api/v9/attachments/refresh-urls", *((200, {"refreshed_urls": p}) for p in (some, odd)))
        assert await pool.refresh("a0", [*old, old[0]]) == {url: url.replace("ex=1", "ex=9") for url in old}
        asked = [json.loads(one.body)["attachment_urls"] for one in front.found("refresh-urls")]
        assert asked == [old[:50], old[50:]]


# ---------------------------------------------------------------- what goes wrong

Deed = Callable[[Pool], Awaitable[object]]
STEPS: dict[str, Deed] = {
    ANNOUNCE: lambda pool: pool.upload("a0", [PNG]),
    PUT: lambda pool: pool.upload("a0", [PNG]),
    MESSAGE: lambda pool: pool.publish("a0", [PNG]),
    REACTION: lambda pool: pool.react("a0", "1", "✉️"),
}
each_step = pytest.mark.parametrize("step", STEPS)
at_discord = pytest.mark.parametrize("step", [step for step in STEPS if step != PUT])


@each_step
@pytest.mark.parametrize("answer", [(500, ""), (502, ""), (504, ""), "cut"])
async def test_what_fails_in_passing_is_tried_once_more(step: str, answer: tuple[int, str] | str) -> None:
    async with fronted() as (_, front, pool):
        front.answer(step, answer)
        if step == REACTION:
            front.answer(step, (204, ""))
        await STEPS[step](pool)
        assert len(front.found(step)) == 2


@each_step
@pytest.mark.parametrize("answer", [(500, ""), (503, ""), "cut"])
async def test_what_fails_twice_counts_as_not_done(step: str, answer: tuple[int, str] | str) -> None:
    async with fronted() as (_, front, pool):
        front.answer(step, *[answer] * 9)
        with pytest.raises(NotSent):
            await STEPS[step](pool)
        # a PUT whose connection is cut may be sent again by libcurl itself: it may, as it changes nothing
        assert len(front.found(step)) <= (3 if answer == "cut" and "PUT" in step else 2)


@each_step
async def test_a_definite_no_is_not_asked_again(step: str) -> None:
    async with fronted() as (_, front, pool):
        front.answer(step, *[(403, {"message": "Missing Permissions", "code": 50013})] * 9)
        with pytest.raises(SendError) as caught:
            await STEPS[step](pool)
        assert type(caught.value) is SendRefused
        assert caught.value.status == 403
        assert len(front.found(step)) == 1


@at_discord
async def test_a_dead_token_pauses_the_account(step: str) -> None:
    async with fronted() as (_, front, pool):
        front.answer(step, (401, {"message": "401: Unauthorized", "code": 0}))
        with pytest.raises(AccountBlocked):
            await STEPS[step](pool)
        assert pool.accounts()[0].paused == "token_invalid"


async def test_the_store_says_nothing_about_the_account() -> None:
    async with fronted() as (_, front, pool):
        front.answer(PUT, (401, "<Error/>"))
        with pytest.raises(SendRefused) as caught:
            await pool.upload("a0", [PNG])
        assert not isinstance(caught.value, AccountBlocked)
        assert pool.accounts()[0].is_usable


@at_discord
async def test_rate_limits_are_waited_for(step: str) -> None:
    async with fronted() as (_, front, pool):
        front.answer(step, *[(429, {"message": "slow", "retry_after": 0.01, "global": False})] * 3)
        if step == REACTION:
            front.answer(step, (204, ""))
        await STEPS[step](pool)
        assert len(front.found(step)) == 4


@at_discord
async def test_a_wait_that_is_too_long_is_told(step: str) -> None:
    async with fronted() as (_, front, pool):
        front.answer(step, (429, {"message": "slow", "retry_after": 90.0, "global": False}))
        with pytest.raises(NotSent) as caught:
            await STEPS[step](pool)
        assert caught.value.retry_after == 90.0


async def test_a_file_too_large_says_what_would_do() -> None:
    async with fronted() as (_, front, pool):
        front.answer(ANNOUNCE, (413, {"message": "Request entity too large", "code": 40005}))
        with pytest.raises(SendRefused) as caught:
            await pool.upload("a0", [PNG])
        assert "10 MB" in caught.value.hint


@pytest.mark.parametrize(
    "answer", [{}, [], "text", {"attachments": [{"id": 0}]}, {"attachments": [{"id": 7, "upload_url": "http://x"}]}]
)
@pytest.mark.parametrize("step", [ANNOUNCE, MESSAGE])
async def test_an_answer_without_what_was_asked_for_is_a_no(step: str, answer: object) -> None:
    async with fronted() as (_, front, pool):
        front.answer(step, (200, answer))
        with pytest.raises(SendRefused):
            await STEPS[step](pool)


async def test_without_a_login_nothing_is_done() -> None:
    async with fronted() as (_, front, pool):
        with pytest.raises(NotSent):
            await pool.upload("nobody", [PNG])
    before = len(front.seen)
    with pytest.raises(NotSent):
        await pool.publish("a0", [PNG])
    assert len(front.seen) == before
