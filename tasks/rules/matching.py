"""Finds the open task that an event belongs to. Pure: no clock, no store, no randomness.

Keys in order (the first match decides): nonce, interaction id, known message id, job id, message reference with action
and index, normalised prompt. A task contradicted by the message is not a candidate. Of several interchangeable
candidates by reference or prompt, the oldest matches; other ambiguities stay open. An edit of a described message is
the answer to a repeated describe.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.domain.events import Keys
from tasks.domain.model import Action, Task
from tasks.prompts.echo import misfit

DISCORD_EPOCH = 1_420_070_400_000  # ms; snowflakes count from this time
CLOCK_SKEW = 10_000  # ms by which the machine's clock may differ from Discord's
PRIVATE = 64  # message flag EPHEMERAL: only visible to the user who pressed

# What messages of a task with this action may be called. A reroll of a variation is called a variation, and so is a
# remix; a final that refers to its own progress message looks like a reroll (2026).
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
    """The milliseconds since 1970 in a Discord id; 0 when it is not an id."""
    return (int(snowflake) >> 22) + DISCORD_EPOCH if snowflake.isascii() and snowflake.isdigit() else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """An open task with the keys of its sends."""

    task: Task
    nonces: frozenset[str] = frozenset()
    interaction_ids: frozenset[str] = frozenset()
    awaits_interaction: bool = False  # the interaction of its newest send is not known yet


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """`task_id` is None when nothing fits, or when several tasks fit that are not interchangeable (`ambiguous`)."""

    task_id: str | None = None
    by: str = ""
    ambiguous: tuple[str, ...] = ()


NOTHING = Match()


def match(keys: Keys, candidates: Iterable[Candidate], user_id: str | None, *, final: bool) -> Match:
    """Find the task. `user_id`: the Discord user of the receiving account; `final`: the event has a result."""
    mine = [c for c in candidates if c.task.account == keys.account]
    found = _by_our_send(keys, mine)
    if found is not None:
        return found
    if keys.user_id is not None and user_id is not None and keys.user_id != user_id:
        return NOTHING  # whatever was correlated with its message before it mentioned another user
    found = _by_identity(keys, mine)
    if found is not None:
        return found
    possible = [c for c in mine if not contradicts(c, keys) and not _awaits_own_interaction(c, keys)]
    reply = [
        c
        for c in possible
        if keys.reference_id is not None and c.task.progress.progress_message_id == keys.reference_id
    ]
    if reply:
        return _decide(reply, "reference", keys)  # a result or refusal that replies to the task's own running message
    open_to_it = [c for c in possible if final or not _has_running_message(c.task)]
    pressed = [
        c for c in open_to_it if keys.reference_id is not None and c.task.request.parent_message_id == keys.reference_id
    ]
    if pressed:
        return _decide(_by_running_echo(pressed, keys), "reference", keys)
    return _decide(_by_running_echo(_by_prompt(keys, open_to_it, user_id), keys), "prompt", keys)


def plausible(keys: Keys, candidates: Iterable[Candidate], user_id: str | None) -> Sequence[Candidate]:
    """Candidates by prompt or by the pressed message, whatever the interaction."""
    possible = [c for c in candidates if c.task.account == keys.account and not contradicts(c, keys)]
    if keys.user_id not in (None, user_id):
        return []
    pressed = [
        c for c in possible if keys.reference_id is not None and c.task.request.parent_message_id == keys.reference_id
    ]
    return _by_running_echo(pressed or _by_prompt(keys, possible, user_id), keys)


def _by_our_send(keys: Keys, mine: Sequence[Candidate]) -> Match | None:
    """By Discord's own keys. An unknown nonce decides nothing: the bot's own messages carry one, too."""
    for c in mine:
        if keys.nonce is not None and keys.nonce in c.nonces:
            return Match(task_id=c.task.id, by="nonce")
    for c in mine:
        if _interactions(keys) & c.interaction_ids:
            if _is_another_job(c.task, keys):
                continue  # one press may draw several: the first is the task's
            return Match(task_id=c.task.id, by="interaction")
    return None


def _by_identity(keys: Keys, mine: Sequence[Candidate]) -> Match | None:
    """By the other unique keys."""
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
    """Whether the message proves that it is not this task's."""
    task = candidate.task
    return (
        _is_another_job(task, keys)
        or _answers_other_interaction(candidate, keys)
        or (keys.bot is not None and keys.bot is not task.request.bot)
        or _refers_elsewhere(candidate, keys)
        or not _name_fits(task, keys)
        or any(part in (task.request.custom_id or "") for part in keys.not_of)
        or (keys.index is not None and task.request.index is not None and keys.index != task.request.index)
        or (0 < keys.sent_at < _earliest_message_time(candidate))
        or (0 < snowflake_time(keys.interaction_id or "") < _earliest_message_time(candidate))
    )


def _interactions(keys: Keys) -> frozenset[str]:
    """The interactions that the message names: the one it answers, and the press before it that opened a dialog."""
    return frozenset(each for each in (keys.interaction_id, keys.triggering_id) if each is not None)


def _answers_other_interaction(candidate: Candidate, keys: Keys) -> bool:
    """Whether the message names interactions, and none of the task's. While the id of the dialog's submit is unknown, a
    message without the press before it may answer that submit."""
    if keys.interaction_id is None or not candidate.interaction_ids or _interactions(keys) & candidate.interaction_ids:
        return False
    return keys.triggering_id is not None or not candidate.awaits_interaction


def _awaits_own_interaction(candidate: Candidate, keys: Keys) -> bool:
    """Whether the message names an interaction while the candidate's is still unknown. It may come from another user
    of the account with the same prompt: `tasks.tracking.assignment` decides over all of them together, when no more
    can arrive."""
    return keys.interaction_id is not None and candidate.awaits_interaction


def _refers_elsewhere(candidate: Candidate, keys: Keys) -> bool:
    task = candidate.task
    if keys.reference_id is None:
        return False
    if task.request.parent_message_id is None and (task.progress.progress_message_id is None or task.progress.queued):
        # It may refer to an unseen first message, but not to the note "Job queued" or to messages from before the send.
        return 0 < snowflake_time(keys.reference_id) < _earliest_message_time(candidate)
    return keys.reference_id not in (task.request.parent_message_id, task.progress.progress_message_id)


def _name_fits(task: Task, keys: Keys) -> bool:
    if task.request.answer_ends:
        return keys.action is None and not keys.candidates
    if task.request.action is Action.ACTION:
        return True
    names = _NAMES.get(task.request.action, frozenset({task.request.action}))
    if keys.action is not None:
        return keys.action in names
    return not keys.candidates or bool(keys.candidates & names)


def _earliest_message_time(candidate: Candidate) -> int:
    """The earliest time of any message of the task: Discord's clock where known, else the service's with a margin,
    and the newest message received before the send."""
    known = [t for t in map(snowflake_time, candidate.interaction_ids) if t]
    return (
        min(known) if known else max((candidate.task.start_time or 0) - CLOCK_SKEW, candidate.task.progress.sent_after)
    )


def _by_prompt(keys: Keys, possible: Sequence[Candidate], user_id: str | None) -> list[Candidate]:
    """By prompt: the best matches among messages that address the account's user or are private to it."""
    if keys.prompt is None:
        return []
    if not (keys.user_id is not None and keys.user_id == user_id) and not keys.flags & PRIVATE:
        return []
    misfits = [(c, _echo_distance(c.task, keys.prompt)) for c in possible]
    least = min((found for _, found in misfits if found is not None), default=None)
    return [c for c, found in misfits if found is not None and found == least]


def _echo_distance(task: Task, echoed: str) -> int | None:
    """How badly the echo fits; None: it cannot be the echo of the prompt. The running message may have shown an echo
    that is not known."""
    if task.progress.echoed_prompt == echoed:
        return 0
    found = misfit(
        task.content, echoed
    )  # a blend has no prompt: its running message shows the links that the result shortens
    return misfit(task.progress.echoed_prompt, echoed) if found is None and task.progress.echoed_prompt else found


def _by_running_echo(fits: Sequence[Candidate], keys: Keys) -> Sequence[Candidate]:
    """Of several matches: the tasks whose running message had this very echo, if each has one.

    A video's result may have no other link to its start: two videos of one picture differ in motion. The same holds
    for drawings before 2026: two that differ only in a link differ in MidJourney's short form of it.
    """
    echoed = [c for c in fits if keys.prompt is not None and c.task.progress.echoed_prompt == keys.prompt]
    return echoed if echoed and all(c.task.progress.echoed_prompt for c in fits) else fits


def _has_running_message(task: Task) -> bool:
    """Whether the task already has its running message: progress in another one is not its own.

    After "Job queued" MidJourney starts a new message, and a result is always a new one.
    """
    return task.progress.progress_message_id is not None and not task.progress.queued


def _decide(fits: Sequence[Candidate], by: str, keys: Keys) -> Match:
    if not fits:
        return NOTHING
    if len({sameness(c.task) for c in fits}) == 1:
        likely = min(fits, key=lambda c: (_delay_after_send(c, keys), int(c.task.id)))
        return Match(task_id=likely.task.id, by=by)
    return Match(by=by, ambiguous=tuple(c.task.id for c in fits))


def _delay_after_send(candidate: Candidate, keys: Keys) -> int:
    """ms between the task's send and the creation of the interaction, or of the first message, that this one names; 0:
    it names none.

    Any of several equal tasks may get it. But a wrong choice can leave another task without a result: its own was
    begun before that task was sent, or its command never arrived.
    """
    made = snowflake_time(keys.interaction_id or keys.reference_id or "")
    return abs(made - (candidate.task.start_time or 0)) if made > 0 else 0


def sameness(task: Task) -> tuple[object, ...]:
    """Tasks with equal values may exchange their results unnoticed."""
    asked = (
        task.account,
        task.request.bot,
        task.request.action,
        task.request.parent_id,
        task.request.custom_id,
        task.request.index,
    )
    return (*asked, task.content, task.uploads, task.progress.job_id)
