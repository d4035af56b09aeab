"""What the `/mj` requests ask for: a body -> the words of the use-cases.

Contract: pure functions. Only the form is judged here; whether it can be done is for the service to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from api.images.submitted_pictures import check_count, check_length, frame_of, is_link, mask_of, pictures_of
from api.mj.body import Body
from api.v1.schema import INDEXES
from tasks.domain.errors import AccountNotFound, BadIndex, BadRequest, NotOffered, UnknownAction
from tasks.domain.model import (
    Account,
    Action,
    Bot,
    ExtensionRequest,
    Mode,
    Picture,
    Status,
    SubmitOptions,
    VideoRequest,
)
from tasks.prompts.check import given_in
from tasks.prompts.images import check_link

T = TypeVar("T")

MODES: Mapping[str, Mode] = {"FAST": Mode.FAST, "RELAX": Mode.RELAXED, "TURBO": Mode.TURBO}
STATUSES: Mapping[str, tuple[Status, ...]] = {status.value: (status,) for status in Status}
BLEND_AT_LEAST = 2

_BOTS: Mapping[str, Bot] = {
    "": Bot.MIDJOURNEY,
    "MID_JOURNEY": Bot.MIDJOURNEY,
    "MIDJOURNEY": Bot.MIDJOURNEY,
    "MJ": Bot.MIDJOURNEY,
    "NIJI_JOURNEY": Bot.NIJI,
    "NIJIJOURNEY": Bot.NIJI,
    "NIJI": Bot.NIJI,
}
_DIMENSIONS: Mapping[str, str] = {"": "", "PORTRAIT": "2:3", "SQUARE": "1:1", "LANDSCAPE": "3:2"}
_MOTIONS: Mapping[str, str] = {"": "", "LOW": "low", "HIGH": "high"}
_CHANGES = {change.value: change for change in (Action.UPSCALE, Action.VARIATION, Action.REROLL)}
_LETTERS: Mapping[str, Action] = {"U": Action.UPSCALE, "V": Action.VARIATION, "R": Action.REROLL}
_SIMPLE = re.compile(r"\s*([0-9]+)\s+(?:([UV])([1-4])|(R))\s*", re.IGNORECASE | re.ASCII)
_PLAIN_CLIP = "vid_1.1_i2v_480"  # MidJourney's default for a picture
REMIX_ALONE = "MidJourney asks for a new prompt only while Remix mode is on; else the clip keeps its own prompt."


def ask_of(body: Body, prefix: Mode | None, accounts: Sequence[Account] = ()) -> SubmitOptions:
    """What comes with every submit. The mode of the address outweighs that of the body. `accounts`: those there are."""
    only = body.inner("accountFilter")
    modes = [_one_of(MODES, mode, "A mode of accountFilter") for mode in only.texts("modes")]
    return SubmitOptions(
        state=body.text("state"),
        notify_hook=body.text("notifyHook").strip(),
        api="mj",
        bot=_one_of(_BOTS, body.text("botType"), "botType"),
        mode=prefix or next(iter(modes), None),
        accounts=_chosen(only, accounts),
    )


def _chosen(only: Body, known: Sequence[Account]) -> tuple[str, ...]:
    """The accounts that a filter leaves; empty: any. Raises AccountNotFound, and BadRequest for what nobody heeds."""
    instance, channel = only.text("instanceId").strip(), only.text("channelId").strip()
    if only.text("remark").strip():
        raise BadRequest("accountFilter.remark is not known here.", hint="Choose by instanceId or channelId.")
    if not channel:
        return (instance,) if instance else ()
    found = tuple(each.id for each in known if each.details.get("channel_id") == channel and instance in ("", each.id))
    if not found:
        raise AccountNotFound(f"No account draws in the channel {channel[:40]!r}.", hint="/mj/account/list names them.")
    return found


def switched_mode_of(body: Body) -> Mode | None:
    """The mode to switch to; None: Remix mode, on or off."""
    given = body.text("mode").strip().upper()
    if given != "REMIX" and given not in MODES:
        raise BadRequest(f"mode is unknown: {given[:40]!r}.", hint=f"Give one of {', '.join(MODES)}, REMIX.")
    return MODES.get(given)


# ---------------------------------------------------------------- buttons


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A press of U, V or 🔄."""

    parent: str
    does: Action
    index: int | None


def change_of(body: Body) -> Change:
    given = body.text("action").strip().upper()
    if given not in _CHANGES:
        raise UnknownAction(hint=f"Give one of {', '.join(_CHANGES)} as action.")
    does = _CHANGES[given]
    return Change(parent=task_id_of(body), does=does, index=None if does is Action.REROLL else _index_of(body))


def simple_change_of(body: Body) -> Change:
    match = _SIMPLE.fullmatch(body.text("content"))
    if match is None:
        raise BadRequest("content must be a task's id and U1–U4, V1–V4 or R, such as 1684310738264000 U2.")
    parent, letter, index, again = match.groups()
    return Change(parent=parent, does=_LETTERS[(letter or again).upper()], index=int(index) if index else None)


def custom_id_of(body: Body) -> str:
    custom_id = body.text("customId").strip()
    if not custom_id:
        raise BadRequest("customId is missing: give that of one of the task's buttons.")
    return custom_id


def task_id_of(body: Body) -> str:
    task_id = body.text("taskId").strip()
    if not task_id:
        raise BadRequest("taskId is missing: give the result of a submit.")
    return task_id


def ids_of(body: Body) -> list[str]:
    """The ids of a list, each once; texts or numbers."""
    return list(dict.fromkeys(task_id.strip() for task_id in body.texts("ids")))


def _index_of(body: Body) -> int:
    index = INDEXES.get(body.text("index").strip())
    if index is None:
        raise BadIndex(hint="It names the picture, counted from the top left.")
    return index


# ---------------------------------------------------------------- the second input


@dataclass(frozen=True, kw_only=True, slots=True)
class SecondInput:
    task_id: str
    prompt: str | None  # None: the dialog's own text
    mask: bytes | None


def second_input_of(body: Body) -> SecondInput:
    prompt = body.text("prompt")
    masks = body.pictures("maskBase64") or [""]
    if len(masks) > 1:
        raise BadRequest("maskBase64 takes one picture.")
    return SecondInput(task_id=task_id_of(body), prompt=prompt if prompt.strip() else None, mask=mask_of(masks[0]))


# ---------------------------------------------------------------- pictures


def links_of(body: Body, names: Sequence[str]) -> list[str]:
    """The links among the pictures of these fields, each once."""
    found = dict.fromkeys(text.strip() for name in names for text in body.texts(name) if is_link(text))
    check_count(len(found))
    return list(found)


def given_pictures_of(body: Body) -> tuple[Picture, ...]:
    """Those of `base64Array`, of `base64`, its older name, and a form's files."""
    return pictures_of([*body.pictures("base64Array"), *body.pictures("base64"), *body.files])


@dataclass(frozen=True, kw_only=True, slots=True)
class Described:
    picture: Picture | None
    link: str


def described_of(body: Body) -> Described:
    """Exactly one picture, brought or linked."""
    given, link = [*body.pictures("base64"), *body.files], body.text("link").strip()
    if len(given) + bool(link) != 1:
        raise BadRequest("One picture is needed.", hint="Give it as base64 or its address as link, not both.")
    check_length(link)
    if link and not is_link(link):
        check_link(link)
        raise BadRequest("link must be an http or https URL.")
    return Described(picture=pictures_of(given)[0] if given else None, link=link)


@dataclass(frozen=True, kw_only=True, slots=True)
class Blended:
    pictures: Sequence[Picture]
    dimensions: str


def blended_of(body: Body) -> Blended:
    dimensions = _one_of(_DIMENSIONS, body.text("dimensions"), "dimensions")
    given = [*body.pictures("base64Array"), *body.files]
    if len(given) < BLEND_AT_LEAST:
        raise BadRequest("A blend needs two to five pictures.", hint="Give them as base64Array.")
    return Blended(pictures=pictures_of(given), dimensions=dimensions)


def uploaded_of(body: Body) -> tuple[Picture, ...]:
    pictures = given_pictures_of(body)
    if not pictures:
        raise BadRequest("A picture is needed.", hint="Give one to five as base64Array.")
    return pictures


# ---------------------------------------------------------------- edits


@dataclass(frozen=True, kw_only=True, slots=True)
class Edited:
    prompt: str
    pictures: tuple[Picture | str, ...]


def edited_of(body: Body) -> Edited:
    """Links are MidJourney's to load; a mask has no place in its command."""
    if body.texts("maskBase64"):
        raise NotOffered("An edit takes no mask.", hint="Say in the prompt what to change, or press Vary (Region).")
    given = [frame_of(text) for name in ("image", "base64Array") for text in body.texts(name)]
    pictures = (*(picture for picture in given if picture is not None), *pictures_of(body.files))
    if not pictures:
        raise BadRequest("An edit needs a picture.", hint="Give one to four as image or base64Array.")
    return Edited(prompt=body.text("prompt"), pictures=pictures)


# ---------------------------------------------------------------- clips


def clip_of(body: Body) -> VideoRequest | ExtensionRequest:
    action = body.text("action").strip().lower()
    motion = _one_of(_MOTIONS, body.text("motion"), "motion")
    if action not in ("", "extend"):
        raise UnknownAction(hint="Give extend as action, or leave it out.")
    kind = body.text("videoType").strip()
    if kind not in ("", _PLAIN_CLIP):
        raise NotOffered(f"videoType {kind[:40]!r} is not offered.", hint=f"Leave it out, or give {_PLAIN_CLIP}.")
    if action:
        return _extension_of(body, motion or "low")
    return VideoRequest(
        prompt=_clip_prompt(body),
        motion=motion,
        image=frame_of(body.picture("image")),
        end_image=frame_of(body.picture("endImage")),
        loop=body.flag("loop"),
    )


def _clip_prompt(body: Body) -> str:
    """The prompt with the parameters of `batchSize` (or `bs`) and `raw`, unless it has them."""
    prompt = body.text("prompt").strip()
    said = given_in(prompt)
    count = next((text for name in ("batchSize", "bs") if (text := body.text(name).strip()) not in ("", "0")), "")
    if count not in ("", "1", "2", "4"):
        raise BadRequest(f"batchSize must be 1, 2 or 4, not {count[:20]!r}.")
    parts = [f"--bs {count}"] if count and "bs" not in said else []
    if body.flag("raw") and "style" not in said:
        parts.append("--raw")
    return " ".join([prompt, *parts]).strip()


def _extension_of(body: Body, motion: str) -> ExtensionRequest:
    """An extension starts where the clip ends: a first frame has no place in it. The rest would change what is paid or
    drawn, and is refused where it cannot be sent.
    """
    if body.picture("endImage"):
        raise NotOffered("An extension takes no last frame.", hint="Leave out endImage.")
    prompt = body.text("prompt").strip()
    text = _clip_prompt(body)
    if body.flag("loop") and "end" not in given_in(prompt):
        text = f"{text} --loop".strip()
    if text and not prompt:
        raise BadRequest("loop, batchSize and raw need a prompt here.", hint="Send the extension's prompt with them.")
    notes = [REMIX_ALONE] if prompt else []
    if body.picture("image"):
        notes.append("image is not used: an extension starts with the last frame of the clip.")
    return ExtensionRequest(
        parent=task_id_of(body),
        motion=motion,
        index=_clip_index_of(body),
        prompt=text or None,
        notes=tuple(notes),
    )


def _clip_index_of(body: Body) -> int | None:
    """Which clip, from 0."""
    text = body.text("index").strip()
    if text == "":
        return None
    if text not in ("0", "1", "2", "3"):
        raise BadIndex("index must be from 0 to 3.", hint="It names the clip: 0 is the first.")
    return int(text)


# ---------------------------------------------------------------- words


def _one_of(known: Mapping[str, T], text: str, name: str) -> T:
    found = known.get(text.strip().upper())
    if found is None:
        raise BadRequest(f"{name} is unknown: {text[:40]!r}.", hint=f"Give one of {', '.join(filter(None, known))}.")
    return found
