"""What a caller can do about MidJourney's no: one sentence for each failCode, told after MidJourney's own words. Pure.

What the operator can do about a stopped account is told elsewhere: in `/health` and in alerts.
"""

from __future__ import annotations

from collections.abc import Mapping

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
