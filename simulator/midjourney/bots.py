"""The bots: receive interactions and reactions, and dispatch them.

Contract: every answer begins with INTERACTION_CREATE. Commands, buttons and dialogs are handled by the modules with
these names; `studio` runs jobs.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from simulator.data import wording
from simulator.midjourney.buttons import Buttons
from simulator.midjourney.dialogs import Dialogs
from simulator.midjourney.replies import COMPONENT, SLASH, Replies
from simulator.midjourney.slash import SlashCommands
from simulator.world.chat import Chat
from simulator.world.messages import DEFAULT
from simulator.world.records import Interaction, Message, SimulatedAccount
from simulator.world.state import Background, World

PATIENCE_SECONDS = 3.0  # Discord's time limit for a bot's answer
_ENVELOPE = "✉"  # with or without the variation selector for colour


class MidJourney:
    def __init__(
        self,
        world: World,
        *,
        replies: Replies,
        commands: SlashCommands,
        buttons: Buttons,
        dialogs: Dialogs,
        chat: Chat,
        background: Background,
    ) -> None:
        self._world = world
        self._replies = replies
        self._commands = commands
        self._buttons = buttons
        self._chat = chat
        self._background = background
        self.dialogs = dialogs

    def accept(self, interaction: Interaction) -> None:
        """Take over the interaction. Discord's response to the POST does not wait for this."""
        interaction.id = self._world.snowflakes.next()
        self._background.spawn(self._answer(interaction, self._work(interaction)), f"interaction {interaction.id}")

    def _work(self, interaction: Interaction) -> Callable[[], None]:
        if interaction.type == SLASH:
            return partial(self._commands.run, interaction)
        if interaction.type == COMPONENT:
            return partial(self._buttons.press, interaction)
        # At once, so that a dialog submitted twice is filled in once.
        return self.dialogs.take(interaction)

    async def _answer(self, interaction: Interaction, work: Callable[[], None]) -> None:
        settings = self._world.settings
        await asyncio.sleep(settings.latency_ms / 1000)
        self._replies.event("INTERACTION_CREATE", interaction)
        delay = self._world.era.bot_delay_ms if settings.bot_delay_ms is None else settings.bot_delay_ms
        await asyncio.sleep(min(delay / 1000, PATIENCE_SECONDS))
        late = delay / 1000 - PATIENCE_SECONDS
        if late > 0:
            self._replies.time_out(interaction)
            # From here on, messages of the bot do not answer the interaction.
            interaction.is_closed = True
            await asyncio.sleep(late)
        work()

    def reacted(self, account: SimulatedAccount, message: Message, emoji: str) -> None:
        """An envelope on a result requests its seed, which arrives as a private message from the bot."""
        job = message.job
        if job is None or job.status != "finished" or not job.image_urls or not emoji.startswith(_ENVELOPE):
            return
        text = wording.seed(job.prompt_echoed, job.job_id, job.seed)
        self._chat.post(self._world.dm_channel(account, job.bot), text, type_=DEFAULT, author=job.bot)
