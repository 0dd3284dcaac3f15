"""What tests of the API hold in their hands: keys, an account, a deliverer that remembers."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from domain.errors import Unavailable
from domain.letters import Letter
from domain.quotes import CarrierAccount
from domain.replays import Replay, ReplayStore
from domain.tracking import Scan

SERVICES = ("users", "quotes", "availability", "deliveries", "tracking", "notifications")
NOWHERE = "http://127.0.0.1:9"
SECRET = "the carrier's secret"
ACCOUNT = CarrierAccount(
    carrier="open_delivery",
    account="ligeiro",
    name="Ligeiro",
    settings={"base_url": NOWHERE, "merchant_id": "m-1", "merchant_name": "Entrega", "app_id": "app-1"},
    credentials={"client_id": "entrega", "client_secret": SECRET},
)


@dataclass
class Told:
    """A deliverer that remembers; `alive` says whether workflows still run."""

    alive: bool = True
    reports: list[tuple[str, list[Scan]]] = field(default_factory=list)

    async def report(self, delivery_id: str, scans: Any) -> bool:
        self.reports.append((delivery_id, list(scans)))
        return self.alive

    async def runs(self, delivery_id: str) -> bool:
        return self.alive


@dataclass
class Notified:
    """A notifier that remembers; `alive` says whether the delivery's key is still there."""

    alive: bool = True
    told: list[tuple[str, str, tuple[int, ...], bool]] = field(default_factory=list)

    async def tell(self, subscriber: str, delivery_id: str, seqs: Any, *, again: bool = False) -> bool:
        self.told.append((subscriber, delivery_id, tuple(seqs), again))
        return self.alive

    async def paused(self, organisation_id: str, endpoint_id: str, seq: int) -> None:
        raise NotImplementedError("the relay alone writes to owners")


@dataclass
class Replayed:
    """A replayer that keeps what is asked for, as its workflow would."""

    replays: ReplayStore

    async def replay(self, replay: Replay) -> Replay:
        return await self.replays.begin(replay)


@dataclass
class Looked:
    """Whoever writes letters, remembering who was to look."""

    told: list[tuple[str, str | None, bool]] = field(default_factory=list)

    async def look(self, subscriber: str, delivery_id: str | None, *, anew: bool = False) -> None:
        self.told.append((subscriber, delivery_id, anew))


@dataclass
class Letters:
    """A mailer that remembers; `alive` says whether the mail server answers."""

    alive: bool = True
    sent: list[Letter] = field(default_factory=list)

    async def send(self, letter: Letter) -> None:
        if not self.alive:
            raise Unavailable("the mail server did not take the letter")
        self.sent.append(letter)

    def to(self, email: str) -> list[Letter]:
        return [letter for letter in self.sent if letter.to.lower() == email.lower()]


def write_key(folder: Path, kid: str) -> Ed25519PrivateKey:
    """A new signing key."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / f"{kid}.pem").write_bytes(pem)
    return key
