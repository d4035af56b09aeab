"""The effective settings as text for the operator.

Contract: a secret appears as "set" or "not set". A URL appears without its password and its query, which may hold keys.
Only settings of the table appear.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from settings import TABLE, Setting, Settings


def effective_settings(settings: Settings) -> Mapping[str, str]:
    """The name of each setting → its value as in `.env`; "set" or "not set" for a secret."""
    return {setting.name: _shown(setting, setting.values(settings)) for setting in TABLE}


def _shown(setting: Setting, values: list[Any]) -> str:
    if setting.secret:
        return "set" if any(values) else "not set"
    return ", ".join(_text(value) for value in values)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(_text(item) for item in value)
    text = str(value)
    return _without_keys(text) if "://" in text else text


def _without_keys(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="…" if parts.query else "").geturl()
