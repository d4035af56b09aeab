"""Finding a task among all of them, and coming back to what was found."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import expect

from tests.support.browser import console
from tests.support.chromium import chromium
from tests.support.whole_service import whole


async def test_a_search_finds_what_was_never_read_and_stands_in_the_address(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, job_seconds=600, concurrency=1) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        ids = [await house.client.submit(action="IMAGINE", prompt=f"number {n}") for n in range(1, 185)]
        for task in ids[1:72]:
            assert (await page.page.request.post(f"{house.client.url}/mj/task/{task}/cancel")).ok
        await page.open()
        results = page.page.get_by_role("list", name="Results").get_by_role("link")
        await page.page.get_by_role("searchbox", name="Search").fill("number 27")
        await expect(page.tile("number 27 – Imagine – Cancelled")).to_be_visible()
        await expect(results).to_have_count(1)  # 127 still waits
        await page.page.get_by_role("searchbox", name="Search").fill("number")
        await page.page.get_by_role("combobox", name="Status").select_option("Cancelled")
        await expect(results).to_have_count(60)
        await expect(page.page.get_by_role("heading", name="Results 71")).to_be_visible()
        await page.page.get_by_role("button", name="Load older").click()
        await expect(results).to_have_count(71)
        await expect(page.page).to_have_url(re.compile(r"#/\?q=number&status=CANCEL$"))
        await page.tile("number 40").click()
        await expect(page.page.get_by_role("dialog", name="number 40")).to_be_visible()
        await page.page.keyboard.press("Escape")
        await expect(page.page).to_have_url(re.compile(r"#/\?q=number&status=CANCEL$"))
        await page.page.reload()
        await expect(page.page.get_by_role("searchbox", name="Search")).to_have_value("number")
        await expect(results).to_have_count(60)
        await page.page.get_by_role("searchbox", name="Search").fill("nowhere to be found")
        await page.page.locator(".empty").get_by_role("button", name="Show all").click()
        await expect(page.page).to_have_url(re.compile(r"#/$"))
