"""What the stores need of a database: committed reads, and writes that happen completely or not at all.

Contract: the interface and the form of a statement. Each database implements it in a package of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

Row = tuple[Any, ...]
Parameters = Row | Mapping[str, Any]


class Statement(NamedTuple):
    """One statement and the parameter rows to run it with."""

    sql: str
    rows: Sequence[Parameters] = ((),)


class SqlDatabase(Protocol):
    """An open database. Statements are those of `storage.sql` and `storage.image_sql`.

    `hooks_written` is set after each commit that added deliveries to the outbox, `images_written` after each that added
    pictures to copy. Both methods raise StoreFailed, or RecordRefused for an error of one row.
    """

    hooks_written: asyncio.Event
    images_written: asyncio.Event

    async def read(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Read committed data."""

    async def scan(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """As `read`, for statements that read a whole table: on a connection of their own."""

    async def write(self, *statements: Statement, committed: Callable[[], None] | None = None) -> None:
        """Write all statements or none; durable when this returns. `committed` runs right after the commit.

        Cancelling the caller takes effect only when the write has ended.
        """

    async def watch(self) -> None:
        """Never return. Raises StoreFailed when another process has taken the database over."""

    async def shrink(self) -> None:
        """Return free space to the disk, a little at once."""
