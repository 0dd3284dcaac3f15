"""PostgreSQL over TLS: the wheel's build has none, so it is Debian's that runs, and it lets nobody in without."""

import os
import shutil
from pathlib import Path

from runtime._certificates import Pair
from runtime.supervisor import PartFailed

DEBIAN = Path("/usr/lib/postgresql")
_OLDEST = 15
_INSTALL = "sudo apt-get update && sudo apt-get install -y --no-install-recommends postgresql"


def debian_binaries() -> Path:
    """The newest of Debian's PostgreSQLs, 15 at least. Raises PartFailed."""
    found = [path.parent for path in DEBIAN.glob("*/bin/postgres") if path.parent.parent.name.isdecimal()]
    new = [path for path in found if int(path.parent.name) >= _OLDEST]
    if not new:
        raise PartFailed(
            f"TLS needs Debian's or Ubuntu's PostgreSQL, {_OLDEST} or newer, since the bundled one speaks none: "
            f"{_INSTALL}\nOr set ENTREGA_DATABASE_URL to your own server"
        )
    return max(new, key=lambda path: int(path.parent.name))


def tls_settings(home: Path, pair: Pair, user: str | None) -> dict[str, str]:
    """Its settings, with copies of the pair that the user it runs as may read, and who may come: by TLS, with a
    password."""
    entry = home / "pg_hba.conf"
    copies = {"ssl_cert_file": home / "server.pem", "ssl_key_file": home / "server.key"}
    contents = dict(zip(copies.values(), (pair.certificate.read_bytes(), pair.key.read_bytes()), strict=True))
    who = b"127.0.0.1/32 scram-sha-256"
    contents[entry] = b"".join(b"hostssl %s all %s\n" % (what, who) for what in (b"all", b"replication"))
    for path, content in contents.items():
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        if user is not None:
            shutil.chown(path, user, user)
    return {"ssl": "on", "hba_file": str(entry), **{name: str(path) for name, path in copies.items()}}
