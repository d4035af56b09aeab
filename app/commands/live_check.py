"""`doctor --live`: log in with each account and report what it can do, and what of MidJourney is not understood.

Contract: free of charge; it draws nothing and changes nothing. No session beside a running service: the caller asks
that service instead. A finding contains no secret and no words of a person; a report is redacted line by line.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.accounts_file import AccountsFile
from app.commands.replay import unknown_kind
from app.factories import accounts_of, make_endpoints, make_pool
from bot.account_state import AccountConfig
from bot.grammar.payload import is_from_bot
from bot.grammar.redaction import Redactor
from bot.http.nonces import new_nonce
from bot.interactions import CommandIndex
from bot.pool import Pool
from cli.doctor.diagnostics import CheckResult, failure, passed, warning
from settings import ROOT, Settings
from storage.atomic_file import write_atomically
from tasks.domain.clock import SteadyClock
from tasks.domain.errors import SendError
from tasks.domain.events import DiscordEvent, Event, Informed, Refused
from tasks.domain.facts import FactKind
from tasks.domain.interactions import SlashCommandInteraction
from tasks.domain.model import Account, Bot
from tasks.domain.pause_advice import advice_for
from tasks.domain.version import VERSION
from tasks.rules.learning import from_event

USED = frozenset(
    ("imagine", "blend", "describe", "shorten", "show", "info", "settings", "fast", "relax", "turbo", "Cancel Job")
)
LOGIN_SECONDS = 60.0
ANSWER_SECONDS = 20.0
HISTORY = 100  # messages
REPORT_FORM = 1  # of the lines of a report

Payloads = list[tuple[str, Mapping[str, Any]]]  # event names and payloads, in order
# Drawings at once in fast mode, by the plan's name, as the setting CONCURRENCY explains them.
AT_ONCE: Mapping[str, int] = {"basic": 3, "standard": 3, "pro": 12, "mega": 12}


@dataclass(kw_only=True)
class _News:
    """The events of the accounts, in order, and a signal for each."""

    events: list[Event] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, event: Event) -> None:
        self.events.append(event)
        self.arrived.set()

    def on_pause(self, account: str, reason: str) -> None:
        self.arrived.set()

    async def next(self) -> None:
        self.arrived.clear()
        await self.arrived.wait()


def live_check(settings: Settings, report: Path | None) -> list[CheckResult]:
    """The findings for all accounts; with `report`, also written there with the messages of the check, redacted.

    Raises BadAccount for an unusable file of accounts.
    """
    seen: Payloads = []
    found = asyncio.run(_collect(settings, seen))
    return found if report is None else [*found, _write_report(report, found, seen)]


async def _collect(settings: Settings, seen: Payloads) -> list[CheckResult]:
    return [found async for found in _check_all(settings, seen)]


def _write_report(path: Path, found: Sequence[CheckResult], seen: Payloads) -> CheckResult:
    """One JSON line for each finding and each message; readable by the owner alone."""
    redactor = Redactor()
    lines: list[dict[str, Any]] = [{"report": REPORT_FORM, "service": VERSION}]
    lines += [{"event": name, "d": redactor.payload(payload)} for name, payload in seen]
    lines += [{"finding": each.verdict.value, "text": redactor.text(f"{each.text} {each.fix}")} for each in found]
    text = "".join(f"{json.dumps(line, ensure_ascii=False, separators=(',', ':'))}\n" for line in lines)
    try:
        write_atomically(path.absolute(), text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        return failure(f"The report cannot be written to {path}: {error.strerror}.", "Name a file in another folder.")
    return passed(f"Report: {path}, {len(seen)} messages without names, ids, links and pictures.")


async def _check_all(settings: Settings, seen: Payloads) -> AsyncIterator[CheckResult]:
    path, shared = settings.discord.accounts_file, make_endpoints(settings.discord)
    configs = accounts_of(settings.discord, AccountsFile(ROOT / path) if path else None, shared)
    if not configs:
        yield failure("No account is configured.", "Connect one in the console, or see docs/first-account.md.")
        return
    news = _News()

    def observe(name: str, payload: Mapping[str, Any], event: DiscordEvent | None, error: Exception | None) -> None:
        seen.append((name, payload))

    pool = make_pool(
        settings.discord, configs, 1, news.put, on_pause=news.on_pause, observe=observe, clock=SteadyClock()
    )
    async with pool:
        for config in configs:
            async for found in _check_one(pool, config, news, seen):
                yield found


async def _check_one(pool: Pool, config: AccountConfig, news: _News, seen: Payloads) -> AsyncIterator[CheckResult]:
    account = await _logged_in(pool, config.id, news)
    name = f"Account {config.id}"
    if account.paused:
        yield failure(f"{name} cannot draw.", advice_for(config.id, account.paused))
        return
    if not account.connected:
        problem = account.details.get("problem") or f"no connection within {LOGIN_SECONDS:.0f} s"
        yield failure(f"{name} did not connect: {problem}.", "Check the network, or set PROXY_URL.")
        return
    yield passed(f"{name}: Discord accepts its token.")
    yield passed(f"{name}: it sees its server and channel, and may use commands there; the bot is there.")
    for found in _of_commands(name, pool.commands(config.id)):
        yield found
    for bot in sorted(config.bots or Bot):
        if (bot, "info", 1) in pool.commands(config.id):
            for found in _of_info(name, bot, config.capacity, await _ask(pool, config.id, bot, "info", news)):
                yield found
            for found in _of_settings(name, bot, await _ask(pool, config.id, bot, "settings", news)):
                yield found
    for found in await _of_history(name, pool, config, account, seen):
        yield found


async def _logged_in(pool: Pool, account_id: str, news: _News) -> Account:
    """The account once it is connected or paused, or after the time limit."""
    try:
        async with asyncio.timeout(LOGIN_SECONDS):
            while not ((account := _account(pool, account_id)).connected or account.paused):
                await news.next()
    except TimeoutError:
        pass
    return _account(pool, account_id)


def _account(pool: Pool, account_id: str) -> Account:
    found = pool.account(account_id)
    if found is None:
        raise KeyError(account_id)
    return found


def _of_commands(name: str, commands: CommandIndex) -> Iterator[CheckResult]:
    for bot in Bot:
        offered = {command for each, command, _ in commands if each is bot}
        if not offered:
            continue
        unknown = f"; unknown here: {', '.join(sorted(offered - USED))}" if offered - USED else ""
        text = f"{name}, {bot}: it offers {', '.join(sorted(offered & USED))}{unknown}."
        if missing := USED - offered:
            fix = f"Not offered: {', '.join(sorted(missing))}. What needs them fails; drawing does not."
            yield warning(text, fix)
        else:
            yield passed(text)


async def _ask(pool: Pool, account_id: str, bot: Bot, command: str, news: _News) -> DiscordEvent | str:
    """The bot's answer to a command, or why there is none. The answer may be an edit of an empty message."""
    begin, nonce = len(news.events), new_nonce()
    try:
        await pool.send(account_id, SlashCommandInteraction(command=command, bot=bot), nonce)
    except SendError as error:
        return str(error)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            while (answer := _answer(news.events[begin:], account_id, nonce)) is None:
                await news.next()
    except TimeoutError:
        return f"no answer within {ANSWER_SECONDS:.0f} s"
    return answer


def _answer(events: Sequence[Event], account_id: str, nonce: str) -> DiscordEvent | None:
    """The first event with content that a known key ties to the command: its nonce, or an id that came with it."""
    ids: set[str] = set()
    for event in events:
        keys = getattr(event, "keys", None)
        if keys is None or keys.account != account_id:
            continue
        own = {keys.interaction_id, keys.message_id} - {None}
        if keys.nonce == nonce or ids & own:
            ids |= own
            if isinstance(event, Refused):
                return event
            if isinstance(event, Informed) and (event.text or event.title or event.buttons):
                return event
    return None


def _facts(answer: DiscordEvent) -> dict[FactKind, str]:
    return {fact.kind: fact.value for fact in from_event(answer, 0, task=None, by="").learned}


def _of_info(name: str, bot: Bot, capacity: int, answer: DiscordEvent | str) -> Iterator[CheckResult]:
    name = f"{name}, {bot} /info"
    facts = {} if isinstance(answer, str) else _facts(answer)
    if FactKind.PLAN not in facts:
        yield _unread(name, answer)
        return
    plan = facts[FactKind.PLAN]
    yield passed(f"{name}: plan {plan}, fast time {facts.get(FactKind.FAST_HOURS, 'not shown')}.")
    fits = next((count for word, count in AT_ONCE.items() if plan.casefold().startswith(word)), None)
    if fits is not None and fits != capacity:
        yield warning(
            f"{name}: the plan runs {fits} drawings at once; CONCURRENCY is {capacity}.", f"CONCURRENCY={fits}"
        )


def _of_settings(name: str, bot: Bot, answer: DiscordEvent | str) -> Iterator[CheckResult]:
    name = f"{name}, {bot} /settings"
    if not isinstance(answer, Informed) or not answer.buttons:
        yield _unread(name, answer)
        return
    version = _facts(answer).get(FactKind.DEFAULT_VERSION, "not shown")
    on = [button.label for button in answer.buttons if button.style == _ON and button.label]
    yield passed(f"{name}: default version {version}; on: {', '.join(on) or 'nothing'}.")


_ON = 3  # the style of a button that is switched on


def _unread(name: str, answer: DiscordEvent | str) -> CheckResult:
    what = answer if isinstance(answer, str) else f"the answer is not understood ({type(answer).__name__})"
    return warning(f"{name}: {what}.", "Set CAPTURE_DIR, repeat it, and report the capture: docs/troubleshooting.md.")


async def _of_history(
    name: str, pool: Pool, config: AccountConfig, account: Account, seen: Payloads
) -> list[CheckResult]:
    """How many of the channel's newest messages of the bots the grammar understands, and the kinds of the others."""
    try:
        messages: Sequence[Mapping[str, Any]] = await pool.rest(config.id).logs_from(int(config.channel_id), HISTORY)
    except Exception as error:  # the library raises any exception; the check must go on
        fix = "Give the account the permission Read Message History: without it, a gap loses results."
        return [failure(f"{name}: the channel's history cannot be read ({type(error).__name__}).", fix)]
    own = [message for message in messages if is_from_bot(message)]
    seen += [("MESSAGE_CREATE", message) for message in reversed(own)]  # oldest first
    kinds = Counter(kind for message in own if (kind := _kind(message, config.id, account.user_id)))
    count = len(own) - sum(kinds.values())
    text = f"{name}: {count} of {len(own)} messages of the bots in the channel are understood"
    if not kinds:
        return [passed(f"{text}.")]
    listed = ", ".join(f"{kind} ({times})" for kind, times in kinds.most_common())
    return [warning(f"{text}; unknown kinds: {listed}.", "Set CAPTURE_DIR, and report the captures of these kinds.")]


def _kind(message: Mapping[str, Any], account_id: str, user_id: str | None) -> str:
    return unknown_kind("MESSAGE_CREATE", message, account=account_id, user_id=user_id, history=True)
