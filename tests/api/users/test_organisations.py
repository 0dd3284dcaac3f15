"""Organisations: what each role may do there, and that nobody else finds them."""

from typing import Any

import pytest
from persons import Person, code_of

from api.deps import Parts
from domain.users import Role

ROLES = ("owner", "member", "viewer")


async def join(owner: Person, guest: Person, role: str) -> str:
    """The owner's organisation, which the guest has joined by a letter, and acts in."""
    organisation: str = (await owner.me())["organisation_id"]
    body = {"email": guest.email, "role": role}
    invited = await owner.ask("POST", f"/organisations/{organisation}/invitations", json=body)
    assert invited.status_code == 201, invited.text
    accepted = await guest.ask("POST", "/invitations/accept", json={"token": guest.token()})
    assert accepted.json()["role"] == role
    switched = await guest.ask("POST", "/users/switch", json={"organisation_id": organisation})
    guest.http.headers["Authorization"] = f"Bearer {switched.json()['access_token']}"
    return organisation


async def asks(who: Person, organisation: str, member: str) -> dict[str, int]:
    """The status of everything that can be asked about an organisation."""
    there = f"/organisations/{organisation}"
    requests: dict[str, tuple[str, str, Any]] = {
        "rename": ("PATCH", there, {"name": "Doceria"}),
        "members": ("GET", f"{there}/members", None),
        "change member": ("PUT", f"{there}/members/{member}", {"role": "viewer"}),
        "remove member": ("DELETE", f"{there}/members/usr_0", None),
        "transfer": ("POST", f"{there}/transfer", {"user_id": "usr_0"}),
        "invite": ("POST", f"{there}/invitations", {"email": "x@example.com"}),
        "invitations": ("GET", f"{there}/invitations", None),
        "withdraw": ("DELETE", f"{there}/invitations/inv_0", None),
        "make account": ("POST", f"{there}/service-accounts", {"name": "Loja"}),
        "accounts": ("GET", f"{there}/service-accounts", None),
        "disable account": ("DELETE", f"{there}/service-accounts/svc_0", None),
        "make key": ("POST", f"{there}/service-accounts/svc_0/keys", {"name": "k", "scopes": ["quotes:read"]}),
        "keys": ("GET", f"{there}/keys", None),
        "revoke": ("DELETE", f"{there}/keys/key_0", None),
    }
    return {
        what: (await who.ask(method, path, json=body)).status_code for what, (method, path, body) in requests.items()
    }


OF_OWNERS = {
    "rename": 204, "members": 200, "change member": 204, "remove member": 404, "transfer": 404, "invite": 201,
    "invitations": 200, "withdraw": 404, "make account": 201, "accounts": 200, "disable account": 404, "make key": 404,
    "keys": 200, "revoke": 404,
}  # fmt: skip
OF_KEYS = {"make account", "accounts", "disable account", "make key", "keys", "revoke"}


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_may_do_exactly_this(role: str, person) -> None:
    owner, guest, third = await person(), await person(), await person()
    organisation = await join(owner, guest, role)
    await join(owner, third, "member")
    found = await asks(guest, organisation, (await third.me())["id"])
    assert found == (OF_OWNERS if role == "owner" else dict.fromkeys(OF_OWNERS, 403) | {"members": 200})


async def test_to_a_stranger_it_does_not_exist(person) -> None:
    owner, stranger = await person(), await person()
    organisation = (await owner.me())["organisation_id"]
    member = (await owner.me())["id"]
    assert set((await asks(stranger, organisation, member)).values()) == {404}
    there, nowhere = f"/organisations/{organisation}", "/organisations/org_0"
    for path in ("/members", "/invitations", "/keys", "/service-accounts"):
        theirs, nobodys = await stranger.ask("GET", there + path), await stranger.ask("GET", nowhere + path)
        assert theirs.content == nobodys.content
    left, gone = await stranger.ask("POST", f"{there}/leave"), await stranger.ask("POST", f"{nowhere}/leave")
    assert (left.status_code, left.content) == (gone.status_code, gone.content)


async def test_staff_look_and_admins_help_but_nobody_makes_keys_for_a_customer(person, parts: Parts) -> None:
    parts.settings = parts.settings.model_copy(update={"require_staff_second_factor": False})
    owner, member, staff = await person(), await person(), await person()
    organisation = await join(owner, member, "member")
    member_id, staff_id = (await member.me())["id"], (await staff.me())["id"]
    await parts.users.set_standing(staff_id, "usr_admin", role=Role.SUPPORT)
    await staff.sign_in()
    assert await asks(staff, organisation, member_id) == dict.fromkeys(OF_OWNERS, 403) | {"members": 200}
    await parts.users.set_standing(staff_id, "usr_admin", role=Role.ADMIN)
    await staff.sign_in()
    found = await asks(staff, organisation, member_id)
    assert found == OF_OWNERS | dict.fromkeys(OF_KEYS, 403)
    handed = await staff.ask("POST", f"/organisations/{organisation}/transfer", json={"user_id": member_id})
    assert handed.status_code == 204
    assert code_of(await staff.ask("GET", "/organisations/org_0/members")) == (404, "not_found")


async def test_a_members_token_says_nothing_about_what_they_are_by_now(person) -> None:
    """Roles in an organisation are looked up, not believed: who was removed is out at once here."""
    owner, guest = await person(), await person()
    organisation = await join(owner, guest, "owner")
    guest_id = (await guest.me())["id"]
    path = f"/organisations/{organisation}/members/{guest_id}"
    assert (await owner.ask("PUT", path, json={"role": "viewer"})).status_code == 204
    assert (await guest.ask("GET", f"/organisations/{organisation}/keys")).status_code == 403
    assert (await owner.ask("DELETE", path)).status_code == 204
    assert (await guest.ask("GET", f"/organisations/{organisation}/members")).status_code == 404


async def test_an_invitation_is_for_who_owns_the_address_once(person) -> None:
    owner, guest, other = await person(), await person(), await person()
    organisation = (await owner.me())["organisation_id"]
    path = f"/organisations/{organisation}/invitations"
    invited = (await owner.ask("POST", path, json={"email": guest.email})).json()
    assert "token" not in invited
    token = guest.token()
    assert code_of(await other.ask("POST", "/invitations/accept", json={"token": token})) == (422, "link_spent")
    assert [one["id"] for one in (await owner.ask("GET", path)).json()["items"]] == [invited["id"]]
    assert (await guest.ask("POST", "/invitations/accept", json={"token": token})).status_code == 200
    assert code_of(await guest.ask("POST", "/invitations/accept", json={"token": token})) == (422, "link_spent")
    assert (await owner.ask("GET", path)).json()["items"] == []
    again = (await owner.ask("POST", path, json={"email": other.email})).json()
    assert (await owner.ask("DELETE", f"{path}/{again['id']}")).status_code == 204
    withdrawn = await other.ask("POST", "/invitations/accept", json={"token": other.token()})
    assert code_of(withdrawn) == (422, "link_spent")


async def test_an_invitation_verifies_the_address_and_carries_nobodys_advertisement(person) -> None:
    owner, guest = await person(name="Buy at https://evil.example/now <b>cheap</b>"), await person(verify=False)
    organisation = (await owner.me())["organisation_id"]
    await owner.ask("POST", f"/organisations/{organisation}/invitations", json={"email": guest.email})
    letter = guest.letters()[-1]
    for part in ("evil.example", "https://evil", "<b>"):
        assert part not in letter.text + letter.html
    assert (await guest.ask("POST", "/invitations/accept", json={"token": guest.token()})).status_code == 200
    assert (await guest.me())["email_verified"]


@pytest.mark.parametrize(
    "body", [{"email": "x@example.com", "role": "partner"}, {"email": "x@example.com", "a": 1}, {}]
)
async def test_who_cannot_be_invited(body: dict[str, Any], person) -> None:
    owner = await person()
    path = f"/organisations/{(await owner.me())['organisation_id']}/invitations"
    assert code_of(await owner.ask("POST", path, json=body)) == (422, "invalid")


async def test_an_unverified_owner_invites_nobody(person) -> None:
    owner = await person(verify=False)
    path = f"/organisations/{(await owner.me())['organisation_id']}/invitations"
    assert code_of(await owner.ask("POST", path, json={"email": "x@example.com"})) == (403, "email_unverified")


async def test_there_is_always_an_owner(person) -> None:
    owner, member = await person(), await person()
    organisation = await join(owner, member, "member")
    there, owner_id, member_id = f"/organisations/{organisation}", (await owner.me())["id"], (await member.me())["id"]
    assert code_of(await owner.ask("POST", f"{there}/leave")) == (409, "last_owner")
    demoted = await owner.ask("PUT", f"{there}/members/{owner_id}", json={"role": "member"})
    assert code_of(demoted) == (409, "last_owner")
    assert (await owner.ask("POST", f"{there}/transfer", json={"user_id": member_id})).status_code == 204
    members = (await member.ask("GET", f"{there}/members")).json()["items"]
    assert {one["user_id"]: one["role"] for one in members} == {owner_id: "member", member_id: "owner"}
    assert (await owner.ask("POST", f"{there}/leave")).status_code == 204
    [own] = (await owner.ask("GET", "/organisations")).json()["items"]
    assert own["organisation_id"] != organisation
    assert (await owner.refresh()).status_code == 200
