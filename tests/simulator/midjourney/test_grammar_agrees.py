"""The service's reader and the simulator's bots mean the same: every kind of message, in every era.

Contract: the one place where tests of the simulator look at the service. The simulator itself knows nothing of it.
"""

import io
from typing import Any

import pytest
from PIL import Image

from bot.grammar.events import parse_event, read
from simulator import Simulator
from simulator.data.eras import ERAS
from simulator.data.troubles import TROUBLES
from simulator.midjourney.magic import WORDS
from simulator.world.messages import NIJI_ID
from tasks.domain.events import CaptchaAsked, Finished, Informed, ModalOpened, Queued, Refused
from tests.support.discord_wire_client import (
    Event,
    Wire,
    connected,
    custom_ids,
    finished,
    press,
    told,
    with_id,
    with_nonce,
)

# What the reader may call each family, where it calls it anything.
ACTIONS = {"reroll": {"reroll", "variation", "zoom", "pan", "video"}, "blend": {"blend", "imagine"}}
# What it makes of each trouble: a failCode; where nothing stands here it is the trouble's own name.
CODES = {
    "banned": "banned_prompt",
    "image_filters": "moderated",
    "output_filters": "moderated",
    "declined": "moderated",
    "invalid": "invalid_parameter",
    "invalid_text": "invalid_parameter",
    "empty": "empty_prompt",
    "failed": "job_failed",
    "internal": "internal_error",
    "trace": "internal_error",
    "command_failed": "internal_error",
    "restricted": "action_restricted",
    "appeal": "action_needed",
    "captcha_note": "captcha",
    "mod_message": "pending_mod_message",
    "subscription_paused": "subscription_required",
    "unknown_red": "unknown_error",
    "credits": "credits_exhausted",
    "tos": "tos_not_accepted",
}


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (16, 16), "teal").save(out, "PNG")
    return out.getvalue()


def heard(wire: Wire, event: Event) -> Any:
    return parse_event(event["t"], event["d"], account="here", user_id=wire.account.user_id)


def check(wire: Wire) -> set[str]:
    """Reads all that was heard; the families of jobs whose results were understood."""
    jobs = {message_id: job for job in wire.simulator.jobs for message_id in job["message_ids"]}
    done: dict[str, list[str]] = {}
    for event in wire.events:
        body, job = event["d"], jobs.get(event["d"].get("id", ""))
        if job is None or event["t"] == "MESSAGE_DELETE":
            continue
        reading = read(event["t"], body, user_id=wire.account.user_id)
        about = f"{job['command']} {event['t']}: {body['content']!r} → {reading.kind}"
        if job["kind"] in ("describe", "shorten"):
            assert reading.kind == ("done" if body["embeds"] else "ignore"), about
        else:
            shown = {item["url"] for item in body["attachments"]} & set(job["image_urls"])
            wanted = {"done"} if shown else {"progress"} if "%) (" in body["content"] else {"waiting"}
            assert reading.kind in wanted, about
            if reading.job_id is not None:
                assert reading.job_id == job["job_id"], about
            if shown:
                assert reading.job_id == job["job_id"], about
        if reading.action is not None:
            assert reading.action.value.lower() in ACTIONS.get(job["kind"], {job["kind"]}) | _alike(job), about
        if reading.kind == "done" and not reading.already_done:
            assert isinstance(heard(wire, event), Finished), about
            done.setdefault(job["job_id"], []).append(job["kind"])
    assert all(len(kinds) == 1 for kinds in done.values())
    return {kind for kinds in done.values() for kind in kinds}


def _alike(job: dict[str, Any]) -> set[str]:
    """A clip is announced as what its button is called, U1 to U4."""
    return {"upscale"} if job["command"] == "video_upscale" else set()


@pytest.mark.parametrize("era", ERAS)
async def test_every_kind_of_job(era: str) -> None:
    async with Simulator(era=era, job_seconds=0.02) as simulator, connected(simulator) as wire:
        grid = await finished(wire, await wire.imagine("a fox --ar 4:3"))
        single = await finished(wire, await press(wire, grid, "upsample::3"))
        await finished(wire, await press(wire, grid, "variation::2"))
        await finished(wire, await press(wire, grid, "reroll"))
        at_once = [
            item
            for item in custom_ids(single)
            if not any(word in item for word in ("Inpaint", "Custom", "manual", "BOOK"))
        ]
        results = [await finished(wire, await wire.press(single, custom_id)) for custom_id in at_once]
        for result in results:
            if any("reroll" in item for item in custom_ids(result)):
                await finished(wire, await press(wire, result, "reroll"))
            if any("video_virtual" in item for item in custom_ids(result)):
                await finished(wire, await press(wire, result, "video_virtual_upscale::1"))
        await finished(wire, await wire.command("blend", image1=png(), image2=png()))
        await finished(wire, await wire.command("imagine", application=NIJI_ID, prompt="a fox"))
        for _ in range(3):
            await wire.command("describe", image=png())
            await wire.command("shorten", prompt="a very small red fox")
        jobs = len(simulator.jobs)
        await simulator.until(lambda: {item["status"] for item in simulator.jobs} == {"finished"})
        await wire.imagine("a fox")
        await simulator.until(lambda: len(simulator.jobs) > jobs and simulator.jobs[-1]["status"] == "finished")
        await wire.message(
            lambda body: body["attachments"] and body["attachments"][0]["url"] in simulator.jobs[-1]["image_urls"]
        )
        expected = {"imagine", "upscale", "variation", "reroll", "zoom", "pan", "blend", "describe", "shorten"}
        assert check(wire) == expected | ({"video"} if "video" in ERAS[era].kinds else set())


@pytest.mark.parametrize("name", TROUBLES)
async def test_every_trouble(name: str) -> None:
    trouble = TROUBLES[name]
    async with Simulator(seed=9, job_seconds=0.01) as simulator, connected(simulator) as wire:
        title = trouble.title or trouble.content[:20]
        for form in trouble.forms:
            simulator.configure(error_form=form)
            simulator.add_fault({"kind": "trouble", "name": name})
            wire.events.clear()
            await wire.imagine("a fox")
            said = await wire.first(wire.events, lambda item: title in _words(item["d"]))
            event = heard(wire, said)
            assert isinstance(event, CaptchaAsked if name == "captcha_note" else Refused), event
            reading = read(said["t"], said["d"])
            assert reading.code == CODES.get(name, name)
            assert (reading.retry_at is not None) == (name in ("slow_down", "blocked"))


@pytest.mark.parametrize("form", ["embed", "text", "v2"])
async def test_the_refusal_of_parameters_in_every_form(form: str) -> None:
    async with Simulator(era="2026-10", refusal_form=form) as simulator, connected(simulator) as wire:
        for prompt in ("a fox --draft", "a fox --v 8.0", "https://example.com/a.png a fox --video --no hills"):
            said = await wire.message(with_nonce(await wire.imagine(prompt)))
            event = parse_event("MESSAGE_CREATE", said, account="here", user_id=wire.account.user_id)
            assert isinstance(event, Refused) and event.code == "invalid_parameter", said


async def test_components_v2_are_read() -> None:
    async with Simulator(components_v2=1.0) as simulator, connected(simulator) as wire:
        for number in range(9):  # in each arrangement
            await wire.imagine(f"fox {number}")
        await simulator.until(lambda: [job["status"] for job in simulator.jobs] == ["finished"] * 9)
        for job in simulator.jobs:
            said = await wire.message(with_id(job["message_ids"][-1]))
            event = parse_event("MESSAGE_CREATE", said, account="here", user_id=wire.account.user_id)
            assert isinstance(event, Finished) and event.image is not None
            assert (event.image.url, event.keys.job_id) == (job["image_urls"][0], job["job_id"])
            assert {"U1", "U2", "V4"} <= {item.label for item in read("MESSAGE_CREATE", said).buttons}


def _words(body: Event) -> str:
    return f"{body.get('embeds')} {body.get('content')}"


async def test_dialogs_frames_and_private_answers() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.set_account(0, remix=True)
        grid = await finished(wire, await wire.imagine("a fox --ar 4:3"))
        single = await finished(wire, await press(wire, grid, "upsample::3"))
        opened = {
            "variation::4": (grid, "variation", 4),
            "high_variation": (single, "variation", 1),
            "pan_left": (single, "pan", 1),
            "CustomZoom": (single, "zoom", None),
            "Outpaint::50": (single, "zoom", None),
            "high::manual": (single, "video", 1),
        }
        for marker, (message, action, index) in opened.items():
            nonce = await press(wire, message, marker)
            body = await wire.event("INTERACTION_MODAL_CREATE", with_nonce(nonce))
            reading = read("INTERACTION_MODAL_CREATE", body)
            assert reading.kind == "modal" and reading.action is not None
            assert (reading.action.value.lower(), reading.index) == (action, index)
            event = parse_event("INTERACTION_MODAL_CREATE", body, account="here", user_id=None)
            assert isinstance(event, ModalOpened) and len(event.fields) == 1
        frame = await wire.event("INTERACTION_IFRAME_MODAL_CREATE", with_nonce(await press(wire, single, "Inpaint")))
        assert read("INTERACTION_IFRAME_MODAL_CREATE", frame).kind == "modal"
        frame = await wire.event("INTERACTION_IFRAME_MODAL_CREATE", with_nonce(await wire.imagine("a fox sim-captcha")))
        assert read("INTERACTION_IFRAME_MODAL_CREATE", frame).kind == "captcha"

        for nonce in (
            await wire.command("info"),
            await wire.command("settings"),
            await wire.command("fast"),
            await press(wire, single, "BOOKMARK"),
        ):
            said = await told(wire, nonce)
            name = "MESSAGE_UPDATE" if said["edited_timestamp"] else "MESSAGE_CREATE"
            assert isinstance(parse_event(name, said, account="here", user_id=None), Informed), said["content"]


async def test_what_leaves_a_job_as_it_was() -> None:
    words = [fate.word for fate in WORDS if fate.notice or fate.foreign_error or fate.paused]
    async with Simulator(concurrency=1) as simulator, connected(simulator) as wire:
        for word in words:
            wire.events.clear()
            await finished(wire, await wire.imagine(f"a fox {word}"))
            kinds = {type(event) for item in wire.events if (event := heard(wire, item))}
            assert Refused not in kinds and Finished in kinds, word
        nonces = [await wire.imagine("a fox"), await wire.imagine("a fox")]
        queued = await wire.message(with_nonce(nonces[1]))
        assert isinstance(parse_event("MESSAGE_CREATE", queued, account="here", user_id=None), Queued)
        assert len(simulator.jobs) == len(words) + 2


async def test_seeds_are_read() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        grid = await finished(wire, await wire.imagine("a fox"))
        await wire.call("PUT", f"/channels/{wire.account.channel_id}/messages/{grid['id']}/reactions/✉️/@me")
        letter = await wire.message(lambda body: body["channel_id"] == wire.account.dm_channel_id)
        reading = read("MESSAGE_CREATE", letter)
        assert (reading.seed, reading.job_id) == (str(simulator.jobs[0]["seed"]), simulator.jobs[0]["job_id"])
