"""Rows of buttons, and what a press on one of them asks for.

Law: pure. Builds and reads Discord component objects; knows nothing of jobs that run or of who may press.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Component = dict[str, Any]
SECONDARY, PRIMARY, DANGER, LINK = 2, 1, 4, 5


@dataclass(frozen=True, kw_only=True)
class Press:
    """What the owner of a custom id wants: a kind of job, for which job, and which of its pictures."""

    command: str
    job_id: str
    index: int


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
        ("upscale_subtle", rf"MJ::JOB::upsample_v7_2x_subtle::{_SOLO}"),
        ("upscale_creative", rf"MJ::JOB::upsample_v7_2x_creative::{_SOLO}"),
        ("zoom_2x", rf"MJ::Outpaint::50::{_SOLO}"),
        ("zoom_1_5x", rf"MJ::Outpaint::75::{_SOLO}"),
        ("pan_left", rf"MJ::JOB::pan_left::{_SOLO}"),
        ("pan_right", rf"MJ::JOB::pan_right::{_SOLO}"),
        ("pan_up", rf"MJ::JOB::pan_up::{_SOLO}"),
        ("pan_down", rf"MJ::JOB::pan_down::{_SOLO}"),
        ("bookmark", rf"MJ::BOOKMARK::{_UUID}"),
        ("cancel", rf"MJ::CancelJob::ByJobid::{_UUID}"),
    )
)


def read_custom_id(custom_id: str) -> Press | None:
    """None for buttons whose answer is not simulated (dialogs, videos)."""
    for command, pattern in _GRAMMAR:
        if found := pattern.fullmatch(custom_id):
            groups = found.groupdict()
            return Press(command=command, job_id=groups["job"], index=int(groups.get("index") or 0))
    return None


def button(custom_id: str, label: str | None = None, emoji: str | None = None, style: int = SECONDARY) -> Component:
    item: Component = {"type": 2, "style": style, "custom_id": custom_id}
    if label is not None:
        item["label"] = label
    if emoji is not None:
        item["emoji"] = {"name": emoji}
    return item


def link(label: str, url: str) -> Component:
    return {"type": 2, "style": LINK, "label": label, "url": url}


def rows(*lines: list[Component]) -> list[Component]:
    """Action rows whose parts carry the running numbers Discord gives them."""
    number = 0
    result: list[Component] = []
    for line in lines:
        number += 1
        row: Component = {"type": 1, "id": number, "components": []}
        for item in line:
            number += 1
            row["components"].append({**item, "id": number})
        result.append(row)
    return result


def cancel_row(job_id: str) -> list[Component]:
    return rows([button(f"MJ::CancelJob::ByJobid::{job_id}", "Cancel Job", style=DANGER)])


def grid_rows(job_id: str) -> list[Component]:
    ups = [button(f"MJ::JOB::upsample::{n}::{job_id}", f"U{n}") for n in range(1, 5)]
    varies = [button(f"MJ::JOB::variation::{n}::{job_id}", f"V{n}") for n in range(1, 5)]
    again = button(f"MJ::JOB::reroll::0::{job_id}::SOLO", emoji="🔄")
    return rows([*ups, again], [*varies, link("\u200b", website(job_id))])


def solo_rows(job_id: str) -> list[Component]:
    def job(action: str, label: str | None, emoji: str) -> Component:
        return button(f"MJ::JOB::{action}::1::{job_id}::SOLO", label, emoji)

    return rows(
        [
            job("upsample_v7_2x_subtle", "Upscale (Subtle)", "🔼"),
            job("upsample_v7_2x_creative", "Upscale (Creative)", "🔼"),
            job("low_variation", "Vary (Subtle)", "🪄"),
            job("high_variation", "Vary (Strong)", "🪄"),
            button(f"MJ::Inpaint::1::{job_id}::SOLO", "Vary (Region)", "🖌️"),
        ],
        [
            button(f"MJ::Outpaint::50::1::{job_id}::SOLO", "Zoom Out 2x", "🔍"),
            button(f"MJ::Outpaint::75::1::{job_id}::SOLO", "Zoom Out 1.5x", "🔍"),
            button(f"MJ::CustomZoom::{job_id}", "Custom Zoom", "🔍"),
        ],
        [
            job("pan_left", None, "⬅️"),
            job("pan_right", None, "➡️"),
            job("pan_up", None, "⬆️"),
            job("pan_down", None, "⬇️"),
        ],
        [
            job("animate_high", "Animate (High motion)", "🎞️"),
            job("animate_low", "Animate (Low motion)", "🎞️"),
        ],
        [button(f"MJ::BOOKMARK::{job_id}", emoji="❤️"), link("Web", website(job_id))],
    )


def website(job_id: str) -> str:
    return f"https://www.midjourney.com/jobs/{job_id}"


def buttons(components: list[Component]) -> Iterator[Component]:
    for row in components:
        yield from row["components"]


def find(components: list[Component], custom_id: str) -> Component | None:
    return next((item for item in buttons(components) if item.get("custom_id") == custom_id), None)


def pressed(components: list[Component], custom_id: str) -> list[Component]:
    """The same rows with that button shown as used."""
    return [
        {
            **row,
            "components": [
                {**item, "style": PRIMARY} if item.get("custom_id") == custom_id else item for item in row["components"]
            ],
        }
        for row in components
    ]
