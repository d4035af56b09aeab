"""What MidJourney writes into its messages, stage by stage, and the names it gives to files.

Law: pure text. The words themselves are data in `eras`; the echo of the prompt is made in `rewriting`.
"""

import re
from collections.abc import Sequence
from random import Random
from typing import Any

from simulator.eras import Era, Kind

RED, YELLOW = 16711680, 16239475

QUEUED = (
    "Job queued",
    "You have reached the maximum allowed number of concurrent jobs. "
    "Don't worry, this job will start as soon as another one finishes!",
    YELLOW,
)
QUEUE_FULL = (
    "Queue full",
    "Your job queue is full. Please wait for a job to finish first, then resubmit this one.",
    RED,
)
BANNED = (
    "Banned prompt detected",
    "The filters found a phrase in this prompt that is not allowed. Change it and try again.",
    RED,
)
INVALID = ("Invalid parameter", "Unrecognized parameter(s): `--simulated`", RED)
FAILED = ("Sorry! Could not complete the job!", "The job encountered an error. It was not charged.", RED)


def waiting(kind: Kind, prompt: str, user_id: str, index: int) -> str:
    return kind.waiting.format(prompt=prompt, user=mention(user_id), index=index or 1)


def progress(kind: Kind, prompt: str, user_id: str, percent: int, mode: str) -> str:
    return f"**{prompt}** - {kind.running}{mention(user_id)} ({percent}%) ({mode})"


def stopped(kind: Kind, prompt: str, user_id: str) -> str:
    return f"**{prompt}** - {kind.running}{mention(user_id)} (Stopped)"


def final(era: Era, kind: Kind, prompt: str, user_id: str, *, index: int, job_id: str, mode: str, footer: bool) -> str:
    done = kind.done.format(index=index or 1)
    if kind.bare:
        return f"**{prompt}** - {done}{mention(user_id)}"
    text = f"**{prompt}** - {done}{mention(user_id)} {era.website.format(job_id=job_id)}({mode})"
    return text + era.footer if footer else text


def rated(guild_id: str, channel_id: str, message_id: str) -> str:
    link = f"https://discord.com/channels/{guild_id}/{channel_id}/{message_id}"
    return f"You have successfully rated [this job]({link}) with 😍"


def mention(user_id: str) -> str:
    return f"<@{user_id}>"


def embed(words: tuple[str, str, int], prompt: str) -> dict[str, Any]:
    """A bot's note; its footer repeats the command as it was sent."""
    title, description, colour = words
    return {
        "type": "rich",
        "title": title,
        "description": description,
        "color": colour,
        "footer": {"text": f"/imagine {prompt}"},
        "content_scan_version": 0,
    }


def info(username: str, mode: str, running: Sequence[str], queued: int) -> dict[str, Any]:
    facts = (
        ("Subscription", "Pro (simulated)"),
        ("Job Mode", "Relaxed" if mode == "relaxed" else "Fast"),
        ("Visibility Mode", "Public"),
        ("Fast Time Remaining", "29.5/30.0 hours (98.33%)"),
        ("Lifetime Usage", "0 images (0.00 hours)"),
        ("Relaxed Usage", "0 images (0.00 hours)"),
        ("Queued Jobs (fast)", str(queued)),
        ("Queued Jobs (relax)", "0"),
        ("Running Jobs", ", ".join(running) or "None"),
    )
    lines = "\n".join(f"**{name}**: {value}" for name, value in facts)
    return {"type": "rich", "title": f"Your info - {username}", "description": lines}


def percentages(steps: int, chance: Random) -> list[int]:
    """Irregular and never falling; 0 often comes first and may be repeated."""
    if steps <= 0:
        return []
    rising = sorted(chance.sample(range(1, 99), steps) if steps <= 90 else chance.choices(range(1, 99), k=steps))
    zeros = min(steps - 1, chance.choice((0, 1, 1, 2)))
    return [0] * zeros + rising[zeros:]


def preview_name(job_id: str) -> str:
    return f"{job_id}_grid_0.webp"


def file_name(user_id: str, prompt: str, job_id: str, extension: str) -> str:
    """`u<digits>_<slug>_<uuid>.<ext>`: the slug is the prompt's words, cut as MidJourney cuts them."""
    slug = re.sub(r"[^\w.-]+", "_", re.sub(r"<[^>]*>|--\S+", " ", prompt), flags=re.ASCII).strip("_")[:50]
    return f"u{user_id[-10:]}_{slug or 'picture'}_{job_id}.{extension}"
