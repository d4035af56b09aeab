"""What is sent is what was checked: on the way from a submit to Discord, with a translation, pictures and modes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.domain.errors import BadRequest, PromptTooLong
from tasks.domain.model import Mode, Picture, Status, SubmitOptions, Task, VideoRequest
from tasks.prompts.permutations import TooManyDrawings
from tests.support.house import Desk, house
from tests.support.tasks import account

PICTURE = Picture(filename="picture1.png", type="image/png", data=b"x")


def over(task: Task) -> bool:
    return task.is_over


@pytest.mark.parametrize(
    ("prompt", "code"),
    [("狗 长", "prompt_too_long"), ("狗 两", "too_many_drawings"), ("狗 禁", "banned_word")],
)
async def test_what_a_translation_makes_of_a_prompt_is_checked_before_it_is_sent(
    tmp_path: Path, prompt: str, code: str
) -> None:
    async with house(tmp_path) as home:
        task = await home.service.imagine(SubmitOptions(), prompt=prompt)
        ended = await home.until_task(task.id, over)
        assert (ended.status, ended.result.fail_code) == (Status.FAILURE, code)
        assert not home.desk.said


async def test_links_that_make_a_prompt_too_long_end_it(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        with pytest.raises(PromptTooLong, match="pictures' links"):
            await home.service.imagine(SubmitOptions(), prompt="x" * 5900, pictures=[PICTURE] * 5)
        desk_link = len((await home.desk.publish("a", [PICTURE]))[0])
        home.desk.publish = long_links  # type: ignore[method-assign]  # longer than any link must be
        task = await home.service.imagine(SubmitOptions(), prompt="x" * 5500, pictures=[PICTURE])
        ended = await home.until_task(task.id, over)
        assert (ended.result.fail_code, desk_link < 600) == ("prompt_too_long", True)
        assert not home.desk.said


async def long_links(account: str, pictures: object) -> list[str]:
    return [f"https://cdn.discordapp.com/{'a' * 500}.png"]


async def test_the_mode_asked_for_counts_at_the_submit(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        with pytest.raises(PromptTooLong):
            await home.service.imagine(SubmitOptions(mode=Mode.FAST), prompt="x" * 5999)


async def test_the_accounts_own_mode_is_checked_before_the_send(tmp_path: Path) -> None:
    desk = Desk()
    desk.known = {"a": account("a", modes=(Mode.FAST,))}
    async with house(tmp_path, desk) as home:
        task = await home.service.imagine(SubmitOptions(), prompt="x" * 5999)
        ended = await home.until_task(task.id, over)
        assert ended.result.fail_code == "prompt_too_long"
        assert not desk.said
        await home.service.imagine(SubmitOptions(), prompt="x" * 5993)
        await home.until_said(1)
        assert desk.prompts == ["x" * 5993 + " --fast"]


@pytest.mark.parametrize(
    "prompt", ["a dog --turbo", "a dog --fast", "a dog —turbo", "a dog --TURBO", "狗——turbo --fast"]
)
async def test_a_mode_that_no_account_draws_in_is_refused_in_a_prompt(tmp_path: Path, prompt: str) -> None:
    desk = Desk()
    desk.known = {"a": account("a", modes=(Mode.RELAXED,))}
    async with house(tmp_path, desk) as home:
        with pytest.raises(BadRequest, match="No account draws in the mode that the prompt names"):
            await home.service.imagine(SubmitOptions(), prompt=prompt)
        await home.service.imagine(SubmitOptions(), prompt="a dog")
        await home.until_said(1)
        assert desk.prompts == ["a dog --relax"]


async def test_a_mode_in_a_prompt_chooses_the_account(tmp_path: Path) -> None:
    desk = Desk()
    desk.known = {
        "a": account("a", modes=(Mode.RELAXED,), capacity=50),
        "b": account("b", modes=(Mode.TURBO, Mode.FAST)),
    }
    async with house(tmp_path, desk) as home:
        tasks = [
            await home.service.imagine(SubmitOptions(), prompt=p) for p in ("a —turbo", "b --turbo --fast", "c --Relax")
        ]
        await home.until_said(3)
        accounts = {order.options["prompt"]: said for said, order, _ in desk.said}  # type: ignore[union-attr]  # slash
        assert accounts == {"a --turbo": "b", "b --turbo --fast": "b", "c --Relax": "a"}
        assert [task.request.requested_mode for task in tasks] == [Mode.TURBO, Mode.FAST, Mode.RELAXED]


async def test_chinese_braces_are_counted_as_they_are_drawn(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        with pytest.raises(TooManyDrawings):
            await home.service.imagine(SubmitOptions(), prompt="{红，绿}的狗")


async def test_parameters_alone_are_a_prompt_beside_a_picture(tmp_path: Path) -> None:
    async with house(tmp_path, suffix="--v 7") as home:
        task = await home.service.imagine(SubmitOptions(), prompt="--ar 16:9", pictures=[PICTURE])
        assert task.notes == ()
        await home.service.imagine(SubmitOptions(), prompt="", pictures=[PICTURE])
        await home.until_said(2)
        first, second = home.desk.prompts
        assert first.endswith("/picture1.png --ar 16:9 --v 7")
        assert second.endswith("/picture1.png --v 7")


@pytest.mark.parametrize(
    ("prompt", "fields", "words"),
    [
        ("walk", {}, "walk --motion low --video 1"),
        ("walk --motion high", {}, "walk --motion high --video 1"),
        ("walk --motion high", {"motion": "high"}, "walk --motion high --video 1"),
        ("walk --video --loop", {"loop": True}, "walk --video --loop --motion low"),
        ("walk --end loop", {"loop": True}, "walk --end loop --motion low --video 1"),
        ("walk", {"loop": True, "motion": "high"}, "walk --motion high --video 1 --loop"),
        ("走——motion high", {}, "走 --motion high --video 1"),
        ("", {"end_image": "https://a.b/z.png"}, "--motion low --video 1 --end https://a.b/z.png"),
    ],
)
async def test_a_clip_says_nothing_twice(tmp_path: Path, prompt: str, fields: dict[str, str], words: str) -> None:
    async with house(tmp_path, suffix="--v 7 --ar 3:2") as home:
        given = {"motion": "", "image": "https://a.b/c.png", "end_image": None, "loop": False, **fields}
        task = await home.service.video(SubmitOptions(), VideoRequest(prompt=prompt, **given))  # type: ignore[arg-type]  # as each is
        await home.until_said(1)
        assert home.desk.prompts == [f"https://a.b/c.png {words}"]
        assert not any("not taken" in note for note in task.notes)


@pytest.mark.parametrize(
    ("prompt", "fields"),
    [
        ("walk --motion high", {"motion": "low"}),
        ("walk --end loop", {"end_image": "https://a.b/z.png"}),
        ("walk --end https://a.b/y.png", {"loop": True}),
    ],
)
async def test_a_clip_whose_prompt_and_field_differ_is_refused(
    tmp_path: Path, prompt: str, fields: dict[str, str]
) -> None:
    async with house(tmp_path) as home:
        given = {"motion": "", "image": "https://a.b/c.png", "end_image": None, "loop": False, **fields}
        with pytest.raises(BadRequest, match="The prompt says --"):
            await home.service.video(SubmitOptions(), VideoRequest(prompt=prompt, **given))  # type: ignore[arg-type]  # as each is
