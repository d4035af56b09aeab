"""The files of the database are their owner's alone: prompts and call-back URLs are nobody else's business.

Contract: what others can read is tightened and told. Windows has no such modes: there nothing is done.
"""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

log = logging.getLogger(__name__)

HAS_MODES = os.name == "posix"
OTHERS = stat.S_IRWXG | stat.S_IRWXO
BESIDE = ("", "-wal", "-shm", "-lock", "-journal")


def make_private(database: Path) -> None:
    """The database's file, made when it is missing, and what lies beside it. Raises OSError when it cannot be made."""
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    database.touch(mode=0o600)
    backups = database.parent.glob(f"{database.name}?*")
    for path in dict.fromkeys([*(Path(f"{database}{end}") for end in BESIDE), *backups]):
        _tighten(path)


def _tighten(path: Path) -> None:
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
        log.warning("%s can be read by other users, and that cannot be changed: %s", path, error.strerror)
        return
    log.warning("%s could be read by other users (mode %o); now it is its owner's alone", path, mode)
