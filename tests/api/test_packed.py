"""Answers of some size come packed to whoever can unpack them. A stream does not: test_stream asks as one who can."""

import httpx

from api.description import OPENAPI_URL


async def test_a_long_answer_is_packed_for_who_asks_for_it(http: httpx.AsyncClient) -> None:
    packed = await http.get(OPENAPI_URL, headers={"Accept-Encoding": "gzip"})
    plain = await http.get(OPENAPI_URL, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 5
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert packed.json() == plain.json()


async def test_a_short_answer_and_a_problem_come_as_they_are(http: httpx.AsyncClient) -> None:
    for path in ("/healthz/live", "/v1/deliveries"):
        assert "Content-Encoding" not in (await http.get(path, headers={"Accept-Encoding": "gzip"})).headers
