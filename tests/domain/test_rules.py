"""The pure rules: money, addresses, choosing, windows, moves, ledger, the journal's chain."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain import audit, errors, ledger, permits
from domain.availability import Hours, PostalRange, Refusal, ServiceArea, by_the_book
from domain.deliveries import FINAL, Delivery, DeliveryRequest, DeliveryStatus, may_move
from domain.money import Currency, CurrencyMismatch, Money
from domain.places import Address
from domain.quotes import Choice, Offer, Rule, next_best, ranked

NOW = datetime(2030, 1, 7, 15, 0, tzinfo=UTC)  # a Monday, noon in São Paulo


def brl(amount: int) -> Money:
    return Money(amount=amount, currency=Currency.BRL)


def address(**more: object) -> Address:
    base = {"street": "Rua A", "number": "1", "district": "Centro", "city": "São Paulo", "state": "SP"}
    return Address.model_validate({**base, "postal_code": "01310-200", **more})


def offer(name: str, price: int, minutes: int, ttl: int = 10) -> Offer:
    return Offer(
        id=name, carrier="c", carrier_account=name, service="moto", cost=brl(price), price=brl(price),
        delivery_eta_at=NOW + timedelta(minutes=minutes), expires_at=NOW + timedelta(minutes=ttl),
    )  # fmt: skip


OFFERS = [offer("cheap", 1000, 120), offer("fast", 3000, 20), offer("fair", 1300, 45), offer("gone", 1, 1, ttl=0)]


@pytest.mark.parametrize(
    ("rule", "best"), [("cheapest", "cheap"), ("fastest", "fast"), ("best_value", "fair"), ("cheapest_by", "fair")]
)
def test_each_rule_chooses_its_best_of_what_still_stands(rule: str, best: str) -> None:
    choice = Choice(rule=Rule(rule), by=NOW + timedelta(minutes=60) if rule == "cheapest_by" else None)
    assert ranked(OFFERS, choice, NOW)[0].id == best


@pytest.mark.parametrize(
    ("rule", "best"), [("cheapest", "slow"), ("fastest", "quick"), ("best_value", "quick"), ("cheapest_by", "quick")]
)
def test_offers_that_promise_days_and_no_instant_are_compared_by_their_days(rule: str, best: str) -> None:
    unsaid = {"delivery_eta_at": None}
    parcels = [
        offer("slow", 1000, 0).model_copy(update={**unsaid, "delivery_days": 6}),
        offer("quick", 1500, 0).model_copy(update={**unsaid, "delivery_days": 1}),
        offer("silent", 1400, 0).model_copy(update=unsaid),
    ]
    choice = Choice(rule=Rule(rule), by=NOW + timedelta(days=3) if rule == "cheapest_by" else None)
    assert ranked(parcels, choice, NOW)[0].id == best


def test_the_next_best_is_one_not_tried() -> None:
    choice = Choice(rule=Rule.CHEAPEST)
    following = next_best(OFFERS, ["cheap"], choice, NOW)
    assert following is not None
    assert following.id == "fair"
    assert next_best(OFFERS, ["cheap", "fair", "fast"], choice, NOW) is None


@pytest.mark.parametrize("text", ["NaN", "Infinity", "abc", "", "1e999999"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Money.parse(text, "BRL")


@given(st.decimals(min_value=-10_000_000, max_value=10_000_000, places=2))
def test_major_units_survive_the_way_there_and_back(major: Decimal) -> None:
    assert Money.parse(str(major), "BRL").major() == major


def test_currencies_never_mix() -> None:
    with pytest.raises(CurrencyMismatch):
        brl(1) + Money(amount=1, currency=Currency.USD)


@pytest.mark.parametrize(
    "wrong",
    [
        {"postal_code": "1310"},
        {"state": "XX"},
        {"number": ""},
        {"district": ""},
        {"latitude": 1.0},
        {"street": "a\x00"},
    ],
)
def test_an_impossible_brazilian_address_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        address(**wrong)


def test_a_cep_is_kept_as_eight_digits() -> None:
    assert address().postal_code == "01310200"


def area(**more: object) -> ServiceArea:
    hours = tuple(Hours(weekday=day, opens=time(8), closes=time(18)) for day in range(5))
    fields = {"id": "area_1", "name": "Centro", "postal_ranges": (PostalRange(first="01000000", last="05999999"),)}
    return ServiceArea.model_validate({**fields, "hours": hours, **more})


@pytest.mark.parametrize(
    ("at", "cut_off", "reason"),
    [
        (NOW, None, None),
        (NOW + timedelta(hours=7), None, Refusal.OUTSIDE_HOURS),
        (NOW + timedelta(days=5), None, Refusal.OUTSIDE_HOURS),
        (NOW, time(11), Refusal.AFTER_CUT_OFF),
    ],
)
def test_an_area_answers_by_its_own_clock(at: datetime, cut_off: time | None, reason: Refusal | None) -> None:
    answer = by_the_book([area(cut_off=cut_off)], address(), address(), at)
    assert (answer.available, answer.reason) == (reason is None, reason)


def test_both_ends_must_lie_inside_one_area() -> None:
    answer = by_the_book([area()], address(), address(postal_code="20040-002", state="RJ"), NOW)
    assert answer.reason is Refusal.REGION_NOT_SERVED


def test_a_window_starts_on_the_hour_of_the_areas_clock() -> None:
    window = area().window(NOW + timedelta(minutes=25))
    assert (window.starts_at, window.ends_at) == (NOW, NOW + timedelta(hours=1))


def test_a_charge_and_its_reversal_sum_to_zero_and_nothing_is_reversed_twice() -> None:
    posted = ledger.charge(
        delivery_id="del_1", organisation_id="org_1", step="booked/1", at=NOW, price=brl(1200), cost=brl(1000)
    )
    undone = ledger.reversal(ledger.standing(posted), step="cancelled", at=NOW)
    assert not ledger.imbalance(posted)
    assert not ledger.imbalance((*posted, *undone))
    assert ledger.reversal(ledger.standing((*posted, *undone)), step="again", at=NOW) == ()
    receivable = [e.money.amount for e in (*posted, *undone) if e.account is ledger.Account.CUSTOMER_RECEIVABLE]
    assert receivable == [1200, -1200]


@pytest.mark.parametrize("origin", sorted(FINAL))
def test_nothing_moves_out_of_a_final_status(origin: DeliveryStatus) -> None:
    assert not any(may_move(origin, to) for to in DeliveryStatus)


def test_a_line_told_later_is_still_the_same_line_but_another_link() -> None:
    line = audit.Line(seq=1, kind="delivery.requested", actor="usr_1", at=NOW, data={"a": 1})
    later = line.model_copy(update={"at": NOW + timedelta(seconds=1)})
    assert line.digest() == later.digest()
    assert audit.chained(audit.GENESIS, "del_1", line) != audit.chained(audit.GENESIS, "del_1", later)


@pytest.mark.parametrize("text", ["", "1", "1.", ".1", "a.b", "1.2.3", "-1.2", "1" * 60 + ".1"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        audit.Cursor.parse(text)


def delivery(**more: object) -> Delivery:
    stop = {"contact": {"name": "Ana"}, "address": address().model_dump()}
    body = {"pickup": stop, "dropoff": stop, "parcels": [{"description": "Bolo", "weight_g": 1}]}
    request = DeliveryRequest.model_validate(body)
    base = Delivery(
        id="del_1", organisation_id="org_1", created_by="usr_1", created_at=NOW, updated_at=NOW, request=request
    )
    return base.model_copy(update=more)


def test_what_may_be_asked_follows_the_status() -> None:
    quoted = delivery(status=DeliveryStatus.QUOTED, offers=tuple(OFFERS))
    assert permits.permitted(quoted, NOW) == ["accept", "quote_again", "cancel", "force_status"]
    assert permits.permitted(delivery(status=DeliveryStatus.DELIVERED), NOW) == []
    with pytest.raises(errors.QuoteExpired):
        permits.check_accept(quoted, "gone", NOW)


def test_every_error_has_a_code_of_its_own_and_comes_back_from_the_wire() -> None:
    revived = errors.DomainError.revive("quote_expired", "too late", {"offer_id": "off_1"})
    assert isinstance(revived, errors.QuoteExpired)
    assert revived.data == {"offer_id": "off_1"}
