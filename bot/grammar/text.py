"""Parses the text of MidJourney's messages: drawings and known sentences.

Contract: pure; text in, facts out. The prompt is the user's text and decides nothing: it stands between the first `**`
and the last `** - `, and words about kind, action, state and mode count outside of it only. The one exception is the
parameter `--video`, where nothing else marks a video (seen 2025).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.grammar.ids import first_guid
from tasks.domain.model import Action, Mode

_CLOSE = "** - "

# The words before a prompt (seen 2023-07 to 2026-06; "Rerolling" known from clients' code).
_HEADS: tuple[tuple[re.Pattern[str], Action], ...] = (
    (re.compile(r"Upscaling image #(?P<index>\d+) with\b"), Action.UPSCALE),
    (re.compile(r"Making variations for image #(?P<index>\d+) with prompt\b"), Action.VARIATION),
    (re.compile(r"Creating video with prompt\b"), Action.VIDEO),
    (re.compile(r"Rerolling\b"), Action.REROLL),
)
_HEAD = re.compile(r"[^\n/`]{0,80}")

# The words between `** - ` and the mention (seen 2023-04 to 2026-06).
_SUFFIXES: tuple[tuple[re.Pattern[str], Action, str], ...] = (
    (re.compile(r"Image #(?P<index>\d+)"), Action.UPSCALE, ""),
    (re.compile(r"Variations(?: \((?P<variant>[^)]*)\))? by", re.IGNORECASE), Action.VARIATION, ""),
    (re.compile(r"Remix(?: \((?P<variant>[^)]*)\))? by", re.IGNORECASE), Action.VARIATION, "remix"),
    (re.compile(r"Upscal(?:ed|ing)(?: \((?P<variant>[^)]*)\))? by", re.IGNORECASE), Action.UPSCALE, ""),
    (re.compile(r"Zoom Out by", re.IGNORECASE), Action.ZOOM, ""),
    (re.compile(r"Pan (?P<variant>Left|Right|Up|Down) by", re.IGNORECASE), Action.PAN, ""),
)
_TAIL = re.compile(r"(?P<suffix>[^<\n]{0,80})<@!?(?P<user>[0-9]+)>(?P<rest>[^\n]*)")

_WAITING = re.compile(r"\(Waiting to start\)", re.IGNORECASE)
_PERCENT = re.compile(r"\(([0-9]{1,3})(?:\.[0-9]+)?%\)")
_PAUSED = re.compile(r"\(paused\)", re.IGNORECASE)
_STOPPED = re.compile(r"\(stopped\)", re.IGNORECASE)
_MODE = re.compile(r"\((fast|relaxed|relax|turbo)(?:,([a-z, ]*))?\)", re.IGNORECASE)
_JOB_LINK = re.compile(r"midjourney\.com/(?:app/)?jobs/([0-9a-fA-F-]{36})")
_SUBLINE = re.compile(r"^-# ", re.MULTILINE)
_VIDEO_PARAMETER = re.compile(r"(?:^|\s)--video(?:\s+[0-9]+)?(?=\s+--|\s*$)")
_LINK = r"<?https?://[^\s>]++>?"
_ONLY_LINKS = re.compile(rf"\s*+{_LINK}(?:(?:\s*+,)?+\s++{_LINK})++(?:\s++--.*)?\s*+", re.DOTALL)

_MODES = {"fast": Mode.FAST, "relaxed": Mode.RELAXED, "relax": Mode.RELAXED, "turbo": Mode.TURBO}


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawing:
    """The facts in the text of a drawing's message. `state`: waiting, progress, paused, stopped or done."""

    state: str
    prompt: str
    action: Action | None = None
    suffix: str = ""
    variant: str | None = None
    index: int | None = None
    percent: int | None = None
    mode: Mode | None = None
    stealth: bool = False
    user_id: str | None = None
    job_id: str | None = None
    subline: bool = False  # has the "-# Create, explore…" line (seen since 2024-12)

    @property
    def asks_for_video(self) -> bool:
        return _VIDEO_PARAMETER.search(self.prompt) is not None

    @property
    def only_links(self) -> bool:
        """At least two links and no words: a blend, or an imagine that looks like a blend."""
        return _ONLY_LINKS.fullmatch(self.prompt) is not None


def drawing(content: str) -> Drawing | None:
    """Parse the text of a message about a drawing; None for other texts."""
    start = content.find("**")
    if start < 0 or not _HEAD.fullmatch(content[:start]):
        return None
    head_action, head_index, has_head = _head(content[:start])
    end = content.rfind(_CLOSE)
    tail = _TAIL.match(content[end + len(_CLOSE) :]) if end >= start + 2 else None
    if tail is None:
        return _without_tail(content, start, head_action, head_index)
    suffix = tail["suffix"].strip()
    action, variant, index = _suffix(suffix)
    rest = tail["rest"]
    mode, stealth = _mode(rest)
    percent = _PERCENT.search(rest)
    link = _JOB_LINK.search(rest)
    return Drawing(
        state=_state(rest, starts=has_head),
        prompt=content[start + 2 : end],
        action=head_action or action,
        suffix=suffix,
        variant=variant,
        index=head_index or index,
        percent=min(int(percent[1]), 100) if percent else None,
        mode=mode,
        stealth=stealth,
        user_id=tail["user"],
        job_id=first_guid(link[1]) if link else None,
        subline=_SUBLINE.search(content[end:]) is not None,
    )


def _without_tail(content: str, start: int, action: Action | None, index: int | None) -> Drawing | None:
    """ "Making variations for image #1 with prompt **…**" and nothing more: an older form, always a start."""
    end = content.rfind("**")
    if action is None or end < start + 2:
        return None
    return Drawing(state="waiting", prompt=content[start + 2 : end], action=action, index=index)


def _head(words: str) -> tuple[Action | None, int | None, bool]:
    for pattern, action in _HEADS:
        found = pattern.match(words)
        if found is not None:
            return action, _index(found), True
    return None, None, bool(words.strip())


def _suffix(words: str) -> tuple[Action | None, str | None, int | None]:
    for pattern, action, family in _SUFFIXES:
        found = pattern.fullmatch(words)
        if found is not None:
            own = (found.groupdict().get("variant") or "").casefold()
            return action, "-".join(part for part in (family, own) if part) or None, _index(found)
    return None, None, None


def _index(found: re.Match[str]) -> int | None:
    digit = found.groupdict().get("index")
    return int(digit) if digit in {"1", "2", "3", "4"} else None


def _state(rest: str, *, starts: bool) -> str:
    """`starts`: words precede the prompt, as only in messages of an unfinished job."""
    if _STOPPED.search(rest):
        return "stopped"
    if _WAITING.search(rest):
        return "waiting"
    if _PERCENT.search(rest):
        return "progress"
    if _PAUSED.search(rest):
        return "paused"
    return "waiting" if starts else "done"


def _mode(rest: str) -> tuple[Mode | None, bool]:
    found = _MODE.search(rest)
    if found is None:
        return None, False
    return _MODES[found[1].casefold()], "stealth" in (found[2] or "").casefold()


# ---------------------------------------------------------------- sentences


@dataclass(frozen=True, kw_only=True, slots=True)
class Sentence:
    """A message that is one of MidJourney's sentences. `kind`: waiting, error or info."""

    kind: str
    code: str = ""
    prompt: str | None = None
    seed: str | None = None
    job_id: str | None = None


# The starts of MidJourney's sentences (seen 2023 to 2026), anchored at the start of the message.
_SENTENCES: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(form, re.IGNORECASE), kind, code)
    for form, kind, code in (
        (r"Animating(?:\.\.\.|…)", "waiting", ""),
        (r"You have successfully rated\b", "info", ""),
        (r"Progress images have been disabled\b", "info", ""),
        (r"Done!", "info", ""),
        (r"Remix mode turned o(?:n|ff)\b", "info", ""),
        (r"There was an error processing your request\b", "error", "internal_error"),
        (r"Failed to process your command\b", "error", "internal_error"),
        (r"Invalid parameter\b", "error", "invalid_parameter"),
        (r"Unrecognized parameter", "error", "invalid_parameter"),
        (r"Invalid prompt\b", "error", "invalid_prompt"),
        (r"Invalid link\b", "error", "invalid_link"),
        (r"Invalid request\b", "error", "invalid_request"),
    )
)
_SEED = re.compile(r"^\*\*Job ID\*\*: *(?P<job>[0-9a-f-]{36})\s+\*\*seed\*\* *(?P<seed>[0-9]+)\s*\Z", re.I | re.M)
_COMMAND = re.compile(r"^(?:-# )?/imagine (.*)\Z", re.DOTALL | re.MULTILINE)


def sentence_in(content: str) -> Sentence | None:
    """Parse one of MidJourney's known sentences; None for other texts."""
    for pattern, kind, code in _SENTENCES:
        if pattern.match(content):
            return Sentence(kind=kind, code=code, prompt=command_prompt(content) if kind == "error" else None)
    return None


def seed_in(content: str) -> Sentence | None:
    """The answer to the envelope reaction: a prompt, then the job's id and its seed (known from clients' code)."""
    found = _SEED.search(content)
    return Sentence(kind="info", seed=found["seed"], job_id=first_guid(found["job"])) if found else None


def command_prompt(words: str) -> str | None:
    """The text after `/imagine `, which errors and "Job queued" repeat; byte for byte."""
    found = _COMMAND.search(words)
    return found[1] if found else None
