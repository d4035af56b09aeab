"""Where a caller's URL may lead: public addresses, and what the operator allows besides. Pure; nothing is looked up.

Law: an address is judged as what it is in the end: one wrapped in another (IPv4-mapped, NAT64) as the one inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IANA's registries of special-purpose addresses, written out: what `ipaddress` calls private differs between patch
# releases of Python.
NOT_PUBLIC_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this host
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier NAT; one cloud keeps its metadata here
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

# Public IPv6 is in here and nowhere else: loopback, unique local (fd00:ec2::254 too), link-local and multicast are not.
GLOBAL_V6 = IPv6Network("2000::/3")
NOT_PUBLIC_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments; Teredo, which wraps an IPv4 address
            "2001:db8::/32",
            "2002::/16",  # 6to4, which wraps an IPv4 address
            "3fff::/20",
        ),
    )
)
NAT64 = IPv6Network("64:ff9b::/96")  # how a host without IPv4 reaches the IPv4 address in the last 32 bits

_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def embedded_ipv4(address: Address) -> Address:
    """The IPv4 address in it, where it stands for one."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in NAT64 else address


def is_public(address: Address) -> bool:
    """May a stranger's URL lead here?"""
    real = embedded_ipv4(address)
    if isinstance(real, IPv4Address):
        return not any(real in network for network in NOT_PUBLIC_V4)
    return real in GLOBAL_V6 and not any(real in network for network in NOT_PUBLIC_V6)


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowlist:
    """What is allowed although it is not public."""

    everything: bool = False
    names: frozenset[str] = frozenset()  # wherever they lead
    parents: tuple[str, ...] = ()  # ".example.internal": every name below it
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> Allowlist:
        """From host names, `*.names` and networks or addresses, as the setting HOOK_ALLOW has them."""
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
        """May this host be connected to whatever its addresses are?"""
        name = host.lower().removesuffix(".")
        if self.everything:
            return True
        # What is no plain name is left to its addresses: "[::1%.example.internal]" ends like a name, too.
        return bool(_NAME.fullmatch(name)) and (name in self.names or name.endswith(self.parents))

    def allows(self, address: Address) -> bool:
        """May this address be connected to?"""
        if self.everything or is_public(address):
            return True
        real = embedded_ipv4(address)
        return any(real in network or address in network for network in self.networks)


EVERYTHING = Allowlist(everything=True)  # for the operator's own URLs


def _network(entry: str) -> Network | None:
    try:
        return ip_network(entry)
    except ValueError:
        return None
