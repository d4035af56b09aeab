"""When a human must mend the account, and when a drawing goes on in relaxed mode instead. Nothing here waits."""

from __future__ import annotations

from tasks.domain.events import CaptchaAsked, DiscordEvent, Refused
from tasks.domain.model import Mode, Task
from tasks.domain.ports import Gateway
from tasks.rules.matching import PRIVATE
from tasks.tracking.in_flight import InFlightTask

FAST_HOURS_EXHAUSTED = "credits_exhausted"


class AccountPauses:
    """`falls_back_to_relax`: when fast hours are gone, the account goes on until a relaxed drawing is refused, too."""

    def __init__(self, gateway: Gateway, *, falls_back_to_relax: bool) -> None:
        self._gateway = gateway
        self._falls_back_to_relax = falls_back_to_relax

    def pause_if_required(self, event: DiscordEvent, tracked: InFlightTask | None) -> None:
        """A human must mend the account: only on a word that is for us, by nonce or because only we can see it."""
        if not isinstance(event, CaptchaAsked) and not (isinstance(event, Refused) and event.pauses_account):
            return
        is_gone = isinstance(event, Refused) and event.code == FAST_HOURS_EXHAUSTED
        was_relaxed = tracked is not None and tracked.task.request.mode_asked is Mode.RELAXED
        if is_gone and self._falls_back_to_relax and not was_relaxed and self._draws_relaxed(event.keys.account):
            return  # relaxed drawings go on, unless it is one that was refused
        keys = event.keys
        if isinstance(event, CaptchaAsked) or keys.nonce is not None or keys.flags & PRIVATE:
            self._gateway.pause(keys.account, event.reason)

    def goes_on_relaxed(self, task: Task, event: Refused) -> bool:
        """Once: a relaxed drawing that is refused for the same reason is refused."""
        if (
            event.code != FAST_HOURS_EXHAUSTED
            or task.request.mode_asked is Mode.RELAXED
            or not self._draws_relaxed(event.keys.account)
        ):
            return False
        return self._falls_back_to_relax and task.request.custom_id is None and task.request.command == "imagine"

    def _draws_relaxed(self, account: str) -> bool:
        modes = next((known.modes for known in self._gateway.accounts() if known.id == account), ())
        return not modes or Mode.RELAXED in modes
