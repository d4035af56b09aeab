"""Where a caller's URL may lead: addresses however they are wrapped, and what the operator allows besides."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.outbound.allowlist import EVERYTHING, Allowlist, is_public

v4 = st.ip_addresses(v=4) | st.sampled_from(
    ["10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.0.1", "8.8.8.8", "224.0.0.1"]
).map(IPv4Address)
v6 = st.ip_addresses(v=6)


@given(v4)
def test_wrapped_it_is_what_it_was(address: IPv4Address) -> None:
    assert is_public(IPv6Address(f"::ffff:{address}")) is is_public(address)
    assert is_public(IPv6Address(f"64:ff9b::{address}")) is is_public(address)


@given(v4)
def test_wrapped_in_any_other_way_it_is_not_public(address: IPv4Address) -> None:
    number = f"{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"
    for other in (f"2002:{number}::1", f"::{address}", f"64:ff9b:1::{address}", f"2001:0:{number}::1"):
        assert not is_public(IPv6Address(other)), other


@given(v4 | v6)
def test_nothing_is_public_that_the_registries_do_not_call_global(address: IPv4Address | IPv6Address) -> None:
    if is_public(address) and (isinstance(address, IPv4Address) or address.ipv4_mapped is None):
        assert address.is_global
        assert not address.is_multicast


INSIDE = Allowlist.of(["hooks.internal", "*.apps.internal", "10.1.2.0/24", "192.168.7.7", "fd00:1::/64"])


@pytest.mark.parametrize(
    "host", ["hooks.internal", "HOOKS.internal", "hooks.internal.", "a.apps.internal", "b.a.apps.internal"]
)
def test_names_that_are_allowed(host: str) -> None:
    assert INSIDE.allows_name(host)


@pytest.mark.parametrize(
    "host",
    [
        *("internal", "apps.internal", "xapps.internal", "hooks.internal.evil.example", "hooks.internal..", ""),
        *("evil-hooks.internal", "a.hooks.internal", ".apps.internal", "10.1.2.3", "hooks.internal:80"),
        *(
            "::1%25.apps.internal",
            "x@y.apps.internal",
            "127.0.0.1%00.apps.internal",
            "a/.apps.internal",
            "é.apps.internal",
        ),
    ],
)
def test_names_that_are_not(host: str) -> None:
    assert not INSIDE.allows_name(host)


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        *((each, True) for each in ("10.1.2.3", "192.168.7.7", "fd00:1::5", "::ffff:10.1.2.3", "64:ff9b::a01:203")),
        *((each, True) for each in ("8.8.8.8", "2606:4700::1111")),
        *((each, False) for each in ("10.1.3.3", "192.168.7.8", "fd00:2::5", "127.0.0.1", "::ffff:10.1.3.3", "::1")),
    ],
)
def test_networks(address: str, is_allowed: bool) -> None:
    assert INSIDE.allows(ip_address(address)) is is_allowed


@given(v4 | v6)
def test_nothing_listed_is_what_is_public(address: IPv4Address | IPv6Address) -> None:
    assert Allowlist().allows(address) is is_public(address)
    assert EVERYTHING.allows(address)


@given(st.text())
def test_any_host_is_judged(host: str) -> None:
    assert not Allowlist().allows_name(host)
    assert EVERYTHING.allows_name(host)
    INSIDE.allows_name(host)
