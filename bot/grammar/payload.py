"""Access to the parts of a gateway payload, whatever shape it has.

Contract: the only module that navigates Discord's JSON. It returns parts and never interprets them. A missing key, a
null and a value of the wrong type all count as absent. A message of Components V2 (flag 1 << 15) has neither content
nor embeds, so its texts, media and buttons are collected from wherever they stand (container 17, section 9, text 10,
thumbnail 11, gallery 12, file 13; https://docs.discord.com/developers/components/reference).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from bot.grammar.ids import BOTS, button_form, last_guid, snowflake
from tasks.domain.model import Bot, Button, Image

BUTTON = 2  # types of components
_TEXT_INPUT = 4
_TEXT = 10
_THUMBNAIL = 11
_GALLERY = 12
_CONTAINER = 17
_LABEL = 18
_MAX_DEPTH = 32  # levels of components; Discord's own messages have about five
_TITLE = re.compile(r"#{1,3} +(?P<heading>[^\n]+)|\*\*(?P<bold>[^*\n]{1,80})\*\*")
_ATTACHED = "attachment://"  # a media URL that names a file of the same message


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def bot_of(message: Mapping[str, Any]) -> Bot | None:
    """Which of the two bots sent the message. Private acknowledgements have no author (seen 2024-05); then the
    application or webhook id decides."""
    ids = [snowflake(mapping(message.get("author")).get("id"))]
    if ids == [None]:
        ids = [snowflake(message.get("application_id")), snowflake(message.get("webhook_id"))]
    return next((BOTS[id_] for id_ in ids if id_ is not None and id_ in BOTS), None)


def is_from_bot(message: Mapping[str, Any]) -> bool | None:
    """Is one of the two bots the sender? None: the payload does not name a sender."""
    if bot_of(message) is not None:
        return True
    senders = [mapping(message.get("author")).get("id"), message.get("application_id"), message.get("webhook_id")]
    return False if any(map(snowflake, senders)) else None


def interaction(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """The interaction that a message answers: `interaction_metadata` (2024 on) or `interaction`."""
    return mapping(message.get("interaction_metadata")) or mapping(message.get("interaction"))


def interaction_id(message: Mapping[str, Any]) -> str | None:
    return snowflake(mapping(message.get("interaction_metadata")).get("id")) or snowflake(
        mapping(message.get("interaction")).get("id")
    )


def triggering_id(message: Mapping[str, Any]) -> str | None:
    """The press that opened the dialog whose submit a message answers (Discord's MessageInteractionMetadata)."""
    return snowflake(mapping(interaction(message).get("triggering_interaction_metadata")).get("id"))


def command_name(message: Mapping[str, Any]) -> str:
    """The name of the slash command that a message answers; "" if it names none."""
    for key in ("interaction", "interaction_metadata"):
        found = mapping(message.get(key))
        if found.get("type", 2) == 2 and text(found.get("name")):
            return text(found["name"]).casefold()
    return ""


def reference_id(message: Mapping[str, Any]) -> str | None:
    return snowflake(mapping(message.get("message_reference")).get("message_id"))


def components(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every component in display order, out of its rows, sections, labels and containers."""
    return (item for item, _holders in _walk(value))


def _walk(value: Any) -> Iterator[tuple[Mapping[str, Any], tuple[Mapping[str, Any], ...]]]:
    """Every component with the components that hold it, outermost first. Iterative: the sender chooses the depth."""
    stack: list[tuple[Mapping[str, Any], tuple[Mapping[str, Any], ...]]]
    stack = [(item, ()) for item in reversed(mappings(value))]
    while stack:
        item, holders = stack.pop()
        yield item, holders
        if len(holders) + 1 < _MAX_DEPTH:
            inner = [*mappings(item.get("components")), *mappings([item.get("component"), item.get("accessory")])]
            stack.extend((child, (*holders, item)) for child in reversed(inner))


def buttons(message: Mapping[str, Any]) -> tuple[Button, ...]:
    """All buttons and selects. Link buttons have no custom_id and are left out."""
    return tuple(
        _button(item)
        for item in components(message.get("components"))
        if text(item.get("custom_id")) and item.get("type") != _TEXT_INPUT
    )


def _button(item: Mapping[str, Any]) -> Button:
    custom_id = text(item["custom_id"])
    form = button_form(custom_id)
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


def options_of(message: Mapping[str, Any], custom_id: str) -> list[Mapping[str, Any]]:
    """The options of the selects whose custom_id starts with this."""
    selects = (item for item in components(message.get("components")))
    return [
        option
        for item in selects
        if text(item.get("custom_id")).startswith(custom_id)
        for option in mappings(item.get("options"))
    ]


def content(message: Mapping[str, Any]) -> str:
    """The message's text: its content, else the texts of its components (Components V2 has no content)."""
    plain = text(message.get("content"))
    return plain if plain.strip() else "\n".join(component_texts(message)) or plain


def component_texts(message: Mapping[str, Any]) -> list[str]:
    """The texts of a Components V2 message, in display order."""
    texts = (text(item.get("content")) for item in components(message.get("components")) if item.get("type") == _TEXT)
    return [part for part in texts if part]


def panels(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The texts of a Components V2 message in the shape of embeds: one panel for each outermost container, one for the
    texts outside of containers. A heading or a bold line that begins a panel is its title; the container's accent is
    its colour."""
    texts: dict[int, list[str]] = {}
    colours: dict[int, int | None] = {}
    for item, holders in _walk(message.get("components")):
        part = text(item.get("content")) if item.get("type") == _TEXT else ""
        if part:
            container = next((holder for holder in holders if holder.get("type") == _CONTAINER), None)
            texts.setdefault(id(container), []).append(part)
            colours[id(container)] = number(mapping(container).get("accent_color"))
    return [_panel("\n".join(parts), colours[key]) for key, parts in texts.items()]


def _panel(words: str, colour: int | None) -> Mapping[str, Any]:
    first, _, rest = words.strip().partition("\n")
    title = _TITLE.fullmatch(first.strip())
    if title is None:
        return {"description": words, "color": colour}
    return {"title": title["heading"] or title["bold"], "description": rest, "color": colour}


def attachments(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The attached files, then the media of a Components V2 message in the shape of attachments."""
    attached = mappings(message.get("attachments"))
    names = {text(item.get("filename")) for item in attached}
    media = [item for item in _media(message) if item["filename"] not in names]
    return [*attached, *media] if media else attached


def _media(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The media of galleries and files, then thumbnails, which may be a mere ornament. Each once."""
    found: dict[str, Mapping[str, Any]] = {}
    thumbnails: dict[str, Mapping[str, Any]] = {}
    for item in components(message.get("components")):
        items = mappings(item.get("items")) if item.get("type") == _GALLERY else [item]
        for holder in items:
            media = mapping(holder.get("media")) or mapping(holder.get("file"))
            url = text(media.get("url"))
            if url and not url.startswith(_ATTACHED):
                into = thumbnails if item.get("type") == _THUMBNAIL else found
                into[url] = {**media, "filename": text(media.get("filename")) or _filename(url)}
    return [*found.values(), *(item for url, item in thumbnails.items() if url not in found)]


def _filename(url: str) -> str:
    try:
        return unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:  # no URL at all, such as one with half a bracket
        return ""


def job_in_files(message: Mapping[str, Any]) -> str | None:
    """The job uuid in the name of the first attached file that has one. `grid_0.webp` has none (seen 2023-07)."""
    names = (text(item.get("filename")) for item in attachments(message))
    return next((guid for name in names if (guid := last_guid(name))), None)


def image(message: Mapping[str, Any]) -> Image | None:
    """The first attached picture or clip. An attachment with nothing but an id does not count."""
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
    return {text(item["custom_id"]): text(item.get("value")) for item in components(value) if _is_text_field(item)}


def labelled_fields(value: Any) -> frozenset[str]:
    """The custom_ids of a dialog's text fields inside a LABEL (type 18) instead of an action row."""
    return frozenset(
        text(item["custom_id"])
        for item, holders in _walk(value)
        if _is_text_field(item) and holders and holders[-1].get("type") == _LABEL
    )


def _is_text_field(item: Mapping[str, Any]) -> bool:
    return item.get("type") == _TEXT_INPUT and bool(text(item.get("custom_id")))
