"""Secrets within the values of settings.

Contract: the one place that knows which texts the log filter must remove. A secret never appears in a repr.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import msgspec


class ApiSecret(msgspec.Struct, frozen=True, kw_only=True):
    """One API secret; its repr hides the secret."""

    name: str = ""  # "": the only secret, which sees every task
    secret: str
    shared: bool = False  # a named secret that sees all tasks, not only its own

    def __repr__(self) -> str:
        return f"ApiSecret(name={self.name!r}, secret='***', shared={self.shared})"


def secrets_in(value: str | tuple[str | ApiSecret, ...]) -> Iterator[str]:
    """The value, and for a URL also its password, alone and with the user name as a proxy receives it."""
    if not isinstance(value, str):
        for each in value:
            yield from secrets_in(each if isinstance(each, str) else each.secret)
        return
    yield value
    parts = urlsplit(value) if "://" in value else None
    if parts is not None and parts.password:
        password = unquote(parts.password)
        yield from (parts.password, password, f"{unquote(parts.username or '')}:{password}")
