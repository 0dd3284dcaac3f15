"""The city's streets by postal code: some that are on every map of São Paulo, the others made up."""

import hashlib
from typing import NamedTuple


class Street(NamedTuple):
    """What a postal code tells."""

    name: str
    district: str
    city: str


class Known(NamedTuple):
    """A real street, and where it is."""

    street: Street
    latitude: float
    longitude: float


def _known(name: str, district: str, latitude: float, longitude: float) -> Known:
    return Known(Street(name, district, "São Paulo"), latitude, longitude)


KNOWN = {
    "01001000": _known("Praça da Sé", "Sé", -23.5503, -46.6339),
    "01305100": _known("Rua Augusta", "Consolação", -23.5530, -46.6540),
    "01310100": _known("Avenida Paulista", "Bela Vista", -23.5653, -46.6520),
    "01310200": _known("Avenida Paulista", "Bela Vista", -23.5614, -46.6560),
    "01412100": _known("Rua Augusta", "Cerqueira César", -23.5577, -46.6630),
    "01426000": _known("Rua Oscar Freire", "Cerqueira César", -23.5629, -46.6690),
    "01503010": _known("Praça da Liberdade", "Liberdade", -23.5552, -46.6357),
    "04094050": _known("Avenida Pedro Álvares Cabral", "Parque Ibirapuera", -23.5874, -46.6576),
    "04538133": _known("Avenida Brigadeiro Faria Lima", "Itaim Bibi", -23.5868, -46.6820),
    "04551060": _known("Rua Funchal", "Vila Olímpia", -23.5945, -46.6890),
    "05001200": _known("Avenida Francisco Matarazzo", "Água Branca", -23.5275, -46.6785),
    "05407002": _known("Rua Cardeal Arcoverde", "Pinheiros", -23.5613, -46.6880),
}

# Greater São Paulo's codes begin with these.
_CITIES = {
    **dict.fromkeys(("01", "02", "03", "04", "05", "08"), "São Paulo"),
    "06": "Osasco",
    "07": "Guarulhos",
    "09": "Santo André",
}
_KINDS = ("Rua", "Rua", "Rua", "Avenida", "Travessa")
_NAMES = ("das Acácias", "dos Ipês", "do Mercado", "da Estação", "das Laranjeiras", "do Moinho", "da Fonte", "do Farol")
_DISTRICTS = ("Jardim das Flores", "Vila Nova", "Parque do Lago", "Centro Velho", "Alto da Serra")


def street_of(postal_code: str) -> Street | None:
    """The street of a code of eight digits, always the same; None outside Greater São Paulo."""
    if postal_code in KNOWN:
        return KNOWN[postal_code].street
    city = _CITIES.get(postal_code[:2])
    if city is None:
        return None
    kind, name, district = hashlib.sha256(postal_code.encode()).digest()[:3]
    words = f"{_KINDS[kind % len(_KINDS)]} {_NAMES[name % len(_NAMES)]}"
    return Street(words, _DISTRICTS[district % len(_DISTRICTS)], city)
