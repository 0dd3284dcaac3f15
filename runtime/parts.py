"""What an API process is made of, opened and closed with it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from runtime.caching import Once, open_cache
from runtime.hints import Bell
from runtime.letters import TemporalLetterWriter
from runtime.replaying import TemporalReplayer
from runtime.settings import Settings
from runtime.temporal import TemporalDeliverer, TemporalNotifier, connect
from runtime.tls import temporal_door
from runtime.wiring import IDENTITY, Wiring
from storage._keks import read_key


def check(settings: Settings, names: Sequence[str]) -> None:
    """Misses at once what these services cannot do without. Raises SettingMissing, KeyFileUnusable."""
    Wiring(settings).keks()
    if {"users", "deliveries"} & set(names):
        read_key(settings.need("index_key_file"))


@asynccontextmanager
async def open_parts(settings: Settings, names: Sequence[str]) -> AsyncIterator[dict[str, Any]]:
    """The adapters of these services, by the name of what they are; Temporal may be down meanwhile."""
    async with Wiring(settings) as wiring:
        where = settings.temporal_address, settings.temporal_namespace
        codec = wiring.codec(names)
        traced = settings.traces_url is not None
        temporal = await connect(*where, codec=codec, tls=temporal_door(settings), lazy=True, traced=traced)
        cache = open_cache(settings.cache_url)
        reader = next(name for name in ("tracking", "deliveries", *names) if name in names)
        atlas = wiring.atlas(cache)
        async with Bell(wiring.listener(reader)).ringing() as bell:
            made: dict[str, Any] = {
                "settings": settings,
                "client_limits": wiring.client_limits(reader),
                "journal": wiring.journal(reader),
                "accesses": wiring.accesses(reader),
                "audit": wiring.audit() if "tracking" in names else None,
                "exchanges": wiring.exchanges() if "tracking" in names else None,
                "temporal": temporal,
                "codec": codec,
                "deliverer": TemporalDeliverer(temporal),
                "notifier": TemporalNotifier(temporal),
                "replayer": TemporalReplayer(temporal),
                "letter_writer": TemporalLetterWriter(temporal),
                "bell": bell,
                "once": Once(cache),
                "geocoder": atlas,
                "postal_codes": atlas,
            }
            owner = {
                "deliveries": ("deliveries", wiring.deliveries),
                "policies": ("deliveries", wiring.policies),
                "erasure": ("deliveries", wiring.erasure),
                "figures": ("deliveries", wiring.figures),
                "contracts": ("deliveries", wiring.contracts),
                "ledger": ("deliveries", wiring.ledger),
                "adjustments": ("deliveries", wiring.adjustments),
                "reconciliations": ("deliveries", wiring.reconciliations),
                "views": ("deliveries", wiring.views),
                "imports": ("deliveries", wiring.imports),
                "availability": ("availability", wiring.availability),
                "scans": ("tracking", wiring.scans),
                "endpoints": ("notifications", wiring.endpoints),
                "messages": ("notifications", wiring.messages),
                "replays": ("notifications", wiring.replays),
                "webhooks": ("notifications", wiring.webhooks),
                "members": ("notifications", wiring.members),
                "notices": ("notifications", wiring.notices),
                "templates": ("notifications", wiring.templates),
            }
            for part, (service, make) in owner.items():
                made[part] = make() if service in names else None
            served = "users" in names
            made |= wiring.identity() if served else dict.fromkeys(IDENTITY)
            made["mailer"] = wiring.mailer() if served else None
            carrying = next((n for n in ("quotes", "deliveries", "availability", "tracking") if n in names), None)
            made["accounts"] = wiring.accounts(carrying) if carrying else None
            made["routing"] = wiring.routing(carrying) if carrying else None
            agreeing = next((name for name in ("quotes", "deliveries") if name in names), None)
            made["terms"] = wiring.terms(agreeing) if agreeing else None
            made["carriers"] = wiring.carriers(carrying) if carrying else None
            try:
                yield made
            finally:
                await cache.close()
