"""What a human can do about an account's pause: one sentence for people, the same in `/health` and in an alert.

Law: the reason is always shown. It is a code of ours or the words of Discord or MidJourney; which of the known troubles
it is, its beginning tells, as what follows may repeat a user's prompt. An unknown reason still gets a next step.
"""

from __future__ import annotations

import re

from tasks.domain.model import BY_OPERATOR

_LONGEST = 200  # of a reason in a sentence; `/health` has the whole beside it

# How a reason begins, a code's `_` being blanks; what happened; what to do.
_KNOWN: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(form, re.IGNORECASE), what, todo)
    for form, what, todo in (
        (r"verify account\b", "Discord wants the account verified", "verify its e-mail address or phone in Discord"),
        (
            r"missing access\b",
            "it has no access to its channel",
            "let it in, or correct its server and channel",
        ),
        (
            r"missing permission\b",
            "it may not use commands in its channel",
            "give it the permission Use Application Commands",
        ),
        (r"unknown channel\b", "Discord knows no such channel", "correct its channel"),
        (r"unknown guild\b", "Discord knows no such server", "correct its server"),
        (r"unknown application\b", "MidJourney's bot is not in its channel", "invite the bot"),
        (r"banned\b", "it is banned from its server", "use another server, or ask its moderators"),
        (r"flagged\b", "Discord has flagged it as spam", "appeal in Discord"),
        (r"refused:", "Discord refuses whatever it sends", "look at its channel in Discord"),
        (r"token invalid\b", "Discord does not accept its token", "set a new DISCORD_TOKEN"),
        (
            r"captcha\b|action required to\b|please complete the task\b",
            "a captcha wants to see a human",
            "solve it in Discord",
        ),
        (r"pending mod", "a moderator's message waits to be read", "read it in Discord"),
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
_UNKNOWN = ("Discord or MidJourney wants a human", "mend it in Discord")


def advice_for(account: str, reason: str) -> str:
    """One sentence: what happened to the account and what to do."""
    said = " ".join(reason.split())
    if said.startswith(BY_OPERATOR):
        why = said.removeprefix(BY_OPERATOR).removeprefix(": ")
        return f"Account {account} is {BY_OPERATOR}{f' ({why[:_LONGEST]})' if why else ''}; resume it when it may draw."
    what, todo = _known(reason)
    shown = said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
    return f"Account {account} is paused: {what} ({shown}); {todo}, then resume it, or restart the service."


def _known(reason: str) -> tuple[str, str]:
    words = reason.replace("_", " ")
    for said in (words, words.partition(": ")[2]):  # the title, or what follows a title that says nothing
        for pattern, what, todo in _KNOWN:
            if pattern.match(said):
                return what, todo
    return _UNKNOWN
