"""What only the operator does in the page: call-backs sent again, and tasks of which nobody knows what became."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import expect

from assembly.service import service
from simulator import Simulator
from tests.chromium import chromium
from tests.console.browser import Console, console
from tests.e2e.harness import settings_for, whole

OPERATOR = {"ADMIN_SECRET": "operator's-own"}


async def _become_operator(page: Console) -> None:
    await page.page.get_by_role("link", name="Operator").click()
    secret = page.page.get_by_label("The operator’s secret")
    await secret.fill(OPERATOR["ADMIN_SECRET"])
    await secret.press("Enter")
    await expect(page.page.get_by_role("region", name="Settings in force")).to_be_visible()


async def test_a_call_back_that_failed_is_sent_again(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=OPERATOR) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, told=("401",)) as page,
    ):
        house.hooks.answers.append(500)
        task = await house.client.submit(action="IMAGINE", prompt="a dog")
        await house.hooks.until_ended(task)
        await page.open()
        await _become_operator(page)
        await page.page.get_by_role("button", name="Refresh").click()
        delivery = page.page.get_by_role("listitem").filter(has_text=task)
        await expect(delivery).to_contain_text("Due · attempts: 1 · HTTP 500")
        await delivery.get_by_role("button", name="Send again").click()
        await house.hooks.until(lambda: len(house.hooks.heard) == 2)
        await page.page.get_by_role("button", name="Refresh").click()
        await expect(delivery).to_contain_text("Delivered")
        await expect(delivery.get_by_role("button")).to_have_count(0)


async def test_what_nobody_knows_the_end_of_is_drawn_again(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(Simulator(job_seconds=60))
        settings = settings_for(simulator, tmp_path, environ=OPERATOR)
        browser = await stack.enter_async_context(chromium())
        async with service(settings, port=0) as url:
            page = await stack.enter_async_context(
                console(browser, url, simulator.url, told=("401", "ERR_CONNECTION", "ERR_INCOMPLETE"))
            )
            await page.open()
            await page.draw("a bridge")
            await expect(page.tile("a bridge").get_by_role("progressbar")).to_be_visible()
            answer = await page.page.request.post(f"{simulator.url}/_simulator/settings", data={"job_seconds": 0.1})
            assert answer.ok
        await stack.enter_async_context(service(settings, port=urlsplit(url).port))
        failed = page.tile("a bridge – Imagine – Failed")
        await expect(failed).to_be_visible(timeout=60_000)  # the simulator's tasks end with it
        await _become_operator(page)
        await page.page.go_back()
        await page.tile("a bridge").click()
        await page.page.get_by_role("button", name="Draw again").click()
        await page.finished("a bridge")
        assert [job["prompt"] for job in simulator.jobs] == ["a bridge", "a bridge"]
