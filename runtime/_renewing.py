"""A connection to Temporal that is opened anew when the certificate it shows was changed on disk."""

import dataclasses
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from temporalio.client import Client, ClientConfig, Plugin
from temporalio.service import ConnectConfig, ServiceClient, TLSConfig
from temporalio.worker import Worker

_AGAIN_S = 30.0
_CONNECT_WITHIN = timedelta(seconds=5)
_log = structlog.get_logger(__name__)
Next = Callable[[ConnectConfig], Awaitable[ServiceClient]]
Stamp = tuple[tuple[int, int, int], ...]


def stamp(*paths: Path) -> Stamp:
    """Another one whenever a file was changed or replaced, through a link too. Raises OSError."""
    found = (path.stat() for path in paths)
    return tuple((each.st_ino, each.st_mtime_ns, each.st_size) for each in found)


class Door(NamedTuple):
    """The files of the certificate and key that Temporal is shown, and of the authority it must have."""

    certificate: Path
    key: Path
    authority: Path
    domain: str | None = None

    def config(self) -> TLSConfig:
        """As the SDK takes them. Raises OSError."""
        return TLSConfig(
            server_root_ca_cert=self.authority.read_bytes(),
            client_cert=self.certificate.read_bytes(),
            client_private_key=self.key.read_bytes(),
            domain=self.domain,
        )

    def stamp(self) -> Stamp:
        """What the files look like now. Raises OSError."""
        return stamp(self.certificate, self.key, self.authority)


class Renewing(Plugin):
    """Makes a client's connection through a door, and anew when what is shown there has changed."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def configure_client(self, config: ClientConfig) -> ClientConfig:
        """Leaves the rest as it is."""
        return config

    async def connect_service_client(self, config: ConnectConfig, next: Next) -> ServiceClient:
        """The connection. Raises OSError when a file cannot be read."""
        seen = self._door.stamp()
        config = dataclasses.replace(config, tls=self._door.config())
        return Renewed(config, self._door, seen, await next(config), next)


class Renewed(ServiceClient):
    """The newest connection, for callers who know one only; those before it end with their last call.

    The SDK offers no other way: a certificate is given to a connection once.
    """

    def __init__(self, config: ConnectConfig, door: Door, seen: Stamp, inner: ServiceClient, next: Next) -> None:
        super().__init__(config)
        self._door, self._seen, self._inner, self._next = door, seen, inner, next
        self._handed = inner
        self._again_at = 0.0

    @property
    def worker_service_client(self) -> Any:
        """The newest connection itself."""
        return self._inner.worker_service_client

    def update_rpc_metadata(self, metadata: Mapping[str, str | bytes]) -> None:
        """Of this connection and those to come."""
        self.config.rpc_metadata = metadata
        self._inner.update_rpc_metadata(metadata)

    def update_api_key(self, api_key: str | None) -> None:
        """Of this connection and those to come."""
        self.config.api_key = api_key
        self._inner.update_api_key(api_key)

    async def _rpc_call(self, *call: Any, **how: Any) -> Any:
        await self.renew()
        return await self._inner._rpc_call(*call, **how)

    async def renew(self) -> None:
        """Connects anew if the files have changed; what cannot be used, or does not get in, is tried again later, and
        the connection before it stays."""
        try:
            seen = self._door.stamp()
            if seen == self._seen or time.monotonic() < self._again_at:
                return
            self._again_at = time.monotonic() + _AGAIN_S  # others go on meanwhile
            config = dataclasses.replace(
                self.config, tls=self._door.config(), lazy=False, connect_timeout=_CONNECT_WITHIN
            )
            self._inner = await self._next(config)
            self._seen, self._again_at = seen, 0.0
            _log.info("certificate reloaded", file=str(self._door.certificate))
        except (OSError, RuntimeError) as error:  # the SDK's own, whatever failed
            _log.warning("certificate not reloaded", file=str(self._door.certificate), error=type(error).__name__)

    async def hand_to(self, client: Client, workers: Sequence[Worker]) -> None:
        """Lets workers, who poll on a connection of their own choosing, go on with the newest."""
        await self.renew()
        if self._handed is not self._inner:
            for worker in workers:
                worker.client = client
            self._handed = self._inner
