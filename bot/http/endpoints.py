"""The base URLs of Discord, and the rewriting of Discord's absolute URLs to configured ones.

Contract: pure. Operators who cannot reach Discord configure reverse proxies here, and the simulator its own address.
With Discord's own base a URL stays unchanged, which keeps Discord's choice of host (media, resume, uploads).
"""

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

API_BASE = "https://discord.com/api/v9"
GATEWAY_URL = "wss://gateway.discord.gg/"
CDN_BASE = "https://cdn.discordapp.com"
UPLOAD_BASE = "https://discord-attachments-uploads-prd.storage.googleapis.com"
PAGES_BASE = "https://discord.com"


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoints:
    """The base URLs of every connection of this package. Empty: Discord's own."""

    api_base: str = API_BASE  # with the version
    gateway_url: str = GATEWAY_URL
    cdn_base: str = CDN_BASE
    upload_base: str = UPLOAD_BASE
    pages_base: str = PAGES_BASE  # Discord's web pages, which contain the build number
    activity_base: str = ""  # web dialogs inside Discord, such as MidJourney's Vary (Region)

    @property
    def is_discord(self) -> bool:
        """Is the API Discord itself? Only then its pages contain the right build number."""
        return self.api_base.rstrip("/") in ("", API_BASE)

    def api(self, url: str) -> str:
        if self.is_discord or not url.startswith(API_BASE):
            return url
        return self.api_base.rstrip("/") + url.removeprefix(API_BASE)

    def gateway(self, url: str) -> str:
        """Also for a `resume_gateway_url`, which Discord sends and no reverse proxy rewrites."""
        if self.gateway_url.rstrip("/") in ("", GATEWAY_URL.rstrip("/")):
            return url
        return urlunsplit(urlsplit(self.gateway_url)._replace(query=urlsplit(url).query))

    def cdn(self, url: str) -> str:
        return _rebase(url, self.cdn_base, CDN_BASE)

    def upload(self, url: str) -> str:
        return _rebase(url, self.upload_base, UPLOAD_BASE)

    def activity(self, application_id: str) -> str:
        """The base URL of an application's web dialogs; each application has its own host."""
        return self.activity_base.rstrip("/") or activity_host(application_id)


def activity_host(application_id: str) -> str:
    """The origin that a browser would send, whatever proxy is in between."""
    return f"https://{application_id}.discordsays.com"


def _rebase(url: str, base: str, discords_own: str) -> str:
    base = base.rstrip("/")
    if not base or base == discords_own:
        return url
    parts = urlsplit(url)
    return base + parts.path + (f"?{parts.query}" if parts.query else "")
