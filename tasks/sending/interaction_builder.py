"""Builds the interaction of a task's first send, and names its purpose. Pure.

Contract: `tasks.rules.dialogs` builds follow-up sends (the submit of a dialog, a settings button).
"""

from __future__ import annotations

from tasks.domain.interactions import ButtonInteraction, Interaction, SlashCommandInteraction, UploadedAttachment
from tasks.domain.model import Action, Mode, Purpose, Task
from tasks.prompts.check import with_mode

WITH_PROMPT = frozenset({"imagine", "shorten"})


def text_to_send(task: Task, own_mode: Mode | None = None) -> str:
    """The command's text, with the requested mode or else the account's, unless the text names one itself."""
    return (
        with_mode(task.content, task.request.requested_mode or own_mode)
        if task.request.command == "imagine"
        else task.content
    )


def text_of(order: Interaction) -> str | None:
    """The caller's text in the interaction, as MidJourney will read it; None without any."""
    return order.options.get("prompt") if isinstance(order, SlashCommandInteraction) else None


def interaction_of(task: Task, own_mode: Mode | None = None) -> Interaction:
    """The interaction for this task. `own_mode`: the account's mode when none is requested."""
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
    """The purpose of its first send."""
    if task.request.opens_dialog:
        return Purpose.OPEN
    if task.request.switch and task.request.custom_id is not None:
        return Purpose.SWITCH
    return Purpose.ASK if task.request.answer_ends or task.request.action is Action.SHOW else Purpose.DRAW
