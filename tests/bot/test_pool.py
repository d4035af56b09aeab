"""All accounts together: each receives its own events, all use the configured endpoints, and closing leaves nothing."""

import asyncio
import json
import re
import sys
from dataclasses import replace
from typing import Any

import pytest

from bot.http.endpoints import Endpoints
from bot.http.nonces import new_nonce
from bot.pool import Pool
from simulator import Simulator
from simulator.world.commands import command_index
from simulator.world.messages import BOTS
from tasks.domain.errors import SendRefused
from tasks.domain.events import Acknowledged, Disconnected, Finished
from tasks.domain.interactions import RegionEditInteraction
from tasks.domain.model import Picture
from tasks.domain.ports import Gateway
from tests.support.discord_account import (
    IMAGINE,
    Events,
    ForwardProxy,
    Front,
    configs_of,
    connected_pool,
    endpoints_of,
    nonce_of,
)


@pytest.mark.parametrize("shared", [False, True])
async def test_two_accounts_in_one_loop_know_their_own_by_nonce(shared: bool) -> None:
    events = Events()
    async with Simulator(accounts=2, shared_channel=shared) as simulator:
        async with connected_pool(simulator, events) as pool:
            nonces = {new_nonce(): account for account in ("a0", "a1") * 5}
            await asyncio.gather(*(pool.send(account, IMAGINE, nonce) for nonce, account in nonces.items()))
            wanted = 20 if shared else 10

            def finished(_: object) -> bool:
                return sum(isinstance(event, Finished) for event in events.all) == wanted

            await events.until(finished)
        named = [event for event in events.all if nonce_of(event) in nonces]  # the bot makes nonces of its own
        assert {nonces[nonce_of(event) or ""] == event.keys.account for event in named} == {True}  # type: ignore[union-attr]  # those with a nonce have keys
        assert {nonce_of(event) for event in named} == set(nonces)
        assert simulator.state()["mixups"] == 0


async def test_closing_leaves_no_task_behind() -> None:
    before = asyncio.all_tasks()
    async with Simulator(accounts=2) as simulator:
        events = Events()
        async with connected_pool(simulator, events) as pool:
            await pool.send("a0", IMAGINE, new_nonce())
            assert ours()
        assert [type(event) for event in events.all[-2:]] == [Disconnected, Disconnected]
        assert ours() == []
    assert asyncio.all_tasks() == before


def ours() -> list[str]:
    """The tasks of the connection and of the libraries below it; the simulator runs in the same loop."""
    code = [getattr(task.get_coro(), "cr_code", None) for task in asyncio.all_tasks()]
    names = [each.co_filename for each in code if each is not None]
    return [name for name in names if re.search(r"/(bot|discord|curl_cffi)/(?!test)", name) and "/tests/" not in name]


async def test_closing_before_anything_has_answered() -> None:
    before = asyncio.all_tasks()
    async with Simulator(accounts=3) as simulator:
        async with Pool(configs_of(simulator), sink=Events(), endpoints=endpoints_of(simulator)):
            pass
        async with Pool(configs_of(simulator), sink=Events(), endpoints=endpoints_of(simulator)):
            await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_an_account_that_comes_back_has_missed_what_was_said_meanwhile() -> None:
    events = Events()
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, events) as pool:
        [config] = pool.configs()
        await pool.remove("a0")
        seen = len(events.all)
        await pool.put(config)
        assert (await events.connected(since=seen)).gap_since == 0


async def test_an_account_that_is_gone_needs_no_pause() -> None:
    pool = Pool([], sink=Events())
    pool.pause("a0", "Discord refused it while it was taken out")
    assert pool.accounts() == []


async def test_a_cancellation_in_the_moment_of_an_event_is_not_lost() -> None:
    """Python 3.11's `wait_for` drops it; events that never cease make that moment certain to come."""
    async with Simulator(accounts=1, job_seconds=5, steps=100, concurrency=100) as simulator:
        for _ in range(5):
            events = Events()
            async with connected_pool(simulator, events) as pool:
                for _ in range(5):
                    await pool.send("a0", IMAGINE, new_nonce())


async def test_through_a_proxy_only_configured_hosts_are_asked_for() -> None:
    """All names are resolved by the proxy, which notes them; the hosts here do not exist, and the payloads name
    Discord's own, so whatever bypassed the proxy or the bases would fail or be noted."""
    events = Events()
    async with Simulator(accounts=1, discord_hosts=True) as simulator, ForwardProxy(simulator.port) as proxy:
        base = "discord.invalid"
        endpoints = Endpoints(
            api_base=f"http://{base}/api/v9",
            gateway_url=f"ws://{base}/gateway",
            cdn_base=f"http://cdn.{base}",
            upload_base=f"http://upload.{base}",
            pages_base=f"http://pages.{base}",
            activity_base=f"http://activity.{base}",
        )
        options: dict[str, Any] = {"endpoints": endpoints, "proxy_url": proxy.url, "fetch_properties": True}
        with _watched() as looked_up:
            async with connected_pool(simulator, events, **options) as pool:
                await pool.send("a0", IMAGINE, new_nonce())
                final = await events.until(lambda event: isinstance(event, Finished))
                assert isinstance(final, Finished)
                assert final.image is not None
                assert final.image.url.startswith("https://cdn.discordapp.com/")
                assert await pool.rest("a0").get_from_cdn(final.image.url)
                [link] = await pool.publish("a0", [Picture(filename="a.png", type="image/png", data=b"bytes")])
                assert await pool.rest("a0").get_from_cdn(link) == b"bytes"
                with pytest.raises(SendRefused):  # no such dialog is open
                    await pool.send(
                        "a0", RegionEditInteraction(custom_id="MJ::iframe::x", prompt="", mask=b"x"), new_nonce()
                    )
                simulator.add_fault({"kind": "abort_gateway"})
                seen = len(events.all)
                assert (await events.connected(since=seen)).gap_since is None  # resumed, at the configured gateway
        hosts = {host.removesuffix(":80") for host in proxy.hosts}
        assert hosts == {base, *(f"{name}.{base}" for name in ("cdn", "upload", "pages", "activity"))}
        assert looked_up <= {"127.0.0.1"}


_WATCHING: list[set[str]] = []


class _watched:  # noqa: N801 - reads as a with-statement
    """The hosts that Python itself resolves or connects to. libcurl does so unseen: the proxy sees it."""

    def __enter__(self) -> set[str]:
        if not _HOOKED:
            sys.addaudithook(_audit)
            _HOOKED.append(True)
        _WATCHING.append(set())
        return _WATCHING[-1]

    def __exit__(self, *_: object) -> None:
        _WATCHING.clear()


_HOOKED: list[bool] = []


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if _WATCHING and event in ("socket.getaddrinfo", "socket.connect"):
        host = args[0] if event == "socket.getaddrinfo" else args[1][0]
        _WATCHING[-1].add(str(host))


async def test_proxy_variables_of_the_environment_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, Events()) as pool:
        await pool.send("a0", IMAGINE, new_nonce())
        assert len(simulator.interactions) == 1


async def test_no_proxy_of_the_environment_does_not_open_a_way_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    async with (
        Simulator(accounts=1) as simulator,
        ForwardProxy(simulator.port) as proxy,
        connected_pool(simulator, Events(), proxy_url=proxy.url),
    ):
        assert len(proxy.hosts) >= 2


async def test_pausing_keeps_the_account_listening() -> None:
    events, told = Events(), []

    def on_pause(account: str, reason: str) -> None:
        told.append((account, reason))

    async with Simulator(accounts=1) as simulator, connected_pool(simulator, events, on_pause=on_pause) as pool:
        gateway: Gateway = pool
        gateway.pause("a0", "subscription_required")
        pool.pause("a0", "something later")
        [account] = pool.accounts()
        assert pool.account(account.id) == account
        assert pool.account("nobody") is None
        assert (account.connected, account.is_usable, account.paused) == (True, False, "subscription_required")
    assert told == [("a0", "subscription_required"), ("a0", "something later")]


async def test_an_account_id_is_used_once() -> None:
    async with Simulator(accounts=2) as simulator:
        first, second = configs_of(simulator)
        with pytest.raises(ValueError, match="same id"):
            Pool([first, replace(second, id=first.id)], sink=Events())


async def test_a_localised_index_is_used_by_its_original_names_and_tells_the_limit_of_a_prompt() -> None:
    events = Events()
    async with Simulator(accounts=1, versions="any") as simulator, Front(simulator) as front:
        index: Any = command_index("1237876415471554623", BOTS, "zh-CN")
        for command in index["application_commands"]:
            for option in command["options"]:
                option["max_length"] = 4000
        assert "imagine" not in {command["name"] for command in index["application_commands"]}
        front.answer("application-command-index", (200, index))
        async with connected_pool(simulator, events, endpoints=front.endpoints) as pool:
            assert [account.prompt_limit for account in pool.accounts()] == [4000]
            nonce = new_nonce()
            await pool.send("a0", IMAGINE, nonce)
            await events.until(lambda event: isinstance(event, Acknowledged) and nonce_of(event) == nonce)
            [posted] = front.found("POST .*/interactions$")
            data = json.loads(posted.body)["data"]
            assert (data["name"], [option["name"] for option in data["options"]]) == ("imagine", ["prompt"])
