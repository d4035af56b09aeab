"""Where Discord is, and how its absolute addresses become ours.

Law: pure. People who cannot reach Discord name reverse proxies here, and the simulator names itself. An address
that is Discord's own is left alone, so that Discord's choice of host (media, resume, uploads) is kept.
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
    """The bases of everything this package opens a connection to. Empty: Discord's own."""

    api_base: str = API_BASE  # with the version
    gateway_url: str = GATEWAY_URL
    cdn_base: str = CDN_BASE
    upload_base: str = UPLOAD_BASE
    pages_base: str = PAGES_BASE  # Discord's web pages, asked for the number of its build
    activity_base: str = ""  # web dialogs inside Discord, such as MidJourney's Vary (Region)

    @property
    def is_discord(self) -> bool:
        """Whether it is Discord itself that is spoken to: only then its pages are worth asking."""
        return self.api_base.rstrip("/") in ("", API_BASE)

    def api(self, url: str) -> str:
        if self.is_discord or not url.startswith(API_BASE):
            return url
        return self.api_base.rstrip("/") + url.removeprefix(API_BASE)

    def gateway(self, url: str) -> str:
        """Also of a `resume_gateway_url`, which Discord sends and no reverse proxy rewrites."""
        if self.gateway_url.rstrip("/") in ("", GATEWAY_URL.rstrip("/")):
            return url
        return urlunsplit(urlsplit(self.gateway_url)._replace(query=urlsplit(url).query))

    def cdn(self, url: str) -> str:
        return _moved(url, self.cdn_base, CDN_BASE)

    def upload(self, url: str) -> str:
        return _moved(url, self.upload_base, UPLOAD_BASE)

    def activity(self, application_id: str) -> str:
        """Where the web dialogs of an application are: each has a host of its own."""
        return self.activity_base.rstrip("/") or activity_host(application_id)


def activity_host(application_id: str) -> str:
    """What a browser says it comes from, whatever stands in between."""
    return f"https://{application_id}.discordsays.com"


def _moved(url: str, base: str, discords_own: str) -> str:
    base = base.rstrip("/")
    if not base or base == discords_own:
        return url
    parts = urlsplit(url)
    return base + parts.path + (f"?{parts.query}" if parts.query else "")
