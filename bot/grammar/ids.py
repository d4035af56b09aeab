"""Parses ids: the bots' applications, MidJourney's custom_ids, job uuids and Discord's snowflakes.

Contract: ids are parsed and never built, as a button's form depends on the model and only Discord's own string can be
pressed. This module reads neither texts nor payloads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tasks.domain.model import Action, Bot
from tasks.rules.matching import snowflake_time

APPLICATIONS: Mapping[Bot, str] = MappingProxyType(
    {Bot.MIDJOURNEY: "936929561302675456", Bot.NIJI: "1022952195194359889"}
)
BOTS: Mapping[str, Bot] = MappingProxyType({application: bot for bot, application in APPLICATIONS.items()})

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
WORD = re.compile(r"[A-Za-z]{1,20}|[a-z]{1,12}(?:_[a-z0-9]{1,12}){1,4}")  # a part of an id that names nobody
_SNOWFLAKE = re.compile(r"[0-9]{1,20}")

CANCEL = "MJ::CancelJob::"
_CANCEL_BY_JOB = "MJ::CancelJob::ByJobid::"
CAPTCHA = "MJ::Captcha"
SETTINGS = "MJ::Settings::"
VERSION_SELECTOR = "MJ::Settings::VersionSelector"
PICREADER = "MJ::Job::PicReader"
ANALYZER = "MJ::Job::PromptAnalyzer"
VIDEO_GRID = "MJ::JOB::video_virtual_upscale"

# Buttons that only a result has. Cancel and `MJ::Prompts::Appeal` are none (seen 2023-07 to 2026-06).
_OF_RESULTS = (
    "MJ::JOB::",
    "MJ::Outpaint",
    "MJ::CustomZoom",
    "MJ::Inpaint",
    "MJ::BOOKMARK",
    PICREADER,
    ANALYZER,
)
# Forms whose uuid is the message's own job; an appeal's key or an iframe's token is not.
_WITH_JOB = (_CANCEL_BY_JOB, "MJ::JOB::", "MJ::Outpaint", "MJ::CustomZoom", "MJ::Inpaint", "MJ::BOOKMARK")

# The action of a button, and whether its number selects one of four pictures. The first matching form decides. A solo
# button always has the number 1 and selects nothing (seen 2023-07 to 2026-06).
_DOES: tuple[tuple[re.Pattern[str], Action | None], ...] = tuple(
    (re.compile(form), action)
    for form, action in (
        (r"MJ::JOB::upsample::([1-4])::(?!.*::SOLO$)", Action.UPSCALE),
        (r"MJ::JOB::variation::([1-4])::(?!.*::SOLO$)", Action.VARIATION),
        (r"MJ::JOB::reroll::", Action.REROLL),
        (r"MJ::JOB::upsample", Action.UPSCALE),
        (r"MJ::JOB::(?:low_|high_)?variation", Action.VARIATION),
        (r"MJ::JOB::pan_", Action.PAN),
        (r"MJ::JOB::video_virtual_upscale::([1-4])", Action.VIDEO),
        (r"MJ::JOB::(?:animate|video)", Action.VIDEO),
        (r"MJ::(?:Outpaint|CustomZoom)::", Action.ZOOM),
        (r"MJ::Inpaint::", Action.INPAINT),
        (r"MJ::Job::PicReader::([1-4])$", Action.DESCRIBE),
        (r"MJ::Job::PicReader::all$", Action.IMAGINE),
        (r"MJ::(?:Job::PicReader|Picread)::", Action.DESCRIBE),
        (r"MJ::Job::PromptAnalyzer::([1-9])$", Action.SHORTEN),
        (r"MJ::Job::PromptAnalyzer", Action.SHORTEN),
    )
)

# Other known forms, which draw nothing (seen 2023-07 to 2026-06).
_DRAW_NOTHING = (CANCEL, CAPTCHA, "MJ::BOOKMARK::", "MJ::Prompts::Appeal", SETTINGS)

# A press of these opens a dialog and draws nothing yet (from clients' code, 2023 to 2026).
_OPENS = re.compile(r"MJ::(?:CustomZoom|Inpaint)::|MJ::Job::PicReader::[1-4]$|MJ::JOB::video::.*::manual$")
# These need no slot: they extract a picture from a grid, rate one, or change a setting.
_QUICK = re.compile(
    r"MJ::JOB::upsample::[1-4]::(?!.*::SOLO$)|MJ::JOB::video_virtual_upscale::|MJ::BOOKMARK::|MJ::Settings::"
)

# A result's variant, and the matching part of the pressed custom_id (seen 2023-07 to 2026-06).
_VARIANTS: Mapping[Action, Mapping[str, str]] = MappingProxyType(
    {
        Action.VARIATION: {"subtle": "::low_variation::", "strong": "::high_variation::", "region": "::Inpaint::"},
        Action.UPSCALE: {"subtle": "_subtle::", "creative": "_creative::", "2x": "_2x::", "4x": "_4x::"},
        Action.PAN: {"left": "::pan_left::", "right": "::pan_right::", "up": "::pan_up::", "down": "::pan_down::"},
    }
)

_DIALOGS: tuple[tuple[re.Pattern[str], Action], ...] = tuple(
    (re.compile(form, re.IGNORECASE), action)
    for form, action in (
        (r"MJ::RemixModal\b", Action.VARIATION),
        (r"MJ::OutpaintCustomZoomModal\b", Action.ZOOM),
        (r"MJ::PanModal\b", Action.PAN),
        (r"MJ::Picreader::Modal\b", Action.DESCRIBE),
        (r"MJ::AnimateModal\b", Action.VIDEO),
        (r"MJ::ImagineModal\b", Action.IMAGINE),
    )
)
_DIALOG_INDEX = re.compile(
    r"(?:[0-9a-f]{8}-[0-9a-f-]{27}|MJ::Picreader::Modal)::([1-4])(?:::|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ButtonForm:
    """What a custom_id shows: the button's action and which of the four pictures it selects."""

    does: Action | None = None
    index: int | None = None
    opens_dialog: bool = False
    is_quick: bool = False
    is_switch: bool = False


def button_form(custom_id: str) -> ButtonForm:
    """Read a button's custom_id. An unknown button has no known action, but can be pressed."""
    for pattern, action in _DOES:
        found = pattern.match(custom_id)
        if found is not None:
            index = int(found[1]) if pattern.groups else None
            quick = _QUICK.match(custom_id) is not None
            return ButtonForm(
                does=action, index=index, opens_dialog=_OPENS.match(custom_id) is not None, is_quick=quick
            )
    return ButtonForm(is_quick=_QUICK.match(custom_id) is not None, is_switch=custom_id.startswith(SETTINGS))


def rivals(action: Action | None, variant: str | None) -> frozenset[str]:
    """Parts of custom_ids that lead to another variant of the same action; such presses are excluded."""
    known = _VARIANTS.get(action, {}) if action is not None else {}
    own = known.get((variant or "").rpartition("-")[2])
    return frozenset(known.values()) - {own} if own is not None else frozenset()


def is_known(custom_id: str) -> bool:
    """Is the custom_id of a known form, whatever its action?"""
    return custom_id.startswith(_DRAW_NOTHING) or button_form(custom_id).does is not None


def form(custom_id: str) -> str:
    """A custom_id without the parts of a job or a person: words stay, ids and numbers become #."""
    return "::".join(part if WORD.fullmatch(part) else "#" for part in custom_id.split("::"))


@dataclass(frozen=True, kw_only=True, slots=True)
class DialogForm:
    """What a dialog's custom_id shows (from clients' code, 2023 to 2026)."""

    action: Action | None = None
    job_id: str | None = None
    index: int | None = None


def dialog_form(custom_id: str) -> DialogForm:
    action = next((action for pattern, action in _DIALOGS if pattern.match(custom_id)), None)
    if action is None:
        return DialogForm()
    index = _DIALOG_INDEX.search(custom_id)
    return DialogForm(action=action, job_id=first_guid(custom_id), index=int(index[1]) if index else None)


def is_of_result(custom_id: str) -> bool:
    """Do only finished jobs carry this button?"""
    return custom_id.startswith(_OF_RESULTS)


def is_cancel(custom_id: str) -> bool:
    return custom_id.startswith(CANCEL)


def job_of(custom_ids: Iterable[str]) -> str | None:
    """The job uuid in the custom_ids of a message."""
    return next((guid for c in custom_ids if c.startswith(_WITH_JOB) and (guid := first_guid(c))), None)


def first_guid(text: str) -> str | None:
    found = _GUID.search(text)
    return found[0].lower() if found else None


def last_guid(text: str) -> str | None:
    """The last uuid: in a file name the job's uuid follows the prompt, which may contain another."""
    found = _GUID.findall(text)
    return str(found[-1]).lower() if found else None


def snowflake(value: object) -> str | None:
    """A Discord id as text; None for anything else (missing, null, "")."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if isinstance(value, str) and _SNOWFLAKE.fullmatch(value) else None


def time_of(id_: str | None) -> int:
    """The milliseconds since 1970 that an id carries; 0 without one."""
    return snowflake_time(id_) if id_ else 0
