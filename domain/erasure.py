"""What is left of the erased: ids, codes, times and amounts stay; what was personal reads as `erased`."""

from domain.deliveries import DeliveryRequest
from domain.parcels import Parcel
from domain.places import Address, Contact, Stop
from domain.quotes import Service
from domain.tracking import Scan

ERASED = "erased"
NOWHERE = "ZZ"
"""ISO 3166 leaves it to users for what has no country."""

_STOP = Stop(
    contact=Contact(name=ERASED), address=Address(street=ERASED, city=ERASED, postal_code=ERASED, country=NOWHERE)
)


def erased_request(service: Service, reference: str) -> DeliveryRequest:
    """A request of which nobody can tell any more who asked for what, and from where to where."""
    parcel = Parcel(description=ERASED, weight_g=1)
    return DeliveryRequest(service=service, reference=reference, pickup=_STOP, dropoff=_STOP, parcels=(parcel,))


def erased_scan(scan: Scan) -> Scan:
    """A report of which nobody can tell any more where it was made and who signed."""
    gone = {"description": "", "place": "", "latitude": None, "longitude": None, "proof": None}
    return scan.model_copy(update={**gone, "erased": True})
