"""The examples that accounts are tried with are requests as customers could make them, in every country's money."""

from typing import Any

import pytest

from domain.money import Currency
from domain.quotes import CarrierAccount
from runtime.accounts.examples import country_of, example

MONEY = {
    "BR": "BRL", "US": "USD", "MX": "MXN", "AR": "ARS", "CO": "COP",
    "PT": "EUR", "ES": "EUR", "FR": "EUR", "DE": "EUR", "IT": "EUR",
}  # fmt: skip


def account(**more: Any) -> CarrierAccount:
    return CarrierAccount(carrier="any", account="one", name="One", **more)


@pytest.mark.parametrize("country", MONEY)
def test_an_example_lies_within_its_country_and_has_all_that_a_carrier_may_ask(country: str) -> None:
    request = example(account(countries=(country,)))
    assert request.currency is Currency(MONEY[country])
    for stop in (request.pickup, request.dropoff):
        assert stop.address.country == country
        assert stop.address.located
        assert stop.contact.phone
    ends = request.dropoff.address
    assert ends.latitude is not None
    assert ends.longitude is not None
    assert 500 < request.pickup.address.distance_m(ends.latitude, ends.longitude) < 10_000


@pytest.mark.parametrize(
    ("more", "country"),
    [
        ({"countries": ("JP", "US"), "settings": {"country": "MX"}}, "US"),
        ({"settings": {"market": "MX"}}, "MX"),
        ({"settings": {"market": "HK"}}, "BR"),
        ({}, "BR"),
    ],
)
def test_an_account_is_tried_where_it_says_that_it_works(more: dict[str, Any], country: str) -> None:
    assert country_of(account(**more)) == country
