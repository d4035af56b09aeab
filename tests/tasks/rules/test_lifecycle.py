"""What an event makes of a task, and what it never makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.errors import IllegalTransition, with_advice
from tasks.domain.events import Acknowledged, DiscordEvent, Finished, Informed, Progressed, Queued, Refused, Started
from tasks.domain.model import Action, Button, Image, Phase, Status, TaskProgress
from tasks.rules.lifecycle import apply, cancel, fail, hooks_due, may_move, requeue
from tasks.rules.reopening import reopen_with_result, retry
from tests.support.tasks import NOW, keys, task

PICTURE = Image(url="https://cdn.discordapp.com/a.png")


def finished(**fields: Any) -> Finished:
    return Finished(keys=keys(message_id="r", job_id="j", **fields), image=PICTURE, buttons=(Button(custom_id="b"),))


def test_a_life() -> None:
    now = apply(task(), Acknowledged(keys=keys()), NOW)
    assert now.status is Status.SUBMITTED
    now = apply(now, Started(keys=keys(message_id="p", prompt="a dog --v 7.0")), NOW)
    assert (now.status, now.progress.percent, now.progress.progress_message_id) == (Status.IN_PROGRESS, 0, "p")
    now = apply(now, Progressed(keys=keys(message_id="p", job_id="j"), percent=31), NOW)
    assert (now.progress.percent, now.progress.job_id) == (31, "j")
    now = apply(now, finished(), NOW + 5)
    assert (now.status, now.phase, now.progress.percent, now.result.finish_time) == (
        Status.SUCCESS,
        Phase.OVER,
        100,
        NOW + 5,
    )
    assert (now.result.message_id, now.result.image, now.progress.echoed_prompt) == ("r", PICTURE, "a dog --v 7.0")


def test_progress_never_goes_back_and_never_says_100_before_the_result() -> None:
    now = apply(task(percent=62), Progressed(keys=keys(), percent=31), NOW)
    assert now.progress.percent == 62
    assert apply(now, Progressed(keys=keys(), percent=100), NOW).progress.percent == 99


def test_an_edit_of_another_message_finishes_nothing() -> None:
    running = task(status=Status.IN_PROGRESS, progress_message_id="p")
    assert apply(running, finished(edited=True), NOW) is running
    own = Finished(keys=keys(message_id="p", edited=True), image=PICTURE)
    assert apply(running, own, NOW).status is Status.SUCCESS


def test_describing_again_ends_with_other_texts_in_the_same_message() -> None:
    asked = task(action=Action.DESCRIBE, custom_id="MJ::Picread::Retry", parent_message_id="r", description="a pond")
    shown = keys(message_id="r", edited=True)
    assert apply(asked, Finished(keys=shown, text="a pond"), NOW).status is Status.SUBMITTED  # a button was coloured
    ended = apply(asked, Finished(keys=shown, text="a lake"), NOW)
    assert (ended.status, ended.result.description, ended.result.message_id) == (Status.SUCCESS, "a lake", "r")


def test_what_is_cancelled_early_still_learns_which_job_it_is() -> None:
    ended = cancel(task(queued=True, cancel_requested=True), NOW, still_drawing=True)
    assert (ended.status, ended.phase, ended.progress.queued) == (Status.CANCEL, Phase.SENT, True)
    started = apply(ended, Started(keys=keys(message_id="p", job_id="j"), cancel_id="c"), NOW)
    assert (started.progress.progress_message_id, started.progress.job_id, started.progress.cancel_id) == (
        "p",
        "j",
        "c",
    )
    assert (started.status, started.progress.queued) == (Status.CANCEL, False)
    note = apply(ended, Queued(keys=keys(message_id="q", flags=64)), NOW)
    assert (note.progress.progress_message_id, note.progress.progress_message_flags, note.status) == (
        "q",
        64,
        Status.CANCEL,
    )


def test_a_result_without_picture_and_buttons_finishes_nothing() -> None:
    running = task(status=Status.IN_PROGRESS)
    assert apply(running, Finished(keys=keys(message_id="r")), NOW) is running


def test_a_refusal_tells_why_and_never_nothing() -> None:
    now = apply(task(), Refused(keys=keys(), code="banned_prompt", reason="Banned prompt: x"), NOW)
    assert (now.status, now.result.fail_code) == (Status.FAILURE, "banned_prompt")
    assert now.result.fail_reason == "Banned prompt: x. Reword the prompt; repeated tries block the account."
    assert fail(task(), "silence", "", NOW).result.fail_reason == "silence"


@pytest.mark.parametrize(
    ("code", "reason", "told"),
    [
        ("job_failed", "Sorry! Could not complete the job!", "Sorry! Could not complete the job! Submit it again."),
        ("image_denied", "Image denied", "Image denied. Use another picture."),
        ("image_denied", " ", "Use another picture."),
        ("of_another_year", "Words.", "Words."),
        ("of_another_year", "", ""),
    ],
)
def test_what_to_do_is_told_after_midjourneys_words(code: str, reason: str, told: str) -> None:
    assert with_advice(code, reason) == told


def test_a_full_queue_sends_it_back_and_waits_longer_each_time() -> None:
    full = Refused(keys=keys(), code="queue_full", reason="Queue full", retry=True)
    first = apply(task(attempts=1, queued=True, progress_message_id="p"), full, NOW)
    assert (first.status, first.phase, first.account) == (Status.NOT_START, Phase.READY, None)
    assert (first.progress.queued, first.progress.progress_message_id) == (False, None)
    second = apply(task(attempts=2), full, NOW)
    assert NOW < first.not_before < second.not_before


def test_a_button_goes_back_to_its_own_account() -> None:
    assert requeue(task(parent_id="9"), NOW).account == "a"


def test_queued_at_midjourney_is_no_error() -> None:
    now = apply(task(), Queued(keys=keys(message_id="q")), NOW)
    assert (now.status, now.progress.queued) == (Status.SUBMITTED, True)
    assert apply(now, Started(keys=keys(message_id="p")), NOW).progress.queued is False


def test_call_backs_are_due_once_at_the_end() -> None:
    running, over = task(notify_hook="http://x/h"), task(notify_hook="http://x/h", status=Status.SUCCESS)
    assert [h.url for h in hooks_due(running, over, "")] == ["http://x/h"]
    assert hooks_due(over, over, "http://op/") == ()
    assert hooks_due(running, running, "http://op/") == ()


def test_the_operator_hears_of_every_task_once() -> None:
    both = hooks_due(task(), task(status=Status.SUCCESS, notify_hook="http://x/h"), "http://op/")
    assert [(hook.url, hook.trusted) for hook in both] == [("http://x/h", False), ("http://op/", True)]
    [same] = hooks_due(task(), task(status=Status.SUCCESS, notify_hook="http://op/"), "http://op/")
    assert same.trusted, "the operator's own word opens its own address"
    [hook] = hooks_due(task(), task(status=Status.FAILURE), "http://op/")
    assert (hook.url, hook.trusted) == ("http://op/", True)
    assert hooks_due(task(), task(status=Status.FAILURE), "") == ()


events = st.sampled_from(
    [
        Acknowledged(keys=keys(nonce="n")),
        Queued(keys=keys(message_id="q")),
        Started(keys=keys(message_id="p")),
        Progressed(keys=keys(message_id="p"), percent=50),
        Progressed(keys=keys(message_id="p"), percent=None),
        finished(),
        finished(edited=True),
        Refused(keys=keys(), code="job_failed", reason="no"),
        Refused(keys=keys(), code="queue_full", reason="full", retry=True),
        Informed(keys=keys()),
    ]
)


@given(st.lists(events, max_size=12))
def test_no_order_of_events_breaks_the_table_or_reopens_what_is_over(heard: list[DiscordEvent]) -> None:
    now = task()
    for event in heard:
        after = apply(now, event, NOW)
        assert may_move(now.status, after.status)
        if now.is_over:
            assert after is now
        assert (after.phase is Phase.OVER) == after.status.is_over
        assert (after.progress.percent == 100) == (after.status is Status.SUCCESS)
        if after.phase is Phase.READY:
            return  # it leaves the tracker here
        now = after


@pytest.mark.parametrize("over", [Status.SUCCESS, Status.FAILURE, Status.CANCEL])
def test_what_is_over_has_no_way_out(over: Status) -> None:
    assert not any(may_move(over, status) for status in Status if status is not over)


def test_an_illegal_transition_raises() -> None:
    with pytest.raises(IllegalTransition, match="SUCCESS -> FAILURE"):
        fail(task(status=Status.SUCCESS, phase=Phase.OVER), "silence", "", NOW)


@pytest.mark.parametrize("code", ["moderated", "cancelled"])
def test_a_final_end_is_not_reopened(code: str) -> None:
    over = task(status=Status.FAILURE, phase=Phase.OVER, fail_code=code)
    with pytest.raises(IllegalTransition, match=code):
        retry(over, NOW)
    with pytest.raises(IllegalTransition, match=code):
        reopen_with_result(over, Finished(keys=keys()), NOW)


def test_a_task_back_in_the_queue_has_an_empty_progress_and_its_old_request() -> None:
    before = task(percent=31, queued=True, job_id="j", progress_message_id="m", words="w", echoed_prompt="a dog")
    after = requeue(before, NOW)
    assert after.progress == TaskProgress()
    assert after.request == before.request
