"""Atomic writes: the old content or the new one, for the owner alone, and nothing left behind."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from storage.atomic_file import write_atomically


def test_a_file_is_replaced_by_one_that_its_owner_alone_reads(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [*tmp_path.iterdir()] == [path]


def test_a_write_that_fails_keeps_the_target_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    (target / "content").mkdir(parents=True)
    with pytest.raises(OSError, match=r"."):
        write_atomically(target, b"new")  # a folder cannot be replaced by a file
    assert [*tmp_path.iterdir()] == [target]


def test_a_missing_folder_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "none" / "file", b"new")
