"""What Prometheus is told of backups, as the vault itself says: from a process that follows, or by a textfile."""

from pathlib import Path

import prometheus_client
from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from runtime.backup.manifest import followed, last_drill, manifests
from runtime.backup.vault import Vault
from runtime.metrics import tell_metrics
from runtime.settings import Settings

REGISTRY = CollectorRegistry()
UP = Gauge("entrega_backup_following_up", "1 while the last round of following both databases succeeded")
_LAST = Gauge("entrega_backup_last_success_timestamp_seconds", "When the newest whole backup ended", registry=REGISTRY)
_BYTES = Gauge("entrega_backup_bytes", "How large the newest whole backup is", registry=REGISTRY)
_SECONDS = Gauge("entrega_backup_seconds", "How long it took", registry=REGISTRY)
_KEPT = Gauge("entrega_backups", "Whole backups in the vault", registry=REGISTRY)
_FOLLOWED = Gauge(
    "entrega_backup_followed_timestamp_seconds", "Up to when everything is in the vault", registry=REGISTRY
)
_DRILLED = Gauge(
    "entrega_restore_drill_last_run_timestamp_seconds", "When the last restore drill began", registry=REGISTRY
)
_RIGHT = Gauge("entrega_restore_drill_right", "1 if it found everything right", registry=REGISTRY)
_RTO = Gauge("entrega_restore_drill_seconds", "How long it took until all was there and checked", registry=REGISTRY)
_RPO = Gauge("entrega_restore_drill_rpo_seconds", "How much of the newest past it could not have", registry=REGISTRY)


def look(vault: Vault) -> None:
    """Sets every gauge by what the vault says now."""
    known, reached, drill = manifests(vault), followed(vault), last_drill(vault)
    _KEPT.set(len(known))
    if known:
        _LAST.set(known[-1].ended_at.timestamp())
        _BYTES.set(known[-1].size)
        _SECONDS.set((known[-1].ended_at - known[-1].began_at).total_seconds())
    if reached:
        _FOLLOWED.set(reached.mark.at.timestamp())
    if drill:
        _DRILLED.set(drill.at.timestamp())
        _RIGHT.set(drill.outcome == "right")
        _RTO.set(drill.rto_s)
        if drill.rpo_s is not None:
            _RPO.set(drill.rpo_s)


def serve(address: str, settings: Settings) -> None:
    """Tells Prometheus at this address what the vault says, and what every process tells. Raises SettingMissing."""
    prometheus_client.REGISTRY.register(REGISTRY)
    tell_metrics(settings, address)


def write_metrics(vault: Vault, path: Path) -> None:
    """As a file that a node exporter reads, whole or not at all."""
    look(vault)
    write_to_textfile(str(path), REGISTRY)
