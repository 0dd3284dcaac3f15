"""A carrier's invoice against the ledger: each planted difference is found, and settled once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from making import NOW, charge, delivery, fresh, held, line, move

from domain import errors, ledger
from domain.adjustments import AdjustmentStatus
from domain.quotes import AccountRef
from domain.reconciliations import Outcome, Reconciliation, read_invoice, reconciliation_id

SINCE, UNTIL = NOW - timedelta(days=1), NOW + timedelta(days=1)
LIMIT = 10_000


async def booked(stores, account: str, reference: str, cost: int = 1000, tracking: str | None = None, **more):
    it = delivery()
    holder = held(reference, account, tracking_number=tracking)
    await stores.deliveries.record(move(it, entries=charge(it, cost=cost, holder=holder, **more)))
    return it


async def sent(stores, account: str, *rows: str, head: str = "reference,amount,currency"):
    file = "\n".join((head, *rows)).encode()
    ref = AccountRef(carrier="moto", account=account)
    day = date(2030, 5, 1)
    asked = Reconciliation(
        id=reconciliation_id(ref, day, day, file), carrier=ref.carrier, carrier_account=ref.account,
        first=day, end=day, made_by="usr_a", made_at=datetime.now(UTC), counts={},
    )  # fmt: skip
    return await stores.reconciliations.make(asked, read_invoice(file), SINCE, UNTIL)


async def lines(stores, its_id, **more):
    asked = {"outcome": None, "unsettled": False, "limit": 100, "after": None, **more}
    return await stores.reconciliations.lines(its_id, **asked)


async def owed(stores, it) -> int:
    return -sum(e.money.amount for e in await stores.deliveries.entries(it.id) if e.account == "carrier_payable")


async def test_every_planted_difference_is_found(stores):
    account = fresh("a")
    await booked(stores, account, "ok-1")
    await booked(stores, account, "ok-2", tracking="TN2")
    await booked(stores, account, "ok-parts", cost=700)
    dear = await booked(stores, account, "dear")
    lost = await booked(stores, account, "left-out", cost=450)
    await booked(stores, account, "before", at=NOW - timedelta(days=40))  # of another period, and not asked for
    await booked(stores, account, "late", at=NOW - timedelta(days=40))  # of another period, asked for now
    await booked(stores, fresh("b"), "anothers")
    gone = await booked(stores, account, "called-off")
    undone = ledger.reversal(await stores.deliveries.entries(gone.id), step="cancelled", at=NOW)
    await stores.deliveries.record(move(gone, line(2), entries=undone))
    made, before = await sent(
        stores, account, "ok-1,10.00,BRL", "TN2,10,brl", "ok-parts,6.00,BRL", "dear,12.50,BRL", "ok-parts,1.00,BRL",
        "ghost,3.00,BRL", "late,10.0,BRL", "ok-1,2.00,USD", "anothers,10.00,BRL",
    )  # fmt: skip
    assert not before
    assert made.counts == {
        Outcome.MATCHED: 4, Outcome.AMOUNT_DIFFERS: 1, Outcome.UNKNOWN_TO_US: 3, Outcome.MISSING_FROM_THEIRS: 1,
    }  # fmt: skip
    found, _ = await lines(stores, made.id)
    assert [one.number for one in found] == list(range(1, 10))
    told = {(one.outcome, one.reference): (one.ours, one.theirs, one.delivery_id) for one in found}
    assert told[Outcome.AMOUNT_DIFFERS, "dear"] == (1000, 1250, dear.id)
    assert told[Outcome.UNKNOWN_TO_US, "ghost"] == (0, 300, None)
    assert told[Outcome.UNKNOWN_TO_US, "ok-1"] == (0, 200, None)  # in dollars, which are never reais
    assert told[Outcome.UNKNOWN_TO_US, "anothers"] == (0, 1000, None)
    assert told[Outcome.MISSING_FROM_THEIRS, "left-out"] == (450, 0, lost.id)
    assert {name for outcome, name in told if outcome is Outcome.MATCHED} == {"ok-1", "ok-2", "ok-parts", "late"}
    assert (await lines(stores, made.id, outcome=Outcome.UNKNOWN_TO_US, limit=2))[0] == [
        one for one in found if one.outcome is Outcome.UNKNOWN_TO_US
    ][:2]


async def test_the_same_file_is_compared_once(stores):
    account = fresh("a")
    await booked(stores, account, "one")
    made, _ = await sent(stores, account, "one,9.00,BRL")
    again, before = await sent(stores, account, "one,9.00,BRL")
    assert (again, before) == (made, True)
    assert await stores.reconciliations.get(made.id) == made
    page, _ = await stores.reconciliations.page(1, None)
    assert page == [made]
    assert len(await stores.journal.of(made.id)) == 1


async def test_an_accepted_difference_corrects_the_books_once(stores):
    account = fresh("a")
    it = await booked(stores, account, "one")
    first, _ = await sent(stores, account, "one,12.50,BRL")
    second, _ = await sent(stores, account, "one,12.50,BRL", "other,1.00,BRL")
    done = await stores.reconciliations.accept(first.id, 1, None, "usr_a", LIMIT)
    assert (done.settled_as, await owed(stores, it)) == ("accepted", 1250)
    adjusted = await stores.adjustments.get(done.adjustment_id)
    assert (adjusted.status, adjusted.change.reason) == (AdjustmentStatus.POSTED, "carrier_invoice")
    again = await stores.reconciliations.accept(second.id, 1, None, "usr_a", LIMIT)
    assert (again.settled_as, again.adjustment_id, await owed(stores, it)) == ("accepted", None, 1250)
    with pytest.raises(errors.AlreadyDecided):
        await stores.reconciliations.accept(first.id, 1, None, "usr_b", LIMIT)
    open_lines, _ = await lines(stores, second.id, unsettled=True)
    assert [one.reference for one in open_lines] == ["other"]
    third, _ = await sent(stores, account, "one,12.50,BRL", "more,1.00,BRL")
    assert third.counts[Outcome.MATCHED] == 1


async def test_what_we_did_not_know_is_somebodys_and_what_they_forgot_is_not_owed(stores):
    account = fresh("a")
    it = await booked(stores, account, "one")
    made, _ = await sent(stores, account, "ghost,3.00,BRL")
    with pytest.raises(errors.Invalid):
        await stores.reconciliations.accept(made.id, 1, None, "usr_a", LIMIT)
    await stores.reconciliations.accept(made.id, 1, it.id, "usr_a", LIMIT)
    assert await owed(stores, it) == 1300
    await stores.reconciliations.accept(made.id, 2, None, "usr_a", LIMIT)
    assert await owed(stores, it) == 300
    known, _ = await sent(stores, account, "ghost,3.00,BRL", "new,1.00,BRL")
    assert known.counts[Outcome.MATCHED] == 1


async def test_above_the_limit_another_must_agree_and_who_rejects_opens_the_line_again(stores):
    account = fresh("a")
    it = await booked(stores, account, "one")
    made, _ = await sent(stores, account, "one,500.00,BRL")
    other, _ = await sent(stores, account, "one,500.00,BRL", "x,1.00,BRL")
    done = await stores.reconciliations.accept(made.id, 1, None, "usr_a", LIMIT)
    assert await owed(stores, it) == 1000
    with pytest.raises(errors.AdjustmentPending):
        await stores.reconciliations.accept(other.id, 1, None, "usr_b", LIMIT)
    await stores.adjustments.decide(done.adjustment_id, "usr_b", agreed=False)
    again = await stores.reconciliations.accept(made.id, 1, None, "usr_a", LIMIT)
    assert again.adjustment_id != done.adjustment_id
    await stores.adjustments.decide(again.adjustment_id, "usr_b", agreed=True)
    assert await owed(stores, it) == 50_000


async def test_a_dismissed_line_posts_nothing_and_a_matching_one_needs_nothing(stores):
    account = fresh("a")
    it = await booked(stores, account, "one")
    made, _ = await sent(stores, account, "ghost,3.00,BRL", "one,10.00,BRL")
    done = await stores.reconciliations.dismiss(made.id, 1, "usr_a")
    assert (done.settled_as, done.settled_by, done.adjustment_id) == ("dismissed", "usr_a", None)
    for number in (1, 2):
        with pytest.raises(errors.AlreadyDecided):
            await stores.reconciliations.dismiss(made.id, number, "usr_a")
    with pytest.raises(errors.NotFound):
        await stores.reconciliations.dismiss(made.id, 3, "usr_a")
    assert await owed(stores, it) == 1000


@pytest.mark.parametrize("cursor", ["", "x", "WyJhIl0"])
async def test_a_strange_cursor_is_invalid(stores, cursor):
    with pytest.raises(errors.Invalid):
        await stores.reconciliations.page(3, cursor)
    with pytest.raises(errors.Invalid):
        await lines(stores, "rec_x", after=cursor or "x")
