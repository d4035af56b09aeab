"""The commands as they are typed: what they say, and their exit codes."""

from __future__ import annotations

import asyncio
import io
import json
import sqlite3
from contextlib import closing, redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path

import pytest

from run import COMMANDS, run
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.model import Action, Task, TaskRequest
from tasks.domain.version import VERSION

LINE = {
    "_id": "8a2c5959-1111-4222-8333-444455556666",
    "action": "IMAGINE",
    "prompt": "a dog",
    "taskId": "1108302168013938689",
    "hash": "adbd1ba4-0123-4567-89ab-cdef01234567",
    "submitTime": 1_684_310_738_264,
    "status": "SUCCESS",
}


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The database that the commands find, in an environment without a single other setting."""
    database = tmp_path / "tasks.db"
    monkeypatch.setenv("DATABASE_PATH", str(database))
    return database


def typed(*arguments: str) -> tuple[int, str, str]:
    """Its exit code, and what it said on stdout and stderr."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = run(arguments)
    return code, out.getvalue(), err.getvalue()


def test_every_command_has_its_module() -> None:
    for name, command in COMMANDS.items():
        module = import_module(command.module)
        assert callable(module.add_arguments), name
        assert callable(module.run), name


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"{VERSION}\n"


def filled(path: Path) -> Path:
    async def fill() -> None:
        async with Database(path) as database:
            await Tasks(database).save(
                [Task(id=str(n), request=TaskRequest(action=Action.IMAGINE)) for n in range(1, 6)]
            )

    asyncio.run(fill())
    return path


def test_a_backup_is_told_with_its_size(path: Path, tmp_path: Path) -> None:
    filled(path)
    copy = tmp_path / "copy.db"
    code, out, err = typed("backup", str(copy))
    assert (code, err) == (0, "")
    assert out == f"{copy}: {copy.stat().st_size} bytes, a sound copy of {path}\n"
    code, out, err = typed("backup", str(copy))
    assert (code, out) == (1, "")
    assert "--force" in err
    assert typed("backup", str(copy), "--force")[0] == 0
    assert typed("check", str(copy))[0] == 0


def test_check_tells_facts_and_then_problems(path: Path) -> None:
    code, out, err = typed("check")
    assert (code, out) == (1, "")
    assert "does not exist" in err
    filled(path)
    code, out, err = typed("check")
    assert (code, err) == (0, "")
    assert out.startswith(f"{path}: sound\n  schema ")
    assert "  5 tasks: 5 NOT_START\n" in out
    with closing(sqlite3.connect(path)) as plain, plain:
        plain.execute("UPDATE tasks SET document = 'x' WHERE id = 3")
    code, out, err = typed("check")
    assert (code, err) == (1, "")
    assert out.startswith(f"{path}: damaged\n")
    assert "  PROBLEM Task 3 in the database cannot be read." in out


def test_check_of_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"no database, but long enough to be looked at as one" * 100)
    code, _, err = typed("check", str(tmp_path / "text"))
    assert code == 1
    assert "not an SQLite database" in err


def test_the_simulator_s_own_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_PATH")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    filled(tmp_path / "simulator.db")
    code, out, _ = typed("--simulator", "check")
    assert code == 0
    assert "simulator.db: sound" in out


def test_import_tells_what_became_of_the_lines(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    failed = {**LINE, "_id": "another-one", "status": "FAILURE"}
    file.write_text("\n".join([json.dumps(LINE), json.dumps(failed), '{"_id": cut']), encoding="utf-8")
    code, out, err = typed("import", str(file), "--account", "22")
    assert (code, err) == (0, "")
    lines = [line.strip() for line in out.splitlines()[1:]]
    assert lines == [
        "3 lines",
        "1 imported",
        "1 not finished, left out",
        "1 unreadable lines",
        "line 3: it is not JSON",
    ]
    code, out, _ = typed("import", str(file), "--account", "22")
    assert code == 0
    assert "1 imported before" in out
    assert "1 imported\n" not in out


def test_import_asks_whose_the_drawings_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("DISCORD_TOKEN", "a,b"), ("DISCORD_GUILD_ID", "3"), ("DISCORD_CHANNEL_ID", "1,2")):
        monkeypatch.setenv(name, value)
    code, _, err = typed("import", str(tmp_path / "none"))
    assert code == 2
    assert "2 accounts are configured (1, 2)." in err
    assert "--account" in err
    code, _, err = typed("import", str(tmp_path / "none"), "--account", "1")
    assert code == 1
    assert "cannot be read" in err


def test_a_setting_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASK_RETENTION", "some")
    code, _, err = typed("check")
    assert code == 2
    assert "TASK_RETENTION" in err


def test_read_of_what_cannot_be_read(tmp_path: Path) -> None:
    assert typed("read", str(tmp_path / "none")) == (1, "", f"The file {tmp_path / 'none'} does not exist.\n")
    assert typed("read", str(tmp_path)) == (1, "", f"{tmp_path} cannot be read: Is a directory.\n")
