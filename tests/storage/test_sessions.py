"""Sessions: a refresh token is good once, whoever hurries; one that comes again ends the session."""

import asyncio
from datetime import timedelta

import pytest
from making import NOW, fresh, session, user

from domain.errors import Unauthenticated
from domain.sessions import GRACE

LATER = NOW + timedelta(minutes=10)
AFTER = GRACE + timedelta(seconds=1)


@pytest.fixture
async def person(people):
    made, organisation = user()
    await people.users.add(made, organisation, "x")
    return made


@pytest.fixture
async def family(people, person):
    name = fresh("family")
    await people.sessions.begin(session(person), name, "t0", person.password_set_at)
    return name


async def test_each_token_is_exchanged_for_the_next(people, person, family):
    for turn in range(3):
        at = NOW + timedelta(minutes=10 * (turn + 1))
        rotated = await people.sessions.rotate(family, f"t{turn}", f"t{turn + 1}", at)
        assert (rotated.user_id, rotated.turn, rotated.rotated_at) == (person.id, turn + 1, at)


async def test_one_that_comes_again_ends_the_session_for_both(people, person, family):
    await people.sessions.rotate(family, "t0", "t1", LATER)
    with pytest.raises(Unauthenticated):
        await people.sessions.rotate(family, "t0", "thief", LATER + AFTER)
    with pytest.raises(Unauthenticated):
        await people.sessions.rotate(family, "t1", "t2", LATER + AFTER)
    assert [line.kind for line in await people.journal.of(person.id)][-1] == "user.refresh_reused"


async def test_a_token_that_never_was_ends_the_session_only_for_who_knows_its_family(people, person, family):
    with pytest.raises(Unauthenticated):
        await people.sessions.rotate(fresh("family"), "t0", "x", LATER)
    assert len(await people.sessions.of(person.id, LATER)) == 1
    with pytest.raises(Unauthenticated):
        await people.sessions.rotate(family, "guess", "x", LATER)
    assert await people.sessions.of(person.id, LATER) == []


async def test_tabs_that_refresh_at_once_all_go_on_and_the_token_turns_once(people, person, family):
    asked = [people.sessions.rotate(family, "t0", f"t1-{tab}", LATER) for tab in range(10)]
    assert {rotated.turn for rotated in await asyncio.gather(*asked)} == {1}
    # Any of them goes on; then the others are of the turn before.
    assert (await people.sessions.rotate(family, "t1-7", "t2", LATER + AFTER)).turn == 2
    with pytest.raises(Unauthenticated):
        await people.sessions.rotate(family, "t1-3", "x", LATER + AFTER + AFTER)
    assert await people.sessions.of(person.id, LATER + AFTER + AFTER) == []


async def test_the_grace_of_tabs_does_not_let_a_thief_stay(people, person, family):
    """Who copied a token and used it in the same seconds is found out as soon as both go on."""
    await people.sessions.rotate(family, "t0", "owner", LATER)
    await people.sessions.rotate(family, "t0", "thief", LATER + timedelta(seconds=5))
    await people.sessions.rotate(family, "owner", "owner-2", LATER + timedelta(minutes=9))
    with pytest.raises(Unauthenticated):
        await people.sessions.rotate(family, "thief", "thief-2", LATER + timedelta(minutes=10))
    with pytest.raises(Unauthenticated):
        await people.sessions.rotate(family, "owner-2", "owner-3", LATER + timedelta(minutes=11))


async def test_a_session_that_rests_or_is_old_is_over(people, person, family):
    with pytest.raises(Unauthenticated):
        await people.sessions.rotate(family, "t0", "t1", NOW + timedelta(days=8))
    busy = fresh("family")
    await people.sessions.begin(session(person), busy, "0", person.password_set_at)
    for day in range(1, 30):
        await people.sessions.rotate(busy, str(day - 1), str(day), NOW + timedelta(days=day))
    with pytest.raises(Unauthenticated):
        await people.sessions.rotate(busy, "29", "30", NOW + timedelta(days=30))


async def test_signing_out_ends_one_and_everywhere_all(people, person, family):
    other = fresh("family")
    await people.sessions.begin(session(person), other, "t0", person.password_set_at)
    for _ in range(2):
        await people.sessions.end(family, LATER)
    assert len(await people.sessions.of(person.id, LATER)) == 1
    assert await people.sessions.end_all(person.id, person.id, LATER) == 1
    with pytest.raises(Unauthenticated):
        await people.sessions.rotate(other, "t0", "t1", LATER)
    kinds = [line.kind for line in await people.journal.of(person.id)]
    assert kinds[-2:] == ["user.signed_out", "user.signed_out_everywhere"]


async def test_anothers_session_is_not_there(people, person, family):
    [mine] = await people.sessions.of(person.id, NOW)
    stranger, organisation = user()
    await people.users.add(stranger, organisation, "x")
    assert await people.sessions.end_all(stranger.id, stranger.id, NOW, mine.id) == 0
    await people.sessions.move(family, stranger.id, organisation.id)
    assert [kept.organisation_id for kept in await people.sessions.of(person.id, NOW)] == [person.organisation_id]
    assert "user.switched" not in [line.kind for line in await people.journal.of(stranger.id)]
    for _ in range(2):
        await people.sessions.move(family, person.id, organisation.id)
    [switched] = [line for line in await people.journal.of(person.id) if line.kind == "user.switched"]
    assert switched.data == {"session": mine.id, "organisation_id": organisation.id}
    assert await people.sessions.end_all(person.id, person.id, NOW, mine.id) == 1


async def test_no_session_begins_for_who_was_disabled_or_changed_the_password_meanwhile(people, person):
    await people.users.set_password(person.id, "y", LATER)
    with pytest.raises(Unauthenticated):
        await people.sessions.begin(session(person), fresh("family"), "t", person.password_set_at)
    await people.users.set_standing(person.id, "usr_1", disabled=True)
    with pytest.raises(Unauthenticated):
        await people.sessions.begin(session(person), fresh("family"), "t", LATER)
    assert await people.sessions.of(person.id, LATER) == []


async def test_disabling_while_somebody_signs_in_leaves_no_session(people, person):
    """Whichever comes first: signing in is refused, or what it began is ended."""
    await asyncio.gather(
        *(people.sessions.begin(session(person), fresh("f"), "t", person.password_set_at) for _ in range(8)),
        people.users.set_standing(person.id, "usr_1", disabled=True),
        return_exceptions=True,
    )
    assert await people.sessions.of(person.id, NOW) == []
