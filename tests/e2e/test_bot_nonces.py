"""Nonces that no send of ours has: each kind of task ends by the events themselves, whatever nonces the bot's own
messages carry, in whatever order success is told, with another session of the account open."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from simulator import Simulator
from tests.e2e.test_mj import MjClient, mj
from tests.support.discord_wire_client import connected, with_id
from tests.support.mj_actions import act, answered, asked, data_url, job_of
from tests.support.whole_service import Document

SECONDS = 30  # history is asked after two minutes of silence


async def one_of_each(client: MjClient) -> list[Document]:
    grid, described, blended = await asyncio.gather(
        client.drawn("imagine", prompt="a dog --ar 4:3"),
        client.drawn("describe", base64=data_url()),
        client.drawn("blend", base64Array=[data_url(9), data_url(8)]),
    )
    single, varied, again = await asyncio.gather(
        client.drawn("change", taskId=grid["id"], action="UPSCALE", index=1),
        client.drawn("change", taskId=grid["id"], action="VARIATION", index=2),
        client.drawn("change", taskId=grid["id"], action="REROLL"),
    )
    video = await act(client, single, "Animate (High motion)")
    dialog = await asked(client, single, "Custom Zoom")
    zoomed = await answered(client, dialog["result"], prompt="a dog --ar 16:9 --zoom 1.4")
    for document in (grid, blended, single, varied, again, video, zoomed):
        await job_of(client, document)
    return [grid, described, blended, single, varied, again, video, zoomed]


def lines_of(folder: Path, kind: str) -> int:
    reading = sqlite3.connect(f"file:{folder / 'tasks.db'}?mode=ro", uri=True)
    try:
        return int(reading.execute("select count(*) from timeline where kind = ?", (kind,)).fetchone()[0])
    finally:
        reading.close()


@pytest.mark.parametrize("order", ["before", "after", "random"])
@pytest.mark.parametrize("nonces", ["own", "none"])
async def test_each_kind_of_task_ends_by_its_events(tmp_path: Path, nonces: str, order: str) -> None:
    async with (
        mj(tmp_path, bot_nonce=nonces, success_order=order, foreign=1) as client,
        connected(client.house.simulator) as other_session,
    ):
        async with asyncio.timeout(SECONDS):
            ended = await one_of_each(client)
        assert [document["status"] for document in ended] == ["SUCCESS"] * 8
        finals = [
            with_id(document["properties"]["messageId"]) for document in ended if document["action"] != "DESCRIBE"
        ]
        shown = [await other_session.message(is_final) for is_final in finals]
        assert all(("nonce" in message) is (nonces == "own") for message in shown)
        assert lines_of(tmp_path, "recalled") == 0


@pytest.mark.parametrize(("era", "is_seen"), [("2023", False), ("2024", False), ("2026", True)])
async def test_the_bots_own_nonces_are_of_their_time(era: str, is_seen: bool) -> None:
    async with Simulator(era=era) as simulator, connected(simulator) as wire:
        nonce = await wire.imagine("a dog")
        final = await wire.result()
        assert final.get("nonce") != nonce
        assert ("nonce" in final) is is_seen
