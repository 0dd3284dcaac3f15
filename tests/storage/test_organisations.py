"""Organisations: there is always an owner, and everybody belongs somewhere."""

import asyncio
from datetime import timedelta

import pytest
from making import NOW, fresh, invitation, session, user

from domain.errors import LastOwner, NotFound
from domain.users import OrgRole

SOON = NOW + timedelta(minutes=1)


@pytest.fixture
async def owner(people):
    made, organisation = user()
    await people.users.add(made, organisation, "x")
    return made


@pytest.fixture
async def joins(people, owner):
    """Somebody new who joins the owner's organisation by invitation."""

    async def join(role=OrgRole.MEMBER):
        made, organisation = user()
        await people.users.add(made, organisation, "x")
        await people.invitations.add(invitation(owner.organisation_id, made.email, role), digest := fresh("d"))
        assert await people.invitations.accept(digest, made, SOON) is not None
        return made

    return join


async def roles(people, organisation_id):
    return {member.user_id: member.role for member in await people.organisations.members(organisation_id)}


async def test_an_invitation_lets_its_address_in_once(people, owner):
    guest, home = user()
    await people.users.add(guest, home, "x")
    asked = invitation(owner.organisation_id, guest.email.upper(), OrgRole.VIEWER)
    await people.invitations.add(asked, digest := fresh("d"))
    assert list(await people.invitations.of(owner.organisation_id, SOON)) == [asked]
    joined = await asyncio.gather(*(people.invitations.accept(digest, guest, SOON) for _ in range(5)))
    assert sum(answer is not None for answer in joined) == 1
    assert await roles(people, owner.organisation_id) == {owner.id: OrgRole.OWNER, guest.id: OrgRole.VIEWER}
    assert {m.organisation_id for m in await people.organisations.of(guest.id)} == {owner.organisation_id, home.id}
    known = await people.users.get(guest.id)
    assert known is not None
    assert known.email_verified_at == SOON
    line = (await people.journal.of(owner.organisation_id))[-1]
    assert (line.kind, line.organisation_id) == ("member.joined", owner.organisation_id)
    assert line.data == {"user": guest.id, "invitation": asked.id, "role": "viewer"}


async def test_an_invitation_is_for_its_address_until_it_expires_is_withdrawn_or_replaced(people, owner):
    guest, home = user()
    stranger, elsewhere = user()
    await people.users.add(guest, home, "x")
    await people.users.add(stranger, elsewhere, "x")
    first, second, third = (fresh("d") for _ in range(3))
    await people.invitations.add(invitation(owner.organisation_id, guest.email), first)
    assert await people.invitations.accept(first, stranger, SOON) is None
    assert await people.invitations.accept(first, guest, NOW + timedelta(days=8)) is None
    await people.invitations.add(invitation(owner.organisation_id, guest.email), second)
    assert await people.invitations.accept(first, guest, SOON) is None
    [open_one] = await people.invitations.of(owner.organisation_id, SOON)
    assert not await people.invitations.withdraw(home.id, open_one.id, guest.id)
    assert await people.invitations.withdraw(owner.organisation_id, open_one.id, owner.id)
    assert await people.invitations.accept(second, guest, SOON) is None
    await people.invitations.add(invitation(owner.organisation_id, guest.email), third)
    assert await people.invitations.accept(third, guest, SOON) is not None


async def test_an_invitation_never_lowers_who_belongs_already(people, owner):
    await people.invitations.add(invitation(owner.organisation_id, owner.email, OrgRole.VIEWER), digest := fresh("d"))
    membership = await people.invitations.accept(digest, owner, SOON)
    assert membership is not None
    assert membership.role is OrgRole.OWNER


async def test_the_last_owner_stays_until_another_is_made(people, owner, joins):
    member = await joins()
    organisation = owner.organisation_id
    with pytest.raises(LastOwner):
        await people.organisations.remove(organisation, owner.id, owner.id)
    with pytest.raises(LastOwner):
        await people.organisations.set_roles(organisation, {owner.id: OrgRole.MEMBER}, owner.id)
    assert (await roles(people, organisation))[owner.id] is OrgRole.OWNER
    handed = {member.id: OrgRole.OWNER, owner.id: OrgRole.MEMBER}
    await people.organisations.set_roles(organisation, handed, owner.id)
    assert await roles(people, organisation) == handed
    await people.organisations.remove(organisation, owner.id, owner.id)
    assert (await people.journal.of(organisation))[-1].kind == "member.left"


async def test_of_two_owners_who_leave_at_once_one_stays(people, owner, joins):
    other = await joins(OrgRole.OWNER)
    organisation = owner.organisation_id
    left = await asyncio.gather(
        *(people.organisations.remove(organisation, who.id, who.id) for who in (owner, other)), return_exceptions=True
    )
    assert [type(error) for error in left if error] == [LastOwner]
    assert list((await roles(people, organisation)).values()) == [OrgRole.OWNER]


async def test_who_belongs_nowhere_gets_an_organisation_of_their_own(people, owner, joins):
    member = await joins(OrgRole.OWNER)
    await people.sessions.begin(session(owner), fresh("f"), "t", owner.password_set_at)
    await people.organisations.remove(owner.organisation_id, owner.id, member.id)
    assert (await people.journal.of(owner.organisation_id))[-1].kind == "member.removed"
    [own] = await people.organisations.of(owner.id)
    assert own.organisation_id != owner.organisation_id
    assert own.role is OrgRole.OWNER
    known = await people.users.get(owner.id)
    assert known is not None
    assert known.organisation_id == own.organisation_id
    assert [kept.organisation_id for kept in await people.sessions.of(owner.id, NOW)] == [own.organisation_id]


async def test_a_stranger_can_be_neither_changed_nor_removed(people, owner):
    stranger, home = user()
    await people.users.add(stranger, home, "x")
    with pytest.raises(NotFound):
        await people.organisations.remove(owner.organisation_id, stranger.id, owner.id)
    with pytest.raises(NotFound):
        await people.organisations.set_roles(owner.organisation_id, {stranger.id: OrgRole.OWNER}, owner.id)
    assert await people.organisations.membership(owner.organisation_id, stranger.id) is None


async def test_another_name_is_told_without_it(people, owner):
    await people.organisations.rename(owner.organisation_id, "Doceria da Ana", owner.id)
    assert [m.organisation_name for m in await people.organisations.of(owner.id)] == ["Doceria da Ana"]
    assert (await people.journal.of(owner.organisation_id))[-1].data == {}
