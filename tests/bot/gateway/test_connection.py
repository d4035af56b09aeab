"""Log in and stay connected: the events of each disconnect and return, and no event lost between them."""

import asyncio
import socket
import time
from typing import Any

import pytest

from bot.account_state import AccountConfig
from bot.http.endpoints import Endpoints
from bot.http.nonces import new_nonce
from bot.pool import Pool
from simulator import Simulator
from tasks.domain.events import Connected, Disconnected, Finished, Progressed, Started
from tests.support.discord_account import IMAGINE, Events, configs_of, connected_pool, endpoints_of, nonce_of


async def test_connected_means_subscribed_and_commands_known() -> None:
    """In a large server nothing is told before the subscription, and the first job's first message is not lost."""
    events = Events()
    async with Simulator(accounts=1, large_guilds=True) as simulator, connected_pool(simulator, events) as pool:
        assert events.all == [Connected(account="a0", gap_since=0)]
        assert simulator.state()["counters"]["gateway_op_37"] == 1
        [account] = pool.accounts()
        assert account.is_usable
        assert account.user_id == simulator.accounts[0].user_id
        assert account.details["guild_id"] == simulator.accounts[0].guild_id
        assert account.connected_since is not None
        assert simulator.accounts[0].token not in repr(account) + repr(configs_of(simulator))
        await pool.send("a0", IMAGINE, nonce := new_nonce())
        await events.until(lambda event: isinstance(event, Started) and nonce_of(event) == nonce)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "op7"},
        {"kind": "abort_gateway"},
        {"kind": "close", "code": 4000},
        {"kind": "close", "code": 1000},
        {"kind": "op9", "resumable": True},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('code', '')}".strip(),
)
async def test_a_resumed_session_has_missed_nothing(fault: dict[str, object]) -> None:
    events = Events()
    slow = Simulator(accounts=1, job_seconds=0.6, steps=30)
    async with slow as simulator, connected_pool(simulator, events) as pool:
        await pool.send("a0", IMAGINE, new_nonce())
        await events.until(lambda event: isinstance(event, Progressed))
        seen = len(events.all)
        simulator.add_fault(fault)
        assert (await events.connected(since=seen)).gap_since is None
        await events.until(lambda event: isinstance(event, Finished))
    percents = [event.percent for event in events.all if isinstance(event, Progressed)]
    assert len(percents) == 30
    assert percents == sorted(percents, key=lambda percent: percent or 0)


async def test_a_gateway_that_is_open_and_dead_is_left_at_the_next_heartbeat() -> None:
    events = Events()
    async with (
        Simulator(accounts=1, heartbeat_ms=100, job_seconds=0.6, steps=30) as simulator,
        connected_pool(simulator, events) as pool,
    ):
        await pool.send("a0", IMAGINE, new_nonce())
        await events.until(lambda event: isinstance(event, Progressed))
        seen = len(events.all)
        simulator.add_fault({"kind": "dead_gateway"})
        assert (await events.connected(since=seen)).gap_since is None
        await events.until(lambda event: isinstance(event, Finished))
    assert len([event for event in events.all if isinstance(event, Progressed)]) == 30


async def test_each_login_tells_what_discords_clock_says() -> None:
    events, told = Events(), list[int]()
    async with Simulator(accounts=2) as simulator, connected_pool(simulator, events, set_clock=told.append):
        assert len(told) == 2
        assert all(abs(server_time - time.time() * 1000) < 3_000 for server_time in told)


async def test_one_heartbeat_without_an_answer_is_enough() -> None:
    events = Events()
    async with Simulator(accounts=1, heartbeat_ms=100) as simulator, connected_pool(simulator, events) as pool:
        seen = len(events.all)
        simulator.add_fault({"kind": "no_ack"})
        assert (await events.connected(since=seen)).gap_since is None
        [account] = pool.accounts()
        assert account.details["reconnects"] == 1


async def test_a_new_session_tells_since_when_something_may_be_missed() -> None:
    events = Events()
    async with Simulator(accounts=1, large_guilds=True) as simulator, connected_pool(simulator, events) as pool:
        first = pool.accounts()[0].connected_since
        simulator.add_fault({"kind": "op9"})
        again = await events.connected(since=1)
        assert isinstance(events.all[1], Disconnected)
        assert first is not None
        assert again.gap_since is not None
        assert first <= again.gap_since <= (pool.accounts()[0].connected_since or 0)
        assert simulator.state()["counters"]["gateway_op_37"] == 2
        await pool.send("a0", IMAGINE, nonce := new_nonce())
        await events.until(lambda event: isinstance(event, Started) and nonce_of(event) == nonce)


async def test_what_happened_while_the_gateway_was_down_is_a_gap() -> None:
    events = Events()
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, events) as pool:
        await simulator.drop_gateways(0.3)
        await events.until(lambda event: isinstance(event, Disconnected))
        assert not pool.accounts()[0].connected
        assert (await events.connected(since=1)).gap_since is not None
        assert sum(isinstance(event, Disconnected) for event in events.all) == 1


async def test_a_refused_first_connection_is_tried_again() -> None:
    events = Events()
    async with Simulator(accounts=1) as simulator:
        await simulator.drop_gateways(0.2)
        async with connected_pool(simulator, events):
            assert events.all == [Connected(account="a0", gap_since=0)]


async def test_a_server_that_comes_up_later_is_found() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    events = Events()
    async with Simulator(accounts=1) as names:
        config = configs_of(names)[0]
    base = f"127.0.0.1:{port}"
    endpoints = Endpoints(api_base=f"http://{base}/api/v9", gateway_url=f"ws://{base}/gateway")
    async with Pool([config], sink=events, endpoints=endpoints) as pool:
        assert not pool.accounts()[0].connected
        async with Simulator(port=port, accounts=1), asyncio.timeout(60):
            await pool.wait_connected()


@pytest.mark.parametrize("when", ["at the start", "in mid-session"])
async def test_a_dead_token_stops_the_account_and_leaves_it_visible(when: str) -> None:
    events = Events()
    async with Simulator(accounts=2) as simulator:
        if when == "at the start":
            simulator.add_fault({"kind": "dead_token", "account": 0})
        async with Pool(configs_of(simulator), sink=events, endpoints=endpoints_of(simulator)) as pool:
            if when == "in mid-session":
                async with asyncio.timeout(60):
                    await pool.wait_connected()
                simulator.add_fault({"kind": "dead_token", "account": 0})
            async with asyncio.timeout(60):
                await pool.ended("a0")
            dead, alive = pool.accounts()
            assert (dead.connected, dead.paused, dead.details["paused"]) == (False, "token_invalid", "token_invalid")
            await events.until(lambda event: isinstance(event, Connected) and event.account == "a1")
            assert not alive.paused


async def test_ten_losses_in_a_row_are_mended_without_a_long_wait() -> None:
    events = Events()
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, events):
        for _ in range(10):
            seen = len(events.all)
            simulator.add_fault({"kind": "abort_gateway"})
            assert (await events.connected(since=seen)).gap_since is None
        assert simulator.state()["counters"]["gateway_op_6"] == 10


async def test_a_sink_that_raises_does_not_end_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    heard = Events()

    def sink(event: Any) -> None:
        heard(event)
        if isinstance(event, Progressed | Started):
            raise RuntimeError("a bug")

    async with Simulator(accounts=1, steps=8) as simulator, connected_pool(simulator, sink) as pool:
        await pool.send("a0", IMAGINE, new_nonce())
        await heard.until(lambda event: isinstance(event, Finished))
    logged = [record for record in caplog.records if "event lost" in record.message]
    assert len(logged) == 2  # one of each kind


async def test_private_messages_with_the_bot_are_a_place_to_draw_in() -> None:
    events = Events()
    async with Simulator(accounts=1) as simulator:
        one = simulator.accounts[0]
        private = AccountConfig(id="a0", token=one.token, guild_id="", channel_id=one.dm_channel_id)
        async with Pool([private], sink=events, endpoints=endpoints_of(simulator)) as pool:
            await events.connected()
            await pool.send("a0", IMAGINE, nonce := new_nonce())
            await events.until(lambda event: isinstance(event, Started) and nonce_of(event) == nonce)
        assert "gateway_op_37" not in simulator.state()["counters"]


async def test_only_our_channel_is_heard() -> None:
    """Another place that the account sees too: its private messages with the bot."""
    events = Events()
    async with Simulator(accounts=1) as simulator:
        one = simulator.accounts[0]
        elsewhere = AccountConfig(id="a0", token=one.token, guild_id="", channel_id=one.dm_channel_id)
        async with Pool([elsewhere], sink=events, endpoints=endpoints_of(simulator)) as other:
            await other.wait_connected()
            async with connected_pool(simulator, ours := Events()) as pool:
                await pool.send("a0", IMAGINE, new_nonce())
                await ours.until(lambda event: isinstance(event, Finished))
        assert [event for event in events.all if getattr(event, "keys", None)] == []
