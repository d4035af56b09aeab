"""What Discord's refusals concern: the request, the account, or the moment."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.http import refusals
from bot.http.nonces import new_nonce
from bot.http.session import Denied
from simulator import Simulator
from tasks.domain.errors import AccountBlocked, NoSuchButton, NotSent, SendError, SendRefused
from tasks.domain.events import Finished
from tasks.domain.interactions import ButtonInteraction, MessageCommandInteraction
from tests.bot.http.test_session import PAYLOAD, rest_at
from tests.support.discord_account import IMAGINE, Answers, Events, answer_of, connected_pool

PRESS = ButtonInteraction(message_id="1", custom_id="MJ::JOB::upsample::1::x")


def refused(status: int, code: int, order: Any = IMAGINE, **more: Any) -> SendError:
    return refusals.to_error(Denied(status, {"message": "in whatever language", "code": code, **more}), order)


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (403, 40002, "verify_account"),
        (403, 50001, "missing_access"),
        (403, 50013, "missing_permission"),
        (404, 10002, "unknown_application"),
        (404, 10003, "unknown_channel"),
        (400, 10003, "unknown_channel"),
        (404, 10004, "unknown_guild"),
        (403, 40007, "banned"),
        (403, 20026, "flagged"),
        (403, 40001, "token_invalid"),
        (401, 0, "token_invalid"),
    ],
)
def test_a_refusal_that_speaks_of_the_account_blocks_it(status: int, code: int, reason: str) -> None:
    error = refused(status, code)
    assert isinstance(error, AccountBlocked)
    assert (error.reason, error.status) == (reason, status)


@pytest.mark.parametrize("code", sorted(refusals.MOMENT))
def test_a_refusal_that_speaks_of_the_moment_is_tried_again(code: int) -> None:
    error = refused(403, code)
    assert isinstance(error, NotSent)
    assert error.retry_after == refusals.MOMENT[code]
    told = refused(403, code, retry_after=3.5)
    assert isinstance(told, NotSent)
    assert told.retry_after == 3.5


@pytest.mark.parametrize(("status", "code"), [(400, 50035), (400, 50146), (413, 40005), (403, 200000), (404, 10062)])
def test_any_other_refusal_speaks_of_the_request(status: int, code: int) -> None:
    assert type(refused(status, code)) is SendRefused


def test_a_permission_that_files_lack_says_nothing_about_drawing() -> None:
    assert type(refused(403, 50013, order=None)) is SendRefused
    assert type(refused(403, 50001, order=None)) is AccountBlocked


def test_a_button_of_another_bot_says_nothing_about_the_account() -> None:
    assert type(refused(404, 10002, order=PRESS)) is SendRefused


def _trees(leaf: Any) -> st.SearchStrategy[Any]:
    names = st.sampled_from(["data", "custom_id", "version", "0", "_errors"])
    return st.recursive(
        st.just([leaf]) | st.just({"_errors": [leaf]}),
        lambda inner: (
            st.builds(lambda name, tree: {name: tree}, names, inner) | st.lists(inner, min_size=1, max_size=2)
        ),
        max_leaves=4,
    )


@given(tree=_trees({"code": refusals.BUTTON_GONE, "message": "La validation a échoué"}))
def test_the_codes_of_a_form_are_read_at_any_depth(tree: Any) -> None:
    assert refusals.form_codes({"code": 50035, "errors": tree}) == {refusals.BUTTON_GONE}
    assert type(refused(400, 50035, order=PRESS, errors=tree)) is NoSuchButton


@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: (
            st.lists(x)
            | st.dictionaries(st.sampled_from(["code", "errors", "message", "retry_after", "_errors", "x"]), x)
        ),
    )
)
def test_any_body_of_a_no_is_a_definite_no(body: Any) -> None:
    error = refusals.to_error(Denied(403, body), PRESS)
    assert isinstance(error, SendRefused | NotSent)


@pytest.mark.parametrize("code", ["INTERACTION_APPLICATION_COMMAND_INVALID_VERSION", refusals.COMMAND_INVALID])
@pytest.mark.parametrize("order", [IMAGINE, MessageCommandInteraction(command="Cancel Job", message_id="1")])
def test_an_invalid_command_is_an_outdated_one(code: str, order: Any) -> None:
    form = {"code": 50035, "errors": {"data": {"_errors": [{"code": code, "message": "x"}]}}}
    assert refusals.is_outdated(Denied(400, form), order)
    assert refusals.is_outdated(Denied(404, {"code": 10063}), order)
    assert not refusals.is_outdated(Denied(400, form), PRESS)


@pytest.mark.parametrize(
    "errors",
    [
        {"_errors": [{"code": refusals.BUTTON_GONE, "message": "x"}]},  # the library forgets these
        {"data": {"_errors": [{"code": refusals.BUTTON_GONE, "message": "x"}]}},
        [{"code": refusals.BUTTON_GONE, "message": "x"}],  # the library breaks on these
    ],
)
async def test_a_form_arrives_whole_from_the_wire(errors: Any) -> None:
    body = {"code": 50035, "message": "Ungültiger Formularinhalt", "errors": errors}
    async with Answers(answer_of(400, json.dumps(body))) as server, rest_at(server.url) as rest:
        with pytest.raises(Denied) as caught:
            await rest.post_interaction(PAYLOAD)
    assert type(refusals.to_error(caught.value, PRESS)) is NoSuchButton


async def test_a_button_that_is_gone_is_pressed_once_more_and_then_named() -> None:
    events = Events()
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, events) as pool:
        await pool.send("a0", IMAGINE, new_nonce())
        grid = await events.until(lambda event: isinstance(event, Finished))
        assert isinstance(grid, Finished)
        assert grid.keys.message_id is not None
        with pytest.raises(NoSuchButton):
            await pool.send("a0", replace(PRESS, message_id=grid.keys.message_id), new_nonce())
        assert [one["outcome"] for one in simulator.interactions[1:]] == ["refused 400/50035"] * 2
        assert pool.accounts()[0].is_usable


async def test_a_refusal_that_no_table_explains_pauses_the_account_the_third_time_in_a_row() -> None:
    async with Simulator(accounts=1) as simulator, connected_pool(simulator, Events()) as pool:
        odd = {"kind": "interaction", "status": 403, "code": 999999, "message": "Quarantined"}
        for times in (2, 3):
            simulator.add_fault({**odd, "times": times})
            for _ in range(2):
                with pytest.raises(SendRefused) as caught:
                    await pool.send("a0", IMAGINE, new_nonce())
                assert type(caught.value) is SendRefused
            if times == 2:
                await pool.send("a0", IMAGINE, new_nonce())  # it draws: what was counted is forgotten
        with pytest.raises(AccountBlocked):
            await pool.send("a0", IMAGINE, new_nonce())
        assert "Quarantined" in pool.accounts()[0].paused
