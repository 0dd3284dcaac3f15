"""What some tests need of this machine."""

import pytest

from runtime._postgres_tls import debian_binaries
from runtime.supervisor import PartFailed


def _lacking() -> str:
    try:
        debian_binaries()
    except PartFailed as missing:
        return str(missing)
    return ""


_NO_POSTGRES = _lacking()
debian_postgres = pytest.mark.skipif(bool(_NO_POSTGRES), reason=_NO_POSTGRES)
"""Debian's PostgreSQL: the one of the wheel knows no TLS."""
