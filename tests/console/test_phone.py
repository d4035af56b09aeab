"""The page in a hand: pictures first, the prompt below them, a swipe, and something to install."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support.browser import PHONE, console
from tests.support.chromium import chromium
from tests.support.whole_service import whole

AT_ONCE = {"SEND_INTERVAL_MS": "0"}
WORDS = {
    "en-GB": ("Prompt", "Draw", "Close", "Imagine – Finished"),
    "zh-CN": ("提示词", "开始绘图", "关闭", "绘图 – 已完成"),
}

_SWIPE = """([selector, across]) => {
    const stage = document.querySelector(selector);
    const touch = (x) => new Touch({ identifier: 1, target: stage, clientX: x, clientY: 200 });
    const send = (type, touches, changed) => stage.dispatchEvent(new TouchEvent(type,
        { touches, changedTouches: changed, bubbles: true }));
    send("touchstart", [touch(180)], [touch(180)]);
    send("touchend", [], [touch(180 + across)]);
}"""


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
async def test_the_prompt_is_a_line_that_grows_into_a_sheet(tmp_path: Path, locale: str) -> None:
    prompt, do, close, drawn = WORDS[locale]
    async with (
        whole(tmp_path, environ=AT_ONCE) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, viewport=PHONE, locale=locale, has_touch=True) as page,
    ):
        await page.open()
        words = page.page.get_by_role("textbox", name=prompt)
        button = page.page.get_by_role("button", name=do, exact=True)
        box = await words.bounding_box()
        assert box
        assert box["y"] + box["height"] > PHONE["height"] - 40  # at the bottom
        assert box["height"] < 50
        await expect(button).to_be_hidden()
        await words.tap()
        await expect(button).to_be_visible()
        await page.page.get_by_role("button", name=close).tap()
        await expect(button).to_be_hidden()
        await words.fill("paper boats")
        await button.tap()
        await expect(button).to_be_hidden()  # the sheet gives way to the new card
        await expect(page.page.get_by_role("link", name=f"paper boats – {drawn}")).to_be_in_viewport()


async def test_a_swipe_turns_the_pages(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=AT_ONCE) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, viewport=PHONE, has_touch=True) as page,
    ):
        await page.open()
        for prompt in ("one", "two"):
            task = await house.client.submit(action="IMAGINE", prompt=prompt)
            await house.hooks.until_ended(task)
        await (await page.finished("two")).tap()
        await expect(page.page.get_by_role("dialog", name="two")).to_be_visible()
        await page.run(_SWIPE, [".viewer-stage", -120])
        await expect(page.page.get_by_role("dialog", name="one")).to_be_visible()
        await page.run(_SWIPE, [".viewer-stage", 120])
        await expect(page.page.get_by_role("dialog", name="two")).to_be_visible()


async def test_it_can_be_installed(tmp_path: Path) -> None:
    async with (
        whole(tmp_path) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        address = await page.page.locator("link[rel=manifest]").get_attribute("href")
        answer = await page.page.request.get(f"{house.client.url}{address}")
        manifest = json.loads(await answer.body())
        assert (manifest["display"], manifest["start_url"]) == ("standalone", "/")
        for icon in manifest["icons"]:
            assert (await page.page.request.get(f"{house.client.url}{icon['src']}")).ok
