"""The world: the state of one simulator.

Contract: everything that a reset must clear is in an instance of `World`; nothing is global. It stores state and
answers look-ups; the bots, REST and the gateway change it. A failing background task is logged and counted; it neither
stops the simulator nor fails silently.
"""

import asyncio
import logging
import secrets
import time
import uuid
from collections import Counter, OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from simulator.data.eras import ERAS, Era
from simulator.data.pictures import DrawnPicture
from simulator.world.faults import Faults
from simulator.world.messages import BOT, BOTS, NIJI
from simulator.world.records import (
    Channel,
    Interaction,
    Job,
    Message,
    Profile,
    SimulatedAccount,
    Snowflakes,
    User,
    now_ms,
)
from simulator.world.settings import SimulatorSettings

logger = logging.getLogger("simulator")

# Look-ups by attachment id are kept for this many files; older links return 404, like expired ones.
_FILES_KEPT = 50_000
_STRAIGHT_SHARE = 0.15
# /imagine had this version for most of 2024; programs with a fixed version contain this one.
_LASTING_VERSION = 1_237_876_415_471_554_623
STRANGERS = tuple(
    User(id=str(1_350_000_000_000_000_000 + n), username=name)
    for n, name in enumerate(("wrenfield", "okapi.blue", "tessellate", "marisol_v", "quietloom"))
)


@dataclass(frozen=True, kw_only=True)
class UploadedFile:
    """An uploaded file; `data` is empty until the PUT arrives."""

    owner: SimulatedAccount
    channel_id: str
    filename: str
    data: bytes | None = None
    content_type: str = "application/octet-stream"
    size: tuple[int, int] = (0, 0)  # width and height of a picture


class World:
    """Accounts and channels last for the simulator's life; `reset` clears everything else."""

    def __init__(self, settings: SimulatorSettings, accounts: int, shared_channel: bool) -> None:
        self.initial_settings = settings
        self.accounts = tuple(_account(number, shared_channel) for number in range(1, accounts + 1))
        self.by_token = {account.token: account for account in self.accounts}
        self.channels: dict[str, Channel] = {}
        self.snowflakes = Snowflakes()
        self._version_base, self._version_offset = now_ms(), 0
        self._waiters: set[asyncio.Future[None]] = set()
        self.reset()

    def reset(self) -> None:
        """As after a start, except that ids keep increasing, so that old ones are not mistaken for new ones."""
        seed = self.initial_settings.seed
        # Without a seed every start has different job ids, so that a service may keep its database.
        self.settings = replace(self.initial_settings, seed=secrets.randbelow(2**32) if seed is None else seed)
        self.random = Random(self.settings.seed)
        # Independent randomness: an armed fault changes neither job ids nor MidJourney's random choices.
        self.faults = Faults(Random(f"faults {self.settings.seed}"))
        self.counters: Counter[str] = Counter()
        self.mixups = 0
        self.jobs: dict[str, Job] = {}
        self.interactions: list[Interaction] = []
        self.nonces: dict[str, str] = {}  # nonce -> token
        self.accepted_nonces: set[str] = set()
        self.sent: dict[tuple[str, str, str], str] = {}  # (author, channel, nonce) -> message id
        self.uploads: dict[str, UploadedFile] = {}
        self.files: OrderedDict[str, DrawnPicture | UploadedFile] = OrderedDict()
        self.profiles: dict[str, Profile] = {}  # by token
        self.dead_tokens: set[str] = set()
        self.new_versions()
        self._version_offset = 0
        self._open_channels()

    def _open_channels(self) -> None:
        self.channels.clear()
        for account in self.accounts:
            own = self.channels.setdefault(
                account.channel_id, Channel(id=account.channel_id, guild_id=account.guild_id, readers=set())
            )
            own.readers.add(account.user_id)
            for channel_id, bot in ((account.dm_channel_id, BOT), (account.niji_dm_channel_id, NIJI)):
                self.channels[channel_id] = Channel(
                    id=channel_id, guild_id=None, readers={account.user_id}, bot_id=bot.id
                )

    # Settings and time

    @property
    def era(self) -> Era:
        return ERAS[self.settings.era]

    def apply(self, settings: SimulatorSettings) -> None:
        if settings.seed != self.settings.seed:
            self.random.seed(settings.seed)
        self.settings = settings
        self.touch()

    @property
    def offered(self) -> tuple[str, ...]:
        """The applications with commands here."""
        return tuple(BOTS) if self.settings.index == "both" else (BOT.id,)

    def new_versions(self) -> None:
        """Give every command a version that was never valid before."""
        self._version_base += 1
        self._version_offset += 1

    @property
    def command_version(self) -> str:
        """A new version at every start, or a fixed one, depending on the setting."""
        if self.settings.versions == "new":
            return str((self._version_base << 22) - (1_420_070_400_000 << 22))
        return str(_LASTING_VERSION + self._version_offset)

    def takes_version(self, version: str) -> bool:
        return self.settings.versions == "any" or version == self.command_version

    # Look-ups

    def account(self, key: str | int) -> SimulatedAccount | None:
        """By token, or by position in the list."""
        if isinstance(key, int):
            return self.accounts[key] if 0 <= key < len(self.accounts) else None
        return self.by_token.get(key)

    def profile(self, token: str) -> Profile:
        return self.profiles.get(token, Profile())

    def dm_channel(self, account: SimulatedAccount, bot: User) -> Channel:
        return self.channels[account.niji_dm_channel_id if bot is NIJI else account.dm_channel_id]

    def sees(self, account: SimulatedAccount, channel: Channel) -> bool:
        is_kept_out = channel.guild_id is not None and self.access(account) == "no_channel"
        return account.user_id in channel.readers and not is_kept_out

    def access(self, account: SimulatedAccount) -> str:
        return self.profile(account.token).access

    def offered_to(self, account: SimulatedAccount) -> tuple[str, ...]:
        """The applications whose commands the account can use."""
        return () if self.access(account) == "no_bot" else self.offered

    def visible(self, account: SimulatedAccount, message: Message) -> bool:
        return message.ephemeral_to in (None, account.user_id)

    def answers_directly(self) -> bool:
        """Whether a command is answered by the first message; most answers are edits of an empty one."""
        form = self.settings.answer_form
        return form == "first" or (form == "random" and self.random.random() < _STRAIGHT_SHARE)

    def new_job_id(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    # Growth

    def add_job(self, job: Job) -> None:
        self.jobs[job.job_id] = job
        self.touch()

    def set_status(self, job: Job, status: str, *, done: bool = False) -> None:
        job.status = status
        if done:
            job.finished = now_ms()
        self.touch()

    def add_file(self, attachment_id: str, file: DrawnPicture | UploadedFile) -> None:
        self.files[attachment_id] = file
        while len(self.files) > _FILES_KEPT:
            self.files.popitem(last=False)

    def note_nonce(self, nonce: str, account: SimulatedAccount) -> None:
        """Record a nonce; using it with two accounts is a mix-up of the client under test."""
        if self.nonces.setdefault(nonce, account.token) != account.token:
            self.mixup(f"nonce {nonce} was used by two accounts")

    def note_accepted(self, nonce: str | None) -> None:
        """Count a nonce accepted twice: one submit that draws, and costs, twice."""
        self.counters["interactions_accepted"] += 1
        if nonce in self.accepted_nonces:
            self.counters["repeated_nonces"] += 1
        elif nonce is not None:
            self.accepted_nonces.add(nonce)

    def mixup(self, text: str) -> None:
        self.mixups += 1
        logger.warning("mix-up: %s", text)
        self.touch()

    # Waiting

    def touch(self) -> None:
        """Wake everyone who waits for a change."""
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def changed(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)

    async def until(self, predicate: Callable[[], Any], timeout: float) -> None:
        """Wait until the predicate is true; it is checked after every change."""
        deadline = time.monotonic() + timeout
        while not predicate():
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)  # register before yielding, so that no change is missed
            try:
                await asyncio.wait_for(waiter, max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                raise TimeoutError(f"not true within {timeout} s; counters: {dict(self.counters)}") from None
            finally:
                self._waiters.discard(waiter)


def _account(number: int, shared_channel: bool) -> SimulatedAccount:
    """The same after a restart, so that a service may keep its database."""
    place = 1 if shared_channel else number
    return SimulatedAccount(
        token=f"simulator-token-{number}",
        user_id=str(1_300_000_000_000_000_000 + number),
        username=f"painter{number}",
        guild_id=str(1_310_000_000_000_000_000 + place),
        channel_id=str(1_320_000_000_000_000_000 + place),
        dm_channel_id=str(1_330_000_000_000_000_000 + number),
        niji_dm_channel_id=str(1_335_000_000_000_000_000 + number),
    )


class Background:
    """Background tasks: named, counted, cancelled together."""

    def __init__(self, on_failure: Callable[[], None]) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._on_failure = on_failure

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("%s failed", task.get_name(), exc_info=error)
            self._on_failure()

    async def cancel(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
