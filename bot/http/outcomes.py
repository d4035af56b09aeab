"""What became of a send, from what the library or the session raised.

Law: `bot.http.refusals` is the table; nothing else is decided here. No is only said of what is a definite no; whatever
is not known here is an unknown outcome. No text of the request goes into an error.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import discord

from bot.grammar.sanitize import sanitize_text
from bot.http import refusals
from bot.http.session import Denied, RateLimited, RequestNotSent, ResponseLost
from tasks.domain.errors import AccountBlocked, NoSuchButton, NotSent, OutcomeUnknown, SendError, SendRefused
from tasks.domain.interactions import ButtonInteraction, Interaction, MessageCommandInteraction, SlashCommandInteraction

_HINTS: Mapping[int, str] = MappingProxyType(
    {40005: "Without Nitro, Discord takes files of at most 10 MB."}  # request entity too large
)


def to_error(error: Exception, order: Interaction | None = None) -> SendError:
    match error:
        case SendError():
            return error
        case RequestNotSent():
            return NotSent(f"Discord could not be reached ({error}).")
        case RateLimited() | discord.RateLimited():
            return NotSent("Discord asks to wait (rate limit).", retry_after=error.retry_after)
        case ResponseLost():
            return OutcomeUnknown(f"Discord's answer is not known ({error}).")
        case Denied():
            return _refusal(error.status, error.body, order)
        case discord.CaptchaRequired():
            return _captcha()
        case discord.HTTPException():
            return _refusal(error.status, error.json, order)
        case _:
            return OutcomeUnknown(f"Discord's answer is not known ({type(error).__name__}).")


def is_outdated(error: Exception, order: Interaction) -> bool:
    """Is the index of commands to be read anew? Whatever is wrong with the form of a command, a newer version of it
    may be the reason."""
    if not isinstance(error, Denied) or not isinstance(order, SlashCommandInteraction | MessageCommandInteraction):
        return False
    return refusals.code_of(error.body) in (refusals.INVALID_FORM, refusals.UNKNOWN_COMMAND)


def is_button_missing(error: Exception, order: Interaction) -> bool:
    """The message has no such button; sometimes for a moment only, while it is being edited."""
    return isinstance(error, Denied) and _is_button_missing(error.body, order)


def _is_button_missing(body: Any, order: Interaction | None) -> bool:
    return isinstance(order, ButtonInteraction) and refusals.BUTTON_GONE in refusals.form_codes(body)


def is_unexplained(error: SendError) -> bool:
    """A 403 or 404 of which no table says what it speaks of."""
    return type(error) is SendRefused and error.status in (403, 404)


def _refusal(status: int, body: Any, order: Interaction | None) -> SendError:
    if not 400 <= status < 500:
        return OutcomeUnknown(f"Discord's answer is not known (HTTP {status}).")
    if refusals.wants_captcha(body):
        return _captcha()
    code, words = refusals.code_of(body), sanitize_text(refusals.words_of(body))
    said = f"Discord answered {status}: {words}" if words else f"Discord answered {status}."
    if status == 401:
        return AccountBlocked("Discord does not accept the token.", status=401, reason="token_invalid")
    if _speaks_of_account(code, order):
        reason = refusals.ACCOUNT[code]
        return AccountBlocked(said, status=status, discord_code=code, reason=reason)
    if code in refusals.MOMENT:
        return NotSent(said, retry_after=refusals.retry_after(body, refusals.MOMENT[code]))
    is_gone = isinstance(order, ButtonInteraction) and code == refusals.UNKNOWN_MESSAGE
    kind = NoSuchButton if is_gone or _is_button_missing(body, order) else SendRefused
    return kind(said, hint=_HINTS.get(code, ""), status=status, discord_code=code)


def _speaks_of_account(code: int, order: Interaction | None) -> bool:
    if code == refusals.UNKNOWN_APPLICATION and isinstance(order, ButtonInteraction):
        return False  # the message may be another bot's
    return code in refusals.ACCOUNT and (order is not None or code not in refusals.OF_COMMANDS_ALONE)


def _captcha() -> AccountBlocked:
    return AccountBlocked("Discord wants to see a human (captcha).", status=400, reason="captcha")
