"""A real Chromium before the whole service, and what must hold whatever is done in it.

Contract: a test speaks of what a person sees: roles, names, pictures. At the end of each nothing was written to the
browser's console, no script has failed, and only the service and the picture host were asked for anything.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, FilePayload, Locator, Page, Request, ViewportSize, expect

from tests.support.mj_actions import data_url

ARTEFACTS = Path(__file__).resolve().parents[2] / "artefacts"
DESK: ViewportSize = {"width": 1280, "height": 860}
PHONE: ViewportSize = {"width": 360, "height": 740}


expect.set_options(timeout=30_000)


def picture_file(name: str, shade: int) -> FilePayload:
    """A picture as one chooses it from the disk."""
    return {"name": name, "mimeType": "image/png", "buffer": base64.b64decode(data_url(shade).partition(",")[2])}


@dataclass(kw_only=True)
class Console:
    """The page as it is used. `told`: lines of the browser's console that a test expects hold one of these."""

    page: Page
    url: str
    hosts: Collection[str]
    told: Collection[str] = ()
    troubles: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.troubles.append(f"{error}\n{error.stack}"))
        self.page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(words in message.text for words in self.told):
            self.troubles.append(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        if request.url.startswith("http") and urlsplit(request.url).netloc not in self.hosts:
            self.troubles.append(f"asked elsewhere: {request.url}")

    async def open(self, where: str = "") -> None:
        await self.page.goto(f"{self.url}/{where}")

    async def draw(self, prompt: str) -> None:
        """As one does it: write, and press Enter."""
        words = self.page.get_by_role("textbox", name="Prompt")
        await words.fill(prompt)
        await words.press("Enter")
        await expect(words).to_have_value("")

    def tile(self, text: str) -> Locator:
        return self.page.get_by_role("list", name="Results").get_by_role("link", name=text)

    async def finished(self, text: str) -> Locator:
        """The tile of a drawing that has ended well, with its picture."""
        tile = self.tile(text).first
        await expect(tile).to_have_attribute("aria-label", f"{text} – Imagine – Finished")
        await self.loaded(tile.locator("img"))
        return tile

    async def loaded(self, picture: Locator) -> None:
        await picture.scroll_into_view_if_needed()
        await expect(picture).to_have_js_property("complete", True)
        assert await picture.evaluate("picture => picture.naturalWidth") > 0

    async def run(self, script: str, argument: Any = None) -> Any:
        return await self.page.evaluate(script, argument)

    async def shoot(self, name: str) -> None:
        ARTEFACTS.mkdir(exist_ok=True)
        await self.page.screenshot(path=ARTEFACTS / f"{name}.png")


@asynccontextmanager
async def console(
    browser: Browser, url: str, pictures: str, *, told: Collection[str] = (), **context: Any
) -> AsyncIterator[Console]:
    """A page of its own: nothing is kept from another. `pictures`: the address of the picture host."""
    opened = await browser.new_context(**{"viewport": DESK, "locale": "en-GB", **context})
    try:
        page = await opened.new_page()
        ours = Console(page=page, url=url, hosts={urlsplit(url).netloc, urlsplit(pictures).netloc}, told=told)
        ours.watch()
        yield ours
        assert not ours.troubles, "\n".join(ours.troubles)
    finally:
        await opened.close()
