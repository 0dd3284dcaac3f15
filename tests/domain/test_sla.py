"""What a contract credits."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.ledger import imbalance
from domain.money import Currency, Money
from domain.sla import Credit, SlaTerms, credit


def brl(amount):
    return Money(amount=amount, currency=Currency.BRL)


def test_a_part_of_the_price_rounded_half_up_at_most_the_cap_and_the_price():
    assert Credit(percent=10).of(brl(1295)) == brl(130)
    assert Credit(percent=50, cap=brl(500)).of(brl(2000)) == brl(500)
    assert Credit(fixed=brl(3000)).of(brl(2000)) == brl(2000)
    assert Credit(percent=10).of(brl(0)) is None
    assert Credit(fixed=Money(amount=5, currency=Currency.USD)).of(brl(2000)) is None  # currencies are never mixed


@pytest.mark.parametrize(
    "terms",
    [
        {"basis": "pickup"},
        {"within": "PT5M"},
        {"credit": {}},
        {"credit": {"percent": 10, "fixed": {"amount": 1, "currency": "BRL"}}},
        {"credit": {"percent": 0}},
        {"credit": {"fixed": {"amount": 0, "currency": "BRL"}}},
    ],
)
def test_terms_that_make_no_sense_are_none(terms):
    with pytest.raises(ValidationError):
        SlaTerms.model_validate(terms)


@given(st.integers(0, 10**9), st.integers(1, 100))
def test_a_credits_entries_sum_to_zero_and_lower_what_is_owed(price, percent):
    told = {"delivery_id": "del_1", "organisation_id": "org_1", "step": "breached/1", "at": datetime.now(UTC)}
    entries = credit(**told, price=brl(price), terms=SlaTerms(credit=Credit(percent=percent)))
    assert not imbalance(entries)
    assert all(entry.money.amount < 0 for entry in entries if entry.account == "customer_receivable")
