"""What was agreed with an organisation, at rest, and what prices become of it."""

import pytest
from making import brl, fresh

from domain.money import Currency, Money
from domain.terms import Margin, Terms


async def test_terms_are_the_usual_ones_until_others_are_agreed(stores):
    organisation = fresh("org")
    assert await stores.terms.terms(organisation) == Terms()
    for agreed in (Terms(margin=Margin(basis_points=1250, fixed=(brl(150),))), Terms(time_zone="America/Manaus")):
        await stores.terms.put_terms(organisation, agreed, "usr_admin")
        assert await stores.terms.terms(organisation) == agreed
    told = await stores.journal.of(f"terms/{organisation}")
    assert [(line.kind, line.organisation_id) for line in told] == [("terms.put", None)] * 2


@pytest.mark.parametrize(("cost", "price"), [
    (brl(1000), brl(1275)), (brl(1), brl(151)), (brl(4), brl(155)), (brl(0), brl(150)),
    (Money(amount=1000, currency=Currency.USD), Money(amount=1125, currency=Currency.USD)),
])  # fmt: skip
def test_a_margin_is_a_part_and_an_amount_rounded_half_up(cost, price):
    assert Margin(basis_points=1250, fixed=(brl(150),)).on(cost) == price


@pytest.mark.parametrize("wrong", [
    {"margin": {"fixed": [{"amount": 1, "currency": "BRL"}, {"amount": 2, "currency": "BRL"}]}},
    {"margin": {"fixed": [{"amount": -1, "currency": "BRL"}]}},
    {"margin": {"basis_points": -1}}, {"time_zone": "Marte/Olimpo"}, {"time_zone": "../etc/passwd"},
])  # fmt: skip
def test_terms_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError):
        Terms.model_validate(wrong)
