"""MidJourney's embeds: errors, notices, queue, and the answers of /describe and /shorten.

Contract: one table decides. Known words decide without the colour, which was sometimes missing in 2026: first the
title's first words, then the description's, then the colour. Plain messages contain the same words. The text after the
first words is often the user's prompt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from bot.grammar.payload import mapping, number, text
from bot.grammar.text import command_prompt
from tasks.domain.model import Action

RED = frozenset({16711680, 15548997})  # seen 2023 to 2025; the second from clients' code


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusalMeaning:
    """The meaning of a refusal. `code` is stable; `pauses_account`: a human must fix it; `retry`: may be sent again."""

    code: str
    pauses_account: bool = False
    retry: bool = False
    recoverable: bool = False


def _refusal(code: str, *, pauses: bool = False, retry: bool = False, recoverable: bool = False) -> RefusalMeaning:
    return RefusalMeaning(code=code, pauses_account=pauses, retry=retry, recoverable=recoverable)


# Every code of a refusal, from embeds, plain sentences and drawings.
REFUSALS_BY_CODE: Mapping[str, RefusalMeaning] = {
    t.code: t
    for t in (
        _refusal("queue_full", retry=True),
        _refusal("invalid_parameter"),
        _refusal("invalid_prompt"),
        _refusal("invalid_link"),
        _refusal("invalid_request"),
        _refusal("empty_prompt"),
        _refusal("banned_prompt"),
        _refusal("banned_image"),
        _refusal("image_denied"),
        _refusal("moderated"),
        _refusal("job_failed"),
        _refusal("slow_down"),
        _refusal("action_restricted"),
        _refusal("action_needed", recoverable=True),
        _refusal("captcha", pauses=True),
        _refusal("pending_mod_message", pauses=True),
        _refusal("blocked", pauses=True),
        _refusal("plan_cancelled", pauses=True),
        _refusal("subscription_required", pauses=True),
        _refusal("credits_exhausted", pauses=True),
        _refusal("tos_not_accepted", pauses=True),
        _refusal("internal_error"),
        _refusal("stopped"),
        _refusal("unknown_error"),
    )
}

QUEUED = "queued"
NOTICE = "notice"
INFO = "info"
_DECLINED = re.compile(r"decline-", re.IGNORECASE)

# MidJourney's words (seen 2023 to 2026), matched at the start of a title, else of a description, else of a message
# without an embed: the same words were seen in each place.
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(form, re.IGNORECASE), code)
    for form, code in (
        (r"job queued\b", QUEUED),
        (r"duplicate images? detected", NOTICE),
        (r"your info\b", INFO),
        (r"(?:your )?(?:job )?queue (?:is )?full\b", "queue_full"),
        (r"(?:invalid|unrecognized) parameter", "invalid_parameter"),
        (r"invalid prompt\b", "invalid_prompt"),
        (r"invalid link\b", "invalid_link"),
        (r"invalid request\b", "invalid_request"),
        (r"empty prompt\b", "empty_prompt"),
        (r"banned image\b", "banned_image"),
        (r"banned prompt\b", "banned_prompt"),
        (r"image denied\b", "image_denied"),
        (r"request cancell?ed due to (?:image|output) filters?", "moderated"),
        (r"sorry!? could not complete the job", "job_failed"),
        (r"sorry,? something went wrong", "job_failed"),
        (r"the job encountered an error", "job_failed"),
        (r"slow down\b", "slow_down"),
        (r"job action restricted\b", "action_restricted"),
        (r"action needed to continue\b", "action_needed"),
        (r"action required to continue\b", "captcha"),
        (r"pending mod(?:eration|erator)? message", "pending_mod_message"),
        (r"(?:(?:you are|you have been|account|user) )?(?:temporarily )?blocked\b", "blocked"),
        (r"plan cancell?ed\b", "plan_cancelled"),
        (r"subscription (?:is )?(?:required|paused)\b", "subscription_required"),
        (r"credits exhausted\b", "credits_exhausted"),
        (r"(?:tos|terms of service) not accepted\b", "tos_not_accepted"),
        (r"internal error\b", "internal_error"),
        (r"your job queue is full\b", "queue_full"),
        (r"you have reached the maximum allowed number of concurrent jobs[^\n]*will start", QUEUED),
        (r"you have reached the maximum[^\n]*concurrent job", "queue_full"),
        (r"(?:sorry! )?our ai moderators?\b", "action_needed"),
        (r"please complete the task\b", "captcha"),
        (r"you(?:'ve| have)? run out of [a-z ]*hours\b", "credits_exhausted"),
        (r"you can not submit [^\n]* in relax mode", "action_restricted"),
        (r"you can request another [^\n]*<t:[0-9]+", "slow_down"),
        (r"due to extreme demand we can't provide a free trial", "subscription_required"),
        (
            r"[`'\"*]{0,3}[-\w][-\w. :/]{0,60}[`'\"*]{0,3} (?:is|are) (?:not compatible|incompatible) with\b",
            "invalid_parameter",
        ),
    )
)
# A conflict of a parameter with another or with a version ("`--oref` is not compatible with `--version 8.1`", seen
# 2026-06). It decides on any line, as it may follow vaguer words.
_QUOTE = r"[`'\"*]{0,3}"
_PARAMETER = rf"{_QUOTE}--\w[\w-]{{0,30}}(?: [^\s`'\"*]{{1,40}})?{_QUOTE}"
_CONFLICT = re.compile(
    rf"^[#>\- ]{{0,4}}(?:(?:[A-Za-z][A-Za-z ,!'’:]{{0,60}} )?{_PARAMETER}(?:(?:,| and|, and) {_PARAMETER}){{0,3}}"
    rf" (?:is|are) (?:not compatible|incompatible) with\b"
    rf"|{_QUOTE}[A-Za-z][A-Za-z0-9. -]{{0,60}}{_QUOTE} (?:is|are) (?:not compatible|incompatible) with {_PARAMETER})",
    re.IGNORECASE | re.MULTILINE,
)
VAGUE = frozenset(
    {"", "unknown_error", "job_failed", "internal_error", "invalid_request"}
)  # codes that a named conflict replaces
# An unknown title of these shapes is an error even without a colour.
_BAD_TITLE = re.compile(r"invalid\b|.*\berror\W*$|.*\bdenied\W*$", re.IGNORECASE)

_BOLD_LINE = re.compile(r"\A\*\*([^*\n]{1,80})\*\*[^\S\n]*(?=\n|\Z)")  # a heading; a drawing goes on after it
_HAIL = re.compile(r"\W{0,20}hey,?\s*<@!?([0-9]+)>\s*", re.IGNORECASE)
_KEYCAP = re.compile("(?m)^[^\\S\\n]{0,20}[1-9]\ufe0f?\u20e3")
_SHORTENED = re.compile(r"^#+ *(?:Important tokens|Shortened prompts)\b", re.MULTILINE | re.IGNORECASE)
_TOKENS = re.compile(r"^#+ *Important tokens *\n+([^#]+)", re.MULTILINE | re.IGNORECASE)
_MARKS = re.compile(r"\*\*|~~")  # around a token that counts, and around one that does not
_TIME = re.compile(r"<t:([0-9]{1,12})(?::[A-Za-z])?>")
_LONGEST_REASON = 1000
_LATEST = 253_402_300_799_000  # ms: the end of the year 9999, the last time that `datetime` can format


@dataclass(frozen=True, kw_only=True, slots=True)
class Embed:
    """One embed, read. `kind`: queued, error, info, notice or done."""

    kind: str
    title: str = ""
    text: str = ""
    code: str = ""
    prompt: str | None = None
    action: Action | None = None
    options: int | None = None
    retry_at: int | None = None
    hails: str | None = None  # the user that it addresses
    raw: Mapping[str, Any]

    @property
    def reason(self) -> str:
        return ": ".join(part for part in (self.title, self.text) if part)[:_LONGEST_REASON]


def embed(raw: Mapping[str, Any], *, describes: bool = False, shortens: bool = False) -> Embed:
    """Read one embed. `describes`, `shortens`: the message has the buttons of an answer to /describe or /shorten."""
    title, description = text(raw.get("title")).strip(), text(raw.get("description")).strip()
    footer = text(mapping(raw.get("footer")).get("text"))
    code = _code(title, description, footer, red=number(raw.get("color")) in RED)
    if code in (*VAGUE, INFO) and not (describes or shortens) and names_conflict(f"{title}\n{description}"):
        code = "invalid_parameter"
    hail = _HAIL.match(description) or _HAIL.match(title)
    action = _answer(title, description, code, describes=describes, shortens=shortens)
    found = _TIME.search(description)
    return Embed(
        kind="done" if action else _kind(code),
        title=title,
        text=description,
        code="" if action or code in (QUEUED, NOTICE, INFO) else code,
        prompt=_shortened(description) if action else command_prompt(footer),
        action=action,
        options=len(_KEYCAP.findall(description)) or None if action else None,
        retry_at=int(found[1]) * 1000 if found and code in ("slow_down", "blocked") else None,
        hails=hail[1] if hail else None,
        raw=raw,
    )


def with_time(reason: str, retry_at: int | None) -> str:
    """MidJourney's words with the time (ms) that only Discord's clients can show in them."""
    if not retry_at or retry_at > _LATEST:
        return reason
    return f"{reason} (until {datetime.fromtimestamp(retry_at // 1000, UTC):%Y-%m-%d %H:%M:%S} UTC)"


def _kind(code: str) -> str:
    return code if code in (QUEUED, NOTICE, INFO) else "error"


def _code(title: str, description: str, footer: str, *, red: bool) -> str:
    if _DECLINED.match(footer):
        return "moderated"  # a moderation rejection that looks like an error (seen 2026)
    known = _known(title) or _known(description)
    if known:
        return known
    return "unknown_error" if red or _BAD_TITLE.match(title) else INFO


def _known(words: str) -> str:
    """The code of MidJourney's words after an optional greeting; "" if they are unknown."""
    hail = _HAIL.match(words)  # at the start only: a search everywhere would not be linear in time
    opening = _BOLD_LINE.sub(r"\1", (words[hail.end() :] if hail else words).lstrip(" \n!,.:#>"))
    return next((code for pattern, code in _WORDS if pattern.match(opening)), "")


def names_conflict(words: str) -> bool:
    """Does a line say that a parameter is not compatible with something? The echo of the prompt does not count."""
    before_echo = re.split(r"^(?:-# )?/imagine ", words, maxsplit=1, flags=re.MULTILINE)[0]
    return _SHORTENED.search(before_echo) is None and _CONFLICT.search(before_echo) is not None


def known_title(title: str) -> bool:
    return bool(_known(title))


def plain(content: str) -> Embed | None:
    """Read the same words in a message without an embed; None if they are unknown."""
    if not _known(content) and not names_conflict(content):
        return None
    return replace(embed({"description": content}), prompt=command_prompt(content))


def _shortened(description: str) -> str | None:
    """The prompt given to /shorten, which its answer repeats token by token."""
    found = _TOKENS.search(description)
    return _MARKS.sub("", found[1]).strip() if found else None


def _answer(title: str, description: str, code: str, *, describes: bool, shortens: bool) -> Action | None:
    """/describe numbers its texts with keycaps, /shorten has two headings (seen 2023 to 2025)."""
    if code != INFO or not description:
        return None
    if shortens or _SHORTENED.search(description):
        return Action.SHORTEN
    if describes or (not title and _KEYCAP.search(description)):
        return Action.DESCRIBE
    return None
