"""What was typed is not lost, and what was asked for is paid once, whatever happens on the way to the service."""

from __future__ import annotations

import asyncio
from pathlib import Path

from playwright.async_api import Route, expect

from tests.support.browser import Console, console, picture_file
from tests.support.chromium import chromium
from tests.support.whole_service import whole

AT_ONCE = {"SEND_INTERVAL_MS": "0"}


async def _lose_answers(page: Console, address: str, times: int = 1) -> None:
    """The service hears the request; its answer never arrives."""

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.page.route(address, lose, times=times)


async def test_words_and_pictures_outlive_another_view(tmp_path: Path) -> None:
    async with (
        whole(tmp_path) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        words = page.page.get_by_role("textbox", name="Prompt")
        await words.fill("a long thought")
        await page.page.locator("input[type=file]").set_input_files([picture_file("one.png", 90)])
        await page.loaded(page.page.get_by_role("img", name="one.png"))
        views = page.page.get_by_role("navigation")
        await views.get_by_role("link", name="Accounts").click()
        await expect(page.page.get_by_role("heading", name="Accounts")).to_be_visible()
        await views.get_by_role("link", name="Pictures").click()
        await expect(words).to_have_value("a long thought")
        await page.loaded(page.page.get_by_role("img", name="one.png"))


async def test_words_outlive_a_secret_that_is_no_longer_right(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ={"API_SECRET": "sesame"}) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, told=("401",)) as page,
    ):
        await page.open()
        secret = page.page.get_by_label("Secret", exact=True)
        await secret.fill("sesame")
        await secret.press("Enter")
        words = page.page.get_by_role("textbox", name="Prompt")
        await words.fill("a long thought")
        refused = {"status": 401, "json": {"code": 401, "description": "The secret is wrong."}}
        await page.page.route("**/mj/submit/imagine", lambda route: route.fulfill(**refused), times=1)
        await words.press("Enter")
        await secret.fill("sesame")
        await secret.press("Enter")
        await expect(words).to_have_value("a long thought")
        await page.page.get_by_role("button", name="Sign out").click()
        await secret.fill("sesame")
        await secret.press("Enter")
        await expect(words).to_have_value("")


async def test_what_is_typed_while_it_is_sent_stays(tmp_path: Path) -> None:
    async with (
        whole(tmp_path) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        may_go = asyncio.Event()

        async def hold(route: Route) -> None:
            await may_go.wait()
            await route.continue_()

        await page.page.route("**/mj/submit/imagine", hold)
        await page.open()
        words = page.page.get_by_role("textbox", name="Prompt")
        await words.fill("first")
        await words.press("Enter")
        await expect(page.page.get_by_role("button", name="Sending")).to_be_visible()
        await words.fill("second")
        await page.page.locator("input[type=file]").set_input_files([picture_file("one.png", 90)])
        may_go.set()
        await page.finished("first")
        await expect(page.page.get_by_role("button", name="Draw", exact=True)).to_be_visible()
        await expect(words).to_have_value("second")
        await page.loaded(page.page.get_by_role("img", name="one.png"))
        assert [job["prompt"] for job in house.simulator.jobs] == ["first"]


async def test_a_pressed_button_whose_answer_was_lost_is_paid_once(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=AT_ONCE) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, told=("ERR_FAILED",)) as page,
    ):
        await page.open()
        await page.draw("a bridge")
        await (await page.finished("a bridge")).click()
        viewer = page.page.get_by_role("dialog", name="a bridge")
        again = viewer.get_by_role("button", name="Draw again")
        await _lose_answers(page, "**/mj/submit/action")
        await again.click()
        await expect(viewer.get_by_role("alert")).to_have_text("The service cannot be reached.")
        await again.click()
        await expect(viewer.get_by_role("link", name="Reroll Finished")).to_have_count(1)
        await again.click()  # answered: this is another wish
        await expect(viewer.get_by_role("link", name="Reroll Finished")).to_have_count(2)
        assert [job["kind"] for job in house.simulator.jobs] == ["imagine", "reroll", "reroll"]


async def test_a_second_input_is_kept_until_it_is_sent(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=AT_ONCE) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, told=("ERR_FAILED",)) as page,
    ):
        await page.open()
        await page.draw("a bridge")
        await (await page.finished("a bridge")).click()
        viewer = page.page.get_by_role("dialog", name="a bridge")
        await viewer.get_by_role("button", name="Upscale picture 2").click()
        await viewer.get_by_role("link", name="Upscale 2 Finished").click()
        await viewer.get_by_role("button", name="Custom zoom").click()
        asked = page.page.get_by_role("dialog", name="Custom zoom")
        words = asked.get_by_role("textbox", name="Prompt")
        await words.fill("a broken bridge")
        await asked.get_by_role("slider", name="Zoom out").fill("1.75")
        box = await words.bounding_box()
        assert box
        await page.page.mouse.move(box["x"] + 40, box["y"] + 20)
        await page.page.mouse.down()
        await page.page.mouse.move(2, 2)  # marked with the mouse, and let go beside the window
        await page.page.mouse.up()
        await expect(words).to_have_value("a broken bridge")
        await page.page.keyboard.press("Escape")
        await expect(asked).to_be_hidden()
        await page.page.keyboard.press("Escape")
        await page.page.get_by_role("region", name="Queue").get_by_role("button", name="Continue").click()
        await expect(words).to_have_value("a broken bridge")
        await _lose_answers(page, "**/mj/submit/modal")
        await words.press("Enter")
        await expect(asked).to_be_hidden()  # the stream tells that it is on its way
        await expect(page.page.get_by_role("link", name="Zoom – Finished")).to_be_visible()
        [zoomed] = [job for job in house.simulator.jobs if job["command"] == "custom_zoom"]
        assert zoomed["prompt"].startswith("a broken bridge")
        assert zoomed["prompt"].endswith(" --zoom 1.75")
