"""Ports of the loopback for parts that will listen on them in a moment."""

import os
import socket
from itertools import count

_THESE = range(10_240, 32_768)
"""Below those that the system gives to whoever calls somebody: such a one could be gone before the part listens."""
_APART = 2_221
# Processes that choose at the same time, as tests do, begin at different places and go on from there.
_NEXT = count(os.getpid() * _APART)


def free_port() -> int:
    """One that nobody listens on, and that this process has not chosen lately."""
    return next(port for port in (_THESE[at % len(_THESE)] for at in _NEXT) if is_free(port))


def is_free(port: int) -> bool:
    """Whether nobody listens on it."""
    with socket.socket() as probe:
        # Connections of an earlier run that linger in TIME_WAIT do not make a port taken; a listener does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
