"""What only the operator does in the page: call-backs sent again, and tasks of which nobody knows what became."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import expect

from app.service import service
from simulator import Simulator
from tests.support.accessibility import check_accessibility
from tests.support.browser import Console, console
from tests.support.chromium import chromium
from tests.support.whole_service import settings_for, whole

OPERATOR = {"ADMIN_SECRET": "operator's-own"}


async def _become_operator(page: Console) -> None:
    await page.page.get_by_role("link", name="Operator").click()
    secret = page.page.get_by_label("The operator’s secret")
    await secret.fill(OPERATOR["ADMIN_SECRET"])
    await secret.press("Enter")
    await expect(page.page.get_by_role("region", name="Settings in force")).to_be_visible()
    await expect(page.page.get_by_role("region", name="Learned facts")).to_be_visible()


async def test_a_call_back_that_failed_is_sent_again(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ={**OPERATOR, "ALERT_HOOK": "http://127.0.0.1:9/"}) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, told=("401",)) as page,
    ):
        house.hooks.answers.append(500)
        task = await house.client.submit(action="IMAGINE", prompt="a dog")
        await house.hooks.until_ended(task)
        await page.open()
        await _become_operator(page)
        deliveries = page.page.get_by_role("region", name="Call-backs")
        await deliveries.get_by_role("button", name="Refresh").click()
        delivery = page.page.get_by_role("listitem").filter(has_text=task)
        await expect(delivery).to_contain_text("Due · attempts: 1 · HTTP 500")
        await delivery.get_by_role("button", name="Send again").click()
        await house.hooks.until(lambda: len(house.hooks.heard) == 2)
        await deliveries.get_by_role("button", name="Refresh").click()
        await expect(delivery).to_contain_text("Delivered")
        await expect(delivery.get_by_role("button")).to_have_count(0)
        overview = page.page.get_by_role("region", name="Overview")
        chart = overview.get_by_role("img", name="1 finished, 0 failed, 0 cancelled")
        await expect(chart).to_be_visible()
        await expect(overview).to_contain_text("By secret")
        await expect(overview).to_contain_text("Last backup")
        await overview.get_by_role("radio", name="Yesterday").check()
        await expect(overview.get_by_role("img", name="0 finished, 0 failed, 0 cancelled")).to_be_visible()
        await overview.get_by_role("radio", name="Today").check()
        await expect(chart).to_be_visible()
        await check_accessibility(page)
        alerts = page.page.get_by_role("region", name="Alerts")
        await alerts.get_by_role("button", name="Send a test").click()
        await expect(alerts).to_contain_text("The test alert was not delivered (json): no connection.")


@asynccontextmanager
async def _left_open(folder: Path, *prompts: str) -> AsyncIterator[tuple[Console, Simulator]]:
    """The page before tasks that are drawn, and of whose end the service has not heard."""
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(Simulator())
        for stage in ("end", "delete"):
            simulator.add_fault({"kind": "event_lost", "stage": stage, "times": len(prompts)})
        settings = settings_for(simulator, folder, environ={**OPERATOR, "SEND_INTERVAL_MS": "0"})
        browser = await stack.enter_async_context(chromium())
        async with service(settings, port=0) as url:
            page = await stack.enter_async_context(
                console(browser, url, simulator.url, told=("401", "400", "ERR_CONNECTION", "ERR_INCOMPLETE"))
            )
            await page.open()
            for prompt in prompts:
                await page.draw(prompt)
                await expect(page.tile(prompt).get_by_role("progressbar")).to_be_visible()
            await simulator.until(lambda: [job["status"] for job in simulator.jobs] == ["finished"] * len(prompts))
        await stack.enter_async_context(service(settings, port=urlsplit(url).port))
        for prompt in prompts:
            failed = page.tile(f"{prompt} – Imagine – Failed")
            await expect(failed).to_be_visible(timeout=60_000)  # the simulator's tasks end with it
        await _become_operator(page)
        await page.page.go_back()
        yield page, simulator


async def test_what_nobody_knows_the_end_of_is_drawn_again(tmp_path: Path) -> None:
    async with _left_open(tmp_path, "a bridge") as (page, simulator):
        asked: list[str] = []
        page.page.on("request", lambda request: asked.append(request.url))
        await page.tile("a bridge").click()
        await page.page.get_by_role("button", name="Draw again").dblclick()
        await page.finished("a bridge")
        assert [job["prompt"] for job in simulator.jobs] == ["a bridge", "a bridge"]
        assert len([url for url in asked if url.endswith("/retry")]) == 1


async def test_a_result_that_nobody_has_claimed_is_adopted(tmp_path: Path) -> None:
    """By its message's id, and by a search of the channel."""
    async with _left_open(tmp_path, "a bridge", "a ferry") as (page, simulator):
        await page.tile("a bridge").click()
        viewer = page.page.get_by_role("dialog", name="a bridge")
        message = viewer.get_by_role("textbox", name="Message id")
        await message.fill("17")
        await message.press("Enter")
        await expect(viewer.get_by_role("alert").filter(has_text="message")).to_be_visible()
        await expect(message).to_have_value("17")
        await message.fill(simulator.jobs[0]["message_ids"][-1])
        await viewer.get_by_role("button", name="Adopt").click()
        await expect(viewer.get_by_role("button", name="Upscale picture 1")).to_be_visible()
        await expect(viewer).to_contain_text("Imagine · Finished")
        await page.page.keyboard.press("Escape")
        await page.finished("a bridge")

        await page.tile("a ferry").click()
        await page.page.get_by_role("button", name="Adopt").click()
        await expect(page.page.get_by_role("button", name="Upscale picture 1")).to_be_visible()
        await page.page.keyboard.press("Escape")
        await page.finished("a ferry")
        assert [job["prompt"] for job in simulator.jobs] == ["a bridge", "a ferry"]
