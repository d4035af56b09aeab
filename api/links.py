"""The URLs that callers see.

Law: a URL's path and query are never touched, because Discord's signature stands there; only the host is changed. A
link to ourselves is told only where it surely leads to us: in an answer by the name that was asked, in a call-back by
PUBLIC_URL, or where only this machine is served.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiohttp import web

from tasks.model import Image

CDN_ORIGINS = ("https://cdn.discordapp.com/", "https://media.discordapp.net/")


IMAGES = "/images"
_PLAIN_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?")


@dataclass(kw_only=True, slots=True)
class Links:
    """How pictures and we ourselves are reached."""

    cdn_base: str = ""  # stands in for Discord's picture hosts, e.g. a reverse proxy; "" leaves them
    public_url: str = ""  # how users reach us; "" means: as they asked
    address: str = ""  # where this machine reaches us; told when we listen, and only if nobody else is served

    def picture(self, url: str) -> str:
        """A picture at Discord."""
        return through(self.cdn_base, url)

    def image(self, image: Image) -> str:
        """Our copy, where there is one; else the picture at Discord."""
        base = self.public_url or self.address
        return f"{base.rstrip('/')}{IMAGES}/{image.stored}" if image.stored and base else self.picture(image.url)

    def asked_at(self, request: web.Request) -> Links:
        """For the answer to this request. A Host that is no plain name is not repeated."""
        host = request.headers.get("Host", "")
        if self.public_url or not _PLAIN_HOST.fullmatch(host):
            return self
        scheme = "https" if request.headers.get("X-Forwarded-Proto", "").strip().lower() == "https" else "http"
        return Links(cdn_base=self.cdn_base, address=f"{scheme}://{host}")


def through(base: str, url: str) -> str:
    """The URL with Discord's picture hosts replaced by `base`; any other URL stays as it is."""
    if not base:
        return url
    for origin in CDN_ORIGINS:
        if url.startswith(origin):
            return f"{base.rstrip('/')}/{url[len(origin) :]}"
    return url
