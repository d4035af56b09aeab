"""What a human can do about the pause of an account: one sentence, the same wherever the pause is shown.

Contract: the sentence always contains the reason, which is a code of the service or a text of Discord or MidJourney.
Only the beginning of a reason classifies it, as the rest may repeat a prompt. An unknown reason gets a next step, too.
"""

from __future__ import annotations

import re

from tasks.domain.model import BY_OPERATOR

_MAX_LENGTH = 200  # of a reason in the sentence; `/health` also has the whole reason

# The beginning of a reason (with blanks for `_` in codes); what happened; what to do.
_KNOWN: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(form, re.IGNORECASE), what, todo)
    for form, what, todo in (
        (r"verify account\b", "Discord wants the account verified", "verify its e-mail address or phone in Discord"),
        (
            r"missing access\b",
            "it cannot see its channel",
            "check DISCORD_CHANNEL_ID, and that the account is a member of the server and may view the channel",
        ),
        (
            r"missing permission\b",
            "it may not use commands in its channel",
            "give it the permission Use Application Commands",
        ),
        (
            r"unknown channel\b",
            "Discord knows no such channel",
            "check DISCORD_CHANNEL_ID: it is the second number of the channel's address",
        ),
        (
            r"unknown guild\b",
            "Discord knows no such server",
            "check DISCORD_GUILD_ID: it is the first number of the channel's address",
        ),
        (
            r"wrong guild\b",
            "its channel belongs to another server",
            "set DISCORD_GUILD_ID to the first number of the channel's address",
        ),
        (r"wrong channel\b", "nobody can draw in its channel", "set DISCORD_CHANNEL_ID to a text channel"),
        (
            r"unknown application\b",
            "MidJourney's bot is not in its channel",
            "invite the bot to the server",
        ),
        (
            r"missing command\b",
            "MidJourney's bot offers it no command imagine",
            "type /imagine in the channel; if Discord does not offer it, invite the bot again, or allow its commands "
            "under Server Settings, Integrations",
        ),
        (r"banned\b", "it is banned from its server", "use another server, or ask its moderators"),
        (r"flagged\b", "Discord has flagged it as spam", "appeal in Discord"),
        (r"refused:", "Discord refuses whatever it sends", "look at its channel in Discord"),
        (r"token invalid\b", "Discord does not accept its token", "set a new DISCORD_TOKEN"),
        (
            r"captcha\b|action required to\b|please complete the task\b",
            "Discord demands a captcha",
            "solve it in Discord",
        ),
        (r"pending mod", "an unread message of a moderator blocks it", "read it in Discord"),
        (
            r"(?:(?:you are|you have been|account|user) )?(?:temporarily )?blocked\b",
            "MidJourney has blocked it",
            "wait as long as MidJourney says",
        ),
        (r"plan cancell?ed\b", "its plan was cancelled", "subscribe at MidJourney"),
        (r"subscription\b|due to extreme demand\b", "it has no running subscription", "subscribe at MidJourney"),
        (
            r"credits exhausted\b|you(?:'ve| have)? run out of\b",
            "its plan's hours are used up",
            "buy hours or wait for the new month",
        ),
        (
            r"(?:tos|terms of service) not accepted\b",
            "MidJourney's terms are not accepted",
            "read and accept them in Discord",
        ),
    )
)
_UNKNOWN = ("Discord or MidJourney requires a human", "fix it in Discord")


def advice_for(account: str, reason: str) -> str:
    """One sentence: what happened to the account and what to do."""
    text = " ".join(reason.split())
    if text.startswith(BY_OPERATOR):
        details = text.removeprefix(BY_OPERATOR).removeprefix(": ")
        shown = f" ({details[:_MAX_LENGTH]})" if details else ""
        return f"Account {account} is {BY_OPERATOR}{shown}; resume it when it may draw."
    what, todo = _known(reason)
    shown = text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"
    return f"Account {account} is paused: {what} ({shown}); {todo}, then resume it, or restart the service."


def _known(reason: str) -> tuple[str, str]:
    words = reason.replace("_", " ")
    for candidate in (words, words.partition(": ")[2]):  # the title, or the text after a generic title
        for pattern, what, todo in _KNOWN:
            if pattern.match(candidate):
                return what, todo
    return _UNKNOWN
