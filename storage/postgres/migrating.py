"""Migrates a PostgreSQL database: `migrations/NNNN_name.sql`, forward only, each in its own transaction.

Numbers equal those of SQLite's migrations; the first one here creates what SQLite has after the same number. The table
`schema_version` holds the number of the last applied one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from storage.postgres.errors import newer

FOLDER = Path(__file__).parent / "migrations"


def scripts() -> dict[int, str]:
    """The migrations by number, in order. Raises RuntimeError for duplicate or missing numbers."""
    files = sorted(FOLDER.glob("*.sql"))
    numbers = [int(file.name.partition("_")[0]) for file in files]
    if not numbers or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise RuntimeError(f"migrations are not numbered consecutively: {numbers}")
    return {number: file.read_text(encoding="utf-8") for number, file in zip(numbers, files, strict=True)}


async def migrate(connection: psycopg.AsyncConnection[Any]) -> None:
    """Apply missing migrations. Refuses a database of a newer version, which this version may misread."""
    known = scripts()
    await connection.execute("CREATE TABLE IF NOT EXISTS schema_version (number integer NOT NULL)")
    version = await _version(connection)
    if version > max(known):
        raise newer(version, max(known))
    for number, script in known.items():
        if number > version:
            async with connection.transaction():
                await connection.execute(script.encode())
                await connection.execute("DELETE FROM schema_version")
                await connection.execute("INSERT INTO schema_version VALUES (%s)", (number,))


async def _version(connection: psycopg.AsyncConnection[Any]) -> int:
    row = await (await connection.execute("SELECT coalesce(max(number), 0) FROM schema_version")).fetchone()
    return int(row[0]) if row else 0
