"""The bots' answers to an interaction: its events, private notes, dialogs' events, failures.

Law: knows how an answer reaches its asker, never why it is given.
"""

from collections.abc import Callable
from typing import Any

from simulator.chat import Chat
from simulator.components import Component
from simulator.gateway import Gateway
from simulator.messages import (
    BOTS,
    CHAT_INPUT_COMMAND,
    REPLY,
    Source,
    application_object,
    interaction_keys,
    reference,
)
from simulator.records import Channel, Interaction, Message
from simulator.state import World

SLASH, COMPONENT, MODAL = 2, 3, 5
_UNKNOWN_REASON = 2


class Replies:
    def __init__(self, world: World, gateway: Gateway, chat: Chat) -> None:
        self._world = world
        self._gateway = gateway
        self._chat = chat

    # Events

    def event(self, name: str, interaction: Interaction, *, stage: str = "answer", **more: Any) -> None:
        body = {"id": interaction.id}
        if interaction.nonce is not None:
            body["nonce"] = interaction.nonce
        if not interaction.unheard:
            self._gateway.to_asker(name, interaction.asker, {**body, **more}, stage=stage)

    def succeed(self, interaction: Interaction) -> None:
        if self._world.faults.take("false_failure", interaction.account.token):
            self.event("INTERACTION_FAILURE", interaction, reason_code=_UNKNOWN_REASON)
        else:
            self.event("INTERACTION_SUCCESS", interaction)

    def succeed_around(self, interaction: Interaction, say: Callable[[], object]) -> None:
        order = self._world.settings.success_order
        if order == "random":
            order = self._world.random.choice(("before", "after"))
        if order == "before":
            self.succeed(interaction)
        say()
        if order == "after":
            self.succeed(interaction)

    def not_simulated(self, interaction: Interaction) -> None:
        """Says so on the wire rather than being silent: the user's client should end at once."""
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
    ) -> None:
        """A private message with the interaction's nonce, around its success."""
        keys = self.keys(interaction, answered=answered) if keys is None else keys
        more = {"embeds": [embed] if embed else [], "components": rows or []}
        self.succeed_around(
            interaction,
            lambda: self._chat.post(
                self.channel(interaction),
                content,
                type_=REPLY if "message_reference" in keys else CHAT_INPUT_COMMAND,
                author=BOTS[interaction.application_id],
                reader=interaction.account.user,
                nonce=interaction.nonce,
                asker=interaction.asker,
                keys={**keys, **more},
            ),
        )

    # Frames

    def frame(self, interaction: Interaction, *, title: str, path: str, token: str) -> None:
        """A dialog that is a web page: Vary (Region), a captcha."""
        self.event(
            "INTERACTION_IFRAME_MODAL_CREATE",
            interaction,
            stage="dialog",
            channel_id=interaction.channel_id,
            custom_id=f"MJ::iframe::{token}",
            application=application_object(BOTS[interaction.application_id]),
            title=title,
            iframe_path=path,
            modal_size=3,
        )
