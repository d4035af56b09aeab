"""Dialogs, cancelling, repeated presses and pictures, on a real database, with a gateway that answers as told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.clock import SystemClock
from tasks.domain.errors import BadRequest, ButtonNotFound, KeyReused, NoAccount, NotSent, OutcomeUnknown, SendRefused
from tasks.domain.events import (
    Acknowledged,
    Connected,
    Finished,
    Informed,
    ModalOpened,
    Progressed,
    Queued,
    Refused,
    Started,
)
from tasks.domain.interactions import (
    ButtonInteraction,
    Interaction,
    MessageCommandInteraction,
    ModalInteraction,
    RegionEditInteraction,
    SlashCommandInteraction,
)
from tasks.domain.model import (
    Action,
    Button,
    IdempotencyKey,
    Image,
    Mode,
    Occupied,
    Phase,
    Picture,
    Purpose,
    Status,
    SubmitOptions,
    Task,
)
from tasks.prompts.banned import BannedWord
from tests.support.house import Desk, House, house
from tests.support.tasks import USER, account, keys
from tests.tasks.sending.test_dispatcher import pass_time

MJ = SubmitOptions(api="mj")
PICTURE = Image(url="https://cdn.discordapp.com/x.png")
ZOOM = Button(custom_id="MJ::CustomZoom::j", does=Action.ZOOM, opens_dialog=True)
REGION = Button(custom_id="MJ::Inpaint::1::j::SOLO", does=Action.INPAINT, opens_dialog=True)
U2 = Button(custom_id="U2", does=Action.UPSCALE, index=2, is_quick=True)
V1 = Button(custom_id="V1", does=Action.VARIATION, index=1)
HEART = Button(custom_id="MJ::BOOKMARK::j", is_quick=True)
BUTTONS = (ZOOM, REGION, U2, V1, HEART)
FIELDS = {"MJ::OutpaintCustomZoomModal::prompt": "a dog --zoom 2"}


def over(task: Task) -> bool:
    return task.status.is_over


async def drawn(home: House) -> Task:
    task = await home.service.imagine(MJ, prompt="a dog")
    await home.until_said(1)
    done = Finished(
        keys=keys(nonce=home.desk.said[0][2], message_id="r", job_id="j", prompt="a dog", user_id=USER),
        image=PICTURE,
        buttons=BUTTONS,
    )
    home.tracker.enqueue(done)
    return await home.until_task(task.id, over)


def opened(home: House, **fields: Any) -> ModalOpened:
    known: dict[str, Any] = {"modal_id": "55", "custom_id": "MJ::OutpaintCustomZoomModal::j", "fields": FIELDS}
    return ModalOpened(keys=keys(nonce=home.desk.said[-1][2]), **{**known, **fields})


def result(nonce: str, nth: int = 2) -> Finished:
    return Finished(keys=keys(nonce=nonce, message_id=f"r{nth}", job_id=f"j{nth}"), image=PICTURE)


# ---------------------------------------------------------------- dialogs


@pytest.mark.parametrize(("prompt", "said"), [("a cat --zoom 3", "a cat --zoom 3"), (None, "a dog --zoom 2")])
async def test_a_dialog_is_opened_only_when_its_input_is_there(tmp_path: Path, prompt: str | None, said: str) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        task = await home.service.press(MJ, parent=parent.id, custom_id=ZOOM.custom_id)
        assert (task.status, task.phase, task.content) == (Status.MODAL, Phase.HELD, "a dog")
        assert len(home.desk.said) == 1
        again = await home.service.modal(task.id, prompt=prompt, mask=None)
        assert again.id == task.id
        await home.until_said(2)
        assert home.desk.presses == [ZOOM.custom_id]
        home.tracker.enqueue(opened(home))
        await home.until_said(3)
        order = home.desk.said[2][1]
        assert isinstance(order, ModalInteraction)
        assert (order.modal_id, order.custom_id) == ("55", "MJ::OutpaintCustomZoomModal::j")
        assert order.values == {"MJ::OutpaintCustomZoomModal::prompt": said}
        home.tracker.enqueue(result(home.desk.said[2][2]))
        assert (await home.until_task(task.id, over)).status is Status.SUCCESS
        assert [s.purpose for s in await home.store.sends_of([task.id])] == [Purpose.OPEN, Purpose.SUBMIT]


@pytest.mark.parametrize(
    ("prompt", "said", "notes"),
    [
        ("狗 --zoom 2", "dog --zoom 2", ()),
        ("狗!", "狗!", ("not translated",)),
        ("a cat", "a cat", ()),
        (
            "a cat --zoom 5",
            "a cat --zoom 5",
            ('--zoom 5 (at character 7, after "a cat") must be a number from 1 to 2.',),
        ),
    ],
)
async def test_the_second_input_is_translated_like_the_first(
    tmp_path: Path, prompt: str, said: str, notes: tuple[str, ...]
) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        task = await home.service.press(MJ, parent=parent.id, custom_id=ZOOM.custom_id)
        await home.service.modal(task.id, prompt=prompt, mask=None)
        await home.until_said(2)
        home.tracker.enqueue(opened(home))
        await home.until_said(3)
        order = home.desk.said[2][1]
        assert isinstance(order, ModalInteraction)
        assert order.values == {"MJ::OutpaintCustomZoomModal::prompt": said}
        sent = await home.store.get(task.id)
        assert sent is not None
        assert (sent.request.prompt, sent.prompt_en, sent.notes) == (prompt, said, notes)


async def test_a_word_that_is_banned_once_it_is_translated_is_not_said_in_a_dialog(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        task = await home.service.press(MJ, parent=parent.id, custom_id=ZOOM.custom_id)
        await home.service.modal(task.id, prompt="禁 狗", mask=None)
        ended = await home.until_task(task.id, over)
        assert (ended.status, ended.result.fail_code) == (Status.FAILURE, "banned_word")
        assert len(home.desk.said) == 1


async def test_a_region_needs_its_mask_and_is_painted_in_the_web_dialog(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        task = await home.service.press(MJ, parent=parent.id, custom_id=REGION.custom_id)
        with pytest.raises(BadRequest, match="mask"):
            await home.service.modal(task.id, prompt="a hat", mask=None)
        await home.service.modal(task.id, prompt="a hat", mask=b"white")
        await home.until_said(2)
        home.tracker.enqueue(opened(home, custom_id="MJ::iframe::token", iframe_path="/inpaint/index.html", fields={}))
        await home.until_said(3)
        order = home.desk.said[2][1]
        assert order == RegionEditInteraction(custom_id="MJ::iframe::token", prompt="a hat", mask=b"white")
        home.tracker.enqueue(result(home.desk.said[2][2]))
        await home.until_task(task.id, over)
        assert await home.store.pictures_of(task.id) == []


async def test_remix_that_opens_unasked_is_sent_on_with_its_own_text(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        await home.service.act(SubmitOptions(), parent=parent.id, does=Action.VARIATION, index=1)
        await home.until_said(2)
        home.tracker.enqueue(opened(home, custom_id="MJ::RemixModal::j::1::0", fields={"x::new_prompt": "a dog"}))
        await home.until_said(3)
        order = home.desk.said[2][1]
        assert isinstance(order, ModalInteraction)
        assert order.values == {"x::new_prompt": "a dog"}


async def test_remix_may_wait_for_the_caller_and_survives_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path, remix_waits=True) as home:
        parent = await drawn(home)
        task = await home.service.press(MJ, parent=parent.id, custom_id=V1.custom_id)
        await home.until_said(2)
        home.tracker.enqueue(opened(home, custom_id="MJ::RemixModal::j::1::0", fields={"x::new_prompt": "its own"}))
        waiting = await home.until_task(task.id, lambda t: t.status is Status.MODAL)
        assert (waiting.phase, waiting.content, waiting.remix) == (Phase.HELD, "its own", True)
        assert await home.store.in_flight() == {}
    async with house(tmp_path) as home:
        await home.service.modal(task.id, prompt="new", mask=None)
        await home.until_said(1)
        home.tracker.enqueue(opened(home, custom_id="MJ::RemixModal::j::1::0", fields={"x::new_prompt": "its own"}))
        await home.until_said(2)
        assert home.desk.said[1][1].values == {"x::new_prompt": "new"}  # type: ignore[union-attr]  # a dialog's order


async def test_a_dialog_waits_no_longer_than_its_time(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        task = await home.service.press(MJ, parent=parent.id, custom_id=ZOOM.custom_id)
        home.clock.time += 31 * 60_000
        home.awake.set()
        assert (await home.until_task(task.id, over)).status is Status.CANCEL


async def test_an_opening_that_got_lost_is_repeated_a_submit_is_not(tmp_path: Path) -> None:
    desk = Desk()
    async with house(tmp_path, desk) as home:
        parent = await drawn(home)
        task = await home.service.press(MJ, parent=parent.id, custom_id=ZOOM.custom_id)

        async def lose(_account: str, order: Interaction, _nonce: str) -> None:
            if isinstance(order, ButtonInteraction) and len(desk.said) == 2:
                raise OutcomeUnknown("502")
            if isinstance(order, ModalInteraction):
                raise OutcomeUnknown("502")

        desk.answer = lose
        await home.service.modal(task.id, prompt=None, mask=None)
        await home.until_posted(task.id, 1, "unknown")
        await pass_time(home, 0.5)
        waiting = await home.until_task(task.id, lambda t: t.not_before > home.clock.now())
        home.clock.time = waiting.not_before
        home.awake.set()
        await home.until_said(3)
        home.tracker.enqueue(opened(home))
        await home.until_said(4)
    async with house(tmp_path) as home:
        home.tracker.enqueue(Connected(account="a", gap_since=0))
        await home.until_recalled()
        assert home.desk.said == []
        assert (await home.service.get(task.id) or task).status is Status.SUBMITTED


async def test_a_dialog_that_opens_although_discord_did_not_say_so_is_filled(tmp_path: Path) -> None:
    desk = Desk()

    async def lose(_account: str, order: Interaction, nonce: str) -> None:
        if isinstance(order, ButtonInteraction) and len(desk.said) == 2:
            raise OutcomeUnknown("502")

    async with house(tmp_path, desk) as home:
        parent = await drawn(home)
        task = await home.service.press(MJ, parent=parent.id, custom_id=ZOOM.custom_id)
        desk.answer = lose
        await home.service.modal(task.id, prompt=None, mask=None)
        await home.until_posted(task.id, 1, "unknown")
        home.tracker.enqueue(opened(home))
        await home.until_said(3)
        assert isinstance(desk.said[2][1], ModalInteraction)


@pytest.mark.parametrize("told_before", [True, False])
async def test_the_id_of_a_dialog_is_not_taken_for_that_of_the_interaction(tmp_path: Path, told_before: bool) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        task = await home.service.press(MJ, parent=parent.id, custom_id=ZOOM.custom_id)
        await home.service.modal(task.id, prompt=None, mask=None)
        await home.until_said(2)
        nonce = home.desk.said[1][2]
        if told_before:
            home.tracker.enqueue(Acknowledged(keys=keys(nonce=nonce, interaction_id="54")))
        home.tracker.enqueue(replace(opened(home), keys=keys(nonce=nonce, interaction_id="55")))
        await home.until_said(3)
        known = {send.nonce: send.interaction_id for send in await home.store.sends_of([task.id])}
        assert known[nonce] == ("54" if told_before else None)


async def test_a_dialog_that_opened_while_nobody_listened_is_opened_anew(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.tracker.enqueue(Connected(account="a"))
        parent = await drawn(home)
        task = await home.service.press(MJ, parent=parent.id, custom_id=ZOOM.custom_id)
        await home.service.modal(task.id, prompt=None, mask=None)
        await home.until_said(2)
        home.tracker.enqueue(Acknowledged(keys=keys(nonce=home.desk.said[1][2], interaction_id="i")))
        home.tracker.enqueue(Connected(account="a", gap_since=home.clock.now()))
        await home.until_said(3)
        assert isinstance(home.desk.said[2][1], ButtonInteraction)


async def test_only_a_task_that_waits_takes_an_input(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        with pytest.raises(BadRequest, match="does not wait"):
            await home.service.modal(parent.id, prompt="x", mask=None)
        task = await home.service.press(MJ, parent=parent.id, custom_id=ZOOM.custom_id)
        both = (home.service.modal(task.id, prompt=p, mask=None) for p in ("x", "y"))
        outcomes = await asyncio.gather(*both, return_exceptions=True)
        assert sum(isinstance(outcome, BadRequest) for outcome in outcomes) == 1


# ---------------------------------------------------------------- cancel


async def test_a_waiting_task_leaves_the_queue(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.desk.known["a"] = account(connected=False)
        task = await home.service.imagine(SubmitOptions(notify_hook="http://example.com/h"), prompt="a dog")
        assert (await home.service.cancel(task.id)).status is Status.CANCEL
        home.desk.known["a"] = account()
        other = await home.service.imagine(MJ, prompt="a cat")
        await home.until_said(1)
        assert home.desk.prompts == ["a cat"]
        assert len(await home.outbox.of_task(task.id)) == 1
        with pytest.raises(BadRequest, match="over"):
            await home.service.cancel(task.id)
        assert other.id != task.id


async def test_the_cancel_button_is_pressed_and_midjourney_confirms(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(MJ, prompt="a dog")
        await home.until_said(1)
        started = Started(keys=keys(nonce=home.desk.said[0][2], message_id="p", flags=64), cancel_id="MJ::Cancel::j")
        home.tracker.enqueue(started)
        await home.until_task(task.id, lambda t: t.progress.cancel_id is not None)
        await home.service.cancel(task.id)
        await home.until_said(2)
        assert home.desk.said[1][1] == ButtonInteraction(message_id="p", custom_id="MJ::Cancel::j", message_flags=64)
        home.tracker.enqueue(Refused(keys=keys(message_id="p"), code="stopped", reason="Stopped"))
        ended = await home.until_task(task.id, over)
        assert (ended.status, ended.phase) == (Status.CANCEL, Phase.OVER)


async def test_a_cancel_that_midjourney_refuses_does_not_fail_the_drawing(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(MJ, prompt="a dog")
        await home.until_said(1)
        nonce = home.desk.said[0][2]
        home.tracker.enqueue(Started(keys=keys(nonce=nonce, message_id="p"), cancel_id="MJ::Cancel::j"))
        await home.until_task(task.id, lambda t: t.progress.cancel_id is not None)
        await home.service.cancel(task.id)
        await home.until_said(2)
        no = Refused(keys=keys(nonce=home.desk.said[1][2]), code="invalid_request", reason="Invalid request")
        home.tracker.enqueue(no)
        home.tracker.enqueue(result(nonce))
        assert (await home.until_task(task.id, over)).status is Status.SUCCESS


async def test_what_is_cancelled_before_it_has_a_message_is_stopped_once_it_has_one(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(MJ, prompt="a dog")
        await home.until_said(1)
        await home.service.cancel(task.id)
        early = await home.until_task(task.id, over)
        assert (early.status, early.phase) == (Status.CANCEL, Phase.SENT)
        nonce = home.desk.said[0][2]
        home.tracker.enqueue(Queued(keys=keys(nonce=nonce, message_id="q", flags=64)))
        home.tracker.enqueue(Started(keys=keys(nonce=nonce, message_id="p")))
        home.tracker.enqueue(Progressed(keys=keys(message_id="p"), percent=20))
        await home.until_said(2)
        assert home.desk.said[1][1] == MessageCommandInteraction(command="Cancel Job", message_id="p")
        home.tracker.enqueue(Refused(keys=keys(message_id="p"), code="stopped", reason="Stopped"))
        await home.until_task(task.id, lambda t: t.phase is Phase.OVER)
        assert len(home.desk.said) == 2


async def test_pictures_wait_for_an_account_and_go_when_it_returns(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.desk.known["a"] = account(connected=False)
        task = await home.service.describe(MJ, picture=Picture(filename="0.png", type="image/png", data=b"x"))
        home.awake.set()
        home.desk.known["a"] = account()
        home.tracker.enqueue(Connected(account="a", gap_since=0))
        await home.until_said(1)
        sent = await home.service.get(task.id)
        assert sent is not None
        assert sent.not_before == 0


async def test_stopped_without_our_press_is_a_failure(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(MJ, prompt="a dog")
        await home.until_said(1)
        home.tracker.enqueue(Refused(keys=keys(nonce=home.desk.said[0][2]), code="stopped", reason="Stopped"))
        assert (await home.until_task(task.id, over)).result.fail_code == "stopped"


async def test_where_there_is_no_button_the_command_is_used_and_else_the_late_result_is_kept(tmp_path: Path) -> None:
    desk = Desk()

    async def lacks(_account: str, order: Interaction, _nonce: str) -> None:
        if isinstance(order, MessageCommandInteraction):
            raise SendRefused("MidJourney offers no command Cancel Job.")

    desk.answer = lacks
    async with house(tmp_path, desk) as home:
        task = await home.service.imagine(SubmitOptions(notify_hook="http://example.com/h"), prompt="a dog")
        await home.until_said(1)
        nonce = desk.said[0][2]
        home.tracker.enqueue(Progressed(keys=keys(nonce=nonce, message_id="p"), percent=20))
        await home.until_task(task.id, lambda t: t.progress.percent == 20)
        await home.service.cancel(task.id)
        await home.until_said(2)
        assert desk.said[1][1] == MessageCommandInteraction(command="Cancel Job", message_id="p")
        ended = await home.until_task(task.id, over)
        assert (ended.status, ended.phase) == (Status.CANCEL, Phase.SENT)
        assert await home.store.in_flight() == {Occupied("a"): 1}
        home.tracker.enqueue(result(nonce))
        late = await home.until_task(task.id, lambda t: t.phase is Phase.OVER)
        assert (late.status, late.result.image) == (Status.CANCEL, PICTURE)
        assert len(await home.outbox.of_task(task.id)) == 1
        assert await home.store.in_flight() == {}


# ---------------------------------------------------------------- presses


async def test_a_repeated_u_is_the_same_task_and_both_callers_hear_of_its_end(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        first = await home.service.act(
            SubmitOptions(notify_hook="http://a.example/"), parent=parent.id, does=Action.UPSCALE, index=2
        )
        again = SubmitOptions(notify_hook="http://b.example/", state="second")
        second = await home.service.press(again, parent=parent.id, custom_id="U2")
        assert second.id == first.id
        await home.until_said(2)
        assert await _urls(home, first) == []
        home.tracker.enqueue(result(home.desk.said[1][2]))
        await home.until_task(first.id, over)
        assert await _urls(home, first) == [("http://a.example/", None), ("http://b.example/", "second")]
        third = SubmitOptions(notify_hook="http://c.example/")
        await home.service.act(third, parent=parent.id, does=Action.UPSCALE, index=2)
        assert ("http://c.example/", "") in await _urls(home, first)
        assert len(home.desk.said) == 2


async def _urls(home: House, task: Task) -> list[tuple[str, str | None]]:
    return sorted((hook.url, hook.state) for hook in await home.outbox.of_task(task.id))


async def test_a_failed_u_is_asked_for_again(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        first = await home.service.press(MJ, parent=parent.id, custom_id="U2")
        await home.until_said(2)
        home.tracker.enqueue(Refused(keys=keys(nonce=home.desk.said[1][2]), code="slow_down", reason="Slow Down!"))
        await home.until_task(first.id, over)
        second = await home.service.press(MJ, parent=parent.id, custom_id="U2")
        assert second.id != first.id


async def test_a_favourite_ends_with_the_bots_answer(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        task = await home.service.press(MJ, parent=parent.id, custom_id=HEART.custom_id)
        await home.until_said(2)
        home.tracker.enqueue(Informed(keys=keys(nonce=home.desk.said[1][2]), text="You have rated this job"))
        ended = await home.until_task(task.id, over)
        assert (ended.status, ended.result.description) == (Status.SUCCESS, "You have rated this job")


async def test_an_unknown_button_is_never_built(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        with pytest.raises(ButtonNotFound):
            await home.service.press(MJ, parent=parent.id, custom_id="MJ::JOB::upsample::3::j")


# ---------------------------------------------------------------- commands and pictures


async def test_pictures_are_uploaded_before_a_slot_is_claimed(tmp_path: Path) -> None:
    pictures = [Picture(filename=f"{n}.png", type="image/png", data=b"x") for n in range(2)]
    async with house(tmp_path) as home:
        await home.service.blend(MJ, pictures=pictures, dimensions="2:3")
        await home.until_said(1)
        order = home.desk.said[0][1]
        assert isinstance(order, SlashCommandInteraction)
        assert (order.command, dict(order.options)) == ("blend", {"dimensions": "--ar 2:3"})
        assert [(name, u.uploaded_filename) for name, u in order.uploads.items()] == [
            ("image1", "up/0.png"),
            ("image2", "up/1.png"),
        ]
        await home.service.imagine(MJ, prompt="a dog", pictures=pictures[:1])
        await home.until_said(2)
        assert home.desk.prompts[-1] == "https://cdn.discordapp.com/attachments/1/2/0.png a dog"


async def test_an_upload_that_cannot_be_made_now_waits(tmp_path: Path) -> None:
    desk, refusals = Desk(), iter(range(1))
    good = desk.upload

    async def busy(account_id: str, pictures: Any) -> Any:
        if next(refusals, None) is not None:
            raise NotSent("not now")
        return await good(account_id, pictures)

    desk.upload = busy  # type: ignore[method-assign,assignment]  # this desk alone
    async with house(tmp_path, desk) as home:
        picture = Picture(filename="0.png", type="image/png", data=b"x")
        task = await home.service.describe(MJ, picture=picture)
        waiting = await home.until_task(task.id, lambda t: t.not_before > 0)
        home.clock.time = waiting.not_before
        home.awake.set()
        await home.until_said(1)
        home.tracker.enqueue(Finished(keys=keys(nonce=desk.said[0][2], message_id="r"), text="1️⃣ a dog\n\n2️⃣ a cat"))
        ended = await home.until_task(task.id, over)
        assert (ended.status, ended.result.description) == (Status.SUCCESS, "1️⃣ a dog\n\n2️⃣ a cat")


async def test_a_mode_is_added_to_what_is_sent_unless_the_text_names_one(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.service.imagine(replace(MJ, mode=Mode.RELAXED), prompt="a dog")
        await home.service.imagine(replace(MJ, mode=Mode.RELAXED), prompt="a cat --fast")
        await home.until_said(2)
        assert home.desk.prompts == ["a dog --relax", "a cat --fast"]


async def test_a_banned_word_is_refused_at_once_and_after_translation(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        with pytest.raises(BannedWord):
            await home.service.imagine(MJ, prompt="a forbidden dog")
        task = await home.service.imagine(MJ, prompt="禁 狗")
        ended = await home.until_task(task.id, over)
        assert (ended.status, ended.result.fail_code) == (Status.FAILURE, "banned_word")
        assert home.desk.said == []


async def test_a_caller_may_choose_the_account_and_is_told_when_none_can(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        home.desk.known = {"a": account("a"), "b": account("b")}
        await home.service.imagine(replace(MJ, accounts=("b",)), prompt="a dog")
        await home.until_said(1)
        assert home.desk.said[0][0] == "b"
        home.desk.known = {"a": account("a", paused="captcha")}
        with pytest.raises(NoAccount, match="captcha"):
            await home.service.imagine(MJ, prompt="a dog")


async def test_the_same_key_answers_the_same_task_for_a_day(tmp_path: Path) -> None:
    keyed = replace(MJ, once=IdempotencyKey(key="k", body="b"))
    async with house(tmp_path) as home:
        home.desk.known["a"] = account(connected=False)
        both = await asyncio.gather(*(home.service.imagine(keyed, prompt="a dog") for _ in range(2)))
        assert both[0].id == both[1].id
        with pytest.raises(KeyReused):
            await home.service.imagine(replace(MJ, once=IdempotencyKey(key="k", body="other")), prompt="a cat")
        assert (
            await home.service.imagine(replace(MJ, once=IdempotencyKey(key="l", body="b")), prompt="a dog")
        ).id != both[0].id
    async with house(tmp_path) as home:
        home.desk.known["a"] = account(connected=False)
        assert (await home.service.imagine(keyed, prompt="a dog")).id == both[0].id
        home.clock.time = SystemClock().now() + 25 * 3_600_000
        assert (await home.service.imagine(keyed, prompt="a dog")).id != both[0].id


async def test_callers_of_mj_hear_of_each_step_in_order(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(replace(MJ, notify_hook="http://example.com/h"), prompt="a dog")
        await home.until_said(1)
        nonce = home.desk.said[0][2]
        home.tracker.enqueue(Started(keys=keys(nonce=nonce, message_id="p")))
        await home.until_task(task.id, lambda t: t.status is Status.IN_PROGRESS)
        home.tracker.enqueue(result(nonce))
        await home.until_task(task.id, over)
        rows = await home.outbox.of_task(task.id)
        told = [(row.event, row.snapshot.status if row.snapshot else None) for row in rows]
        assert told == [
            ("SUBMITTED", Status.SUBMITTED),
            ("IN_PROGRESS", Status.IN_PROGRESS),
            ("end", None),
        ]


async def test_a_mode_that_the_account_does_not_draw_in_is_refused_in_a_second_input(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        parent = await drawn(home)
        task = await home.service.press(MJ, parent=parent.id, custom_id=ZOOM.custom_id)
        home.desk.known["a"] = account("a", modes=(Mode.RELAXED,))
        with pytest.raises(BadRequest, match="does not draw in turbo mode"):
            await home.service.modal(task.id, prompt="a dog —turbo", mask=None)
        assert (await home.service.modal(task.id, prompt="a dog --relax", mask=None)).status is Status.NOT_START
