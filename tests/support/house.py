"""Small real things for the tests of the roads: a gateway that answers as told, a clock that tests set, and the house
around them on a real database."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from storage.facts import Facts
from storage.images import CopyPolicy
from storage.outbox import Outbox
from storage.sqlite.database import Database
from storage.tasks import Tasks
from tasks.domain.errors import NotSent
from tasks.domain.events import DiscordEvent, Event, HistoryPage
from tasks.domain.interactions import ButtonInteraction, Interaction, SlashCommandInteraction, UploadedAttachment
from tasks.domain.model import Account, Picture, Task
from tasks.domain.ports import Translation
from tasks.effects.changes import Changes
from tasks.effects.fact_book import FactBook
from tasks.effects.journal import Journal
from tasks.effects.sender import Sender
from tasks.prompts.banned import BannedWords
from tasks.prompts.check import PromptRules
from tasks.rules.account_limits import AccountLimits, QueueFullBackoff
from tasks.sending.dispatcher import Dispatcher
from tasks.tracking.tracker import Rules, Tracker
from tasks.use_cases.service import Limits, Service
from tests.support.tasks import NOW, account


class SetClock:
    def __init__(self, now: int = NOW) -> None:
        self.time = now

    def now(self) -> int:
        return self.time


class Desk:
    """A Gateway that notes what it was told. `answers` is asked for each send; by default Discord takes it."""

    def __init__(self) -> None:
        self.known: dict[str, Account] = {"a": account("a")}
        self.said: list[tuple[str, Interaction, str]] = []
        self.history: list[DiscordEvent] = []
        self.history_reads: list[tuple[str, int]] = []
        self.paused: dict[str, str] = {}
        self.reactions: list[tuple[str, str]] = []
        self.refreshes: list[tuple[str, tuple[str, ...]]] = []
        self.refresh_fails: Exception | None = None
        self.fresh: dict[str, str] = {}  # an old link -> its new one
        self.answer: Callable[[str, Interaction, str], Awaitable[None]] | None = None
        self.moved = asyncio.Event()

    def accounts(self) -> Sequence[Account]:
        return list(self.known.values())

    def account(self, account_id: str) -> Account | None:
        return self.known.get(account_id)

    async def send(self, account: str, order: Interaction, nonce: str) -> None:
        self.said.append((account, order, nonce))
        self.moved.set()
        if self.answer is not None:
            await self.answer(account, order, nonce)

    async def read_history(self, account: str, since: int) -> HistoryPage:
        self.history_reads.append((account, since))
        self.moved.set()
        if not self.known[account].connected:
            raise NotSent("not connected")
        return HistoryPage(events=tuple(self.history))

    async def upload(self, account: str, pictures: Sequence[Picture]) -> Sequence[UploadedAttachment]:
        return [UploadedAttachment(filename=p.filename, uploaded_filename=f"up/{p.filename}") for p in pictures]

    async def publish(self, account: str, pictures: Sequence[Picture]) -> Sequence[str]:
        return [f"https://cdn.discordapp.com/attachments/1/2/{p.filename}" for p in pictures]

    async def react(self, account: str, message_id: str, emoji: str) -> None:
        self.reactions.append((message_id, emoji))

    async def refresh(self, account: str, urls: Sequence[str]) -> Mapping[str, str]:
        self.refreshes.append((account, tuple(urls)))
        if self.refresh_fails is not None:
            raise self.refresh_fails
        return {url: self.fresh[url] for url in urls if url in self.fresh}

    def pause(self, account: str, reason: str) -> None:
        self.paused[account] = reason

    @property
    def prompts(self) -> list[str]:
        return [
            order.options.get("prompt", "") for _, order, _ in self.said if isinstance(order, SlashCommandInteraction)
        ]

    @property
    def presses(self) -> list[str]:
        return [order.custom_id for _, order, _ in self.said if isinstance(order, ButtonInteraction)]


class Dictionary:
    """A translator that knows one word."""

    def needs(self, prompt: str) -> bool:
        return "狗" in prompt

    async def to_english(self, prompt: str) -> Translation:
        if "!" in prompt:
            return Translation(text=prompt, note="not translated")
        text = prompt.replace("狗", "dog").replace("禁", "forbidden").replace("长", "long " * 1400)
        return Translation(text=text.replace("两", "{one, two}"))


class House:
    """The whole of tasks/ on a database in `folder`."""

    _numbers = itertools.count(1)  # no nonce comes twice, not after a restart either

    def __init__(
        self,
        database: Database,
        desk: Desk,
        clock: SetClock,
        *,
        remix_waits: bool = False,
        send_interval: float = 0.0,
        copies: CopyPolicy | None = None,
        suffix: str = "",
    ) -> None:
        self.desk, self.clock, self.database = desk, clock, database
        self.store = Tasks(database, clock=clock, copies=copies)
        self.outbox, self.changes = Outbox(database), Changes()
        journal = Journal(self.store, self.changes, clock)
        self.facts = FactBook(Facts(database))
        numbers = self._numbers
        self.events = events = asyncio.Queue[Event]()
        self.posting = Sender(desk, events.put_nowait)
        self.awake = asyncio.Event()
        queue_full_backoff = QueueFullBackoff()
        self.account_limits = AccountLimits(self.store, clock)
        self.tracker = Tracker(
            events=events,
            store=self.store,
            gateway=desk,
            posting=self.posting,
            queue_full_backoff=queue_full_backoff,
            rules=Rules(falls_back_to_relax=True),
            new_nonce=lambda: f"n{next(numbers)}",
            journal=journal,
            facts=self.facts,
            clock=clock,
            freed=self.awake.set,
        )
        self.dispatcher = Dispatcher(
            awake=self.awake,
            store=self.store,
            gateway=desk,
            translator=Dictionary(),
            tracker=self.tracker,
            posting=self.posting,
            journal=journal,
            clock=clock,
            queue_full_backoff=queue_full_backoff,
            account_limits=self.account_limits,
            rules=(rules := PromptRules(banned=BannedWords.of(["forbidden"]), default_suffix=suffix)),
            new_nonce=lambda: f"n{next(numbers)}",
            send_interval=send_interval,
        )
        self.service = Service(
            store=self.store,
            gateway=desk,
            translator=Dictionary(),
            journal=journal,
            changes=self.changes,
            account_limits=self.account_limits,
            clock=clock,
            wall=clock,
            limits=Limits(max_queue=50, sends_remix_on=not remix_waits),
            rules=rules,
            facts=self.facts,
            submitted=self.awake.set,
            publish=events.put_nowait,
        )

    async def until(self, is_so: Callable[[], Awaitable[bool]]) -> None:
        """Wait until it is so, looking again whenever a task changed or the desk was spoken to."""
        with self.changes.listen() as listener:
            async with asyncio.timeout(60):
                while not await is_so():
                    self.desk.moved.clear()
                    waits = [asyncio.ensure_future(listener.next()), asyncio.ensure_future(self.desk.moved.wait())]
                    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                    for wait in waits:
                        wait.cancel()
                    await asyncio.gather(*waits, return_exceptions=True)

    async def until_said(self, count: int) -> None:
        async def enough() -> bool:
            return len(self.desk.said) >= count

        await self.until(enough)

    async def until_recalled(self, times: int = 1) -> None:
        async def asked() -> bool:
            return len(self.desk.history_reads) >= times

        await self.until(asked)

    async def until_posted(self, task_id: str, count: int, outcome: str) -> None:
        """So many POSTs for this task have ended so."""

        async def enough() -> bool:
            lines = await self.store.timeline_of(task_id)
            return sum(line.detail.get("outcome") == outcome for line in lines) >= count

        await self.until(enough)

    async def until_task(self, task_id: str, is_so: Callable[[Task], bool]) -> Task:
        async def holds() -> bool:
            found = await self.store.get(task_id)
            return found is not None and is_so(found)

        await self.until(holds)
        found = await self.store.get(task_id)
        assert found is not None
        return found


@asynccontextmanager
async def house(
    folder: Path,
    desk: Desk | None = None,
    clock: SetClock | None = None,
    *,
    remix_waits: bool = False,
    send_interval: float = 0.0,
    copies: CopyPolicy | None = None,
    suffix: str = "",
) -> AsyncIterator[House]:
    """Open, started and running; stopped in order at the end."""
    async with Database(folder / "tasks.db") as database:
        built = House(
            database,
            desk or Desk(),
            clock or SetClock(),
            remix_waits=remix_waits,
            send_interval=send_interval,
            copies=copies,
            suffix=suffix,
        )
        await built.facts.start()
        await built.tracker.start()
        await built.dispatcher.start()
        await built.service.start()
        loops = [asyncio.create_task(built.tracker.run()), asyncio.create_task(built.dispatcher.run())]
        try:
            yield built
        finally:
            await built.dispatcher.drain()
            await built.posting.drain()
            for loop in loops:
                loop.cancel()
            for loop in loops:
                with contextlib.suppress(asyncio.CancelledError):
                    await loop
            await built.tracker.drain()
