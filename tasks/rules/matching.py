"""Which open task does this event belong to? Pure: no clock, no store, no luck.

Order of keys (the first that fits decides): nonce, interaction id, known message id, job id, message reference with
action and index, the normalised prompt. A candidate that the message contradicts is none. Where several fit by
reference or prompt and are interchangeable, the oldest gets it; any other ambiguity is left open. An edit of a
described message is the answer to describing it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.domain.events import Keys
from tasks.domain.model import Action, Task
from tasks.prompts.echo import misfit

DISCORD_EPOCH = 1_420_070_400_000  # ms; snowflakes count from here
CLOCK_SKEW = 10_000  # ms by which our clock may differ from Discord's
PRIVATE = 64  # message flag EPHEMERAL: only the user who pressed sees it

# What a message may be called that belongs to a task of this action. A reroll of a variation is called a variation,
# a remix too; a final that refers to its own progress message looks like a reroll (2026).
_NAMES: dict[Action, frozenset[Action]] = {
    Action.IMAGINE: frozenset({Action.IMAGINE, Action.REROLL, Action.BLEND, Action.VIDEO}),
    Action.BLEND: frozenset({Action.IMAGINE, Action.REROLL, Action.BLEND}),
    Action.REROLL: frozenset({Action.REROLL, Action.VARIATION, Action.ZOOM, Action.PAN, Action.VIDEO}),
    Action.VARIATION: frozenset({Action.VARIATION}),
    Action.INPAINT: frozenset({Action.VARIATION, Action.INPAINT}),
    Action.ZOOM: frozenset({Action.ZOOM, Action.OUTPAINT}),
    Action.OUTPAINT: frozenset({Action.ZOOM, Action.OUTPAINT}),
}


def snowflake_time(snowflake: str) -> int:
    """The milliseconds since 1970 that a Discord id carries; 0 when it is not one."""
    return (int(snowflake) >> 22) + DISCORD_EPOCH if snowflake.isascii() and snowflake.isdigit() else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """An open task with the keys of its sends."""

    task: Task
    nonces: frozenset[str] = frozenset()
    interaction_ids: frozenset[str] = frozenset()
    awaits_interaction: bool = False  # it is not known which interaction is its own


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """`task_id` is None when nothing fits, or when several fit and are not interchangeable (`ambiguous`)."""

    task_id: str | None = None
    by: str = ""
    ambiguous: tuple[str, ...] = ()


NOTHING = Match()


def match(keys: Keys, candidates: Iterable[Candidate], user_id: str | None, *, final: bool) -> Match:
    """Find the task. `user_id`: the Discord user of the account that heard it; `final`: the event brings a result."""
    mine = [c for c in candidates if c.task.account == keys.account]
    found = _by_our_send(keys, mine)
    if found is not None:
        return found
    if keys.user_id is not None and user_id is not None and keys.user_id != user_id:
        return NOTHING  # whatever we took its message for before it mentioned somebody
    found = _by_identity(keys, mine)
    if found is not None:
        return found
    possible = [c for c in mine if not contradicts(c, keys) and not _may_be_told_apart(c, keys)]
    reply = [
        c
        for c in possible
        if keys.reference_id is not None and c.task.progress.progress_message_id == keys.reference_id
    ]
    if reply:
        return _decide(reply, "reference", keys)  # a result or a refusal that answers the task's own running message
    open_to_it = [c for c in possible if final or not _has_its_message(c.task)]
    pressed = [
        c for c in open_to_it if keys.reference_id is not None and c.task.request.parent_message_id == keys.reference_id
    ]
    if pressed:
        return _decide(_of_this_echo(pressed, keys), "reference", keys)
    return _decide(_of_this_echo(_by_prompt(keys, open_to_it, user_id), keys), "prompt", keys)


def fitting(keys: Keys, candidates: Iterable[Candidate], user_id: str | None) -> Sequence[Candidate]:
    """Those that it may belong to by its words or by the message that was pressed, whatever its interaction."""
    possible = [c for c in candidates if c.task.account == keys.account and not contradicts(c, keys)]
    if keys.user_id not in (None, user_id):
        return []
    pressed = [
        c for c in possible if keys.reference_id is not None and c.task.request.parent_message_id == keys.reference_id
    ]
    return _of_this_echo(pressed or _by_prompt(keys, possible, user_id), keys)


def _by_our_send(keys: Keys, mine: Sequence[Candidate]) -> Match | None:
    """By Discord's own word. A nonce that none of them has decides nothing: the bot's own messages carry one, too."""
    for c in mine:
        if keys.nonce is not None and keys.nonce in c.nonces:
            return Match(task_id=c.task.id, by="nonce")
    for c in mine:
        if keys.interaction_id is not None and keys.interaction_id in c.interaction_ids:
            if _is_another_job(c.task, keys):
                continue  # one press may draw several: the first is the task's
            return Match(task_id=c.task.id, by="interaction")
    return None


def _by_identity(keys: Keys, mine: Sequence[Candidate]) -> Match | None:
    """The other keys that can mean one task only."""
    for c in mine:
        if keys.message_id is not None and keys.message_id == c.task.progress.progress_message_id:
            return Match(task_id=c.task.id, by="message")
    for c in mine:
        if keys.job_id is not None and keys.job_id == c.task.progress.job_id:
            return Match(task_id=c.task.id, by="job")
    redone = [c.task.id for c in mine if c.task.redoes(keys.message_id)]
    return Match(task_id=min(redone, key=int), by="message") if redone else None


def _is_another_job(task: Task, keys: Keys) -> bool:
    return keys.job_id is not None and task.progress.job_id is not None and keys.job_id != task.progress.job_id


def contradicts(candidate: Candidate, keys: Keys) -> bool:
    """Does the message say that it is not this task's?"""
    task = candidate.task
    return (
        _is_another_job(task, keys)
        or (
            keys.interaction_id is not None
            and bool(candidate.interaction_ids)
            and keys.interaction_id not in candidate.interaction_ids
        )
        or (keys.bot is not None and keys.bot is not task.request.bot)
        or _refers_elsewhere(candidate, keys)
        or not _may_be_called(task, keys)
        or any(part in (task.request.custom_id or "") for part in keys.not_of)
        or (keys.index is not None and task.request.index is not None and keys.index != task.request.index)
        or (0 < keys.sent_at < _born(candidate))
        or (0 < snowflake_time(keys.interaction_id or "") < _born(candidate))
    )


def _may_be_told_apart(candidate: Candidate, keys: Keys) -> bool:
    """The message names its interaction, and it may yet be known which one is the candidate's. Alone it may be another
    hand's with the same words: `tasks.tracking.assignment` looks at all of them together, when no more is to come."""
    return keys.interaction_id is not None and candidate.awaits_interaction


def _refers_elsewhere(candidate: Candidate, keys: Keys) -> bool:
    task = candidate.task
    if keys.reference_id is None:
        return False
    if task.request.parent_message_id is None and (task.progress.progress_message_id is None or task.progress.queued):
        # It may refer to a first message that we missed; the note "Job queued" is none, nor is what was there before.
        return 0 < snowflake_time(keys.reference_id) < _born(candidate)
    return keys.reference_id not in (task.request.parent_message_id, task.progress.progress_message_id)


def _may_be_called(task: Task, keys: Keys) -> bool:
    if task.request.answer_ends:
        return keys.action is None and not keys.candidates
    if task.request.action is Action.ACTION:
        return True
    names = _NAMES.get(task.request.action, frozenset({task.request.action}))
    if keys.action is not None:
        return keys.action in names
    return not keys.candidates or bool(keys.candidates & names)


def _born(candidate: Candidate) -> int:
    """No message of the task is older than this. Discord's own clock where it told us, else ours with a margin, and
    what was heard before the send was written."""
    known = [t for t in map(snowflake_time, candidate.interaction_ids) if t]
    return (
        min(known) if known else max((candidate.task.start_time or 0) - CLOCK_SKEW, candidate.task.progress.sent_after)
    )


def _by_prompt(keys: Keys, possible: Sequence[Candidate], user_id: str | None) -> list[Candidate]:
    """By text, those whose words fit best: only what addresses our user, or is private to it."""
    if keys.prompt is None:
        return []
    if not (keys.user_id is not None and keys.user_id == user_id) and not keys.flags & PRIVATE:
        return []
    misfits = [(c, _misfit(c.task, keys.prompt)) for c in possible]
    least = min((found for _, found in misfits if found is not None), default=None)
    return [c for c, found in misfits if found is not None and found == least]


def _misfit(task: Task, echoed: str) -> int | None:
    """None: it cannot be the echo of what was sent. Its own running message may have echoed what we do not know of."""
    if task.progress.echoed_prompt == echoed:
        return 0
    found = misfit(
        task.content, echoed
    )  # a blend has no words: its running message shows the links that the result shortens
    return misfit(task.progress.echoed_prompt, echoed) if found is None and task.progress.echoed_prompt else found


def _of_this_echo(fits: Sequence[Candidate], keys: Keys) -> Sequence[Candidate]:
    """Of several that fit: those whose running message echoed this very text, if each has its echo.

    A video's result may have no other tie to its start: two of one picture differ in their motion. Nor has a drawing's
    before 2026: two that differ in a link alone differ in MidJourney's short form of it.
    """
    echoed = [c for c in fits if keys.prompt is not None and c.task.progress.echoed_prompt == keys.prompt]
    return echoed if echoed and all(c.task.progress.echoed_prompt for c in fits) else fits


def _has_its_message(task: Task) -> bool:
    """A running task has one message: what is heard in another one is not its progress.

    After "Job queued" MidJourney begins with a new message, and a result always is one.
    """
    return task.progress.progress_message_id is not None and not task.progress.queued


def _decide(fits: Sequence[Candidate], by: str, keys: Keys) -> Match:
    if not fits:
        return NOTHING
    if len({sameness(c.task) for c in fits}) == 1:
        likely = min(fits, key=lambda c: (_from_its_send(c, keys), int(c.task.id)))
        return Match(task_id=likely.task.id, by=by)
    return Match(by=by, ambiguous=tuple(c.task.id for c in fits))


def _from_its_send(candidate: Candidate, keys: Keys) -> int:
    """ms between the task's send and the making of the interaction, or of the first message, that this one names; 0: it
    names none.

    Of tasks that are equal any may have it, but who gets another's may leave that one without: the other result was
    begun before it was even sent, or there is none because the other command never arrived.
    """
    made = snowflake_time(keys.interaction_id or keys.reference_id or "")
    return abs(made - (candidate.task.start_time or 0)) if made > 0 else 0


def sameness(task: Task) -> tuple[object, ...]:
    """Tasks that are equal in this may exchange their results without anybody being able to tell."""
    asked = (
        task.account,
        task.request.bot,
        task.request.action,
        task.request.parent_id,
        task.request.custom_id,
        task.request.index,
    )
    return (*asked, task.content, task.uploads, task.progress.job_id)
