"""How it is seen and heard: in both languages, light and dark, on a phone, without a mouse, by a screen reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support.accessibility import check_accessibility
from tests.support.browser import DESK, PHONE, Console, console
from tests.support.chromium import chromium
from tests.support.whole_service import whole

PROMPTS = ("a lighthouse --ar 2:3", "paper boats", "a tea house --ar 16:9")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_view_on_a_desk_and_a_phone(tmp_path: Path, theme: str) -> None:
    async with (
        whole(tmp_path, environ={"SEND_INTERVAL_MS": "0"}) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, color_scheme=theme, told=("403",)) as page,
    ):
        await page.open()
        for prompt in PROMPTS:
            await page.draw(prompt)
        for prompt in PROMPTS:
            await page.finished(prompt)
        for size in (DESK, PHONE):
            await page.page.set_viewport_size(size)
            for view in ("Accounts", "Operator", "Programs", "Pictures"):
                await page.page.get_by_role("navigation").get_by_role("link", name=view).click()
                await expect(page.page.get_by_role("heading", level=1)).to_be_visible()
                await check_accessibility(page)
            await page.shoot(f"{theme}-{size['width']}")
            await page.tile("a tea house").click()
            await expect(page.page.get_by_role("button", name="Upscale picture 1")).to_be_visible()
            await check_accessibility(page)
            await page.shoot(f"{theme}-{size['width']}-task")
            await page.page.keyboard.press("Escape")


async def test_the_language_is_the_browsers_until_it_is_switched(tmp_path: Path) -> None:
    async with (
        whole(tmp_path) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, locale="zh-CN", viewport=PHONE) as page,
    ):
        await page.open()
        await page.page.get_by_role("textbox", name="提示词").fill("一只狗")
        await page.page.get_by_role("button", name="开始绘图").click()
        await expect(page.page.get_by_role("link", name="一只狗 – 绘图 – 已完成")).to_be_visible()
        assert house.simulator.jobs[0]["prompt"] == "A dog"
        assert await page.run("document.documentElement.lang") == "zh-CN"
        await check_accessibility(page)
        await page.page.get_by_role("button", name="English").click()
        await page.finished("一只狗")
        await page.page.get_by_role("button", name="Dark").click()
        await page.page.reload()
        await expect(page.page.get_by_role("button", name="Light")).to_be_visible()
        assert await page.run("[document.documentElement.lang, document.documentElement.dataset.theme]") == [
            "en",
            "dark",
        ]


async def test_everything_is_done_without_a_mouse(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ={"SEND_INTERVAL_MS": "0"}) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, reduced_motion="reduce") as page,
    ):
        await page.open()
        keyboard = page.page.keyboard
        await _tab_to(page, "Prompt")
        for prompt in ("one", "two", "three"):
            await keyboard.type(prompt)
            await keyboard.press("Enter")
            await page.finished(prompt)
        await _tab_to(page, "three – Imagine – Finished")  # the gallery is one stop
        await keyboard.press("ArrowRight")
        await keyboard.press("End")
        await keyboard.press("ArrowLeft")
        assert await _focused(page) == "two – Imagine – Finished"
        await keyboard.press("Enter")
        viewer = page.page.get_by_role("dialog", name="two")
        await expect(viewer).to_be_visible()
        await keyboard.press("ArrowRight")
        await expect(page.page.get_by_role("dialog", name="one")).to_be_visible()
        await _tab_to(page, "U3: Upscale picture 3")
        await keyboard.press("Enter")
        await _tab_to(page, "Upscale 3 Finished")
        await keyboard.press("Enter")
        await _tab_to(page, "Vary (Region)")
        await keyboard.press("Enter")
        asked = page.page.get_by_role("dialog", name="Vary a region")
        await page.loaded(asked.get_by_role("img"))
        await _tab_to(page, "Picture to paint on")
        await keyboard.press("Space")
        for _ in range(5):
            await keyboard.press("Shift+ArrowRight")
        await _tab_to(page, "Prompt")
        await keyboard.press("Enter")
        await expect(asked).to_be_hidden()
        await expect(page.page.get_by_role("link", name="Region Finished")).to_be_visible()
        assert 0 < house.simulator.jobs[-1]["inpaint"]["white"] < 0.1
        await keyboard.press("Escape")
        await expect(page.page.get_by_role("dialog")).to_be_hidden()


async def _focused(page: Console) -> str:
    name: str = await page.run(
        "(document.activeElement.ariaLabel || document.activeElement.labels?.[0]?.firstElementChild?.innerText"
        " || document.activeElement.innerText || '').trim()"
    )
    return name


async def _tab_to(page: Console, name: str) -> None:
    """Press Tab until what is called so has the focus, forwards; it must come before everything was passed twice."""
    for _ in range(120):
        if await _focused(page) == name:
            return
        await page.page.keyboard.press("Tab")
    raise AssertionError(f"Tab never leads to {name!r}")
