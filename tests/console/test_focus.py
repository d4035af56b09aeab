"""Where the focus is: with whoever works without a mouse it stays, whatever goes away beneath it."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from tests.support.browser import console
from tests.support.chromium import chromium
from tests.support.whole_service import whole

AT_ONCE = {"SEND_INTERVAL_MS": "0"}


async def test_arrows_turn_the_pages_wherever_one_has_clicked(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=AT_ONCE) as house,
        chromium() as browser,
        console(
            browser, house.client.url, house.simulator.url, permissions=["clipboard-read", "clipboard-write"]
        ) as page,
    ):
        await page.open()
        for prompt in ("one", "two"):
            await page.draw(prompt)
            await page.finished(prompt)
        await page.tile("two").click()
        newer = page.page.get_by_role("dialog", name="two")
        older = page.page.get_by_role("dialog", name="one")
        await newer.get_by_role("button", name="Copy prompt").click()
        await expect(newer.get_by_role("button", name="Copied")).to_be_visible()
        await page.loaded(newer.get_by_role("img"))
        await newer.get_by_role("img").click()
        await page.page.keyboard.press("ArrowRight")
        await expect(older).to_be_visible()
        await expect(older.get_by_role("button", name="Copy prompt")).to_be_visible()  # this one is not copied
        await page.page.keyboard.press("ArrowLeft")
        await newer.get_by_role("button", name="Older").click()  # the last: the button goes away
        await expect(older).to_be_visible()
        await page.page.keyboard.press("ArrowLeft")
        await expect(newer).to_be_visible()


async def test_a_button_that_goes_away_leaves_the_focus_near(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, job_seconds=30, concurrency=1) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        for prompt in ("first", "second"):
            await page.draw(prompt)
        await expect(page.tile("first").get_by_role("progressbar")).to_be_visible()
        queue = page.page.get_by_role("region", name="Queue")
        await queue.get_by_role("button", name="Cancel: second").press("Enter")
        await expect(queue).to_be_hidden()
        await expect(page.page.locator(".results")).to_be_focused()
        await page.tile("first").press("Enter")
        viewer = page.page.get_by_role("dialog", name="first")
        await viewer.get_by_role("button", name="Cancel").press("Enter")
        await expect(viewer).to_contain_text("Imagine · Cancelled")
        await expect(viewer.locator(".viewer-side")).to_be_focused()
        await page.page.keyboard.press("Escape")
        await expect(page.tile("first")).to_be_focused()
