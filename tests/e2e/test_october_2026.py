"""MidJourney of October 2026 through both APIs: one service for the whole module, and a test for each novelty."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from simulator.world.settings import SimulatorSettings
from tests.e2e.test_mj import MjClient, button, mj
from tests.support.mj_actions import act, answered, asked, data_url, job_of, mask_url, single_of, spending
from tests.support.whole_service import Document

pytestmark = pytest.mark.asyncio(loop_scope="module")
LINK = "https://pictures.example/dog.png"
FORMS = ("embed", "text", "v2")
ENVIRON = {"REMIX_AUTO_SUBMIT": "false", "MAX_DRAWINGS_PER_PROMPT": "4", "ADMIN_SECRET": "of-the-operator"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MjClient]:
    async with mj(tmp_path_factory.mktemp("october"), era="2026-10", environ=ENVIRON) as client:
        yield client


@pytest.fixture
def client(service: MjClient) -> Iterator[MjClient]:
    """The shared service, with the simulator's settings as at the start."""
    simulator = service.house.simulator
    yield service
    usual = SimulatorSettings(era="2026-10").as_json()
    simulator.configure(**{name: value for name, value in usual.items() if name != "seed"})
    simulator.set_account(0, version="")


async def ended_v1(client: MjClient, **fields: object) -> Document:
    task = await client.house.client.submit(**fields)
    return (await client.house.hooks.until_ended(task))[task]


@pytest.mark.parametrize("form", FORMS)
async def test_a_conflict_of_parameters_is_an_invalid_parameter(client: MjClient, form: str) -> None:
    client.house.simulator.configure(refusal_form=form)
    words = "`--oref` is not compatible with `--version 8.2`"
    with spending(client, posts=2, jobs=0):
        task = await client.ended(await client.submit("imagine", prompt=f"a fox, {form} --oref {LINK}"))
        assert (task["status"], task["failCode"]) == ("FAILURE", "invalid_parameter")
        assert words in task["failReason"]
        other = await ended_v1(client, action="IMAGINE", prompt=f"a cat, {form} --oref {LINK}")
    assert (other["status"], other["failCode"]) == ("FAILURE", "invalid_parameter")
    assert words in other["failReason"]


@pytest.mark.parametrize("echo", ["kept", "front"])
async def test_an_edit_is_found_by_either_echo(client: MjClient, echo: str) -> None:
    client.house.simulator.configure(edit_echo=echo)
    with spending(client, posts=2, jobs=2):
        edited = await client.drawn("edits", prompt="make it night", base64Array=[LINK, data_url()])
        again = await ended_v1(client, action="EDIT", prompt="make it day", image=LINK)
    job = await job_of(client, edited)
    assert f"--edit {LINK} http" in job["prompt"]
    assert ("--edit" in edited["properties"]["finalPrompt"]) == (echo == "kept")
    assert again["status"] == "SUCCESS"


async def test_a_video_is_sent_with_nothing_else(client: MjClient) -> None:
    with spending(client, posts=2, jobs=2):
        video = await client.drawn("video", prompt="a dog runs", image=LINK, motion="high", loop=True, batchSize=2)
        plain = await ended_v1(client, action="IMAGINE", prompt=f"{LINK} a dog --video --raw")
    job = await job_of(client, video)
    assert (job["kind"], video["action"]) == ("video", "VIDEO")
    assert "--end loop" in job["prompt_echoed"]
    assert plain["status"] == "SUCCESS"
    refused = await client.ended(await client.submit("imagine", prompt=f"{LINK} a dog --video --ar 1:1"))
    assert (refused["failCode"], "`--video`" in refused["failReason"]) == ("invalid_parameter", True)


async def test_the_buttons_of_sd_and_hd(client: MjClient) -> None:
    sd, hd = await single_of(client), await single_of(client, "a dog --ar 4:3 --hd")
    assert "Upscale (Subtle)" in [item["label"] for item in sd["buttons"]]
    assert not [item for item in hd["buttons"] if "Upscale" in item["label"]]
    assert (await act(client, sd, "Upscale (Creative)"))["action"] == "UPSCALE"
    zoomed = await act(client, hd, "Zoom Out 2x")
    assert "--hd" not in zoomed["properties"]["finalPrompt"]


async def test_of_several_drawings_a_refused_one_leaves_the_first(client: MjClient) -> None:
    """The first is the task's, whatever becomes of the others, and nothing is sent again."""
    simulator = client.house.simulator
    simulator.configure(job_seconds=0.2)
    with spending(client, posts=2, jobs=2):
        first = await client.drawn("imagine", prompt="a {white, sim-banned black} dog")
        other = await ended_v1(client, action="IMAGINE", prompt="a {tall, sim-invalid small} dog")
    assert (await job_of(client, first))["prompt"].startswith("a white dog")
    assert other["status"] == "SUCCESS"
    with spending(client, posts=4, jobs=8):
        for n in range(4):
            followed = await client.drawn("imagine", prompt=f"a {{red, green}} cup, {n}")
            assert (await job_of(client, followed))["prompt"].startswith("a red cup")
            await simulator.until(lambda: all(job["finished"] for job in simulator.jobs))
    withdrawn = await client.ended(await client.submit("imagine", prompt="a {sim-moderated-note wet, dry} cat"))
    assert withdrawn["failCode"] == "moderated"
    with spending(client, posts=1, jobs=2):
        twice = await client.drawn("imagine", prompt="a wet dog --repeat 2")
        await simulator.until(lambda: all(job["finished"] for job in simulator.jobs))
    assert twice["jobId"] in {job["job_id"] for job in simulator.jobs if job["prompt"].startswith("a wet dog")}


async def test_dialogs_and_results_in_components_v2(client: MjClient) -> None:
    """And with a localised index, a dialog's field in a label, and a frame without its slash."""
    client.house.simulator.configure(components_v2=1.0, dialog_form="label", frame_path="bare", localised=True)
    single = await single_of(client)
    assert (await job_of(client, single))["index"] == 2
    zoom = await asked(client, single, "Custom Zoom")
    zoomed = await answered(client, zoom["result"], prompt="a dog in a frame --zoom 1.4")
    assert (await job_of(client, zoomed))["prompt"] == "a dog in a frame --zoom 1.4"
    region = await asked(client, single, "Vary (Region)")
    varied = await answered(client, region["result"], prompt="a hat", maskBase64=mask_url())
    assert (await job_of(client, varied))["prompt"] == "a hat"
    words = await client.drawn("describe", base64=data_url())
    assert len(words["buttons"]) == 6 and "1️⃣" in words["prompt"]
    info = await client.drawn("info")
    assert "Fast Time Remaining" in str(info)
    for word, code in (("sim-banned", "banned_prompt"), ("sim-red", "unknown_error"), ("sim-fail", "job_failed")):
        task = await client.ended(await client.submit("imagine", prompt=f"a dog {word}"))
        assert (task["status"], task["failCode"]) == ("FAILURE", code), task["failReason"]


@pytest.mark.parametrize("word", ["sim-strange", "sim-grey"])
@pytest.mark.parametrize("share", [0.0, 1.0])
async def test_unknown_words_leave_a_drawing_as_it_is(client: MjClient, word: str, share: float) -> None:
    client.house.simulator.configure(components_v2=share)
    with spending(client, posts=2, jobs=2):
        grid = await client.drawn("imagine", prompt=f"a dog {word}")
        varied = await act(client, grid, "V2")
    assert (await job_of(client, varied))["parent"] == grid["jobId"]


async def test_an_unknown_red_embed_fails_its_own_task(client: MjClient) -> None:
    for form in ("note", "reply", "edit"):
        client.house.simulator.configure(error_form=form)
        task = await client.ended(await client.submit("imagine", prompt="a dog sim-red"))
        assert (task["failCode"], "The kiln is cold" in task["failReason"]) == ("unknown_error", True)
    await client.drawn("imagine", prompt="a cat")


async def test_relaxed_drawings_and_videos_wait_in_queues_of_their_own(client: MjClient) -> None:
    client.house.simulator.configure(concurrency=1, relaxed=1, videos=1, job_seconds=0.2)
    ids = [await client.submit("imagine", prompt=f"number {n} {mode}") for n in range(2) for mode in ("", "--relax")]
    ids += [await client.submit("video", prompt=f"it runs, {n}", image=LINK) for n in range(2)]
    ended = [await client.ended(task_id) for task_id in ids]
    assert {task["status"] for task in ended} == {"SUCCESS"}
    assert len({task["jobId"] for task in ended}) == 6


async def test_the_version_of_today_is_shown_and_echoed(client: MjClient) -> None:
    shown = await client.drawn("settings")
    echoes = [(await client.drawn("imagine", prompt=f"a cup {n}"))["properties"]["finalPrompt"] for n in range(6)]
    assert {echo.partition("--v ")[2] for echo in echoes} <= {"", "8.2"}
    assert button(shown, "Remix mode")
