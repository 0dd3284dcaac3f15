"""Who is asked, who is preferred, who is paused: whatever the rules, and however many."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.money import Currency, Money
from domain.pauses import Pause, PauseMode, next_look, pause_of
from domain.quotes import AccountRef, CarrierAccount, Choice, Offer, QuoteRequest, Rule, Service, next_best, ranked
from domain.routing import AccountRule, Asking, Effect, When, asking

NOW = datetime(2030, 1, 7, 15, 0, tzinfo=UTC)
REFS = [AccountRef(carrier=carrier, account=name) for carrier in ("lalamove", "uber") for name in ("one", "two")]


def account(ref: AccountRef, **more: object) -> CarrierAccount:
    return CarrierAccount.model_validate({**ref.model_dump(), "name": ref.account, **more})


ACCOUNTS = [account(ref) for ref in REFS]


def request(pickup: str = "01310200", dropoff: str = "04538133", weight_g: int = 1500, **more: object) -> QuoteRequest:
    def stop(code: str) -> dict[str, object]:
        base = {"street": "Rua A", "number": "1", "district": "Centro", "city": "São Paulo", "state": "SP"}
        return {"contact": {"name": "Ana"}, "address": {**base, "postal_code": code}}

    parcels = [{"description": "Bolo", "weight_g": weight_g}]
    body = {"pickup": stop(pickup), "dropoff": stop(dropoff), "parcels": parcels, **more}
    return QuoteRequest.model_validate(body)


def rule(effect: str, *accounts: str, name: str = "rule", **more: object) -> AccountRule:
    return AccountRule.model_validate({"id": "rule_1", "name": name, "effect": effect, "accounts": accounts, **more})


def asked(*rules: AccountRule, of: QuoteRequest | None = None, organisation: str = "org_1") -> Asking:
    return asking(ACCOUNTS, rules, (), of or request(), organisation, NOW)


def names(answer: Asking) -> list[str]:
    return [str(one.ref) for one in answer.accounts]


# ── rules ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_rules_everybody_is_asked_in_order() -> None:
    assert names(asked()) == [str(ref) for ref in REFS]
    assert asked().declined == ()


def test_a_denial_names_an_account_or_all_of_a_carriers_and_says_so() -> None:
    answer = asked(rule("deny", "uber/*"), rule("deny", "lalamove/one"))
    assert names(answer) == ["lalamove/two"]
    assert {(d.carrier, d.carrier_account, d.reason) for d in answer.declined} == {
        ("lalamove", "one", "denied_by_rule"),
        ("uber", "one", "denied_by_rule"),
        ("uber", "two", "denied_by_rule"),
    }


def test_where_a_rule_allows_only_the_allowed_are_asked_and_a_denial_still_counts() -> None:
    assert names(asked(rule("allow", "uber/*"))) == ["uber/one", "uber/two"]
    assert names(asked(rule("allow", "uber/one"), rule("allow", "lalamove/two"))) == ["lalamove/two", "uber/one"]
    assert names(asked(rule("allow", "uber/*"), rule("deny", "uber/one"))) == ["uber/two"]


def test_a_rule_that_is_off_or_speaks_of_others_says_nothing() -> None:
    assert names(asked(rule("deny", "uber/*", enabled=False))) == [str(ref) for ref in REFS]
    other = rule("allow", "uber/one", when={"organisation_id": "org_2"})
    assert names(asked(other)) == [str(ref) for ref in REFS]
    assert names(asked(other, organisation="org_2")) == ["uber/one"]


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ({}, True),
        ({"service": "express"}, True),
        ({"service": "standard"}, False),
        ({"country": "BR"}, True),
        ({"country": "AR"}, False),
        ({"pickup_postal_ranges": [{"first": "01000000", "last": "01999999"}]}, True),
        ({"pickup_postal_ranges": [{"first": "04000000", "last": "04999999"}]}, False),
        ({"dropoff_postal_ranges": [{"first": "04000000", "last": "04999999"}]}, True),
        ({"dropoff_postal_ranges": [{"first": "01000000", "last": "01999999"}]}, False),
        ({"min_weight_g": 1500, "max_weight_g": 1500}, True),
        ({"min_weight_g": 1501}, False),
        ({"max_weight_g": 1499}, False),
        ({"service": "express", "country": "AR"}, False),
    ],
)
def test_every_condition_that_is_given_must_hold(when: dict[str, object], holds: bool) -> None:
    assert When.model_validate(when).holds(request(), "org_1") is holds


@pytest.mark.parametrize(
    "wrong",
    [
        {"accounts": []},
        {"accounts": ["uber"]},
        {"accounts": ["*/*"]},
        {"accounts": ["uber/One"]},
        {"when": {"servce": "express"}},
        {"when": {"min_weight_g": 2, "max_weight_g": 1}},
        {"when": {"organisation_id": "Padaria"}},
        {"within_percent": -1},
    ],
)
def test_a_rule_that_cannot_mean_anything_is_refused(wrong: dict[str, object]) -> None:
    body = {"id": "rule_1", "name": "rule", "effect": "deny", "accounts": ["uber/*"], **wrong}
    with pytest.raises(ValidationError):
        AccountRule.model_validate(body)


@given(
    st.lists(
        st.builds(
            rule,
            st.sampled_from(Effect),
            st.sampled_from(["uber/one", "uber/two", "uber/*", "lalamove/one", "lalamove/*"]),
            enabled=st.booleans(),
            within_percent=st.integers(0, 50),
            when=st.sampled_from([{}, {"service": "standard"}, {"min_weight_g": 5000}, {"organisation_id": "org_2"}]),
        ),
        max_size=6,
    ),
    st.randoms(),
)
def test_everybody_is_asked_or_declined_whatever_the_order_of_the_rules(rules: list[AccountRule], random) -> None:  # type: ignore[no-untyped-def]
    answer = asked(*rules)
    out = [AccountRef(carrier=d.carrier, account=d.carrier_account) for d in answer.declined]
    assert [ref for ref in REFS if ref not in out] == [one.ref for one in answer.accounts]
    assert len(answer.accounts) + len(out) == len(REFS)
    speaking = [r for r in rules if r.enabled and r.when.holds(request(), "org_1")]
    denied = {ref for ref in REFS for r in speaking if r.effect is Effect.DENY and r.names(ref)}
    allowing = [r for r in speaking if r.effect is Effect.ALLOW]
    allowed = {ref for ref in REFS if not allowing or any(r.names(ref) for r in allowing)}
    assert {one.ref for one in answer.accounts} == allowed - denied
    for ref, percent in answer.preferred.items():
        assert percent == max(r.within_percent for r in speaking if r.effect is Effect.PREFER and r.names(ref))
    random.shuffle(rules)
    again = asked(*rules)
    assert (again.accounts, again.declined, dict(again.preferred)) == (
        answer.accounts,
        answer.declined,
        dict(answer.preferred),
    )


# ── countries and services ────────────────────────────────────────────────────────────────────────────────


def test_both_ends_must_lie_in_the_accounts_countries() -> None:
    abroad = request().dropoff.address.model_copy(update={"country": "AR"})
    across = request().model_copy(update={"dropoff": request().dropoff.model_copy(update={"address": abroad})})
    here, both = account(REFS[0], countries=("BR",)), account(REFS[1], countries=("AR", "BR"))
    anywhere, elsewhere = account(REFS[2]), account(REFS[3], countries=("AR",))
    answer = asking([here, both, anywhere, elsewhere], (), (), across, "org_1", NOW)
    assert answer.accounts == (both, anywhere)
    assert {d.reason for d in answer.declined} == {"not_serving_country"}


def test_an_account_that_does_not_sell_the_service_is_no_candidate() -> None:
    only = account(REFS[0], services=(Service.STANDARD,))
    assert asking([only], (), (), request(), "org_1", NOW) == Asking()


# ── pauses ────────────────────────────────────────────────────────────────────────────────────────────────


def pause(mode: str = "elsewhere", account: str | None = None, **more: object) -> Pause:
    fields = {"carrier": "uber", "account": account, "mode": mode, "reason": "outage", "actor": "usr_s"}
    return Pause.model_validate({**fields, "created_at": NOW, **more})


def test_a_pause_elsewhere_is_declined_and_one_that_waits_is_asked() -> None:
    answer = asking(ACCOUNTS, (), [pause()], request(), "org_1", NOW)
    assert names(answer) == ["lalamove/one", "lalamove/two"]
    assert [(d.carrier, d.reason) for d in answer.declined] == [("uber", "paused")] * 2
    assert names(asking(ACCOUNTS, (), [pause("wait")], request(), "org_1", NOW)) == [str(ref) for ref in REFS]


def test_a_pause_ends_by_itself_and_of_two_the_stricter_counts() -> None:
    one, two = AccountRef(carrier="uber", account="one"), AccountRef(carrier="uber", account="two")
    soon = NOW + timedelta(minutes=1)
    pauses = [pause("wait"), pause("elsewhere", "one", until=soon)]

    def mode(ref: AccountRef, at: datetime) -> PauseMode | None:
        found = pause_of(pauses, ref, at)
        return found.mode if found else None

    assert (mode(one, NOW), mode(two, NOW)) == (PauseMode.ELSEWHERE, PauseMode.WAIT)
    assert mode(one, soon) is PauseMode.WAIT
    assert mode(REFS[0], NOW) is None


FIRST, LONGEST = timedelta(seconds=15), timedelta(minutes=5)


@given(st.text(min_size=1, max_size=40), st.integers(0, 10_000))
def test_a_look_comes_after_half_to_one_and_a_half_times_the_usual_and_always_the_same(key: str, looks: int) -> None:
    wait = next_look(key, looks, FIRST, LONGEST)
    usual = min(FIRST * 2 ** min(looks, 10), LONGEST)
    assert usual * 0.5 <= wait <= usual * 1.5
    assert wait == next_look(key, looks, FIRST, LONGEST)


@given(st.timedeltas(timedelta(0), timedelta(days=400)), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_look_is_never_without_a_wait(first: timedelta, longest: timedelta) -> None:
    assert next_look("key", 5, first, longest) >= timedelta(milliseconds=500)


def test_a_thousand_that_wait_together_are_let_go_over_the_whole_time() -> None:
    looks = sorted(next_look(f"key-{n}", 9, FIRST, LONGEST).total_seconds() for n in range(1000))
    assert looks[0] < 160
    assert looks[-1] > 440
    tenths = [sum(150 + 30 * n <= look < 180 + 30 * n for look in looks) for n in range(10)]
    assert min(tenths) > 60
    assert max(tenths) < 140
    assert max(later - earlier for earlier, later in pairwise(looks)) < 5


# ── preference ────────────────────────────────────────────────────────────────────────────────────────────


def offer(name: str, price: int, minutes: int | None, preferred: bool = False, within_percent: int = 10) -> Offer:
    cost = Money(amount=price, currency=Currency.BRL)
    return Offer(
        id=name, carrier="c", carrier_account=name, service="moto", cost=cost, price=cost, preferred=preferred,
        within_percent=within_percent, expires_at=NOW + timedelta(minutes=10),
        delivery_eta_at=None if minutes is None else NOW + timedelta(minutes=minutes),
    )  # fmt: skip


CHEAPEST, FASTEST = Choice(rule=Rule.CHEAPEST), Choice(rule=Rule.FASTEST)
BEST_VALUE = Choice(rule=Rule.BEST_VALUE)


@pytest.mark.parametrize(("price", "first"), [(1100, "ours"), (1101, "cheap")])
def test_a_preferred_offer_is_chosen_while_it_is_not_much_dearer(price: int, first: str) -> None:
    offers = [offer("cheap", 1000, 30), offer("ours", price, 60, preferred=True), offer("mid", 1050, 30)]
    assert ranked(offers, CHEAPEST, NOW)[0].id == first


def test_a_preference_does_not_turn_fastest_into_slow() -> None:
    slow, near = offer("slow", 900, 90, preferred=True), offer("near", 1000, 33, preferred=True)
    assert [o.id for o in ranked([offer("fast", 1000, 30), slow], FASTEST, NOW)] == ["fast", "slow"]
    assert ranked([offer("fast", 1000, 30), slow, near], FASTEST, NOW)[0].id == "near"


def test_after_a_refusal_the_preferred_is_measured_against_what_is_left() -> None:
    offers = [offer("cheap", 1000, 30), offer("mid", 2000, 30), offer("ours", 2200, 60, preferred=True)]
    assert ranked(offers, CHEAPEST, NOW)[0].id == "cheap"
    following = next_best(offers, ["cheap"], CHEAPEST, NOW)
    assert following is not None
    assert following.id == "ours"


def test_where_nobody_says_when_it_arrives_the_best_value_is_the_cheapest() -> None:
    offers = [offer("dear", 2000, None), offer("cheap", 1000, None), offer("mid", 1500, None)]
    assert [o.id for o in ranked(offers, BEST_VALUE, NOW)] == ["cheap", "mid", "dear"]


_OFFERS = st.lists(
    st.tuples(st.integers(1, 5000), st.none() | st.integers(1, 600), st.booleans(), st.integers(0, 50)),
    min_size=1,
    max_size=8,
).map(lambda rows: [offer(f"o{n}", *row) for n, row in enumerate(rows)])


@given(_OFFERS, st.sampled_from([CHEAPEST, FASTEST, BEST_VALUE]))
def test_the_chosen_offer_is_the_rules_best_or_a_preferred_one_near_it(offers: list[Offer], choice: Choice) -> None:
    plain = ranked([one.model_copy(update={"preferred": False}) for one in offers], choice, NOW)
    chosen, best = ranked(offers, choice, NOW)[0], plain[0]
    assert sorted(one.id for one in ranked(offers, choice, NOW)) == sorted(one.id for one in offers)
    if chosen.id != best.id:
        assert chosen.preferred
        assert chosen.price.amount <= best.price.amount * (100 + chosen.within_percent) / 100
        if choice is not CHEAPEST and best.delivery_eta_at is not None:
            assert chosen.delivery_eta_at is not None
            longest = (best.delivery_eta_at - NOW) * (100 + chosen.within_percent) / 100
            assert chosen.delivery_eta_at - NOW <= longest + timedelta(microseconds=1)
    elif choice is CHEAPEST:
        near = best.price.amount * 1.0
        nearer = [o for o in offers if o.preferred and o.price.amount <= near * (100 + o.within_percent) / 100]
        assert best.id in {o.id for o in nearer} or not nearer


@given(_OFFERS, st.sampled_from([CHEAPEST, FASTEST, BEST_VALUE]))
def test_the_rest_keep_the_rules_order(offers: list[Offer], choice: Choice) -> None:
    plain = [o.id for o in ranked([o.model_copy(update={"preferred": False}) for o in offers], choice, NOW)]
    rest = [o.id for o in ranked(offers, choice, NOW) if not o.preferred]
    assert rest == [name for name in plain if name in rest]
