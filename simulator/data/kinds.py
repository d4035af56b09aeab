"""Kinds of jobs with their wording and behaviour, one table per era.

Contract: tables only. A new kind of job or wording is a new entry here; `eras` has the common properties of an era.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random

WAITING = "**{prompt}** - {user} (Waiting to start)"


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """One kind of job: its name, its wording at each stage, and its behaviour."""

    command: str
    family: str  # the common name: imagine, upscale, variation, reroll, zoom, pan, video, …
    before: str = ""  # content of a first message that is edited into the acknowledgement
    waiting: str = WAITING  # content of the acknowledgement
    raw_waiting: bool = False  # the acknowledgement shows the prompt as it was sent
    running: str = ""  # words before the mention while a percentage is shown
    done: str = ""  # words before the mention of the result
    also_done: tuple[str, ...] = ()  # other words seen there
    remixed: tuple[str, ...] = ()  # the words of a job whose prompt was changed in Remix mode
    bare: bool = False  # the result shows neither job link nor mode, as U1-U4 do
    shape: str = "grid"  # of the result: grid, single, redo, video, clip or texts; selects its rows of buttons
    steps: bool = True  # percentages are shown
    holds_slot: bool = True  # counts against the account's concurrency
    share: float = 1.0  # duration as a part of `job_seconds`
    aspect: str = ""  # replaces the prompt's --ar, as panning does
    motion: str = ""  # appended to the prompt of a video
    preview: int = 512  # edge of the progress pictures
    can_cancel: bool = True  # its private messages have a Cancel button

    @property
    def slash_name(self) -> str:
        """The command that creates such a job."""
        return self.command if self.command in ("blend", "describe", "shorten") else "imagine"

    @property
    def grid(self) -> bool:
        """Whether the result is a grid of four pictures."""
        return self.shape in ("grid", "video")


_VARYING = "Making variations for image #{index} with prompt **{prompt}** - {user} (Waiting to start)"
_UPSCALING = "Upscaling image #{index} with **{prompt}** - {user} (Waiting to start)"
_REROLLING = "Rerolling **{prompt}** - {user} (Waiting to start)"
_CREATING_VIDEO = "Creating video with prompt **{prompt}** - {user} (Waiting to start)"


def choose_wording(kind: JobKind, chance: Random, *, remixed: bool = False) -> JobKind:
    """The wording of one job, chosen among the variants seen."""
    if remixed and kind.remixed:
        return replace(kind, running=kind.remixed[0], done=chance.choice(kind.remixed))
    done = chance.choice((kind.done, *kind.also_done))
    return replace(kind, running=done if kind.running == kind.done else kind.running, done=done)


def reroll_kind(kind: JobKind) -> JobKind:
    """The kind of a reroll: a rerolled variation grid is called Variations, a rerolled zoomed grid Zoom Out."""
    return replace(kind, command="reroll", family="reroll", before="", waiting=_REROLLING, raw_waiting=False)


STRANGE_MODE = "drift"  # a mode that no client knows


def strangely_worded(kind: JobKind) -> JobKind:
    """The same kind in words that no client knows, as a future MidJourney may use; U1 to U4 keep theirs."""
    return kind if kind.bare else replace(kind, running="Reimagining by ", done="Reimagined (Gently) by ")


def _vary(command: str, word: str, *also: str, remixed: tuple[str, ...] = ()) -> JobKind:
    words = f"Variations ({word}) by "
    return JobKind(
        command=command,
        family="variation",
        waiting=_VARYING,
        running=words,
        done=words,
        also_done=also,
        remixed=remixed or (f"Remix ({word}) by ",),
    )


def _upscale(command: str, running: str, *done: str) -> JobKind:
    return JobKind(
        command=command,
        family="upscale",
        waiting=_UPSCALING,
        running=f"{running} by ",
        done=f"{done[0]} by ",
        also_done=tuple(f"{words} by " for words in done[1:]),
        shape="redo",
        preview=256,
    )


def _pan(direction: str, aspect: str) -> JobKind:
    words = f"Pan {direction.capitalize()} by "
    return JobKind(command=f"pan_{direction}", family="pan", running=words, done=words, aspect=aspect)


def _zoom(command: str, aspect: str = "") -> JobKind:
    return JobKind(command=command, family="zoom", running="Zoom Out by ", done="Zoom Out by ", aspect=aspect)


def _video(command: str, motion: str, before: str = "Animating...") -> JobKind:
    return JobKind(
        command=command,
        family="video",
        before=before,
        waiting=_CREATING_VIDEO,
        shape="video",
        motion=motion,
        preview=256,
        can_cancel=False,
    )


def _texts(command: str) -> JobKind:
    return JobKind(command=command, family=command, shape="texts", steps=False, holds_slot=False, share=0.25)


_COMMON = (
    JobKind(command="imagine", family="imagine"),
    JobKind(command="blend", family="blend", raw_waiting=True),
    _texts("describe"),
    _texts("shorten"),
    JobKind(
        command="upscale",
        family="upscale",
        waiting=_UPSCALING,
        done="Image #{index} ",
        bare=True,
        shape="single",
        steps=False,
        holds_slot=False,
        share=0.125,
    ),
    JobKind(command="reroll", family="reroll", waiting=_REROLLING),
    replace(_vary("region", "Region"), remixed=()),
    _zoom("zoom_2x"),
    _zoom("zoom_1_5x"),
    _zoom("custom_zoom"),
    _zoom("zoom_square", "1:1"),
    _pan("left", "3:2"),
    _pan("right", "3:2"),
    _pan("up", "2:3"),
    _pan("down", "2:3"),
)

# "Remix by" while it runs; the result is also seen as "Variations by".
_REMIXED_2023 = ("Remix by ", "Variations by ")
_OF_2023 = (
    _vary("variation", "Strong", "Variations by ", remixed=_REMIXED_2023),
    _vary("low_variation", "Subtle", remixed=_REMIXED_2023),
    _vary("high_variation", "Strong", remixed=_REMIXED_2023),
    _upscale("upscale_2x", "Upscaling", "Upscaled (2x)", "Upscaled"),
    _upscale("upscale_4x", "Upscaling", "Upscaled (4x)", "Upscaled"),
)

_OF_2024 = (
    _vary("variation", "Strong"),
    _vary("low_variation", "Subtle"),
    _vary("high_variation", "Strong"),
    _upscale("upscale_subtle", "Upscaling (Subtle)", "Upscaled (Subtle)"),
    _upscale("upscale_creative", "Upscaling (Creative)", "Upscaled (Creative)"),
)

_OF_2026 = (
    _vary("variation", "Strong"),
    _vary("low_variation", "Subtle"),
    _vary("high_variation", "Strong"),
    _upscale("upscale_subtle", "Upscaling", "Upscaled (Subtle)", "Upscaled"),
    _upscale("upscale_creative", "Upscaling", "Upscaled (Creative)", "Upscaled"),
    _video("video", ""),
    _video("animate_high", "high"),
    _video("animate_low", "low"),
    _video("animate_high_extend", "high"),
    _video("animate_low_extend", "low"),
    JobKind(
        command="video_upscale",
        family="video",
        waiting=_UPSCALING,
        done="Image #{index} ",
        bare=True,
        shape="clip",
        steps=False,
        holds_slot=False,
        share=0.125,
        can_cancel=False,
    ),
)


def _by_command(*tables: Iterable[JobKind]) -> dict[str, JobKind]:
    return {kind.command: kind for table in tables for kind in table}


KINDS_2023 = _by_command(_COMMON, _OF_2023)
KINDS_2024 = _by_command(_COMMON, _OF_2024)
KINDS_2026 = _by_command(_COMMON, _OF_2026)
