"""The gateway on the wire: framing, resuming, and who hears what."""

from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from simulator import Simulator
from tests.support.discord_wire_client import CAPABILITIES, connected, custom_ids, with_id, with_nonce

Check = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize("compress", [None, "zlib-stream", "zstd-stream"])
async def test_log_in_and_heartbeat(compress: str | None) -> None:
    async with Simulator() as simulator, connected(simulator, compress=compress) as wire:
        assert wire.frames[0]["op"] == 10 and wire.frames[0]["d"]["heartbeat_interval"] > 0
        ready = wire.events[0]["d"]
        assert ready["user"]["id"] == wire.account.user_id
        assert ready["guilds"][0]["channels"][0]["id"] == wire.account.channel_id
        assert ready["resume_gateway_url"] == simulator.gateway_url
        for op, data in ((1, wire.sequence), (40, {"seq": wire.sequence, "qos": {}})):
            wire.frames.clear()
            await wire.send(op, data)
            await wire.frame(lambda frame: frame["op"] == 11)
        assert simulator.state()["accounts"][0]["connected"]
        assert not simulator.state()["accounts"][1]["connected"]


@pytest.mark.parametrize(
    ("bit", "newer", "older"),
    [
        (1 << 0, lambda body: "notes" not in body, lambda body: body["notes"] == {}),
        (1 << 2, lambda body: body["read_state"]["entries"] == [], lambda body: body["read_state"] == []),
        (
            1 << 3,
            lambda body: body["user_guild_settings"]["entries"] == [],
            lambda body: body["user_guild_settings"] == [],
        ),
        (
            1 << 4,
            lambda body: body["users"] and "recipients" not in body["private_channels"][0],
            lambda body: body["private_channels"][0]["recipients"][0]["bot"] and body["guilds"][0]["members"],
        ),
        (1 << 5, lambda body: "presences" not in body, lambda body: body["guilds"][0]["voice_states"] == []),
        (1 << 9, lambda body: body["user_settings_proto"] == "", lambda body: body["user_settings"]["locale"]),
        (1 << 10, lambda body: body["guilds"][0]["properties"]["name"], lambda body: body["guilds"][0]["name"]),
    ],
)
async def test_log_in_has_the_forms_that_the_client_asks_for(bit: int, newer: Check, older: Check) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        assert newer(await wire.event("READY"))
        await wire.identify(capabilities=CAPABILITIES & ~bit)
        assert older(await wire.event("READY"))
        await wire.identify(capabilities=bit)
        assert newer(await wire.event("READY"))


async def test_a_client_without_capabilities_hears_no_supplement() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        await wire.identify(capabilities=0)
        await wire.imagine("a fox")
        await wire.result()
        assert "READY_SUPPLEMENTAL" not in wire.names()


async def test_a_close_is_answered_with_its_own_code() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        for code in (4000, 1000):
            await wire.identify()
            await wire.socket.close(code=code)
            assert await wire.closed() == code


async def test_a_session_declared_invalid_but_resumable_is_resumed_on_its_own_socket() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.add_fault({"kind": "op9", "resumable": True})
        assert (await wire.frame(lambda frame: frame["op"] == 9))["d"] is True
        body = {"token": wire.account.token, "session_id": wire.session_id, "seq": wire.sequence}
        await wire.send(6, body)
        await wire.event("RESUMED")
        nonce = await wire.imagine("a fox")
        assert await wire.message(with_nonce(nonce)) and not wire.socket.closed


async def test_a_wrong_token_is_closed_with_4004() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        await wire.open()
        await wire.send(2, {"token": "nobody"})
        assert await wire.closed() == 4004


async def test_broken_frames_and_strangers_are_closed() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        await wire.open()
        await wire.socket.send_str("{")
        assert await wire.closed() == 4002
        await wire.open()
        await wire.send(37, {"subscriptions": {}})
        assert await wire.closed() == 4003


async def test_a_resume_replays_exactly_what_was_missed() -> None:
    async with Simulator() as simulator, connected(simulator, compress="zlib-stream") as wire:
        await wire.imagine("a fox")
        await wire.result()
        await wire.event("MESSAGE_DELETE")
        heard, middle = list(wire.events), len(wire.events) // 2
        wire.events.clear()
        await wire.resume(heard[middle - 1]["s"])
        await wire.event("RESUMED")
        assert wire.events[:-1] == heard[middle:]


async def test_a_session_that_is_unknown_or_anothers_cannot_be_resumed() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        await wire.resume(99_999)
        assert (await wire.frame(lambda frame: frame["op"] == 9))["d"] is False
        await wire.resume(1, token=simulator.accounts[1].token)
        await simulator.until(lambda: simulator.state()["mixups"] == 1)


async def test_a_nonce_is_told_to_the_session_that_sent_it_alone() -> None:
    async with (
        Simulator(shared_channel=True) as simulator,
        connected(simulator) as ours,
        connected(simulator) as second,
        connected(simulator, 1) as other,
    ):
        nonce = await ours.imagine("a fox")
        first = await ours.message()
        assert first["nonce"] == nonce
        for wire in (second, other):
            assert "nonce" not in await wire.message(lambda body: body["id"] == first["id"])
            assert not [name for name in wire.names() if name.startswith("INTERACTION")]
        created = await ours.event("INTERACTION_CREATE")
        assert created == {"id": first["interaction"]["id"], "nonce": nonce}
        assert await ours.event("INTERACTION_SUCCESS") == created


@pytest.mark.parametrize("named", ["a-constant-of-the-client", "", None])
async def test_without_a_live_session_of_that_name_the_accounts_others_hear_the_answer(named: str | None) -> None:
    async with (
        Simulator(shared_channel=True, success_order="before") as simulator,
        connected(simulator) as ours,
        connected(simulator) as second,
        connected(simulator, 1) as other,
    ):
        nonce = await ours.imagine("a fox", session_id=named)
        for wire in (ours, second):
            first = await wire.message(with_nonce(nonce))
            created = await wire.event("INTERACTION_CREATE")
            assert created == {"id": first["interaction"]["id"], "nonce": nonce}
            assert await wire.event("INTERACTION_SUCCESS") == created
        assert "nonce" not in await other.message(with_id(first["id"]))
        assert not [name for name in other.names() if name.startswith("INTERACTION")]


async def test_a_session_of_another_account_hears_no_answer_of_ours() -> None:
    async with (
        Simulator(shared_channel=True) as simulator,
        connected(simulator) as ours,
        connected(simulator, 1) as other,
    ):
        nonce = await ours.imagine("a fox", session_id=other.session_id)
        first = await ours.message(with_nonce(nonce))
        assert "nonce" not in await other.message(with_id(first["id"]))
        assert "INTERACTION_CREATE" not in other.names()


async def test_private_messages_are_told_to_their_reader_alone() -> None:
    async with (
        Simulator(shared_channel=True) as simulator,
        connected(simulator) as ours,
        connected(simulator, 1) as other,
    ):
        await ours.imagine("a fox")
        grid = await ours.result()
        nonce = await ours.press(grid, custom_ids(grid)[0])
        waiting = await ours.message(lambda body: body["flags"] == 64)
        assert waiting["nonce"] == nonce and "guild_id" not in waiting
        single = await ours.result("upscale")
        await other.message(lambda body: body["id"] == single["id"])
        assert waiting["id"] not in {item["d"].get("id") for item in other.events}
        assert (await other.event("MESSAGE_UPDATE", lambda body: body["id"] == grid["id"]))["components"]


async def test_separate_channels_hear_nothing_of_each_other() -> None:
    async with Simulator() as simulator, connected(simulator) as ours, connected(simulator, 1) as other:
        await ours.imagine("a fox")
        await ours.result()
        assert other.names() == ["READY", "READY_SUPPLEMENTAL"]


async def test_large_guilds_are_silent_until_subscribed() -> None:
    async with Simulator(large_guilds=True) as simulator, connected(simulator) as wire:
        await wire.imagine("a fox")
        await simulator.until(lambda: simulator.jobs and simulator.jobs[0]["status"] == "finished")
        await wire.event("INTERACTION_SUCCESS")
        assert "MESSAGE_CREATE" not in wire.names()
        await wire.send(37, {"subscriptions": {wire.account.guild_id: {"typing": True}}})
        await wire.imagine("a fox")
        await wire.result(count=2)


async def test_members_are_told_when_asked_for() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        await wire.send(8, {"guild_id": [wire.account.guild_id], "user_ids": [wire.account.user_id, "5"]})
        chunk = await wire.event("GUILD_MEMBERS_CHUNK")
        assert [member["user"]["id"] for member in chunk["members"]] == [wire.account.user_id]
        assert chunk["not_found"] == ["5"]


async def test_discord_hosts_in_payloads() -> None:
    async with Simulator(discord_hosts=True) as simulator, connected(simulator) as wire:
        assert wire.events[0]["d"]["resume_gateway_url"].startswith("wss://gateway")
        await wire.imagine("a fox")
        attachment = (await wire.result())["attachments"][0]
        assert attachment["url"].startswith("https://cdn.discordapp.com/attachments/")
        assert attachment["proxy_url"].startswith("https://media.discordapp.net/attachments/")
        here = attachment["url"].replace("https://cdn.discordapp.com", simulator.url)
        async with wire.http.get(here) as answer:
            assert answer.status == 200


async def test_two_simulators_share_nothing() -> None:
    async with Simulator() as first, Simulator() as second, connected(first) as wire:
        await wire.imagine("a fox")
        await wire.result()
        assert second.jobs == [] and second.interactions == [] and second.state()["counters"] == {}
        async with aiohttp.ClientSession() as http, http.get(first.url + "/nothing") as answer:
            assert answer.status == 404
        assert second.state()["counters"] == {}
