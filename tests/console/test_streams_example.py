"""The lines of docs/streams.md with which a page listens, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.blocks import blocks_of
from tests.support.chromium import chromium
from tests.support.whole_service import whole

SECRET = "the-secret-of-those-who-listen"
PROGRAMS = [block.code for block in blocks_of("docs/streams.md") if block.language == "js"]


@pytest.mark.parametrize("code", PROGRAMS, ids=["fetch", "EventSource"])
async def test_a_page_reads_the_stream(tmp_path: Path, code: str) -> None:
    script = """async ([api, secret]) => new Promise((resolve) => {
        let last = "0", got = "";
        const headers = { "mj-api-secret": secret };
        const feed = (chunk) => { got += chunk; if (got.includes("event: task")) resolve(got); };
        const show = (told) => resolve(JSON.stringify(told)), reload = () => resolve("reset");
        (async () => { %s })();
    })"""
    async with whole(tmp_path, environ={"API_SECRET": SECRET}) as house, chromium() as browser:
        house.client.session.headers["mj-api-secret"] = SECRET
        task = await house.client.submit(action="IMAGINE", prompt="a dog")
        await house.hooks.until_ended(task)
        page = await browser.new_page()
        await page.goto(f"{house.client.url}/docs")
        assert task in await page.evaluate(script % code, [house.client.url, SECRET])
