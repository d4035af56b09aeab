"""Files have their names when they are whole, nobody else's folder is reached, and the disk is never filled up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.archive.disk import NAME, DiskArchive, place_of
from storage.images import new_name
from tasks.domain.errors import ArchiveFailed
from tasks.domain.model import Action, Image, Task, TaskProgress, TaskRequest
from tasks.results.image_copy import ImageCopy

SECRET = "0123456789abcdefghijklmnopqrstuv"
COPY = ImageCopy(
    id=1,
    task_id="1",
    role="result",
    url="https://cdn.test/a.png",
    name=f"adbd1ba4-0123-4567-89ab-cdef01234567-{SECRET}.png",
    place="disk",
    state="stored",
    attempts=0,
    due=0,
    type="image/png",
    size=10,
    width=None,
    height=None,
    created=0,
    last_error="",
)
DATA = b"0123456789"


@pytest.fixture
def archive(tmp_path: Path) -> DiskArchive:
    return DiskArchive(tmp_path / "images", reserve=0)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def all_of(archive: DiskArchive, copy: ImageCopy = COPY, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in archive.read(copy, start, end)])


async def test_what_is_put_is_read_whole_or_in_part(archive: DiskArchive) -> None:
    await archive.put(COPY, DATA, "image/png")
    assert await all_of(archive) == DATA
    assert await all_of(archive, start=3, end=5) == b"34"
    assert await archive.link(COPY) is None
    await archive.put(COPY, b"abc", "image/png")  # done once more: in place of the first
    assert await all_of(archive) == b"abc"


async def test_what_is_removed_is_gone_with_its_empty_folders(archive: DiskArchive, tmp_path: Path) -> None:
    await archive.put(COPY, DATA, "image/png")
    await archive.delete([COPY])
    assert [*(tmp_path / "images").iterdir()] == []
    await archive.delete([COPY])
    with pytest.raises(FileNotFoundError):
        await all_of(archive)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        f"../{COPY.name}",
        f"a/{COPY.name}",
        f"{COPY.name}/..",
        COPY.name.replace(".png", ""),
        COPY.name.upper(),
        f"{COPY.name}\0",
        "",
        ".",
    ],
)
async def test_no_other_name_leads_anywhere(archive: DiskArchive, tmp_path: Path, name: str) -> None:
    with pytest.raises(ArchiveFailed):
        await archive.put(replace(COPY, name=name), DATA, "image/png")
    with pytest.raises(ArchiveFailed):
        await all_of(archive, replace(COPY, name=name))
    with pytest.raises(ArchiveFailed):
        await archive.delete([replace(COPY, name=name)])
    assert files(tmp_path) == []


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=40))
def test_whatever_discord_calls_a_file_its_name_here_is_plain(filename: str, url: str, job: str) -> None:
    task = Task(id="1684310738264000", request=TaskRequest(action=Action.IMAGINE), progress=TaskProgress(job_id=job))
    name = new_name(task, Image(url=url, filename=filename))
    assert NAME.fullmatch(name)
    assert place_of(name).count("/") == 2
    assert name != new_name(task, Image(url=url, filename=filename)), "nobody guesses the next"


async def test_a_disk_that_is_nearly_full_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(ArchiveFailed, match="nearly full"):
        await DiskArchive(tmp_path / "images", reserve=2**60).put(COPY, DATA, "image/png")
    assert files(tmp_path) == []


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "images").write_text("a file")
    with pytest.raises(ArchiveFailed, match="cannot be stored"):
        await DiskArchive(tmp_path / "images", reserve=0).put(COPY, DATA, "image/png")


async def test_files_come_and_go_in_one_folder(archive: DiskArchive) -> None:
    """What is removed takes its empty folder along, while another is about to be written there."""
    others = [replace(COPY, id=n, name=COPY.name.replace("adbd1ba4", f"{n:08}")) for n in range(40)]
    await asyncio.gather(
        *(archive.put(copy, DATA, "image/png") for copy in others), *(archive.delete([COPY]) for _ in range(40))
    )
    assert [await all_of(archive, copy) for copy in others] == [DATA] * 40


async def test_what_a_crash_left_is_swept_away(archive: DiskArchive, tmp_path: Path) -> None:
    await archive.put(COPY, DATA, "image/png")
    [whole] = files(tmp_path)
    (whole.parent / ".part-abc").write_bytes(b"half")
    assert archive.sweep() == 1
    assert files(tmp_path) == [whole]
