"""Links in messages: each is good once, for one thing, and a second click finds it gone."""

import asyncio
from datetime import timedelta

import pytest
from making import NOW, api_key, fresh, service_account, session, user

from domain.errors import EmailTaken
from domain.user_ports import Proof, Purpose

SOON, LATE = NOW + timedelta(minutes=1), NOW + timedelta(hours=2)


@pytest.fixture
async def person(people):
    made, organisation = user()
    await people.users.add(made, organisation, "old")
    return made


def proof(person, purpose=Purpose.VERIFY_EMAIL, **more):
    return Proof(user_id=person.id, purpose=purpose, **{"email": person.email, "expires_at": _far(), **more})


def _far():
    return NOW + timedelta(hours=1)


async def test_a_link_verifies_an_address_once_and_all_of_its_kind_are_spent(people, person):
    one, two = fresh("d"), fresh("d")
    for digest in (one, two):
        await people.proofs.add(proof(person), digest)
    verified = await people.proofs.verify_email(one, SOON)
    assert verified is not None
    assert verified.email_verified_at == SOON
    assert await people.proofs.verify_email(one, SOON) is None
    assert await people.proofs.verify_email(two, SOON) is None
    assert [line.kind for line in await people.journal.of(person.id)][1:] == ["user.email_verified"]


async def test_of_many_clicks_at_once_one_counts(people, person):
    digest = fresh("d")
    await people.proofs.add(proof(person, Purpose.RESET_PASSWORD), digest)
    asked = [people.proofs.reset_password(digest, f"hash {n}", SOON) for n in range(6)]
    assert sum(answer is not None for answer in await asyncio.gather(*asked)) == 1


async def test_a_late_link_an_unknown_one_and_one_for_something_else_are_nothing(people, person):
    digest = fresh("d")
    await people.proofs.add(proof(person), digest)
    assert await people.proofs.get(digest, LATE) is None
    assert await people.proofs.verify_email(digest, LATE) is None
    assert await people.proofs.verify_email(fresh("d"), SOON) is None
    assert await people.proofs.reset_password(digest, "x", SOON) is None
    assert await people.proofs.get(digest, SOON) is not None


async def test_a_new_address_is_the_users_once_confirmed_unless_taken_meanwhile(people, person):
    digest, address = fresh("d"), f"{fresh('new')}@example.com"
    await people.proofs.add(proof(person, Purpose.CHANGE_EMAIL, email=address), digest)
    changed = await people.proofs.verify_email(digest, SOON)
    assert changed is not None
    assert (changed.email, changed.email_verified_at) == (address, SOON)
    other, organisation = user()
    await people.users.add(other, organisation, "x")
    await people.proofs.add(proof(other, Purpose.CHANGE_EMAIL, email=address.upper()), again := fresh("d"))
    with pytest.raises(EmailTaken):
        await people.proofs.verify_email(again, SOON)
    still = await people.users.get(other.id)
    assert still is not None
    assert still.email == other.email


@pytest.mark.parametrize("by", ["reset", "password", "address"])
async def test_what_an_intruder_had_sent_to_themselves_changes_nothing_once_the_owner_acted(people, person, by):
    """With a stolen password a new address was asked for; its link must not outlive the password."""
    pending = {Purpose.CHANGE_EMAIL: fresh("d"), Purpose.RESET_PASSWORD: fresh("d")}
    for purpose, digest in pending.items():
        await people.proofs.add(proof(person, purpose, email=f"{fresh('eve')}@example.com"), digest)
    if by == "password":
        await people.users.set_password(person.id, "new", SOON)
    else:
        purpose = Purpose.RESET_PASSWORD if by == "reset" else Purpose.CHANGE_EMAIL
        more = {} if by == "reset" else {"email": f"{fresh('own')}@example.com"}
        await people.proofs.add(proof(person, purpose, **more), own := fresh("d"))
        done = people.proofs.verify_email(own, SOON) if more else people.proofs.reset_password(own, "new", SOON)
        assert await done is not None
    assert await people.proofs.verify_email(pending[Purpose.CHANGE_EMAIL], SOON) is None
    assert await people.proofs.reset_password(pending[Purpose.RESET_PASSWORD], "eves", SOON) is None


async def test_a_reset_ends_every_session_and_verifies_the_address(people, person):
    await people.sessions.begin(session(person), fresh("f"), "t", person.password_set_at)
    digest = fresh("d")
    await people.proofs.add(proof(person, Purpose.RESET_PASSWORD), digest)
    changed = await people.proofs.reset_password(digest, "new", SOON)
    assert changed is not None
    assert changed.email_verified_at == changed.password_set_at == SOON
    assert await people.sessions.of(person.id, SOON) == []
    assert (await people.users.by_email(person.email) or (None, None))[1] == "new"


async def test_what_a_stranger_set_up_on_an_address_never_verified_goes_with_its_owners_reset(people, person):
    account = service_account(person.organisation_id)
    await people.service_accounts.add(account)
    await people.api_keys.add(api_key(account, created_by=person.id), key := fresh("k"))
    await people.second_factors.propose(person.id, b"secret")
    await people.second_factors.confirm(person.id, 1, ["code"])
    await people.proofs.add(proof(person, Purpose.RESET_PASSWORD), digest := fresh("d"))
    await people.proofs.reset_password(digest, "new", SOON)
    assert await people.second_factors.get(person.id) is None
    assert await people.api_keys.use(key, SOON) is None
    told = [line.kind for line in await people.journal.of(person.id)]
    assert told[-4:] == ["user.password_changed", "user.email_verified", "user.second_factor_off", "key.revoked"]


async def test_a_second_factor_of_a_verified_user_outlives_a_reset(people):
    person, organisation = user(email_verified_at=NOW)
    await people.users.add(person, organisation, "old")
    await people.second_factors.propose(person.id, b"secret")
    await people.second_factors.confirm(person.id, 1, ["code"])
    await people.proofs.add(proof(person, Purpose.RESET_PASSWORD), digest := fresh("d"))
    await people.proofs.reset_password(digest, "new", SOON)
    factor = await people.second_factors.get(person.id)
    assert factor is not None
    assert factor.confirmed
