"""Writes files completely or not at all.

Contract: write to a temporary file beside the target, fsync, rename. After a crash, and for concurrent readers, the
file has either the old or the new content. Only its owner can read the new file.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

HAS_MODES = os.name == "posix"


def write_atomically(path: Path, data: bytes, *, prefix: str = ".") -> None:
    """Write the file. Raises OSError. `prefix` starts the name of the temporary file that a crash may leave."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=prefix)  # mode 0600
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    if HAS_MODES:  # Windows cannot open folders
        sync(path.parent)  # makes the rename durable


def sync(path: Path) -> None:
    """Flush a file's bytes, or a folder's entries, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
