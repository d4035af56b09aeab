"""Converts the text of a setting to its value.

Contract: each reader takes the text without quotes and outer blanks, and raises ValueError stating what the text must
be.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from settings.secrets import ApiSecret


def unquoted(text: str) -> str:
    """Remove outer blanks and quotes: some environments keep the quotes of a `.env` line."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].strip()
    return text


def is_loopback(host: str) -> bool:
    """Whether a server listening on `host` is reachable from this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def flag(text: str) -> bool:
    if text.lower() in ("true", "yes", "on", "1"):
        return True
    if text.lower() in ("false", "no", "off", "0"):
        return False
    raise ValueError("true or false")


def url(text: str, schemes: tuple[str, ...] = ("http", "https")) -> str:
    must = f"an address that starts with {' or '.join(f'{scheme}://' for scheme in schemes)} and has no blanks"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or re.search(r"\s", text):
        raise ValueError(must)
    return text


def base_url(text: str) -> str:
    return url(text).rstrip("/")


def proxy_url(text: str) -> str:
    return url(text, ("http", "https", "socks5", "socks5h"))


def gateway_url(text: str) -> str:
    return url(text, ("ws", "wss"))


def database_url(text: str) -> str:
    return url(text, ("postgresql", "postgres"))


def digits(text: str) -> str:
    if not re.fullmatch(r"[0-9]+", text):
        raise ValueError("an id, digits only; Discord shows it in the channel's address: /channels/<guild>/<channel>")
    return text


def token(text: str) -> str:
    if text.lower().startswith(("bot ", "bearer ")):
        raise ValueError("a user account's token alone: leave out the word before it. A bot's token will not do")
    return word(text)


def word(text: str) -> str:
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("one word of ASCII letters, digits and signs, as it travels in an HTTP header")
    return text


def api_secrets(text: str) -> tuple[ApiSecret, ...]:
    """`secret`, or `name:secret` and `name:secret:shared`, separated by commas."""
    if not re.search("[,:]", text):
        return (ApiSecret(secret=word(text)),)
    found = tuple(_named_secret(unquoted(item)) for item in text.split(","))
    if len({each.name for each in found}) < len(found):
        raise ValueError("a list in which each name stands once")
    if len({each.secret for each in found}) < len(found):
        raise ValueError("a list in which no two names have the same secret")
    return found


def _named_secret(text: str) -> ApiSecret:
    name, _, rest = text.partition(":")
    secret, colon, flag = rest.partition(":")
    if not re.fullmatch(r"[a-z0-9_-]{1,32}", name) or not secret or (colon and flag != "shared"):
        raise ValueError(
            "one secret without : and commas, or a list such as anna:secret1,bert:secret2:shared.\n"
            "    A name is 1 to 32 of a-z, 0-9, _ and -; shared, a secret shows everybody's tasks"
        )
    return ApiSecret(name=name, secret=word(secret), shared=bool(colon))


def host(text: str) -> str:
    name = text.strip("[]")
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        if re.fullmatch(r"(?=.*[A-Za-z])[A-Za-z0-9_.-]+", name):
            return name.lower()
    raise ValueError("an IP address or a host name, without http:// and without a port")


def object_prefix(text: str) -> str:
    parts = text.strip("/").split("/")
    if not all(re.fullmatch(r"[A-Za-z0-9_.-]+", part) and part.strip(".") for part in parts):
        raise ValueError("one or more names of ASCII letters, digits, dots, dashes and underscores, with / between")
    return "/".join(parts)


def webhook_secret(text: str) -> str:
    """A key of Standard Webhooks: 24 to 64 bytes in base64."""
    try:
        prefix, key = text[:6], base64.b64decode(text[6:], validate=True)
        usable = prefix == "whsec_" and 24 <= len(key) <= 64
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(
            f"whsec_ and 24 to 64 random bytes in base64, as made by\n      {_RANDOM_KEY}\n"
            "    or two such, separated by a comma, while one replaces the other"
        )
    return text


_RANDOM_KEY = """python -c "import base64, os; print('whsec_' + base64.b64encode(os.urandom(32)).decode())\""""


def allowed_name(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip("[]")))
    except ValueError:
        pass
    try:
        return ("*." if text.startswith("*.") else "") + host(text.removeprefix("*.").removesuffix("."))
    except ValueError:
        raise ValueError(
            "host names, such as hooks.example.internal or *.example.internal, and networks, such as 10.1.2.0/24,\n"
            "    separated by commas: without http://, without a port, and a network with its host bits 0"
        ) from None


def time_of_day(text: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError("a time of day from 00:00 to 23:59, such as 04:30")
    return text


def list_of(reader: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        return tuple(reader(item.strip()) for item in text.split(",") if item.strip())

    return read


def origin(text: str) -> str:
    base = base_url(text).lower()
    if urlsplit(base).path or urlsplit(base).query:
        raise ValueError("origins such as https://page.example, separated by commas: scheme, host and port, no path")
    return base
