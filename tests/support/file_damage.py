"""What can happen to a file on a disk, done to it."""

from __future__ import annotations

from pathlib import Path

PAGE = 4096


def overwrite_middle(path: Path, pages: int = 8) -> None:
    """Some pages in the middle become noise; the first, which says what the file is, stays."""
    middle = path.stat().st_size // 2 // PAGE * PAGE
    with path.open("r+b") as file:
        file.seek(middle)
        file.write(b"\xa5" * PAGE * pages)


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 // PAGE * PAGE)
