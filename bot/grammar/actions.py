"""Determines the action of a message about a drawing, from its own words or else its shape.

Contract: if the message alone does not decide, the result is a set of candidates. The prompt's words never count,
except for the parameter `--video` and for a prompt of links alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.grammar import payload as payloads
from bot.grammar.ids import VIDEO_GRID, is_cancel, snowflake, time_of
from bot.grammar.text import Drawing
from tasks.domain.model import Action

_IMAGINES_REPLY_SINCE = 1_735_689_600_000  # 2025-01-01 (ms): no older result of an imagine is a reply
_REPLY = 19  # message type; the answer to a slash command has type 20, or 0 in 2023-03

# Names of previews (seen 2023-07 to 2026-06); a result's name has a slug before the uuid.
_PREVIEW = re.compile(r"(?:[0-9a-f-]{36}_)?grid_\d+\.webp|[0-9a-f-]{36}_\d+_step_\d+\.jpe?g", re.IGNORECASE)

# Slash commands whose name determines the action.
_COMMANDS: Mapping[str, Action] = {
    "imagine": Action.IMAGINE,
    "blend": Action.BLEND,
    "describe": Action.DESCRIBE,
    "shorten": Action.SHORTEN,
    "show": Action.SHOW,
    "video": Action.VIDEO,
}


def action_of(
    drawn: Drawing, message: Mapping[str, Any], ids: Sequence[str]
) -> tuple[Action | None, frozenset[Action]]:
    """The action and no candidates, or no action and the candidates."""
    if drawn.action is not None and not (drawn.state == "done" and _is_clip(message)):
        return drawn.action, frozenset()
    if _is_clip(message) or any(i.startswith(VIDEO_GRID) for i in ids) or _has_video_frames(message):
        return Action.VIDEO, frozenset()
    if drawn.suffix:
        return None, frozenset()  # an unknown kind of job
    command = command_action(message)
    if command is not None:
        return command, frozenset()
    if drawn.asks_for_video:
        return Action.VIDEO, frozenset()
    if drawn.state == "done":
        return _plain_result(drawn, message)
    return _plain_start(drawn, message, ids)


def _is_clip(message: Mapping[str, Any]) -> bool:
    """A clip taken from a video grid is an mp4 (seen 2026-06)."""
    picture = payloads.image(message)
    return picture is not None and (
        picture.content_type.startswith("video/") or picture.filename.casefold().endswith(".mp4")
    )


def _has_video_frames(message: Mapping[str, Any]) -> bool:
    """Previews of a video are four frames named `…_<cell>_step_<n>.jpeg` (seen 2026-06)."""
    names = [payloads.text(a.get("filename")) for a in payloads.attachments(message)]
    return bool(names) and all("_step_" in name and name.endswith((".jpeg", ".jpg")) for name in names)


def _plain_result(drawn: Drawing, message: Mapping[str, Any]) -> tuple[Action | None, frozenset[Action]]:
    """A result without a suffix. Since 2025 an imagine's result replies to its progress message, as a reroll's replies
    to the old grid; before, only a reroll's was a reply. The message's own id dates it; a missing website link does
    not: both are seen."""
    blend = frozenset({Action.BLEND}) if drawn.only_links else frozenset()
    kind = payloads.number(message.get("type"))
    if kind == _REPLY and 0 < time_of(snowflake(message.get("id"))) < _IMAGINES_REPLY_SINCE:
        return Action.REROLL, frozenset()
    if kind == 0:
        return (None, blend | {Action.IMAGINE}) if blend else (Action.IMAGINE, frozenset())
    return None, blend | {Action.IMAGINE, Action.REROLL}


def _plain_start(
    drawn: Drawing, message: Mapping[str, Any], ids: Sequence[str]
) -> tuple[Action | None, frozenset[Action]]:
    """A start or progress without a suffix. Only button jobs are replies and carry a Cancel button."""
    waiting = drawn.state == "waiting"
    if payloads.reference_id(message) or any(map(is_cancel, ids)) or message.get("type") == _REPLY:
        of_buttons = {Action.ZOOM, Action.PAN, Action.REROLL, Action.VARIATION} if waiting else {Action.REROLL}
        return None, frozenset(of_buttons | (set() if waiting else {Action.IMAGINE}))
    of_command = payloads.number(message.get("type")) is not None or isinstance(message.get("components"), list)
    blend = {Action.BLEND} if drawn.only_links else set()
    if of_command and drawn.state != "stopped":
        return (None, frozenset(blend | {Action.IMAGINE})) if blend else (Action.IMAGINE, frozenset())
    others = {Action.ZOOM, Action.PAN} if waiting else set()
    return None, frozenset(blend | {Action.IMAGINE, Action.REROLL} | others)


def command_action(message: Mapping[str, Any]) -> Action | None:
    """The action of the slash command that the message answers, if any."""
    return _COMMANDS.get(payloads.command_name(message))


def shows_previews_only(message: Mapping[str, Any]) -> bool:
    names = [payloads.text(item.get("filename")) for item in payloads.attachments(message)]
    return bool(names) and all(map(_PREVIEW.fullmatch, names))
