"""Who may see what, what is shown of strangers' words, and what happens when the connection breaks."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from playwright.async_api import Route, expect

from app.service import service
from simulator import Simulator
from tests.support.browser import console
from tests.support.chromium import chromium
from tests.support.whole_service import settings_for, whole

SECRETS = {"API_SECRET": "sesame", "ADMIN_SECRET": "operator's-own"}
REFUSED = ("401 (Unauthorized)", "403 (Forbidden)")
HOSTILE = "<img src=x onerror=document.title='gone'> \"><script>document.title='gone'</script> {{7*7}}"


async def test_a_secret_is_asked_for_once_and_can_be_forgotten(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=SECRETS) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, told=REFUSED) as page,
    ):
        await page.open()
        asked = page.page.get_by_role("dialog", name="This service wants a secret")
        secret = asked.get_by_label("Secret", exact=True)
        await expect(secret).to_be_focused()
        await secret.fill("guessed")
        await secret.press("Enter")
        await expect(asked.get_by_text("The secret is wrong.")).to_be_visible()
        await expect(secret).to_be_focused()
        await secret.fill("sesame")
        await secret.press("Enter")
        await page.draw("a door")
        await page.finished("a door")
        await page.page.reload()
        await page.finished("a door")  # kept in this tab
        assert await page.run("Object.keys(localStorage).filter((name) => /secret/i.test(name))") == []
        assert "sesame" not in page.page.url

        await page.page.get_by_role("link", name="Operator").click()
        admin = page.page.get_by_label("The operator’s secret")
        await admin.fill("operator's-own")
        await page.page.get_by_label("Remember").check()
        await admin.press("Enter")
        in_force = page.page.get_by_role("region", name="Settings in force")
        await expect(in_force).to_contain_text("API_SECRETset")
        await expect(in_force).to_contain_text("MAX_QUEUE10000")
        assert "sesame" not in await page.page.content()

        await page.page.get_by_role("link", name="Accounts").click()
        await page.page.get_by_role("button", name="Pause").click()
        await expect(page.page.get_by_text("Paused", exact=True)).to_be_visible()
        await page.page.get_by_role("button", name="Resume").click()
        await expect(page.page.get_by_text("Ready to draw")).to_be_visible()

        await page.page.get_by_role("button", name="Sign out").click()
        await expect(asked).to_be_visible()
        assert await page.run("localStorage.length + sessionStorage.length") == 0
        assert await page.tile("a door").count() == 0


async def test_a_prompt_of_html_stays_text(tmp_path: Path) -> None:
    async with (
        whole(tmp_path) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.open()
        await page.draw(HOSTILE)
        tile = page.page.locator(".tile")
        await expect(tile).to_have_attribute("aria-label", f"{HOSTILE} – Imagine – Finished")
        await expect(tile).to_contain_text(HOSTILE)
        await tile.click()
        await expect(page.page.get_by_role("dialog")).to_contain_text("onerror")
        assert await page.page.title() == "MidJourney API"
        assert await page.run("document.querySelectorAll('script').length") == 1
        assert await page.run("[...document.images].filter((image) => image.src.endsWith('/x')).length") == 0
        # Even a script that found a way in could do nothing.
        refused = await page.run(
            "try { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); 'done' } catch (error) { error.name }"
        )
        assert refused == "TypeError"
        page.troubles.clear()  # the browser reports what it refused


async def test_a_lost_connection_is_told_and_nothing_is_missed(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(Simulator(job_seconds=1.5))
        settings = settings_for(simulator, tmp_path, environ={})
        settings = msgspec.structs.replace(settings, simulator=False)  # which goes on, unlike that of --simulator
        running = await stack.enter_async_context(AsyncExitStack())
        url = await running.enter_async_context(service(settings, port=0))
        browser = await stack.enter_async_context(chromium())
        told = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET")
        page = await stack.enter_async_context(console(browser, url, simulator.url, told=told))
        await page.open()
        await page.draw("a bridge")
        await expect(page.tile("a bridge").get_by_role("progressbar")).to_be_visible()
        await running.aclose()
        await expect(page.page.get_by_text("The connection is lost")).to_be_visible()
        await page.page.get_by_role("button", name="Try now").click()  # in vain, as yet
        words = page.page.get_by_role("textbox", name="Prompt")
        await words.fill("a second bridge")
        await words.press("Enter")
        await expect(page.page.get_by_text("The service cannot be reached.")).to_be_visible()
        await stack.enter_async_context(service(settings, port=urlsplit(url).port))
        await expect(page.page.get_by_text("The connection is lost")).to_be_hidden(timeout=60_000)
        await page.finished("a bridge")
        await words.press("Enter")  # the same wish again, with the same key
        await page.finished("a second bridge")
        assert [job["prompt"] for job in simulator.jobs] == ["a bridge", "a second bridge"]


async def test_a_secret_that_was_changed_meanwhile_is_asked_for(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(Simulator())
        settings = settings_for(simulator, tmp_path, environ={"API_SECRET": "sesame"})
        browser = await stack.enter_async_context(chromium())
        async with service(settings, port=0) as url:
            told = ("401", "ERR_CONNECTION", "ERR_INCOMPLETE_CHUNKED_ENCODING")
            page = await stack.enter_async_context(console(browser, url, simulator.url, told=told))
            await page.open()
            secret = page.page.get_by_label("Secret", exact=True)
            await secret.fill("sesame")
            await secret.press("Enter")
            await expect(page.page.get_by_role("heading", name="Results")).to_be_visible()
        await expect(page.page.get_by_text("The connection is lost")).to_be_visible()
        settings = settings_for(simulator, tmp_path, environ={"API_SECRET": "another"})
        await stack.enter_async_context(service(settings, port=urlsplit(url).port))
        await expect(page.page.get_by_text("The secret is wrong.")).to_be_visible(timeout=60_000)
        await secret.fill("another")
        await secret.press("Enter")
        await expect(page.page.get_by_role("heading", name="Results")).to_be_visible()


async def test_the_window_for_a_secret_stays(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=SECRETS) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, told=REFUSED) as page,
    ):
        await page.open()
        asked = page.page.get_by_role("dialog", name="This service wants a secret")
        await expect(asked).to_be_visible()
        for _ in range(3):
            await page.page.keyboard.press("Escape")
        await expect(asked.get_by_label("Secret", exact=True)).to_be_focused()


async def test_too_many_wrong_secrets_are_called_so(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=SECRETS) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, told=(*REFUSED, "429")) as page,
    ):
        wrong = {"mj-api-secret": "guessed"}
        while (await page.page.request.get(f"{house.client.url}/mj/task/list", headers=wrong)).status != 429:
            pass
        await page.open()
        secret = page.page.get_by_label("Secret", exact=True)
        await secret.fill("guessed")
        await secret.press("Enter")
        await expect(page.page.get_by_text("Too many wrong secrets")).to_be_visible()
        await page.page.get_by_role("button", name="Enter another").click()
        await secret.fill("sesame")
        await secret.press("Enter")
        await expect(page.page.get_by_role("heading", name="Results")).to_be_visible()


async def test_an_answer_that_comes_after_signing_out_is_not_shown(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ=SECRETS) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, told=REFUSED) as page,
    ):
        may_go, is_asked = asyncio.Event(), asyncio.Event()

        async def hold(route: Route) -> None:
            is_asked.set()
            await may_go.wait()
            await route.continue_()

        await page.open()
        asked = page.page.get_by_role("dialog", name="This service wants a secret")
        secret = asked.get_by_label("Secret", exact=True)
        await page.page.route("**/mj/task/list?*", hold, times=1)
        await secret.fill("sesame")
        await secret.press("Enter")
        await is_asked.wait()
        await page.page.get_by_role("button", name="Sign out").click()
        await expect(secret).to_be_focused()
        async with page.page.expect_response("**/mj/task/list?*") as answered:
            may_go.set()
        await (await answered.value).finished()
        await page.run("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
        await expect(asked).to_be_visible()
        await expect(page.page.get_by_role("heading", name="Results")).to_have_count(0)


async def test_a_service_that_does_not_answer_is_called_so(tmp_path: Path) -> None:
    async with (
        whole(tmp_path) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url, told=("ERR_",)) as page,
    ):
        is_asked, may_go = asyncio.Event(), asyncio.Event()

        async def hold(route: Route) -> None:
            is_asked.set()
            await may_go.wait()
            await route.abort()

        await page.page.clock.install()
        await page.page.route("**/api/v1/events?*", hold, times=1)
        await page.open()
        await is_asked.wait()
        await page.page.clock.fast_forward("01:01")
        await expect(page.page.get_by_text("The service cannot be reached.")).to_be_visible()
        may_go.set()
        await page.page.get_by_role("button", name="Try now").click()
        await expect(page.page.get_by_role("heading", name="Results")).to_be_visible()


async def test_what_has_become_of_the_accounts_is_looked_at_from_time_to_time(tmp_path: Path) -> None:
    async with (
        whole(tmp_path, environ={"ADMIN_SECRET": "operator's-own"}) as house,
        chromium() as browser,
        console(browser, house.client.url, house.simulator.url) as page,
    ):
        await page.page.clock.install()
        await page.open("#/accounts")
        await expect(page.page.get_by_text("Ready to draw")).to_be_visible()
        account = house.simulator.accounts[0].channel_id
        answer = await page.page.request.post(
            f"{house.client.url}/api/v1/accounts/{account}/pause", headers={"mj-api-secret": "operator's-own"}
        )
        assert answer.ok
        await page.page.clock.fast_forward("00:31")
        await expect(page.page.get_by_text("Paused", exact=True)).to_be_visible()
        await expect(page.page.get_by_role("img", name="Needs attention")).to_be_visible()


async def test_tasks_of_a_database_that_is_gone_are_not_shown(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(Simulator())
        browser = await stack.enter_async_context(chromium())
        settings = settings_for(simulator, tmp_path, environ={"DATABASE_PATH": str(tmp_path / "first.db")})
        async with service(settings, port=0) as url:
            told = ("ERR_CONNECTION", "ERR_INCOMPLETE_CHUNKED_ENCODING")
            page = await stack.enter_async_context(console(browser, url, simulator.url, told=told))
            await page.open()
            await page.draw("a bridge")
            await page.finished("a bridge")
        await expect(page.page.get_by_text("The connection is lost")).to_be_visible()
        settings = settings_for(simulator, tmp_path, environ={"DATABASE_PATH": str(tmp_path / "second.db")})
        await stack.enter_async_context(service(settings, port=urlsplit(url).port))
        await expect(page.page.get_by_text("Nothing yet.")).to_be_visible(timeout=60_000)
