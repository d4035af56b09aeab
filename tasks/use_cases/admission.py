"""May this be taken at all? Pure: what is asked for, and the accounts as they are now.

Law: a busy or disconnected account is no reason to refuse, the task waits. A human's work to do is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from tasks.domain.errors import (
    AccountNotFound,
    AccountPaused,
    BadHook,
    BadRequest,
    ButtonNotFound,
    NoAccount,
    StateTooLong,
)
from tasks.domain.model import Account, Mode, SubmitOptions, Task
from tasks.rules.scheduling import fits

LONGEST_HOOK = 4096  # characters of an address


def check_accounts(ask: SubmitOptions, task: Task | None, known: Sequence[Account]) -> None:
    """Raises AccountNotFound, NoAccount or BadRequest when no account of ours will ever take it."""
    if ask.accounts and not any(account.id in ask.accounts for account in known):
        raise AccountNotFound(hint="/mj/account/list names them.")
    if known and all(account.paused for account in known):
        raise NoAccount(hint="; ".join(sorted({account.paused for account in known})))
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
        raise AccountPaused(hint=f"Account {account.id}: {account.paused}. Draw anew, or wait until it goes on.")


def check_given(ask: SubmitOptions, longest_state: int) -> None:
    """What is stored and told again as it was given, with each change. Raises BadHook, StateTooLong."""
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
