"""The recipient's page: where it stands and when it should be there, asked by anybody who has the link, cacheable."""

from datetime import UTC, datetime

import httpx
from making import delivery, move

from api.deps import Parts
from domain.audit import Line
from runtime.links import tracking_token, tracking_url

DUE = "2030-01-01T13:00:00+00:00"


def line(seq: int, kind: str, status: str, **more: str) -> Line:
    at = datetime(2030, 1, 1, 12, seq, tzinfo=UTC)
    return Line(seq=seq, kind=kind, actor="system", at=at, data={"status": status, **more})


async def test_it_shows_steps_and_the_promise_and_changes_only_with_what_is_shown(
    http: httpx.AsyncClient, parts: Parts
) -> None:
    mine = delivery()
    begun = (
        line(1, "delivery.requested", "quoting"),
        line(2, "delivery.booked", "booked", carrier="open_delivery", promised_at="2030-01-01T12:30:00+00:00"),
        line(3, "promise.made", "booked", due_at=DUE),
    )
    await parts.deliveries.record(move(mine, *begun))
    where = f"/v1/track/{tracking_token(parts.settings, mine.id)}"
    first = await http.get(where)
    assert (
        first.headers["cache-control"]
        == "public, max-age=5, s-maxage=15, stale-while-revalidate=30, stale-if-error=300"
    )
    assert first.json() == {
        "status": "booked",
        "carrier": "open_delivery",
        "steps": [
            {"status": "quoting", "at": "2030-01-01T12:01:00Z"},
            {"status": "booked", "at": "2030-01-01T12:02:00Z"},
        ],
        "promised_at": "2030-01-01T13:00:00Z",
    }

    # A line that tells a recipient nothing; and what is asked by a CDN that takes every tag for a strong one.
    await parts.deliveries.record(move(mine, line(4, "delivery.attention", "booked")))
    for asked in (first.headers["etag"], first.headers["etag"].removeprefix("W/")):
        again = await http.get(where, headers={"If-None-Match": asked})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == first.headers["cache-control"]

    await parts.deliveries.record(
        move(mine, line(5, "delivery.refused", "booked"), line(6, "delivery.booking", "booking"))
    )
    other = await http.get(where, headers={"If-None-Match": first.headers["etag"]})
    assert (other.status_code, other.json()["promised_at"]) == (200, None)


def test_the_link_leads_to_the_page(parts: Parts) -> None:
    its_id = f"del_{'0' * 32}"
    assert tracking_url(parts.settings, its_id) == (
        f"https://entrega.example/track/{tracking_token(parts.settings, its_id)}"
    )
