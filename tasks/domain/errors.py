"""The errors of the service, each with the stable code of the HTTP contracts, and the advice for each failCode.

Contract: an error states what is wrong; its hint states what the caller can do. Advice is appended to MidJourney's
words in a failed task. Advice for the operator about paused accounts is in `/health` and alerts, not here.
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


# ---------------------------------------------------------------- invalid requests


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
    """The prompt is longer than MidJourney accepts."""

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
    """The task does not exist."""

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
    """This task's outcome is already settled."""

    code = "not_open"


class CannotAdopt(BadRequest):
    """This result cannot be adopted."""

    code = "cannot_adopt"


class AccountPaused(BadRequest):
    """The account that has the picture is paused until its owner fixes it."""

    code = "account_paused"


class AccountNotFound(BadRequest):
    """The account does not exist."""

    code = "account_not_found"


class AccountExists(BadRequest):
    """The account exists already."""

    code = "account_exists"


class BadAccount(BadRequest):
    """The account's settings are not valid."""

    code = "bad_account"


class KeyReused(BadRequest):
    """This Idempotency-Key was already used for a different request."""

    code = "key_reused"


class CannotCut(BadRequest):
    """No variant of this picture can be made."""

    code = "cannot_cut"


class Unauthorized(ServiceError):
    """The API secret is missing or wrong."""

    code = "unauthorized"


class QueueFull(ServiceError):
    """The queue is full."""

    code = "queue_full"


class NoAccount(ServiceError):
    """No account can run this task: each is paused until its owner fixes it."""

    code = "no_account"


class StoreFailed(ServiceError):
    """The task could not be written to the database."""

    code = "store_failed"


class RecordRefused(StoreFailed):
    """The database rejects this record.

    Retrying does not help, but other records can still be written.
    """

    code = "record_refused"


class CuttingBusy(ServiceError):
    """Too many picture variants are being made at the moment."""

    code = "cutting_busy"


class ArchiveFailed(ServiceError):
    """The copies of pictures cannot be read or written."""

    code = "archive_failed"


# ---------------------------------------------------------------- outcomes of a send


class SendError(ServiceError):
    """The send failed, or its outcome is unknown."""

    code = "send_error"


class NotSent(SendError):
    """Nothing reached Discord; the send may be repeated.

    Raised when the account is not connected, or the connection failed before the first byte of the request left.
    `retry_after` is in seconds.
    """

    code = "not_sent"

    def __init__(self, message: str = "", *, hint: str = "", retry_after: float = 0.0) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class SendRefused(SendError):
    """Discord refused the request: nothing was drawn.

    A definite 4xx. `status` is the HTTP status, `discord_code` the code in Discord's JSON (0 without one).
    """

    code = "discord_refused"

    def __init__(self, message: str = "", *, hint: str = "", status: int = 0, discord_code: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.discord_code = discord_code


class AccountBlocked(SendRefused):
    """The account is unusable until its owner fixes it.

    A dead token, a captcha, no access to the channel and similar: the refusal concerns the account, not the task.
    The account pauses with `reason`, a stable code, and the operator is notified.
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
    """The button, or the message that had it, no longer exists in Discord."""

    code = "message_gone"


class IllegalTransition(RuntimeError):
    """`tasks.rules.lifecycle` does not allow this change of a task: a programming error."""


_STOPPED = "The account is paused until its owner fixes it."
_AGAIN = "Submit it again."

ADVICE: Mapping[str, str] = {
    "queue_full": "Submit it later.",
    "invalid_parameter": "Correct the parameters after -- in the prompt.",
    "invalid_prompt": "Reword the prompt.",
    "invalid_link": "Use a link that shows a picture in a browser.",
    "invalid_request": "Use another result, or submit a new drawing.",
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
    "stopped": "It was stopped in Discord; submit it again if that was not intended.",
    "unknown_error": "This message is not known to the service; please report it.",
}


def with_advice(code: str, reason: str) -> str:
    """MidJourney's words, followed by advice for the caller."""
    said, advice = reason.rstrip(), ADVICE.get(code, "")
    if not said or not advice:
        return said or advice
    return f"{said} {advice}" if said[-1] in ".!?" else f"{said}. {advice}"
