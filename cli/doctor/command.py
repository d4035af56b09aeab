"""The command `doctor`: run all checks and report each finding.

Contract: reads only, draws nothing and shows no secret. Only `--live` logs in and sends tokens. Checks are independent:
a check that fails hides no other, and the local checks work without a network.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from cli import console
from cli.doctor.accounts import accounts
from cli.doctor.diagnostics import CheckResult, Verdict, failure, passed, warning
from cli.doctor.live import live
from cli.doctor.machine import database, disk, facts, files, versions
from cli.doctor.network import discord, port
from settings import Settings, SettingsError, dotenv_files, load, load_caller, load_storage, misspelt, warnings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--offline", action="store_true", help="skip the checks that contact Discord")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="FILE",
        help="--live, and write what it saw to FILE, without names, ids and secrets",
    )
    parser.add_argument("--live", action="store_true", help="also log in with each account, and check that it can draw")


def run(given: argparse.Namespace) -> int:
    """The exit code: 0 without problems, else 1."""
    found: list[CheckResult] = []
    for finding in _findings(given):
        found.append(finding)
        console.result(f"{finding.verdict.value:<6}{finding.text}")
        if finding.fix:
            console.result(f"      → {finding.fix}")
    problems = sum(finding.verdict is Verdict.FAILURE for finding in found)
    console.result(f"{problems} problem{'' if problems == 1 else 's'} found." if problems else "No problems found.")
    return 1 if problems else 0


def _findings(given: argparse.Namespace) -> Iterator[CheckResult]:
    yield from _checked("versions", versions)
    yield from _checked("files", files)
    try:
        settings = load(simulator=given.simulator)
    except SettingsError as error:
        yield from _mistakes(error)
    else:
        yield passed(f"Settings: {_summary(settings)}.")
        for text in (*warnings(settings), *misspelt(dotenv_files())):
            what, _, fix = text.partition(": ")
            yield warning(f"{what}.", fix[:1].upper() + fix[1:])
        yield from _checked("accounts", lambda: accounts(settings.discord))
        yield from _checked("port", lambda: port(settings.http, load_caller().secret))
        if not (given.offline or given.simulator):
            yield from _checked("Discord", lambda: discord(settings.discord))
        if given.live or given.report:
            check = partial(given.live_check, report=given.report)
            yield from _checked("accounts at Discord", lambda: live(settings, load_caller(), check, given.report))
    try:
        storage = load_storage(simulator=given.simulator)
    except SettingsError:
        return  # reported above
    yield from _checked("disk", lambda: disk(storage))
    yield from _checked("database", lambda: database(storage))
    yield from _checked("facts", lambda: facts(storage))


def _mistakes(error: SettingsError) -> Iterator[CheckResult]:
    for mistake in error.mistakes:
        what, _, fix = mistake.partition("\n")
        yield failure(what, " ".join(fix.split()))


def _checked(name: str, check: Callable[[], Iterable[CheckResult]]) -> Iterator[CheckResult]:
    try:
        yield from check()
    except Exception as error:  # its text may hold a secret
        yield failure(f"The check of {name} failed itself ({type(error).__name__}).", "Please report it.")


def _summary(settings: Settings) -> str:
    count = len(settings.discord.accounts)
    who = f"{count} account{'' if count == 1 else 's'}" if count else f"accounts in {settings.discord.accounts_file}"
    if settings.simulator:
        who = "the simulator's account"
    return f"{who}, {'API_SECRET is set' if load_caller().secret else 'no API_SECRET: only this machine is served'}"
