"""Outcomes on demand: magic words in prompts, and faults over the control API."""

import asyncio

import aiohttp
import pytest

from simulator import Simulator
from simulator.midjourney.magic import WORDS, fate_of
from simulator.world.faults import KINDS, FaultError
from tests.support.discord_wire_client import Wire, connected, with_id, with_nonce


async def private_title(wire: Wire, word: str) -> str:
    nonce = await wire.imagine(f"a fox {word}")
    message = await wire.message(with_nonce(nonce))
    assert message["flags"] == 64
    assert message["embeds"][0]["footer"]["text"] == f"/imagine a fox {word}"
    return str(message["embeds"][0]["title"])


async def status_of(simulator: Simulator, wire: Wire, prompt: str, *statuses: str) -> str:
    await wire.imagine(prompt)
    await simulator.until(lambda: simulator.jobs and simulator.jobs[-1]["status"] in statuses)
    return str(simulator.jobs[-1]["status"])


def test_the_longest_word_decides() -> None:
    assert fate_of("a fox sim-queue-full").trouble == "queue_full"
    assert fate_of("a fox").word == ""
    assert len({fate.word for fate in WORDS}) == len(WORDS)


@pytest.mark.parametrize(
    ("word", "title"),
    [
        ("sim-banned", "Banned prompt detected"),
        ("sim-invalid", "Invalid parameter"),
        ("sim-queue-full", "Queue full"),
    ],
)
async def test_words_that_refuse(word: str, title: str) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        assert await private_title(wire, word) == title
        assert simulator.jobs == []


async def test_sim_queued_is_drawn_after_all() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        assert await private_title(wire, "sim-queued") == "Job queued"
        assert "sim-queued" in (await wire.result())["content"]


async def test_sim_fail_and_sim_stopped_and_sim_moderated() -> None:
    async with Simulator(seed=1) as simulator, connected(simulator) as wire:
        for _ in range(4):
            assert await status_of(simulator, wire, "a fox sim-fail", "failed") == "failed"
        failures = [item for item in wire.events if item["d"].get("embeds")]
        assert {item["t"] for item in failures} == {"MESSAGE_CREATE", "MESSAGE_UPDATE"}
        assert {item["d"]["embeds"][0]["title"] for item in failures} == {"Sorry! Could not complete the job!"}

        assert await status_of(simulator, wire, "a fox sim-stopped", "stopped") == "stopped"
        await wire.event("MESSAGE_UPDATE", lambda body: body["content"].endswith("(Stopped)"))

        assert await status_of(simulator, wire, "a fox sim-moderated", "withdrawn") == "withdrawn"
        gone = simulator.jobs[-1]["message_ids"]
        await wire.event("MESSAGE_UPDATE", lambda body: body["id"] == gone[0] and "(93%)" in body["content"])
        await wire.event("MESSAGE_DELETE", with_id(gone[0]))
        assert len(gone) == 1


async def test_sim_silent_succeeds_and_says_nothing() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        nonce = await wire.imagine("a fox sim-silent")
        await wire.event("INTERACTION_SUCCESS", with_nonce(nonce))
        await wire.imagine("a fox")
        await wire.result()
        assert "silent" not in str([item["d"] for item in wire.events])
        assert simulator.jobs[0]["status"] == "silent"


async def test_sim_slow_and_sim_no_preview() -> None:
    async with Simulator(job_seconds=0.02) as simulator, connected(simulator) as wire:
        await wire.imagine("a fox sim-slow")
        await wire.imagine("a fox sim-no-preview")
        await simulator.until(lambda: [item["status"] for item in simulator.jobs] == ["running", "finished"])
        updates = [item["d"] for item in wire.events if item["t"] == "MESSAGE_UPDATE"]
        assert not any(item["attachments"] for item in updates if "no-preview" in item["content"])
        await simulator.until(lambda: simulator.jobs[0]["status"] == "finished")


async def test_faults_are_met_by_the_next_ones_of_that_account() -> None:
    async with Simulator() as simulator, connected(simulator) as wire, connected(simulator, 1) as other:
        simulator.add_fault({"kind": "interaction", "status": 403, "times": 2, "account": wire.account.token})
        body = await wire.imagine_body("a fox")
        await other.imagine("a fox")
        statuses = [(await wire.call("POST", "/interactions", json={**body, "nonce": str(n)}))[0] for n in range(3)]
        assert statuses == [403, 403, 204]
        ours = [item["outcome"] for item in simulator.interactions if item["account"] == wire.account.token]
        assert ours == ["fault 403", "fault 403", "accepted"]
        assert simulator.state()["faults"] == []


async def test_an_answer_may_be_an_error_though_the_job_starts() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.add_fault({"kind": "interaction", "status": 502, "accepted": True})
        status, _ = await wire.call("POST", "/interactions", json=await wire.imagine_body("a fox"))
        assert status == 502
        await wire.result()
        assert simulator.interactions[0]["outcome"] == "fault 502, accepted"


async def test_429_as_a_fault() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.add_fault({"kind": "interaction", "status": 429, "retry_after": 2.5, "global": True})
        status, body = await wire.call("POST", "/interactions", json=await wire.imagine_body("a fox"))
        assert status == 429
        assert (body["retry_after"], body["global"]) == (2.5, True)


@pytest.mark.parametrize(("accepted", "outcome"), [(False, "cut"), (True, "cut, accepted")])
async def test_a_connection_may_be_cut(accepted: bool, outcome: str) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        body = await wire.imagine_body("a fox")
        simulator.add_fault({"kind": "drop_connection", "accepted": accepted})
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
            with pytest.raises(aiohttp.ClientConnectionError):
                await http.post(
                    simulator.rest_url + "/interactions", json=body, headers={"Authorization": wire.account.token}
                )
        assert [item["outcome"] for item in simulator.interactions] == [outcome]
        await simulator.until(lambda: bool(simulator.jobs) is accepted)


async def test_jobs_that_fail_or_are_silent() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.add_fault({"kind": "job_fails"})
        assert await status_of(simulator, wire, "a fox", "failed", "finished") == "failed"
        simulator.add_fault({"kind": "job_silent", "share": 1.0})
        for _ in range(3):
            assert await status_of(simulator, wire, "a fox", "silent") == "silent"
        assert simulator.state()["faults"][0]["met"] == 3


async def test_a_dropped_gateway_loses_events_but_not_history() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        body, heard = await wire.imagine_body("a fox"), wire.sequence
        await simulator.drop_gateways(seconds=60)
        await wire.closed()
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await wire.open()
        assert (await wire.call("POST", "/interactions", json=body))[0] == 204
        await simulator.until(lambda: simulator.jobs and simulator.jobs[0]["status"] == "finished")
        await simulator.drop_gateways(seconds=0)
        wire.frames.clear()
        await wire.resume(heard)
        assert (await wire.frame(lambda frame: frame["op"] == 9))["d"] is False
        await wire.identify()
        _, history = await wire.call("GET", f"/channels/{wire.account.channel_id}/messages")
        assert "(fast)" in history[0]["content"] and "MESSAGE_CREATE" not in wire.names()


async def test_an_aborted_socket_can_be_resumed() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        heard = wire.sequence
        simulator.add_fault({"kind": "abort_gateway", "account": 0})
        await wire.closed()
        await wire.imagine("a fox")
        await simulator.until(lambda: simulator.jobs and simulator.jobs[0]["status"] == "finished")
        await wire.resume(heard)
        await wire.event("RESUMED")
        assert "MESSAGE_CREATE" in wire.names()


async def test_requests_to_reconnect_and_closes() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.add_fault({"kind": "op7"})
        await wire.frame(lambda frame: frame["op"] == 7)
        simulator.add_fault({"kind": "op9", "resumable": True})
        assert (await wire.frame(lambda frame: frame["op"] == 9))["d"] is True
        simulator.add_fault({"kind": "close", "code": 4000})
        assert await wire.closed() == 4000
        await wire.resume(wire.sequence)
        await wire.event("RESUMED")
        simulator.add_fault({"kind": "op9"})
        await wire.frame(lambda frame: frame["op"] == 9 and frame["d"] is False)
        wire.events.clear()
        await wire.send(2, {"token": wire.account.token})
        await wire.event("READY")


async def test_a_dead_token_is_refused_everywhere_until_the_reset() -> None:
    async with Simulator() as simulator, connected(simulator) as wire, connected(simulator, 1) as other:
        simulator.add_fault({"kind": "dead_token", "account": wire.account.token})
        assert await wire.closed() == 4004
        assert (await wire.call("GET", "/users/@me"))[0] == 401
        assert (await other.call("GET", "/users/@me"))[0] == 200
        await wire.open()
        await wire.send(2, {"token": wire.account.token})
        assert await wire.closed() == 4004
        await simulator.reset()
        await wire.identify()


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        ({"kind": "earthquake"}, "there are: interaction, "),
        ({}, "unknown kind None"),
        ({"kind": "op7", "times": 2}, "takes no 'times'"),
        ({"kind": "interaction", "status": "500"}, "status has the wrong type"),
        ({"kind": "interaction", "status": 204}, "status must be between 400 and 599"),
        ({"kind": "interaction", "times": 1, "share": 0.5}, "either times"),
        ({"kind": "interaction", "times": 0}, "at least 1"),
        ({"kind": "interaction", "share": 2}, "between 0 and 1"),
        ({"kind": "interaction", "account": 9}, "no account 9"),
    ],
)
async def test_wrong_faults_say_what_is_wrong(fault: dict[str, object], part: str) -> None:
    async with Simulator() as simulator:
        with pytest.raises(FaultError, match=part):
            simulator.add_fault(fault)
        assert simulator.state()["faults"] == []


async def test_every_kind_can_be_ordered() -> None:
    async with Simulator() as simulator:
        for name in KINDS:
            simulator.add_fault({"kind": name})
        armed = [item["kind"] for item in simulator.state()["faults"]]
        assert armed == [name for name, kind in KINDS.items() if not kind.at_once]


async def test_many_jobs_at_once() -> None:
    """60 drawings with 20 edits each, beside a client that does not read."""
    count = 60
    async with (
        Simulator(accounts=1, job_seconds=0.5, steps=20, concurrency=count, rate_limit=10_000) as simulator,
        connected(simulator, compress="zlib-stream") as wire,
        aiohttp.ClientSession() as http,
    ):
        deaf = await http.ws_connect(simulator.gateway_url)
        await deaf.send_json({"op": 2, "d": {"token": wire.account.token}})
        body = await wire.imagine_body("a fox")
        posts = (wire.call("POST", "/interactions", json={**body, "nonce": str(n)}) for n in range(count))
        assert {status for status, _ in await asyncio.gather(*posts)} == {204}
        await wire.heard("MESSAGE_DELETE", count)
        assert wire.names().count("MESSAGE_UPDATE") == count * 20
        assert {item["status"] for item in simulator.jobs} == {"finished"}
        assert len({item["job_id"] for item in simulator.jobs}) == count
        assert simulator.state()["counters"].get("errors", 0) == 0
