"""Copies of results through the whole service: made, shown, cut, kept over a kill and a full disk, removed."""

from __future__ import annotations

import asyncio
import io
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import httpx
import pytest
from moto.server import ThreadedMotoServer
from PIL import Image

from app.service import service
from simulator import Simulator
from simulator.data.pictures import read_metadata
from tests.e2e.test_mj import MjClient, mj
from tests.e2e.test_process import environment, free_port, line_with, process
from tests.support.full_disk import no_more_room, room_again
from tests.support.mj_actions import act, check_document
from tests.support.sse_client import Ear
from tests.support.whole_service import Client, Document, calling, receiver, settings_for, whole


def on_disk(folder: Path, **more: str) -> dict[str, str]:
    return {"ARCHIVE": "disk", "ARCHIVE_DIR": str(folder / "images"), **more}


def files(folder: Path) -> list[Path]:
    return [path for path in (folder / "images").rglob("*") if path.is_file() and "cuttings" not in path.parts]


async def copied(client: Client, *tasks: str, ours: bool = True) -> dict[str, Document]:
    """The tasks' documents, once each names our copy (or does so no more)."""
    left = set(tasks)
    url = f"{client.url}/api/v1/events?lastEventId=0"
    async with asyncio.timeout(60), client.session.get(url) as response:
        ear = Ear(response)
        while left and (heard := await ear.next()) is not None:
            seen = [heard.data["task"]] if heard.event == "task" else []
            if heard.event == "reset":  # the lines of a removed task are gone: what comes from here on is told
                seen = [await client.fetch(task) for task in left]
            left -= {document["_id"] for document in seen if ("/images/" in document["imageUrl"]) is ours}
    return {task: await client.fetch(task) for task in tasks}


async def got(client: Client, url: str, **headers: str) -> tuple[aiohttp.ClientResponse, bytes]:
    async with client.session.get(url, headers=headers) as response:
        return response, await response.read()


def is_ours(client: Client, url: str) -> bool:
    return url.startswith(f"{client.url}/images/")


def mean(image: Image.Image) -> tuple[int, ...]:
    pixel = image.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return tuple(map(int, pixel))


# ---------------------------------------------------------------- shown


async def test_a_result_is_copied_and_shown_whole_and_cut(tmp_path: Path) -> None:
    async with whole(tmp_path, environ=on_disk(tmp_path)) as house:
        task = await house.client.submit(action="IMAGINE", prompt="a dog")
        document = (await copied(house.client, task))[task]
        url = document["imageUrl"]
        assert is_ours(house.client, url)
        assert document["uri"].startswith(house.simulator.url)
        _, original = await got(house.client, document["uri"])
        answer, copy = await got(house.client, url)
        assert (answer.status, copy, answer.content_type) == (200, original, "image/webp")
        assert read_metadata(copy)["job_id"] == document["hash"]
        assert [file.read_bytes() for file in files(tmp_path)] == [original]
        grid = Image.open(io.BytesIO(original))
        for tile in range(1, 5):
            answer, data = await got(house.client, f"{url}?tile={tile}")
            image = Image.open(io.BytesIO(data))
            left, top = (tile - 1) % 2 * grid.width // 2, (tile - 1) // 2 * grid.height // 2
            quarter = grid.crop((left, top, left + grid.width // 2, top + grid.height // 2))
            assert (answer.status, image.size) == (200, quarter.size)
            assert all(abs(a - b) <= 3 for a, b in zip(mean(image), mean(quarter), strict=True))
        _, small = await got(house.client, f"{url}?w=320")
        assert Image.open(io.BytesIO(small)).size == (320, 320)
        assert (await got(house.client, url.replace("/images/", "/images/../")))[0].status == 404
        assert (await got(house.client, url[:-6] + ("y" if url[-6] == "x" else "x") + url[-5:]))[0].status == 404
        # what it costs: one load of the picture, by us, beside the one above
        assert len(house.simulator.interactions) == 1


async def test_both_contracts_and_clips(tmp_path: Path) -> None:
    async with mj(tmp_path, environ=on_disk(tmp_path)) as client:
        grid = await client.drawn("imagine", prompt="a dog")
        single = await client.drawn("change", taskId=grid["id"], action="UPSCALE", index=1)
        video = await act(client, single, "Animate (High motion)")
        clip = await act(client, video, "U1")
        await copied(client.house.client, grid["id"], clip["id"])
        shown: Document = await client.get(f"/task/{grid['id']}/fetch")
        check_document(shown)
        assert is_ours(client.house.client, shown["imageUrl"])
        assert shown["imageUrls"] is None  # a grid
        assert (await client.picture(shown))["job_id"] == grid["jobId"]
        clip = await client.get(f"/task/{clip['id']}/fetch")
        check_document(clip)
        assert is_ours(client.house.client, clip["videoUrl"])
        assert clip["videoUrls"] == [{"url": clip["videoUrl"]}]
        answer, part = await got(client.house.client, clip["videoUrl"], Range="bytes=4-7")
        assert (answer.status, part, answer.content_type) == (206, b"ftyp", "video/mp4")
        answer, _ = await got(client.house.client, f"{clip['videoUrl']}?w=320")
        assert (answer.status, answer.headers["Error-Code"]) == (400, "cannot_cut")


async def test_when_discord_s_link_has_expired_ours_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the storage was away until then: the link is renewed, and what was due goes where it may go now."""
    away = {"S3_BUCKET": "b", "S3_ENDPOINT": "http://127.0.0.1:9", "S3_ACCESS_KEY_ID": "k", "S3_SECRET_ACCESS_KEY": "s"}
    async with Simulator(era="2026") as simulator, receiver() as hooks:
        with monkeypatch.context() as expired:
            expired.setattr("simulator.world.chat._SIGNATURE_SECONDS", -10)
            settings = settings_for(simulator, tmp_path, environ=on_disk(tmp_path, ARCHIVE="s3") | away)
            async with service(settings, port=0) as url, calling(url, hooks.url) as client:
                task = await client.submit(action="IMAGINE", prompt="a dog")
                told = (await hooks.until_ended(task))[task]
                assert (await got(client, told["imageUrl"]))[0].status == 404
        settings = settings_for(simulator, tmp_path, environ=on_disk(tmp_path))
        async with service(settings, port=0) as url, calling(url, hooks.url) as client:
            document = (await copied(client, task))[task]
            assert is_ours(client, document["imageUrl"])
            assert (await client.picture(document))["job_id"] == document["hash"]


async def test_the_call_back_may_wait_for_the_copy_and_else_does_not(tmp_path: Path) -> None:
    for seconds, ours in (("0", False), ("10", True)):
        folder = tmp_path / seconds
        folder.mkdir()
        async with whole(folder, environ=on_disk(folder, ARCHIVE_FIRST_SECONDS=seconds)) as house:
            task = await house.client.submit(action="IMAGINE", prompt="a dog")
            told = (await house.hooks.until_ended(task))[task]
            assert told["status"] == "SUCCESS"
            if ours:
                assert is_ours(house.client, told["imageUrl"])
                assert (await house.client.picture(told))["job_id"] == told["hash"]


async def test_previews_where_they_are_asked_for(tmp_path: Path) -> None:
    environ = on_disk(tmp_path, ARCHIVE_PREVIEWS="true")
    async with mj(tmp_path, environ=environ, job_seconds=3.0) as client:
        task = await client.submit("imagine", prompt="a dog")
        await copied_preview(client, task)
        end = await client.ended(task)
        assert end["status"] == "SUCCESS"
        document = (await copied(client.house.client, task))[task]
        assert (await client.house.client.picture(document))["job_id"] == document["hash"]


async def copied_preview(client: MjClient, task: str) -> None:
    """While it is drawn, its picture is ours and can be loaded."""
    url = f"{client.house.client.url}/api/v1/tasks/{task}/events?shape=mj"
    async with asyncio.timeout(60), client.house.client.session.get(url) as response:
        ear = Ear(response)
        while (heard := await ear.next()) is not None:
            document = heard.data["task"] if heard.event else {"imageUrl": ""}
            if is_ours(client.house.client, document["imageUrl"]):
                assert document["status"] == "IN_PROGRESS"
                answer, _ = await got(client.house.client, document["imageUrl"])
                assert answer.status == 200
                return
    raise AssertionError("the task ended, and no preview of it was ours")


async def test_off_is_off(tmp_path: Path) -> None:
    async with whole(tmp_path, environ=on_disk(tmp_path, ARCHIVE="off")) as house:
        task = await house.client.submit(action="IMAGINE", prompt="a dog")
        await house.hooks.until_ended(task)
        document = await house.client.fetch(task)
        assert document["imageUrl"] == document["uri"]
        assert files(tmp_path) == []


# ---------------------------------------------------------------- a bucket


async def test_in_a_bucket_passed_on_or_sent_there(tmp_path: Path) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    await asyncio.to_thread(server.start)
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    try:
        async with httpx.AsyncClient(trust_env=False) as direct:
            (await direct.put(f"{endpoint}/pictures")).raise_for_status()
        environ = {
            "ARCHIVE": "s3",
            "ARCHIVE_DIR": str(tmp_path / "images"),
            "S3_BUCKET": "pictures",
            "S3_ENDPOINT": endpoint,
            "S3_PREFIX": "some/where",
            "S3_ACCESS_KEY_ID": "key",
            "S3_SECRET_ACCESS_KEY": "secret",
        }
        async with whole(tmp_path, environ=environ) as house:
            task = await house.client.submit(action="IMAGINE", prompt="a dog")
            document = (await copied(house.client, task))[task]
            assert is_ours(house.client, document["imageUrl"])
            assert (await house.client.picture(document))["job_id"] == document["hash"]
            answer, part = await got(house.client, document["imageUrl"], Range="bytes=8-11")
            assert (answer.status, part) == (206, b"WEBP")
            assert (await got(house.client, f"{document['imageUrl']}?tile=2"))[0].status == 200
            assert files(tmp_path) == []
        async with whole(tmp_path, environ={**environ, "ARCHIVE_REDIRECT": "true"}) as house:
            document = await house.client.fetch(task)
            answer, copy = await got(house.client, document["imageUrl"])
            assert (answer.url.host, answer.url.port) == (host, port)
            assert read_metadata(copy)["job_id"] == document["hash"]
    finally:
        await asyncio.to_thread(server.stop)


# ---------------------------------------------------------------- a kill, a full disk, and what goes


async def test_a_kill_while_it_copies_loses_nothing_and_keeps_nothing_twice(tmp_path: Path) -> None:
    async with Simulator(job_seconds=0.2) as simulator, receiver() as hooks:
        port = free_port()
        environ = environment(tmp_path, simulator, PORT=str(port), CONCURRENCY="12", **on_disk(tmp_path))
        async with process(environ) as service, calling(f"http://127.0.0.1:{port}", hooks.url) as client:
            await line_with(service.stderr, "is connected")
            tasks = [await client.submit(action="IMAGINE", prompt=f"dog {n}") for n in range(12)]
            await hooks.until_ended(*tasks)
            await line_with(service.stderr, "copied: ")
            service.send_signal(signal.SIGKILL)
            await service.wait()
        async with process(environ) as service, calling(f"http://127.0.0.1:{port}", hooks.url) as client:
            await line_with(service.stderr, "is connected")
            documents = await copied(client, *tasks)
            for document in documents.values():
                assert (await client.picture(document))["job_id"] == document["hash"]
            names = sorted(urlsplit(document["imageUrl"]).path.rpartition("/")[2] for document in documents.values())
            assert sorted(file.name for file in files(tmp_path)) == names
            assert len(simulator.interactions) == 12


async def test_a_disk_that_is_full_for_a_while(tmp_path: Path) -> None:
    async with Simulator(job_seconds=0.5) as simulator, receiver() as hooks:
        port = free_port()
        environ = environment(tmp_path, simulator, PORT=str(port), **on_disk(tmp_path))
        async with process(environ) as service, calling(f"http://127.0.0.1:{port}", hooks.url) as client:
            await line_with(service.stderr, "is connected")
            tasks = [await client.submit(action="IMAGINE", prompt=f"dog {n}") for n in range(3)]
            await simulator.until(lambda: len(simulator.interactions) == 3)
            no_more_room(service.pid)
            await line_with(service.stderr, "cannot write changes; retrying")
            room_again(service.pid)
            for document in (await copied(client, *tasks)).values():
                assert (await client.picture(document))["job_id"] == document["hash"]


async def test_old_copies_go_and_removed_tasks_take_theirs_along(tmp_path: Path) -> None:
    async with whole(tmp_path, environ=on_disk(tmp_path)) as house:
        old, removed, kept = [await house.client.submit(action="IMAGINE", prompt=f"dog {n}") for n in range(3)]
        await copied(house.client, old, removed, kept)
        await house.hooks.until_ended(old, removed, kept)
    assert len(files(tmp_path)) == 3
    with closing(sqlite3.connect(tmp_path / "tasks.db", isolation_level=None)) as database:
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("UPDATE images SET created = 1 WHERE task_id = ?", (int(old),))
        database.execute("DELETE FROM tasks WHERE id = ?", (int(removed),))
    async with whole(tmp_path, environ=on_disk(tmp_path, ARCHIVE_DAYS="30")) as house:
        documents = await copied(house.client, old, ours=False)
        assert documents[old]["imageUrl"] == documents[old]["uri"]
        shown = (await copied(house.client, kept))[kept]["imageUrl"]
        assert [file.name for file in files(tmp_path)] == [shown.rpartition("/")[2]]
        assert (await got(house.client, shown))[0].status == 200
