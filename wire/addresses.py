"""Which addresses are the public Internet's, so that nobody makes us call what only we can reach."""

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# What `is_global` lets pass, on some Python or other: ways into IPv4, relays, ranges reserved since, clouds' own.
_DENIED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "168.63.129.16/32",  # Azure's own services, inside every virtual machine
        "192.0.0.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated (SIIT)
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",  # Teredo, ORCHID, benchmarking
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",  # site-local
    )
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")


def parsed(address: str) -> Address:
    """An address as text, its zone left out; raises ValueError."""
    return ipaddress.ip_address(address.partition("%")[0])


def is_public(address: Address, allowed: Sequence[Network] = (), denied: Sequence[Network] = ()) -> bool:
    """Whether it may be called: `allowed` says yes to what is not public, `denied` no to what is."""
    if _within(address, denied):
        return False
    if _within(address, allowed):
        return True
    if address.version == 6 and address not in _GLOBAL_V6:
        return False
    special = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not special and not _within(address, _DENIED)


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
