"""What a namespace of Temporal must have before our workflows can run in it."""

from datetime import timedelta

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client

from runtime._temporal import SEARCH_ATTRIBUTES
from runtime.calls import reached
from runtime.settings import Settings
from runtime.temporal import connect
from runtime.tls import temporal_door

_WITHIN = timedelta(seconds=20)


async def prepare(settings: Settings) -> list[str]:
    """Adds what is missing; the names of what was. Raises SettingMissing, Unavailable."""
    door = temporal_door(settings)
    with reached():
        client = await connect(settings.temporal_address, settings.temporal_namespace, tls=door, lazy=True)
        return await add_search_attributes(client)


async def add_search_attributes(client: Client) -> list[str]:
    """Those that the client's namespace lacks; their names."""
    asked = ListSearchAttributesRequest(namespace=client.namespace)
    there = await client.operator_service.list_search_attributes(asked, timeout=_WITHIN)
    missing = {name: kind for name, kind in SEARCH_ATTRIBUTES.items() if name not in there.custom_attributes}
    if missing:
        kinds = {n: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}") for n, kind in missing.items()}
        adding = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=kinds)
        await client.operator_service.add_search_attributes(adding, timeout=_WITHIN)
    return sorted(missing)
