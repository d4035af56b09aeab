"""A dialog opened: what is answered? Pure. Every id comes from the event that opened it; nothing is built.

A dialog that was asked for is filled with the caller's text, or sent on with its own. One that opened unasked (Remix)
is sent on with its own text, or waits for the caller.
"""

from __future__ import annotations

from tasks.domain.events import ModalOpened
from tasks.domain.interactions import Interaction, ModalInteraction, RegionEditInteraction
from tasks.domain.model import Task


def answer(task: Task, event: ModalOpened, mask: bytes) -> Interaction | None:
    """What to say; None: the caller must be asked first. `mask`: the picture for a web dialog, b"" for none."""
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
    """The dialog's fields; the one for the prompt gets the caller's text, the others keep their own."""
    values = dict(event.fields)
    field = prompt_field(event)
    if prompt is not None and field is not None:
        values[field] = prompt
    return values


def prompt_field(event: ModalOpened) -> str | None:
    """Which of the fields is the prompt's: the one named so, else the only one."""
    named = [field for field in event.fields if "prompt" in field.casefold()]
    return next(iter(named or event.fields), None)


def own_text(event: ModalOpened) -> str:
    field = prompt_field(event)
    return event.fields[field] if field is not None else ""
