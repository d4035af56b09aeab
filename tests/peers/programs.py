"""Which programs are run, and what each is put in front of.

Contract: data and the command lines that follow from it; nothing starts here. A driver is a program of its own that
uses one package as its documentation says and reports each step (`drivers/report.py`, `drivers/report.mjs`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.peers.installation import PYTHON, node

DRIVERS = Path(__file__).with_name("drivers")


@dataclass(frozen=True, kw_only=True)
class Program:
    """`driver` is a file in drivers/. `fixed_hosts`: it knows Discord by name and cannot be told another address."""

    name: str
    driver: str
    fixed_hosts: bool = False
    simulated: Mapping[str, Any] = field(default_factory=dict)  # settings of its simulator

    def command(self) -> list[str]:
        path = str(DRIVERS / self.driver)
        return [str(node()), path] if self.driver.endswith(".mjs") else [str(PYTHON), path]


# Each has a simulator of its own.
OF_DISCORD = (
    # It takes the last of two commands with one name, whoever's it is, and reads answers from edits alone.
    Program(name="midjourney", driver="midjourney.mjs", simulated={"index": "midjourney", "answer_form": "edit"}),
    Program(
        name="midjourney-discord-api",
        driver="midjourney_discord_api.mjs",
        fixed_hosts=True,
        simulated={"era": "2023", "versions": "any"},
    ),
    # It no longer waits for a dialog when the success has come.
    Program(
        name="discord.js-selfbot-v13", driver="selfbot.mjs", fixed_hosts=True, simulated={"dialog_success": "after"}
    ),
    Program(name="discord.py-self", driver="discord_py_self.py", fixed_hosts=True),
    Program(
        name="midjourney-sdk-py",
        driver="midjourney_sdk.py",
        fixed_hosts=True,
        simulated={"era": "2023", "versions": "any"},
    ),
    Program(
        name="python-midjourney", driver="python_midjourney_client.py", fixed_hosts=True, simulated={"versions": "any"}
    ),
)
# These share one service.
OF_THE_SERVICE = (
    Program(name="uniai", driver="uniai.mjs"),
    Program(name="eventsource", driver="eventsource.mjs"),
    Program(name="svix", driver="svix.mjs"),
    Program(name="standardwebhooks", driver="standardwebhooks.mjs"),
    Program(name="openapi-typescript", driver="openapi.mjs"),
    Program(name="httpx-sse", driver="httpx_sse_client.py"),
    Program(name="mcp", driver="mcp_client.py"),
)
NAMES = tuple(program.name for program in OF_DISCORD + OF_THE_SERVICE)
