"""Who may see what, what is shown of strangers' words, and what happens when the connection breaks."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from playwright.async_api import expect

from assembly.service import service
from simulator import Simulator
from tests.chromium import chromium
from tests.console.browser import console
from tests.e2e.harness import settings_for, whole

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
