"""Words in a prompt that ask for an outcome, like a payment sandbox's test cards.

Law: the table is the only place that names them; `docs/simulator.md` shows the same table, and a test compares.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What shall become of a job."""

    word: str = ""
    refusal: str = ""  # answered by a private note and nothing else: banned, invalid or queue_full
    ending: str = "result"  # result, failed, silent, withdrawn or stopped
    queued: bool = False  # "Job queued" first, whatever the account's load
    slowness: float = 1.0
    previews: bool = True
    meaning: str = ""


WORDS: tuple[Fate, ...] = (
    Fate(word="sim-fail", ending="failed", meaning="half way, MidJourney gives up: Sorry! Could not complete the job!"),
    Fate(word="sim-banned", refusal="banned", meaning="a private red note, Banned prompt detected; no job"),
    Fate(word="sim-invalid", refusal="invalid", meaning="a private red note, Invalid parameter; no job"),
    Fate(word="sim-silent", ending="silent", meaning="the interaction succeeds, then nothing is ever heard"),
    Fate(word="sim-slow", slowness=10.0, meaning="takes ten times as long"),
    Fate(word="sim-queued", queued=True, meaning="Job queued first, then the drawing as usual"),
    Fate(word="sim-queue-full", refusal="queue_full", meaning="a private red note, Queue full; no job"),
    Fate(word="sim-moderated", ending="withdrawn", meaning="reaches 93 %, then the message is deleted; no result"),
    Fate(word="sim-stopped", ending="stopped", meaning="half way, the message ends in (Stopped)"),
    Fate(word="sim-no-preview", previews=False, meaning="percentages without progress pictures"),
)
USUAL = Fate()


def fate_of(prompt: str) -> Fate:
    """The longest word that the prompt contains decides."""
    found = [fate for fate in WORDS if fate.word in prompt]
    return max(found, key=lambda fate: len(fate.word), default=USUAL)
