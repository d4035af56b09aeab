"""Hardships that once lost a task, paid twice or killed the process: each kept as a test. On a real database, with a
gateway that answers as told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import AccountBlocked, ButtonNotFound, NotSent, OutcomeUnknown, SendRefused, StoreFailed
from tasks.domain.events import HistoryRead, ModalOpened, Progressed, Queued, Refused, Started, Tick, Withdrawn
from tasks.domain.interactions import Interaction, ModalInteraction
from tasks.domain.model import Action, Button, Phase, Picture, Status, SubmitOptions, Task
from tasks.rules.lifecycle import hooks_due, requeue
from tests.support.house import Desk, House, house
from tests.support.tasks import NOW, USER, account, keys, task
from tests.tasks.sending.test_dispatcher import drawn, over, pass_time, result

PNG = Picture(filename="0.png", type="image/png", data=b"x")


async def vanish(_account: str, _order: Interaction, _nonce: str) -> None:
    raise OutcomeUnknown("502")


async def settle(home: House) -> None:
    """Long enough for a send of unknown outcome to be decided, history read."""
    await pass_time(home, 2.5)
    await home.until_recalled()
    await pass_time(home, 1)


@pytest.mark.parametrize("echoed", ["a cat --no dogs", "words that we did not send"])
async def test_a_drawing_of_ours_that_nobody_claims_forbids_to_send_again(tmp_path: Path, echoed: str) -> None:
    desk = Desk()
    desk.answer = vanish
    async with house(tmp_path, desk) as home:
        tasks = [await home.service.imagine(SubmitOptions(), prompt=prompt) for prompt in ("a cat", "a cat --ar 3:2")]
        await home.until_said(2)
        strange = keys(message_id="s", user_id=USER, prompt=echoed, from_history=True)
        desk.history = [Started(keys=strange)]
        await settle(home)
        await pass_time(home, 6)
        await home.until_recalled(2)
        await pass_time(home, 1)
        for waiting in tasks:
            assert (await home.until_task(waiting.id, over)).result.fail_code == "outcome_unknown"
        assert len(desk.said) == 2


async def test_what_was_prepared_is_written_later_and_not_prepared_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.sending.preparation.STORE_RETRY", 0.0)
    async with house(tmp_path) as home:
        good, published = home.store.save, 0
        publish = home.desk.publish

        async def counted(*args: Any) -> Any:
            nonlocal published
            published += 1
            return await publish(*args)

        failures = iter(range(5))

        async def full(tasks: Any, *args: Any, **more: Any) -> None:
            if published and next(failures, None) is not None:
                raise StoreFailed("the disk is full")
            await good(tasks, *args, **more)

        monkeypatch.setattr(home.desk, "publish", counted)
        monkeypatch.setattr(home.store, "save", full)
        await home.service.imagine(SubmitOptions(), prompt="a dog", pictures=[PNG])
        await home.until_said(1)
        assert published == 1


async def test_an_account_that_goes_away_before_its_turn_gives_its_tasks_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path, send_interval=0.01) as home:
        good = home.store.save

        async def told(*args: Any, **more: Any) -> None:
            await good(*args, **more)
            home.desk.moved.set()

        monkeypatch.setattr(home.store, "save", told)
        tasks = [await home.service.imagine(SubmitOptions(), prompt=f"dog {i}") for i in range(3)]
        await home.until_said(1)
        home.desk.known["a"] = account(connected=False)
        home.awake.set()

        async def given_back() -> bool:
            found = await home.store.get_many([t.id for t in tasks])
            return all(t.phase is not Phase.CLAIMED for t in found)

        await home.until(given_back)
        home.desk.known["a"] = account()
        home.awake.set()
        await home.until_said(3)
        assert sorted(home.desk.prompts) == ["dog 0", "dog 1", "dog 2"]


async def test_history_that_may_not_be_read_does_not_keep_a_task_for_ever(tmp_path: Path) -> None:
    desk = Desk()

    async def gone(account_id: str, since: int) -> Any:
        desk.history_reads.append((account_id, since))
        desk.moved.set()
        raise SendRefused("The channel is gone.", status=404)

    desk.read_history = gone  # type: ignore[method-assign,assignment]  # this desk alone
    async with house(tmp_path, desk) as home:
        lost = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        await pass_time(home, 6)
        await home.until_recalled()
        await pass_time(home, 1)
        assert (await home.until_task(lost.id, over)).result.fail_code == "silence"


async def test_history_that_may_not_be_read_proves_nothing(tmp_path: Path) -> None:
    desk = Desk()
    desk.answer = vanish

    async def forbidden(account_id: str, since: int) -> Any:
        desk.history_reads.append((account_id, since))
        desk.moved.set()
        raise SendRefused("The channel's history may not be read.", status=403)

    desk.read_history = forbidden  # type: ignore[method-assign,assignment]  # this desk alone
    async with house(tmp_path, desk) as home:
        lost = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        await settle(home)
        await pass_time(home, 6)
        await home.until_recalled(2)
        await pass_time(home, 1)
        assert (await home.until_task(lost.id, over)).result.fail_code == "outcome_unknown"
        assert len(desk.said) == 1


async def test_an_account_that_is_no_more_configured_is_said(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        home.desk.known = {"b": account("b", connected=False)}
        with pytest.raises(ButtonNotFound, match="not configured"):
            await home.service.act(SubmitOptions(), parent=parent.id, does=Action.UPSCALE, index=2)
        only = await home.service.imagine(SubmitOptions(accounts=("b",)), prompt="a cat")
    desk = Desk()
    async with house(tmp_path, desk) as home:
        assert (await home.until_task(only.id, over)).result.fail_code == "account_gone"


async def test_a_press_that_comes_back_when_its_account_has_gone_ends(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)

        async def gone(_account: str, _order: Interaction, _nonce: str) -> None:
            home.desk.known = {"b": account("b")}
            home.dispatcher.on_accounts_changed()
            raise NotSent("There is no account 'a' any more.")

        home.desk.answer = gone
        press = await home.service.act(SubmitOptions(), parent=parent.id, does=Action.UPSCALE, index=2)
        await home.until_task(press.id, lambda t: t.phase is Phase.READY)
        home.clock.time += 5_000
        home.awake.set()
        assert (await home.until_task(press.id, over)).result.fail_code == "account_gone"


async def test_accounts_that_change_while_nothing_can_be_written_are_seen_to_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.sending.dispatcher.POLL_SECONDS", 0.01)
    desk = Desk()
    desk.known = {"a": account(capacity=0), "b": account("b")}
    async with house(tmp_path, desk) as home:
        only = await home.service.imagine(SubmitOptions(accounts=("a",)), prompt="a cat")
        good, failures = home.store.save, iter(range(2))

        async def full(tasks: Any, *args: Any, **more: Any) -> None:
            if next(failures, None) is not None:
                raise StoreFailed("the disk is full")
            await good(tasks, *args, **more)

        monkeypatch.setattr(home.store, "save", full)
        desk.known = {"b": account("b")}
        home.dispatcher.on_accounts_changed()
        assert (await home.until_task(only.id, over)).result.fail_code == "account_gone"


async def test_a_database_that_cannot_be_read_loses_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.tracking.tracker.STORE_RETRY", 0.0)
    async with house(tmp_path) as home:
        good, failures = home.store.by_message, iter(range(2))

        async def broken(message_id: str) -> Task | None:
            if next(failures, None) is not None:
                raise StoreFailed("the disk answers with errors")
            return await good(message_id)

        monkeypatch.setattr(home.store, "by_message", broken)
        task = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        home.tracker.enqueue(result(1, from_history=True))
        home.tracker.enqueue(HistoryRead(account="a", since=0))
        assert (await home.until_task(task.id, over)).status is Status.SUCCESS


async def test_what_is_left_open_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        for index in (1, 2):
            await home.service.act(SubmitOptions(), parent=parent.id, does=Action.VARIATION, index=index)
        other = await home.service.imagine(SubmitOptions(), prompt="a cat")
        await home.until_said(4)
        home.tracker.enqueue(result(8, reference_id="r1", action=Action.VARIATION))
        nonce = home.desk.said[3][2]
        for percent in (1, 2, 3):
            told = keys(nonce=nonce, message_id="p9", prompt="a cat")
            home.tracker.enqueue(Progressed(keys=told, percent=percent))
            await home.until_task(other.id, lambda t, percent=percent: t.progress.percent == percent)  # type: ignore[misc]  # a lambda with a default
        assert len([line for line in caplog.messages if "fits several tasks" in line]) == 1


async def test_a_stop_in_the_middle_of_writing_a_send_posts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    async with house(tmp_path, desk) as home:
        good, writing = home.store.save, asyncio.Event()

        async def slow(*args: Any, **more: Any) -> None:
            if more.get("sends"):
                writing.set()
            await good(*args, **more)

        monkeypatch.setattr(home.store, "save", slow)
        sent = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await writing.wait()
    assert desk.prompts == ["a dog"]
    async with house(tmp_path) as home:
        [send] = await home.store.sends_of([sent.id])
        assert send.state != "written"


# ---------------------------------------------------------------- a cancel that was taken is not lost


async def test_a_cancel_holds_when_midjourney_sends_the_job_back(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        asked = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        nonce = home.desk.said[0][2]
        home.tracker.enqueue(Queued(keys=keys(nonce=nonce, message_id="q", flags=64)))
        await home.until_task(asked.id, lambda t: t.progress.queued)
        await home.service.cancel(asked.id)
        home.tracker.enqueue(Refused(keys=keys(nonce=nonce), code="queue_full", reason="Queue full", retry=True))
        assert (await home.until_task(asked.id, over)).status is Status.CANCEL
        home.awake.set()
        await pass_time(home, 10)
        assert home.desk.prompts == ["a dog"]


async def test_a_cancel_that_meets_a_requeue_cancels_what_waits(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        asked = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        full = Refused(keys=keys(nonce=home.desk.said[0][2]), code="queue_full", reason="Queue full", retry=True)
        home.tracker.enqueue(full)
        await home.service.cancel(asked.id)
        assert (await home.until_task(asked.id, over)).status is Status.CANCEL


async def test_a_withdrawn_message_after_a_cancel_is_the_cancel(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        asked = await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        home.tracker.enqueue(Started(keys=keys(nonce=home.desk.said[0][2], message_id="p"), cancel_id="c"))
        await home.until_task(asked.id, lambda t: t.progress.cancel_id is not None)
        await home.service.cancel(asked.id)
        await home.until_said(2)
        home.tracker.enqueue(Withdrawn(keys=keys(message_id="p")))
        await pass_time(home, 1.5)
        await home.until_recalled()
        await pass_time(home, 1)
        assert (await home.until_task(asked.id, over)).status is Status.CANCEL


# ---------------------------------------------------------------- dialogs, pictures, hooks


async def test_a_dialog_that_is_told_twice_is_paid_once(tmp_path: Path) -> None:
    zoom = Button(custom_id="MJ::CustomZoom::j", does=Action.ZOOM, opens_dialog=True)
    async with house(tmp_path) as home:
        parent = await drawn(home)
        await home.store.save([replace(parent, result=replace(parent.result, buttons=(zoom,)))])
        press = await home.service.press(SubmitOptions(), parent=parent.id, custom_id=zoom.custom_id)
        await home.service.modal(press.id, prompt="a", mask=None)
        await home.until_said(2)
        opened = ModalOpened(
            keys=keys(nonce=home.desk.said[1][2]), modal_id="5", custom_id="x", fields={"x::prompt": "a"}
        )
        home.tracker.enqueue(opened)
        home.tracker.enqueue(opened)
        await home.until_said(3)
        home.tracker.enqueue(Tick(now=home.clock.now()))
        home.tracker.enqueue(result(2, nonce=home.desk.said[2][2]))
        await home.until_task(press.id, over)
        assert [isinstance(order, ModalInteraction) for _, order, _ in home.desk.said] == [False, False, True]


async def test_a_free_press_is_not_repeated_without_end(tmp_path: Path) -> None:
    zoom = Button(custom_id="MJ::CustomZoom::j", does=Action.ZOOM, opens_dialog=True)
    async with house(tmp_path) as home:
        parent = await drawn(home)
        await home.store.save([replace(parent, result=replace(parent.result, buttons=(zoom,)))])
        press = await home.service.press(SubmitOptions(), parent=parent.id, custom_id=zoom.custom_id)
        home.desk.answer = vanish
        await home.service.modal(press.id, prompt="a", mask=None)
        for tries in range(2, 12):
            await home.until_said(tries)
            await home.until_posted(press.id, tries - 1, "unknown")
            await pass_time(home, 0.5)
            again = await home.until_task(press.id, lambda t: t.is_over or t.phase is Phase.READY)
            home.clock.time = max(home.clock.time, again.not_before)
            home.awake.set()
        assert (await home.until_task(press.id, over)).result.fail_code == "discord_refused"


async def test_an_account_that_is_stopped_while_it_uploads_does_not_fail_the_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk()
    desk.known = {"a": account("a"), "b": account("b")}
    upload = desk.upload

    async def dead(account_id: str, pictures: Any) -> Any:
        if account_id == "a":
            desk.known["a"] = account("a", paused="token_invalid")
            raise AccountBlocked(status=401, reason="token_invalid")
        return await upload(account_id, pictures)

    monkeypatch.setattr(desk, "upload", dead)
    async with house(tmp_path, desk) as home:
        asked = await home.service.describe(SubmitOptions(), picture=PNG)
        waiting = await home.until_task(asked.id, lambda t: t.not_before > 0)
        home.clock.time = waiting.not_before
        home.awake.set()
        await home.until_said(1)
        assert desk.said[0][0] == "b"


def test_uploads_belong_to_their_account() -> None:
    assert requeue(task(uploads=(("image", "a.png", "up/a.png"),)), NOW).account == "a"
    assert requeue(task(), NOW).account is None


def test_the_operators_hook_keeps_its_trust_when_a_caller_names_the_same() -> None:
    done: Task = task(status=Status.SUCCESS, notify_hook="http://op/")
    assert [hook.trusted for hook in hooks_due(task(), done, "http://op/")] == [True]
