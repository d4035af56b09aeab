"""Interactions to send to MidJourney. The rules create them; `bot.interactions` turns them into Discord payloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.domain.model import Bot


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadedAttachment:
    """A file already uploaded to Discord: its name, and Discord's name for the upload."""

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
    """A command from a message's context menu, such as "Cancel Job"."""

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
    """The submit of an open dialog. Every id comes from the event that opened it."""

    modal_id: str
    custom_id: str
    values: Mapping[str, str]
    labelled: frozenset[str] = frozenset()  # fields inside a label: the submit mirrors the dialog's structure
    bot: Bot = Bot.MIDJOURNEY


@dataclass(frozen=True, kw_only=True, slots=True)
class RegionEditInteraction:
    """The submit of the Vary (Region) web dialog. `custom_id` is that of the event that opened it."""

    custom_id: str  # MJ::iframe::{token}
    prompt: str
    mask: bytes  # a picture; white areas are redrawn
    bot: Bot = Bot.MIDJOURNEY


Interaction = (
    SlashCommandInteraction | MessageCommandInteraction | ButtonInteraction | ModalInteraction | RegionEditInteraction
)
