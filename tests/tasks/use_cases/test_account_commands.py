"""What an account is asked and told: /show, /info, /settings, its mode and Remix mode."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tasks.domain.errors import BadRequest, NotSent, OutcomeUnknown, SendRefused
from tasks.domain.events import Acknowledged, Connected, Finished, HistoryRead, Informed
from tasks.domain.interactions import ButtonInteraction, Interaction, SlashCommandInteraction
from tasks.domain.model import Action, Button, Image, Lane, Mode, Phase, Status, SubmitOptions, Task
from tasks.use_cases.service import Service
from tests.support.house import Desk, House, house
from tests.support.tasks import account, keys
from tests.tasks.sending.test_dispatcher import drawn, over, pass_time

JOB = "0b6c1bde-96b0-4ac3-84b6-d7e5b1e8f9ab"
REMIX = Button(custom_id="MJ::Settings::RemixMode::1", label="Remix mode", style=2, is_quick=True, is_switch=True)
REMIX_ON = Button(custom_id=REMIX.custom_id, label="Remix mode", style=3, is_quick=True, is_switch=True)
PANEL = "Adjust your settings here."


def settings_told(home: House, nonce: str, *buttons: Button) -> None:
    home.tracker.enqueue(Acknowledged(keys=keys(nonce=nonce, interaction_id=f"i{nonce}")))
    home.tracker.enqueue(Informed(keys=keys(nonce=nonce, message_id="s", flags=64), text=PANEL, buttons=buttons))
    home.tracker.enqueue(Acknowledged(keys=keys(nonce=nonce, interaction_id=f"i{nonce}"), confirmed=True))


async def switching(home: House, *, is_on: bool = False) -> tuple[Task, str]:
    """Remix mode on the way: settings were told, its button is pressed. The task and the nonce of the press."""
    before = len(home.desk.said)
    task = await home.service.switch_remix(SubmitOptions())
    await home.until_said(before + 1)
    settings_told(home, home.desk.said[-1][2], REMIX_ON if is_on else REMIX)
    await home.until_said(before + 2)
    return task, home.desk.said[-1][2]


# ---------------------------------------------------------------- asked


@pytest.mark.parametrize(
    ("ask", "command"),
    [
        (lambda s: s.info(SubmitOptions(accounts=("b",))), "info"),
        (lambda s: s.settings(SubmitOptions(accounts=("b",))), "settings"),
        (lambda s: s.switch(SubmitOptions(accounts=("b",)), mode=Mode.FAST), "fast"),
        (lambda s: s.switch(SubmitOptions(accounts=("b",)), mode=Mode.RELAXED), "relax"),
        (lambda s: s.switch(SubmitOptions(accounts=("b",)), mode=Mode.TURBO), "turbo"),
    ],
)
async def test_an_account_is_asked_by_a_command_of_its_own(
    tmp_path: Path, ask: Callable[[Service], Awaitable[Task]], command: str
) -> None:
    desk = Desk()
    desk.known = {"a": account("a"), "b": account("b", capacity=0)}  # it needs no slot
    async with house(tmp_path, desk) as home:
        task = await ask(home.service)
        await home.until_said(1)
        name, order, nonce = desk.said[0]
        assert (name, order) == ("b", SlashCommandInteraction(command=command))
        home.tracker.enqueue(Acknowledged(keys=keys(account="b", nonce=nonce, interaction_id="i"), confirmed=True))
        told = keys(account="b", nonce=nonce, message_id="m", flags=64)
        home.tracker.enqueue(Informed(keys=told, title="Your info", text="**Job Mode**: Fast", buttons=(REMIX,)))
        ended = await home.until_task(task.id, over)
        assert (ended.status, ended.request.action, ended.lane) == (Status.SUCCESS, Action.ACTION, Lane.QUICK)
        assert (ended.result.description, ended.result.buttons) == ("**Job Mode**: Fast", (REMIX,))
        assert (ended.result.message_id, ended.result.message_flags) == ("m", 64)


async def test_a_job_is_shown_again_though_it_is_a_tasks(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        first = await drawn(home)
        task = await home.service.show(SubmitOptions(), job_id=f" {JOB.upper()} ")
        await home.until_said(2)
        _, order, nonce = home.desk.said[1]
        assert order == SlashCommandInteraction(command="show", options={"job_id": JOB})
        again = keys(nonce=nonce, message_id="shown", job_id=first.progress.job_id, prompt="a dog", action=Action.SHOW)
        home.tracker.enqueue(Finished(keys=again, image=Image(url="https://x/y.png"), buttons=first.result.buttons))
        ended = await home.until_task(task.id, over)
        assert (ended.status, ended.request.action, ended.progress.job_id) == (
            Status.SUCCESS,
            Action.SHOW,
            first.progress.job_id,
        )
        pressed = await home.service.press(SubmitOptions(), parent=ended.id, custom_id="U2")
        await home.until_said(3)
        order = home.desk.said[2][1]
        assert isinstance(order, ButtonInteraction)
        assert (order.message_id, order.custom_id) == ("shown", "U2")
        assert pressed.account == ended.account


@pytest.mark.parametrize("job_id", ["", "abc", f"{JOB}x", "1684310738264000"])
async def test_what_is_no_job_is_not_shown(tmp_path: Path, job_id: str) -> None:
    async with house(tmp_path) as home:
        with pytest.raises(BadRequest):
            await home.service.show(SubmitOptions(), job_id=job_id)
        assert await home.store.latest(1) == []


# ---------------------------------------------------------------- Remix mode


@pytest.mark.parametrize(("is_on", "told"), [(False, "Remix mode is on now."), (True, "Remix mode is off now.")])
async def test_remix_is_pressed_in_the_settings_and_its_success_is_the_end(
    tmp_path: Path, is_on: bool, told: str
) -> None:
    async with house(tmp_path) as home:
        task, nonce = await switching(home, is_on=is_on)
        assert home.desk.said[0][1] == SlashCommandInteraction(command="settings")
        assert home.desk.said[1][1] == ButtonInteraction(message_id="s", custom_id=REMIX.custom_id, message_flags=64)
        found = await home.store.get(task.id)
        assert found is not None
        assert found.phase is Phase.SENT  # the success of /settings is not that of the press
        home.tracker.enqueue(Acknowledged(keys=keys(nonce=nonce, interaction_id="p")))
        home.tracker.enqueue(Acknowledged(keys=keys(nonce=nonce, interaction_id="p"), confirmed=True))
        ended = await home.until_task(task.id, over)
        assert (ended.status, ended.result.description, ended.result.message_id) == (Status.SUCCESS, told, "s")
        assert len(home.desk.said) == 2


async def test_the_settings_edit_ends_it_with_what_holds_now(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task, _ = await switching(home)
        edit = keys(interaction_id=f"i{home.desk.said[0][2]}", message_id="s", flags=64, edited=True)
        home.tracker.enqueue(Informed(keys=edit, text=PANEL, buttons=(REMIX_ON,)))
        ended = await home.until_task(task.id, over)
        assert (ended.status, ended.result.description) == (Status.SUCCESS, "Remix mode is on now.")
        assert ended.result.buttons == (REMIX_ON,)


async def test_midjourneys_own_words_are_told(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task, nonce = await switching(home)
        home.tracker.enqueue(Informed(keys=keys(nonce=nonce, message_id="r"), text="Remix mode turned on!"))
        assert (await home.until_task(task.id, over)).result.description == "Remix mode turned on!"


async def test_settings_without_the_button_are_told_as_such(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        task = await home.service.switch_remix(SubmitOptions())
        await home.until_said(1)
        settings_told(home, home.desk.said[0][2])
        ended = await home.until_task(task.id, over)
        assert (ended.status, ended.result.fail_code) == (Status.FAILURE, "button_not_found")
        assert "Remix mode" in ended.result.fail_reason


async def test_a_press_of_unknown_outcome_is_not_repeated(tmp_path: Path) -> None:
    desk = Desk()

    async def cut(_account: str, order: Interaction, _nonce: str) -> None:
        if isinstance(order, ButtonInteraction):
            raise OutcomeUnknown("cut")

    desk.answer = cut
    async with house(tmp_path, desk) as home:
        task, _ = await switching(home)
        await pass_time(home, 5)
        await home.until_recalled()
        home.tracker.enqueue(HistoryRead(account="a", since=0))
        await pass_time(home, 1)
        ended = await home.until_task(task.id, over)
        assert (ended.status, ended.result.fail_code) == (Status.FAILURE, "outcome_unknown")
        assert len(desk.presses) == 1


async def test_a_press_that_never_reached_discord_begins_anew(tmp_path: Path) -> None:
    desk = Desk()

    async def lose_first(_account: str, _order: Interaction, _nonce: str) -> None:
        if len(desk.said) == 2:
            raise NotSent("the line is down")

    desk.answer = lose_first
    async with house(tmp_path, desk) as home:
        task, _ = await switching(home)
        waiting = await home.until_task(task.id, lambda t: t.phase is Phase.READY)
        home.clock.time = waiting.not_before
        home.awake.set()
        await home.until_said(3)
        settings_told(home, desk.said[2][2], REMIX)
        await home.until_said(4)
        home.tracker.enqueue(Acknowledged(keys=keys(nonce=desk.said[3][2], interaction_id="p"), confirmed=True))
        assert (await home.until_task(task.id, over)).status is Status.SUCCESS
        assert [type(order) for _, order, _ in desk.said] == [
            SlashCommandInteraction,
            ButtonInteraction,
            SlashCommandInteraction,
            ButtonInteraction,
        ]


async def test_a_gap_presses_no_setting_twice(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        settings = await home.service.settings(SubmitOptions())
        await home.until_said(1)
        settings_told(home, home.desk.said[0][2], REMIX)
        await home.until_task(settings.id, over)
        task = await home.service.press(SubmitOptions(), parent=settings.id, custom_id=REMIX.custom_id)
        await home.until_said(2)
        home.tracker.enqueue(Connected(account="a", gap_since=home.clock.now()))
        await home.until_recalled()
        found = await home.store.get(task.id)
        assert found is not None
        assert found.phase is Phase.SENT
        assert len(home.desk.said) == 2


async def test_a_press_that_is_refused_ends_it(tmp_path: Path) -> None:
    desk = Desk()

    async def refuse(_account: str, order: Interaction, _nonce: str) -> None:
        if isinstance(order, ButtonInteraction):
            raise SendRefused("no such button")

    desk.answer = refuse
    async with house(tmp_path, desk) as home:
        task, _ = await switching(home)
        assert (await home.until_task(task.id, over)).status is Status.FAILURE


async def test_a_button_of_told_settings_is_pressed_once_and_its_success_is_the_end(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        settings = await home.service.settings(SubmitOptions())
        await home.until_said(1)
        settings_told(home, home.desk.said[0][2], REMIX)
        await home.until_task(settings.id, over)
        task = await home.service.press(SubmitOptions(), parent=settings.id, custom_id=REMIX.custom_id)
        await home.until_said(2)
        _, order, nonce = home.desk.said[1]
        assert order == ButtonInteraction(message_id="s", custom_id=REMIX.custom_id, message_flags=64)
        home.tracker.enqueue(Acknowledged(keys=keys(nonce=nonce, interaction_id="p"), confirmed=True))
        ended = await home.until_task(task.id, over)
        assert (ended.status, ended.lane) == (Status.SUCCESS, Lane.QUICK)
