"""Who may do what, as one table; test_matrix asks the same of the routes."""

import itertools

import pytest

from domain import users
from domain.users import OrgRole, Principal, Role, Scope

PREDICATES = [
    users.is_staff, users.may_steer, users.may_read_audit, users.may_keep_areas, users.may_see_carriers,
    users.may_see_users, users.may_keep_carriers, users.may_set_policy, users.may_keep_users,
]  # fmt: skip


def who(role: Role = Role.CUSTOMER, org_role: OrgRole = OrgRole.OWNER, **more: object) -> Principal:
    values = {"user_id": "usr_1", "organisation_id": "org_1", "role": role, "org_role": org_role}
    return Principal.model_validate({**values, **more})


@pytest.mark.parametrize("predicate", PREDICATES, ids=lambda p: p.__name__)
def test_no_standing_in_an_organisation_makes_staff(predicate) -> None:
    scopes = (None, frozenset(Scope))
    for org_role, verified, scope in itertools.product(OrgRole, (True, False), scopes):
        assert not predicate(who(org_role=org_role, verified=verified, scopes=scope))
    assert predicate(who(Role.ADMIN))


@pytest.mark.parametrize(
    ("org_role", "requests", "keeps"),
    [
        (OrgRole.OWNER, True, True),
        (OrgRole.MEMBER, True, False),
        (OrgRole.VIEWER, False, False),
        (OrgRole.PARTNER, True, False),
    ],
)
def test_what_a_role_in_the_organisation_opens(org_role: OrgRole, requests: bool, keeps: bool) -> None:
    assert users.may_request(who(org_role=org_role)) is requests
    assert users.may_keep_members(who(org_role=org_role)) is users.may_keep_keys(who(org_role=org_role)) is keeps
    assert users.may_see_webhook_secrets(who(org_role=org_role)) is keeps
    assert users.may_keep_webhooks(who(org_role=org_role)) is (org_role in (OrgRole.OWNER, OrgRole.MEMBER))
    assert users.may_see_webhooks(who(org_role=org_role)) is (org_role is not OrgRole.PARTNER)
    assert users.may_read(who(org_role=org_role))
    assert not users.may_request(who(org_role=org_role, verified=False))
    assert not users.may_keep_members(who(org_role=org_role, verified=False))


@pytest.mark.parametrize("scope", list(Scope))
def test_a_key_does_what_it_names(scope: Scope) -> None:
    opened = {
        Scope.DELIVERIES_READ: users.may_read,
        Scope.DELIVERIES_WRITE: users.may_request,
        Scope.QUOTES_READ: users.may_check,
        Scope.TRACKING_READ: users.may_follow,
        Scope.WEBHOOKS_READ: users.may_see_webhooks,
        Scope.WEBHOOKS_WRITE: users.may_keep_webhooks,
    }
    key = who(scopes=frozenset({scope}))
    assert [name for name, predicate in opened.items() if predicate(key)] == [scope]
    assert not users.is_person(key)
    assert not users.may_keep_keys(key)
    assert not users.may_see_webhook_secrets(key)
    assert not users.may_keep_members(key)
    assert not users.may_set_second_factor(key)


def test_whose_a_thing_is_decides_who_sees_it() -> None:
    own, others = ("org_1", "usr_1"), ("org_1", "usr_2")
    elsewhere = ("org_2", "usr_1")
    for org_role in (OrgRole.OWNER, OrgRole.MEMBER, OrgRole.VIEWER):
        assert [users.may_see(who(org_role=org_role), *it) for it in (own, others, elsewhere)] == [True, True, False]
    assert [users.may_see(who(org_role=OrgRole.PARTNER), *it) for it in (own, others, elsewhere)] == [
        True,
        False,
        False,
    ]
    for role in (Role.SUPPORT, Role.ADMIN):
        assert all(users.may_see(who(role), *it) for it in (own, others, elsewhere))
