"""Who people are cannot be read at rest; who was erased is still counted, and nobody."""

from datetime import timedelta

import pytest
from making import NOW, fresh, user
from sqlalchemy import text
from test_sealed import at_rest

from domain.organisations import Invitation
from domain.user_ports import Proof, Purpose
from domain.users import OrgRole

SECRETS = ("Zuleica Canarinho", "zuleica", "canarinho.example.com", "segredodototp")


async def registered(people):
    person, organisation = user(f"Zuleica.{fresh('x')}@canarinho.example.com")
    person = person.model_copy(update={"name": "Zuleica Canarinho"})
    organisation = organisation.model_copy(update={"name": "Zuleica Canarinho"})
    await people.users.add(person, organisation, "$argon2id$…")
    return person, organisation


async def test_nothing_that_the_users_service_keeps_says_who_anybody_is(people, engines):
    person, organisation = await registered(people)
    await people.second_factors.propose(person.id, b"segredodototp")
    proof = Proof(
        user_id=person.id, purpose=Purpose.VERIFY_EMAIL, email=person.email, expires_at=NOW + timedelta(days=9_000)
    )
    await people.proofs.add(proof, digest := fresh("digest"))
    invited = Invitation(
        id=fresh("inv"), organisation_id=organisation.id, email=person.email, role=OrgRole.MEMBER,
        invited_by=person.id, created_at=NOW, expires_at=NOW + timedelta(days=9_000),
    )  # fmt: skip
    await people.invitations.add(invited, fresh("digest"))
    for table in ("users", "organisations", "proofs", "invitations", "second_factors", "members"):
        told = await at_rest(engines, f"users.{table}")
        assert not [secret for secret in SECRETS if secret.lower() in told.lower()], table
    assert await people.users.get(person.id) == person
    assert (await people.organisations.of(person.id))[0].organisation_name == organisation.name
    assert (await people.second_factors.get(person.id)).secret == b"segredodototp"
    assert await people.proofs.get(digest, NOW) == proof
    assert await people.invitations.of(organisation.id, NOW) == [invited]


async def test_an_address_is_found_by_a_digest_that_tells_nothing(people, engines):
    person, _ = await registered(people)
    query = text("SELECT email_index FROM users.users WHERE id = :id")
    async with engines["owner"].connect() as connection:
        index = await connection.scalar(query, {"id": person.id})
    import hashlib

    assert len(index) == 32
    assert index != hashlib.sha256(person.email.lower().encode()).digest()


async def test_sealed_bytes_of_one_person_are_no_others(people, engines):
    one, _ = await registered(people)
    other, _ = await registered(people)
    swap = text("UPDATE users.users SET name = (SELECT name FROM users.users WHERE id = :o) WHERE id = :i")
    async with engines["owner"].begin() as connection:
        await connection.execute(swap, {"o": other.id, "i": one.id})
    from storage._crypto import Unreadable

    with pytest.raises(Unreadable):
        await people.users.get(one.id)


async def test_who_was_erased_is_nobody_and_their_story_stays(people, rings):
    person, organisation = await registered(people)
    friend, _ = await registered(people)
    await people.second_factors.propose(person.id, b"segredodototp")
    proof = Proof(
        user_id=person.id, purpose=Purpose.RESET_PASSWORD, email=person.email, expires_at=NOW + timedelta(days=9_000)
    )
    await people.proofs.add(proof, digest := fresh("digest"))
    assert await rings["users"].erase(person.id, "usr_admin")
    found = await people.users.get(person.id)
    assert (found.erased, found.name, found.email) == (True, "erased", "erased@entrega.example.com")
    assert (found.id, found.created_at, found.role) == (person.id, person.created_at, person.role)
    assert await people.users.by_email(person.email) is None
    assert await people.second_factors.get(person.id) is None
    assert await people.proofs.get(digest, NOW) is None
    [member] = await people.organisations.members(organisation.id)
    assert (member.user_id, member.name, member.email) == (person.id, "erased", "erased@entrega.example.com")
    assert [line.kind for line in await people.journal.of(person.id)] == ["user.registered"]
    assert await people.users.get(friend.id) == friend


async def test_an_erased_organisation_has_no_name(people, rings):
    person, organisation = await registered(people)
    assert await rings["users"].erase(organisation.id, "usr_admin")
    [membership] = await people.organisations.of(person.id)
    assert membership.organisation_name == "erased"
    assert await people.invitations.of(organisation.id, NOW) == []
