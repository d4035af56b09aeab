"""What Discord's refusals speak of: the request, the account, or the moment.

Law: a table, nothing else. Codes are read, never words, which Discord localises. JSON error codes as Discord's
documentation lists them under "Opcodes and Status Codes" (discord.com/developers/docs, docs.discord.food). What is not
in the table speaks of the request; a 403 or 404 that is not known may speak of the account, and does if they go on.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

UNKNOWN_IN_A_ROW = 3  # refusals by 403 or 404 that no table explains, until they speak of the account

INVALID_FORM = 50035  # which field is wrong is told by codes in a tree of keys
UNKNOWN_APPLICATION = 10002
UNKNOWN_MESSAGE = 10008
UNKNOWN_COMMAND = 10063
BUTTON_GONE = "COMPONENT_VALIDATION_FAILED"  # the message has no such button, or none at this moment
COMMAND_INVALID = "INTERACTION_APPLICATION_COMMAND_INVALID"  # also with _VERSION: the index is out of date

# The code -> the reason for the account's pause: until a human has mended it, every send of it ends like this one.
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
        50007: "missing_access",  # the bot takes no private messages of the account
        50008: "missing_access",  # the channel is not one for texts
        50009: "verify_account",  # the channel wants a verified account
        50013: "missing_permission",
        50014: "token_invalid",
        50024: "missing_access",  # not in this type of channel
        50025: "token_invalid",
        50083: "missing_access",  # the thread is archived
        50095: "missing_access",  # the server is not available in the account's location
        60003: "verify_account",  # the server wants two factors
        160005: "missing_access",  # the thread is locked
    }
)

# The code -> seconds after which the same request may well be taken, where Discord names none.
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

# What a missing permission for files or reactions says nothing about: drawing.
OF_COMMANDS_ALONE = frozenset({50013})


def form_codes(body: Any) -> frozenset[str]:
    """The codes of a refused form (50035), at whatever depth of the tree they stand."""
    return frozenset(_codes(body.get("errors"))) if isinstance(body, Mapping) else frozenset()


def _codes(tree: Any) -> Iterator[str]:
    """Without recursion: how deep it goes is up to the sender."""
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
    """The JSON error code; 0: there is none."""
    code = body.get("code") if isinstance(body, Mapping) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else 0


def words_of(body: Any) -> str:
    """What Discord says to people, with the messages of the tree."""
    if not isinstance(body, Mapping):
        return body.strip() if isinstance(body, str) and not body.lstrip().startswith("<") else ""
    said = body.get("message")
    parts = [said] if isinstance(said, str) and said else []
    return " ".join(dict.fromkeys([*parts, *_messages(body.get("errors"))]))


def _messages(tree: Any) -> Iterator[str]:
    left = [tree]
    while left:
        node = left.pop(0)
        if isinstance(node, Mapping):
            said = node.get("message")
            if isinstance(said, str) and said:
                yield said
            left.extend(node.values())
        elif isinstance(node, list):
            left.extend(node)


def wants_captcha(body: Any) -> bool:
    return isinstance(body, Mapping) and "captcha_key" in body


def retry_after(body: Any, usual: float) -> float:
    """Seconds; as the answer says, else the usual."""
    said = body.get("retry_after") if isinstance(body, Mapping) else None
    return float(said) if isinstance(said, int | float) and 0 < said < float("inf") else usual
