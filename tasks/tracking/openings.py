"""What opens in answer to a press: a dialog to be filled, or the settings, of which one button is turned.

Law: what is filled and sent on is the paid part, and is sent once. A dialog that is not for us to fill is not
kept open: its task waits for its caller, and the button is pressed anew.
"""

from __future__ import annotations

from dataclasses import replace

from tasks.domain.events import Informed, ModalOpened
from tasks.domain.model import Purpose, SendState
from tasks.domain.ports import TaskStore
from tasks.rules.dialogs import answer, own_text, press_setting
from tasks.rules.lifecycle import fail, hold
from tasks.tracking.in_flight import InFlightTask
from tasks.tracking.unit_of_work import UnitOfWork


class DialogOpener:
    """`modal_timeout`: how long a dialog's task waits for its caller (ms)."""

    def __init__(self, work: UnitOfWork, store: TaskStore, modal_timeout: int) -> None:
        self._work = work
        self._store = store
        self._modal_timeout = modal_timeout

    async def dialog(self, tracked: InFlightTask, event: ModalOpened) -> None:
        """Fill it and send it on: the paid part. Or let the task wait for its caller, with no dialog open."""
        task, now = tracked.task, self._work.now()
        if any(send.purpose is Purpose.SUBMIT for send in tracked.sends.values()):
            return  # told twice: it is filled and sent once
        if event.keys.nonce in tracked.sends:
            self._work.mark(tracked, event.keys.nonce, SendState.POSTED, event.keys.interaction_id)
        mask = b""
        if event.iframe_path and task.pictures:
            mask = (await self._store.pictures_of(task.id))[0].data
        order = answer(task, event, mask)
        if order is not None:
            tracked.note_sign_of_life()
            self._work.change(tracked, replace(task, progress=replace(task.progress, heard_time=now)))
            self._work.follow_up(tracked, Purpose.SUBMIT, order)
        elif event.iframe_path:
            reason = "Vary (Region) needs a mask: send maskBase64."
            self._work.change(tracked, fail(task, "mask_missing", reason, now))
        else:
            until = now + self._modal_timeout
            self._work.change(tracked, hold(task, until, prompt=own_text(event), remix=True))

    def settings(self, tracked: InFlightTask, event: Informed) -> None:
        """Press the button that is to be turned, unless it stands as is wanted."""
        after, order = press_setting(tracked.task, event, self._work.now())
        tracked.note_sign_of_life()
        self._work.change(tracked, after)
        if order is not None:
            self._work.follow_up(tracked, Purpose.SWITCH, order)
