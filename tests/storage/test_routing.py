"""Rules and pauses: kept whole, told in the journal, lifted once."""

import asyncio
from datetime import timedelta

from making import NOW, fresh
from sqlalchemy import text

from domain.pauses import Pause, PauseMode
from domain.routing import AccountRule


def rule(**more) -> AccountRule:
    when = {"organisation_id": "org_1", "service": "express", "country": "BR", "max_weight_g": 5000}
    spans = [{"first": "01000000", "last": "05999999"}]
    values = {"id": fresh("rule"), "name": "Light and central", "effect": "prefer", "within_percent": 25}
    when |= {"pickup_postal_ranges": spans, "dropoff_postal_ranges": spans}
    return AccountRule.model_validate({**values, "accounts": ["lalamove/*", "uber/one"], "when": when, **more})


def pause(**more) -> Pause:
    values = {"carrier": fresh("c"), "mode": "wait", "reason": "outage", "actor": "usr_1", "created_at": NOW}
    return Pause.model_validate({**values, **more})


async def pauses_of(stores, carrier) -> list[Pause]:
    return [one for one in await stores.routing.pauses() if one.carrier == carrier]


async def test_a_rule_is_kept_replaced_and_deleted_and_the_journal_knows(stores):
    one = rule()
    await stores.routing.put_rule(one, "usr_1")
    assert one in await stores.routing.rules()
    off = one.model_copy(update={"enabled": False})
    await stores.routing.put_rule(off, "usr_2")
    assert [known for known in await stores.routing.rules() if known.id == one.id] == [off]
    assert await stores.routing.delete_rule(one.id, "usr_3") is True
    assert await stores.routing.delete_rule(one.id, "usr_3") is False
    assert one.id not in {known.id for known in await stores.routing.rules()}
    lines = await stores.journal.of(one.id)
    assert [(line.seq, line.kind, line.actor) for line in lines] == [
        (1, "rule.put", "usr_1"),
        (2, "rule.put", "usr_2"),
        (3, "rule.deleted", "usr_3"),
    ]
    assert lines[1].data == {"enabled": False, "effect": "prefer", "accounts": ["lalamove/*", "uber/one"]}


async def test_rules_come_by_name(stores):
    for name in ("Zona Sul", "Aeroporto", "Mooca"):
        await stores.routing.put_rule(rule(name=name), "usr_1")
    names = [known.name for known in await stores.routing.rules()]
    assert names == sorted(names)


async def test_a_carrier_and_one_of_its_accounts_are_paused_apart(stores):
    whole = pause(until=NOW + timedelta(hours=1))
    one = pause(carrier=whole.carrier, account="one", mode="elsewhere")
    await stores.routing.put_pause(one)
    await stores.routing.put_pause(whole)
    assert await pauses_of(stores, whole.carrier) == [whole, one]
    assert await stores.routing.lift_pause(whole.carrier, None, "usr_2") is True
    assert await stores.routing.lift_pause(whole.carrier, None, "usr_2") is False
    assert await pauses_of(stores, whole.carrier) == [one]
    told = [(line.kind, line.actor) for line in await stores.journal.of(f"carrier/{whole.carrier}")]
    assert told == [("carrier.paused", "usr_1"), ("carrier.resumed", "usr_2")]
    (line,) = await stores.journal.of(f"carrier/{whole.carrier}/one")
    data = {"carrier": whole.carrier, "account": "one", "mode": "elsewhere", "reason": "outage", "until": None}
    assert line.data == data


async def test_a_pause_is_changed_by_pausing_again(stores):
    before = pause()
    await stores.routing.put_pause(before)
    after = before.model_copy(update={"mode": PauseMode.ELSEWHERE, "reason": "still_down"})
    await stores.routing.put_pause(after)
    assert await pauses_of(stores, before.carrier) == [after]


async def test_of_ten_who_lift_a_pause_at_once_one_does_and_it_is_told_once(sql):
    one = pause()
    await sql.routing.put_pause(one)
    lifted = await asyncio.gather(*(sql.routing.lift_pause(one.carrier, None, "usr_1") for _ in range(10)))
    assert sorted(lifted) == [False] * 9 + [True]
    kinds = [line.kind for line in await sql.journal.of(f"carrier/{one.carrier}")]
    assert kinds == ["carrier.paused", "carrier.resumed"]


async def test_a_rule_of_a_newer_version_is_still_read(sql, engines):
    one = rule()
    await sql.routing.put_rule(one, "usr_1")
    newer = text("UPDATE carriers.rules SET document = jsonb_set(document, '{when,moon}', '\"full\"') WHERE id = :id")
    async with engines["quotes"].begin() as connection:
        await connection.execute(newer, {"id": one.id})
    assert one in await sql.routing.rules()
