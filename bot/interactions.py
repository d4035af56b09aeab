"""The body of `POST /interactions`: the parts that the interaction alone decides, and the command index.

Contract: pure. The account adds guild, channel, session and nonce. Command ids look stable but versions change
(imagine's changed at least three times, 2023 to 2024), so both come from Discord's command index and none is written
here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from bot.grammar.ids import APPLICATIONS, BOTS, snowflake
from bot.grammar.payload import mapping, mappings, number, text
from tasks.domain.errors import SendRefused
from tasks.domain.interactions import (
    ButtonInteraction,
    MessageCommandInteraction,
    ModalInteraction,
    SlashCommandInteraction,
    UploadedAttachment,
)
from tasks.domain.model import Bot

__all__ = [
    "APPLICATIONS",
    "CommandIndex",
    "InteractionBody",
    "OfferedCommand",
    "Option",
    "PostedInteraction",
    "interaction_body",
    "parse_command_index",
]

PostedInteraction = (
    SlashCommandInteraction | MessageCommandInteraction | ButtonInteraction | ModalInteraction
)  # interactions that are posted to /interactions

SLASH_COMMAND = 1  # types of application commands
MESSAGE_COMMAND = 3

_COMMAND, _COMPONENT, _MODAL = 2, 3, 5  # types of interactions
_ROW, _BUTTON, _TEXT_INPUT, _LABEL = 1, 2, 4, 18  # types of components

_STRING, _INTEGER, _BOOLEAN, _NUMBER, _ATTACHMENT = 3, 4, 5, 10, 11  # types of options
_VALUES: Mapping[int, Callable[[str], Any]] = MappingProxyType(
    {_INTEGER: int, _NUMBER: float, _BOOLEAN: lambda given: given.casefold() in ("true", "1", "yes", "on")}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """An option of a command in Discord's index."""

    name: str
    shown: str = ""  # the localised name; "": the same
    type: int = _STRING
    required: bool = False
    max_length: int | None = None  # characters; None: the index names no limit
    choices: Mapping[str, Any] = field(default_factory=dict)  # original name -> the value to send


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferedCommand:
    """A command of one of the bots in Discord's index."""

    bot: Bot
    application_id: str
    id: str
    version: str
    name: str
    shown: str = ""  # the localised name; "": the same
    type: int = SLASH_COMMAND
    options: tuple[Option, ...] = ()


class CommandIndex(Mapping[tuple[Bot, str, int], OfferedCommand]):
    """The commands that a channel offers: (bot, name, type) -> command. Immutable; a new index makes a new object."""

    __slots__ = ("_commands",)

    def __init__(self, commands: Sequence[OfferedCommand] = ()) -> None:
        self._commands = MappingProxyType({(c.bot, c.name, c.type): c for c in commands})

    def __getitem__(self, key: tuple[Bot, str, int]) -> OfferedCommand:
        return self._commands[key]

    def __iter__(self) -> Iterator[tuple[Bot, str, int]]:
        return iter(self._commands)

    def __len__(self) -> int:
        return len(self._commands)

    @property
    def prompt_limit(self) -> int | None:
        """Characters that /imagine takes as its prompt; None: the index does not say. The smaller of the two bots'."""
        options = [o for c in self.values() if c.name == "imagine" for o in c.options if o.name == "prompt"]
        return min((option.max_length for option in options if option.max_length is not None), default=None)

    @property
    def localised_names(self) -> tuple[tuple[str, str], ...]:
        """Original and localised names of commands and their options, where they differ."""
        commands = [(command.name, command.shown) for command in self.values()]
        options = [(option.name, option.shown) for command in self.values() for option in command.options]
        return tuple(dict.fromkeys((name, shown) for name, shown in (*commands, *options) if shown))

    def find(self, bot: Bot, name: str, type_: int = SLASH_COMMAND) -> OfferedCommand:
        """Raises `SendRefused` when the bot does not offer the command here: nothing was sent."""
        try:
            return self._commands[bot, name, type_]
        except KeyError:
            raise SendRefused(
                f"MidJourney's bot offers no command {name!r} in this channel.",
                hint="Is the bot a member of the server, and may the account use its commands here?",
            ) from None


def parse_command_index(json: Any) -> CommandIndex:
    """Read the answer of an `application-command-index` route. CommandIndex of other applications are left out.

    Whatever is not as Discord writes it is left out too, so that one odd command does not hide the others.
    """
    return CommandIndex(
        [c for c in map(_command, mappings(mapping(json).get("application_commands"))) if c is not None]
    )


def _command(item: Mapping[str, Any]) -> OfferedCommand | None:
    application_id, id_ = snowflake(item.get("application_id")), snowflake(item.get("id"))
    version, name = snowflake(item.get("version")), _original_name(item)
    bot = BOTS.get(application_id or "")
    if bot is None or application_id is None or id_ is None or version is None or not name:
        return None
    return OfferedCommand(
        bot=bot,
        application_id=application_id,
        id=id_,
        version=version,
        name=name,
        shown=_localised_name(item),
        type=number(item.get("type")) or SLASH_COMMAND,  # absent where it is 1
        options=tuple(_listed_option(option) for option in mappings(item.get("options")) if _original_name(option)),
    )


def _original_name(item: Mapping[str, Any]) -> str:
    """The name to send. Where a bot localises its names, `name` is in the language of the request and `name_default` is
    the original (Discord's command index, 2026)."""
    return text(item.get("name_default")) or text(item.get("name"))


def _localised_name(item: Mapping[str, Any]) -> str:
    """The name in the language of the request; empty where it is the original one."""
    shown = text(item.get("name"))
    return shown if shown != _original_name(item) else ""


def _listed_option(item: Mapping[str, Any]) -> Option:
    max_length = number(item.get("max_length"))
    return Option(
        name=_original_name(item),
        shown=_localised_name(item),
        type=number(item.get("type")) or _STRING,
        required=item.get("required") is True,
        max_length=max_length if max_length is not None and max_length > 0 else None,
        choices={
            _original_name(choice): choice["value"]
            for choice in mappings(item.get("choices"))
            if _original_name(choice) and isinstance(choice.get("value"), str | int | float)
        },
    )


# ---------------------------------------------------------------- bodies


@dataclass(frozen=True, kw_only=True, slots=True)
class InteractionBody:
    """The interaction's part of the JSON. The message fields are set for a button press only."""

    type: int
    application_id: str
    data: Mapping[str, Any] = field(default_factory=dict)
    message_id: str | None = None
    message_flags: int = 0

    def as_json(self) -> dict[str, Any]:
        parts = {"type": self.type, "application_id": self.application_id, "data": dict(self.data)}
        if self.message_id is not None:
            parts |= {"message_id": self.message_id, "message_flags": self.message_flags}
        return parts


def interaction_body(order: PostedInteraction, commands: CommandIndex) -> InteractionBody:
    """The JSON body for an interaction.

    Raises `SendRefused` when a command is not offered, or lacks an option that the interaction names.
    """
    match order:
        case SlashCommandInteraction():
            return _slash(order, commands.find(order.bot, order.command), order.uploads)
        case MessageCommandInteraction():
            return _on_a_message(commands.find(order.bot, order.command, MESSAGE_COMMAND), order.message_id)
        case ButtonInteraction():
            return _press(order)
        case ModalInteraction():
            return _submit(order)


def _on_a_message(command: OfferedCommand, target_id: str) -> InteractionBody:
    """A message command, such as "Cancel Job", on that message."""
    return InteractionBody(
        type=_COMMAND,
        application_id=command.application_id,
        data={**_invoked(command), "options": [], "attachments": [], "target_id": target_id},
    )


def _invoked(command: OfferedCommand) -> dict[str, Any]:
    return {"id": command.id, "version": command.version, "name": command.name, "type": command.type}


def _slash(
    order: SlashCommandInteraction, command: OfferedCommand, uploads: Mapping[str, UploadedAttachment]
) -> InteractionBody:
    known = {option.name: option for option in command.options}
    strange = [name for name in (*order.options, *uploads) if name not in known]
    if strange:
        raise SendRefused(f"MidJourney's command {command.name!r} takes no option {strange[0]!r}.")
    files = list(uploads.items())
    options = [_option(known[name], given) for name, given in order.options.items() if name not in uploads]
    options += [{"type": _ATTACHMENT, "name": name, "value": n} for n, (name, _) in enumerate(files)]
    attachments = [
        {"id": str(n), "filename": upload.filename, "uploaded_filename": upload.uploaded_filename}
        for n, (_, upload) in enumerate(files)
    ]
    data = {**_invoked(command), "options": options, "attachments": attachments}
    return InteractionBody(type=_COMMAND, application_id=command.application_id, data=data)


def _option(option: Option, given: str) -> dict[str, Any]:
    if option.max_length is not None and len(given) > option.max_length:
        raise SendRefused(
            f"MidJourney's option {option.name!r} takes at most {option.max_length} characters; this has {len(given)}."
        )
    convert = _VALUES.get(option.type, str)
    try:
        value = option.choices[given] if given in option.choices else convert(given)
        return {"type": option.type, "name": option.name, "value": value}
    except ValueError:
        raise SendRefused(f"MidJourney's option {option.name!r} cannot be {given!r}.") from None


def _press(order: ButtonInteraction) -> InteractionBody:
    return InteractionBody(
        type=_COMPONENT,
        application_id=APPLICATIONS[order.bot],
        data={"component_type": _BUTTON, "custom_id": order.custom_id},
        message_id=order.message_id,
        message_flags=order.message_flags,
    )


def _submit(order: ModalInteraction) -> InteractionBody:
    """The answer mirrors the dialog: a field that came in a LABEL goes back in one (Discord's clients, 2025 on)."""
    components = []
    for custom_id, value in order.values.items():
        entry = {"type": _TEXT_INPUT, "custom_id": custom_id, "value": value}
        is_labelled = custom_id in order.labelled
        components.append(
            {"type": _LABEL, "component": entry} if is_labelled else {"type": _ROW, "components": [entry]}
        )
    data = {"id": order.modal_id, "custom_id": order.custom_id, "components": components}
    return InteractionBody(type=_MODAL, application_id=APPLICATIONS[order.bot], data=data)
