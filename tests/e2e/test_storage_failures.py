"""What is kept, through the whole of it: a disk that is full for a while, damage, a backup of a running service, the
old service's drawings, and tasks that are removed."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator
from storage.sqlite.checking import check
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.model import Action, Phase, Status, Task, TaskRequest, TaskResult
from tests.e2e.test_process import environment, free_port, line_with, process, running
from tests.support.file_damage import PAGE, overwrite_middle
from tests.support.full_disk import no_more_room, room_again
from tests.support.whole_service import Client, calling, receiver, whole

DAY = 24 * 3_600_000


async def ran(environ: dict[str, str], *arguments: str) -> tuple[int | None, str, str]:
    """A command's exit code and what it said."""
    async with process(environ, *arguments) as command:
        out, err = await command.communicate()
        return command.returncode, out.decode(), err.decode()


async def answer(client: Client, route: str, **fields: Any) -> tuple[int, Any]:
    async with client.session.post(f"{client.url}/api/v1/{route}", json=fields) as response:
        return response.status, await response.json()


# ---------------------------------------------------------------- trouble


async def test_a_disk_that_is_full_for_a_while(tmp_path: Path) -> None:
    """Submits are refused meanwhile; whatever was accepted ends right after, and nothing is paid twice."""
    async with (
        Simulator(job_seconds=0.5) as simulator,
        receiver() as hooks,
        running(tmp_path, simulator, hooks) as (service, client),
    ):
        accepted = [await client.submit(action="IMAGINE", prompt=f"dog {n}") for n in range(6)]
        await simulator.until(lambda: len(simulator.interactions) == 6)
        no_more_room(service.pid)
        for _ in range(3):
            status, refused = await answer(client, "trigger/submit", action="IMAGINE", prompt="no room")
            assert (status, refused["code"]) == (503, 0)
            assert "disk" in refused["description"]
        # MidJourney draws on; what it says cannot be written down.
        await simulator.until(lambda: all(job["finished"] for job in simulator.jobs), timeout=60)
        await line_with(service.stderr, "cannot write changes; retrying")
        status, _ = await answer(client, "trigger/submit", action="IMAGINE", prompt="no room")
        assert status == 503
        assert len(await client.post("task/list")) == 6, "looking goes on"
        room_again(service.pid)
        ended = await hooks.until_ended(*accepted)
        assert {document["status"] for document in ended.values()} == {"SUCCESS"}
        after = await client.submit(action="IMAGINE", prompt="room again")
        assert (await hooks.until_ended(after))[after]["status"] == "SUCCESS"
        assert len(simulator.interactions) == 7
        assert Counter(document["_id"] for document in hooks.heard) == Counter([*accepted, after])
    assert check(tmp_path / "tasks.db").problems == []


async def test_damage_found_while_it_runs_is_answered_and_does_not_spin(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "tasks.db"
    async with Database(path) as database:
        done = [
            Task(
                id=str(n),
                request=TaskRequest(action=Action.IMAGINE, prompt="x" * 500),
                status=Status.SUCCESS,
                phase=Phase.OVER,
            )
            for n in range(1, 2001)
        ]
        await Tasks(database).save(done)
    async with whole(tmp_path) as house:
        assert len(await house.client.post("task/list")) == 1000
        overwrite_middle(path, pages=path.stat().st_size // PAGE * 2 // 5)
        before = time.process_time(), time.monotonic()
        for _ in range(20):
            status, refused = await answer(house.client, "task/list")
            assert (status, refused["code"]) == (500, 0)  # coming again does not help
            assert refused["description"].startswith("The database is damaged.")
            assert str(tmp_path) not in refused["description"]
        async with house.client.session.get(f"{house.client.url}/health/live") as response:
            assert response.status == 200
        loops = [record for record in caplog.records if record.name.startswith(("tasks", "api.webhooks.worker"))]
        assert len(loops) < 5 + 5 * (time.monotonic() - before[1])


# ---------------------------------------------------------------- the commands


async def test_a_running_service_is_backed_up_and_checked_without_a_token(tmp_path: Path) -> None:
    alone = environment(tmp_path) | {"DISCORD_TOKEN": "", "PORT": "no number"}  # only where things are kept is asked
    async with (
        Simulator(job_seconds=0.05) as simulator,
        receiver() as hooks,
        running(tmp_path, simulator, hooks) as (_, client),
    ):
        task = await client.submit(action="IMAGINE", prompt="a dog")
        await hooks.until_ended(task)
        copy = str(tmp_path / "copy.db")
        code, out, err = await ran(alone, "backup", copy)
        assert (code, err) == (0, "")
        assert "a sound copy" in out
        code, out, err = await ran(alone, "check")
        assert (code, err) == (0, "")
        assert "sound" in out
        assert "1 SUCCESS" in out
        code, _, err = await ran(alone, "import", copy, "--account", "22")
        assert code == 1
        assert "Another process uses this database" in err
    async with Database(copy) as database:  # and it is what a service can start with
        restored = await Tasks(database).get(task)
        assert restored is not None
        assert restored.status is Status.SUCCESS


async def test_a_picture_of_the_old_service_is_upscaled_and_varied(tmp_path: Path) -> None:
    old_id = "8a2c5959-1111-4222-8333-444455556666"
    async with Simulator(job_seconds=0.05) as simulator, receiver() as hooks:
        async with running(tmp_path, simulator, hooks) as (_, client):
            drawn = await client.submit(action="IMAGINE", prompt="a dog")
            done = (await hooks.until_ended(drawn))[drawn]
        keys = ("index", "action", "prompt", "promptEn", "taskId", "uri", "hash", "content", "progress", "status")
        line = {name: done[name] for name in keys} | {"_id": old_id, "submitTime": 1_684_310_738_264}
        old = tmp_path / "old.db"
        old.write_text(f'{{"$$indexCreated":{{"fieldName":"x"}}}}\n{json.dumps(line)}\n{{"_id": cut')
        folder = tmp_path / "new"
        environ = environment(folder, simulator)
        code, out, err = await ran(environ, "import", str(old))
        assert (code, err) == (0, "")
        assert "1 imported" in out
        assert "line 3: it is not JSON" in out
        async with running(folder, simulator, hooks) as (_, client):
            fetched = await client.fetch(old_id)
            assert (fetched["hash"], fetched["status"], fetched["prompt"]) == (done["hash"], "SUCCESS", "a dog")
            tasks = [await client.submit(action="UPSCALE", taskId=old_id, index=2)]
            tasks.append(await client.submit(action="VARIATION", taskId=done["taskId"], index=3))
            ended = await hooks.until_ended(*tasks)
            assert {ended[task]["status"] for task in tasks} == {"SUCCESS"}
            assert [ended[task]["parentId"] for task in tasks] == [fetched["_id"]] * 2


# ---------------------------------------------------------------- removal


@pytest.mark.parametrize("setting", ["TASK_RETENTION", "PURGE_AT"])
async def test_a_running_service_removes_what_is_to_go(tmp_path: Path, setting: str) -> None:
    now = time.time_ns() // 1_000_000
    start = time.localtime()
    value = "1" if setting == "TASK_RETENTION" else f"{start.tm_hour:02}:{start.tm_min:02}"
    old, waiting = str((now - 3 * DAY) * 1000), str((now - 3 * DAY) * 1000 + 1)
    async with Database(tmp_path / "tasks.db") as database:
        over = Task(
            id=old,
            request=TaskRequest(action=Action.IMAGINE),
            result=TaskResult(finish_time=now - 2 * DAY),
            status=Status.SUCCESS,
            phase=Phase.OVER,
        )
        held = Task(
            id=waiting,
            request=TaskRequest(action=Action.ZOOM),
            status=Status.MODAL,
            phase=Phase.HELD,
            held_until=now + DAY,
        )
        await Tasks(database).save([over, held])
    async with Simulator() as simulator:
        port = str(free_port())
        async with process(environment(tmp_path, simulator, PORT=port, **{setting: value})) as service:
            assert "removed 1 finished tasks" in await line_with(service.stderr, "removed")
            async with calling(f"http://127.0.0.1:{port}", "") as client:
                assert [task["_id"] for task in await client.post("task/list")] == [waiting]
