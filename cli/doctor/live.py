"""The live check of `doctor`: each account at Discord, by a login of its own or by the running service.

Contract: an account never gets a second session: while the service runs, it is asked instead. The service's answers to
/info and /settings are those of MidJourney, and cost nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx

from cli.client import ApiClient, Document, connect
from cli.doctor.diagnostics import CheckResult, failure, passed, warning
from cli.errors import CommandFailed
from settings import CallerSettings, Settings

LiveCheck = Callable[[Settings], Sequence[CheckResult]]
TIMEOUT = 5.0  # seconds


def live(
    settings: Settings, caller: CallerSettings, check: LiveCheck, report: Path | None = None
) -> Iterator[CheckResult]:
    if not _is_running(caller.address):
        yield from check(settings)
        return
    yield passed(f"The service at {caller.address} is connected with the accounts; it is asked.")
    if report is not None:
        yield warning("No report is written while the service runs.", "Stop the service, then repeat the command.")
    try:
        yield from asyncio.run(_ask_service())
    except CommandFailed as error:
        yield failure(str(error), "Stop the service to check the accounts by a login of their own.")


def _is_running(address: str) -> bool:
    try:
        with httpx.Client(trust_env=False, timeout=TIMEOUT) as client:
            return bool(client.get(f"{address}/health/live").json().get("status"))
    except (httpx.HTTPError, ValueError, AttributeError):
        return False


async def _ask_service() -> list[CheckResult]:
    async with connect() as service:
        found = [_of_account(account) for account in await service.accounts()]
        for account in await service.accounts():
            if account.get("running"):
                found += [await _answer(service, account, command) for command in ("info", "settings")]
    return found or [
        failure("The service has no account.", "Connect one in the console, or see docs/first-account.md.")
    ]


def _of_account(account: Document) -> CheckResult:
    name = f"Account {account.get('id')}"
    if account.get("running"):
        return passed(f"{name} is connected and can draw.")
    return failure(f"{name} cannot draw.", str(account.get("disabledReason")))


async def _answer(service: ApiClient, account: Document, command: str) -> CheckResult:
    name = f"Account {account.get('id')} /{command}"
    try:
        task = await service.submit(command, accountFilter={"instanceId": account.get("id")})
        ended = await service.ended(task)
    except CommandFailed as error:
        return warning(f"{name}: {error}", "docs/troubleshooting.md")
    return passed(f"{name}: {' '.join(str(ended.get('description') or 'answered').split())[:300]}")
