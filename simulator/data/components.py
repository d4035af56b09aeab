"""Rows of buttons, and the meaning of pressing one.

Contract: pure. Builds and reads Discord component objects; `layouts` defines which buttons a result has. Knows neither
running jobs nor who may press.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from simulator.data.layouts import MAKE_SQUARE, Layout, Spec

Component = dict[str, Any]
SECONDARY, PRIMARY, SUCCESS, DANGER, LINK = 2, 1, 3, 4, 5
ROW, BUTTON, SELECT, TEXT_INPUT, LABEL = 1, 2, 3, 4, 18


@dataclass(frozen=True, kw_only=True)
class ButtonPress:
    """The meaning of a custom id: a command, its job (or key), and which of its pictures or texts."""

    command: str
    job_id: str = ""
    index: int = 0
    word: str = ""


_UUID = r"(?P<job>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_SOLO = rf"(?P<index>\d)::{_UUID}::SOLO"
# The first pattern that matches the whole custom id names the command.
_GRAMMAR: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (command, re.compile(pattern))
    for command, pattern in (
        ("upscale", rf"MJ::JOB::upsample::(?P<index>[1-4])::{_UUID}"),
        ("variation", rf"MJ::JOB::variation::(?P<index>[1-4])::{_UUID}"),
        ("reroll", rf"MJ::JOB::reroll::{_SOLO}"),
        ("low_variation", rf"MJ::JOB::low_variation::{_SOLO}"),
        ("high_variation", rf"MJ::JOB::high_variation::{_SOLO}"),
        ("region", rf"MJ::Inpaint::{_SOLO}"),
        ("upscale_subtle", rf"MJ::JOB::upsample_v\w+_2x_subtle::{_SOLO}"),
        ("upscale_creative", rf"MJ::JOB::upsample_v\w+_2x_creative::{_SOLO}"),
        ("upscale_2x", rf"MJ::JOB::upsample_v\d+_2x::{_SOLO}"),
        ("upscale_4x", rf"MJ::JOB::upsample_v\d+_4x::{_SOLO}"),
        ("zoom_2x", rf"MJ::Outpaint::50::{_SOLO}"),
        ("zoom_1_5x", rf"MJ::Outpaint::75::{_SOLO}"),
        ("zoom_square", rf"{MAKE_SQUARE}::{_SOLO}"),
        ("custom_zoom", rf"MJ::CustomZoom::{_UUID}"),
        ("pan_left", rf"MJ::JOB::pan_left::{_SOLO}"),
        ("pan_right", rf"MJ::JOB::pan_right::{_SOLO}"),
        ("pan_up", rf"MJ::JOB::pan_up::{_SOLO}"),
        ("pan_down", rf"MJ::JOB::pan_down::{_SOLO}"),
        ("animate_high", rf"MJ::JOB::animate_high::{_SOLO}"),
        ("animate_low", rf"MJ::JOB::animate_low::{_SOLO}"),
        ("animate_high_extend", rf"MJ::JOB::animate_high_extend::(?P<index>[1-4])::{_UUID}"),
        ("animate_low_extend", rf"MJ::JOB::animate_low_extend::(?P<index>[1-4])::{_UUID}"),
        ("animate_manual", rf"MJ::JOB::video::(?P<index>[1-4])::{_UUID}::(?P<word>high|low)::manual"),
        ("video_upscale", rf"MJ::JOB::video_virtual_upscale::(?P<index>[1-4])::{_UUID}"),
        ("bookmark", rf"MJ::BOOKMARK::{_UUID}"),
        ("cancel", rf"MJ::CancelJob::ByJobid::{_UUID}"),
        ("pic_reader", r"MJ::Job::PicReader::(?P<index>[1-4])"),
        ("pic_reader_all", r"MJ::Job::PicReader::all"),
        ("describe_again", r"MJ::Picread::Retry"),
        ("analyzed", r"MJ::Job::PromptAnalyzer::(?P<index>[1-9])"),
        ("appeal", r"MJ::Prompts::Appeal::(?P<word>[\w-]+)"),
        ("setting", r"MJ::Settings::(?P<word>\w+)(?:::\d)?"),
    )
)


def read_custom_id(custom_id: str) -> ButtonPress | None:
    """None for buttons that are not simulated."""
    for command, pattern in _GRAMMAR:
        if found := pattern.fullmatch(custom_id):
            groups = found.groupdict()
            return ButtonPress(
                command=command,
                job_id=groups.get("job") or "",
                index=int(groups.get("index") or 0),
                word=groups.get("word") or "",
            )
    return None


def button(custom_id: str, label: str | None = None, emoji: str | None = None, style: int = SECONDARY) -> Component:
    item: Component = {"type": BUTTON, "style": style, "custom_id": custom_id}
    if label is not None:
        item["label"] = label
    if emoji is not None:
        name, _, emoji_id = emoji.partition(":")
        item["emoji"] = {"name": name, "id": emoji_id} if emoji_id else {"name": name}
    return item


def link(label: str, url: str) -> Component:
    return {"type": BUTTON, "style": LINK, "label": label, "url": url}


def text_input(custom_id: str, label: str, value: str) -> Component:
    return {
        "type": TEXT_INPUT,
        "custom_id": custom_id,
        "label": label,
        "style": 2,
        "value": value,
        "required": True,
        "min_length": 1,
        "max_length": 4000,
    }


def with_label(label: str, field: Component) -> list[Component]:
    """A dialog's field in the newer form, with a label around it."""
    inner = {key: value for key, value in field.items() if key != "label"}
    return [{"type": LABEL, "id": 1, "label": label, "component": {**inner, "id": 2}}]


def rows(*lines: list[Component], numbered: bool = True) -> list[Component]:
    """Action rows; since 2024 their components are numbered."""
    number = 0
    result: list[Component] = []
    for line in lines:
        number += 1
        row: Component = {"type": ROW, "id": number, "components": []}
        for item in line:
            number += 1
            row["components"].append({**item, "id": number})
        result.append(row)
    return result if numbered else [_unnumbered(row) for row in result]


def _unnumbered(row: Component) -> Component:
    parts = [{key: value for key, value in item.items() if key != "id"} for item in row["components"]]
    return {"type": ROW, "components": parts}


def cancel_row(job_id: str, *, numbered: bool = True) -> list[Component]:
    cancel = button(f"MJ::CancelJob::ByJobid::{job_id}", "Cancel Job", style=DANGER)
    return rows([cancel], numbered=numbered)


def appeal_row(key: str, *, numbered: bool = True) -> list[Component]:
    return rows([button(f"MJ::Prompts::Appeal::{key}", "Appeal", style=PRIMARY)], numbered=numbered)


def lay_out(
    layout: Layout, job_id: str, *, index: int = 1, square: bool = False, numbered: bool = True
) -> list[Component]:
    """A layout's rows for one job, without buttons for other aspect ratios."""
    lines = [
        [_made(spec, job_id, index) for spec in line if not (square and spec[0].startswith(MAKE_SQUARE))]
        for line in layout
    ]
    return rows(*lines, numbered=numbered)


def _made(spec: Spec, job_id: str, index: int) -> Component:
    target, label, emoji = spec
    target = target.format(u=job_id, n=index)
    return link(label or "", target) if target.startswith("https:") else button(target, label, emoji)


def buttons(components: list[Component]) -> Iterator[Component]:
    for row in components:
        yield from row["components"]


def find(components: list[Component], custom_id: str) -> Component | None:
    return next((item for item in buttons(components) if item.get("custom_id") == custom_id), None)


def pressed(components: list[Component], custom_id: str) -> list[Component]:
    """The same rows with that button marked as used."""
    return [
        {
            **row,
            "components": [
                {**item, "style": PRIMARY} if item.get("custom_id") == custom_id else item for item in row["components"]
            ],
        }
        for row in components
    ]


# Components V2: the texts, pictures and buttons of a message are components, and nothing else is left. The same message
# always has the same arrangement, so that an edit does not move its parts. Where the buttons stand (beside the text, in
# the container or below it) is invented: nobody has seen MidJourney use this form.

V2_FLAG = 1 << 15
_SECTION, _TEXT, _GALLERY, _SEPARATOR, _CONTAINER = 9, 10, 12, 14, 17
_OF_MEDIA = ("url", "proxy_url", "width", "height", "content_type", "placeholder", "placeholder_version")


def in_components_v2(body: Component) -> Component:
    """The REST object with everything it shows as components; an empty message, which loads, stays as it is."""
    if not any(body[key] for key in ("content", "embeds", "attachments", "components")):
        return body
    chance = Random(body["id"])
    texts = [_spoken(body["content"])] if body["content"] else []
    pictures = [_gallery(body["attachments"])] if body["attachments"] else []
    panels = [_panel(embed) for embed in body["embeds"]]
    lines = [dict(row) for row in body["components"]]
    place = chance.choice(("below", "inside", "beside"))
    inner = [*texts, *pictures, *panels]
    if place == "beside" and texts and lines and lines[0]["type"] == ROW and "custom_id" in lines[0]["components"][0]:
        first, *others = lines[0]["components"]
        if first["type"] == BUTTON:
            inner[0] = {"type": _SECTION, "components": texts, "accessory": first}
            lines = [{**lines[0], "components": others}, *lines[1:]] if others else lines[1:]
    if place == "inside" and not panels:
        inner = [{"type": _CONTAINER, "accent_color": None, "components": [*inner, {"type": _SEPARATOR}, *lines]}]
        lines = []
    return {**body, "content": "", "embeds": [], "attachments": [], "components": [*inner, *lines], "flags": _flags(body)}


def _flags(body: Component) -> int:
    return int(body["flags"]) | V2_FLAG


def _spoken(content: str) -> Component:
    return {"type": _TEXT, "content": content}


def _gallery(attachments: list[Component]) -> Component:
    items = [{"media": {key: item[key] for key in _OF_MEDIA if key in item}} for item in attachments]
    return {"type": _GALLERY, "items": items}


def _panel(embed: Component) -> Component:
    """An embed: its colour is the container's, its footer small text."""
    title, footer = embed.get("title"), embed.get("footer", {}).get("text")
    parts = [f"### {title}" if title else "", embed.get("description") or "", f"-# {footer}" if footer else ""]
    inner = [_spoken("\n".join(part for part in parts if part))]
    if image := embed.get("image"):
        inner.append(_gallery([image]))
    return {"type": _CONTAINER, "accent_color": embed.get("color"), "components": inner}
