"""What the pages say is typed: every block of commands runs against the whole service on the simulator, in the order of
its page, and none is refused. What cannot be run says why, in a comment beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator import Simulator
from tests.docs.blocks import ROOT, blocks_in, blocks_of, documents, shell_of
from tests.docs.desk import Desk
from tests.docs.standing import house, props

PROPS = re.compile(r"1684310738264|<name>")  # what must be drawn first
PAGES = [page for page in documents() if any(not block.not_run for block in shell_of(page))]


def test_pages_with_commands_are_found() -> None:
    assert {"README.md", "README.zh-CN.md", "docs/http-api.md", "docs/command-line.md"} <= set(PAGES)


@pytest.mark.parametrize("page", documents())
def test_commands_stand_in_blocks_that_are_run(page: str) -> None:
    hidden = [block.where for block in blocks_of(page) if block.has_commands and block.language != "sh"]
    assert not hidden, "mark these as sh"


@pytest.mark.parametrize("page", PAGES)
async def test_the_commands_of_a_page_do_what_it_says(tmp_path: Path, page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    async with Simulator(accounts=2, job_seconds=0.2) as simulator:
        state = tmp_path / "state"
        state.mkdir()
        names = (await props(state, simulator)).names() if PROPS.search(text) else {}
        with_secrets = "$API_SECRET" in text or "$ADMIN_SECRET" in text
        async with house(state, simulator, with_secrets=with_secrets) as there:
            second = simulator.accounts[1]
            names |= {
                "http://127.0.0.1:3000": there.url,
                "localhost:8765": there.simulator.url,
                "/var/backups": "backups",
                '"token":"…"': f'"token":"{second.token}"',
                '"1077…"': f'"{second.guild_id}"',
                '"1108…"': f'"{second.channel_id}"',
            }
            desk = Desk(tmp_path, {**there.environ, "API": there.url}, names)
            for block in shell_of(page):
                if not block.not_run:
                    code, said = await desk.type(block.code)
                    assert code == 0, f"{block.where}: {code}\n{desk.meant(block.code)}\n{said}"


# ---------------------------------------------------------------- the reading and the desk themselves


def test_a_mark_keeps_the_next_block_from_being_run_and_no_other() -> None:
    text = "<!-- not run: why -->\n```sh\nmake a\n```\n\n```sh\nmake b\n```\n<!-- not run: -->\n```\ncurl c\n```\n"
    marked, plain, hidden = blocks_in("x.md", text)
    assert (marked.not_run, marked.code, marked.line) == ("why", "make a\n", 2)
    assert (plain.not_run, plain.code) == ("", "make b\n")
    assert hidden.has_commands
    assert (hidden.language, hidden.not_run) == ("", "")


@pytest.mark.parametrize(
    "line",
    [
        "curl $API/api/v1/task/fetch?_id=1",  # refused by its status
        "curl $API/mj/submit/imagine -d '{}'",  # refused by a header alone
        "curl -N $API/nothing",
        "curl $API/docs | grep nothing-of-that-name",
        "make nothing-of-that-name",
        "python run.py draw",
        "python run.py --simulator --nothing",
        "echo $NOTHING_OF_THAT_NAME",
    ],
)
async def test_what_fails_is_seen(tmp_path: Path, line: str) -> None:
    async with Simulator(accounts=2) as simulator, house(tmp_path, simulator, with_secrets=True) as there:
        code, said = await Desk(tmp_path, {**there.environ, "API": there.url}, {}).type(line)
        assert code != 0, said
