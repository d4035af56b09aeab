"""Builds the interaction of a task's first send, and names its purpose. Pure.

Contract: follow-up sends (a dialog's submit, a settings button) are built by `dialogs`, `switches`.
"""

from __future__ import annotations

from tasks.domain.interactions import ButtonInteraction, Interaction, SlashCommandInteraction, UploadedAttachment
from tasks.domain.model import Action, Mode, Purpose, Task
from tasks.prompts.check import with_mode

WITH_PROMPT = frozenset({"imagine", "shorten"})


def text_to_send(task: Task, own_mode: Mode | None = None) -> str:
    """The command's text, with the mode that was asked for, else the account's, unless the text names one itself."""
    return (
        with_mode(task.content, task.request.requested_mode or own_mode)
        if task.request.command == "imagine"
        else task.content
    )


def text_of(order: Interaction) -> str | None:
    """The caller's text in it, as MidJourney will read it; None: it has none."""
    return order.options.get("prompt") if isinstance(order, SlashCommandInteraction) else None


def interaction_of(task: Task, own_mode: Mode | None = None) -> Interaction:
    """What is to be said to MidJourney for this task. `own_mode`: what the account draws in when nobody asks."""
    if task.request.custom_id is None:
        prompt = {"prompt": text_to_send(task, own_mode)} if task.request.command in WITH_PROMPT else {}
        uploads = {
            option: UploadedAttachment(filename=name, uploaded_filename=there) for option, name, there in task.uploads
        }
        return SlashCommandInteraction(
            command=task.request.command,
            options={**prompt, **dict(task.request.options)},
            uploads=uploads,
            bot=task.request.bot,
        )
    return ButtonInteraction(
        message_id=task.request.parent_message_id or "",
        custom_id=task.request.custom_id,
        message_flags=task.request.parent_message_flags,
        bot=task.request.bot,
    )


def purpose_of(task: Task) -> Purpose:
    """What its first send is for."""
    if task.request.opens_dialog:
        return Purpose.OPEN
    if task.request.switch and task.request.custom_id is not None:
        return Purpose.SWITCH
    return Purpose.ASK if task.request.answer_ends or task.request.action is Action.SHOW else Purpose.DRAW
