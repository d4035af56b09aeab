"""Files that are written whole or not at all.

Contract: write to a temporary file beside the target, fsync, rename. A reader and a crash see the old or the new
content and nothing in between. The new file is readable by its owner alone.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from storage.file_permissions import HAS_MODES


def write_atomically(path: Path, data: bytes, *, prefix: str = ".") -> None:
    """Write the file. Raises OSError. `prefix` begins the name of the temporary file, which a crash leaves behind."""
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
    if HAS_MODES:  # Windows opens no folders
        sync(path.parent)  # the name is on disk, too


def sync(path: Path) -> None:
    """Wait until the bytes of a file, or the names in a folder, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
