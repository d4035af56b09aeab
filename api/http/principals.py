"""Who asks: the secrets, the names they stand for, and the tasks that they may see.

Contract: a secret is compared with every known one, by digest and in constant time. A handler reaches the use-cases
through `for_caller` alone, so that what a caller sees is decided in `tasks.use_cases.queries` and nowhere here.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import TypeVar

from aiohttp import hdrs, web
from multidict import istr

from api.ports import Services
from tasks.use_cases.queries import Principal

S = TypeVar("S")

_OWN = istr("mj-api-secret")  # looked up in every request: this form needs no folding


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedSecret:
    """One of several secrets."""

    name: str
    secret: str = field(repr=False)
    shared: bool = False  # sees everybody's tasks, not its own alone


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who stands behind a request. In `request[CALLER]`; not there on open routes."""

    name: str = ""  # of the secret; "" for the unnamed one, the operator's, and where there is none
    sees_all: bool = True
    is_admin: bool = False
    viewer: Principal = field(init=False)  # as the rules know it

    def __post_init__(self) -> None:
        object.__setattr__(self, "viewer", Principal(name=self.name, sees_all=self.sees_all))


CALLER = web.RequestKey("caller", Caller)
ANYBODY = Caller()  # where no secret is set
ADMIN = Caller(is_admin=True)


def for_caller(services: Services[S], request: web.Request) -> S:
    """The use-cases as whoever sent this request may use them."""
    return services.seen_by(request[CALLER].viewer)


class Keyring:
    """Every secret, and whom it stands for."""

    def __init__(self, *, unnamed: str, named: Iterable[NamedSecret], admin: str) -> None:
        known = [(admin, ADMIN), (unnamed, Caller())]
        known += [(each.secret, Caller(name=each.name, sees_all=each.shared)) for each in named]
        self._known = tuple((_digest(secret), caller) for secret, caller in known if secret)

    def holder(self, given: Iterable[str]) -> Caller | None:
        """The caller that one of these belongs to. Each is compared with all, so that timing reveals nothing."""
        digests = [_digest(secret) for secret in given]
        holders = [caller for known, caller in self._known for digest in digests if hmac.compare_digest(digest, known)]
        return holders[0] if holders else None


def secrets_in(headers: Mapping[str, str]) -> list[str]:
    """What may be a secret. Both headers may come together, one of them meant for a gateway in between."""
    given = []
    if own := headers.get(_OWN, "").strip():
        given.append(own)
    if authorization := headers.get(hdrs.AUTHORIZATION, "").strip():
        given.append(authorization)
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            given.append(token.strip())
    return given


def network_of(remote: str | None) -> str:
    """What failures are counted by: an IPv4 address, or the /64 that one customer of IPv6 has."""
    try:
        address = ip_address((remote or "").partition("%")[0])
    except ValueError:
        return remote or ""
    return str(IPv6Address(int(address) >> 64 << 64)) if isinstance(address, IPv6Address) else str(address)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="surrogateescape")).digest()
