"""The hourly tallies of ended tasks in SQL. Triggers of `tasks` keep them: each database's migration 0012."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from storage import sql
from storage.database_port import SqlDatabase, Statement
from tasks.domain.ports import Clock

HOUR = 3_600_000  # ms
KEPT_HOURS = 401 * 24


class Statistics:
    """The tallies of one database. Hours count from 1970; a period includes its first hour, not its last."""

    def __init__(self, database: SqlDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def start(self) -> None:
        """Remove tallies that no statistics can ask for any more."""
        await self._database.write(Statement(sql.DROP_TALLIES, [(self._clock.now() // HOUR - KEPT_HOURS,)]))

    async def totals(self, first: int, last: int) -> Mapping[str, Mapping[str, int]]:
        """Ended tasks by dimension and name."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for dimension, name, count in await self._database.scan(sql.TALLIES, {"from": first, "to": last}):
            found[dimension][name] = count
        return found

    async def ends(self, first: int, last: int, step: int) -> Mapping[int, Mapping[str, int]]:
        """Ended tasks by period of `step` hours (0 is the first) and status."""
        found: dict[int, dict[str, int]] = defaultdict(dict)
        wanted = {"from": first, "to": last, "step": step}
        for period, status, count in await self._database.scan(sql.TALLIED_ENDS, wanted):
            found[period][status] = count
        return found
