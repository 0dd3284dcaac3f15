"""A small parcel for a short way, in each country whose money we settle in: what an account is tried with."""

from domain.deliveries import Shipment
from domain.parcels import Parcel
from domain.places import Address, Contact, Stop
from domain.quotes import CarrierAccount, QuoteRequest

_USUAL = "BR"
# City, state, and a telephone that is nobody's; then town halls and stations, a few kilometres apart: street, number,
# district, postal code, latitude, longitude.
_WAYS: dict[str, tuple[str, str, str, tuple[tuple[str, str, str, str, float, float], ...]]] = {
    "BR": ("São Paulo", "SP", "+551155550100", (
        ("Viaduto do Chá", "15", "Centro", "01002900", -23.5475, -46.6379),
        ("Avenida Paulista", "1578", "Bela Vista", "01310200", -23.5614, -46.6559),
    )),
    "US": ("San Francisco", "CA", "+14155550100", (
        ("Dr Carlton B Goodlett Pl", "1", "", "94102", 37.7793, -122.4193),
        ("4th St", "700", "", "94107", 37.7766, -122.3947),
    )),
    "MX": ("Ciudad de México", "CMX", "+525555550100", (
        ("Plaza de la Constitución", "2", "Centro", "06010", 19.4319, -99.1332),
        ("Avenida Insurgentes Sur", "421", "Condesa", "06100", 19.4093, -99.1686),
    )),
    "AR": ("Buenos Aires", "CABA", "+541155550100", (
        ("Bolívar", "1", "Monserrat", "C1066AAA", -34.6086, -58.3737),
        ("Avenida Santa Fe", "3253", "Palermo", "C1425BGH", -34.5883, -58.4105),
    )),
    "CO": ("Bogotá", "DC", "+576015550100", (
        ("Carrera 8", "10-65", "La Candelaria", "111711", 4.5977, -74.0768),
        ("Calle 72", "10-34", "Chapinero", "110231", 4.6567, -74.0590),
    )),
    "PT": ("Lisboa", "", "+351210000100", (
        ("Praça do Município", "1", "", "1100365", 38.7080, -9.1391),
        ("Avenida da Liberdade", "110", "", "1250146", 38.7200, -9.1457),
    )),
    "ES": ("Madrid", "", "+34910000100", (
        ("Calle de Alcalá", "50", "", "28014", 40.4190, -3.6930),
        ("Paseo de la Castellana", "110", "", "28046", 40.4460, -3.6906),
    )),
    "FR": ("Paris", "", "+33199000100", (
        ("Place de l'Hôtel de Ville", "1", "", "75004", 48.8565, 2.3524),
        ("Boulevard Haussmann", "40", "", "75009", 48.8736, 2.3320),
    )),
    "DE": ("Berlin", "", "+493023125100", (
        ("Rathausstraße", "15", "", "10178", 52.5186, 13.4083),
        ("Tauentzienstraße", "21", "", "10789", 52.5018, 13.3414),
    )),
    "IT": ("Roma", "RM", "+390655550100", (
        ("Piazza del Campidoglio", "1", "", "00186", 41.8933, 12.4829),
        ("Piazza dei Cinquecento", "1", "", "00185", 41.9010, 12.5018),
    )),
}  # fmt: skip


def country_of(account: CarrierAccount) -> str:
    """Where an account works, as far as it says and we have an example there."""
    said = (*account.countries, *(account.settings.get(name) for name in ("country", "market")))
    return next((country for country in said if country in _WAYS), _USUAL)


def example(account: CarrierAccount) -> QuoteRequest:
    """The request; nobody lives there."""
    country = country_of(account)
    city, state, phone, ends = _WAYS[country]
    pickup, dropoff = (
        Stop(
            contact=Contact(name="Entrega", phone=phone),
            address=Address(
                street=street,
                number=number,
                district=district,
                city=city,
                state=state,
                postal_code=code,
                country=country,
                latitude=latitude,
                longitude=longitude,
            ),
        )
        for street, number, district, code, latitude, longitude in ends
    )
    parcel = Parcel(description="Example", weight_g=500)
    return Shipment(service=account.services[0], pickup=pickup, dropoff=dropoff, parcels=(parcel,)).for_carriers()
