"""What was asked is remembered and asked once; who does not answer is left alone."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from cashews import Cache
from prometheus_client import REGISTRY
from servers import Server, address, hangs, says

from domain import errors
from domain.places import Address, Point
from places import Atlas

HERE = Point(latitude=-23.5, longitude=-46.6)
MATCH = [{"lat": "-23.5", "lon": "-46.6"}]


async def kept(cache: Cache) -> dict[str, timedelta]:
    """For how long each key is kept."""
    return {key: timedelta(seconds=await cache.get_expire(key)) async for key in cache.scan("*")}


async def test_a_point_is_asked_for_once_in_thirty_days(
    server: Server, atlas: Any, cache: Cache, paulista: Address
) -> None:
    server.then = says(MATCH)
    assert [await atlas(server.url).locate(paulista) for _ in range(2)] == [HERE, HERE]
    assert await atlas(server.url).locate(address(complement="Apto 7", street="AVENIDA PAULISTA")) == HERE
    assert len(server.asked) == 1
    (life,) = (await kept(cache)).values()
    assert timedelta(days=29) < life <= timedelta(days=30)


async def test_what_nobody_knows_is_asked_again_after_an_hour(
    server: Server, atlas: Any, cache: Cache, paulista: Address
) -> None:
    assert [await atlas(server.url).locate(paulista) for _ in range(2)] == [None, None]
    assert len(server.asked) == 1
    (life,) = (await kept(cache)).values()
    assert timedelta(minutes=59) < life <= timedelta(hours=1)


async def test_postal_codes_are_remembered_as_points_are(server: Server, atlas: Any, cache: Cache) -> None:
    knows = atlas(server.url)
    server.then = says({"cep": "01001-000", "localidade": "São Paulo", "uf": "SP"})
    assert await knows.look_up("BR", "01001000") == await knows.look_up("BR", "01001000")
    server.then = says({"erro": True})
    assert [await knows.look_up("BR", "99999999") for _ in range(2)] == [None, None]
    assert len(server.asked) == 2
    assert sorted(life > timedelta(hours=1) for life in (await kept(cache)).values()) == [False, True]


async def test_neither_streets_nor_codes_are_seen_in_the_keys(
    server: Server, atlas: Any, cache: Cache, paulista: Address
) -> None:
    knows = atlas(server.url)
    server.then = says(MATCH)
    await knows.locate(paulista)
    server.then = says({"erro": True})
    await knows.look_up("BR", "01310200")
    keys = " ".join(await kept(cache))
    assert not [word for word in ("Paulista", "paulista", "1578", "01310") if word in keys]


async def test_another_server_is_asked_anew(server: Server, atlas: Any, paulista: Address) -> None:
    server.then = says(MATCH)
    for url in (server.url, f"{server.url}/other"):
        assert await atlas(url).locate(paulista) == HERE
    assert [path for path, _ in server.asked] == ["/search", "/other/search"]


async def test_what_another_version_remembered_is_asked_anew(
    server: Server, atlas: Any, cache: Cache, paulista: Address
) -> None:
    server.then = says(MATCH)
    knows = atlas(server.url)
    await knows.locate(paulista)
    (key,) = await kept(cache)
    await cache.set(key, '{"lat": 1}')
    assert await knows.locate(paulista) == HERE
    assert len(server.asked) == 2


async def test_however_many_ask_at_once_it_is_one_question(server: Server, atlas: Any, paulista: Address) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def when_told(writer: asyncio.StreamWriter) -> None:
        asked.set()
        await go.wait()
        await says(MATCH)(writer)

    server.then = when_told
    knows = atlas(server.url, deadline_s=10)
    first, *others = [asyncio.create_task(knows.locate(paulista)) for _ in range(25)]
    await asked.wait()
    first.cancel()  # and who goes away takes nothing from the others
    go.set()
    assert await asyncio.gather(*others) == [HERE] * 24
    assert len(server.asked) == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_dead_geocoder_is_waited_for_once_and_then_left_alone(
    server: Server, atlas: Any, paulista: Address
) -> None:
    server.then = hangs
    knows = atlas(server.url, deadline_s=0.2, cool_down_s=600)
    assert await asyncio.gather(knows.locate(paulista), knows.locate(address(number="1"))) == [None, None]
    while knows._asking:  # the deadline that everybody is held to may ring a moment before the question's own
        await asyncio.sleep(0.01)
    server.then = says(MATCH)
    assert await knows.locate(address(number="2")) is None
    assert len(server.asked) == 2


async def test_a_geocoder_that_comes_back_is_asked_again_after_a_while(
    server: Server, atlas: Any, paulista: Address
) -> None:
    server.then = says({}, 503)
    knows = atlas(server.url, cool_down_s=0.05)
    assert await knows.locate(paulista) is None
    server.then = says(MATCH)
    async with asyncio.timeout(30):
        while await knows.locate(paulista) is None:
            await asyncio.sleep(0.01)
    assert len(server.asked) == 2


async def test_a_question_it_does_not_like_is_no_reason_to_leave_it_alone(
    server: Server, atlas: Any, paulista: Address
) -> None:
    server.then = says({"error": "?"}, 400)
    knows = atlas(server.url)
    assert await knows.locate(paulista) is None
    server.then = says(MATCH)
    assert await knows.locate(paulista) == HERE


async def test_it_is_left_alone_for_as_long_as_it_asks(server: Server, atlas: Any, paulista: Address) -> None:
    server.then = says({}, 429, "Retry-After: 600")
    knows = atlas(server.url, cool_down_s=0.01)
    for number in ("1", "2", "3"):
        assert await knows.locate(address(number=number)) is None
        await asyncio.sleep(0.02)
    assert len(server.asked) == 1


async def test_the_rate_is_kept_and_what_would_come_too_late_is_not_asked(
    server: Server, atlas: Any, paulista: Address
) -> None:
    server.then = says(MATCH)
    knows = atlas(server.url, geocoder_rate=0.5, deadline_s=1.0)
    both = await asyncio.gather(knows.locate(paulista), knows.locate(address(number="1")))
    assert both == [HERE, None]
    assert len(server.asked) == 1


async def test_what_our_own_limit_left_no_time_for_is_not_its_failure(server: Server, atlas: Any) -> None:
    async def tires(writer: asyncio.StreamWriter) -> None:
        await (says(MATCH) if len(server.asked) != 3 else hangs)(writer)

    server.then = tires
    knows = atlas(server.url, geocoder_rate=2.0, deadline_s=1.0)
    found = await asyncio.gather(*(knows.locate(address(number=number)) for number in ("1", "2", "3")))
    assert found == [HERE, HERE, None]
    while knows._asking:
        await asyncio.sleep(0.01)
    assert await knows.locate(address(number="4")) == HERE


async def test_one_that_is_down_is_not_the_others_trouble(server: Server, atlas: Any, paulista: Address) -> None:
    server.then = says({}, 503)
    knows = atlas(server.url)
    assert await knows.locate(paulista) is None
    server.then = says({"erro": True})
    assert await knows.look_up("BR", "99999999") is None


async def test_a_cache_that_hangs_costs_the_deadline(server: Server, paulista: Address) -> None:
    class Hanging(Cache):
        async def get(self, *_: Any, **__: Any) -> Any:
            await asyncio.Event().wait()

    knows = Atlas(Hanging(), geocoder_url=server.url, cep_url=server.url, deadline_s=0.1)
    async with asyncio.timeout(30):
        assert await knows.locate(paulista) is None
        with pytest.raises(errors.Unavailable):
            await knows.look_up("BR", "01001000")
        await knows.close()


async def test_questions_are_counted_by_what_became_of_them(server: Server, atlas: Any, paulista: Address) -> None:
    def count(outcome: str) -> float:
        labels = {"source": "geocoder", "outcome": outcome}
        return REGISTRY.get_sample_value("entrega_places_calls_total", labels) or 0

    outcomes = ("ok", "http_503", "circuit_open")
    before = {outcome: count(outcome) for outcome in outcomes}
    knows = atlas(server.url)
    for script in (says(MATCH), says({}, 503), says(MATCH)):
        server.then = script
        await knows.locate(address(number=str(len(server.asked))))
    await knows.locate(address(number="99"))
    assert {outcome: count(outcome) - was for outcome, was in before.items()} == {
        "ok": 1, "http_503": 1, "circuit_open": 2
    }  # fmt: skip
