"""What a gateway payload holds, whatever shape it is in. Missing keys, nulls and wrong types all mean "not said".

The only place that digs in Discord's JSON. It takes things out and never says what they mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.grammar.ids import BOTS, form_of, last_guid, snowflake
from tasks.domain.model import Bot, Button, Image

BUTTON = 2  # types of components
_TEXT = 10
_DEEPEST = 6  # rows within sections within containers; more is no message of Discord's


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def bot_of(message: Mapping[str, Any]) -> Bot | None:
    """Which of the two bots says it. Private acknowledgements come without an author (seen 2024-05); then the
    application or webhook speaks."""
    ids = [snowflake(mapping(message.get("author")).get("id"))]
    if ids == [None]:
        ids = [snowflake(message.get("application_id")), snowflake(message.get("webhook_id"))]
    return next((BOTS[id_] for id_ in ids if id_ is not None and id_ in BOTS), None)


def is_ours(message: Mapping[str, Any]) -> bool | None:
    """Is it of one of the two bots? None: the payload does not say whose it is."""
    if bot_of(message) is not None:
        return True
    said = [mapping(message.get("author")).get("id"), message.get("application_id"), message.get("webhook_id")]
    return False if any(map(snowflake, said)) else None


def interaction(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """The interaction that a message answers: `interaction_metadata` (2024 on) or `interaction`."""
    return mapping(message.get("interaction_metadata")) or mapping(message.get("interaction"))


def interaction_id(message: Mapping[str, Any]) -> str | None:
    return snowflake(mapping(message.get("interaction_metadata")).get("id")) or snowflake(
        mapping(message.get("interaction")).get("id")
    )


def command_name(message: Mapping[str, Any]) -> str:
    """The slash command that a message answers; "" when it answers none, or does not say."""
    for key in ("interaction", "interaction_metadata"):
        said = mapping(message.get(key))
        if said.get("type", 2) == 2 and text(said.get("name")):
            return text(said["name"]).casefold()
    return ""


def reference_id(message: Mapping[str, Any]) -> str | None:
    return snowflake(mapping(message.get("message_reference")).get("message_id"))


def components(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every component, in the order shown, out of its rows and containers."""
    stack = [(item, 1) for item in reversed(mappings(value))]
    while stack:
        item, depth = stack.pop()
        yield item
        if depth < _DEEPEST:
            inner = [*mappings(item.get("components")), *mappings([item.get("component"), item.get("accessory")])]
            stack.extend((child, depth + 1) for child in reversed(inner))


def buttons(message: Mapping[str, Any]) -> tuple[Button, ...]:
    """Everything that can be pressed. Link buttons have no custom_id and are left out."""
    return tuple(_button(item) for item in components(message.get("components")) if text(item.get("custom_id")))


def _button(item: Mapping[str, Any]) -> Button:
    custom_id = text(item["custom_id"])
    form = form_of(custom_id)
    return Button(
        custom_id=custom_id,
        label=text(item.get("label")),
        emoji=text(mapping(item.get("emoji")).get("name")),
        style=number(item.get("style")) or 2,
        type=number(item.get("type")) or 2,
        does=form.does,
        opens_dialog=form.opens_dialog,
        is_quick=form.is_quick,
        is_switch=form.is_switch,
        index=form.index,
    )


def content(message: Mapping[str, Any]) -> str:
    """What it says: its content, else the texts of its components (messages of components alone have no content)."""
    said = text(message.get("content"))
    if said.strip():
        return said
    texts = (text(item.get("content")) for item in components(message.get("components")) if item.get("type") == _TEXT)
    return "\n".join(part for part in texts if part) or said


def attachments(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return mappings(message.get("attachments"))


def job_in_files(message: Mapping[str, Any]) -> str | None:
    """The job uuid in the name of the first attached file that has one. `grid_0.webp` has none (seen 2023-07)."""
    names = (text(item.get("filename")) for item in attachments(message))
    return next((guid for name in names if (guid := last_guid(name))), None)


def image(message: Mapping[str, Any]) -> Image | None:
    """The first attached picture or clip. Some messages list an attachment by its id alone: that is none."""
    return next((_image(item) for item in attachments(message) if text(item.get("url"))), None)


def embedded_image(embed: Mapping[str, Any]) -> Image | None:
    for key in ("image", "thumbnail"):
        item = mapping(embed.get(key))
        if text(item.get("url")):
            return _image(item)
    return None


def _image(item: Mapping[str, Any]) -> Image:
    return Image(
        url=text(item.get("url")),
        filename=text(item.get("filename")),
        content_type=text(item.get("content_type")),
        width=number(item.get("width")),
        height=number(item.get("height")),
        size=number(item.get("size")),
    )


def text_fields(value: Any) -> dict[str, str]:
    """A dialog's text fields: custom_id -> the text already in it."""
    return {
        text(item["custom_id"]): text(item.get("value"))
        for item in components(value)
        if item.get("type") == 4 and text(item.get("custom_id"))
    }
