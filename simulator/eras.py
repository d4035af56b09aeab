"""Generations of MidJourney's messages, as data.

Law: tables only. A new kind of job, a new wording or an older generation is a new entry here; code that
behaves differently for a certain year belongs into a field of `Era`, not into an `if`.
"""

from dataclasses import dataclass

WAITING = "**{prompt}** - {user} (Waiting to start)"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of job: its name, its words at each stage, and how it behaves."""

    command: str
    waiting: str = WAITING  # content of the acknowledgement
    running: str = ""  # words before the mention while a percentage is shown
    done: str = ""  # words before the mention of the result
    bare: bool = False  # the result shows neither job link nor mode, as U1-U4 do
    grid: bool = True  # four pictures, or one
    steps: bool = True  # percentages are shown
    holds_slot: bool = True  # counts against the account's concurrency
    share: float = 1.0  # duration as a part of `job_seconds`
    aspect: str = ""  # replaces the prompt's --ar, as panning does
    preview: int = 512  # edge of the progress pictures


@dataclass(frozen=True, kw_only=True)
class Era:
    """What a year's messages have in common."""

    name: str
    kinds: dict[str, Kind]
    website: str = "[(Open on website for full quality)](<https://midjourney.com/jobs/{job_id}>) "
    footer: str = (
        "\n-# Create, explore, and organize on [midjourney.com](<https://midjourney.com/imagine?from_discord=1>)"
    )
    grid_format: str = "webp"
    single_format: str = "png"


_VARYING = "Making variations for image #{index} with prompt **{prompt}** - {user} (Waiting to start)"
_UPSCALING = "Upscaling image #{index} with **{prompt}** - {user} (Waiting to start)"


def _vary(command: str, word: str) -> Kind:
    words = f"Variations ({word}) by "
    return Kind(command=command, waiting=_VARYING, running=words, done=words)


def _upscale(command: str, word: str) -> Kind:
    done = f"Upscaled ({word}) by "
    return Kind(command=command, waiting=_UPSCALING, running="Upscaling by ", done=done, grid=False, preview=256)


def _pan(direction: str, aspect: str) -> Kind:
    words = f"Pan {direction.capitalize()} by "
    return Kind(command=f"pan_{direction}", running=words, done=words, aspect=aspect)


def _zoom(command: str) -> Kind:
    return Kind(command=command, running="Zoom Out by ", done="Zoom Out by ")


_KINDS_2026 = (
    Kind(command="imagine"),
    Kind(
        command="upscale",
        waiting=_UPSCALING,
        done="Image #{index} ",
        bare=True,
        grid=False,
        steps=False,
        holds_slot=False,
        share=0.125,
    ),
    _vary("variation", "Strong"),
    Kind(command="reroll", waiting="Rerolling **{prompt}** - {user} (Waiting to start)"),
    _vary("low_variation", "Subtle"),
    _vary("high_variation", "Strong"),
    _upscale("upscale_subtle", "Subtle"),
    _upscale("upscale_creative", "Creative"),
    _zoom("zoom_2x"),
    _zoom("zoom_1_5x"),
    _pan("left", "3:2"),
    _pan("right", "3:2"),
    _pan("up", "2:3"),
    _pan("down", "2:3"),
)

ERAS: dict[str, Era] = {"2026": Era(name="2026", kinds={kind.command: kind for kind in _KINDS_2026})}
