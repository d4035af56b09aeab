"""Words in a prompt that request an outcome, like the test cards of a payment sandbox.

Contract: this table is the only place that names them; `docs/simulator.md` has the same table, and a test compares
them.
"""

from dataclasses import dataclass

from simulator.data.troubles import TROUBLES


@dataclass(frozen=True, kw_only=True)
class Fate:
    """The requested outcome of a job."""

    word: str = ""
    trouble: str = ""  # refused, or failed early, with this entry of `troubles`
    captcha: bool = False  # answered by a captcha's frame only
    ending: str = "result"  # result, failed, silent, withdrawn or stopped
    error: str = "failed"  # the error, if it fails
    form: str = ""  # reply or edit, if its failure must have that form
    until: float = 0.5  # share of the percentages shown before it fails or stops
    note: str = ""  # a withdrawn message is replaced by this private note
    notice: str = ""  # sent beside the job, which continues
    foreign_error: bool = False  # an error for another user is added under the finished result
    paused: bool = False  # shows (paused) once, half way
    strange: bool = False  # in words that no client knows
    queued: bool = False  # "Job queued" first, whatever the account's load
    slowness: float = 1.0
    previews: bool = True
    meaning: str = ""


def _refused(word: str, trouble: str) -> Fate:
    """The outcome of an error, described by its title or text."""
    found = TROUBLES[trouble]
    where = "a private note; no job" if found.forms == ("note",) else "one of: " + ", ".join(found.forms)
    said = found.title or found.content.partition("\n")[0].partition(".")[0]
    return Fate(word=word, trouble=trouble, meaning=f"{said} ({where})")


WORDS: tuple[Fate, ...] = (
    Fate(
        word="sim-fail",
        ending="failed",
        meaning="half way, MidJourney reports failure: Sorry! Could not complete the job!",
    ),
    Fate(word="sim-silent", ending="silent", meaning="the interaction succeeds, then no event follows"),
    Fate(word="sim-slow", slowness=10.0, meaning="takes ten times as long"),
    Fate(word="sim-pause", paused=True, meaning="half way, the message shows (paused) once, then continues"),
    Fate(word="sim-queued", queued=True, meaning="Job queued first, then the drawing as usual"),
    Fate(word="sim-moderated", ending="withdrawn", meaning="reaches 93 %, then the message is deleted; no result"),
    Fate(
        word="sim-moderated-note",
        ending="withdrawn",
        note="output_filters",
        meaning="the same, with a private note instead: Request cancelled due to output filters",
    ),
    Fate(word="sim-stopped", ending="stopped", meaning="half way, the message ends in (Stopped)"),
    Fate(word="sim-no-preview", previews=False, meaning="percentages without progress pictures"),
    Fate(
        word="sim-disabled",
        previews=False,
        notice="no_previews",
        meaning="a private text, Progress images have been disabled; then percentages without pictures, and the result",
    ),
    Fate(
        word="sim-duplicate",
        notice="duplicates",
        meaning="a private yellow note, Duplicate images detected; then the drawing as usual",
    ),
    Fate(
        word="sim-strange",
        strange=True,
        meaning="the drawing as usual, but its messages have unknown words: Reimagined (Gently) by, (drift)",
    ),
    Fate(
        word="sim-grey",
        notice="unknown_grey",
        meaning="a private grey note with an unknown title, A new brush is here; then the drawing as usual",
    ),
    Fate(
        word="sim-hey",
        foreign_error=True,
        meaning="an edit adds an error addressed to another user (Hey) to the finished result",
    ),
    Fate(word="sim-captcha", captcha=True, meaning="a captcha's frame, Action required to continue; no job"),
    _refused("sim-captcha-note", "captcha_note"),
    _refused("sim-banned", "banned"),
    _refused("sim-banned-image", "banned_image"),
    _refused("sim-image-denied", "image_denied"),
    _refused("sim-image-filters", "image_filters"),
    _refused("sim-output-filters", "output_filters"),
    _refused("sim-declined", "declined"),
    _refused("sim-invalid", "invalid"),
    _refused("sim-invalid-text", "invalid_text"),
    _refused("sim-invalid-prompt", "invalid_prompt"),
    _refused("sim-invalid-request", "invalid_request"),
    _refused("sim-invalid-link", "invalid_link"),
    _refused("sim-empty", "empty"),
    _refused("sim-internal", "internal"),
    _refused("sim-red", "unknown_red"),
    _refused("sim-trace", "trace"),
    _refused("sim-command-failed", "command_failed"),
    _refused("sim-slow-down", "slow_down"),
    _refused("sim-restricted", "restricted"),
    _refused("sim-appeal", "appeal"),
    _refused("sim-queue-full", "queue_full"),
    _refused("sim-mod-message", "mod_message"),
    _refused("sim-blocked", "blocked"),
    _refused("sim-plan-cancelled", "plan_cancelled"),
    _refused("sim-subscription", "subscription_required"),
    _refused("sim-subscription-paused", "subscription_paused"),
    _refused("sim-credits", "credits"),
    _refused("sim-tos", "tos"),
)
USUAL = Fate()


def fate_of(prompt: str) -> Fate:
    """The outcome of the longest magic word in the prompt."""
    found = [fate for fate in WORDS if fate.word in prompt]
    return max(found, key=lambda fate: len(fate.word), default=USUAL)
