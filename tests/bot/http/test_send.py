"""One POST per send, whatever Discord answers; each response becomes one of the service's errors."""

import asyncio

import pytest

from bot.http.nonces import new_nonce
from simulator import Simulator
from tasks.domain.errors import (
    AccountBlocked,
    NoSuchButton,
    NotSent,
    OutcomeUnknown,
    SendError,
    SendRefused,
)
from tasks.domain.events import Acknowledged, Finished, Started
from tasks.domain.interactions import ButtonInteraction, ModalInteraction, SlashCommandInteraction
from tests.support.discord_account import IMAGINE, Events, connected_pool, nonce_of


@pytest.mark.parametrize("order", ["before", "after"])
async def test_a_slash_command_arrives_with_our_nonce_and_comes_back_with_it(order: str) -> None:
    events = Events()
    async with Simulator(accounts=1, large_guilds=True, success_order=order) as simulator:
        async with connected_pool(simulator, events) as pool:
            nonce = new_nonce()
            await pool.send("a0", IMAGINE, nonce)
            [arrived] = simulator.interactions
            assert arrived["nonce"] == nonce
            await events.until(lambda event: isinstance(event, Acknowledged) and nonce_of(event) == nonce)
            await events.until(lambda event: isinstance(event, Started) and nonce_of(event) == nonce)
            await events.until(lambda event: isinstance(event, Finished))
        assert simulator.state()["mixups"] == 0


async def test_a_button_is_pressed_by_what_was_stored_of_it() -> None:
    events = Events()
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, events) as pool:
        await pool.send("a0", IMAGINE, new_nonce())
        grid = await events.until(lambda event: isinstance(event, Finished))
        assert isinstance(grid, Finished)
        assert grid.keys.message_id is not None
        button = next(button for button in grid.buttons if "upsample::2" in button.custom_id)
        seen = len(events.all)
        press = ButtonInteraction(
            message_id=grid.keys.message_id, custom_id=button.custom_id, message_flags=grid.keys.flags
        )
        await pool.send("a0", press, new_nonce())
        # the grid's own edit comes first: its button is shown as used
        await events.until(lambda event: isinstance(event, Finished) and event.keys.index == 2, since=seen)
        assert [one["type"] for one in simulator.interactions] == [2, 3]


async def test_an_outdated_command_is_fetched_anew_once() -> None:
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, Events()) as pool:
        simulator.add_fault({"kind": "new_versions"})
        await pool.send("a0", IMAGINE, new_nonce())
        assert [one["outcome"] for one in simulator.interactions] == ["refused 400/50035", "accepted"]


async def test_a_command_that_stays_outdated_is_refused() -> None:
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, Events()) as pool:
        simulator.add_fault({"kind": "interaction", "status": 400, "code": 50035, "times": 5})
        with pytest.raises(SendRefused) as caught:
            await pool.send("a0", IMAGINE, new_nonce())
        assert (caught.value.status, caught.value.discord_code) == (400, 50035)
        assert len(simulator.interactions) == 2


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, 0, AccountBlocked),
        (403, 50001, AccountBlocked),
        (404, 10003, AccountBlocked),
        (400, 50001, AccountBlocked),
        (403, 200000, SendRefused),
        (403, 130000, NotSent),
        (500, 0, OutcomeUnknown),
        (502, 0, OutcomeUnknown),
        (503, 0, OutcomeUnknown),
        (504, 0, OutcomeUnknown),
        (522, 0, OutcomeUnknown),
    ],
)
@pytest.mark.parametrize("accepted", [False, True])
async def test_each_answer_but_429_ends_the_send_after_one_post(
    status: int, code: int, kind: type[SendError], accepted: bool
) -> None:
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, Events()) as pool:
        simulator.add_fault({"kind": "interaction", "status": status, "code": code, "times": 9, "accepted": accepted})
        with pytest.raises(SendError) as caught:
            await pool.send("a0", IMAGINE, new_nonce())
        assert type(caught.value) is kind
        assert len(simulator.interactions) == 1


async def test_a_dead_token_pauses_the_account() -> None:
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, Events()) as pool:
        simulator.add_fault({"kind": "interaction", "status": 401})
        with pytest.raises(AccountBlocked) as caught:
            await pool.send("a0", IMAGINE, new_nonce())
        assert caught.value.reason == "token_invalid"
        assert pool.accounts()[0].paused == "token_invalid"


async def test_the_message_of_a_press_is_gone() -> None:
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, Events()) as pool:
        press = ButtonInteraction(message_id="1234567890", custom_id="MJ::JOB::upsample::1::x")
        with pytest.raises(NoSuchButton) as caught:
            await pool.send("a0", press, new_nonce())
        assert caught.value.status == 404


async def test_after_429_it_is_sent_again() -> None:
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, Events()) as pool:
        simulator.add_fault({"kind": "interaction", "status": 429, "retry_after": 0.05})
        await pool.send("a0", IMAGINE, new_nonce())
        assert [one["outcome"] for one in simulator.interactions] == ["fault 429", "accepted"]


async def test_a_429_that_asks_for_too_long_a_wait_is_not_waited_for() -> None:
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, Events()) as pool:
        simulator.add_fault({"kind": "interaction", "status": 429, "retry_after": 90.0, "global": True})
        with pytest.raises(NotSent) as caught:
            await pool.send("a0", IMAGINE, new_nonce())
        assert caught.value.retry_after == 90.0
        await pool.send("a0", IMAGINE, new_nonce())  # the library was not told to hold everything back
        assert len(simulator.interactions) == 2


@pytest.mark.parametrize("accepted", [False, True])
async def test_a_kept_alive_connection_that_is_cut_carries_one_post(accepted: bool) -> None:
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, Events()) as pool:
        await pool.send("a0", IMAGINE, new_nonce())  # now the connection is kept alive
        simulator.add_fault({"kind": "drop_connection", "accepted": accepted, "times": 9})
        with pytest.raises(OutcomeUnknown):
            await pool.send("a0", IMAGINE, new_nonce())
        assert len(simulator.interactions) == 2


async def test_unknown_commands_and_lost_sessions_send_nothing() -> None:
    events = Events()
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, events) as pool:
        with pytest.raises(SendRefused):
            await pool.send("a0", SlashCommandInteraction(command="no-such-command"), new_nonce())
        simulator.add_fault({"kind": "drop_gateway", "seconds": 30})
        await events.until(lambda event: type(event).__name__ == "Disconnected")
        with pytest.raises(NotSent):
            await pool.send("a0", IMAGINE, new_nonce())
        with pytest.raises(NotSent):
            await pool.send("nobody", IMAGINE, new_nonce())
        assert simulator.interactions == []


async def test_a_modal_is_submitted_with_the_ids_it_was_opened_with() -> None:
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, Events()) as pool:
        modal = ModalInteraction(
            modal_id="77", custom_id="MJ::RemixModal::x", values={"MJ::RemixModal::new_prompt": "a"}
        )
        with pytest.raises(SendRefused):  # none is open
            await pool.send("a0", modal, new_nonce())
        [arrived] = simulator.interactions
        assert arrived["type"] == 5


async def test_sends_of_one_account_in_parallel_are_all_made() -> None:
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, Events()) as pool:
        nonces = [new_nonce() for _ in range(20)]
        await asyncio.gather(*(pool.send("a0", IMAGINE, nonce) for nonce in nonces))
        assert sorted(one["nonce"] for one in simulator.interactions) == sorted(nonces)
