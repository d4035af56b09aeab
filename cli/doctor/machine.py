"""Checks of `doctor` for this machine: versions, files, disk, database.

Contract: reads only; the database is opened read-only.
"""

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

from cli.doctor.diagnostics import CheckResult, failure, passed, readable_by_others, warning
from settings import COMES_WITH, IS_BINARY, StorageSettings, dotenv_files

PYTHON = (3, 11)
LOW_SPACE, CRITICAL_SPACE = 1 << 30, 100 << 20  # bytes free
CHECKED_SIZE = 256 << 20  # bytes; a larger database is not read in full
FACT_LENGTH = 120  # characters shown of a learned fact's value
_PIN = re.compile(
    r"""^(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?:; python_version >= "3\.(?P<since>\d+)")?""", re.ASCII | re.MULTILINE
)


def versions() -> Iterator[CheckResult]:
    python = platform.python_version()
    if sys.version_info < PYTHON:
        yield failure(f"Python {python} is too old.", "Install Python 3.11 or newer, and create .venv again.")
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
    fix = f"{sys.executable} -m pip install --require-hashes -r requirements.lock"
    if missing:
        yield failure(f"Libraries are missing: {', '.join(missing)}.", fix)
    if other:
        yield warning(f"Versions differ from those tested: {', '.join(other)}.", fix)
    if not missing and not other:
        yield passed("Libraries: as pinned.")


def _pins(path: Path) -> list[tuple[str, str]]:
    """Name and version of each library that this Python needs."""
    found = _PIN.finditer(path.read_text(encoding="utf-8"))
    return [(pin["name"], pin["version"]) for pin in found if sys.version_info >= (3, int(pin["since"] or 0))]


def files() -> Iterator[CheckResult]:
    """Check the `.env` files, which hold tokens."""
    for path in dotenv_files():
        if not path.exists():
            continue
        yield readable_by_others(path) or passed(f"{path} is read, and only this user can read it.")


def disk(storage: StorageSettings) -> Iterator[CheckResult]:
    folder = storage.database_path.parent
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        yield failure(f"{existing} is not writable for this user.", "Change its owner, or set DATA_DIR.")
    free = shutil.disk_usage(existing).free
    if free < LOW_SPACE:
        finding = failure if free < CRITICAL_SPACE else warning
        yield finding(f"{free >> 20} MiB free at {existing}.", "Free space, or set DATA_DIR to another disk.")
    else:
        yield passed(f"Disk: {free >> 30} GiB free at {existing}.")


def database(storage: StorageSettings) -> Iterator[CheckResult]:
    if storage.database_url:
        yield passed("Database: PostgreSQL, as DATABASE_URL names it; the service checks it when it starts.")
        return
    path = storage.database_path
    if not path.exists():
        yield passed(f"Database: {path} does not exist yet; the first start creates it.")
        return
    if found := readable_by_others(path):
        yield found
    known = len([*(COMES_WITH / "storage" / "sqlite" / "migrations").glob("*.sql")])
    try:
        version, integrity = _inspect(path)
    except sqlite3.Error as error:
        yield failure(
            f"{path} cannot be read as a database ({getattr(error, 'sqlite_errorname', type(error).__name__)}).",
            "Check it with: python run.py check. Restore it from a backup: docs/operations.md.",
        )
        return
    if version > known:
        yield failure(f"{path} was written by a newer version of this service.", "Update the service.")
    elif integrity != "ok":
        yield failure(f"{path} is damaged.", "Restore it from a backup: docs/operations.md.")
    else:
        state = "sound" if path.stat().st_size <= CHECKED_SIZE else "not read in full because of its size"
        yield passed(f"Database: {path}, {path.stat().st_size >> 10} KiB, schema {version} of {known}, {state}.")


def facts(storage: StorageSettings) -> Iterator[CheckResult]:
    """What the service has learned about MidJourney: docs/facts.md. Reads the database, so the service need not run."""
    if storage.database_url:
        yield passed("Database: PostgreSQL, as DATABASE_URL names it; the service checks it when it starts.")
        return
    path = storage.database_path
    if not path.exists():
        return
    try:
        with closing(_read_only(path)) as connection:
            rows = connection.execute(
                "SELECT bot, kind, subject, value FROM facts ORDER BY bot, kind, subject"
            ).fetchall()
    except sqlite3.Error:
        return  # damaged, reported above, or older than this table
    for bot, kind, subject, value in rows:
        yield passed(f"Learned: {bot} {kind.replace('_', ' ')}: {subject}: {' '.join(value.split())[:FACT_LENGTH]}")


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)


def _inspect(path: Path) -> tuple[int, str]:
    with closing(_read_only(path)) as connection:
        [version] = connection.execute("PRAGMA user_version").fetchone()
        if path.stat().st_size > CHECKED_SIZE:
            return version, "ok"
        [sound] = connection.execute("PRAGMA quick_check(1)").fetchone()
        return version, sound
