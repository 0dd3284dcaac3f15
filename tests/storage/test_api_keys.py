"""API keys: known by fingerprint, used until they are revoked, expire, or their account goes."""

from datetime import timedelta

import pytest
from making import NOW, api_key, fresh, service_account, user

from domain.errors import NotFound
from domain.users import OrgRole, Scope

DAY = NOW.replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
async def organisation(people):
    person, made = user()
    await people.users.add(person, made, "x")
    return made


@pytest.fixture
async def account(people, organisation):
    made = service_account(organisation.id, OrgRole.PARTNER)
    await people.service_accounts.add(made)
    return made


async def kinds(people, organisation):
    return [line.kind for line in await people.journal.of(organisation.id)]


async def test_a_key_is_its_accounts_and_its_use_is_remembered_by_the_day(people, organisation, account):
    key = api_key(account, scopes=(Scope.DELIVERIES_READ, Scope.TRACKING_READ))
    await people.api_keys.add(key, digest := fresh("d"))
    assert await people.api_keys.use(digest, NOW) == (key, account)
    for minutes in range(3):
        await people.api_keys.use(digest, NOW + timedelta(minutes=minutes))
    [known] = await people.api_keys.of(organisation.id)
    assert known.last_used_on == DAY
    await people.api_keys.use(digest, NOW + timedelta(days=1))
    assert await kinds(people, organisation) == ["service_account.made", "key.made", "key.used", "key.used"]


async def test_a_key_is_good_until_revoked_or_expired(people, organisation, account):
    lasting, passing = api_key(account), api_key(account, expires_at=NOW + timedelta(hours=1))
    await people.api_keys.add(lasting, first := fresh("d"))
    await people.api_keys.add(passing, second := fresh("d"))
    assert await people.api_keys.use(second, NOW) is not None
    assert await people.api_keys.use(second, NOW + timedelta(hours=1)) is None
    assert await people.api_keys.use(fresh("d"), NOW) is None
    assert not await people.api_keys.revoke(fresh("org"), lasting.id, "usr_1", NOW)
    assert await people.api_keys.revoke(organisation.id, lasting.id, "usr_1", NOW)
    assert not await people.api_keys.revoke(organisation.id, lasting.id, "usr_1", NOW)
    assert await people.api_keys.use(first, NOW) is None


async def test_whoever_tries_a_key_that_is_good_no_longer_is_told_of_once_a_day(people, organisation, account):
    key = api_key(account)
    await people.api_keys.add(key, digest := fresh("d"))
    await people.api_keys.use(digest, NOW)
    await people.api_keys.revoke(organisation.id, key.id, "usr_1", NOW)
    for days in (0, 0, 1, 1):
        assert await people.api_keys.use(digest, NOW + timedelta(days=days)) is None
    lines = await people.journal.of(organisation.id)
    told = [(line.actor, line.data["key"], line.data["on"]) for line in lines if line.kind == "key.refused"]
    assert told == [("nobody", key.id, str((DAY + timedelta(days=days)).date())) for days in (0, 1)]


async def test_an_account_goes_with_its_keys_for_good(people, organisation, account):
    await people.api_keys.add(api_key(account), digest := fresh("d"))
    assert not await people.service_accounts.disable(fresh("org"), account.id, "usr_1", NOW)
    assert await people.service_accounts.disable(organisation.id, account.id, "usr_1", NOW)
    assert not await people.service_accounts.disable(organisation.id, account.id, "usr_1", NOW)
    assert await people.api_keys.use(digest, NOW) is None
    with pytest.raises(NotFound):
        await people.api_keys.add(api_key(account), fresh("d"))
    assert (await kinds(people, organisation))[-2:] == ["service_account.disabled", "key.refused"]


async def test_a_key_for_anothers_account_is_refused(people, account):
    with pytest.raises(NotFound):
        await people.api_keys.add(api_key(account, organisation_id=fresh("org")), fresh("d"))


async def test_no_secret_is_told(people, organisation, account):
    await people.api_keys.add(api_key(account), digest := fresh("d"))
    await people.api_keys.use(digest, NOW)
    for line in await people.journal.of(organisation.id):
        assert digest not in str(line.data)
