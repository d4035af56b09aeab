"""How the service answers an open dialog, and the answer to /settings. Pure.

Contract: every id comes from the event; nothing is built. A requested dialog gets the caller's text, or is submitted
with its own text. A dialog that opens unrequested (Remix) is submitted with its own text, or waits for the caller. To
change a setting, the service sends /settings and presses a button of the answer. The press ends with the bot's reply,
the edit of the settings message, or Discord's success alone, whichever comes first. It is never repeated while its
outcome is unknown, because a second press would undo it.
"""

from __future__ import annotations

from dataclasses import replace

from tasks.domain.events import Informed, ModalOpened
from tasks.domain.interactions import ButtonInteraction, Interaction, ModalInteraction, RegionEditInteraction
from tasks.domain.model import Task
from tasks.rules.lifecycle import fail


def answer(task: Task, event: ModalOpened, mask: bytes) -> Interaction | None:
    """The answer to the dialog; None: the caller must be asked first. `mask`: the picture for a web dialog, b""
    without one."""
    if not task.request.opens_dialog and not task.request.sends_remix_on:
        return None
    if event.iframe_path:
        prompt = task.request.dialog_prompt if task.request.dialog_prompt is not None else task.content
        return (
            RegionEditInteraction(custom_id=event.custom_id, prompt=prompt, mask=mask, bot=task.request.bot)
            if mask
            else None
        )
    return ModalInteraction(
        modal_id=event.modal_id,
        custom_id=event.custom_id,
        values=fill(event, task.request.dialog_prompt),
        labelled=event.labelled,
        bot=task.request.bot,
    )


def fill(event: ModalOpened, prompt: str | None) -> dict[str, str]:
    """The dialog's fields: the prompt field gets the caller's text, the others keep theirs."""
    values = dict(event.fields)
    field = prompt_field(event)
    if prompt is not None and field is not None:
        values[field] = prompt
    return values


def drawn_text(task: Task, event: ModalOpened) -> str:
    """The text that the answered dialog draws: the caller's, else the dialog's, else the parent's. Results echo it."""
    return task.request.dialog_prompt or own_text(event) or task.content


def prompt_field(event: ModalOpened) -> str | None:
    """The prompt field: the one with that name, else the only one."""
    named = [field for field in event.fields if "prompt" in field.casefold()]
    return next(iter(named or event.fields), None)


def own_text(event: ModalOpened) -> str:
    field = prompt_field(event)
    return event.fields[field] if field is not None else ""


REMIX = "Remix mode"  # the label, in every era
_ON = 3  # the style of a button with its setting on


def press_setting(task: Task, event: Informed, now: int) -> tuple[Task, ButtonInteraction | None]:
    """The task after the answer to /settings, and the press to send; None: it has ended, because the button is
    missing."""
    button = next((button for button in event.buttons if button.label == task.request.switch), None)
    message_id = event.keys.message_id
    if button is None or message_id is None:
        reason = f"MidJourney's settings have no button {task.request.switch!r}."
        return fail(task, "button_not_found", reason, now), None
    after = replace(
        task,
        progress=replace(task.progress, last_event_time=now),
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
