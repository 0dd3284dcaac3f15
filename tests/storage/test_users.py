"""People: one account per address, whatever its case."""

import asyncio
import uuid

import pytest
from making import fresh, user

from domain.errors import EmailTaken
from domain.users import Role


async def test_a_user_is_found_by_id_and_by_address_whatever_its_case(stores):
    name = uuid.uuid4().hex
    person, organisation = user(f"Ana.{name}@Example.com", Role.ADMIN)
    await stores.users.add(person, organisation, "$argon2id$…")
    assert await stores.users.get(person.id) == person
    assert await stores.users.by_email(f"aNA.{name.upper()}@example.COM") == (person, "$argon2id$…")


async def test_nobody_is_nobody(stores):
    assert await stores.users.get(fresh("usr")) is None
    assert await stores.users.by_email("nobody@example.com") is None


async def test_an_address_is_taken_once(stores):
    person, organisation = user()
    await stores.users.add(person, organisation, "x")
    second, another = user(person.email.upper())
    with pytest.raises(EmailTaken):
        await stores.users.add(second, another, "y")
    assert await stores.users.get(second.id) is None
    assert await stores.journal.of(second.id) == []


async def test_registering_is_told_without_anything_personal(stores):
    person, organisation = user()
    await stores.users.add(person, organisation, "x")
    [line] = await stores.journal.of(person.id)
    assert (line.kind, line.actor, line.organisation_id) == ("user.registered", person.id, organisation.id)
    assert line.data == {"role": "customer", "organisation_id": organisation.id}


async def test_of_many_at_once_one_gets_the_address(sql):
    address = f"{uuid.uuid4().hex}@example.com"
    asked = [sql.users.add(*user(address), "x") for _ in range(6)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(result) for result in results if result] == [EmailTaken] * 5
