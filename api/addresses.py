"""Where a request came from, as far as limits are concerned."""

import ipaddress

_NETWORK_V6 = 64


def address_of(host: str) -> str:
    """The address; of IPv6 the network, since a household has a whole one."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6:
        return str(ipaddress.ip_network((address, _NETWORK_V6), strict=False))
    return str(address)
