"""Who may ask: the secret, and the guards that stand in for it where there is none.

Law: with a secret, nothing but the secret counts. Without one, the service belongs to the machine's owner alone, so a
request must show that no foreign web page is behind it: a GET can spend money, and every page can make a GET.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from api.errors import CODE_HEADER, Forbidden
from tasks.errors import Unauthorized

# "*" does not cover Authorization
ALLOWED_HEADERS = "mj-api-secret, authorization, content-type, idempotency-key, last-event-id"
_MEND = "or set API_SECRET and send it."


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """What the operator decided about access."""

    secret: str = ""  # "": anonymous mode
    admin_secret: str = ""  # "": nobody is an administrator
    allowed_hosts: frozenset[str] = (
        frozenset()
    )  # further Host names of ours, with or without a port; loopback always is
    cors_origins: frozenset[str] = frozenset()  # pages that may ask in anonymous mode, e.g. "https://my.page"


class Gate:
    """The decisions for one request, from its headers."""

    def __init__(self, access: Access) -> None:
        self._secret = access.secret.encode()
        self._admin_secret = access.admin_secret.encode()
        self._hosts = frozenset(host.lower() for host in access.allowed_hosts)
        self._origins = frozenset(origin.lower().rstrip("/") for origin in access.cors_origins)

    def check(self, method: str, headers: Mapping[str, str]) -> None:
        """Raises `Unauthorized` or `Forbidden` when the request may not pass."""
        if self._secret:
            if not _has_secret(headers, self._secret):
                raise Unauthorized(hint="Send it as the header mj-api-secret, or as Authorization: Bearer <secret>.")
            return
        host = headers.get("Host", "").lower()
        if not self._is_our_host(host):
            raise Forbidden(
                f"The Host header {host[:100]!r} is not one of ours.",
                hint=f"Ask 127.0.0.1 or localhost, add the name to ALLOWED_HOSTS, {_MEND}",
            )
        if self._is_foreign_page(method, headers, host):
            raise Forbidden(
                "The request comes from another web page.", hint=f"Add the page's origin to CORS_ORIGINS, {_MEND}"
            )

    def check_admin(self, headers: Mapping[str, str]) -> None:
        """Raises `Unauthorized` unless the request has the administrator's secret."""
        if not self._admin_secret:
            raise Forbidden("Nobody may do this.", hint="The operator can allow it by setting ADMIN_SECRET.")
        if not _has_secret(headers, self._admin_secret):
            raise Unauthorized(hint="This wants ADMIN_SECRET, sent as mj-api-secret or as Authorization: Bearer.")

    def admits(self, method: str, headers: Mapping[str, str]) -> bool:
        """The same as a yes or no, for routes that are open but tell more to those who may ask."""
        try:
            self.check(method, headers)
        except (Unauthorized, Forbidden):
            return False
        return True

    def cors(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers by which a page in a browser may read the answer; none when it may not or did not ask."""
        origin = headers.get("Origin")
        if origin is None:
            return {}
        expose = {"Access-Control-Expose-Headers": f"Retry-After, {CODE_HEADER}"}
        if self._secret:  # nothing is sent by cookie: a page without the secret gets nothing
            return {"Access-Control-Allow-Origin": "*", **expose}
        if origin.lower() in self._origins:
            return {"Access-Control-Allow-Origin": origin, "Vary": "Origin", **expose}
        return {}

    def preflight(self, headers: Mapping[str, str], methods: str) -> dict[str, str]:
        """The answer's headers to a browser that asks before it sends."""
        cors = self.cors(headers)
        if not cors:
            raise Forbidden("This page may not call the API.", hint=f"Add its origin to CORS_ORIGINS, {_MEND}")
        return cors | {
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": ALLOWED_HEADERS,
            "Access-Control-Max-Age": "600",
        }

    def _is_our_host(self, host: str) -> bool:
        name = host_name(host)
        return is_loopback(name) or host in self._hosts or name in self._hosts

    def _is_foreign_page(self, method: str, headers: Mapping[str, str], host: str) -> bool:
        origin = headers.get("Origin", "").lower()
        if origin:
            if origin in self._origins:
                return False
            if not self._is_known(origin, host):
                return True
        site = headers.get("Sec-Fetch-Site")
        if site is not None:
            return site.lower() not in ("same-origin", "none")
        if origin:
            return False
        if "Referer" in headers:
            return not self._is_known(origin_of(headers["Referer"]).lower(), host)
        # Old browsers, and all of them to a name that is neither loopback nor https, send no Sec-Fetch-Site, and an
        # <img> sends no Origin: a browser's GET that shows no sign of its page could come from any page.
        return method == "GET" and headers.get("User-Agent", "").startswith("Mozilla/")

    def _is_known(self, origin: str, host: str) -> bool:
        return origin in (f"http://{host}", f"https://{host}") or origin in self._origins


def _has_secret(headers: Mapping[str, str], secret: bytes) -> bool:
    """Both headers may come together, and one may be meant for a gateway in between: either may be right."""
    authorization = headers.get("Authorization", "").strip()
    scheme, _, token = authorization.partition(" ")
    given = [headers.get("mj-api-secret", "").strip(), authorization]
    if scheme.lower() == "bearer":
        given.append(token.strip())
    return any(hmac.compare_digest(value.encode(errors="surrogateescape"), secret) for value in given)


def host_name(host: str) -> str:
    """The name in a Host header, without the port; "" when it is none."""
    if host.startswith("["):
        name, bracket, port = host.partition("]")
        name += bracket
        port = port.removeprefix(":")
    else:
        name, _, port = host.partition(":")
    return name if not port or (port.isascii() and port.isdigit()) else ""


def is_loopback(name: str) -> bool:
    if name in ("localhost", "127.0.0.1", "[::1]"):
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def origin_of(url: str) -> str:
    """`scheme://host:port` of a URL."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
