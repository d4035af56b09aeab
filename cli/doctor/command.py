"""`doctor`: what is wrong with the settings, this machine, the way to Discord, and what to do about it.

Law: it only looks. Nothing is changed, nobody logs in, no token leaves the machine, and no secret is shown. Each check
stands by itself: one that fails hides no other, and without a network the rest is told all the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator

from cli import console
from cli.doctor.accounts import accounts
from cli.doctor.diagnostics import Finding, Verdict, failure, passed, warning
from cli.doctor.machine import database, disk, files, versions
from cli.doctor.network import discord, port
from settings import Settings, SettingsError, dotenv_files, load, load_caller, load_storage, misspelt, warnings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--offline", action="store_true", help="leave Discord alone")


def run(given: argparse.Namespace) -> int:
    """0 nothing is wrong, 1 something is."""
    found: list[Finding] = []
    for finding in _findings(given):
        found.append(finding)
        console.answer(f"{finding.verdict.value:<6}{finding.what}")
        if finding.mend:
            console.answer(f"      → {finding.mend}")
    wrongs = sum(finding.verdict is Verdict.WRONG for finding in found)
    console.answer(f"{wrongs} {'thing is' if wrongs == 1 else 'things are'} wrong." if wrongs else "Nothing is wrong.")
    return 1 if wrongs else 0


def _findings(given: argparse.Namespace) -> Iterator[Finding]:
    yield from _checked("versions", versions)
    yield from _checked("files", files)
    try:
        settings = load(simulator=given.simulator)
    except SettingsError as error:
        yield from _mistakes(error)
    else:
        yield passed(f"Settings: {_spoken(settings)}.")
        for caution in (*warnings(settings), *misspelt(dotenv_files())):
            what, _, mend = caution.partition(": ")
            yield warning(f"{what}.", mend[:1].upper() + mend[1:])
        yield from _checked("accounts", lambda: accounts(settings.discord))
        yield from _checked("port", lambda: port(settings.http, load_caller().secret))
        if not (given.offline or given.simulator):
            yield from _checked("Discord", lambda: discord(settings.discord))
    try:
        storage = load_storage(simulator=given.simulator)
    except SettingsError:
        return  # told above
    yield from _checked("disk", lambda: disk(storage))
    yield from _checked("database", lambda: database(storage))


def _mistakes(error: SettingsError) -> Iterator[Finding]:
    for mistake in error.mistakes:
        what, _, mend = mistake.partition("\n")
        yield failure(what, " ".join(mend.split()))


def _checked(name: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except Exception as error:  # its words may hold a secret
        yield failure(f"The check of {name} failed itself ({type(error).__name__}).", "Please report it.")


def _spoken(settings: Settings) -> str:
    count = len(settings.discord.accounts)
    file = settings.discord.accounts_file
    who = f"accounts in {file}" if file else f"{count} account{'' if count == 1 else 's'}"
    if settings.simulator:
        who = "the simulator's account"
    return f"{who}, {'API_SECRET is set' if load_caller().secret else 'no API_SECRET: for this machine alone'}"
