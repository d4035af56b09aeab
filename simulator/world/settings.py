"""The simulator's settings: names, defaults, meaning, and validation.

Contract: a frozen record and pure functions. Settings are read at the moment of use, so that changes through the
control API take effect at once. Nothing here opens, starts or stores anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from simulator.data.eras import ERAS
from simulator.world.records import ACCESSES, Profile

SUCCESS_ORDERS = ("before", "after", "random")
DIALOG_SUCCESSES = ("before", "after", "random", "none")
ANSWER_FORMS = ("random", "edit", "first")
WEBSITES = ("random", "with", "without")
DIALOG_FORMS = ("row", "label")
FRAME_PATHS = ("slash", "bare")
INDEXES = ("both", "midjourney")
VERSIONS = ("new", "fixed", "any")
INPAINT_FORMS = ("new", "old", "both")
MODES = ("fast", "relaxed", "turbo")
BOT_NONCES = ("era", "own", "none")
EDIT_ECHOES = ("random", "kept", "front")
REFUSAL_FORMS = ("random", "embed", "text", "v2")
ERROR_FORMS = ("random", "note", "reply", "edit")


class SimulatorSettingsError(ValueError):
    """A setting's name or value is invalid; the text states the valid ones."""


@dataclass(frozen=True, kw_only=True)
class SimulatorSettings:
    """Everything that can be changed while the simulator runs."""

    job_seconds: float = 0.05  # from the first message of a drawing to its final one
    steps: int = 6  # edits with a percentage in between
    era: str = "2026"  # the era of MidJourney's messages
    concurrency: int = 12  # concurrent drawings of one account; further ones are "Job queued"
    relaxed: int = 3  # the same of relaxed pictures, in eras that limit by kind
    videos: int = 6  # of videos
    relaxed_videos: int = 3  # of relaxed videos
    queue: int = 10  # queued drawings of one account; further ones are "Queue full"
    foreign: int = 0  # strangers' jobs with the same prompt, per /imagine of an account
    chatter: float = 0.0  # messages of people, per /imagine of an account
    success_order: str = "random"  # INTERACTION_SUCCESS before or after the first message, or random
    bot_nonce: str = "era"  # the bot's own nonce on its messages: own, none, or as in the era
    latency_ms: float = 0.0  # wait before an interaction is answered, and before the bot reacts
    rate_limit: int = 50  # requests per second, for each account and route
    heartbeat_ms: int = 41_250  # the heartbeat interval sent to gateway connections
    upscale_cooldown: float = 0.0  # seconds in which a repeated U of the same picture is answered "Slow Down!"
    inpaint: str = "both"  # the served form of Vary (Region)'s endpoint
    error_form: str = "random"  # note, reply or edit, for errors seen in several of these forms
    answer_form: str = "random"  # /info, /settings, /describe: by an edit of an empty message, or by the first one
    dialog_success: str = "random"  # INTERACTION_SUCCESS before or after a dialog's event, random, or none
    website: str = "random"  # a result has the link to its website page: with, without, or random
    bot_delay_ms: float | None = None  # from an interaction's POST until the bot's first message; None: the era's
    index: str = "both"  # the offered commands: of both bots, or of MidJourney only
    versions: str = "new"  # of commands: new at every start, fixed across starts, or any
    localised: bool = False  # the index has command names in the client's language, and the originals beside them
    dialog_form: str = "row"  # a dialog's field is in an action row, or in a label
    frame_path: str = "slash"  # a frame's path starts with a slash, or is bare
    components_v2: float = 0.0  # share of the bot's messages in the form of Components V2
    edit_echo: str = "random"  # links of --edit in the echo: kept in it, in front, or random
    refusal_form: str = "random"  # of incompatible parameters: embed, text, v2 or random
    seed: int | None = None  # determines job ids and all random choices; None: different at every start

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def apply_settings(settings: SimulatorSettings, values: Mapping[str, Any]) -> SimulatorSettings:
    """The settings with `values` applied; reports all mistakes at once."""
    mistakes: list[str] = []
    accepted: dict[str, Any] = {}
    for name, value in values.items():
        if name not in _CHECKS:
            mistakes.append(f"unknown setting {name!r}; there are: {', '.join(NAMES)}")
            continue
        check, wanted = _CHECKS[name]
        if name == "chatter" and isinstance(value, bool):
            accepted[name] = float(value)
        elif check(value):
            accepted[name] = value
        else:
            mistakes.append(f"{name} must be {wanted}, not {value!r}")
    if mistakes:
        raise SimulatorSettingsError("; ".join(mistakes))
    return replace(settings, **accepted)


_CHOICES: Mapping[str, tuple[str, ...]] = {"mode": MODES, "access": ACCESSES}


def apply_choices(profile: Profile, values: Mapping[str, Any]) -> Profile:
    """An account's choices with `values` applied."""
    known = {item.name: item for item in fields(Profile)}
    for name, value in values.items():
        if name not in known:
            raise SimulatorSettingsError(f"unknown choice {name!r}; there are: {', '.join(known)}")
        if type(value) is not type(known[name].default):
            raise SimulatorSettingsError(f"{name} must be like {known[name].default!r}, not {value!r}")
        allowed = _CHOICES.get(name)
        if allowed is not None and value not in allowed:
            raise SimulatorSettingsError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
    return replace(profile, **values)


def _number(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _integer(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "job_seconds": (_number(0, 86_400), "seconds from 0 to 86400"),
    "steps": (_integer(0, 100), "an integer from 0 to 100"),
    "era": (lambda value: isinstance(value, str) and value in ERAS, f"one of {', '.join(ERAS)}"),
    "concurrency": (_integer(1, 10_000), "an integer from 1 to 10000"),
    "relaxed": (_integer(1, 10_000), "an integer from 1 to 10000"),
    "videos": (_integer(1, 10_000), "an integer from 1 to 10000"),
    "relaxed_videos": (_integer(1, 10_000), "an integer from 1 to 10000"),
    "queue": (_integer(0, 10_000), "an integer from 0 to 10000"),
    "foreign": (_integer(0, 100), "an integer from 0 to 100"),
    "chatter": (_number(0, 100), "a number from 0 to 100, or true for 1"),
    "success_order": (lambda value: value in SUCCESS_ORDERS, f"one of {', '.join(SUCCESS_ORDERS)}"),
    "bot_nonce": (lambda value: value in BOT_NONCES, f"one of {', '.join(BOT_NONCES)}"),
    "latency_ms": (_number(0, 60_000), "milliseconds from 0 to 60000"),
    "rate_limit": (_integer(1, 1_000_000), "an integer from 1 to 1000000"),
    "heartbeat_ms": (_integer(50, 600_000), "milliseconds from 50 to 600000"),
    "upscale_cooldown": (_number(0, 86_400), "seconds from 0 to 86400"),
    "inpaint": (lambda value: value in INPAINT_FORMS, f"one of {', '.join(INPAINT_FORMS)}"),
    "error_form": (lambda value: value in ERROR_FORMS, f"one of {', '.join(ERROR_FORMS)}"),
    "answer_form": (lambda value: value in ANSWER_FORMS, f"one of {', '.join(ANSWER_FORMS)}"),
    "dialog_success": (lambda value: value in DIALOG_SUCCESSES, f"one of {', '.join(DIALOG_SUCCESSES)}"),
    "website": (lambda value: value in WEBSITES, f"one of {', '.join(WEBSITES)}"),
    "bot_delay_ms": (
        lambda value: value is None or _number(0, 60_000)(value),
        "milliseconds from 0 to 60000, or null for the era's",
    ),
    "index": (lambda value: value in INDEXES, f"one of {', '.join(INDEXES)}"),
    "versions": (lambda value: value in VERSIONS, f"one of {', '.join(VERSIONS)}"),
    "localised": (lambda value: isinstance(value, bool), "true or false"),
    "dialog_form": (lambda value: value in DIALOG_FORMS, f"one of {', '.join(DIALOG_FORMS)}"),
    "frame_path": (lambda value: value in FRAME_PATHS, f"one of {', '.join(FRAME_PATHS)}"),
    "components_v2": (_number(0, 1), "a number from 0 to 1"),
    "edit_echo": (lambda value: value in EDIT_ECHOES, f"one of {', '.join(EDIT_ECHOES)}"),
    "refusal_form": (lambda value: value in REFUSAL_FORMS, f"one of {', '.join(REFUSAL_FORMS)}"),
    "seed": (_integer(0, 2**64), "an integer of at least 0"),
}
NAMES = tuple(item.name for item in fields(SimulatorSettings))
