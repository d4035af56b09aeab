"""Acting on results as a client of /mj does, and what is seen of it from outside: the task's document, the picture's
own metadata, and the posts that the simulator counted."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from simulator.data.pictures import read_metadata
from tests.e2e.test_mj import MjClient, button
from tests.support.whole_service import Document

TIMES = ("submitTime", "startTime", "finishTime")
TEXTS = (
    *("id", "action", "status", "prompt", "promptEn", "description", "state", "progress", "imageUrl", "videoUrl"),
    *("failReason", "botType", "parentId", "jobId", "maskBase64"),
)
OF_BUTTONS = {"customId": str, "emoji": str, "label": str, "style": int, "type": int}
OF_PROPERTIES = frozenset(
    {"finalPrompt", "finalZhPrompt", "messageId", "messageHash", "flags", "progressMessageId", "nonce"}
    | {"discordInstanceId", "notifyHook", "referencedMessageId"}
)


def check_document(document: Document) -> None:
    """What clients rely on in every task, whatever it asked for and however it ended."""
    assert {*TIMES, *TEXTS, "imageUrls", "videoUrls", "buttons", "properties", "mode", "seed"} <= document.keys()
    assert all(isinstance(document[key], int | None) for key in TIMES)
    assert all(isinstance(document[key], str) for key in TEXTS)
    assert document["id"].isdigit()
    assert int(document["id"]) < 2**53
    succeeded = document["status"] == "SUCCESS"
    assert (document["progress"] == "100%") is succeeded
    assert bool(document["failReason"]) is (document["status"] == "FAILURE")
    for key in ("imageUrls", "videoUrls"):
        assert document[key] is None or [list(link) for link in document[key]] == [["url"]]
    for pressable in document["buttons"]:
        assert {key: type(value) for key, value in pressable.items()} == OF_BUTTONS
    assert not document["buttons"] or succeeded
    assert document["properties"].keys() >= OF_PROPERTIES
    assert isinstance(document["properties"]["finalZhPrompt"], str)


async def act(client: MjClient, source: Document, label: str, **body: str) -> Document:
    """The end of the task that pressed this button of a result."""
    document = await client.drawn("action", taskId=source["id"], customId=button(source, label), state="ß ", **body)
    assert (document["parentId"], document["state"]) == (source["id"], "ß ")
    check_document(document)
    return document


async def asked(client: MjClient, source: Document, label: str) -> Document:
    """The answer to a press that waits for a second input: nothing was pressed at Discord."""
    with spending(client, posts=0, jobs=0):
        answer = await client.post(
            "/submit/action",
            taskId=source["id"],
            customId=button(source, label),
            notifyHook=client.house.hooks.url,
        )
    assert (answer["code"], answer["properties"]["remix"]) == (21, True)
    assert "confirm" in answer["description"]
    held: Document = await client.get(f"/task/{answer['result']}/fetch")
    assert held["status"] == "MODAL"
    check_document(held)
    return answer


async def answered(client: MjClient, task_id: str, **body: str) -> Document:
    """The end of a task that waited for its second input."""
    answer = await client.post("/submit/modal", taskId=task_id, **body)
    assert (answer["code"], answer["result"]) == (1, task_id), answer
    document = await client.ended(task_id)
    assert document["status"] == "SUCCESS", document["failReason"]
    check_document(document)
    return document


async def job_of(client: MjClient, document: Document) -> Document:
    """The simulator's record of the job whose picture the task shows, by the picture's own word."""
    url = document["videoUrl"] or document["imageUrl"]
    async with client.house.client.session.get(url) as response:
        assert response.status == 200
        told = read_metadata(await response.read())
    [job] = [job for job in client.house.simulator.jobs if job["job_id"] == told["job_id"]]
    assert document["jobId"] == document["properties"]["messageHash"] == job["job_id"]
    assert (told["parent"] or None, told["nonce"]) == (job["parent"], job["nonce"])
    return job


@contextmanager
def spending(client: MjClient, *, posts: int, jobs: int) -> Iterator[None]:
    """That many POSTs to Discord, each accepted, and that many drawings; and nothing else went wrong."""
    simulator = client.house.simulator
    said, drawn = len(simulator.interactions), len(simulator.jobs)
    yield
    assert [post["outcome"] for post in simulator.interactions[said:]] == ["accepted"] * posts
    assert len(simulator.jobs) - drawn == jobs
    state = simulator.state()
    assert state["mixups"] == 0
    assert not {"not_simulated", "repeated_nonces", "errors"} & state["counters"].keys()


async def single_of(client: MjClient, prompt: str = "a dog --ar 4:3") -> Document:
    """One of a grid's pictures: the result with the most buttons."""
    grid = await client.drawn("imagine", prompt=prompt)
    return await client.drawn("change", taskId=grid["id"], action="UPSCALE", index=2)


def data_url(shade: int = 120, size: tuple[int, int] = (64, 48)) -> str:
    out = io.BytesIO()
    Image.new("RGB", size, (shade, 0, 0)).save(out, "PNG")
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"


def mask_url() -> str:
    """White, which is what shall change, in its left half."""
    out = io.BytesIO()
    image = Image.new("L", (64, 48), 0)
    image.paste(255, (0, 0, 32, 48))
    image.save(out, "PNG")
    return f"data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}"
