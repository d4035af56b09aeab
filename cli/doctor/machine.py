"""What `doctor` looks at on this machine: versions, files, disk, database."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from importlib import metadata
from pathlib import Path

from cli.doctor.diagnostics import Finding, failure, passed, readable_by_others, warning
from settings import COMES_WITH, IS_BINARY, StorageSettings, dotenv_files

PYTHON = (3, 11)
LITTLE, HARDLY_ANY = 1 << 30, 100 << 20  # bytes that are free
SMALL = 256 << 20  # bytes of a database that is read through at once
_PIN = re.compile(
    r"""^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?:; python_version >= "3\.(?P<since>\d+)")?""", re.ASCII | re.MULTILINE
)


def versions() -> Iterator[Finding]:
    python = platform.python_version()
    if sys.version_info < PYTHON:
        yield failure(f"Python {python} is too old.", "Install Python 3.11 or newer, and make .venv anew.")
    else:
        yield passed(f"Python {python}, SQLite {sqlite3.sqlite_version}, {platform.system()} {platform.machine()}.")
    if IS_BINARY:
        yield passed("Libraries: built in.")
        return
    other, missing = [], []
    for name, pinned in _pins(COMES_WITH / "requirements.txt"):
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
            continue
        if installed != pinned:
            other.append(f"{name} {installed} instead of {pinned}")
    mend = f"{sys.executable} -m pip install --require-hashes -r requirements.lock"
    if missing:
        yield failure(f"Libraries are missing: {', '.join(missing)}.", mend)
    if other:
        yield warning(f"Other versions than those tested with: {', '.join(other)}.", mend)
    if not missing and not other:
        yield passed("Libraries: as pinned.")


def _pins(path: Path) -> list[tuple[str, str]]:
    """Name and version of what this Python needs."""
    found = _PIN.finditer(path.read_text(encoding="utf-8"))
    return [(pin["name"], pin["version"]) for pin in found if sys.version_info >= (3, int(pin["since"] or 0))]


def files() -> Iterator[Finding]:
    """The `.env` files hold tokens."""
    for path in dotenv_files():
        if not path.exists():
            continue
        yield readable_by_others(path) or passed(f"{path} is read, and is this user's alone.")


def disk(storage: StorageSettings) -> Iterator[Finding]:
    folder = storage.database_path.parent
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        yield failure(f"{there} may not be written by this user.", "Give it to this user, or set DATA_DIR.")
    free = shutil.disk_usage(there).free
    if free < LITTLE:
        tell = failure if free < HARDLY_ANY else warning
        yield tell(f"{free >> 20} MiB are free where {there} is.", "Free some space, or set DATA_DIR to another disk.")
    else:
        yield passed(f"Disk: {free >> 30} GiB are free where {there} is.")


def database(storage: StorageSettings) -> Iterator[Finding]:
    path = storage.database_path
    if not path.exists():
        yield passed(f"Database: {path} is not there yet; the first start makes it.")
        return
    if found := readable_by_others(path):
        yield found
    known = len([*(COMES_WITH / "storage" / "migrations").glob("*.sql")])
    try:
        version, sound = _looked_into(path)
    except sqlite3.Error as error:
        yield failure(
            f"{path} cannot be read as a database ({getattr(error, 'sqlite_errorname', type(error).__name__)}).",
            "Look with: python run.py check. Restore it from a backup: docs/operations.md.",
        )
        return
    if version > known:
        yield failure(f"{path} was written by a newer version of this service.", "Update the service.")
    elif sound != "ok":
        yield failure(f"{path} is damaged.", "Restore it from a backup: docs/operations.md.")
    else:
        looked = "sound" if path.stat().st_size <= SMALL else "not read through, as it is large"
        yield passed(f"Database: {path}, {path.stat().st_size >> 10} KiB, schema {version} of {known}, {looked}.")


def _looked_into(path: Path) -> tuple[int, str]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
        [version] = connection.execute("PRAGMA user_version").fetchone()
        if path.stat().st_size > SMALL:
            return version, "ok"
        [sound] = connection.execute("PRAGMA quick_check(1)").fetchone()
        return version, sound
