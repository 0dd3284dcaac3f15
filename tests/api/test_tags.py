"""What somebody has already is not sent again: while nothing of it changed, to nobody else, and never unseen."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import test_others_things
from fastapi import FastAPI
from making import brl, charge, delivery, line, move, scan
from matrix import MISSING, Route
from test_looks import looks
from test_matrix import filled
from test_others_things import Theirs, claims

from api.deps import Parts
from api.tags import has, tag
from api.tracking.schemas import PublicView, Timeline
from domain.deliveries import Delivery
from domain.erasure import erased_scan
from domain.quotes import Offer
from domain.users import Role

theirs = test_others_things.theirs  # the fixture
TRACK: Route = ("get", "/v1/track/{token}")
SIGNED_IN = ["/v1/deliveries/{delivery_id}", "/v1/deliveries/{delivery_id}/entries", "/v1/tracking/{delivery_id}",
             "/v1/views/{view_id}"]  # fmt: skip


@pytest.fixture
def owner(theirs: Theirs, signed: Any) -> Any:
    """Signs in whose the things are."""
    return lambda: signed(user_id=theirs.user_id, organisation_id=theirs.organisation_id)


async def read(http: httpx.AsyncClient, path: str, headers: dict[str, str], had: str | None = None) -> httpx.Response:
    return await http.get(path, headers={**headers, **({"If-None-Match": had} if had else {})})


def test_the_description_says_which_answers_are_tagged(app: FastAPI) -> None:
    paths = app.openapi()["paths"].items()
    tagged = {path: told["get"] for path, told in paths if "304" in told.get("get", {}).get("responses", {})}
    assert sorted(tagged) == sorted([*SIGNED_IN, TRACK[1]])
    for told in tagged.values():
        assert "ETag" in told["responses"]["200"]["headers"]
        assert told["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        assert "content" not in told["responses"]["304"]
        assert "If-None-Match" in {parameter["name"] for parameter in told["parameters"]}


@pytest.mark.parametrize("path", SIGNED_IN)
async def test_what_is_as_it_was_is_not_sent_again_and_to_nobody_else(
    path: str, http: httpx.AsyncClient, signed: Any, owner: Any, theirs: Theirs
) -> None:
    here, nowhere = filled(path, theirs.ids), filled(path, MISSING)
    first = await read(http, here, await owner())
    assert first.status_code == 200
    had = first.headers["etag"]
    for asked in (had, f'"another", {had}', had.removeprefix("W/"), "*"):
        again = await read(http, here, await owner(), asked)
        assert (again.status_code, again.content) == (304, b"")
        for answer in (first, again):
            assert answer.headers["etag"] == had
            assert answer.headers["cache-control"] == "no-store"  # only programs keep it, by themselves
            assert "Authorization" in answer.headers["vary"]
    for stale in ('"another"', had.upper(), "nonsense", f"{had}x"):
        assert (await read(http, here, await owner(), stale)).content == first.content

    stranger = await signed()
    for asked in (had, "*"):
        found, missing = await read(http, here, stranger, asked), await read(http, nowhere, stranger, asked)
        assert (found.status_code, found.content) == (404, missing.content)
        assert "etag" not in found.headers
        assert (await read(http, here, {}, asked)).status_code == 401


def offered(minutes: int) -> Offer:
    """One that stands so long from now."""
    return Offer.model_validate(
        {
            "id": f"off_{'1' * 32}", "carrier": "open_delivery", "carrier_account": "ligeiro", "service": "express",
            "cost": brl(900), "price": brl(1000), "expires_at": datetime.now(UTC) + timedelta(minutes=minutes),
        }
    )  # fmt: skip


async def test_whatever_is_shown_differently_has_another_tag(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    me = await signed()
    mine = delivery(organisation_id=claims(me)["org"], status="quoted", offers=[offered(5)])
    await parts.deliveries.record(move(mine))
    paths = [f"/v1/deliveries/{mine.id}", f"/v1/deliveries/{mine.id}/entries", f"/v1/tracking/{mine.id}"]
    before: list[str] = []

    async def changed(by: dict[str, str] = me) -> list[bool]:
        """Which of the three tags are others than before: the delivery's, its entries', its timeline's."""
        now = [(await http.get(path, headers=by)).headers["etag"] for path in paths]
        told = [one not in before for one in now]
        before[:] = now
        return told

    assert await changed() == [True, True, True]
    assert await changed() == [False, False, False]
    # By whom: staff see the lines whole, and here the same delivery and entries.
    assert await changed(await signed(Role.ADMIN)) == [False, False, True]
    assert await changed() == [False, False, True]
    # By the time: what ran out is not to be accepted any more, though nothing was written.
    rows: dict[str, Delivery] = parts.deliveries.rows  # type: ignore[attr-defined]
    rows[mine.id] = rows[mine.id].model_copy(update={"offers": (offered(-5),)})
    assert await changed() == [True, False, False]
    told = {"status": "booked", "carrier": "moto", "account": "rapido", "booking_reference": "b-1"}
    booked = line(2, kind="delivery.booked", data=told)
    await parts.deliveries.record(move(mine, booked, entries=charge(mine)))
    assert await changed() == [True, True, True]
    # What we pay is staff's to see.
    assert await changed(await signed(Role.ADMIN)) == [False, True, True]
    assert await changed() == [False, True, True]
    await parts.scans.keep([reported := scan(booking_reference="b-1")])
    assert await changed() == [False, False, True]
    # What was erased.
    rows[mine.id] = rows[mine.id].model_copy(update={"erased": True})
    inbox: Any = parts.scans.items  # type: ignore[attr-defined]
    kept = inbox[reported.ref, reported.id]
    inbox[reported.ref, reported.id] = kept.model_copy(update={"scan": erased_scan(kept.scan)})
    assert await changed() == [True, False, True]


async def test_staff_who_have_it_already_are_told_of_as_they_look_again(
    http: httpx.AsyncClient, parts: Parts, signed: Any, theirs: Theirs
) -> None:
    paths = [f"/v1/deliveries/{theirs.ids['delivery_id']}", f"/v1/tracking/{theirs.ids['delivery_id']}"]
    for path in paths:
        answer = await http.get(path, headers={**await signed(Role.SUPPORT), "If-None-Match": "*"})
        assert answer.status_code == 304
    told = await looks(parts, theirs.organisation_id)
    assert [route for route, _ in told] == ["get_delivery", "get_timeline"]
    assert all(subjects == [theirs.ids["delivery_id"]] for _, subjects in told)


def test_tags_are_compared_weakly_and_a_new_field_is_a_new_version() -> None:
    etag = tag(Timeline, 1)
    assert etag.startswith('W/"')
    assert has(f' {etag} , "x"', etag)
    assert not has(None, etag)
    assert not has("", etag)
    assert etag != tag(PublicView, 1) != tag(PublicView, 2)
