"""Disks that are full, for real.

A limit on the size of files (`RLIMIT_FSIZE`) works for every user, and can be set from outside for a process of the
same user. A small file system is what a full disk really is; it takes a namespace of its own, which not every machine
allows.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SMALL = "size=4m"


def no_more_room(pid: int) -> None:
    """From now on this process can write nothing behind the first byte of any file."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, hard))


def room_again(pid: int) -> None:
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


class Disk:
    """The disk under a folder, in the process that writes there. `is_small`: it is one of its own."""

    def __init__(self, folder: Path, *, is_small: bool) -> None:
        self._filler = folder / "filler"
        self._is_small = is_small

    def fill(self) -> None:
        if self._is_small:
            self._fill_up()
        else:
            no_more_room(os.getpid())

    def _fill_up(self) -> None:
        with self._filler.open("wb", buffering=0) as file:
            for size in (65536, 4096, 1):
                try:
                    while file.write(b"x" * size):
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        if self._is_small:
            self._filler.unlink()
        else:
            room_again(os.getpid())


def has_small_disks() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(_on_small_disk("/tmp", "true"), capture_output=True, check=False).returncode == 0


def run_on(folder: Path, module: str, *, is_small: bool) -> subprocess.CompletedProcess[str]:
    """Run a module of ours with the folder and the kind of disk as its arguments."""
    command = [sys.executable, "-m", module, str(folder), "small" if is_small else "limited"]
    whole = _on_small_disk(str(folder), 'exec "$@"', *command) if is_small else command
    return subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)


def _on_small_disk(folder: str, then: str, *arguments: str) -> list[str]:
    script = f'mount -t tmpfs -o {SMALL} tmpfs "$0" && {then}'
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, folder, *arguments]
