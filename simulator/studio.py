"""Drawings: who may start one now, and the life of each from its first message to its end.

Law: a job's life is one coroutine that reads from top to bottom; its words come from `wording`, its shape from
`eras`, its fate from `magic`. Nothing here knows of HTTP or sockets.
"""

import asyncio
from collections import deque
from dataclasses import replace
from typing import Any

from simulator import components, wording
from simulator.background import Background
from simulator.chat import Chat
from simulator.magic import Fate
from simulator.messages import (
    APPLICATION_ID,
    CHAT_INPUT_COMMAND,
    DEFAULT,
    REPLY,
    interaction_keys,
    reference,
)
from simulator.records import Job, Message
from simulator.state import World

_LAST_BEFORE_WITHDRAWAL = 93


class Studio:
    def __init__(self, world: World, chat: Chat, background: Background) -> None:
        self._world = world
        self._chat = chat
        self._background = background
        self._running: dict[str, set[str]] = {}
        self._queued: dict[str, deque[tuple[Job, Fate]]] = {}

    def reset(self) -> None:
        self._running.clear()
        self._queued.clear()

    def load(self, token: str) -> tuple[list[str], int]:
        """Running job ids and the number of queued ones."""
        return sorted(self._running.get(token, ())), len(self._queued.get(token, ()))

    def has_slot(self, token: str) -> bool:
        return len(self._running.get(token, ())) < self._world.settings.concurrency

    def has_queue(self, token: str) -> bool:
        return len(self._queued.get(token, ())) < self._world.settings.queue

    # Beginnings

    def begin(self, job: Job, fate: Fate, *, nonce: str | None = None) -> None:
        """The first message now, the rest as time goes by."""
        if job.account is not None and job.kind.holds_slot:
            self._running.setdefault(job.account.token, set()).add(job.job_id)
        self._world.add_job(job)
        first = self._first_message(job, nonce)
        self._background.spawn(self._life(job, fate, first), f"job {job.job_id}")

    def begin_after(self, job: Job, fate: Fate, seconds: float) -> None:
        """Holds its slot from now, as a job that MidJourney has queued and is about to start."""
        if job.account is not None and job.kind.holds_slot:
            self._running.setdefault(job.account.token, set()).add(job.job_id)
        self._world.add_job(job)
        self._world.set_status(job, "queued")

        async def later() -> None:
            await asyncio.sleep(seconds)
            await self._life(job, fate, self._first_message(job, None))

        self._background.spawn(later(), f"queued job {job.job_id}")

    def enqueue(self, job: Job, fate: Fate) -> None:
        assert job.account is not None
        self._queued.setdefault(job.account.token, deque()).append((job, fate))
        self._world.add_job(job)
        self._world.set_status(job, "queued")

    def _release(self, job: Job) -> None:
        if job.account is None or not job.kind.holds_slot:
            return
        token = job.account.token
        self._running.get(token, set()).discard(job.job_id)
        waiting = self._queued.get(token)
        while waiting and self.has_slot(token):
            following, fate = waiting.popleft()
            self.begin(following, fate)

    # Life

    async def _life(self, job: Job, fate: Fate, message: Message) -> None:
        try:
            await self._draw(job, fate, message)
        finally:
            self._release(job)

    async def _draw(self, job: Job, fate: Fate, message: Message) -> None:
        settings, chance = self._world.settings, self._world.random
        percents = wording.percentages(settings.steps, chance) if job.kind.steps else []
        if fate.ending == "withdrawn":
            percents = [*(value for value in percents if value < _LAST_BEFORE_WITHDRAWAL), _LAST_BEFORE_WITHDRAWAL]
        elif fate.ending in ("failed", "stopped"):
            percents = percents[: len(percents) // 2]
        pause = settings.job_seconds * fate.slowness * job.kind.share / (len(percents) + 1)
        blind = chance.choice((1, 2))
        self._world.set_status(job, "running")
        for number, percent in enumerate(percents):
            await asyncio.sleep(pause)
            if job.stop_requested:
                break
            self._show_progress(job, message, percent, preview=fate.previews and number >= blind)
        await asyncio.sleep(pause)
        self._end(job, "stopped" if job.stop_requested else fate.ending, message)

    def _show_progress(self, job: Job, message: Message, percent: int, *, preview: bool) -> None:
        content = wording.progress(job.kind, job.prompt_echoed, job.user.id, percent, job.mode)
        attachments = []
        if preview:
            picture = replace(job.picture(percent=percent), format="webp").sized(job.kind.preview)
            name = wording.preview_name(job.job_id)
            attachments.append(self._chat.attach(job.channel, picture, name, ephemeral=not job.slash))
        self._chat.edit(job.channel, message, content=content, attachments=attachments)

    def _end(self, job: Job, ending: str, message: Message) -> None:
        if ending == "result":
            self._finish(job, message)
        elif ending == "stopped":
            content = wording.stopped(job.kind, job.prompt_echoed, job.user.id)
            self._chat.edit(job.channel, message, content=content, components=[])
            self._world.set_status(job, "stopped", done=True)
        elif ending == "withdrawn":
            self._chat.delete(job.channel, message)
            self._world.set_status(job, "withdrawn", done=True)
        else:
            self._fail(job, message)

    def _finish(self, job: Job, progress: Message) -> None:
        """The result is a new message; the one that showed progress goes after it."""
        world, chance, era = self._world, self._world.random, self._world.era
        extension = era.grid_format if job.kind.grid else era.single_format
        picture = replace(job.picture(), format=extension).sized(1024)
        name = wording.file_name(job.user.id, job.prompt_echoed, job.job_id, extension)
        attachment = self._chat.attach(job.channel, picture, name)
        content = wording.final(
            era,
            job.kind,
            job.prompt_echoed,
            job.user.id,
            index=job.index,
            job_id=job.job_id,
            mode=job.mode,
            footer=chance.random() < 0.5,
        )
        answered = job.parent_message or progress
        rows = components.grid_rows(job.job_id) if job.kind.grid else components.solo_rows(job.job_id)
        job.image_urls.append(attachment["url"])
        world.set_status(job, "finished", done=True)
        self._chat.post(
            job.channel,
            content,
            # Whether an /imagine's result is marked as a reply is not known: both occur here.
            type_=chance.choice((DEFAULT, REPLY)) if job.slash else REPLY,
            mentions=(job.user,),
            job=job,
            keys={
                "attachments": [attachment],
                "components": rows,
                "message_reference": reference(job.channel.id, job.channel.guild_id, answered.id),
            },
        )
        # A button's private progress message is seen to stay as well as to go.
        if job.slash or chance.random() < 0.5:
            self._chat.delete(job.channel, progress)

    def _fail(self, job: Job, message: Message) -> None:
        """By an edit of the progress message or by a reply to it."""
        embeds = [wording.embed(wording.FAILED, job.prompt)]
        self._world.set_status(job, "failed", done=True)
        if self._world.random.random() < 0.5:
            self._chat.edit(job.channel, message, embeds=embeds, components=[])
            return
        keys = {
            "embeds": embeds,
            "application_id": APPLICATION_ID,
            "webhook_id": APPLICATION_ID,
            "message_reference": reference(job.channel.id, job.channel.guild_id, message.id),
        }
        reader = None if job.slash else job.user
        self._chat.post(job.channel, "", type_=REPLY, mentions=(job.user,), reader=reader, job=job, keys=keys)

    def _first_message(self, job: Job, nonce: str | None) -> Message:
        content = wording.waiting(job.kind, job.prompt_echoed, job.user.id, job.index)
        keys = self.answer_keys(job)
        if not job.slash:
            keys["components"] = components.cancel_row(job.job_id)
        self._world.set_status(job, "waiting")
        return self._chat.post(
            job.channel,
            content,
            type_=CHAT_INPUT_COMMAND if job.slash else REPLY,
            mentions=(job.user,),
            reader=None if job.slash else job.user,
            job=job,
            nonce=nonce,
            session_id=job.session_id,
            keys=keys,
        )

    def answer_keys(self, job: Job) -> dict[str, Any]:
        """The keys that tie a message to the interaction it answers."""
        guild_id, parent = job.channel.guild_id, job.parent_message
        if parent is None:
            return interaction_keys(job.interaction_id, job.user, guild_id, name="imagine", pressed="")
        keys = interaction_keys(job.interaction_id, job.user, guild_id, name=None, pressed=parent.id)
        return {**keys, "message_reference": reference(job.channel.id, guild_id, parent.id)}
