"""Geocoders and postal code look-ups that answer, and some that had better not: no customer is the worse for them."""

import asyncio
import gzip
import logging
from typing import Any

import pytest
from servers import Server, address, breaks_off, drips, floods, hangs, says

from domain import errors
from domain.places import Address, PartialAddress, Point

MATCH = {"lat": "-23.5613991", "lon": "-46.6558819", "display_name": "Avenida Paulista"}
SE = {
    "cep": "01001-000", "logradouro": "Praça da Sé", "complemento": "lado ímpar", "bairro": "Sé",
    "localidade": "São Paulo", "uf": "SP", "ibge": "3550308",
}  # fmt: skip
BOMB = gzip.compress(b" " * 50_000_000)

BAD: dict[str, Any] = {
    "hangs": hangs,
    "drips": drips,
    "breaks off": breaks_off,
    "floods": floods,
    "packs a bomb": says(BOMB, 200, "Content-Encoding: gzip"),
    "is down": says({}, 503),
    "throttles": says({}, 429),
    "forbids": says({}, 403),
    "sends elsewhere": says(b"", 302, "Location: http://127.0.0.1:9/"),
    "says a page": says(b"<html>It works!</html>"),
    "says nothing": says(b""),
    "says a number": says(7),
    "nests": says(b"[" * 100_000),
}
NO_POINT: dict[str, Any] = {
    "an object": {"lat": "1", "lon": "2"},
    "no numbers": [{"lat": "north", "lon": "-46.6"}],
    "half a point": [{"lat": "-23.5"}],
    "off the globe": [{"lat": "-123.5", "lon": "-46.6"}],
    "NaN as text": [{"lat": "NaN", "lon": "-46.6"}],
    "NaN": b'[{"lat": NaN, "lon": -46.6}]',
    "infinity": [{"lat": "-23.5", "lon": "inf"}],
    "truth": [{"lat": True, "lon": False}],
    "lists": [{"lat": [-23.5], "lon": [-46.6]}],
    "null": [None],
    "too large a number": b'[{"lat": 1' + b"0" * 500 + b', "lon": 0}]',
}
NO_ADDRESS: dict[str, Any] = {
    "a list": [SE],
    "another code": {**SE, "cep": "01310-200"},
    "no code": {**SE, "cep": None},
    "no city": {**SE, "localidade": ""},
    "a city of lists": {**SE, "localidade": ["São Paulo"]},
    "an error in other words": {"erro": "sim, ocorreu"},
}


# ── the geocoder ──────────────────────────────────────────────────────────────────────────────────────────


async def test_an_address_is_taken_apart_and_its_best_match_is_its_point(
    server: Server, atlas: Any, paulista: Address
) -> None:
    server.then = says([MATCH, {"lat": "0", "lon": "0"}])
    assert await atlas(server.url, agent="entrega (+https://entrega.example)").locate(paulista) == Point(
        latitude=-23.561399, longitude=-46.655882
    )
    assert server.asked == [
        (
            "/search",
            {
                "format": "jsonv2",
                "limit": "1",
                "street": "1578 Avenida Paulista",
                "city": "São Paulo",
                "state": "SP",
                "postalcode": "01310-200",
                "country": "BR",
                "countrycodes": "br",
            },
        )
    ]
    assert "user-agent: entrega (+https://entrega.example)" in server.heads[0].lower()


async def test_numbers_are_points_too_and_a_house_without_one_is_asked_for_by_its_street(
    server: Server, atlas: Any
) -> None:
    server.then = says([{"lat": -23.5, "lon": -46}])
    assert await atlas(server.url).locate(address(number="S/N")) == Point(latitude=-23.5, longitude=-46)
    assert server.asked[0][1]["street"] == "Avenida Paulista"


async def test_abroad_postal_codes_stay_as_they_are_written(server: Server, atlas: Any) -> None:
    there = Address(street="Rua Augusta", number="1", city="Lisboa", postal_code="1100-053", country="PT")
    assert await atlas(server.url).locate(there) is None
    asked = server.asked[0][1]
    assert (asked["postalcode"], asked["countrycodes"]) == ("1100-053", "pt")
    assert "state" not in asked


@pytest.mark.parametrize("what", BAD)
async def test_a_geocoder_that_misbehaves_costs_the_coordinates_and_nothing_else(
    what: str, server: Server, atlas: Any, paulista: Address
) -> None:
    server.then = BAD[what]
    async with asyncio.timeout(30):
        assert await atlas(server.url, deadline_s=0.5).locate(paulista) is None
    assert len(server.asked) == 1


@pytest.mark.parametrize("what", NO_POINT)
async def test_what_is_no_point_is_none(what: str, server: Server, atlas: Any, paulista: Address) -> None:
    server.then = says(NO_POINT[what])
    knows = atlas(server.url, cool_down_s=0.01)
    assert await knows.locate(paulista) is None
    # Nor is it remembered as a place that nobody knows.
    server.then = says([MATCH])
    async with asyncio.timeout(30):
        while await knows.locate(paulista) is None:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://nowhere.invalid"])
async def test_a_geocoder_that_is_not_there_is_no_error(url: str, atlas: Any, paulista: Address) -> None:
    assert await atlas(url).locate(paulista) is None


async def test_nobody_to_ask_is_no_error(atlas: Any, paulista: Address) -> None:
    assert await atlas("", geocoder_url=None).locate(paulista) is None


# ── postal codes ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", ["01001000", "01001-000"])
async def test_a_postal_code_tells_street_district_city_and_state(code: str, server: Server, atlas: Any) -> None:
    server.then = says(SE)
    assert await atlas(server.url).look_up("BR", code) == PartialAddress(
        street="Praça da Sé", district="Sé", city="São Paulo", state="SP", postal_code="01001000"
    )
    assert server.asked == [("/ws/01001000/json/", {})]


async def test_a_code_that_covers_a_city_tells_the_city_alone(server: Server, atlas: Any) -> None:
    server.then = says({"cep": "18170-000", "logradouro": "", "bairro": "", "localidade": "Piedade", "uf": "SP"})
    found = await atlas(server.url).look_up("BR", "18170000")
    assert (found.street, found.district, found.city) == ("", "", "Piedade")


@pytest.mark.parametrize("erro", [True, "true"])
async def test_there_is_no_such_code(erro: object, server: Server, atlas: Any) -> None:
    server.then = says({"erro": erro})
    assert await atlas(server.url).look_up("BR", "99999999") is None


@pytest.mark.parametrize(("country", "code"), [("PT", "1100-053"), ("BR", "0131020"), ("BR", "../../etc")])
async def test_what_is_no_cep_is_nobodys_question(country: str, code: str, server: Server, atlas: Any) -> None:
    assert await atlas(server.url).look_up(country, code) is None
    assert server.asked == []


async def test_words_are_kept_on_one_line_and_within_bounds(server: Server, atlas: Any) -> None:
    server.then = says({**SE, "logradouro": "Praça\r\n\x00da Sé" + "é" * 1000, "bairro": 7})
    found = await atlas(server.url).look_up("BR", "01001000")
    assert found.street.startswith("Praça da Sé")
    assert (len(found.street), found.district) == (200, "")


@pytest.mark.parametrize("what", [*BAD, *NO_ADDRESS])
async def test_a_look_up_that_misbehaves_is_unavailable_and_says_nothing_of_what_was_asked(
    what: str, server: Server, atlas: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server.then = BAD[what] if what in BAD else says(NO_ADDRESS[what])
    with caplog.at_level(logging.WARNING), pytest.raises(errors.Unavailable) as raised:
        async with asyncio.timeout(30):
            await atlas(server.url, deadline_s=0.5).look_up("BR", "01001000")
    assert "01001" not in f"{raised.value.detail}{raised.value.data}{raised.value.__cause__!r}{caplog.text}"


async def test_without_a_look_up_it_says_so(atlas: Any) -> None:
    with pytest.raises(errors.Unavailable, match="configured"):
        await atlas("", cep_url=None).look_up("BR", "01001000")
