"""People: one account per address, whatever its case; what is told of them names nobody."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from making import NOW, fresh, session, user

from domain.errors import EmailTaken, NotFound
from domain.users import Locale, OrgRole, Role


async def kinds(people, subject: str) -> list[str]:
    return [line.kind for line in await people.journal.of(subject)]


async def test_a_user_is_found_by_id_and_by_address_whatever_its_case(people):
    name = uuid.uuid4().hex
    person, organisation = user(f"Ana.{name}@Example.com", Role.ADMIN)
    await people.users.add(person, organisation, "$argon2id$…")
    assert await people.users.get(person.id) == person
    assert await people.users.by_email(f"aNA.{name.upper()}@example.COM") == (person, "$argon2id$…")


async def test_nobody_is_nobody(people):
    assert await people.users.get(fresh("usr")) is None
    assert await people.users.by_email("nobody@example.com") is None
    with pytest.raises(NotFound):
        await people.users.set_standing(fresh("usr"), "usr_1", disabled=True)


async def test_an_address_is_taken_once(people):
    person, organisation = user()
    await people.users.add(person, organisation, "x")
    second, another = user(person.email.upper())
    with pytest.raises(EmailTaken):
        await people.users.add(second, another, "y")
    assert await people.users.get(second.id) is None
    assert await people.journal.of(second.id) == []
    assert await people.organisations.members(another.id) == []


async def test_registering_is_told_without_anything_personal_and_owns_the_organisation(people):
    person, organisation = user()
    await people.users.add(person, organisation, "x")
    [line] = await people.journal.of(person.id)
    assert (line.kind, line.actor, line.organisation_id) == ("user.registered", person.id, organisation.id)
    assert line.data == {"role": "customer", "organisation_id": organisation.id}
    [mine] = await people.organisations.of(person.id)
    assert (mine.organisation_id, mine.role) == (organisation.id, OrgRole.OWNER)


async def test_of_many_at_once_one_gets_the_address(people):
    address = f"{uuid.uuid4().hex}@example.com"
    asked = [people.users.add(*user(address), "x") for _ in range(6)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(result) for result in results if result] == [EmailTaken] * 5


async def test_a_profile_changes_and_the_journal_names_the_fields_alone(people):
    person, organisation = user()
    await people.users.add(person, organisation, "x")
    changed = await people.users.change(person.id, name="Bia", locale=Locale.EN)
    assert (changed.name, changed.locale) == ("Bia", Locale.EN)
    assert await people.users.get(person.id) == changed
    last = (await people.journal.of(person.id))[-1]
    assert (last.kind, last.data) == ("user.changed", {"fields": ["locale", "name"]})


async def test_another_password_ends_every_session_and_a_new_hash_of_the_same_none(people):
    person, organisation = user()
    await people.users.add(person, organisation, "old")
    await people.sessions.begin(session(person), fresh("f"), "t", person.password_set_at)
    await people.users.set_password(person.id, "rehashed", None)
    assert len(await people.sessions.of(person.id, NOW)) == 1
    assert await kinds(people, person.id) == ["user.registered", "user.signed_in"]
    await people.users.set_password(person.id, "new", NOW + timedelta(minutes=1))
    assert await people.sessions.of(person.id, NOW) == []
    known = await people.users.by_email(person.email)
    assert known is not None
    assert (known[0].password_set_at, known[1]) == (NOW + timedelta(minutes=1), "new")


async def test_standing_is_told_once_by_whom_and_ends_every_session(people):
    person, organisation = user()
    await people.users.add(person, organisation, "x")
    await people.sessions.begin(session(person), fresh("f"), "t", person.password_set_at)
    raised = await people.users.set_standing(person.id, "usr_admin", role=Role.SUPPORT)
    assert raised.role is Role.SUPPORT
    assert await people.sessions.of(person.id, NOW) == []
    await people.sessions.begin(session(person), fresh("f"), "t", person.password_set_at)
    for _ in range(2):
        assert (await people.users.set_standing(person.id, "usr_admin", disabled=True)).disabled_at is not None
    assert await people.sessions.of(person.id, NOW) == []
    assert (await people.users.set_standing(person.id, "usr_admin", disabled=False)).disabled_at is None
    lines = [line for line in await people.journal.of(person.id) if line.actor == "usr_admin"]
    assert [(line.kind, line.actor) for line in lines] == [
        ("user.role_changed", "usr_admin"), ("user.disabled", "usr_admin"), ("user.enabled", "usr_admin"),
    ]  # fmt: skip
    assert lines[0].data == {"from": "customer", "to": "support"}
