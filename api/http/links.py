"""The URLs that callers see.

Contract: a URL's path and query are never touched, because Discord's signature stands there; only the host is changed.
A link to ourselves is told only where it surely leads to us: in an answer by the name that was asked, in a call-back by
PUBLIC_URL, or where only this machine is served.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from aiohttp import hdrs, web

from tasks.domain.model import Image

CDN_ORIGINS = ("https://cdn.discordapp.com/", "https://media.discordapp.net/")


IMAGES = "/images"
_PLAIN_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9a-fA-F:]+\](:\d+)?")


@dataclass(kw_only=True, slots=True)
class Links:
    """How pictures and we ourselves are reached."""

    cdn_base: str = ""  # stands in for Discord's picture hosts, e.g. a reverse proxy; "" leaves them
    public_url: str = ""  # how users reach us; "" means: as they asked
    address: str = ""  # where this machine reaches us; told when we listen, and only if nobody else is served
    names_tiles: bool = False  # a grid in /mj also names its four pictures

    @property
    def base(self) -> str:
        """Where our copies of pictures are; "" when a link there might lead nowhere."""
        return self.public_url or self.address

    def picture(self, url: str) -> str:
        """A picture at Discord."""
        return through(self.cdn_base, url)

    def image(self, image: Image) -> str:
        """Our copy, where there is one; else the picture at Discord."""
        return self._copy(image) or self.picture(image.url)

    def tiles(self, image: Image) -> list[str]:
        """The four pictures of a grid, cut from our copy; none where there is no copy, or nobody wants them named."""
        copy = self._copy(image)
        return [f"{copy}?tile={number}" for number in (1, 2, 3, 4)] if copy and self.names_tiles else []

    def _copy(self, image: Image) -> str:
        return f"{self.base.rstrip('/')}{IMAGES}/{image.stored}" if image.stored and self.base else ""

    def asked_at(self, request: web.Request) -> Links:
        """For the answer to this request. A Host that is no plain name is not repeated."""
        if self.public_url:
            return self
        headers = request.headers
        address = _address(headers.get(hdrs.HOST, ""), headers.get(hdrs.X_FORWARDED_PROTO, ""))
        return replace(self, address=address) if address else self


@lru_cache(maxsize=64)
def _address(host: str, protocol: str) -> str:
    """By which a caller who sent these headers reaches us; "" where it is better not told."""
    scheme = "https" if protocol.strip().lower() == "https" else "http"
    return f"{scheme}://{host}" if _PLAIN_HOST.fullmatch(host) else ""


def through(base: str, url: str) -> str:
    """The URL with Discord's picture hosts replaced by `base`; any other URL stays as it is."""
    if not base:
        return url
    for origin in CDN_ORIGINS:
        if url.startswith(origin):
            return f"{base.rstrip('/')}/{url[len(origin) :]}"
    return url
