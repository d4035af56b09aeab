"""What an event or an account's command index teaches about MidJourney. Pure.

Contract: learns only from an event whose task is certain, or from a private answer. A fact that the event contradicts
is forgotten. Samples contain neither links nor user ids nor the prompt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tasks.domain.events import DiscordEvent, Finished, Informed, Keys, OfferedVersion, Refused
from tasks.domain.facts import Fact, FactKey, FactKind, conflict, version_name
from tasks.domain.model import Account, Bot, Mode, Task
from tasks.prompts.check import given_in
from tasks.prompts.parameters import KNOWN
from tasks.prompts.values import first_number

CERTAIN = frozenset({"nonce", "interaction", "message", "job"})  # keys that only one task can have
_PRIVATE = 64  # message flag EPHEMERAL
_LONGEST = 300  # characters of a value or a sample

_QUOTES = "`'\"*"
# "`--oref` is not compatible with `--version 8.1`" (seen 2026-06); several parameters may be named before the verb.
_CONFLICT = re.compile(
    r"(?P<refused>[^\n.]{1,200}?) (?:is|are) (?:not compatible|incompatible) with (?P<with>[^\n.]{0,20}?)"
    r"(?P<model>--niji|--version|--v|niji|version)\s*(?P<number>[0-9]+(?:\.[0-9]+)?)",
    re.IGNORECASE,
)
_PARAMETER = re.compile(r"--([A-Za-z][A-Za-z0-9_-]{0,30})|(::)")
_OFFERED = re.compile(r"(?P<niji>niji)?[^0-9]{0,40}(?P<number>[0-9]+(?:\.[0-9]+)?)", re.IGNORECASE)
_REFUSED_MODE = re.compile(r"in (?P<mode>relax|fast|turbo)(?:ed)? mode", re.IGNORECASE)
_MODES = {"relax": Mode.RELAXED, "fast": Mode.FAST, "turbo": Mode.TURBO}
_INFO = re.compile(r"\*\*(?P<name>Subscription|Fast Time Remaining)\*\*:?[^\S\n]*(?P<value>[^\n]+)", re.IGNORECASE)
_PLAN_DETAILS = re.compile(r"\s*\(.*")
_PERSONAL = re.compile(r"<[^<>\s]{1,200}>|(?i:https?)://\S+|[0-9]{15,20}|[0-9a-f]{8}-[0-9a-f-]{27}")
_NUMBERS = re.compile(r"[0-9]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """New facts, and keys of facts that no longer hold."""

    learned: tuple[Fact, ...] = ()
    forgotten: tuple[FactKey, ...] = ()


NOTHING_LEARNED = Lesson()


def from_event(event: DiscordEvent, now: int, *, task: Task | None, by: str) -> Lesson:
    """`task`: the event's task before the event, which the key `by` identified; None: it belongs to no task."""
    certain = task if by in CERTAIN else None
    source = _Source(keys=event.keys, bot=event.keys.bot or (task.request.bot if task else Bot.MIDJOURNEY), now=now)
    match event:
        case Refused() if certain is not None:
            return Lesson(learned=tuple(_from_refusal(event, certain, source)))
        case Finished() if certain is not None:
            return _from_result(event, certain, source)
        case Informed() if certain is not None or event.keys.flags & _PRIVATE:
            return Lesson(learned=tuple(_from_answer(event, certain, source)))
    return NOTHING_LEARNED


def from_account(account: Account, now: int) -> Lesson:
    """What the account's command index shows."""
    source = _Source(keys=Keys(account=account.id), bot=Bot.MIDJOURNEY, now=now)
    learned = [source.fact(FactKind.LOCALISED_NAME, name, shown) for name, shown in account.localised_names]
    if account.prompt_limit is None:
        return Lesson(learned=tuple(learned), forgotten=(source.key(FactKind.PROMPT_LIMIT, account.id),))
    learned.append(source.fact(FactKind.PROMPT_LIMIT, account.id, str(account.prompt_limit)))
    return Lesson(learned=tuple(learned))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Source:
    keys: Keys
    bot: Bot
    now: int

    def fact(self, kind: FactKind, subject: str, value: str, sample: str = "") -> Fact:
        return Fact(
            bot=self.bot,
            kind=kind,
            subject=subject,
            value=value[:_LONGEST],
            account=self.keys.account,
            message_id=self.keys.message_id or "",
            learned=self.now,
            sample=sample[:_LONGEST],
        )

    def key(self, kind: FactKind, subject: str) -> FactKey:
        return FactKey(bot=self.bot, kind=kind, subject=subject)


# ---------------------------------------------------------------- refusals


def _from_refusal(event: Refused, task: Task, source: _Source) -> Iterator[Fact]:
    if event.code == "unknown_error":
        yield _unknown("error", event.reason, task, source)
    elif event.code == "action_restricted" and (found := _REFUSED_MODE.search(event.reason)):
        mode = _MODES[found["mode"].lower()]
        yield source.fact(FactKind.MODE_REFUSED, _mode_subject(source.keys.account, mode), event.reason)
    elif event.code == "invalid_parameter":
        yield from (
            source.fact(FactKind.PARAMETER_REFUSED, subject, _impersonal(event.reason, task))
            for subject in conflicts_in(event.reason)
        )


def conflicts_in(reason: str) -> list[str]:
    """The subjects of the refusals in MidJourney's words: each parameter with the version that refuses it."""
    found = [
        conflict(_canonical(named[1]) if named[1] else named[2], version)
        for match in _CONFLICT.finditer(reason)
        for version in [version_name(float(match["number"]), niji="niji" in match["model"].lower())]
        for named in _PARAMETER.finditer(match["refused"])
    ]
    return list(dict.fromkeys(found))


def _mode_subject(account: str, mode: Mode) -> str:
    return f"{account} {mode}"


# ---------------------------------------------------------------- results


def _from_result(event: Finished, task: Task, source: _Source) -> Lesson:
    learned = [source.fact(FactKind.UNKNOWN_BUTTON, form, label, sample=form) for form, label in event.unknown_buttons]
    forgotten: list[FactKey] = []
    if event.mode is not None:
        forgotten.append(source.key(FactKind.MODE_REFUSED, _mode_subject(source.keys.account, event.mode)))
    request = task.request
    if request.command != "imagine" or request.custom_id is not None or event.image is None or not event.keys.prompt:
        return Lesson(learned=tuple(learned), forgotten=tuple(forgotten))
    echoed = given_in(event.keys.prompt)
    version = _version(*echoed["model"]) if "model" in echoed else ""
    if version:
        learned.append(source.fact(FactKind.VERSION, version, "exists"))
        if "model" not in given_in(task.content):
            learned.append(source.fact(FactKind.DEFAULT_VERSION, source.keys.account, version))
        names = {_canonical(name) for name, _ in echoed.values()} | ({"::"} if "::" in event.keys.prompt else set())
        forgotten += [source.key(FactKind.PARAMETER_REFUSED, conflict(name, version)) for name in sorted(names)]
    return Lesson(learned=tuple(learned), forgotten=tuple(forgotten))


def _version(name: str, value: str) -> str:
    number = first_number(value)
    return "" if number is None else version_name(number, niji=name == "niji")


def _canonical(name: str) -> str:
    known = KNOWN.get(name.lower())
    return known.name if known else name.lower()


# ---------------------------------------------------------------- answers


def _from_answer(event: Informed, task: Task | None, source: _Source) -> Iterator[Fact]:
    account = source.keys.account
    if event.versions:
        yield from _offered(event.versions, source)
    elif event.title.casefold().startswith("your info"):
        for found in _INFO.finditer(event.text):
            is_plan = found["name"].casefold() == "subscription"
            value = _PLAN_DETAILS.sub("", found["value"]) if is_plan else found["value"]
            yield source.fact(FactKind.PLAN if is_plan else FactKind.FAST_HOURS, account, value.strip())
    elif task is not None and _is_unknown_answer(event, task):
        yield _unknown("answer", event.words, task, source)


def _is_unknown_answer(event: Informed, task: Task) -> bool:
    is_expected = event.is_known or task.request.answer_ends or bool(task.request.switch) or bool(event.seed)
    is_half_result = event.keys.prompt is not None  # the picture follows
    return bool(event.words) and not is_expected and not is_half_result


def _offered(versions: Iterable[OfferedVersion], source: _Source) -> Iterator[Fact]:
    for offered in versions:
        found = _OFFERED.search(offered.label)
        if found is None:
            continue
        name = version_name(float(found["number"]), niji=found["niji"] is not None)
        yield source.fact(FactKind.VERSION, name, "exists")
        if offered.selected:
            yield source.fact(FactKind.DEFAULT_VERSION, source.keys.account, name)


# ---------------------------------------------------------------- what is not understood


def _unknown(kind: str, words: str, task: Task, source: _Source) -> Fact:
    sample = _impersonal(words, task)
    begin = " ".join(_NUMBERS.sub("#", sample).split()[:6])
    return source.fact(FactKind.UNKNOWN_MESSAGE, f"{kind}: {begin}", sample, sample=sample)


def _impersonal(words: str, task: Task) -> str:
    """The words without the prompt, links, mentions and ids."""
    for prompt in sorted({task.content, task.prompt_en, task.request.prompt} - {""}, key=len, reverse=True):
        words = words.replace(prompt, "…")
    return " ".join(_PERSONAL.sub("…", words).split())
