"""The bots' answers to an interaction: its events, private notes, dialog events, failures.

Contract: delivers answers to the interaction's user; others decide their content.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from simulator.data.components import Component
from simulator.world.chat import Chat
from simulator.world.gateway import SimulatedGateway
from simulator.world.messages import (
    BOTS,
    CHAT_INPUT_COMMAND,
    EPHEMERAL,
    LOADING,
    REPLY,
    Source,
    application_object,
    interaction_keys,
    reference,
)
from simulator.world.records import Channel, Interaction, Message
from simulator.world.state import Background, World

SLASH, COMPONENT, MODAL = 2, 3, 5
# Reasons in INTERACTION_FAILURE.
_UNKNOWN_REASON, TIMED_OUT = 1, 2
_ANSWER_SHARE = 0.125  # of a drawing's time: the delay of answers to /info and /settings


class Replies:
    def __init__(self, world: World, gateway: SimulatedGateway, chat: Chat, background: Background) -> None:
        self._background = background
        self._world = world
        self._gateway = gateway
        self._chat = chat

    # Events

    def event(self, name: str, interaction: Interaction, *, stage: str = "answer", **more: Any) -> None:
        body = {"id": interaction.id}
        if interaction.nonce is not None:
            body["nonce"] = interaction.nonce
        if not interaction.is_closed:
            self._gateway.to_audience(name, interaction.audience, {**body, **more}, stage=stage)

    def succeed(self, interaction: Interaction) -> None:
        if self._world.faults.take("false_failure", interaction.account.token):
            self.time_out(interaction)
        else:
            self.event("INTERACTION_SUCCESS", interaction)

    def succeed_around(self, interaction: Interaction, say: Callable[[], object]) -> None:
        self._around(interaction, say, self._world.settings.success_order)

    def open_dialog(self, name: str, interaction: Interaction, **body: Any) -> None:
        """A modal or a frame, with the success of the interaction that requested it."""
        order = self._world.settings.dialog_success
        self._around(interaction, lambda: self.event(name, interaction, stage="dialog", **body), order)

    def _around(self, interaction: Interaction, say: Callable[[], object], order: str) -> None:
        if order == "random":
            order = self._world.random.choice(("before", "after"))
        if order == "before":
            self.succeed(interaction)
        say()
        if order == "after":
            self.succeed(interaction)

    def time_out(self, interaction: Interaction) -> None:
        """The bot was silent for too long; later messages no longer answer the interaction."""
        self.event("INTERACTION_FAILURE", interaction, reason_code=TIMED_OUT)

    def not_simulated(self, interaction: Interaction) -> None:
        """Report an unsimulated interaction instead of staying silent, so that the client fails at once."""
        self._world.counters["not_simulated"] += 1
        self.event("INTERACTION_FAILURE", interaction, reason_code=_UNKNOWN_REASON)

    # Messages

    def channel(self, interaction: Interaction) -> Channel:
        return self._world.channels[interaction.channel_id]

    def keys(self, interaction: Interaction, *, answered: Message | None = None) -> dict[str, Any]:
        """The keys of a message that answers the interaction; with `answered`, a reply to the pressed message."""
        channel, era = self.channel(interaction), self._world.era
        source = Source(
            id=interaction.id,
            user=interaction.account.user,
            bot=BOTS[interaction.application_id],
            guild_id=channel.guild_id,
            name=interaction.name if interaction.type == SLASH else None,
            pressed=answered.id if answered else "",
        )
        keys = interaction_keys(source, metadata=era.interaction_metadata)
        if answered is not None:
            keys["message_reference"] = reference(channel.id, channel.guild_id, answered.id, newer_keys=era.newer_keys)
        return keys

    def note(
        self,
        interaction: Interaction,
        content: str = "",
        embed: dict[str, Any] | None = None,
        *,
        answered: Message | None = None,
        rows: list[Component] | None = None,
        keys: dict[str, Any] | None = None,
        is_v2: bool | None = None,
    ) -> None:
        """A private message with the interaction's nonce, before or after its success."""
        keys = self.keys(interaction, answered=answered) if keys is None else keys
        more = {"embeds": [embed] if embed else [], "components": rows or []}
        self.succeed_around(interaction, lambda: self._post(interaction, content, {**keys, **more}, is_v2=is_v2))

    def answer(
        self,
        interaction: Interaction,
        content: str = "",
        embed: dict[str, Any] | None = None,
        *,
        rows: list[Component] | None = None,
    ) -> None:
        """The private answer of a command: at once, or by an edit of an empty message that has the nonce."""
        if self._world.answers_directly():
            self.note(interaction, content, embed, rows=rows)
            return
        keys = {**self.keys(interaction), "flags": EPHEMERAL | LOADING}
        posted: list[Message] = []
        self.succeed_around(interaction, lambda: posted.append(self._post(interaction, "", keys)))
        embeds = [embed] if embed else []
        self._background.spawn(
            self._complete(interaction, posted[0], content=content, embeds=embeds, components=rows or []),
            f"answer to {interaction.id}",
        )

    async def _complete(self, interaction: Interaction, message: Message, **changes: Any) -> None:
        await asyncio.sleep(self._world.settings.job_seconds * _ANSWER_SHARE)
        self._chat.edit(self.channel(interaction), message, flags=EPHEMERAL, **changes)

    def _post(
        self, interaction: Interaction, content: str, keys: dict[str, Any], *, is_v2: bool | None = None
    ) -> Message:
        return self._chat.post(
            self.channel(interaction),
            content,
            type_=REPLY if "message_reference" in keys else CHAT_INPUT_COMMAND,
            author=BOTS[interaction.application_id],
            reader=interaction.account.user,
            nonce=interaction.answer_nonce,
            audience=interaction.audience,
            keys=keys,
            is_v2=is_v2,
        )

    # Frames

    def frame(self, interaction: Interaction, *, title: str, path: str, token: str) -> None:
        """A dialog that is a web page: Vary (Region), a captcha."""
        self.open_dialog(
            "INTERACTION_IFRAME_MODAL_CREATE",
            interaction,
            channel_id=interaction.channel_id,
            custom_id=f"MJ::iframe::{token}",
            application=application_object(BOTS[interaction.application_id]),
            title=title,
            iframe_path=path if self._world.settings.frame_path == "slash" else path.lstrip("/"),
            modal_size=3,
        )
