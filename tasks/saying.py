"""What a task's first send says to MidJourney, and what it is for. Pure.

What answers MidJourney later (a dialog, the settings) is decided where it is heard: `dialogs`, `switches`.
"""

from __future__ import annotations

from tasks.model import Action, Mode, Purpose, Task
from tasks.orders import Order, PressOrder, SlashOrder, Upload

WITH_PROMPT = frozenset({"imagine", "shorten"})
MODE_PARAMETERS = {Mode.FAST: "--fast", Mode.RELAXED: "--relax", Mode.TURBO: "--turbo"}


def said(task: Task, own_mode: Mode | None = None) -> str:
    """The command's text, with the mode that was asked for, else the account's, unless the text names one itself."""
    mode = task.mode_asked or own_mode
    wanted = MODE_PARAMETERS.get(mode) if mode and task.command == "imagine" else None
    if wanted is None or any(word in MODE_PARAMETERS.values() for word in task.content.split()):
        return task.content
    return f"{task.content} {wanted}"


def order_of(task: Task, own_mode: Mode | None = None) -> Order:
    """What is to be said to MidJourney for this task. `own_mode`: what the account draws in when nobody asks."""
    if task.custom_id is None:
        prompt = {"prompt": said(task, own_mode)} if task.command in WITH_PROMPT else {}
        uploads = {option: Upload(filename=name, uploaded_filename=there) for option, name, there in task.uploads}
        return SlashOrder(command=task.command, options={**prompt, **dict(task.options)}, uploads=uploads, bot=task.bot)
    return PressOrder(
        message_id=task.parent_message_id or "",
        custom_id=task.custom_id,
        message_flags=task.parent_message_flags,
        bot=task.bot,
    )


def purpose_of(task: Task) -> Purpose:
    """What its first send is for."""
    if task.opens_dialog:
        return Purpose.OPEN
    if task.switch and task.custom_id is not None:
        return Purpose.SWITCH
    return Purpose.ASK if task.answer_ends or task.action is Action.SHOW else Purpose.DRAW
