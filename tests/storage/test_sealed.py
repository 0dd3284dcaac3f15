"""At rest nothing personal can be read, and what lost its key is still there, without what was personal."""

import pytest
from making import NOW, booking, charge, delivery, fresh, line, move, scan
from sqlalchemy import text

from domain.deliveries import Courier, DeliveryStatus, Proof
from domain.errors import Erased
from domain.ports import DeliveryFilter
from domain.quotes import AccountRef, CarrierAccount
from domain.tracking import ScanKind
from storage._crypto import Unreadable

SECRETS = ("Ana Pessoa", "+5511999990000", "Avenida Paulista", "Bela Vista", "01310200", "-23.56", "Bolo")
TOLD = {
    "description": "deixado com o porteiro Zeca",
    "place": "Rua dos Canários, 99",
    "proof": Proof(signed_by="Zeca Porteiro", photo_url="https://carrier.example/zeca.jpg"),
}


async def at_rest(engines, table: str) -> str:
    """All that PostgreSQL holds of a table, sealed bytes as they are."""
    async with engines["owner"].connect() as connection:
        query = text(f"SELECT to_jsonb(t)::text, t::text FROM {table} AS t")
        told = " ".join(f"{one} {other}" for one, other in await connection.execute(query))
        columns = "SELECT column_name FROM information_schema.columns WHERE table_schema || '.' || table_name = :t"
        names = (await connection.scalars(text(f"{columns} AND data_type = 'bytea'"), {"t": table})).all()
        for name in names:
            told += " ".join(
                bytes(b).decode("latin-1") for b in await connection.scalars(text(f"SELECT {name} FROM {table}")) if b
            )
    return told


async def test_a_deliverys_row_holds_nothing_personal(sql, engines):
    courier = Courier(latitude=-23.56789, longitude=-46.6, at=NOW)
    it = delivery(courier=courier, proof=Proof(signed_by="Zeca Porteiro"), reference="NF-7")
    await sql.deliveries.record(move(it, state={"delivery": it.model_dump(mode="json"), "attempt": 1}))
    told = await at_rest(engines, "deliveries.deliveries")
    assert "NF-7" in told
    assert not [secret for secret in (*SECRETS, "Zeca", it.request.fingerprint()) if secret in told]
    assert await sql.deliveries.get(it.id) == it


async def test_a_scan_holds_nothing_personal_whether_its_delivery_is_known_or_not(sql, engines):
    it, reference = delivery(), fresh("ref")
    placed = {"carrier": "moto", "account": "rapido", "booking_reference": reference}
    await sql.deliveries.record(move(it, line(1, kind="delivery.placed", data=placed)))
    known, unknown = scan(booking_reference=reference, **TOLD), scan(**TOLD)
    await sql.scans.keep([known, unknown])
    told = await at_rest(engines, "tracking.scans")
    assert known.id in told
    assert not [secret for secret in ("Zeca", "zeca", "Canários", "porteiro", "-23.5") if secret in told]
    sealed_by = text("SELECT sealed_by FROM tracking.scans WHERE scan_id = :id")
    async with engines["owner"].connect() as connection:
        assert await connection.scalar(sealed_by, {"id": known.id}) == it.id
        assert await connection.scalar(sealed_by, {"id": unknown.id}) == "service/tracking"
    await sql.scans.signalled([known, unknown])


async def test_what_came_too_early_is_sealed_anew_once_it_is_known_whose_it_is(sql, engines):
    it, reference = delivery(), fresh("ref")
    early = scan(booking_reference=reference, **TOLD)
    await sql.scans.keep([early])
    placed = {"carrier": "moto", "account": "rapido", "booking_reference": reference}
    await sql.deliveries.record(move(it, line(1, kind="delivery.placed", data=placed)))
    [item] = await sql.scans.keep([early])
    assert (item.delivery_id, item.scan.place) == (it.id, TOLD["place"])
    async with engines["owner"].connect() as connection:
        sealed_by = await connection.scalar(
            text("SELECT sealed_by FROM tracking.scans WHERE scan_id = :id"), {"id": early.id}
        )
    assert sealed_by == it.id
    await sql.scans.signalled([early])


async def test_an_accounts_credentials_are_sealed_and_its_settings_are_not(sql, engines):
    account = CarrierAccount(
        carrier="open_delivery", account=fresh("a"), name="Ligeiro",
        settings={"base_url": "https://ligeiro.example"}, credentials={"client_secret": "hush-hush"},
    )  # fmt: skip
    await sql.accounts.put(account, "usr_1")
    told = await at_rest(engines, "carriers.accounts")
    assert "ligeiro.example" in told
    assert "hush-hush" not in told
    assert await sql.accounts.get(account.ref) == account


@pytest.mark.parametrize("column", ["document", "state", "request_hash"])
async def test_sealed_bytes_open_only_where_they_were_written(sql, engines, column):
    one, other = delivery(), delivery()
    for it in (one, other):
        await sql.deliveries.record(move(it, state={"n": 1}))
    swap = f"UPDATE deliveries.deliveries SET {column} = (SELECT document FROM deliveries.deliveries WHERE id = :o)"
    async with engines["owner"].begin() as connection:
        await connection.execute(text(f"{swap} WHERE id = :i"), {"o": other.id, "i": one.id})
    reads = {"document": sql.deliveries.get, "state": sql.deliveries.state, "request_hash": sql.deliveries.request_hash}
    with pytest.raises(Unreadable):
        await reads[column](one.id)


# ── erased ────────────────────────────────────────────────────────────────────────────────────────────────


async def ended(sql, **more):
    held = booking()
    placed = {"carrier": held.carrier, "account": held.carrier_account, "booking_reference": held.reference}
    it = delivery(booking=held, status=DeliveryStatus.DELIVERED, reference="NF-9", promised_at=NOW, **more)
    told = move(it, line(1, kind="delivery.placed", data=placed), entries=charge(it), state={"attempt": 1})
    await sql.deliveries.record(told)
    await sql.scans.keep([report := scan(booking_reference=held.reference, kind=ScanKind.DELIVERED, **TOLD)])
    await sql.scans.signalled([report])
    return it, report


async def test_an_erased_delivery_reads_as_erased_and_its_story_and_money_stay(sql, rings):
    organisation = fresh("org")
    it, report = await ended(sql, organisation_id=organisation)
    lines, entries = await sql.journal.of(it.id), await sql.deliveries.entries(it.id)
    assert await rings["deliveries"].erase(it.id, "usr_1")
    rings["tracking"]._kept.clear()  # a minute later
    read = await sql.deliveries.get(it.id)
    assert read.erased
    kept = ("id", "organisation_id", "created_by", "created_at", "seq", "status", "promised_at")
    assert {name: getattr(read, name) for name in kept} == {name: getattr(it, name) for name in kept}
    assert read.request.reference == "NF-9"
    assert not [secret for secret in SECRETS if secret in read.model_dump_json()]
    assert (await sql.deliveries.page(DeliveryFilter(organisation_id=organisation), 10, None))[0] == [read]
    assert await sql.deliveries.state(it.id) is None
    assert await sql.deliveries.request_hash(it.id) is None
    assert (await sql.journal.of(it.id), await sql.deliveries.entries(it.id)) == (lines, entries)
    [seen] = await sql.scans.of(it.id)
    assert (seen.id, seen.kind, seen.occurred_at, seen.erased) == (report.id, report.kind, report.occurred_at, True)
    assert not [secret for secret in ("Zeca", "Canários", "porteiro") if secret in seen.model_dump_json()]


async def test_a_page_shows_erased_and_living_beside_each_other(sql, rings):
    organisation = fresh("org")
    gone, _ = await ended(sql, organisation_id=organisation)
    alive, _ = await ended(sql, organisation_id=organisation)
    await rings["deliveries"].erase(gone.id, "usr_1")
    page, _ = await sql.deliveries.page(DeliveryFilter(organisation_id=organisation), 10, None)
    assert {it.id: it.erased for it in page} == {gone.id: True, alive.id: False}
    assert alive in page


async def test_nothing_more_is_recorded_of_an_erased_delivery(sql, rings):
    it, _ = await ended(sql)
    await rings["deliveries"].erase(it.id, "usr_1")
    with pytest.raises(Erased):
        await sql.deliveries.record(move(it, line(2)))
    assert len(await sql.journal.of(it.id)) == 1


async def test_a_report_on_an_erased_delivery_is_kept_without_what_is_personal(sql, rings, engines):
    it, report = await ended(sql)
    await rings["deliveries"].erase(it.id, "usr_1")
    rings["tracking"]._kept.clear()
    late = report.model_copy(update={"id": fresh("scan"), "booking_reference": it.booking.reference})
    [item] = await sql.scans.keep([late])
    assert (item.delivery_id, item.scan.erased, item.scan.place, item.scan.proof) == (it.id, True, "", None)
    assert "Zeca" not in await at_rest(engines, "tracking.scans")
    await sql.scans.signalled([late])


async def test_an_account_without_its_key_has_no_credentials(sql, rings):
    ref = AccountRef(carrier="open_delivery", account=fresh("a"))
    account = CarrierAccount(carrier=ref.carrier, account=ref.account, name="X", credentials={"client_secret": "hush"})
    await sql.accounts.put(account, "usr_1")
    assert await rings["quotes"].erase(f"carrier/{ref}", "usr_1")
    assert (await sql.accounts.get(ref)).credentials == {}
