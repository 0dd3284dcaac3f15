"""Deliveries leave for the archive with their rows, can be put back as they were, and are nobody else's meanwhile."""

import asyncio
import base64
import json
from datetime import timedelta

import fakes
import pytest
from making import booking, charge, delivery, imported, line, move, scan
from old import Old
from typer.testing import CliRunner

from activities.imports import ImportActivities, RequestLines
from activities.letters import FindRecipient, Recipient, RecipientActivities
from domain.adjustments import AdjustmentKind, Change
from domain.audit import Origin
from domain.availability import Slot, Window
from domain.deliveries import Delivery, DeliveryStatus
from domain.errors import Archived, Conflict, DeliveryDiverged, NotFound
from domain.ports import DeliveryFilter
from domain.privacy import Ground
from domain.statements import EntryFilter
from runtime.archive_commands import archive as commands
from runtime.archiving import known_archives, put_back, vault_of, verify
from runtime.leaving import documents_of
from storage.adjustments import SqlAdjustmentStore
from storage.leaving import TABLES, Leaving, Piece
from storage.ledger import SqlLedgerStore
from storage.unended import UnendedDeliveries

_PLACES = {**TABLES, "deliveries.clues": "delivery_id"}


async def stored(old: Old, its_id: str) -> dict[str, list[str]]:
    """Everything of a delivery, byte for byte."""
    every = {
        table: f"SELECT it::text FROM {table} it WHERE {key} = '{its_id}' ORDER BY 1" for table, key in _PLACES.items()
    }
    return {table: [row[0] for row in await old.all(query)] for table, query in every.items()}


async def ended(old: Old, **more: object) -> Delivery:
    """One that lived in the first month, with a scan, a slot, words and money."""
    its = booking()
    it = delivery(status=DeliveryStatus.DELIVERED, booking=its, ended_at=old.old, updated_at=old.old, **more)
    placed = {
        "status": "delivered", "carrier": its.carrier, "account": its.carrier_account,
        "booking_reference": its.reference,
    }  # fmt: skip
    told = line(1, at=old.old, actor=it.created_by, data=placed)
    await old.deliveries.record(move(it, told, entries=charge(it), state={"name": "Ana Pessoa"}))
    await old.scans.keep(
        [scan(booking_reference=its.reference, place="Rua dos Canários"), scan(booking_reference=its.reference)]
    )
    window = Window(starts_at=old.old, ends_at=old.old + timedelta(hours=1))
    await old.slots.reserve(Slot(id=f"slot_{it.id}", area_id="area_1", delivery_id=it.id, window=window), 5)
    return it


async def leave(old: Old) -> None:
    await old.end()
    await old.read()
    await old.archive()


async def take_back(old: Old, its_id: str) -> None:
    vault, piece = vault_of(old.settings, None, reads=True), await old.returning.piece_of(its_id)
    [document] = [it for it in documents_of(vault, piece) if it["deliveries.deliveries"][0]["id"] == its_id]
    await old.returning.take_back(document)


async def test_a_delivery_leaves_once_every_line_of_it_has(old):
    it = await ended(old)
    longer = delivery(status=DeliveryStatus.DELIVERED, ended_at=old.old)
    for seq, at in ((1, old.old), (2, old.later)):
        await old.deliveries.record(move(longer, line(seq, at=at, data={"status": "delivered"})))
    await old.end()
    await old.read()
    old.now = old.later + timedelta(days=400)  # the first month alone is old enough
    assert await old.archive() == 1
    assert old.left == 1
    assert not any((await stored(old, it.id)).values())
    assert (await old.deliveries.get(longer.id)).id == longer.id
    with pytest.raises(Archived) as left:
        await old.deliveries.get(it.id)
    assert left.value.data == {"organisation_id": it.organisation_id, "created_by": it.created_by}
    assert await old.scans.origin(it.id) == Origin(organisation_id=it.organisation_id, created_by=it.created_by)
    assert await old.deliveries.entries(it.id) == list(charge(it))
    await old.whole()
    with pytest.raises(DeliveryDiverged):  # its id is never another's
        await old.deliveries.record(move(it, line(1, at=old.now)))
    assert await UnendedDeliveries(old.engine).known([it.id, longer.id, "del_none"]) == {it.id, longer.id}
    mine = EntryFilter(created_by=it.created_by, organisation_id=it.organisation_id)
    assert len((await SqlLedgerStore(old.engine).page(mine, 10, None))[0]) == len(charge(it))
    assert await verify(old.settings, None, old.said.append, lambda *_: None)
    assert "right: 1 deliveries in 1 files" in old.said[-1]


async def test_what_is_put_back_is_byte_for_byte_what_left_and_may_leave_again(old):
    it, other = await ended(old, reference="NF-7"), await ended(old)
    before = await stored(old, it.id)
    assert all(before.values())
    await leave(old)
    assert old.left == 2
    [document] = [one for one in await _documents(old) if one["deliveries.deliveries"][0]["id"] == it.id]
    read, scans = await old.returning.read(document)
    assert (read, {one.place for one in scans}) == (it, {"Rua dos Canários", ""})
    await take_back(old, it.id)
    assert await stored(old, it.id) == before
    assert await old.deliveries.get(it.id) == it
    assert await old.deliveries.state(it.id) == {"name": "Ana Pessoa"}
    found = DeliveryFilter(organisation_id=it.organisation_id, recipient="Ana Pessoa")
    assert [one.id for one in (await old.deliveries.page(found, 10, None))[0]] == [it.id]
    with pytest.raises(NotFound):
        await old.returning.take_back(document)
    await old.whole()
    await old.archive()
    assert old.left == 1
    assert {(await old.returning.piece_of(one.id)).number for one in (it, other)} == {1, 2}
    await old.whole()


async def _documents(old: Old) -> list[dict[str, list[dict[str, object]]]]:
    vault, (_, pieces) = vault_of(old.settings, None, reads=True), await known_archives(old.settings)
    its = [Piece(one["number"], one["name"], one["sha256"], one["bytes"]) for one in pieces]
    return [document for piece in its for document in documents_of(vault, piece)]


async def test_nothing_in_the_archive_outlives_a_deliverys_key(old):
    it = await ended(old)
    await leave(old)
    assert "campinas" not in json.dumps(await _documents(old)).lower()
    assert await old.erasure.archived(it.organisation_id, 10) == [it.id]
    assert it.id in (await old.erasure.due(old.now, 1000))[0]
    assert (await old.erasure.due(None, 1000))[0] == []
    await old.journal.append(it.organisation_id, "organisation.erased", "usr_1", {}, it.organisation_id)
    assert (await old.erasure.due(None, 1000))[0] == [it.id]
    assert await old.erasure.erase(it.id, "usr_1", Ground.REQUEST)
    assert not await old.erasure.erase(it.id, "usr_1", Ground.REQUEST)
    assert it.id not in (await old.erasure.due(old.now, 1000))[0]
    [document] = await _documents(old)
    read, scans = await old.returning.read(document)
    assert (read.erased, {one.erased for one in scans}) == (True, {True})
    await take_back(old, it.id)
    assert (await old.deliveries.get(it.id)).erased
    assert (await stored(old, it.id))["deliveries.clues"] == []
    assert await old.all("SELECT count(*) FROM deliveries.deliveries WHERE erased_at IS NOT NULL") == [(1,)]
    await old.whole()


async def test_archived_deliveries_are_due_in_turn_with_the_others(old):
    its = [await ended(old, created_at=old.old) for _ in range(3)]
    await leave(old)
    stays = delivery(status=DeliveryStatus.DELIVERED, updated_at=old.old)
    await old.deliveries.record(move(stays, line(1, at=old.now, data={"status": "delivered"})))
    found, after = [], None
    while True:
        page, after = await old.erasure.due(old.old + timedelta(seconds=1), 3, after)
        found += page
        if after is None:
            break
    assert found == sorted([*(it.id for it in its), stays.id])


async def test_stopped_between_file_and_database_the_same_file_is_written_anew(old, tmp_path):
    it = await ended(old)
    before = await stored(old, it.id)

    class Stopped(Exception):
        pass

    def stop(said: str) -> None:
        if "which was read back" in said:
            raise Stopped

    await old.end()
    await old.read()
    with pytest.raises(Stopped):
        await old.archive(stop)
    assert await stored(old, it.id) == before
    assert (await known_archives(old.settings))[1] == []
    await old.whole()
    await old.archive()
    assert old.left == 1
    assert [file.name for file in (tmp_path / "vault/archive/deliveries").iterdir()] == ["000001.jsonl.gz.age"]
    assert await verify(old.settings, None, old.said.append, lambda *_: None)
    await old.whole()


async def test_what_changes_while_it_is_sealed_is_sealed_as_it_is_then(old, monkeypatch):
    it = await ended(old)
    let_go, tries = Leaving.let_go, []

    async def later(self, piece, documents):
        tries.append(piece.number)
        if len(tries) == 1:
            await old.erasure.erase(it.id, "usr_1", Ground.REQUEST)
        await let_go(self, piece, documents)

    monkeypatch.setattr(Leaving, "let_go", later)
    await leave(old)
    assert (tries, old.left) == ([1, 1], 1)
    assert (await old.erasure.due(None, 10))[0] == []
    assert await old.all("SELECT erased_at IS NOT NULL FROM deliveries.archived") == [(True,)]
    await old.whole()

    await take_back(old, it.id)

    async def always(self, piece, documents):
        documents[0]["deliveries.deliveries"][0]["seq"] += 1
        await let_go(self, piece, documents)

    monkeypatch.setattr(Leaving, "let_go", always)
    before = await stored(old, it.id)
    with pytest.raises(Conflict, match="run this again"):
        await old.archive()
    assert await stored(old, it.id) == before
    await old.whole()


async def test_pieces_end_when_they_are_older_than_they_are_kept_and_ids_stay_taken(old, tmp_path):
    it = await ended(old)
    await leave(old)
    old.settings = old.settings.model_copy(update={"archive_keep_days": 555})
    await old.archive()
    assert list((tmp_path / "vault/archive/deliveries").iterdir()) == []
    [piece] = (await known_archives(old.settings))[1]
    assert piece["forgotten_at"] is not None
    with pytest.raises(NotFound, match="forgotten"):
        await old.returning.piece_of(it.id)
    with pytest.raises(Archived):
        await old.deliveries.get(it.id)
    assert await verify(old.settings, None, old.said.append, lambda *_: None)
    await old.whole()


async def test_a_damaged_piece_is_named(old, tmp_path):
    await ended(old)
    await leave(old)
    [file] = (tmp_path / "vault/archive/deliveries").iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert not await verify(old.settings, None, old.said.append, lambda *_: None)
    assert any("WRONG: archive/deliveries/000001" in said for said in old.said)


async def test_while_lines_are_put_back_their_deliveries_stay_away_and_others_stay_here(old):
    it = await ended(old)
    await leave(old)
    months, _ = await known_archives(old.settings)
    for one in months:
        await put_back(old.settings, None, one["name"], lambda *_: None)
    with pytest.raises(Archived):
        await old.deliveries.get(it.id)
    await old.whole()
    await old.read()
    assert await old.archive() == 2
    assert old.left == 0
    await old.whole()


async def test_the_books_of_an_archived_delivery_can_be_corrected(old):
    it = await ended(old)
    await leave(old)
    change = Change(delivery_id=it.id, kind=AdjustmentKind.CUSTOMER, money=charge(it)[0].money, reason="damaged_parcel")
    made, again = await SqlAdjustmentStore(old.engine).propose("adj_1", change, "usr_9", 10**9)
    assert (made.organisation_id, again) == (it.organisation_id, False)


async def test_whoever_comes_for_it_late_is_done_already(old):
    store, nobody = fakes.InMemoryImportStore(), None
    filed, [line_of_it] = imported(1)
    it = await ended(old, id=line_of_it.delivery_id)
    await leave(old)
    await store.begin(filed, [line_of_it], "hash")
    importing = ImportActivities(store, old.deliveries, nobody)
    assert await importing.request_lines(RequestLines(import_id=filed.id, most=5)) == 0
    assert (await store.get(filed.id)).requested == 1
    assert await RecipientActivities(old.deliveries).find_recipient(FindRecipient(delivery_id=it.id)) == Recipient()


async def test_a_person_lists_checks_shows_and_puts_back_by_commands(old, keks, tmp_path):
    it = await ended(old)
    await leave(old)
    index = tmp_path / "index.key"
    index.write_bytes(base64.b64encode(bytes(32)))
    told = old.settings.model_dump(include={"backup_url", "backup_identity_file"})
    told |= {"database_url": old.url, "keks_dir": keks._folder, "index_key_file": index}
    env = {f"ENTREGA_{name.upper()}": str(value) for name, value in told.items()}

    async def typed(*words: str) -> str:
        done = await asyncio.to_thread(CliRunner().invoke, commands, words, env=env, catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout

    listed = (await typed("list")).splitlines()
    assert listed[-1].startswith(f"deliveries that ended {old.old.date()} to {old.old.date()}: 1 in 1 files of ")
    assert "right: 1 deliveries in 1 files" in await typed("verify")
    shown = json.loads(await typed("show", it.id))
    assert (shown["delivery"]["id"], len(shown["scans"])) == (it.id, 2)
    assert shown["delivery"]["request"]["dropoff"]["contact"]["name"] == "Ana Pessoa"
    lines = await typed("show", listed[0].split()[0], "--delivery", it.id)
    assert [json.loads(one)["subject"] for one in lines.splitlines()] == [it.id]
    assert "is where it was" in await typed("put-back", it.id)
    assert await old.deliveries.get(it.id) == it
