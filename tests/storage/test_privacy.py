"""A person's data handed out whole, and ended whole; a delivery's, while ledger and journal stay as they were."""

from datetime import UTC, datetime, timedelta

import pytest
from making import (
    NOW,
    api_key,
    booking,
    charge,
    delivery,
    endpoint,
    fresh,
    imported,
    invitation,
    line,
    move,
    scan,
    service_account,
    user,
    view,
)
from making import session as new_session
from sqlalchemy import text
from test_sealed import at_rest

from domain.audit import Chain
from domain.deliveries import DeliveryStatus
from domain.errors import Conflict, DeliveriesUnderway, LastOwner, NotFound
from domain.ledger import imbalance
from domain.notifications import Secrets
from domain.ports import DeliveryFilter
from domain.privacy import Ground
from domain.user_ports import Proof, Purpose
from domain.users import OrgRole, Role
from storage._crypto import BlindIndex
from storage._seals import Seals
from storage.erasure import SqlDeliveryErasure
from storage.keys import KeyRing
from storage.privacy import SqlPrivacyStore
from storage.retention import SqlTidying

NEVER = datetime(2100, 1, 1, tzinfo=UTC)


async def seeded(people, canary="Zuleica"):
    """Somebody of whom there is one of everything."""
    person, organisation = user(f"{canary}.{fresh('x')}@canarinho.example.com", email_verified_at=NOW)
    person = person.model_copy(update={"name": f"{canary} Canarinho"})
    organisation = organisation.model_copy(update={"name": f"Casa {canary}"})
    await people.users.add(person, organisation, "$argon2id$…")
    living = new_session(person)
    await people.sessions.begin(living, f"family {living.id}", f"token {living.id}", person.password_set_at)
    await people.second_factors.propose(person.id, b"segredodototp")
    proof = Proof(user_id=person.id, purpose=Purpose.CHANGE_EMAIL, email=f"{canary}@novo.example.com", expires_at=NEVER)
    await people.proofs.add(proof, fresh("digest"))
    account = service_account(organisation.id).model_copy(update={"name": f"Loja {canary}", "created_by": person.id})
    await people.service_accounts.add(account)
    await people.api_keys.add(api_key(account, created_by=person.id), fresh("digest"))
    return person, organisation


async def test_all_that_is_held_on_a_person_is_handed_out_and_nothing_of_others(people):
    person, organisation = await seeded(people)
    other, theirs = await seeded(people, "Outrora")
    await people.invitations.add(invitation(theirs.id, person.email, invited_by=other.id), fresh("digest"))
    held = await people.privacy.held(person.id)
    assert held.user == person
    assert [m.organisation_name for m in held.memberships] == [organisation.name]
    assert [s.user_id for s in held.sessions] == [person.id]
    assert [p.email for p in held.links] == ["Zuleica@novo.example.com"]
    assert [(i.organisation_id, i.email) for i in held.invitations] == [(theirs.id, person.email)]
    assert [a.name for a in held.service_accounts] == ["Loja Zuleica"]
    assert [k.service_account_id for k in held.api_keys] == [held.service_accounts[0].id]
    told = held.model_dump_json()
    assert not [secret for secret in ("Outrora", "argon2id", "segredodototp", "digest", "token ") if secret in told]
    assert await people.privacy.held("usr_nobody") is None


async def test_the_lines_about_a_person_are_those_they_are_in_and_no_others(people, sql):
    person, organisation = await seeded(people)
    other, theirs = await seeded(people, "Outrora")
    looked = {"subjects": [person.id]}
    await people.journal.append(f"access/{organisation.id}", "personal_data.read", other.id, looked)
    await people.journal.append(f"access/{organisation.id}", "personal_data.read", other.id, {"subjects": ["del_1"]})
    await people.journal.append(theirs.id, "member.removed", other.id, {"user": person.id})
    mine = delivery(organisation_id=organisation.id, created_by=person.id)
    await sql.deliveries.record(move(mine, line(1, actor=person.id)))
    found, after = [], 0
    while page := await people.privacy.lines(person.id, after, 2):
        found += page
        after = page[-1].id
    assert len({one.id for one in found}) == len(found)
    assert [one.id for one in found] == sorted(one.id for one in found)
    kinds = {one.kind for one in found}
    assert {"user.registered", "user.signed_in", "personal_data.read", "member.removed", "delivery.requested"} <= kinds
    named = [{one.actor, one.subject, one.data.get("user"), *one.data.get("subjects", ())} for one in found]
    assert all(person.id in names for names in named)


async def test_who_is_erased_is_gone_everywhere_and_all_at_once(people, engines, rings):
    person, organisation = await seeded(people, canary := f"Zuleica{fresh('')}")
    other, theirs = await seeded(people, "Outrora")
    await people.invitations.add(invitation(theirs.id, person.email, invited_by=other.id), fresh("digest"))
    assert canary in await at_rest(engines, "users.service_accounts")
    assert await people.privacy.erase(person.id, person.id, Ground.OWNER, NOW)
    assert not await people.privacy.erase(person.id, person.id, Ground.OWNER, NOW)
    assert await people.privacy.held(person.id) is None
    found = await people.users.get(person.id)
    assert (found.erased, found.name, found.disabled_at) == (True, "erased", NOW)
    assert await people.users.by_email(person.email) is None
    assert await people.sessions.of(person.id, NOW) == []
    assert await people.second_factors.get(person.id) is None
    assert await people.organisations.of(person.id) == []
    assert await people.invitations.of(theirs.id, NOW) == []
    assert [(a.name, a.disabled_at) for a in await people.service_accounts.of(organisation.id)] == [("erased", NOW)]
    assert [(k.name, k.revoked_at) for k in await people.api_keys.of(organisation.id)] == [("erased", NOW)]
    for table in ("users", "organisations", "service_accounts", "api_keys", "proofs", "invitations", "sessions"):
        assert canary.lower() not in (await at_rest(engines, f"users.{table}")).lower(), table
    assert await rings["users"].known((person.id, organisation.id)) == {}
    for subject, kind in ((person.id, "user.erased"), (organisation.id, "organisation.erased")):
        lines = await people.journal.of(subject)
        assert (lines[-1].kind, lines[-1].data["ground"]) == (kind, "owner")
        chain = Chain(subject)
        assert [fault for one in lines for fault in chain.follow(one)] == []
    assert [one.kind for one in await people.journal.of(f"key/{person.id}")] == ["key.erased"]
    assert (await people.users.get(other.id)).name == "Outrora Canarinho"
    again, anew = user(person.email)
    await people.users.add(again, anew, "$argon2id$…")  # the address is free


async def test_what_fails_on_the_way_leaves_everything_as_it_was(people, engines, keks):
    class Failing(KeyRing):
        async def erase_within(self, connection, subject, *more):
            if subject.startswith("usr_"):  # the very last step
                raise ConnectionError
            return await super().erase_within(connection, subject, *more)

    person, organisation = await seeded(people)
    before = await people.privacy.held(person.id)
    broken = SqlPrivacyStore(engines["users"], Seals(Failing(engines["users"], keks), BlindIndex(bytes(32))))
    with pytest.raises(ConnectionError):
        await broken.erase(person.id, person.id, Ground.OWNER, NOW)
    assert await people.privacy.held(person.id) == before
    assert "organisation.erased" not in {one.kind for one in await people.journal.of(organisation.id)}
    assert await people.privacy.erase(person.id, person.id, Ground.OWNER, NOW)


async def test_others_are_not_left_without_an_owner(people):
    person, organisation = await seeded(people)
    friend, _ = await seeded(people, "Amigo")
    asked = invitation(organisation.id, friend.email, invited_by=person.id)
    await people.invitations.add(asked, digest := fresh("digest"))
    assert await people.invitations.accept(digest, friend, NOW)
    with pytest.raises(LastOwner) as refused:
        await people.privacy.erase(person.id, person.id, Ground.OWNER, NOW)
    assert refused.value.data["organisations"] == [organisation.id]
    await people.organisations.set_roles(organisation.id, {friend.id: OrgRole.OWNER}, person.id)
    assert await people.privacy.erase(person.id, person.id, Ground.OWNER, NOW)
    [left] = await people.organisations.members(organisation.id)
    assert left.user_id == friend.id
    assert (await people.organisations.membership(organisation.id, friend.id)).organisation_name == "Casa Zuleica"


async def test_nobody_goes_while_deliveries_of_theirs_are_under_way(people, sql):
    person, organisation = await seeded(people)
    it = delivery(organisation_id=organisation.id, created_by=person.id)
    await sql.deliveries.record(move(it, line(1, data={"status": "quoting"})))
    with pytest.raises(DeliveriesUnderway) as refused:
        await people.privacy.erase(person.id, person.id, Ground.OWNER, NOW)
    assert refused.value.data["deliveries"] == [it.id]
    ended = it.model_copy(update={"status": DeliveryStatus.CANCELLED})
    await sql.deliveries.record(move(ended, line(2, kind="delivery.cancelled", data={"status": "cancelled"})))
    assert await people.privacy.erase(person.id, person.id, Ground.OWNER, NOW)


async def test_staff_and_nobody_are_not_erased(people):
    admin, organisation = user(role=Role.ADMIN)
    await people.users.add(admin, organisation, "$argon2id$…")
    with pytest.raises(Conflict):
        await people.privacy.erase(admin.id, admin.id, Ground.OWNER, NOW)
    with pytest.raises(NotFound):
        await people.privacy.erase("usr_nobody", admin.id, Ground.REQUEST, NOW)


async def test_an_erased_delivery_keeps_its_money_and_its_story_and_nothing_personal(sql, engines, rings):
    erasure = SqlDeliveryErasure(engines["deliveries"], rings["deliveries"])
    its_booking = booking()
    it = delivery(status=DeliveryStatus.DELIVERED, reference=fresh("NF"), booking=its_booking)
    placed = {
        "status": "delivered", "carrier": its_booking.carrier, "account": its_booking.carrier_account,
        "booking_reference": its_booking.reference,
    }  # fmt: skip
    entries = charge(it)
    await sql.deliveries.record(move(it, line(1, data=placed), entries=entries, state={"name": "Ana Pessoa"}))
    report = scan(booking_reference=its_booking.reference, description="com o porteiro Zeca", place="Rua dos Canários")
    await sql.scans.keep([report])
    assert "campinas" in await at_rest(engines, "deliveries.deliveries")
    assert await erasure.erase(it.id, "usr_1", Ground.REQUEST)
    assert not await erasure.erase(it.id, "usr_1", Ground.REQUEST)
    assert not await erasure.erase(fresh("del"), "usr_1", Ground.REQUEST)
    found = await sql.deliveries.get(it.id)
    assert (found.erased, found.status, found.request.reference) == (True, it.status, it.request.reference)
    assert "Ana" not in found.model_dump_json()
    assert await sql.deliveries.state(it.id) is None
    [left] = await scans_anew(sql, engines, rings).of(it.id)
    assert (left.erased, left.description, left.place) == (True, "", "")
    assert await sql.deliveries.entries(it.id) == list(entries)
    assert imbalance(await sql.deliveries.entries(it.id)) == {}
    told = await sql.journal.of(f"key/{it.id}")
    assert [(one.kind, one.data["ground"], one.organisation_id) for one in told] == [
        ("key.erased", "request", it.organisation_id)
    ]
    mine = DeliveryFilter(organisation_id=it.organisation_id, text="campinas")
    assert await sql.deliveries.page(mine, 10, None) == ([], None)
    by_number = mine.model_copy(update={"text": its_booking.tracking_number})
    assert [one.id for one in (await sql.deliveries.page(by_number, 10, None))[0]] == [it.id]


def scans_anew(sql, engines, rings):
    """As a process that remembers no key: others forget within a minute."""
    from storage.tracking import SqlScanStore

    rings["tracking"]._kept.clear()
    return SqlScanStore(engines["tracking"], rings["tracking"])


async def test_due_are_ended_deliveries_in_turn_and_those_of_erased_organisations(people, sql, engines, rings):
    erasure = SqlDeliveryErasure(engines["deliveries"], rings["deliveries"])
    person, organisation = await seeded(people)
    long_ago = NOW - timedelta(days=40_000)  # before everything that other tests have written
    old = [
        delivery(
            status=DeliveryStatus.DELIVERED, updated_at=long_ago + timedelta(hours=n), organisation_id=fresh("org")
        )
        for n in range(3)
    ]
    running = delivery(status=DeliveryStatus.BOOKED, updated_at=long_ago, organisation_id=organisation.id)
    theirs = delivery(status=DeliveryStatus.EXPIRED, organisation_id=organisation.id)
    for it in (*old, theirs):
        await sql.deliveries.record(move(it, line(1, data={"status": str(it.status)})))
    assert theirs.id not in (await erasure.due(None, 1000))[0]
    await people.privacy.erase(person.id, person.id, Ground.OWNER, NOW)
    await sql.deliveries.record(move(running, line(1, data={"status": "booked"})))  # by a token that outlived them
    assert theirs.id in (await erasure.due(None, 1000))[0]
    before, found, after = long_ago + timedelta(hours=2, minutes=1), [], None
    while True:
        page, after = await erasure.due(before, 2, after)
        found += page
        if after is None:
            break
    assert found == [it.id for it in old]
    await erasure.erase(old[1].id, "system", Ground.RETENTION)
    assert (await erasure.due(before, 10))[0] == [old[0].id, old[2].id]
    assert not {running.id} & set((await erasure.due(None, 1000))[0])
    for it in (old[0], old[2], theirs):
        await erasure.erase(it.id, "system", Ground.RETENTION)


async def test_what_is_over_is_tidied_away_in_batches_and_what_is_not_stays(people, sql, engines):
    person, _ = await seeded(people)
    gone, living = new_session(person, expires_at=NOW - timedelta(days=60_000)), new_session(person, expires_at=NEVER)
    for it in (gone, living):
        await people.sessions.begin(it, f"family {it.id}", f"token {it.id}", person.password_set_at)
    unknown = scan(received_at=NOW - timedelta(days=60_000), occurred_at=NOW)
    recent = scan(received_at=NOW)
    await sql.scans.keep([unknown, recent])
    long_ago = NOW - timedelta(days=50_000)
    tidying = SqlTidying(engines["users"], "users"), SqlTidying(engines["tracking"], "tracking")
    told = [len(await people.journal.of(f"retention/{name}")) for name in ("users", "tracking")]
    for one in tidying:
        await one.tidy(long_ago, 100)
        await one.tidy(long_ago, 100)
    ids = text("SELECT id FROM users.sessions WHERE user_id = :u")
    scans = text("SELECT scan_id FROM tracking.scans WHERE scan_id IN (:a, :b)")
    async with engines["owner"].connect() as connection:
        left = set(await connection.scalars(ids, {"u": person.id}))
        assert (gone.id in left, living.id in left) == (False, True)
        assert list(await connection.scalars(scans, {"a": unknown.id, "b": recent.id})) == [recent.id]
    for name, before in zip(("users", "tracking"), told, strict=True):
        [last] = (await people.journal.of(f"retention/{name}"))[before:]  # and none for a run that found nothing
        assert last.kind == "retention.tidied"
    await sql.scans.signalled([recent])


async def test_only_customers_who_never_verified_their_address_are_waited_for(people):
    long_ago = NOW - timedelta(days=60_000)
    waiting, verified = user(created_at=long_ago), user(created_at=long_ago, email_verified_at=NOW)
    admin, young = user(role=Role.ADMIN, created_at=long_ago), user()
    for person, organisation in (waiting, verified, admin, young):
        await people.users.add(person, organisation, "$argon2id$…")
    assert await people.privacy.unverified(long_ago + timedelta(days=1), 10, "") == [waiting[0].id]
    await people.privacy.erase(waiting[0].id, "system", Ground.RETENTION, NOW)
    assert await people.privacy.unverified(long_ago + timedelta(days=1), 10, "") == []


async def test_what_the_erased_saved_and_what_their_organisation_set_up_is_found_and_goes(people, sql, engines, rings):
    person, alone = await seeded(people)
    friend, others = await seeded(people, "Amigo")
    shared, own = view(others.id, person.id, shared=True), view(others.id, person.id)
    theirs, friends = view(alone.id, friend.id, shared=True), view(others.id, friend.id)
    for it in (shared, own, theirs, friends):
        await sql.views.put(it, it.created_by)
    (ended, lines), (running, more) = (imported(2, organisation_id=it.id) for it in (alone, others))
    await sql.imports.begin(ended, lines, "hash")
    await sql.imports.begin(running, more, "hash")
    hook, kept = endpoint(organisation_id=alone.id), endpoint(organisation_id=others.id)
    for one in (hook, kept):
        await sql.endpoints.add(one, Secrets(current="whsec_bmV3"))
    tidying = SqlTidying(engines["deliveries"], "deliveries")
    await tidying.tidy(NOW, 100)
    assert await sql.views.get(own.id)  # nobody is erased yet
    await people.privacy.erase(person.id, person.id, Ground.OWNER, NOW)
    assert await tidying.tidy(NOW, 100) == 2
    assert await tidying.tidy(NOW, 100) == 0
    assert [await sql.views.get(it.id) is None for it in (shared, own, theirs, friends)] == [False, True, True, False]
    [*_, last] = await people.journal.of("retention/deliveries")
    assert (last.kind, last.data) == ("retention.tidied", {"views": 2})
    assert {ended.id, running.id} & set(await sql.imports.orphaned(1_000)) == {ended.id}
    await sql.imports.end(ended.id, cancelled=True)
    assert ended.id not in await sql.imports.orphaned(1_000)
    assert {hook.id, kept.id} & set(await sql.endpoints.orphaned(1_000)) == {hook.id}
    await sql.endpoints.delete(hook.id, "system")
    assert hook.id not in await sql.endpoints.orphaned(1_000)
    assert await rings["notifications"].known((hook.id,)) == {}
    assert await sql.endpoints.get(kept.id)
