"""Faults on the way: events lost, late, doubled or bare, sockets that are dead, POSTs that hang or are refused.

Whatever is told or not, the simulator's own records stay the truth: that is looked at in each test.
"""

import asyncio
from typing import Any

import aiohttp
import pytest

from simulator import Simulator
from simulator.world.faults import STAGES, FaultError
from tests.support.discord_wire_client import Wire, connected, with_id, with_nonce


def of_job(wire: Wire, simulator: Simulator) -> list[tuple[str, str]]:
    """(event, message id) of all that was told of the only job's messages."""
    ids = simulator.jobs[0]["message_ids"]
    told = [item for item in wire.events if item["t"].startswith("MESSAGE_")]
    return [(item["t"], item["d"]["id"]) for item in told if item["d"]["id"] in ids]


async def draw(simulator: Simulator, wire: Wire, prompt: str = "a fox") -> str:
    """The nonce of a job that has ended, with all its events on their way."""
    nonce = await wire.imagine(prompt)
    await simulator.until(lambda: simulator.jobs and simulator.jobs[-1]["finished"])
    return nonce


async def choose_wording(simulator: Simulator, wire: Wire) -> None:
    """What was told before has been heard: the acknowledgement of this heartbeat comes after it."""
    wire.frames.clear()
    await wire.send(1, wire.sequence)
    await wire.frame(lambda frame: frame["op"] == 11)


@pytest.mark.parametrize(
    ("stage", "event", "left"),
    [
        ("first", "MESSAGE_CREATE", 1),
        ("progress", "MESSAGE_UPDATE", 0),
        ("delete", "MESSAGE_DELETE", 0),
        ("answer", "INTERACTION_SUCCESS", 0),
        ("end", "MESSAGE_CREATE", 1),
    ],
)
async def test_events_are_lost_by_what_they_are_about(stage: str, event: str, left: int) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.add_fault({"kind": "event_lost", "stage": stage, "share": 1.0})
        await draw(simulator, wire)
        await choose_wording(simulator, wire)
        assert wire.names().count(event) == left
        assert simulator.jobs[0]["status"] == "finished"
        _, history = await wire.call("GET", f"/channels/{wire.account.channel_id}/messages")
        assert [message["id"] for message in history] == [simulator.jobs[0]["message_ids"][-1]]


async def test_all_events_may_be_told_twice() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.add_fault({"kind": "event_twice", "share": 1.0})
        await draw(simulator, wire)
        await wire.heard("MESSAGE_DELETE", 2)
        told = of_job(wire, simulator)
        assert told[::2] == told[1::2]
        assert wire.names().count("INTERACTION_SUCCESS") == 2
        assert len(simulator.jobs) == len(simulator.interactions) == 1


async def test_a_late_event_holds_up_what_follows_and_an_overtaken_one_does_not() -> None:
    async with Simulator(job_seconds=0.05) as simulator, connected(simulator) as wire:
        simulator.add_fault({"kind": "event_late", "stage": "first", "seconds": 0.2})
        await draw(simulator, wire)
        assert of_job(wire, simulator) == []
        await wire.event("MESSAGE_DELETE")
        assert [name for name, _ in of_job(wire, simulator)][:2] == ["MESSAGE_CREATE", "MESSAGE_UPDATE"]
        await simulator.reset()
        wire.events.clear()
        simulator.add_fault({"kind": "event_overtaken", "stage": "first", "seconds": 0.2})
        await draw(simulator, wire)
        first, last = simulator.jobs[0]["message_ids"]
        await wire.message(with_id(first))
        told = of_job(wire, simulator)
        assert told[-1] == ("MESSAGE_CREATE", first)
        assert told.index(("MESSAGE_CREATE", last)) < len(told) - 1


async def test_what_is_held_back_is_forgotten_by_a_reset() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.add_fault({"kind": "event_late", "share": 1.0, "seconds": 0.1})
        await draw(simulator, wire)
        await simulator.reset()
        wire.events.clear()
        await draw(simulator, wire, "another fox")
        await wire.event("MESSAGE_DELETE")
        contents = [item["d"]["content"] for item in wire.events if "content" in item["d"]]
        assert {"another fox" in content for content in contents} == {True}


async def test_a_nonce_may_be_missing_from_message_or_answer() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.add_fault({"kind": "no_nonce", "stage": "first"})
        nonce = await draw(simulator, wire)
        await wire.event("INTERACTION_SUCCESS", with_nonce(nonce))
        first = await wire.message(with_id(simulator.jobs[0]["message_ids"][0]))
        assert "nonce" not in first
        assert simulator.jobs[0]["nonce"] == nonce
        wire.events.clear()
        simulator.add_fault({"kind": "no_nonce", "stage": "answer", "share": 1.0})
        nonce = await draw(simulator, wire)
        answer = await wire.event("INTERACTION_SUCCESS")
        assert answer == {"id": simulator.interactions[-1]["id"]}
        await wire.message(with_nonce(nonce))


async def test_a_failure_may_be_told_of_a_job_that_finishes() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.add_fault({"kind": "false_failure"})
        nonce = await draw(simulator, wire)
        await wire.event("INTERACTION_FAILURE", with_nonce(nonce))
        assert "INTERACTION_SUCCESS" not in wire.names()
        assert simulator.jobs[0]["status"] == "finished"


@pytest.mark.parametrize("note", [False, True])
async def test_a_job_may_be_withdrawn(note: bool) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.add_fault({"kind": "job_withdrawn", "note": note})
        await draw(simulator, wire)
        await wire.event("MESSAGE_DELETE", with_id(simulator.jobs[0]["message_ids"][0]))
        assert simulator.jobs[0]["status"] == "withdrawn"
        assert len(simulator.jobs[0]["message_ids"]) == 1 + note


@pytest.mark.parametrize(("accepted", "outcome"), [(False, "unanswered"), (True, "unanswered, accepted")])
async def test_a_post_may_never_be_answered(accepted: bool, outcome: str) -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        body = await wire.imagine_body("a fox")
        simulator.add_fault({"kind": "no_answer", "accepted": accepted})
        with pytest.raises(asyncio.TimeoutError):
            await wire.http.post(
                simulator.rest_url + "/interactions",
                json=body,
                headers={"Authorization": wire.account.token},
                timeout=aiohttp.ClientTimeout(total=0.1),
            )
        assert [item["outcome"] for item in simulator.interactions] == [outcome]
        await simulator.until(lambda: bool(simulator.jobs) is accepted)


async def test_who_waits_for_an_answer_is_cut_off_in_the_end() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        body = await wire.imagine_body("a fox")
        simulator.add_fault({"kind": "no_answer", "seconds": 0.1})
        with pytest.raises(aiohttp.ClientConnectionError):
            await wire.call("POST", "/interactions", json=body)


@pytest.mark.parametrize("orderly", [False, True])
async def test_a_kept_alive_connection_is_cut_after_the_request_was_read(orderly: bool) -> None:
    """A client that sends it again by itself has drawn, and paid, twice: both POSTs are counted."""
    async with Simulator() as simulator, connected(simulator) as wire:
        body = await wire.imagine_body("a fox")  # this request opened the connection that the next one uses
        simulator.add_fault({"kind": "drop_connection", "accepted": True, "orderly": orderly})
        with pytest.raises(aiohttp.ClientConnectionError):
            await wire.call("POST", "/interactions", json=body)
        assert (await wire.call("POST", "/interactions", json=body))[0] == 204
        assert [item["outcome"] for item in simulator.interactions] == ["cut, accepted", "accepted"]
        assert simulator.state()["counters"]["repeated_nonces"] == 1


async def test_a_storm_of_429_over_one_route_or_all() -> None:
    async with Simulator() as simulator, connected(simulator) as wire, connected(simulator, 1) as other:
        body = await wire.imagine_body("a fox")
        simulator.add_fault({"kind": "storm", "seconds": 60, "account": 0})
        status, told = await wire.call("POST", "/interactions", json=body)
        assert (status, told["global"]) == (429, False)
        assert 50 < told["retry_after"] <= 60
        assert (await wire.call("GET", "/users/@me"))[0] == 200
        assert (await other.call("POST", "/interactions", json=await other.imagine_body("a fox")))[0] == 204
        assert simulator.interactions[0]["outcome"] == "refused 429/0"
        simulator.add_fault({"kind": "storm", "seconds": 60, "global": True, "retry_after": 0.5})
        status, told = await other.call("GET", "/users/@me")
        assert (status, told["retry_after"], told["global"]) == (429, 0.5, True)
        await simulator.reset()
        assert (await other.call("GET", "/users/@me"))[0] == 200


async def test_a_dead_gateway_stays_open_and_silent_and_replays_to_who_comes_again() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        heard = wire.sequence
        body = await wire.imagine_body("a fox")
        simulator.add_fault({"kind": "dead_gateway"})
        wire.frames.clear()
        await wire.send(1, heard)
        assert (await wire.call("POST", "/interactions", json=body))[0] == 204
        await simulator.until(lambda: simulator.jobs and simulator.jobs[0]["finished"])
        assert wire.frames == []
        assert not wire.socket.closed
        await wire.resume(heard)
        await wire.event("RESUMED")
        assert len(of_job(wire, simulator)) > 2


async def test_a_heartbeat_may_go_unacknowledged() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.add_fault({"kind": "no_ack"})
        wire.frames.clear()
        await wire.send(1, wire.sequence)
        await wire.send(1, wire.sequence)
        await wire.frame(lambda frame: frame["op"] == 11)
        assert simulator.state()["counters"]["gateway_op_1"] == 2
        assert [frame["op"] for frame in wire.frames] == [11]


async def told_by(seed: int) -> tuple[list[Any], list[str]]:
    """What an account hears of jobs that come one after another, and the ids of the jobs."""
    async with Simulator(seed=seed) as simulator, connected(simulator) as wire:
        simulator.add_fault({"kind": "event_lost", "share": 0.3})
        simulator.add_fault({"kind": "no_nonce", "share": 0.3})
        simulator.add_fault({"kind": "false_failure", "share": 0.3})
        for _ in range(5):
            await draw(simulator, wire)
            await choose_wording(simulator, wire)
        return [(item["t"], "nonce" in item["d"]) for item in wire.events], [job["job_id"] for job in simulator.jobs]


async def test_one_seed_makes_the_same_mischief_and_mischief_changes_no_job() -> None:
    events, jobs = await told_by(7)
    assert (events, jobs) == await told_by(7)
    assert events != (await told_by(8))[0]
    async with Simulator(seed=7) as simulator, connected(simulator) as wire:
        for _ in range(5):
            await draw(simulator, wire)
        assert [job["job_id"] for job in simulator.jobs] == jobs


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        ({"kind": "event_lost", "stage": "middle"}, f"there are: {', '.join(STAGES)}"),
        ({"kind": "event_late", "seconds": -1}, "seconds must be from 0 to 3600"),
        ({"kind": "storm", "times": 2}, "takes no 'times'"),
    ],
)
async def test_wrong_mischief_says_what_is_wrong(fault: dict[str, object], part: str) -> None:
    async with Simulator() as simulator:
        with pytest.raises(FaultError, match=part):
            simulator.add_fault(fault)


async def test_a_broken_event_may_be_told_and_leaves_no_trace() -> None:
    async with Simulator() as simulator, connected(simulator) as wire:
        simulator.send_event("MESSAGE_CREATE", {"id": None, "content": [7]})
        assert await wire.event("MESSAGE_CREATE") == {"id": None, "content": [7]}
        _, history = await wire.call("GET", f"/channels/{wire.account.channel_id}/messages")
        assert (history, simulator.jobs, simulator.interactions) == ([], [], [])
