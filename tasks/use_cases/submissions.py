"""Submissions: a caller's words and pictures → the task for each command. Pure.

Contract: what is visibly wrong is refused here, before anything is stored or paid. Principal, bot and account are the
same for all commands and are added by the service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tasks.domain.errors import BadRequest, MissingPrompt
from tasks.domain.model import Action, Lane, Mode, Picture, Task, TaskRequest, VideoRequest
from tasks.prompts.check import CheckedPrompt, PromptRules, check, given_in, suffix_beside
from tasks.prompts.parameters import MOST_EDITED
from tasks.rules.dialogs import REMIX
from tasks.sending.preparation import picture_mark

DIMENSIONS = ("2:3", "1:1", "3:2")
_DRAW_NOTHING = frozenset({Action.DESCRIBE, Action.SHORTEN, Action.SHOW, Action.ACTION})
_MODE_COMMANDS: Mapping[Mode, str] = {Mode.FAST: "fast", Mode.RELAXED: "relax", Mode.TURBO: "turbo"}
_JOB_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Submission:
    """A task without id, and the pictures that go with it."""

    task: Task
    pictures: Sequence[Picture] = ()
    modes: tuple[Mode, ...] = ()  # those that the prompt names


def imagine(rules: PromptRules, prompt: str, pictures: Sequence[Picture], mode: Mode | None = None) -> Submission:
    """A drawing. `mode`: asked for beside the prompt. Raises what `tasks.prompts.check.check` does."""
    if not prompt.strip() and not pictures:
        raise MissingPrompt(hint="Send the text to draw as `prompt`.")
    marks = " ".join(picture_mark(n) for n in range(len(pictures)))
    checked = check(prompt.strip(), rules, before=marks, pictures=len(pictures), mode=mode)
    return _draft(Action.IMAGINE, "imagine", prompt=prompt, checked=checked, pictures=pictures)


def describe(picture: Picture | None, link: str) -> Submission:
    """Four texts that describe a picture."""
    if (picture is None) == (not link):
        raise BadRequest("Give one picture, or the link of one.")
    options = (("link", link),) if link else ()
    pictures = () if picture is None else (picture,)
    return _draft(Action.DESCRIBE, "describe", options=options, pictures=pictures)


def blend(pictures: Sequence[Picture], dimensions: str) -> Submission:
    """One picture from several. `dimensions` is a ratio, such as 2:3; "" leaves it to MidJourney."""
    if not 2 <= len(pictures) <= 5:
        raise BadRequest(f"Blending takes 2 to 5 pictures, not {len(pictures)}.")
    if dimensions and dimensions not in DIMENSIONS:
        raise BadRequest(f"The dimensions are {', '.join(DIMENSIONS)}.")
    options = (("dimensions", f"--ar {dimensions}"),) if dimensions else ()
    return _draft(Action.BLEND, "blend", options=options, pictures=pictures)


def shorten(rules: PromptRules, prompt: str) -> Submission:
    """Which words of a prompt matter."""
    if not prompt.strip():
        raise MissingPrompt(hint="Send the text to shorten as `prompt`.")
    checked = check(prompt.strip(), replace(rules, default_suffix=""))
    return _draft(Action.SHORTEN, "shorten", prompt=prompt, checked=replace(checked, warnings=(), modes=()))


def video(rules: PromptRules, video: VideoRequest, mode: Mode | None = None) -> Submission:
    """A clip that begins with a picture: MidJourney's /imagine with `--video`. A picture may be a link.

    A parameter that the prompt has is not added again.
    """
    prompt, motion, image, end_image = video.prompt, video.motion, video.image, video.end_image
    if motion not in ("", "low", "high"):
        raise BadRequest(f"The motion is low or high, not {motion[:20]!r}.")
    if image is None:
        raise BadRequest("A clip begins with a picture.", hint="Send it as `image`.")
    brought = [picture for picture in (image, end_image) if isinstance(picture, Picture)]
    begin, end = (_place(picture, brought) for picture in (image, end_image))
    parameters = _clip_parameters(given_in(prompt), motion=motion, end=end, loop=video.loop)
    text = f"{prompt.strip()} {' '.join(parameters)}".strip()
    checked = check(text, rules, before=begin, pictures=len(brought), mode=mode)
    return _draft(Action.VIDEO, "imagine", prompt=prompt, checked=checked, pictures=brought)


def _clip_parameters(said: Mapping[str, tuple[str, str]], *, motion: str, end: str, loop: bool) -> Iterator[str]:
    """The parameters of a clip that its prompt does not have. Raises BadRequest where a field says something else."""
    if "motion" not in said:
        yield f"--motion {motion or 'low'}"
    elif motion and said["motion"][1].casefold() != motion:
        raise BadRequest(
            f"The prompt says --motion {said['motion'][1][:20]}, the field motion {motion}.", hint="Give one of them."
        )
    if "video" not in said:
        yield "--video 1"
    if "end" not in said:
        yield from [f"--end {end}"] if end else ["--loop"] if loop else []
        return
    name, value = said["end"]
    is_loop = name == "loop" or value.casefold() == "loop"
    if (end and value != end) or (loop and not is_loop):
        raise BadRequest(
            f"The prompt says --{name} {value[:40]}".rstrip()
            + f", the field {'endImage' if end else 'loop'} another end.",
            hint="Give one of them.",
        )


def edit(rules: PromptRules, prompt: str, *, pictures: Sequence[Picture | str], mode: Mode | None = None) -> Submission:
    """One to four pictures changed by words: MidJourney's /imagine with `--edit` (since 2026-08). A picture may be a
    link."""
    if not prompt.strip():
        raise MissingPrompt(hint="Send what to change as `prompt`.")
    if not 1 <= len(pictures) <= MOST_EDITED:
        raise BadRequest(f"An edit takes 1 to {MOST_EDITED} pictures, not {len(pictures)}.")
    brought = [picture for picture in pictures if isinstance(picture, Picture)]
    links = " ".join(_place(picture, brought) for picture in pictures)
    own = replace(rules, default_suffix=suffix_beside(rules.default_suffix, "edit"))
    words = check(prompt.strip(), own, mode=mode)
    whole = check(f"{words.text} --edit {links}", replace(rules, default_suffix=""), pictures=len(brought), mode=mode)
    checked = replace(whole, warnings=tuple(dict.fromkeys((*words.warnings, *whole.warnings))))
    return _draft(Action.IMAGINE, "imagine", prompt=prompt, checked=checked, pictures=brought)


def show(job_id: str) -> Submission:
    """A finished job of MidJourney once more, whoever asked for it, so that its buttons can be pressed."""
    wanted = job_id.strip().lower()
    if not _JOB_ID.fullmatch(wanted):
        raise BadRequest("The id of a job is needed.", hint="It looks like 01234567-89ab-cdef-0123-456789abcdef.")
    return _draft(Action.SHOW, "show", options=(("job_id", wanted),))


def info() -> Submission:
    """What MidJourney knows of an account: its plan, its hours, its jobs."""
    return _draft(Action.ACTION, "info")


def settings() -> Submission:
    """An account's settings, as buttons that can be pressed."""
    return _draft(Action.ACTION, "settings")


def switch(mode: Mode) -> Submission:
    """From now on the account draws in this mode, unless a drawing says otherwise."""
    return _draft(Action.ACTION, _MODE_COMMANDS[mode])


def switch_remix() -> Submission:
    """Turn the account's Remix mode on, or off where it is on."""
    return _draft(Action.ACTION, "settings", switch=REMIX)


def _draft(
    action: Action,
    command: str,
    *,
    prompt: str = "",
    checked: CheckedPrompt | None = None,
    options: tuple[tuple[str, str], ...] = (),
    pictures: Sequence[Picture] = (),
    switch: str = "",
) -> Submission:
    said = checked or CheckedPrompt(text="")
    task = Task(
        id="",
        request=TaskRequest(
            action=action,
            prompt=prompt,
            requested_mode=said.mode,
            command=command,
            options=options,
            answer_ends=action is Action.ACTION,
            switch=switch,
        ),
        content=said.text,
        notes=said.warnings,
        pictures=len(pictures),
        lane=Lane.QUICK if action in _DRAW_NOTHING else Lane.DRAW,
    )
    return Submission(task=task, pictures=pictures, modes=said.modes)


def _place(picture: Picture | str | None, brought: Sequence[Picture]) -> str:
    """Where a picture stands in the text: its link, or a mark that becomes one when it is at Discord."""
    if isinstance(picture, Picture):
        return picture_mark(next(n for n, each in enumerate(brought) if each is picture))
    return picture or ""
