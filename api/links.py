"""The URLs that callers see.

Law: a URL's path and query are never touched, because Discord's signature stands there; only the host is changed.
"""

from __future__ import annotations

from dataclasses import dataclass

CDN_ORIGINS = ("https://cdn.discordapp.com/", "https://media.discordapp.net/")


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """How pictures and we ourselves are reached."""

    cdn_base: str = ""  # stands in for Discord's picture hosts, e.g. a reverse proxy; "" leaves them
    public_url: str = ""  # how users reach us; "" means: as they asked

    def picture(self, url: str) -> str:
        return through(self.cdn_base, url)


def through(base: str, url: str) -> str:
    """The URL with Discord's picture hosts replaced by `base`; any other URL stays as it is."""
    if not base:
        return url
    for origin in CDN_ORIGINS:
        if url.startswith(origin):
            return f"{base.rstrip('/')}/{url[len(origin) :]}"
    return url
