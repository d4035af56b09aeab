"""A real Chromium for the tests that need one: that of the machine, which Debian calls `chromium`.

A machine without one runs all other tests and says so in pytest's first lines; under CI it must be there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Browser


PATH = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
IS_WANTED = PATH is not None or bool(os.environ.get("CI"))
_ARGUMENTS = [
    *("--no-sandbox", "--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    from playwright.async_api import async_playwright  # for the few tests that need it

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PATH, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()
