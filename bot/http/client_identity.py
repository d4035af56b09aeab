"""The client properties that Discord's web client sends: Chrome version, build number, launch ids.

Contract: the Chrome version always matches the TLS handshake that curl imitates; a mismatch would be conspicuous. Only
Discord's own pages are read for the build number, within ten seconds in total; if that fails, a dated number is used.
The library would contact a third party first and could wait for ten minutes.
"""

import asyncio
import base64
import json
import logging
import random
import re
import uuid
from dataclasses import dataclass, replace
from typing import Any

import httpx
from curl_cffi.requests.impersonate import DEFAULT_CHROME
from discord.utils import Headers

log = logging.getLogger(__name__)

IMPERSONATED_CHROME = int(re.sub(r"\D", "", DEFAULT_CHROME))
FETCH_SECONDS = 10.0
_BUILD_IN_PAGE = re.compile(r'"BUILD_NUMBER"\s*:\s*"?(\d+)')
_ASSET = re.compile(r"/assets/(sentry\.\w+\.js)")
_BUILD_IN_ASSET = re.compile(r'buildNumber\D{1,100}(\d+)"')
_EXTRA = {"is_fast_connect": False, "gateway_connect_reasons": "AppSkeleton"}
# The bits of a launch signature in which the web client reports client modifications; an unmodified client has them
# all clear (two independent clients agree, 2026).
_MODIFICATION_BITS = 0x00801010_0810_0800_2081_004001000800


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientIdentity:
    """A web client: the build of Discord's code and the major version of Chrome it runs in."""

    build_number: int = 599_441  # as published on 2026-08-22, beside Chrome 151
    chrome: int = IMPERSONATED_CHROME

    @property
    def user_agent(self) -> str:
        return (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            f"Chrome/{self.chrome}.0.0.0 Safari/537.36"
        )


async def fetch(known: ClientIdentity, *, pages_base: str, proxy_url: str = "") -> ClientIdentity:
    """Return `known` with the build number from Discord's pages. Never raises; logs the result."""
    try:
        async with asyncio.timeout(FETCH_SECONDS):
            build = await _fetch_build(known, pages_base.rstrip("/"), proxy_url)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ImportError, ValueError) as error:
        log.warning(
            "cannot read the build number from Discord's pages (%s): using %d", type(error).__name__, known.build_number
        )
        return known
    log.info("Discord's web client has build number %d", build)
    return replace(known, build_number=build)


async def _fetch_build(known: ClientIdentity, base: str, proxy_url: str) -> int:
    headers = {"User-Agent": known.user_agent, "Accept-Language": "en-US,en;q=0.9"}
    async with httpx.AsyncClient(proxy=proxy_url or None, trust_env=False, headers=headers) as pages:
        page = (await pages.get(f"{base}/login")).raise_for_status().text
        if found := _BUILD_IN_PAGE.search(page):
            return int(found[1])
        asset = _ASSET.search(page)
        if asset is None:
            raise ValueError("no build number in the page")
        script = (await pages.get(f"{base}/assets/{asset[1]}")).raise_for_status().text
        found = _BUILD_IN_ASSET.search(script)
        if found is None:
            raise ValueError("no build number in the script")
        return int(found[1])


def to_headers(properties: ClientIdentity) -> Headers:
    """The library's headers for one client, with launch ids of its own."""
    super_properties: dict[str, Any] = {
        "os": "Windows",
        "browser": "Chrome",
        "device": "",
        "system_locale": "en-US",
        "browser_user_agent": properties.user_agent,
        "browser_version": f"{properties.chrome}.0.0.0",
        "os_version": "10",
        "referrer": "",
        "referring_domain": "",
        "referrer_current": "",
        "referring_domain_current": "",
        "release_channel": "stable",
        "client_build_number": properties.build_number,
        "client_event_source": None,
        "has_client_mods": False,
        "client_launch_id": str(uuid.uuid4()),
        "launch_signature": str(uuid.UUID(int=uuid.uuid4().int & ~_MODIFICATION_BITS)),  # sent since 2026-03
        "client_app_state": "unfocused",
        "client_heartbeat_session_id": str(uuid.uuid4()),
    }
    headers = Headers(
        platform="Windows",
        major_version=properties.chrome,
        super_properties=super_properties,
        encoded_super_properties=base64.b64encode(
            json.dumps(super_properties, separators=(",", ":")).encode()
        ).decode(),
        extra_gateway_properties=dict(_EXTRA),
    )
    _build_hints(headers)
    return headers


def _build_hints(headers: Headers) -> None:
    """Build the client hints once. The library seeds the process's random numbers for them; restore their state."""
    before = random.getstate()
    try:
        _ = headers.client_hints  # a cached property
    finally:
        random.setstate(before)
