"""The addresses that a client's URL may reach: public ones, and those the operator allows. Pure: resolves no name.

Contract: an address embedded in another (IPv4-mapped, NAT64) is judged as the embedded one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IANA's registries of special-purpose addresses, written out, because `ipaddress` differs between patch releases of
# Python.
NOT_PUBLIC_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this host
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier NAT; one cloud serves its metadata here
            "127.0.0.0/8",
            "168.63.129.16/32",  # a cloud's host agent, on an address that looks public
            "169.254.0.0/16",  # link-local; most clouds' metadata
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)

# All public IPv6 addresses. Loopback, unique local (also fd00:ec2::254), link-local and multicast are outside.
GLOBAL_V6 = IPv6Network("2000::/3")
NOT_PUBLIC_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments; Teredo, which embeds an IPv4 address
            "2001:db8::/32",
            "2002::/16",  # 6to4, which embeds an IPv4 address
            "3fff::/20",
        ),
    )
)
NAT64 = IPv6Network("64:ff9b::/96")  # maps the IPv4 address in the last 32 bits

_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def embedded_ipv4(address: Address) -> Address:
    """The embedded IPv4 address if there is one, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in NAT64 else address


def is_public(address: Address) -> bool:
    """May any client's URL reach this address?"""
    target = embedded_ipv4(address)
    if isinstance(target, IPv4Address):
        return not any(target in network for network in NOT_PUBLIC_V4)
    return target in GLOBAL_V6 and not any(target in network for network in NOT_PUBLIC_V6)


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowlist:
    """The addresses that are allowed although they are not public."""

    everything: bool = False
    names: frozenset[str] = frozenset()  # whatever they resolve to
    parents: tuple[str, ...] = ()  # ".example.internal": every subdomain
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> Allowlist:
        """From host names, `*.` wildcards, networks and addresses, as in the setting HOOK_ALLOW."""
        names, parents, networks = set[str](), list[str](), list[Network]()
        for entry in entries:
            if entry.startswith("*."):
                parents.append(entry[1:].lower())
            elif _network(entry) is None:
                names.add(entry.lower())
            else:
                networks.append(ip_network(entry))
        return cls(names=frozenset(names), parents=tuple(parents), networks=tuple(networks))

    def allows_name(self, host: str) -> bool:
        """May a request go to this host, whatever its addresses are?"""
        name = host.lower().removesuffix(".")
        if self.everything:
            return True
        # Only plain names match: "[::1%.example.internal]" ends like an allowed name, too.
        return bool(_NAME.fullmatch(name)) and (name in self.names or name.endswith(self.parents))

    def allows(self, address: Address) -> bool:
        """May a request go to this address?"""
        if self.everything or is_public(address):
            return True
        target = embedded_ipv4(address)
        return any(target in network or address in network for network in self.networks)


EVERYTHING = Allowlist(everything=True)  # for URLs of the operator


def _network(entry: str) -> Network | None:
    try:
        return ip_network(entry)
    except ValueError:
        return None
