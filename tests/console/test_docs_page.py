"""/docs in a real browser: it shows the operations, tries one, and asks nobody else."""

from __future__ import annotations

import re

from api.http.links import Links
from api.mj.routes import MjRoutes
from tests.support.chromium import chromium
from tests.support.service_twin import Twin, running


async def test_a_browser_shows_the_operations_and_asks_nobody_else() -> None:
    said: list[str] = []
    asked: list[str] = []
    async with running(Twin(), more=MjRoutes(Twin(), Links()).routes()) as api, chromium() as browser:
        page = await browser.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{api.base}/docs")
        await page.wait_for_selector("#operations-documents-console")
        summaries = await page.locator(".opblock-summary-path").all_inner_texts()
        block = page.locator("[id$='-health_live']")
        await block.locator(".opblock-summary-control").click()
        await block.get_by_text("Try it out").click()
        await block.get_by_text("Execute").click()
        await block.locator(".live-responses-table .response-col_status", has_text="200").wait_for()
    shown = {re.sub(r"[\s\u200b]", "", text) for text in summaries}
    assert {"/api/v1/trigger/submit", "/mj/submit/imagine", "/mj/task/{id}/fetch", "/health"} <= shown
    assert said == []
    assert [url for url in asked if not url.startswith((api.base, "data:", "blob:"))] == []
