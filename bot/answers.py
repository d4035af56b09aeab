"""What became of a send, from what the library or the session raised.

Law: a table, nothing else. No is only said of what is a definite no; whatever is not known here is an unknown
outcome. No text of the request goes into an error.
"""

from collections.abc import Mapping
from types import MappingProxyType

import discord

from bot.session import AnswerLost, NeverLeft, ToldToWait
from tasks.errors import AccountBlocked, NoSuchButton, NotSent, OutcomeUnknown, SendError, SendRefused
from tasks.orders import Order, PressOrder

INVALID_FORM = 50035  # among others: the command has a newer version
UNKNOWN_CHANNEL = 10003
_HINTS: Mapping[int, str] = MappingProxyType(
    {40005: "Without Nitro, Discord takes files of at most 10 MB."}  # request entity too large
)


def to_error(error: Exception, order: Order | None = None) -> SendError:
    match error:
        case SendError():
            return error
        case NeverLeft():
            return NotSent(f"Discord could not be reached ({error}).")
        case ToldToWait() | discord.RateLimited():
            return NotSent("Discord asks to wait (rate limit).", retry_after=error.retry_after)
        case AnswerLost():
            return OutcomeUnknown(f"Discord's answer is not known ({error}).")
        case discord.CaptchaRequired():
            return AccountBlocked("Discord wants to see a human (captcha).", status=400, reason="captcha")
        case discord.HTTPException():
            return _refusal(error, order)
        case _:
            return OutcomeUnknown(f"Discord's answer is not known ({type(error).__name__}).")


def is_outdated(error: Exception) -> bool:
    return isinstance(error, discord.HTTPException) and error.status == 400 and error.code == INVALID_FORM


def _refusal(error: discord.HTTPException, order: Order | None) -> SendError:
    status, code = error.status, error.code
    if status == 401:
        return AccountBlocked("Discord does not accept the token.", status=401, reason="token_invalid")
    if not 400 <= status < 500:
        return OutcomeUnknown(f"Discord's answer is not known (HTTP {status}).")
    said = f"Discord answered {status}: {error.text}" if error.text else f"Discord answered {status}."
    kind = NoSuchButton if status == 404 and isinstance(order, PressOrder) and code != UNKNOWN_CHANNEL else SendRefused
    return kind(said, hint=_HINTS.get(code, ""), status=status, discord_code=code)
