"""Where a request came from, as far as limits and metrics are concerned."""

import ipaddress

_NETWORK_V6 = 64


def is_ours(host: str) -> bool:
    """Whether a request came from this machine or a private network, not from the internet."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped  # as a socket for both families shows them
    return address.is_private


def address_of(host: str) -> str:
    """The address; of IPv6 the network, since a household has a whole one."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6:
        return str(ipaddress.ip_network((address, _NETWORK_V6), strict=False))
    return str(address)
