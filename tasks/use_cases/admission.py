"""Admission: may this task be accepted, and is there room for it in the queue?

Contract: a busy or disconnected account is no reason to refuse: the task waits. An account that needs a human is one.
The queue is first in, first out; a bound for each named caller keeps one of them from filling it. Capacity is counted
from rows, again only when the last count is used up; however many submit at once, no bound is exceeded.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

from tasks.domain.errors import (
    AccountNotFound,
    AccountPaused,
    BadHook,
    BadRequest,
    ButtonNotFound,
    NoAccount,
    QueueFull,
    StateTooLong,
)
from tasks.domain.model import Account, Mode, SubmitOptions, Task
from tasks.domain.pause_advice import advice_for
from tasks.domain.ports import TaskStore
from tasks.rules.scheduling import fits

LONGEST_HOOK = 4096  # characters of an address


def check_accounts(ask: SubmitOptions, task: Task | None, known: Sequence[Account]) -> None:
    """Raises AccountNotFound, NoAccount or BadRequest when no account of ours will ever take it."""
    if ask.accounts and not any(account.id in ask.accounts for account in known):
        raise AccountNotFound(hint="/mj/account/list names them.")
    if known and all(account.paused for account in known):
        raise NoAccount(hint=" ".join(advice_for(account.id, account.paused) for account in known))
    if task is not None and known and not any(fits(task, account) for account in known):
        raise BadRequest("No account draws with this bot in this mode.", hint="/mj/account/list names them.")


def accounts_for(ask: SubmitOptions, modes: Sequence[Mode], known: Sequence[Account]) -> tuple[str, ...]:
    """Those of the accounts that the caller allows which draw in all the modes that the prompt names; empty: any.

    Raises BadRequest when there is none.
    """
    allowed = [each for each in known if not ask.accounts or each.id in ask.accounts]
    able = [each.id for each in allowed if not each.modes or set(modes) <= set(each.modes)]
    if len(able) == len(allowed) or not modes:
        return ask.accounts
    if not able:
        raise BadRequest(
            f"No account draws in the mode that the prompt names: {', '.join(modes)}.",
            hint="Leave its parameter out of the prompt.",
        )
    return tuple(able) if len(modes) > 1 else ask.accounts  # of one mode the account is chosen by `fits`


def check_account_of(source: Task, known: Sequence[Account]) -> None:
    """A button is pressed by the account that has it, or by nobody. Raises ButtonNotFound or AccountPaused."""
    account = next((each for each in known if each.id == source.account), None)
    if account is None:
        raise ButtonNotFound(
            f"The account that drew task {source.id} is not configured any more.", hint="Draw it anew."
        )
    if account.paused and any(not each.paused for each in known):
        raise AccountPaused(hint=f"{advice_for(account.id, account.paused)} Draw anew, or wait until then.")


def check_given(ask: SubmitOptions, longest_state: int) -> None:
    """Check what is stored and returned as given, with each change. Raises BadHook, StateTooLong."""
    check_hook(ask.notify_hook)
    if (size := len(ask.state.encode())) > longest_state:
        raise StateTooLong(f"state has {size} bytes.", hint=f"At most {longest_state} are taken.")


def check_hook(url: str) -> None:
    """Raises BadHook for what is no address of a receiver; none at all is well."""
    if not url:
        return
    if len(url) > LONGEST_HOOK:
        raise BadHook(f"notifyHook has {len(url)} characters.", hint=f"At most {LONGEST_HOOK} are taken.")
    if any(c.isspace() for c in url):
        raise BadHook("notifyHook has a blank in it.", hint="Write it as %20, or leave it out.")
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise BadHook(hint="Give a full address, such as https://example.com/hook.")


class QueueCapacity:
    """`of_each` bounds every named caller; 0 bounds none. Who has no name is bounded by the whole queue alone."""

    def __init__(self, store: TaskStore, *, in_all: int, of_each: int = 0) -> None:
        self._store = store
        self._whole = _Bound(in_all, store.count_waiting)
        self._of_each = of_each
        self._own: dict[str, _Bound] = {}  # names are those of the settings: a few
        self._counting = asyncio.Lock()

    @asynccontextmanager
    async def place(self, owner: str) -> AsyncIterator[None]:
        """A place for one more task, which is written inside the block. Raises QueueFull."""
        async with self._counting:
            own = self._own_of(owner)
            if own is not None and not await own.has_room():
                raise QueueFull("Too many of your own tasks wait.", hint="Try again when some of them are done.")
            if not await self._whole.has_room():
                raise QueueFull(hint="Try again when some of the waiting tasks are done.")
            bounds = [self._whole] if own is None else [self._whole, own]
            for bound in bounds:
                bound.take()
        try:
            yield
        finally:
            for bound in bounds:
                bound.under_way -= 1

    def _own_of(self, owner: str) -> _Bound | None:
        if not self._of_each or not owner:
            return None
        if owner not in self._own:
            self._own[owner] = _Bound(self._of_each, partial(self._store.count_waiting, owner))
        return self._own[owner]


class _Bound:
    def __init__(self, limit: int, count: Callable[[], Awaitable[int]]) -> None:
        self._limit = limit
        self._count = count
        self._left = 0  # tasks that surely fit before it must be counted again
        self.under_way = 0  # tasks that have a place and may not be written yet

    async def has_room(self) -> bool:
        if self._left <= 0:
            under_way = (
                self.under_way
            )  # before the count: one written meanwhile is counted twice rather than not at all
            self._left = self._limit - await self._count() - under_way
        return self._left > 0

    def take(self) -> None:
        self._left -= 1
        self.under_way += 1
