"""Restricts the database files to their owner: prompts and webhook URLs are private.

Contract: files that others can read are restricted, with a warning. On Windows, which has no such modes, nothing
happens.
"""

from __future__ import annotations

import logging
import stat
from pathlib import Path

from storage.atomic_file import HAS_MODES

log = logging.getLogger(__name__)

OTHERS = stat.S_IRWXG | stat.S_IRWXO
BESIDE = ("", "-wal", "-shm", "-lock", "-journal")


def make_private(database: Path) -> None:
    """Restrict the database file, created if missing, and the files beside it. Raises OSError when it cannot be
    created."""
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    database.touch(mode=0o600)
    backups = database.parent.glob(f"{database.name}?*")
    for path in dict.fromkeys([*(Path(f"{database}{end}") for end in BESIDE), *backups]):
        _restrict_mode(path)


def _restrict_mode(path: Path) -> None:
    if not HAS_MODES:
        return
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if not mode & OTHERS or not path.is_file():
            return
        path.chmod(mode & ~OTHERS)
    except FileNotFoundError:
        return
    except OSError as error:
        log.warning("%s is readable by other users, and its mode cannot be changed: %s", path, error.strerror)
        return
    log.warning("%s was readable by other users (mode %o); now only its owner can read it", path, mode)
