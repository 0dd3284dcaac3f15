"""The whole sandbox: a city, its couriers, the protocols they are spoken to in, and what is remembered of it all."""

from collections.abc import Sequence

from sandbox.bookings import Booking
from sandbox.clock import CityClock
from sandbox.couriers import Couriers
from sandbox.faults import Faults
from sandbox.providers import Callback, CourierProtocol, Provider, protocols
from sandbox.store import Store


class World:
    """One per process; everything in it goes on from where the state file stands."""

    def __init__(self, state: str, speed: float) -> None:
        self.store = Store(state)
        self.clock = CityClock(self.store, speed)
        self.faults = Faults(self.store)
        self.protocols: dict[str, CourierProtocol] = {protocol.name: protocol for protocol in protocols()}
        self.providers: dict[str, Provider] = {
            provider.name: provider for protocol in self.protocols.values() for provider in protocol.providers
        }
        self.couriers = Couriers(self.store, self.clock, self.faults, self.providers, self._render)

    def _render(self, booking: Booking) -> Sequence[Callback]:
        protocol = self.protocols[self.providers[booking.provider].protocol]
        told = protocol.callback(self, booking, booking.history[-1])
        return [told] if isinstance(told, Callback) else told or ()
