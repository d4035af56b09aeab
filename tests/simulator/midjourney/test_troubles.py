"""Every trouble by name, in every form in which it is seen."""

import re
import time
from typing import Any

import pytest

from simulator import Simulator
from simulator.data.eras import ERAS
from simulator.data.troubles import TROUBLES
from simulator.midjourney.magic import WORDS
from simulator.world.faults import FaultError, read
from tests.support.discord_wire_client import Event, connected, custom_ids, finished, press, with_nonce

REFUSALS = {fate.word: TROUBLES[fate.trouble] for fate in WORDS if fate.trouble}
FORMS = [(word, form) for word, trouble in REFUSALS.items() for form in trouble.forms]


def says(message: Event) -> str:
    embeds = message.get("embeds")
    return str(embeds[0]["title"] if embeds else message.get("content", ""))


def test_every_trouble_has_a_word() -> None:
    assert set(TROUBLES) - {"failed"} == {trouble.name for trouble in REFUSALS.values()}


@pytest.mark.parametrize(("word", "form"), FORMS)
async def test_every_word_that_refuses(word: str, form: str) -> None:
    trouble = REFUSALS[word]
    async with Simulator(error_form=form, job_seconds=0.01) as simulator, connected(simulator) as wire:
        nonce = await wire.imagine(f"a fox {word}")
        if form == "note":
            note = await wire.message(with_nonce(nonce))
            assert note["flags"] == 64 and says(note).startswith((trouble.title or trouble.content)[:20])
            assert simulator.jobs == []
            return
        await simulator.until(lambda: simulator.jobs and simulator.jobs[0]["status"] == "failed")
        first = await wire.message(with_nonce(nonce))
        event = "MESSAGE_CREATE" if form == "reply" else "MESSAGE_UPDATE"
        said = await wire.event(event, lambda body: body.get("embeds"))
        assert says(said) == trouble.title
        if form == "reply":
            assert said["message_reference"]["message_id"] == first["id"]
        else:
            assert said["id"] == first["id"]


@pytest.mark.parametrize("name", TROUBLES)
async def test_every_trouble_can_be_ordered_for_a_button(name: str) -> None:
    async with Simulator(job_seconds=0.01) as simulator, connected(simulator) as wire:
        grid = await finished(wire, await wire.imagine("a fox"))
        simulator.add_fault({"kind": "trouble", "name": name})
        wire.events.clear()
        await press(wire, grid, "variation::1")
        trouble = TROUBLES[name]
        wanted = (trouble.title or trouble.content)[:20]
        await wire.first(wire.events, lambda item: says(item["d"]).startswith(wanted))


async def test_colours_are_sometimes_missing_in_2026_only() -> None:
    for era, expected in (("2024", {True}), ("2026", {True, False})):
        async with Simulator(era=era, seed=5) as simulator, connected(simulator) as wire:
            nonces = [await wire.imagine("a fox sim-banned") for _ in range(12)]
            coloured = {"color" in (await wire.message(with_nonce(nonce)))["embeds"][0] for nonce in nonces}
            assert coloured == expected


async def test_texts_without_an_embed_repeat_the_prompt() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        note = await wire.message(with_nonce(await wire.imagine("a fox sim-invalid-text")))
        assert note["embeds"] == [] and note["content"].endswith("\n/imagine a fox sim-invalid-text")


async def test_an_empty_prompt() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        assert says(await wire.message(with_nonce(await wire.imagine("  ")))) == "Empty prompt"
        assert simulator.jobs == []


async def test_the_time_of_a_block_lies_ahead() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        note = await wire.message(with_nonce(await wire.imagine("a fox sim-blocked")))
        found = re.search(r"<t:(\d+):F>", note["embeds"][0]["description"])
        assert found and int(found[1]) > time.time()


async def test_slow_down_for_the_same_picture() -> None:
    async with Simulator(upscale_cooldown=60) as simulator, connected(simulator) as wire:
        grid = await finished(wire, await wire.imagine("a fox"))
        await finished(wire, await press(wire, grid, "upsample::1"))
        await finished(wire, await press(wire, grid, "upsample::2"))
        note = await wire.message(with_nonce(await press(wire, grid, "upsample::1")))
        assert says(note) == "Slow Down!" and "color" not in note["embeds"][0]
        assert note["message_reference"]["message_id"] == grid["id"] and len(simulator.jobs) == 3


async def test_an_appeal_starts_the_job_after_all() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        note = await wire.message(with_nonce(await wire.imagine("a fox sim-appeal")))
        assert re.fullmatch(r"MJ::Prompts::Appeal::\w+", custom_ids(note)[0])
        assert "a fox" in (await finished(wire, await press(wire, note, "Appeal")))["content"]
        note = await wire.message(with_nonce(await press(wire, note, "Appeal")))
        assert says(note) == "Invalid request"


@pytest.mark.parametrize("era", ERAS)
async def test_a_captchas_frame(era: str) -> None:
    async with Simulator(era=era) as simulator, connected(simulator) as wire:
        nonce = await wire.imagine("a fox sim-captcha")
        frame = await wire.event("INTERACTION_IFRAME_MODAL_CREATE", with_nonce(nonce))
        assert frame["title"] == "Action required to continue"
        assert frame["iframe_path"].startswith("/captcha/embedded/") and simulator.jobs == []
        simulator.add_fault({"kind": "trouble", "name": "captcha"})
        nonce = await wire.imagine("a fox")
        await wire.event("INTERACTION_IFRAME_MODAL_CREATE", with_nonce(nonce))


async def test_discords_own_captcha_and_refusals() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.add_fault({"kind": "captcha"})
        status, answer = await wire.call("POST", "/interactions", json=await wire.imagine_body("a fox"))
        assert status == 400 and answer["captcha_key"] and answer["captcha_sitekey"] and "code" not in answer
        assert simulator.interactions[0]["outcome"] == "captcha"
        for code, expected in ((403, 50001), (404, 10003)):
            simulator.add_fault({"kind": "interaction", "status": code})
            status, answer = await wire.call("POST", "/interactions", json=await wire.imagine_body("a fox"))
            assert (status, answer["code"]) == (code, expected)
        assert simulator.jobs == []


# ---------------------------------------------------------------- what does not end a job


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("sim-duplicate", "Duplicate images detected"),
        ("sim-disabled", "Progress images have been disabled"),
    ],
)
async def test_notices_beside_a_job(word: str, words: str) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        await finished(wire, await wire.imagine(f"a fox {word}"))
        notice = await wire.message(lambda body: says(body).startswith(words))
        assert notice["flags"] == 64 and "nonce" not in notice


async def test_a_pause() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        await finished(wire, await wire.imagine("a fox sim-pause"))
        await wire.event("MESSAGE_UPDATE", lambda body: body["content"].endswith("(paused) (fast)"))


async def test_a_hail_to_somebody_else_under_a_finished_result() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        final = await finished(wire, await wire.imagine("a fox sim-hey"))
        edited = await wire.event("MESSAGE_UPDATE", lambda body: body["id"] == final["id"])
        assert edited["content"] == final["content"] and edited["embeds"][0]["color"] == 16711680
        assert re.match(r"Hey <@\d+>", edited["embeds"][0]["description"])
        assert wire.account.user_id not in edited["embeds"][0]["description"]


async def test_a_withdrawn_message_may_be_replaced_by_a_private_one() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        await wire.imagine("a fox sim-moderated-note")
        note = await wire.message(lambda body: body["flags"] == 64)
        assert says(note) == "Request cancelled due to output filters" and "nonce" not in note
        assert note["interaction_metadata"]["id"] and simulator.jobs[0]["status"] == "withdrawn"
        assert [name for name in wire.names() if name == "MESSAGE_DELETE"] == ["MESSAGE_DELETE"]


@pytest.mark.parametrize(
    ("wrong", "part"),
    [({"name": "storm"}, "no name 'storm'; there are: banned"), ({"title": "x"}, "takes no 'title'")],
)
def test_a_trouble_that_is_none(wrong: dict[str, Any], part: str) -> None:
    with pytest.raises(FaultError, match=part):
        read({"kind": "trouble", **wrong})
