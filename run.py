"""The command line: what is typed → what runs.

python run.py               with a Discord account in .env
python run.py --simulator   with the built-in simulator: nothing is real, nothing costs
python run.py --help        the commands beside the service

Law: a command is a line of `COMMANDS` and a module with `add_arguments(parser)` and `run(given) -> exit code`; the
module is imported only when its command is typed, as some need what others do without.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from settings import IS_BINARY, SettingsError
from tasks.domain.errors import ServiceError
from tasks.domain.version import VERSION


class Command(NamedTuple):
    module: str
    says: str  # in --help


COMMANDS: Mapping[str, Command] = {
    "draw": Command("cli.draw", "draw a picture with the running service, and save it"),
    "tasks": Command("cli.tasks", "list the running service's tasks"),
    "accounts": Command("cli.accounts", "list its accounts, and what is wrong with them"),
    "health": Command("cli.health", "does the running service answer? for health checks; 0 yes, 1 no"),
    "doctor": Command(
        "cli.doctor.command", "look for what is wrong: settings, network, disk, database; 0 nothing, 1 else"
    ),
    "mcp": Command("cli.mcp.command", "offer the running service to programs that speak MCP"),
    "backup": Command("app.commands.backup", "copy the database, also while the service runs"),
    "check": Command("app.commands.check", "is the database sound? also while the service runs; 0 yes, 1 no"),
    "import": Command("app.commands.importing", "take over the finished drawings of Midjourney-node-api"),
    "read": Command("app.commands.read", "show how messages of MidJourney are understood"),
}


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=Path(sys.argv[0]).name if IS_BINARY else "run.py",
        description="The HTTP API for MidJourney over Discord. Without a command it serves.",
        epilog="docs/command-line.md: draw, tasks, accounts, doctor. docs/mcp.md: mcp. docs/operations.md: the others.",
    )
    parser.add_argument("--simulator", action="store_true", help="draw with the built-in simulator; nothing is real")
    parser.add_argument("--version", action="version", version=VERSION)
    parser.set_defaults(service_version=VERSION)
    commands = parser.add_subparsers(dest="command")
    for name, command in COMMANDS.items():
        added = commands.add_parser(name, help=command.says, description=command.says, allow_abbrev=False)
        if name == next((word for word in arguments if not word.startswith("-")), None):
            import_module(command.module).add_arguments(added)
    return parser.parse_args(arguments)


def run(arguments: Sequence[str]) -> int:
    """The exit code: 0 when all went well, 1 when it failed, 130 when it was interrupted.

    2: the settings or what was typed cannot be used.
    """
    given = parse(arguments)
    try:
        if given.command:
            return int(import_module(COMMANDS[given.command].module).run(given))
        return int(import_module("app.serving").run_service(simulator=given.simulator))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # a trace would tell nothing new; the service, once it runs, takes Ctrl+C as a wish
        return 130
    except BrokenPipeError:  # who reads us has seen enough: `python run.py tasks | head -3`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left is for nobody, and no error
        return 1


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
