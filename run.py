"""The command line: arguments → the service or a command.

python run.py               with a Discord account in .env
python run.py --simulator   with the built-in simulator: nothing is real, nothing costs
python run.py --help        the other commands

Contract: a command is a line of `COMMANDS` and a module with `add_arguments(parser)` and `run(given) -> exit code`. The
module is imported only when its command runs, because some need packages that others do not.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from cli.doctor.diagnostics import CheckResult
from settings import IS_BINARY, Settings, SettingsError
from tasks.domain.errors import ServiceError
from tasks.domain.version import VERSION


class Command(NamedTuple):
    module: str
    help: str


COMMANDS: Mapping[str, Command] = {
    "draw": Command("cli.draw", "draw a picture with the running service and save it"),
    "tasks": Command("cli.tasks", "list the running service's tasks"),
    "accounts": Command("cli.accounts", "list its accounts, and why they cannot draw"),
    "health": Command("cli.health", "check whether the running service answers; exit code 0 yes, 1 no"),
    "doctor": Command(
        "cli.doctor.command", "find problems with settings, network, disk, database; exit code 0 none, 1 some"
    ),
    "mcp": Command("cli.mcp.command", "serve the Model Context Protocol for the running service"),
    "backup": Command("app.commands.backup", "copy the database, also while the service runs"),
    "check": Command(
        "app.commands.check", "verify the database, also while the service runs; exit code 0 sound, 1 not"
    ),
    "import": Command("app.commands.legacy_import", "import the finished drawings of Midjourney-node-api"),
    "replay": Command("app.commands.replay", "show what the service makes of a report of doctor --live"),
    "read": Command("app.commands.read", "show how messages of MidJourney are parsed"),
}


def _live_check(settings: Settings, report: Path | None) -> Sequence[CheckResult]:
    """For `doctor`, which is a client and does not know the service's parts."""
    return import_module("app.commands.live_check").live_check(settings, report)  # type: ignore[no-any-return]  # by its name


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=Path(sys.argv[0]).name if IS_BINARY else "run.py",
        description="The HTTP API for MidJourney over Discord. Without a command it starts the service.",
        epilog="docs/command-line.md: draw, tasks, accounts, doctor. docs/mcp.md: mcp. docs/operations.md: the others.",
    )
    parser.add_argument("--simulator", action="store_true", help="use the built-in simulator; nothing is real")
    parser.add_argument("--version", action="version", version=VERSION)
    parser.set_defaults(service_version=VERSION, live_check=_live_check)
    commands = parser.add_subparsers(dest="command")
    for name, command in COMMANDS.items():
        added = commands.add_parser(name, help=command.help, description=command.help, allow_abbrev=False)
        if name == next((word for word in arguments if not word.startswith("-")), None):
            import_module(command.module).add_arguments(added)
    return parser.parse_args(arguments)


def run(arguments: Sequence[str]) -> int:
    """The exit code: 0 success, 1 failure, 2 unusable settings or arguments, 130 interrupted."""
    given = parse(arguments)
    try:
        if given.command:
            return int(import_module(COMMANDS[given.command].module).run(given))
        return int(import_module("app.process").run_service(simulator=given.simulator))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # no traceback; the running service handles Ctrl+C as an orderly stop
        return 130
    except BrokenPipeError:  # the reader has closed the pipe: `python run.py tasks | head -3`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # flushing the rest must not fail
        return 1


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
