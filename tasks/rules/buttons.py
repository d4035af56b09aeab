"""Finds a button of a result and builds the task that presses it. Pure. A custom_id is found, never built."""

from __future__ import annotations

import re

from tasks.domain.errors import ButtonNotFound
from tasks.domain.model import Action, Button, Lane, Task, TaskRequest, TaskResult

_NUMBERED = re.compile(r"(?m)^[^\S\n]{0,20}([1-9])\uFE0F?\u20E3(.*?)(?=^[^\S\n]{0,20}[1-9]\uFE0F?\u20E3|\Z)", re.DOTALL)
# A button under a text answer draws from one of its texts.
_DRAWS_FROM_WORDS = frozenset({Action.DESCRIBE, Action.SHORTEN})
_EXTENDS = re.compile(r"MJ::JOB::animate_(low|high)_extend::([0-9]+)(?:::|$)")
_FOUR = frozenset(
    {Action.IMAGINE, Action.VARIATION, Action.REROLL, Action.BLEND, Action.ZOOM, Action.PAN, Action.OUTPAINT}
    | {Action.INPAINT}
)


def find_button(source: Task, does: Action, index: int | None) -> Button:
    """The result's button for this action. Raises ButtonNotFound, which lists what the result offers."""
    for button in source.result.buttons:
        if button.does is does and (index is None or button.index == index):
            return button
    offered = sorted({f"{b.does}{b.index or ''}" for b in source.result.buttons if b.does is not None})
    hint = f"It offers {', '.join(offered)}." if offered else "It has no buttons."
    raise ButtonNotFound(f"The result of task {source.id} has no button {does}{index or ''}.", hint=hint)


def find_custom_id(source: Task, custom_id: str) -> Button:
    """The result's own button with this custom_id. Raises ButtonNotFound."""
    for button in source.result.buttons:
        if button.custom_id == custom_id:
            return button
    meant = [button for button in source.result.buttons if _is_meant(button, custom_id, source)]
    if len(meant) == 1:
        return meant[0]
    hint = "Use one of its `buttons`." if source.result.buttons else "It has no buttons."
    raise ButtonNotFound(f"The result of task {source.id} has no button {custom_id[:80]!r}.", hint=hint)


def clips_of(source: Task) -> dict[int, Button]:
    """The buttons that open one of several clips, by the number of the clip, 1 to 4. {}: it shows no such clips."""
    return {
        button.index: button
        for button in source.result.buttons
        if button.does is Action.VIDEO and button.is_quick and button.index is not None
    }


def find_extension(source: Task, motion: str, index: int | None) -> Button:
    """The button that makes a clip longer. A result of one clip has one button for each motion, and the index, which
    counts from 0, does not matter. Raises ButtonNotFound.
    """
    found: dict[int, Button] = {}
    for button in source.result.buttons:
        match = _EXTENDS.match(button.custom_id)
        if match and match[1] == motion:
            found[int(match[2])] = button
    if len(found) == 1:
        return next(iter(found.values()))
    if index is not None and index + 1 in found:
        return found[index + 1]
    hint = f"It extends {', '.join(map(str, sorted(found)))}. Give the clip's number less one as index."
    raise ButtonNotFound(
        f"The result of task {source.id} has no single button to extend with {motion} motion.",
        hint=hint if found else "Extend a finished video.",
    )


def is_grid(source: Task) -> bool:
    """Whether the result is a grid of four. Drawings from words always are; for others the buttons show it, by
    naming a second picture."""
    numbered = (Action.UPSCALE, Action.VARIATION, Action.VIDEO)
    return source.request.action in _FOUR or any(
        b.does in numbered and (b.index or 0) > 1 for b in source.result.buttons
    )


def _is_meant(button: Button, custom_id: str, source: Task) -> bool:
    """Some clients build a custom_id ending in the message id where the button has the job id. They number a single
    picture as if it were a grid."""
    asked, own = custom_id.split("::"), button.custom_id.split("::")
    if source.result.message_id is None or asked[-1] != source.result.message_id:
        return False
    own = [part for part in own if part not in (source.progress.job_id, "SOLO")]
    asked = [part for part in asked[:-1] if part != "SOLO"]
    if not is_grid(source):
        asked, own = ([part for part in parts if not part.isdecimal()] for parts in (asked, own))
    return asked == own


def press_of(source: Task, button: Button) -> Task:
    """The task that presses the button, without its id and the caller's options."""
    text, action = text_of(source, button), action_of(button)
    describes = action is Action.DESCRIBE  # again, in the same message: the previous text is not the answer
    return Task(
        id="",
        request=TaskRequest(
            action=action,
            prompt=source.request.prompt,
            index=button.index,
            parent_id=source.id,
            custom_id=button.custom_id,
            opens_dialog=button.opens_dialog,
            answer_ends=button.does is None and button.is_quick,
            switch=button.label or button.custom_id if button.is_switch else "",
            parent_message_id=source.result.message_id,
            parent_message_flags=source.result.message_flags,
            parent_job_id=source.progress.job_id,
            bot=source.request.bot,
        ),
        result=TaskResult(description=source.result.description if describes else ""),
        prompt_en=source.prompt_en,
        content=text,
        account=source.account,
        lane=Lane.QUICK if button.is_quick or describes else Lane.DRAW,
    )


def action_of(button: Button) -> Action:
    if button.does in _DRAWS_FROM_WORDS and button.index is not None:
        return Action.IMAGINE
    return button.does or Action.ACTION


def text_of(source: Task, button: Button) -> str:
    """The text that the new drawing starts from: the parent's as echoed by MidJourney, or one of its numbered texts."""
    if button.does in _DRAWS_FROM_WORDS and button.index is not None:
        return numbered(source.result.description).get(button.index, "")
    return source.progress.echoed_prompt or source.content


def numbered(text: str) -> dict[int, str]:
    """The texts after 1️⃣, 2️⃣ … in a text answer."""
    return {int(found[1]): found[2].strip() for found in _NUMBERED.finditer(text)}
