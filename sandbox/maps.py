"""The city's map and its postal codes, as Nominatim (/maps) and ViaCEP (/cep) would answer; couriers know no other."""

import re
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from sandbox.city import place
from sandbox.couriers import Refusal
from sandbox.streets import street_of

router = APIRouter()

_BRAZIL = frozenset({"", "br", "brasil", "brazil"})
_FORMATS = frozenset({"json", "jsonv2"})
_CEP = re.compile(r"([0-9]{5})-?([0-9]{3})")


@router.get("/maps/search")
async def search(
    street: str = "",
    city: str = "",
    postalcode: str = "",
    country: str = "",
    countrycodes: str = "",
    format: str = "jsonv2",
) -> list[dict[str, Any]]:
    """At most one match: the spot where couriers believe the address of this postal code to be."""
    if format not in _FORMATS:
        raise Refusal(400, "No such format")
    code = _code(postalcode)
    known = street_of(code) if code else None
    if code is None or known is None or not street or not {country.lower(), countrycodes.lower()} <= _BRAZIL:
        return []
    point = place(None, None, code)
    return [
        {
            "place_id": int(code),
            "licence": "Sandbox",
            "lat": f"{point.latitude:.7f}",
            "lon": f"{point.longitude:.7f}",
            "category": "highway",
            "type": "residential",
            "importance": 0.1,
            "addresstype": "road",
            "name": known.name,
            "display_name": f"{street}, {known.district}, {city or known.city}, {code[:5]}-{code[5:]}, Brasil",
        }
    ]


@router.get("/cep/ws/{cep}/json/", response_model=None)
async def look_up(cep: str) -> dict[str, str] | Response:
    """What lies behind a CEP; what is written otherwise gets a page that says so, as from the original."""
    code = _code(cep)
    if code is None:
        return HTMLResponse("<h1>Http 400</h1>", status_code=400)
    street = street_of(code)
    if street is None:
        return {"erro": "true"}
    return {
        "cep": f"{code[:5]}-{code[5:]}",
        "logradouro": street.name,
        "complemento": "",
        "bairro": street.district,
        "localidade": street.city,
        "uf": "SP",
        "ddd": "11",
    }


def _code(text: str) -> str | None:
    found = _CEP.fullmatch(text.strip())
    return found[1] + found[2] if found else None
