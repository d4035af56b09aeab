"""The errors of the service, each with the stable code of the HTTP contracts, and the advice for each failCode.

Contract: an error names what is wrong and, as its hint, what the caller can do. Advice follows MidJourney's words in a
failed task; what the operator can do about a paused account is in `/health` and in alerts, not here.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import ClassVar


class ServiceError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        self.message = message or inspect.cleandoc(self.__doc__ or "").split("\n\n")[0]
        self.hint = hint
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


# ---------------------------------------------------------------- what a caller asked for cannot be done


class BadRequest(ServiceError):
    """The request is not valid."""

    code = "bad_request"


class UnknownAction(BadRequest):
    """The action is unknown."""

    code = "unknown_action"


class NotOffered(BadRequest):
    """This is not offered."""

    code = "not_offered"


class MissingPrompt(BadRequest):
    """A prompt is needed."""

    code = "missing_prompt"


class PromptTooLong(BadRequest):
    """The prompt is longer than MidJourney takes."""

    code = "prompt_too_long"


class BadIndex(BadRequest):
    """The index must be a number from 1 to 4."""

    code = "bad_index"


class BadHook(BadRequest):
    """notifyHook must be an http or https URL."""

    code = "bad_hook"


class StateTooLong(BadRequest):
    """The state is too long."""

    code = "state_too_long"


class TaskNotFound(BadRequest):
    """There is no such task."""

    code = "task_not_found"


class ParentNotFound(BadRequest):
    """The task to act on does not exist."""

    code = "parent_not_found"


class ParentNotFinished(BadRequest):
    """The task to act on has not finished yet."""

    code = "parent_not_finished"


class ParentFailed(BadRequest):
    """The task to act on has no result: it failed or was cancelled."""

    code = "parent_failed"


class ButtonNotFound(BadRequest):
    """The result does not offer this action."""

    code = "button_not_found"


class NotOpen(BadRequest):
    """What became of this task is no open question."""

    code = "not_open"


class CannotAdopt(BadRequest):
    """This result cannot be adopted."""

    code = "cannot_adopt"


class AccountPaused(BadRequest):
    """The account that has the picture is stopped by something a human must mend."""

    code = "account_paused"


class AccountNotFound(BadRequest):
    """There is no such account."""

    code = "account_not_found"


class AccountExists(BadRequest):
    """There is such an account already."""

    code = "account_exists"


class BadAccount(BadRequest):
    """The account cannot be set up so."""

    code = "bad_account"


class KeyReused(BadRequest):
    """This Idempotency-Key was used before, with another request."""

    code = "key_reused"


class CannotCut(BadRequest):
    """This picture cannot be cut."""

    code = "cannot_cut"


class Unauthorized(ServiceError):
    """The API secret is missing or wrong."""

    code = "unauthorized"


class QueueFull(ServiceError):
    """The queue is full."""

    code = "queue_full"


class NoAccount(ServiceError):
    """No account can take it: each is stopped by something a human must mend."""

    code = "no_account"


class StoreFailed(ServiceError):
    """The task could not be written to the database."""

    code = "store_failed"


class RecordRefused(StoreFailed):
    """The database does not take this record.

    It never will, while it takes others: waiting does not help, and nothing else need wait for it.
    """

    code = "record_refused"


class CuttingBusy(ServiceError):
    """Too many pictures are being cut at this moment."""

    code = "cutting_busy"


class ArchiveFailed(ServiceError):
    """The copies of pictures cannot be read or written."""

    code = "archive_failed"


# ---------------------------------------------------------------- what can become of a send


class SendError(ServiceError):
    """Discord was not told, or may not have been."""

    code = "send_error"


class NotSent(SendError):
    """Nothing reached Discord: it may be tried again.

    Raised when the account is not connected, or the connection failed before the first byte of the request left.
    `retry_after` is in seconds.
    """

    code = "not_sent"

    def __init__(self, message: str = "", *, hint: str = "", retry_after: float = 0.0) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class SendRefused(SendError):
    """Discord refused the request: nothing was drawn.

    A definite 4xx. `status` is HTTP's, `discord_code` is the code in Discord's JSON (0 when there was none).
    """

    code = "discord_refused"

    def __init__(self, message: str = "", *, hint: str = "", status: int = 0, discord_code: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.discord_code = discord_code


class AccountBlocked(SendRefused):
    """The account is unusable until its owner fixes it.

    A dead token, a captcha, no access to the channel and the like: the refusal speaks of the account, not of the task.
    The account pauses with `reason`, a stable code, and the operator is told.
    """

    code = "account_blocked"

    def __init__(
        self, message: str = "", *, hint: str = "", status: int = 0, discord_code: int = 0, reason: str = ""
    ) -> None:
        super().__init__(message, hint=hint, status=status, discord_code=discord_code)
        self.reason = reason


class OutcomeUnknown(SendError):
    """The request may or may not have reached MidJourney; it is not sent again, as that could cost twice."""

    code = "outcome_unknown"


class NoSuchButton(SendRefused):
    """The button is gone from Discord, or the message that had it."""

    code = "message_gone"


class IllegalTransition(RuntimeError):
    """A task was to change in a way that `tasks.rules.lifecycle` does not allow: an error in the program."""


_STOPPED = "The account is stopped until its owner has mended this."
_AGAIN = "Submit it again."

ADVICE: Mapping[str, str] = {
    "queue_full": "Submit it later.",
    "invalid_parameter": "Mend what stands after -- in the prompt.",
    "invalid_prompt": "Reword the prompt.",
    "invalid_link": "Use a link that shows a picture in a browser.",
    "invalid_request": "Act on another result, or draw anew.",
    "empty_prompt": "Add words to the prompt.",
    "banned_prompt": "Reword the prompt; repeated tries block the account.",
    "banned_image": "Use another picture.",
    "image_denied": "Use another picture.",
    "moderated": "Reword the prompt.",
    "job_failed": _AGAIN,
    "slow_down": "Wait, then submit it again.",
    "action_restricted": "The plan or mode of the account does not allow this: choose another mode.",
    "action_needed": "Reword the prompt, or answer in Discord.",
    "captcha": _STOPPED,
    "pending_mod_message": _STOPPED,
    "blocked": _STOPPED,
    "plan_cancelled": _STOPPED,
    "subscription_required": _STOPPED,
    "credits_exhausted": "The account's owner must buy hours, wait for the new month, or allow relaxed mode.",
    "tos_not_accepted": _STOPPED,
    "internal_error": _AGAIN,
    "stopped": "It was stopped in Discord; submit it again if that was not meant.",
    "unknown_error": "These words are not known to us; please report them.",
}


def with_advice(code: str, reason: str) -> str:
    """MidJourney's words, and what the caller can do."""
    said, advice = reason.rstrip(), ADVICE.get(code, "")
    if not said or not advice:
        return said or advice
    return f"{said} {advice}" if said[-1] in ".!?" else f"{said}. {advice}"
