"""The records of what is to be said to MidJourney. Made by the rules; `bot.interactions` puts them into Discord's
words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.domain.model import Bot


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadedAttachment:
    """A file that lies at Discord already: its name, and what Discord called it when it was uploaded."""

    filename: str
    uploaded_filename: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SlashCommandInteraction:
    """A slash command, such as /imagine."""

    command: str
    options: Mapping[str, str] = field(default_factory=dict)
    uploads: Mapping[str, UploadedAttachment] = field(
        default_factory=dict
    )  # option -> file, for options that take a picture
    bot: Bot = Bot.MIDJOURNEY


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageCommandInteraction:
    """A command of a message's own menu, such as "Cancel Job", on that message."""

    command: str
    message_id: str
    bot: Bot = Bot.MIDJOURNEY


@dataclass(frozen=True, kw_only=True, slots=True)
class ButtonInteraction:
    """A press of a stored button."""

    message_id: str
    custom_id: str
    message_flags: int = 0
    bot: Bot = Bot.MIDJOURNEY


@dataclass(frozen=True, kw_only=True, slots=True)
class ModalInteraction:
    """The submit of a dialog that was opened; every id comes from the event that opened it."""

    modal_id: str
    custom_id: str
    values: Mapping[str, str]
    labelled: frozenset[str] = frozenset()  # the fields that stand in a label: the answer mirrors the dialog
    bot: Bot = Bot.MIDJOURNEY


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionEditInteraction:
    """The submit of the web dialog of Vary (Region): `custom_id` is the one of the event that opened it."""

    custom_id: str  # MJ::iframe::{token}
    prompt: str
    mask: bytes  # a picture; white is changed
    bot: Bot = Bot.MIDJOURNEY


Interaction = (
    SlashCommandInteraction | MessageCommandInteraction | ButtonInteraction | ModalInteraction | RegionEditInteraction
)
