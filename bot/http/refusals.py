"""Maps a failed request to one of `tasks.domain.errors`: a refusal of the request, the account or the moment, or
unknown.

Contract: error codes decide, never words, which Discord localises. The codes are those of "Opcodes and Status Codes"
(discord.com/developers/docs, docs.discord.food). A code that is not in the tables concerns the request; unexplained
403s and 404s concern the account if several follow each other. Only a definite refusal counts as refused; everything
unknown is an unknown outcome. An error never contains text of the request.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import discord

from bot.grammar.sanitize import sanitize_text
from bot.http.session import Denied, RateLimited, RequestNotSent, ResponseLost
from tasks.domain.errors import AccountBlocked, NoSuchButton, NotSent, OutcomeUnknown, SendError, SendRefused
from tasks.domain.interactions import ButtonInteraction, Interaction, MessageCommandInteraction, SlashCommandInteraction

UNEXPLAINED_LIMIT = 3  # consecutive 403s and 404s that no table explains, until they concern the account

INVALID_FORM = 50035  # codes in a tree of keys name the wrong field
UNKNOWN_APPLICATION = 10002
UNKNOWN_MESSAGE = 10008
UNKNOWN_COMMAND = 10063
BUTTON_GONE = "COMPONENT_VALIDATION_FAILED"  # the message has no such button, or not at this moment
COMMAND_INVALID = "INTERACTION_APPLICATION_COMMAND_INVALID"  # also with _VERSION: the command index is outdated

# Code -> reason of the account's pause. Until a human fixes it, every request of the account fails like this one.
ACCOUNT: Mapping[int, str] = MappingProxyType(
    {
        10001: "token_invalid",  # unknown account
        UNKNOWN_APPLICATION: "unknown_application",  # the bot is not where the account draws
        10003: "unknown_channel",
        10004: "unknown_guild",
        20026: "flagged",  # by the anti-spam system
        40001: "token_invalid",  # unauthorized
        40002: "verify_account",  # "You need to verify your account in order to perform this action"
        40007: "banned",  # from the server
        50001: "missing_access",
        50007: "missing_access",  # the bot accepts no private messages from the account
        50008: "missing_access",  # the channel is not a text channel
        50009: "verify_account",  # the channel requires a verified account
        50013: "missing_permission",
        50014: "token_invalid",
        50024: "missing_access",  # not possible in this type of channel
        50025: "token_invalid",
        50083: "missing_access",  # the thread is archived
        50095: "missing_access",  # the server is not available in the account's location
        60003: "verify_account",  # the server requires two factors
        160005: "missing_access",  # the thread is locked
    }
)

# Code -> seconds after which the same request may be accepted, if Discord names none.
MOMENT: Mapping[int, float] = MappingProxyType(
    {
        20016: 10.0,  # slow mode
        20028: 10.0,  # the channel's write limit
        20029: 10.0,  # the server's
        40003: 60.0,  # private messages are opened too fast
        40004: 60.0,  # sending is disabled at Discord for a while
        40006: 60.0,  # so is the feature
        40062: 10.0,  # the service is being rate limited
        40333: 60.0,  # something in front of Discord refuses, by the address
        110001: 60.0,  # the application is not yet available
        130000: 10.0,  # overloaded
    }
)

# A missing permission for files or reactions does not concern drawing.
COMMANDS_ONLY = frozenset({50013})


def form_codes(body: Any) -> frozenset[str]:
    """The codes of a refused form (50035) at any depth of the tree."""
    return frozenset(_codes(body.get("errors"))) if isinstance(body, Mapping) else frozenset()


def _codes(tree: Any) -> Iterator[str]:
    """Iterative: the sender chooses the depth."""
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, Mapping):
            code = node.get("code")
            if isinstance(code, str):
                yield code
            left.extend(node.values())
        elif isinstance(node, list):
            left.extend(node)


def code_of(body: Any) -> int:
    """The JSON error code; 0 without one."""
    code = body.get("code") if isinstance(body, Mapping) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else 0


def words_of(body: Any) -> str:
    """Discord's human-readable message, with the messages of the tree."""
    if not isinstance(body, Mapping):
        return body.strip() if isinstance(body, str) and not body.lstrip().startswith("<") else ""
    message = body.get("message")
    parts = [message] if isinstance(message, str) and message else []
    return " ".join(dict.fromkeys([*parts, *_messages(body.get("errors"))]))


def _messages(tree: Any) -> Iterator[str]:
    left = [tree]
    while left:
        node = left.pop(0)
        if isinstance(node, Mapping):
            message = node.get("message")
            if isinstance(message, str) and message:
                yield message
            left.extend(node.values())
        elif isinstance(node, list):
            left.extend(node)


def wants_captcha(body: Any) -> bool:
    return isinstance(body, Mapping) and "captcha_key" in body


def retry_after(body: Any, usual: float) -> float:
    """Seconds from the response, else `usual`."""
    seconds = body.get("retry_after") if isinstance(body, Mapping) else None
    return float(seconds) if isinstance(seconds, int | float) and 0 < seconds < float("inf") else usual


# ---------------------------------------------------------------- errors of requests

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
            return NotSent("Discord's rate limit requires a wait.", retry_after=error.retry_after)
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
    """Should the command index be read again? A newer version of the command may explain any refused form."""
    if not isinstance(error, Denied) or not isinstance(order, SlashCommandInteraction | MessageCommandInteraction):
        return False
    return code_of(error.body) in (INVALID_FORM, UNKNOWN_COMMAND)


def is_button_missing(error: Exception, order: Interaction) -> bool:
    """Does the message lack the button? During an edit it may lack it for a moment."""
    return isinstance(error, Denied) and _is_button_missing(error.body, order)


def _is_button_missing(body: Any, order: Interaction | None) -> bool:
    return isinstance(order, ButtonInteraction) and BUTTON_GONE in form_codes(body)


def is_unexplained(error: SendError) -> bool:
    """A 403 or 404 that no table explains."""
    return type(error) is SendRefused and error.status in (403, 404)


def _refusal(status: int, body: Any, order: Interaction | None) -> SendError:
    if not 400 <= status < 500:
        return OutcomeUnknown(f"Discord's answer is not known (HTTP {status}).")
    if wants_captcha(body):
        return _captcha()
    code, words = code_of(body), sanitize_text(words_of(body))
    message = f"Discord answered {status}: {words}" if words else f"Discord answered {status}."
    if status == 401:
        return AccountBlocked("Discord does not accept the token.", status=401, reason="token_invalid")
    if _concerns_account(code, order):
        reason = ACCOUNT[code]
        return AccountBlocked(message, status=status, discord_code=code, reason=reason)
    if code in MOMENT:
        return NotSent(message, retry_after=retry_after(body, MOMENT[code]))
    is_gone = isinstance(order, ButtonInteraction) and code == UNKNOWN_MESSAGE
    kind = NoSuchButton if is_gone or _is_button_missing(body, order) else SendRefused
    return kind(message, hint=_HINTS.get(code, ""), status=status, discord_code=code)


def _concerns_account(code: int, order: Interaction | None) -> bool:
    if code == UNKNOWN_APPLICATION and isinstance(order, ButtonInteraction):
        return False  # the message may belong to another bot
    return code in ACCOUNT and (order is not None or code not in COMMANDS_ONLY)


def _captcha() -> AccountBlocked:
    return AccountBlocked("Discord requires a captcha.", status=400, reason="captcha")
