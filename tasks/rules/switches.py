"""A setting is turned: /settings is asked first, then the button of its answer is pressed. Pure; found, never built.

The press ends with the bot's words, with the edit of the settings' message, or with Discord's success alone, whichever
comes first. It is never repeated without knowing: twice turned is not turned.
"""

from __future__ import annotations

from dataclasses import replace

from tasks.domain.events import Informed
from tasks.domain.interactions import ButtonInteraction
from tasks.domain.model import Task
from tasks.rules.lifecycle import fail

REMIX = "Remix mode"  # the label, in every era
_ON = 3  # the style of a button whose setting is on


def press_setting(task: Task, event: Informed, now: int) -> tuple[Task, ButtonInteraction | None]:
    """The task after the answer to /settings, and what to press; None: it is over, the button is not there."""
    button = next((button for button in event.buttons if button.label == task.request.switch), None)
    message_id = event.keys.message_id
    if button is None or message_id is None:
        reason = f"MidJourney's settings have no button {task.request.switch!r}."
        return fail(task, "button_not_found", reason, now), None
    after = replace(
        task,
        progress=replace(task.progress, heard_time=now),
        result=replace(
            task.result,
            message_id=message_id,
            message_flags=event.keys.flags,
            description=f"{button.label} is {'off' if button.style == _ON else 'on'} now.",
        ),
    )
    order = ButtonInteraction(
        message_id=message_id, custom_id=button.custom_id, message_flags=event.keys.flags, bot=task.request.bot
    )
    return after, order
