"""Support reads what was said to carriers about a delivery, page by page."""

from datetime import UTC, datetime
from typing import Any

import httpx
from making import delivery, move

from api.deps import Parts
from domain.exchanges import Exchange
from domain.users import Role


def exchange(number: int, delivery_id: str | None) -> Exchange:
    return Exchange(
        id=f"exc_{number}",
        at=datetime(2030, 1, 1, 12, 0, number, tzinfo=UTC),
        carrier="open_delivery",
        account="ligeiro",
        operation="quote",
        delivery_id=delivery_id,
        method="POST",
        path="/v2",
        status=200,
        outcome="ok",
        ms=5,
        answer={"status": "ok"},
    )


async def test_newest_first_page_by_page_of_this_delivery_alone(
    http: httpx.AsyncClient, parts: Parts, signed: Any
) -> None:
    mine, other = delivery(), delivery()
    for each in (mine, other):
        await parts.deliveries.record(move(each))
    for number, whose in enumerate((mine.id, mine.id, other.id, mine.id, None)):
        parts.exchanges.note(exchange(number, whose))
    staff, where = await signed(Role.SUPPORT), f"/v1/tracking/{mine.id}/exchanges"
    page = (await http.get(where, params={"limit": 2}, headers=staff)).json()
    rest = (await http.get(where, params={"limit": 2, "cursor": page["next"]}, headers=staff)).json()
    assert [item["id"] for item in [*page["items"], *rest["items"]]] == ["exc_3", "exc_1", "exc_0"]
    assert rest["next"] is None
    assert page["items"][0]["answer"] == {"status": "ok"}


async def test_a_delivery_that_is_not_there_has_none(http: httpx.AsyncClient, signed: Any) -> None:
    answer = await http.get(f"/v1/tracking/del_{'0' * 32}/exchanges", headers=await signed(Role.SUPPORT))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_strange_cursor_is_a_problem(http: httpx.AsyncClient, parts: Parts, signed: Any) -> None:
    mine = delivery()
    await parts.deliveries.record(move(mine))
    where = f"/v1/tracking/{mine.id}/exchanges"
    answer = await http.get(where, params={"cursor": "x"}, headers=await signed(Role.ADMIN))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
