"""Connecting the first account in the page: a link and a token, and what the account's own check says."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from app.service import service
from settings import load
from simulator import Simulator
from tests.support.accessibility import check_accessibility
from tests.support.browser import console
from tests.support.chromium import chromium

ADMIN = "operator's-own"


def environ_of(simulator: Simulator, folder: Path) -> dict[str, str]:
    base = simulator.url
    return {
        "DATA_DIR": str(folder),
        "ADMIN_SECRET": ADMIN,
        "DISCORD_API_BASE": simulator.rest_url,
        "DISCORD_GATEWAY_URL": simulator.gateway_url,
        "DISCORD_CDN_BASE": base,
        "DISCORD_UPLOAD_BASE": base,
        "DISCORD_FETCH_BUILD": "false",
    }


async def test_a_first_account_is_connected_in_the_page(tmp_path: Path) -> None:
    async with Simulator(accounts=2) as simulator:
        good, bad = simulator.accounts
        simulator.set_account(1, access="no_bot")
        async with (
            service(load(environ_of(simulator, tmp_path), ()), port=0) as url,
            chromium() as browser,
            console(browser, url, simulator.url) as page,
        ):
            await page.open()
            await page.page.get_by_role("link", name="Accounts").click()
            secret = page.page.get_by_label("The operator’s secret")
            await secret.fill(ADMIN)
            await secret.press("Enter")
            form = page.page.get_by_role("region", name="Connect an account")
            await form.get_by_label("Link of the channel").fill(
                f"https://discord.com/channels/{bad.guild_id}/{bad.channel_id}"
            )
            await expect(form).to_contain_text(f"Server {bad.guild_id}, channel {bad.channel_id}")
            token = form.get_by_label("Token")
            await token.fill(bad.token)
            await token.press("Enter")
            await expect(form.get_by_role("alert")).to_contain_text("invite the bot to the server")
            await expect(form).to_contain_text("Discord accepts the token")
            await expect(token).to_have_value("")
            await check_accessibility(page)
            await form.get_by_label("Link of the channel").fill(
                f"https://discord.com/channels/{good.guild_id}/{good.channel_id}"
            )
            await token.fill(good.token)
            await token.press("Enter")
            await expect(form).to_contain_text("It can draw")
        assert (tmp_path / "accounts.toml").stat().st_mode & 0o777 == 0o600
