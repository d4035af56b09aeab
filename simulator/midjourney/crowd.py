"""Other users in the channel: strangers who draw the same prompt, people who chat.

Contract: strangers hold no slots and have neither a session nor a nonce; they never answer an interaction of an
account.
"""

import asyncio
from dataclasses import replace

from simulator.data import scenery
from simulator.data.rewriting import echo
from simulator.midjourney import magic
from simulator.midjourney.studio import Studio
from simulator.world.chat import Chat
from simulator.world.messages import DEFAULT
from simulator.world.records import Job, now_ms
from simulator.world.state import STRANGERS, Background, World

_SMALL_TALK = (
    "which model do you use for hands these days?",
    "love that light **very much** - how long did it take? (3%) maybe",
    "my queue is slow today",
    "try `--stylize 250` on this one",
    "good morning everybody",
    "is there a way to zoom out twice?",
)


class Crowd:
    def __init__(self, world: World, chat: Chat, studio: Studio, background: Background) -> None:
        self._world = world
        self._chat = chat
        self._studio = studio
        self._background = background

    def join(self, job: Job) -> None:
        """Add what the settings request to an account's drawing."""
        for _ in range(self._world.settings.foreign):
            self._background.spawn(self._draw_alike(job), "stranger's job")
        chatter = self._world.settings.chatter
        count = int(chatter) + (self._world.random.random() < chatter % 1)
        for _ in range(count):
            self._background.spawn(self._say_something(job), "small talk")

    async def _random_delay(self) -> None:
        await asyncio.sleep(self._world.random.random() * self._world.settings.job_seconds / 2)

    async def _draw_alike(self, ours: Job) -> None:
        await self._random_delay()
        job_id = self._world.new_job_id()
        job = replace(
            ours,
            job_id=job_id,
            user=self._world.random.choice(STRANGERS),
            account=None,
            interaction_id=self._world.snowflakes.next(),
            mode="fast",
            stealth=False,
            session_id=None,
            nonce=None,
            prompt_echoed=echo(ours.prompt, job_id, self._world.era.version),
            scenes=scenery.scene_names(scenery.palette_of(ours.scenes[0]), job_id, 4),
            created=now_ms(),
            status="waiting",
            finished=None,
            stop_requested=False,
            message_ids=[],
            image_urls=[],
        )
        self._studio.begin(job, magic.USUAL)

    async def _say_something(self, job: Job) -> None:
        await self._random_delay()
        speaker, text = self._world.random.choice(STRANGERS), self._world.random.choice(_SMALL_TALK)
        self._chat.post(job.channel, text, type_=DEFAULT, author=speaker)
