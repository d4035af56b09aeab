"""History: all pages, oldest first, as the same events as the gateway's, marked as history."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bot.http import history
from bot.http.nonces import id_at, new_nonce
from simulator import Simulator
from tasks.domain.errors import NotSent
from tasks.domain.events import Finished, HistoryPage
from tests.support.discord_account import IMAGINE, Events, connected_pool


class Channel:
    """A channel of so many messages, one each second from 1,700,000,000,000 ms on; pages as Discord gives them."""

    def __init__(self, count: int) -> None:
        self.messages = [{"id": id_at(1_700_000_000_000 + n * 1000)} for n in range(count)]
        self.asked: list[str] = []

    async def page_after(self, after: str) -> Sequence[Mapping[str, Any]]:
        self.asked.append(after)
        newer = [message for message in self.messages if int(message["id"]) > int(after)]
        return list(reversed(newer[: history.PAGE]))


class Pauses:
    """Instead of waiting."""

    def __init__(self) -> None:
        self.made: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.made.append(seconds)


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (99, 1), (100, 2), (101, 2), (250, 3)])
async def test_all_pages_oldest_first(count: int, pages: int) -> None:
    channel, pauses = Channel(count), Pauses()
    whole = await history.read(channel.page_after, 1_700_000_000_000, max_pages=9, pause=pauses)  # the first one's
    assert (whole.messages, whole.more_since) == (channel.messages, None)
    assert len(channel.asked) == pages
    assert pauses.made == [history.PAUSE_SECONDS] * (pages - 1)


async def test_no_more_pages_at_a_time_than_allowed_and_it_can_be_gone_on_with() -> None:
    channel = Channel(500)
    found: list[Mapping[str, Any]] = []
    since: int | None = 0
    while since is not None:
        stretch = await history.read(channel.page_after, since, max_pages=2, pause=Pauses())
        assert len(stretch.messages) <= 200
        found += stretch.messages
        since = stretch.more_since
    assert list({message["id"]: message for message in found}.values()) == channel.messages


async def test_a_finished_job_is_found_in_history() -> None:
    events = Events()
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, events) as pool:
        since = pool.accounts()[0].connected_since or 0
        for _ in range(3):
            await pool.send("a0", IMAGINE, new_nonce())
        await simulator.until(lambda: sum(job["status"] == "finished" for job in simulator.jobs) == 3)
        heard = (await pool.read_history("a0", since - 5_000)).events
        finals = [event for event in heard if isinstance(event, Finished)]
        assert len({event.keys.job_id for event in finals}) == 3
        assert all(event.keys.from_history and event.keys.account == "a0" for event in heard)
        ids = [int(event.keys.message_id or 0) for event in heard]
        assert ids == sorted(ids)


async def test_history_can_be_read_while_the_gateway_is_down_but_not_without_discord() -> None:
    events = Events()
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, events) as pool:
        await simulator.drop_gateways(30)
        await events.until(lambda event: type(event).__name__ == "Disconnected")
        assert await pool.read_history("a0", 0) == HistoryPage()
        simulator.add_fault({"kind": "dead_token"})
        with pytest.raises(NotSent):
            await pool.read_history("a0", 0)
    with pytest.raises(NotSent):
        await pool.read_history("a0", 0)
