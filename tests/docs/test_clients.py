"""The programs and configurations of docs/clients.md work as they are written.

Contract: each runs against the whole service on the simulator, with a secret. Nothing is changed in them but addresses
and secrets that the page tells its reader to set. test_commands.py runs the page's shell lines.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from PIL import Image
from standardwebhooks import Webhook

from run import parse
from simulator import Simulator
from tests.docs.blocks import blocks_of
from tests.docs.standing import SECRET, House, house

PAGE = "docs/clients.md"
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NODE = shutil.which("node")

needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed")


def block(language: str, words: str) -> str:
    """The only block of this language that contains these words."""
    [found] = [each.code for each in blocks_of(PAGE) if each.language == language and words in each.code]
    return found


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[House]:
    async with Simulator(accounts=1, job_seconds=0.2) as simulator, house(tmp_path, simulator, with_secrets=True) as it:
        yield it


def variables(there: House) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "MJ_URL": there.url, "MJ_SECRET": SECRET}


async def printed(*command: str, environ: Mapping[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=PIPE, stderr=STDOUT)
    try:
        async with asyncio.timeout(60):
            out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, out.decode()
    return out.decode()


def is_followed_to_its_picture(output: str) -> bool:
    *steps, last = output.split("\n")[:-1]
    return steps[-1].startswith("SUCCESS") and last.startswith("http")


async def test_the_python_client_follows_a_task_to_its_picture(tmp_path: Path, there: House) -> None:
    program = tmp_path / "client.py"
    program.write_text(block("python", "iter_lines"))
    assert is_followed_to_its_picture(await printed(sys.executable, str(program), environ=variables(there)))


@needs_node
async def test_the_javascript_client_follows_a_task_to_its_picture(tmp_path: Path, there: House) -> None:
    program = tmp_path / "client.mjs"
    program.write_text(block("js", "TextDecoderStream"))
    assert is_followed_to_its_picture(await printed(str(NODE), str(program), environ=variables(there)))


def signed(body: str) -> dict[str, str]:
    """The headers of a webhook sent now."""
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    signature = Webhook(WEBHOOK_SECRET).sign("msg_1", now, body)
    return {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}


BODY = '{"status":"SUCCESS","imageUrl":"http://127.0.0.1/a.webp"}'


async def test_the_python_receiver_accepts_signed_webhooks_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET", WEBHOOK_SECRET)
    program: dict[str, Any] = {"__name__": "receiver"}
    exec(compile(block("python", "standardwebhooks"), PAGE, "exec"), program)
    async with TestServer(program["app"]) as server, ClientSession() as session:
        for body, status in ((BODY, 204), (BODY.replace("SUCCESS", "FAILURE"), 401)):
            async with session.post(server.make_url("/hook"), data=body, headers=signed(BODY)) as answer:
                assert answer.status == status


@needs_node
async def test_the_javascript_check_accepts_signed_webhooks_only(tmp_path: Path) -> None:
    (tmp_path / "check.mjs").write_text(block("js", "isGenuine"))
    headers = signed(BODY)
    old = {**headers, "webhook-timestamp": "1700000000"}
    cases = [[headers, BODY], [headers, BODY + " "], [old, BODY], [{}, BODY]]
    (tmp_path / "try.mjs").write_text(
        'import { isGenuine } from "./check.mjs";\n'
        f"const cases = {json.dumps(cases)};\n"
        f"console.log(JSON.stringify(cases.map(([h, b]) => isGenuine({json.dumps(WEBHOOK_SECRET)}, h, b))));\n"
    )
    output = await printed(str(NODE), str(tmp_path / "try.mjs"), environ={"PATH": os.environ["PATH"]})
    assert json.loads(output) == [True, False, False, False]


async def test_the_n8n_flow_ends_with_a_picture(there: House) -> None:
    """Its HTTP nodes in the order of the connections; `{{ $json.x }}` is a field of the answer before."""
    flow = json.loads(block("json", "n8n-nodes-base"))
    nodes = {node["name"]: node for node in flow["nodes"]}
    assert all(
        {"id", "name", "type", "typeVersion", "position", "parameters"} <= node.keys() for node in nodes.values()
    )
    [start] = [name for name, node in nodes.items() if node["type"] == "n8n-nodes-base.manualTrigger"]
    answer: dict[str, Any] = {}
    name = start
    async with ClientSession() as session:
        while targets := flow["connections"].get(name):
            [[target]] = targets["main"]
            name = target["node"]
            answer = await _sent(session, nodes[name]["parameters"], answer, there.url)
    assert answer["status"] == "SUCCESS"
    assert answer["imageUrl"]


async def _sent(session: ClientSession, given: dict[str, Any], before: Mapping[str, Any], url: str) -> dict[str, Any]:
    address = given["url"].removeprefix("=").replace("http://127.0.0.1:3000", url)
    address = re.sub(r"\{\{ \$json\.(\w+) \}\}", lambda found: str(before[found[1]]), address)
    headers = {
        h["name"]: h["value"].replace("your API_SECRET", SECRET) for h in given["headerParameters"]["parameters"]
    }
    body = {p["name"]: p["value"] for p in given["bodyParameters"]["parameters"]} if given.get("sendBody") else None
    async with session.request(given.get("method", "GET"), address, headers=headers, json=body) as response:
        assert response.status == 200, await response.text()
        answer: dict[str, Any] = await response.json()
        return answer


async def test_the_comfyui_node_draws_a_picture(monkeypatch: pytest.MonkeyPatch, there: House) -> None:
    """Up to the tensor, which needs torch."""
    for name, value in variables(there).items():
        monkeypatch.setenv(name, value)
    program: dict[str, Any] = {"__name__": "midjourney"}
    exec(compile(block("python", "NODE_CLASS_MAPPINGS"), PAGE, "exec"), program)
    drawn = await asyncio.to_thread(program["picture"], "a red fox")
    assert isinstance(drawn, Image.Image)
    assert (drawn.mode, min(drawn.size) > 100) == ("RGB", True)
    node = program["NODE_CLASS_MAPPINGS"]["MidJourney"]
    assert callable(getattr(node, node.FUNCTION))
    assert "prompt" in node.INPUT_TYPES()["required"]


@pytest.mark.parametrize("page", [PAGE, "docs/mcp.md"])
def test_the_mcp_configurations_start_a_command_that_exists(page: str) -> None:
    hosts = [
        host
        for each in blocks_of(page)
        if each.language == "json" and "midjourney" in each.code and "nodes" not in each.code
        for servers in json.loads(each.code).values()
        for host in servers.values()
    ]
    assert len(hosts) >= 2
    for host in hosts:
        if "command" in host:
            assert Path(host["args"][0]).name == "run.py"
            assert parse(host["args"][1:]).command == "mcp"
        else:
            assert host["url"].endswith("/mcp")
