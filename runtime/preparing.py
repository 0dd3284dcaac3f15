"""What one machine with containers needs before its first start: an authority, certificates, passwords and keys, each
process's own in a folder of its own, which deploy/compose.yaml mounts at /run/secrets.

Run again, it renews certificates that have less than a third of their life left and leaves everything else as it is.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.x509.oid import ExtendedKeyUsageOID

from runtime._certificates import Certificates
from runtime._state import StateFolder
from runtime._theirs import told as theirs
from runtime.backup.vault import make_identity
from runtime.settings import PREFIX, SERVICES
from runtime.signing import rotate, signing_keys
from storage._keks import make_kek, new_key

MOUNTED = "/run/secrets"
OURS = 10001
"""The user of our images."""
GIVEN = "given"
"""The folder for what only whoever runs it knows: files ENTREGA_SMTP_URL and alertmanager_smtp_password."""
_ALERTS = "alertmanager_smtp_password"
_MEANING = {
    f"{PREFIX}SMTP_URL": "the mail server, as in smtp://user:password@mail.example.com:587",
    _ALERTS: "the password of the mail server that deploy/monitoring/alertmanager.yml names",
}
_SERVER, _CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
_CA = f"{MOUNTED}/ca.pem"


@dataclass(frozen=True, slots=True)
class Process:
    """Whose databases it speaks to as whom, which keys it holds, and what it is in containers."""

    databases: tuple[str, ...] = ()
    mongo: str | None = None
    keys: tuple[str, ...] = ()
    """Of keks, keys, index_key, tracking_token_key."""
    mails: bool = False
    cache: bool = False
    user: int = OURS
    calls_temporal: bool = True
    owner: bool = False
    """Of the database: what changes its shape."""
    backs_up: bool = False
    seals: bool = False
    """For whoever opens backups."""


_LINKS, _RECIPIENTS, _IDENTITY = "tracking_token_key", "backup/recipients", "backup/identity"
PROCESSES: Mapping[str, Process] = {
    "users-api": Process(("users",), keys=("keks", "keys", "index_key"), mails=True),
    "users-worker": Process(("users",), keys=("keks", "index_key"), mails=True),
    "quotes-api": Process(("quotes",), "entrega", ("keks",), cache=True),
    "quotes-worker": Process(("quotes",), "entrega", ("keks",)),
    "availability-api": Process(("availability",), "entrega", ("keks",), cache=True),
    "availability-worker": Process(("availability",), "entrega", ("keks",)),
    "deliveries-api": Process(("deliveries",), "entrega", ("keks", "index_key", _LINKS), cache=True),
    "deliveries-worker": Process(("deliveries",), "entrega", ("keks", "index_key", _LINKS), cache=True),
    "tracking-api": Process(("tracking",), "entrega", ("keks", _LINKS)),
    "tracking-worker": Process(("tracking",), "entrega", ("keks", _LINKS)),
    "notifications-api": Process(("notifications",), None, ("keks", _LINKS)),
    "notifications-worker": Process(("notifications",), None, ("keks", "index_key", _LINKS), mails=True),
    "relay": Process(("relay", "notifications"), "entrega_relay", ("keks",)),
    "codec": Process(("codec",), None, ("keks",)),
    "migrate": Process(calls_temporal=False, owner=True),
    "archive": Process((), "entrega", calls_temporal=False, owner=True, seals=True),
    "backup": Process(calls_temporal=False, backs_up=True, seals=True),
    "operator": Process(SERVICES, "entrega", ("keks", "keys", "index_key", _LINKS), mails=True),
}
"""Ours; the operator is whoever runs a command by hand, who looks at all of it (`entrega doctor`) and sets it right."""
_OTHERS: Mapping[str, tuple[int, bool]] = {  # the image's user, and whether it calls Temporal, or its own kind
    "postgres": (999, False),
    "mongo": (999, True),
    "valkey": (999, False),
    "temporal": (1000, True),
    "temporal-ui": (1000, True),
    "prometheus": (65534, False),
    "alertmanager": (65534, False),
    "grafana": (472, False),
    "tempo": (10001, False),
    "proxy": (OURS, False),
    "web": (OURS, False),
}
_WATCH = ("prometheus", "alertmanager", "grafana")
"""Who asks Prometheus or Alertmanager, itself at least."""


def prepare(root: Path, host: str) -> list[str]:
    """Fills the folder for an installation that people reach at this host; what is left to do, in words."""
    state = StateFolder(root)
    for folder in (root, state.secrets, root / GIVEN):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    for path in (root / GIVEN).iterdir():
        path.chmod(0o600)
    uses = {name: (_SERVER, _CLIENT) if p.calls_temporal else (_SERVER,) for name, p in PROCESSES.items()}
    uses |= {name: (_SERVER, _CLIENT) if calls else (_SERVER,) for name, (_, calls) in _OTHERS.items()}
    names = {name: (name,) for name in uses} | {"proxy": ("proxy", host, f"*.{host}")}
    certificates = Certificates(state.secrets / "tls", uses, names)
    # Who watches shows a certificate of another authority to whom it asks: none of these opens Temporal's door.
    watching = Certificates(state.secrets / "tls-watch", dict.fromkeys(_WATCH, (_CLIENT,)))
    certificates.ensure()
    watching.ensure()
    _make_keys(state)
    for name in uses:
        folder = root / name
        folder.mkdir(mode=0o700, exist_ok=True)
        pair = certificates.of(name)
        # The key first, as everywhere: who reloads between the two keeps the old pair.
        files = {"tls.key": pair.key.read_bytes(), "tls.pem": pair.certificate.read_bytes()}
        files["ca.pem"] = certificates.authority.read_bytes()
        user = _OTHERS[name][0] if name in _OTHERS else OURS
        if (process := PROCESSES.get(name)) is not None:
            files |= _ours(state, name, process)
            files |= _given(root, f"{PREFIX}SMTP_URL") if process.mails else {}
        elif name == "alertmanager":
            files["smtp_password"] = _given(root, _ALERTS).get(_ALERTS, b"")
        if name in _WATCH:
            shown = watching.of(name)
            files |= {"watch.key": shown.key.read_bytes(), "watch.pem": shown.certificate.read_bytes()}
            files["watch-ca.pem"] = watching.authority.read_bytes()
        files |= {file: text.encode() for file, text in theirs(state, name, files, MOUNTED).items()}
        for file, content in files.items():
            _put(folder / file, content, user)
        for path in (folder, *folder.rglob("*")):
            _own(path, user)
    missing = [name for name in (f"{PREFIX}SMTP_URL", _ALERTS) if not _given(root, name)]
    left = [f"write {root / GIVEN / name}, then run this again: {_MEANING[name]}" for name in missing]
    if (opens := state.secrets / _IDENTITY).exists():
        left.append(f"move {opens} to where neither this machine nor the backups are: it alone opens them")
    return left


def _given(root: Path, name: str) -> dict[str, bytes]:
    path = root / GIVEN / name
    return {name: path.read_bytes().strip()} if path.exists() else {}


def _make_keys(state: StateFolder) -> None:
    while len(signing_keys(state.secrets / "keys")) < 2:  # one that signs, and the next
        rotate(state.secrets / "keys")
    if not list((state.secrets / "keks").glob("*.kek")):
        make_kek(state.secrets / "keks")
    state.secret("index_key", new_key)
    state.secret(_LINKS)
    if not (state.secrets / _RECIPIENTS).exists():  # the identity beside it is taken away
        make_identity((state.secrets / _RECIPIENTS).parent)


def _ours(state: StateFolder, name: str, process: Process) -> dict[str, bytes]:
    """A process's settings, each a file of the setting's name, and the keys that they point to."""
    told = {f"{service.upper()}_DATABASE_URL": _postgres(state, f"entrega_{service}") for service in process.databases}
    if process.owner:
        told["DATABASE_URL"] = _postgres(state, "entrega")
    if process.mongo is not None:
        told["RELAY_MONGO_URL" if name == "relay" else "MONGO_URL"] = _mongo(state, process.mongo)
    if process.cache:
        told["CACHE_URL"] = f"rediss://:{state.password('valkey')}@valkey:6379/0?ssl_ca_certs={_CA}"
    files: dict[str, bytes] = {}
    if process.backs_up:
        told["BACKUP_DATABASE_URL"] = _postgres(state, "entrega_backup")
        told["BACKUP_MONGO_URL"] = _mongo(state, "entrega_backup")
    if process.seals:
        told["BACKUP_RECIPIENTS_FILE"] = f"{MOUNTED}/recipients"
        files["recipients"] = (state.secrets / _RECIPIENTS).read_bytes()
    for key in process.keys:
        told[f"{key.upper()}_DIR" if key in ("keks", "keys") else f"{key.upper()}_FILE"] = f"{MOUNTED}/{key}"
        source = state.secrets / key
        if source.is_dir():
            files |= {f"{key}/{each.name}": each.read_bytes() for each in source.iterdir()}
        else:
            files[key] = source.read_bytes()
    return files | {f"{PREFIX}{setting}": value.encode() for setting, value in told.items()}


def _postgres(state: StateFolder, user: str) -> str:
    where = f"{user}:{state.password(f'postgres_{user}')}@postgres:5432/entrega"
    return f"postgresql+psycopg://{where}?sslmode=verify-full&sslrootcert={_CA}"


def _mongo(state: StateFolder, user: str) -> str:
    where = f"{user}:{state.password(f'mongo_{user}')}@mongo:27017/"
    return f"mongodb://{where}?authSource=admin&replicaSet=rs0&tls=true&tlsCAFile={_CA}"


def _put(path: Path, content: bytes, user: int) -> None:
    """Never half a file, and not touched if it says so already."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(mode=0o700, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    _own(fresh, user)
    fresh.replace(path)


def _own(path: Path, user: int) -> None:
    """To the container's user, which root alone can do; anybody else's containers have users that are theirs."""
    if os.geteuid() == 0:
        shutil.chown(path, user, user)
