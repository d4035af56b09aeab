"""Learned facts in SQL: implements `tasks.domain.ports.FactStore`."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from storage import sql
from storage.database_port import Row, SqlDatabase, Statement
from tasks.domain.facts import Fact, FactKey, FactKind
from tasks.domain.model import Bot

log = logging.getLogger(__name__)


class Facts:
    """The facts of one database."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    async def all(self) -> list[Fact]:
        """In any order. Leaves out rows of an unknown bot or kind."""
        return [fact for row in await self._database.read(sql.FACTS) if (fact := _fact(row)) is not None]

    async def save(self, learned: Iterable[Fact], forgotten: Iterable[FactKey] = ()) -> None:
        gone = [(key.bot, key.kind, key.subject) for key in forgotten]
        rows = [(f.bot, f.kind, f.subject, f.value, f.account, f.message_id, f.learned, f.sample) for f in learned]
        await self._database.write(Statement(sql.FORGET_FACT, gone), Statement(sql.KEEP_FACT, rows))


def _fact(row: Row) -> Fact | None:
    bot, kind, subject, value, account, message_id, learned, sample = row
    try:
        return Fact(
            bot=Bot(bot),
            kind=FactKind(kind),
            subject=subject,
            value=value,
            account=account,
            message_id=message_id,
            learned=learned,
            sample=sample,
        )
    except ValueError:
        log.warning("a learned fact of unknown kind %r is not used", kind)
        return None
