"""The text of MidJourney's messages at each stage, and the names of files.

Contract: pure text. `kinds` and `eras` contain the words; `rewriting` makes the echo of the prompt.
"""

import re
from random import Random

from simulator.data.eras import Era
from simulator.data.kinds import JobKind
from simulator.data.rewriting import split_parameters


def waiting(kind: JobKind, prompt: str, user_id: str, index: int) -> str:
    return kind.waiting.format(prompt=prompt, user=mention(user_id), index=index or 1)


def progress(kind: JobKind, prompt: str, user_id: str, percent: int, mode: str) -> str:
    return f"**{prompt}** - {kind.running}{mention(user_id)} ({percent}%) ({mode})"


def paused(kind: JobKind, prompt: str, user_id: str, mode: str) -> str:
    return f"**{prompt}** - {kind.running}{mention(user_id)} (paused) ({mode})"


def stopped(kind: JobKind, prompt: str, user_id: str) -> str:
    return f"**{prompt}** - {kind.running}{mention(user_id)} (Stopped)"


def final(
    era: Era,
    kind: JobKind,
    prompt: str,
    user_id: str,
    *,
    index: int,
    job_id: str,
    mode: str,
    footer: bool,
    website: bool,
) -> str:
    done = kind.done.format(index=index or 1)
    if kind.bare:
        return f"**{prompt}** - {done}{mention(user_id)}"
    page = era.website.format(job_id=job_id) if website else ""
    text = f"**{prompt}** - {done}{mention(user_id)} {page}({mode})"
    return text + era.footer if footer else text


def rated(guild_id: str, channel_id: str, message_id: str) -> str:
    link = f"https://discord.com/channels/{guild_id}/{channel_id}/{message_id}"
    return f"You have successfully rated [this job]({link}) with 😍"


def seed(prompt: str, job_id: str, number: int) -> str:
    return f"**{prompt}**\n**Job ID**: {job_id}\n**seed** {number}"


def mention(user_id: str) -> str:
    return f"<@{user_id}>"


def percentages(era: Era, steps: int, chance: Random) -> list[int]:
    """Percentages, never decreasing: those of the era, or irregular ones, where 0 often comes first and may be
    repeated."""
    if steps <= 0:
        return []
    if era.percents:
        return list(era.percents)
    rising = sorted(chance.sample(range(1, 99), steps) if steps <= 90 else chance.choices(range(1, 99), k=steps))
    zeros = min(steps - 1, chance.choice((0, 1, 1, 2)))
    return [0] * zeros + rising[zeros:]


def preview_name(era: Era, job_id: str) -> str:
    return era.preview_name.format(job_id=job_id)


def frame_name(job_id: str, cell: int, step: int) -> str:
    return f"{job_id}_{cell}_step_{step}.jpeg"


def file_name(prefix: str, prompt: str, job_id: str, extension: str) -> str:
    """`<user>_<slug>_<uuid>.<ext>`: the slug is the prompt's words, cut as by MidJourney."""
    words = re.sub(r"<[^>]*>", " ", split_parameters(prompt)[0])
    slug = re.sub(r"[^\w.-]+", "_", words, flags=re.ASCII).strip("_")[:50]
    return f"{prefix}_{slug or 'picture'}_{job_id}.{extension}"


def file_prefix(era: Era, username: str, user_id: str) -> str:
    return era.file_prefix.format(username=username, digits=user_id[-10:])
