"""Carrying out how long things are kept: a batch at a time, each by the service that owns it."""

from datetime import UTC, datetime

from temporalio import activity

from domain._values import Timestamp, Value
from domain.deliveries import Actor
from domain.errors import Conflict
from domain.imports import ImportStore
from domain.notification_ports import EndpointStore
from domain.ports import Deliverer, DeliveryErasure, Tidying
from domain.privacy import Ground, Privacy

_DELIVERIES, _PEOPLE, _ROWS, _ENDED = 50, 20, 500, 20


class Batch(Value):
    """What was over before then, or, without an instant, what ended with its organisation; after the batch before."""

    before: Timestamp | None = None
    after: str | None = None


class Done(Value):
    """How many went, and where the next batch begins if there is one."""

    count: int = 0
    following: str | None = None


class DeliveryPrivacyActivities:
    """Runs on the deliveries queue."""

    def __init__(self, erasure: DeliveryErasure, deliverer: Deliverer, imports: ImportStore, tidying: Tidying) -> None:
        self._erasure = erasure
        self._deliverer = deliverer
        self._imports = imports
        self._tidying = tidying

    @activity.defn
    async def erase_deliveries(self, batch: Batch) -> Done:
        """One whose workflow still settles accounts is left for another time."""
        due, following = await self._erasure.due(batch.before, _DELIVERIES, batch.after)
        ground = Ground.OWNER if batch.before is None else Ground.RETENTION
        count = 0
        for delivery_id in due:
            if not await self._deliverer.runs(delivery_id):
                count += await self._erasure.erase(delivery_id, Actor.SYSTEM, ground)
        return Done(count=count, following=following)

    @activity.defn
    async def tidy_deliveries(self, batch: Batch) -> Done:
        """What of the erased is no delivery: views that they saved, and lines of files that still wait."""
        ended = await self._imports.orphaned(_ENDED)
        for import_id in ended:
            await self._imports.end(import_id, cancelled=True)
        done = await _tidied(self._tidying, batch)
        more = "more" if len(ended) == _ENDED else done.following
        return Done(count=done.count + len(ended), following=more)


class EndpointPrivacyActivities:
    """Runs on the notifications queue."""

    def __init__(self, endpoints: EndpointStore) -> None:
        self._endpoints = endpoints

    @activity.defn
    async def delete_endpoints(self, _: Batch) -> Done:
        """Webhook endpoints whose organisation was erased."""
        ended = await self._endpoints.orphaned(_ENDED)
        count = 0
        for endpoint_id in ended:
            count += await self._endpoints.delete(endpoint_id, Actor.SYSTEM)
        return Done(count=count, following="more" if len(ended) == _ENDED else None)


class InboxPrivacyActivities:
    """Runs on the tracking queue."""

    def __init__(self, tidying: Tidying) -> None:
        self._tidying = tidying

    @activity.defn
    async def tidy_inbox(self, batch: Batch) -> Done:
        """Reports that nobody knew the delivery of."""
        return await _tidied(self._tidying, batch)


class PeoplePrivacyActivities:
    """Runs on the users queue."""

    def __init__(self, privacy: Privacy, tidying: Tidying) -> None:
        self._privacy = privacy
        self._tidying = tidying

    @activity.defn
    async def erase_unverified(self, batch: Batch) -> Done:
        """Who shares an organisation that would be left without an owner stays."""
        now = datetime.now(UTC)
        waiting = await self._privacy.unverified(batch.before or now, _PEOPLE, batch.after or "")
        count = 0
        for user_id in waiting:
            try:
                count += await self._privacy.erase(user_id, Actor.SYSTEM, Ground.RETENTION, now)
            except Conflict:
                continue
        return Done(count=count, following=waiting[-1] if len(waiting) == _PEOPLE else None)

    @activity.defn
    async def tidy_users(self, batch: Batch) -> Done:
        """Sessions, links and invitations that are over, and counts of tries that nobody waits for."""
        return await _tidied(self._tidying, batch)


async def _tidied(tidying: Tidying, batch: Batch) -> Done:
    count = await tidying.tidy(batch.before or datetime.now(UTC), _ROWS)
    return Done(count=count, following="more" if count >= _ROWS else None)
