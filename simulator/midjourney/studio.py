"""Runs drawings: who may start one, and the life of each from its first message to its end.

Contract: a job's life is one coroutine, written in order; `display` writes its messages, `magic` sets its outcome.
Knows neither HTTP nor sockets.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

from simulator.data import wording
from simulator.data.troubles import NOTICES, TROUBLES
from simulator.midjourney.display import Display
from simulator.midjourney.magic import Fate
from simulator.world.records import Job, Message
from simulator.world.state import Background, World

_LAST_BEFORE_WITHDRAWAL = 93


# The setting that limits them, of videos or pictures, relaxed or not.
_LIMITS = {
    (False, False): "concurrency",
    (False, True): "relaxed",
    (True, False): "videos",
    (True, True): "relaxed_videos",
}


@dataclass(frozen=True, kw_only=True)
class SlotPool:
    """The slots of one account for one kind of job. `limit`: the setting with their number."""

    token: str
    limit: str


class Studio:
    def __init__(self, world: World, display: Display, background: Background) -> None:
        self._world = world
        self._display = display
        self._background = background
        self._running: dict[SlotPool, set[str]] = {}
        self._queued: dict[SlotPool, deque[tuple[Job, Fate]]] = {}
        self._stops: dict[str, asyncio.Event] = {}

    def reset(self) -> None:
        self._running.clear()
        self._queued.clear()
        self._stops.clear()

    def load(self, token: str) -> tuple[list[str], int]:
        """The ids of running jobs, and the number of queued ones."""
        running = sorted(job_id for pool, jobs in self._running.items() if pool.token == token for job_id in jobs)
        return running, sum(len(waiting) for pool, waiting in self._queued.items() if pool.token == token)

    def has_slot(self, job: Job) -> bool:
        pool = self._pool(job)
        return len(self._running.get(pool, ())) < int(getattr(self._world.settings, pool.limit))

    def has_queue(self, job: Job) -> bool:
        return len(self._queued.get(self._pool(job), ())) < self._world.settings.queue

    def _pool(self, job: Job) -> SlotPool:
        """The slots that the job counts against: in older eras all jobs of an account share theirs."""
        token = job.account.token if job.account else ""
        if not self._world.era.limits_by_kind:
            return SlotPool(token=token, limit="concurrency")
        is_video, is_relaxed = job.kind.family == "video", job.mode == "relaxed"
        return SlotPool(token=token, limit=_LIMITS[is_video, is_relaxed])

    # Beginnings

    def begin(self, job: Job, fate: Fate, *, nonce: str | None = None) -> None:
        """Post the first message now and run the rest in the background."""
        self._enter(job)
        if job.kind.shape == "texts" and fate.ending == "result" and self._world.answers_directly():
            self._world.set_status(job, "waiting")
            self._background.spawn(self._answer(job, None, nonce), f"texts {job.job_id}")
            return
        first = self._first(job, fate, nonce)
        self._background.spawn(self._life(job, fate, first), f"job {job.job_id}")

    def begin_after(self, job: Job, fate: Fate, seconds: float) -> None:
        """Hold a slot from now on, like a queued job that MidJourney is about to start."""
        self._enter(job)
        self._world.set_status(job, "queued")

        async def later() -> None:
            await asyncio.sleep(seconds)
            await self._life(job, fate, self._first(job, fate, None))

        self._background.spawn(later(), f"queued job {job.job_id}")

    def enqueue(self, job: Job, fate: Fate) -> None:
        self._queued.setdefault(self._pool(job), deque()).append((job, fate))
        self._world.add_job(job)
        self._world.set_status(job, "queued")

    def stop(self, job: Job) -> bool:
        """False when it has already ended."""
        if job.finished is not None or job.status == "silent":
            return False
        job.stop_requested = True
        if job.job_id in self._stops:
            self._stops[job.job_id].set()
        return True

    def _enter(self, job: Job) -> None:
        if job.account is not None and job.kind.holds_slot:
            self._running.setdefault(self._pool(job), set()).add(job.job_id)
        self._world.add_job(job)

    def _first(self, job: Job, fate: Fate, nonce: str | None) -> Message:
        self._world.set_status(job, "waiting")
        message = self._display.first(job, nonce)
        if fate.notice:
            self._display.note(job, NOTICES[fate.notice])
        return message

    def _release(self, job: Job) -> None:
        self._stops.pop(job.job_id, None)
        if job.account is None or not job.kind.holds_slot:
            return
        for running in self._running.values():  # the era may have changed since it began
            running.discard(job.job_id)
        waiting = self._queued.get(self._pool(job))
        while waiting and self.has_slot(waiting[0][0]):
            following, fate = waiting.popleft()
            self.begin(following, fate)

    # Life

    async def _life(self, job: Job, fate: Fate, message: Message) -> None:
        try:
            if job.kind.shape == "texts" and fate.ending == "result":
                await self._answer(job, message, None)
            else:
                await self._draw(job, fate, message)
        finally:
            self._release(job)

    async def _answer(self, job: Job, message: Message | None, nonce: str | None) -> None:
        await asyncio.sleep(self._world.settings.job_seconds * job.kind.share)
        self._display.texts(job, message, nonce)

    async def _draw(self, job: Job, fate: Fate, message: Message) -> None:
        percents = self._percents(job, fate)
        pause = self._world.settings.job_seconds * fate.slowness * job.kind.share / (len(percents) + 1)
        blind = self._world.random.choice((1, 2))
        self._world.set_status(job, "running")
        if job.kind.before:
            await self._pause(job, pause / 2)
            self._display.begin(job, message)
        for number, percent in enumerate(percents):
            if not await self._pause(job, pause):
                break
            self._display.progress(job, message, percent, number, preview=fate.previews and number >= blind)
            if fate.paused and number == len(percents) // 2:
                await self._pause(job, pause)
                self._display.paused(job, message)
        going = not job.stop_requested and await self._pause(job, pause)
        self._end(job, fate, "stopped" if not going else fate.ending, message)

    def _percents(self, job: Job, fate: Fate) -> list[int]:
        world = self._world
        percents = wording.percentages(world.era, world.settings.steps, world.random) if job.kind.steps else []
        if fate.ending == "withdrawn":
            return [*(value for value in percents if value < _LAST_BEFORE_WITHDRAWAL), _LAST_BEFORE_WITHDRAWAL]
        if fate.ending in ("failed", "stopped"):
            return percents[: int(len(percents) * fate.until)]
        return percents

    async def _pause(self, job: Job, seconds: float) -> bool:
        """False when the job was stopped meanwhile."""
        stop = self._stops.setdefault(job.job_id, asyncio.Event())
        if job.stop_requested:
            return False
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            return True
        return False

    def _end(self, job: Job, fate: Fate, ending: str, message: Message) -> None:
        display = self._display
        if ending == "result":
            result = display.result(job, message)
            if fate.foreign_error:
                display.add_foreign_error(job, result)
        elif ending == "stopped":
            display.stopped(job, message)
        elif ending == "withdrawn":
            display.withdrawn(job, message)
            if fate.note:
                display.note(job, TROUBLES[fate.note])
        else:
            display.failed(job, message, TROUBLES[fate.error], fate)
