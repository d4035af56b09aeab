"""From a result to the next drawing: prompts and pictures used again, what failed tried again, words kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support.browser import DESK, PHONE, Console, console, picture_file
from tests.support.chromium import chromium
from tests.support.whole_service import whole

AT_ONCE = {"SEND_INTERVAL_MS": "0"}
KEPT = {**AT_ONCE, "ARCHIVE": "disk"}


async def _pick(page: Console, title: str, item: str) -> None:
    place = page.page.get_by_role("listitem").filter(has=page.page.get_by_role("link", name=title))
    await place.hover()
    await place.get_by_role("button", name="More").click()
    await place.get_by_role("menuitem", name=item).click()


async def test_a_prompt_is_used_again_with_its_parameters_and_references(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=AT_ONCE) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        sent = "a tower --ar 3:2 --version 7 --stylize 250 --sref 42"
        await page.draw(sent)
        await page.finished(sent)
        await _pick(page, "a tower", "Use prompt")
        words = page.page.get_by_role("textbox", name="Prompt")
        await expect(words).to_have_value("a tower")
        await expect(words).to_be_focused()
        await expect(page.page.get_by_role("radio", name="3:2")).to_be_checked()
        await expect(page.page.get_by_role("combobox", name="Version")).to_have_value("v 7")
        await expect(page.page.get_by_role("combobox", name="Use 42 as")).to_have_value("style")
        await page.page.get_by_role("slider", name="Weight of the style").fill("200")
        await words.press("Enter")
        await page.finished("a tower --ar 3:2 --v 7 --stylize 250 --sw 200 --sref 42")
        assert house.simulator.jobs[-1]["prompt"] == "a tower --ar 3:2 --v 7 --stylize 250 --sw 200 --sref 42"


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_a_picture_is_used_as_a_reference(tmp_path: Path, size: dict[str, int]) -> None:
    """Of our copy one of four; as what the version does not take, the version is changed and told."""
    async with (
        whole(tmp_path, environ=KEPT) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, viewport=size) as page,
    ):
        await page.open()
        await page.draw("a tower")
        tile = await page.finished("a tower")
        await expect(tile.locator("img")).to_have_attribute("src", re.compile(r"/images/.*\?w=640"))
        await tile.click()
        viewer = page.page.get_by_role("dialog", name="a tower")
        await viewer.get_by_role("radio", name="2").check()
        await viewer.get_by_role("button", name="Use as omni reference").click()
        await expect(viewer).to_be_hidden()
        await expect(page.page.get_by_role("combobox", name="Use a tower 2 as")).to_have_value("omni")
        await expect(page.page.get_by_text("The version is now 7.").first).to_be_attached()
        await page.page.get_by_role("textbox", name="Prompt").fill("the same at night")
        await page.page.get_by_role("button", name="Draw", exact=True).click()
        await page.finished("the same at night --v 7 --oref …")
        drawn = house.simulator.jobs[-1]["prompt"]
        assert re.fullmatch(r"the same at night --v 7 --oref <?https?://\S+?>?", drawn), drawn


async def test_what_the_version_does_not_take_is_told_before_it_is_sent(tmp_path: Path) -> None:
    async with (
        whole(tmp_path) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        await page.page.locator("input[type=file]").set_input_files([picture_file("face.png", 90)])
        await page.page.get_by_role("combobox", name="Use face.png as").select_option("Omni reference")
        await page.page.get_by_role("checkbox", name="Draft").check()
        warning = page.page.get_by_role("listitem").filter(has_text="Version 8.2 does not take")
        await expect(warning).to_have_count(2)
        await warning.first.get_by_role("button", name="Use version 7").click()
        await expect(warning).to_have_count(0)
        await page.page.get_by_role("textbox", name="Prompt").fill("a face")
        await expect(page.page.locator("output")).to_have_text("a face --v 7 --draft --oref <face.png>")


async def test_what_failed_is_a_line_and_is_tried_again(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=AT_ONCE) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        await page.draw("a fox sim-internal")
        failed = page.tile("a fox sim-internal – Imagine – Failed")
        await expect(failed).to_be_visible()
        box = await failed.bounding_box()
        assert box
        assert box["height"] < 50
        await page.page.set_viewport_size(PHONE)
        assert await page.run("document.documentElement.scrollWidth <= innerWidth"), "it must not scroll sideways"
        await page.page.set_viewport_size(DESK)
        await page.page.get_by_role("button", name="Try again: a fox sim-internal").click()
        await expect(failed).to_have_count(2)
        await failed.first.click()
        viewer = page.page.get_by_role("dialog", name="a fox sim-internal")
        await viewer.get_by_role("button", name="Edit and try again").click()
        words = page.page.get_by_role("textbox", name="Prompt")
        await expect(words).to_have_value("a fox sim-internal")
        await expect(words).to_be_focused()
        await words.fill("a fox")
        await words.press("Enter")
        await page.finished("a fox")
        assert house.simulator.jobs[-1]["prompt"] == "a fox"


async def test_earlier_prompts_are_recalled_and_words_outlive_a_reload(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=AT_ONCE) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        for prompt in ("one", "two"):
            await page.draw(prompt)
            await page.finished(prompt)
        words = page.page.get_by_role("textbox", name="Prompt")
        await words.fill("half a thought")
        await words.press("Home")
        for expected in ("two", "one", "one"):
            await words.press("ArrowUp")
            await expect(words).to_have_value(expected)
        for expected in ("two", "half a thought"):
            await words.press("ArrowDown")
            await expect(words).to_have_value(expected)
        await page.page.locator("input[type=file]").set_input_files([picture_file("one.png", 90)])
        await page.loaded(page.page.get_by_role("img", name="one.png"))
        await page.page.reload()
        await expect(words).to_have_value("half a thought")
        await page.loaded(page.page.get_by_role("img", name="one.png"))


async def test_positions_of_the_controls_are_kept_as_a_preset(tmp_path: Path) -> None:
    async with (
        whole(tmp_path) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        await page.page.get_by_role("radio", name="16:9").check()
        await page.page.get_by_role("checkbox", name="Raw").check()
        await page.page.get_by_role("button", name="Save as preset").click()
        name = page.page.get_by_role("textbox", name="Name of the preset")
        await name.fill("Film")
        await name.press("Enter")
        await page.page.get_by_role("button", name="Reset all").click()
        await expect(page.page.get_by_role("radio", name="16:9")).not_to_be_checked()
        await page.page.reload()
        await page.page.get_by_role("combobox", name="Presets").select_option("Film")
        await expect(page.page.get_by_role("radio", name="16:9")).to_be_checked()
        await expect(page.page.get_by_role("checkbox", name="Raw")).to_be_checked()
        await page.page.get_by_role("button", name="Remove preset").click()
        await expect(page.page.get_by_role("combobox", name="Presets")).to_have_count(0)


async def test_answers_in_words_are_rows_to_draw_and_to_edit(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=AT_ONCE) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        await page.page.get_by_role("radio", name="Shorten").check()
        await page.draw("a very very old lighthouse in a wild wild storm")
        await page.page.get_by_role("link", name="Shorten – Finished").click()
        viewer = page.page.get_by_role("dialog")
        await expect(viewer).not_to_contain_text("~~")
        await expect(viewer).not_to_contain_text("**")
        rows = viewer.get_by_role("list", name="Texts").get_by_role("listitem")
        await expect(rows).to_have_count(5)
        await rows.nth(2).get_by_role("button", name="Edit text 3").click()
        await expect(viewer).to_be_hidden()
        words = page.page.get_by_role("textbox", name="Prompt")
        await expect(words).to_have_value("a very very old lighthouse")
        await words.press("Enter")
        await page.finished("a very very old lighthouse")
        assert [job["kind"] for job in house.simulator.jobs] == ["shorten", "imagine"]


async def test_a_favourite_is_a_star_and_no_card(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=AT_ONCE) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        await page.draw("a tower")
        await (await page.finished("a tower")).click()
        viewer = page.page.get_by_role("dialog", name="a tower")
        await page.page.keyboard.press("1")
        await viewer.get_by_role("link", name="Upscale 1 Finished").click()
        await page.page.keyboard.press("f")
        await expect(viewer.get_by_role("button", name="Favorited")).to_have_attribute("aria-pressed", "true")
        await page.page.keyboard.press("Escape")
        results = page.page.get_by_role("list", name="Results")
        await expect(results.get_by_role("link")).to_have_count(2)
        await expect(results.get_by_role("button", name="Favorited")).to_be_visible()
        await expect(results).not_to_contain_text("rated")


async def test_a_second_input_that_was_left_is_taken_up_when_pressed_again(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=AT_ONCE) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        await page.draw("a bridge")
        await (await page.finished("a bridge")).click()
        viewer = page.page.get_by_role("dialog", name="a bridge")
        await page.page.keyboard.press("2")
        await viewer.get_by_role("link", name="Upscale 2 Finished").click()
        zoom = viewer.get_by_role("button", name="Custom Zoom")
        asked = page.page.get_by_role("dialog", name="Custom zoom")
        for is_reloaded in (False, True):
            await zoom.click()
            await expect(asked).to_be_visible()
            await page.page.keyboard.press("Escape")
            await expect(asked).to_be_hidden()
            if is_reloaded:
                await page.page.reload()
            await zoom.click()
            await expect(asked).to_be_visible()
            await page.page.keyboard.press("Escape")
            await expect(asked).to_be_hidden()
        await page.page.keyboard.press("Escape")
        queue = page.page.get_by_role("region", name="Queue")
        await expect(queue.get_by_role("listitem")).to_have_count(1)


async def test_a_blend_is_called_by_its_pictures_in_both_languages(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=AT_ONCE) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        await page.page.get_by_role("radio", name="Blend").check()
        chooser = page.page.locator("input[type=file]")
        await chooser.set_input_files([picture_file("one.png", 90), picture_file("two.png", 200)])
        await page.page.get_by_role("button", name="Blend").click()
        await expect(page.tile("Blend of 2 pictures – Blend – Finished")).to_be_visible()
        await page.page.get_by_role("button", name="中文").click()
        await expect(page.page.get_by_role("link", name="2 张图的混合 – 混图 – 已完成")).to_be_visible()


async def test_the_title_tells_how_far_it_is_and_keys_are_named(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, job_seconds=30, concurrency=1) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        await page.draw("مدينة في المطر")
        tile = page.tile("مدينة")
        await expect(tile.get_by_role("progressbar")).to_be_visible()
        await expect(page.page).to_have_title(re.compile(r"^\d+ % – MidJourney API$"))
        assert await tile.locator(".tile-title").evaluate("(each) => getComputedStyle(each).direction") == "rtl"
        await tile.focus()
        await page.page.keyboard.press("/")
        await expect(page.page.get_by_role("searchbox", name="Search")).to_be_focused()
        await tile.focus()
        await page.page.keyboard.press("?")
        await expect(page.page.get_by_role("dialog", name="Keys")).to_contain_text("upscale")
        await page.page.keyboard.press("Escape")
        await expect(page.page.get_by_role("dialog")).to_be_hidden()
        await expect(tile).to_be_focused()
