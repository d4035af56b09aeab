"""Who may ask: the secret, and the guards that stand in for it where there is none.

Contract: with a secret, nothing but the secret counts. Without one, the service belongs to the machine's owner alone,
so a request must show that no foreign web page is behind it: a GET can spend money, and every page can make a GET.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from api.http.errors import CODE_HEADER, Forbidden, TooManyWrongSecrets
from api.http.principals import ANYBODY, Caller, Keyring, NamedSecret, network_of, secrets_in
from api.http.rate_limit import RateLimiter
from tasks.domain.errors import Unauthorized

# "*" does not cover Authorization
ALLOWED_HEADERS = "mj-api-secret, authorization, content-type, idempotency-key, last-event-id"
WRONG_PER_MINUTE = 20  # wrong secrets of one address that are answered as such
MOST_ASKED = 4096  # characters of the headers that a preflight asks for
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")  # a token of RFC 9110
_MEND = "or set API_SECRET and send it."

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """What the operator decided about access. Without any secret but the administrator's: anonymous mode."""

    secret: str = field(default="", repr=False)  # one without a name, which sees every task; "": none
    named: tuple[NamedSecret, ...] = ()
    admin_secret: str = field(default="", repr=False)  # "": nobody is an administrator
    submits_per_minute: int = 0  # of each secret; 0: no limit
    allowed_hosts: frozenset[str] = (
        frozenset()
    )  # further Host names of ours, with or without a port; loopback always is
    cors_origins: frozenset[str] = frozenset()  # pages that may ask in anonymous mode, e.g. "https://my.page"
    is_public_https: bool = False  # reached by https alone: HSTS is sent

    @property
    def wants_secret(self) -> bool:
        return bool(self.secret or self.named)


class Gate:
    """The decisions for one request, from its headers. `now` is in seconds."""

    def __init__(self, access: Access, now: Callable[[], float] = time.monotonic) -> None:
        self._keyring = Keyring(unnamed=access.secret, named=access.named, admin=access.admin_secret)
        self._wants_secret = access.wants_secret
        self._has_admin = bool(access.admin_secret)
        self._wrong = RateLimiter(WRONG_PER_MINUTE, now=now)
        self._hosts = frozenset(host.lower() for host in access.allowed_hosts)
        self._origins = frozenset(origin.lower().rstrip("/") for origin in access.cors_origins)

    def check(self, method: str, headers: Mapping[str, str], remote: str | None = None) -> Caller:
        """Who asks. Raises `Unauthorized`, `TooManyWrongSecrets` or `Forbidden` when the request may not pass."""
        given = secrets_in(headers) if self._wants_secret or self._has_admin else []
        caller = self._keyring.holder(given) if given else None
        if caller is not None:  # at once, whatever came from this address before: others may be behind it
            return caller
        if self._wants_secret:
            if given:
                self._count_wrong(remote)
            raise Unauthorized(hint="Send it as the header mj-api-secret, or as Authorization: Bearer <secret>.")
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
        return ANYBODY  # whatever it sent: clients of gateways always send something

    def check_admin(self, caller: Caller, headers: Mapping[str, str], remote: str | None = None) -> None:
        """Raises `Forbidden`, `Unauthorized` or `TooManyWrongSecrets` unless the caller is the administrator."""
        if not self._has_admin:
            raise Forbidden("Nobody may do this.", hint="The operator can allow it by setting ADMIN_SECRET.")
        if caller.is_admin:
            return
        if self._wants_secret:  # a secret was sent, and it was a right one
            raise Forbidden("This is for the operator.", hint="It wants ADMIN_SECRET in place of API_SECRET.")
        if secrets_in(headers):
            self._count_wrong(remote)
        raise Unauthorized(hint="This wants ADMIN_SECRET, sent as mj-api-secret or as Authorization: Bearer.")

    def admits(self, method: str, headers: Mapping[str, str], remote: str | None = None) -> Caller | None:
        """The same without an error, for open routes that show more to an authorized caller."""
        try:
            return self.check(method, headers, remote)
        except (Unauthorized, Forbidden, TooManyWrongSecrets):
            return None

    def _count_wrong(self, remote: str | None) -> None:
        """Guessing is hopeless by the length of a secret; this keeps it from being cheap, and makes it seen."""
        network = network_of(remote)
        wait = self._wrong.take(network)
        if wait:
            log.warning("%s keeps sending wrong secrets", network)
            raise TooManyWrongSecrets(retry_after=wait)

    def cors(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers by which a page in a browser may read the answer; none when it may not or did not ask."""
        origin = headers.get("Origin")
        if origin is None:
            return {}
        expose = {"Access-Control-Expose-Headers": f"Retry-After, {CODE_HEADER}"}
        vary = {"Vary": "Origin"} if self._origins else {}
        if origin.lower() in self._origins:
            # Some libraries send credentials with everything; a browser takes no "*" for an answer to that.
            return {
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Credentials": "true",
                **vary,
                **expose,
            }
        if self._wants_secret:  # nothing is sent by cookie: a page without the secret gets nothing
            return {"Access-Control-Allow-Origin": "*", **vary, **expose}
        return {}

    def preflight(self, headers: Mapping[str, str], methods: str) -> dict[str, str]:
        """The answer's headers to a browser that asks before it sends."""
        cors = self.cors(headers)
        if not cors:
            raise Forbidden("This page may not call the API.", hint=f"Add its origin to CORS_ORIGINS, {_MEND}")
        return cors | {
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": _allowed_headers(headers.get("Access-Control-Request-Headers", "")),
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


def _allowed_headers(asked: str) -> str:
    """Those that are read here, and those that the page wants to send: what is not read does no harm."""
    names = [name.strip().lower() for name in asked[:MOST_ASKED].split(",")]
    known = ALLOWED_HEADERS.split(", ")
    return ", ".join(dict.fromkeys([*known, *(name for name in names if _HEADER.fullmatch(name))]))


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
