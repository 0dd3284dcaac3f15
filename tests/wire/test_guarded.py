"""Where a customer may make us call: the public Internet, at the address that was checked, and nowhere else."""

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import trustme

from wire import BadAnswer, HeldBack, NoAnswer, Rules, ask, check, guarded
from wire.addresses import is_public, parsed

HERE = (ipaddress.ip_network("127.0.0.0/8"),)
OPEN = Rules(plain_http=True, user_ports=True, ports=frozenset({80, 443}), allowed=HERE)
PUBLIC = "93.184.216.34"

FORBIDDEN = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.255",
    "168.63.129.16", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::93.184.216.34", "::ffff:127.0.0.1", "::ffff:93.184.216.34", "::ffff:0:7f00:1",
    "64:ff9b::7f00:1", "64:ff9b::169.254.169.254", "64:ff9b::93.184.216.34", "64:ff9b:1::1", "100::1", "2001::1",
    "2001:0:5ef5:79fd::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::1", "2002:5db8:d822::1",
    "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip
FINE = ["1.1.1.1", "8.8.8.8", PUBLIC, "200.160.2.3", "2606:2800:220:1::1", "2804:14c::1", "2a00:1450:4001::8a"]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_what_only_we_can_reach_is_not_public(address: str) -> None:
    assert not is_public(parsed(address))


@pytest.mark.parametrize("address", FINE)
def test_what_everybody_can_reach_is(address: str) -> None:
    assert is_public(parsed(address))
    assert not is_public(parsed(address), denied=(ipaddress.ip_network(address),))
    assert not is_public(
        parsed(address), allowed=(ipaddress.ip_network(address),), denied=(ipaddress.ip_network(address),)
    )


def answering(*answers: Sequence[str]) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """A resolver whose answers change, the last one staying."""
    left = list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


@asynccontextmanager
async def server(reply: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """One that says this to whoever connects; its port, and what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                asked.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(reply)
                await writer.drain()

    running = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield running.sockets[0].getsockname()[1], asked
    finally:
        running.close()


def said(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines))
    return head.encode() + b"\r\n\r\n" + body


async def call(http: httpx.AsyncClient, url: str, deadline_s: float = 5, **more: Any) -> Any:
    return await ask(http, http.build_request("POST", url, json={"type": "x"}), deadline_s=deadline_s, **more)


@pytest.mark.parametrize("address", FORBIDDEN)
async def test_a_name_that_leads_there_is_not_called(address: str) -> None:
    async with guarded(resolve=answering([address])) as http:
        with pytest.raises(HeldBack) as refused:
            await call(http, "https://hooks.example.com/")
    assert (refused.value.reason, refused.value.sent) == ("forbidden_address", False)
    assert address not in refused.value.words


async def test_one_bad_address_among_good_ones_is_enough() -> None:
    async with guarded(resolve=answering([PUBLIC, "10.0.0.1"])) as http:
        with pytest.raises(HeldBack):
            await call(http, "https://hooks.example.com/")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]",
     "[::ffff:7f00:1]", "0", "127.0.0.1.", "①②⑦.0.0.1"],
)  # fmt: skip
async def test_however_our_own_machine_is_written_it_is_not_called(host: str) -> None:
    """By the system's resolver, which knows all these ways; some are no names at all."""
    async with server(said(b"secret")) as (port, asked), guarded(Rules(plain_http=True, user_ports=True)) as http:
        with pytest.raises((HeldBack, NoAnswer, httpx.InvalidURL)):
            await call(http, f"http://{host}:{port}/")
        with pytest.raises((HeldBack, NoAnswer)):
            await check(f"http://{host}:{port}/", Rules(plain_http=True, user_ports=True))
    assert not asked


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:8443/",
        "https://hooks.example.com:80/",
        "https://user:secret@hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "gopher://hooks.example.com/",
        "//hooks.example.com/",
        "hooks.example.com",
        "https://",
        "",
        "https://[::1/",
        "https://exa\x00mple.com/",
        "https://xn--a/",
    ],
)
async def test_what_is_no_plain_https_address_is_refused_before_anybody_is_asked(url: str) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise AssertionError("asked")

    with pytest.raises(HeldBack):
        await check(url, resolve=resolve)
    async with guarded(resolve=resolve) as http:
        with pytest.raises((HeldBack, httpx.InvalidURL, UnicodeError)):
            await call(http, url)


@pytest.mark.parametrize(
    ("url", "rules"),
    [
        ("http://hooks.example.com/", Rules(plain_http=True, ports=frozenset({80, 443}))),
        ("https://hooks.example.com/", Rules()),
        ("https://hooks.example.com:8443/", Rules(user_ports=True)),
    ],
)
async def test_what_the_rules_allow_may_be_called(url: str, rules: Rules) -> None:
    await check(url, rules, resolve=answering([PUBLIC]))


async def test_the_address_that_was_checked_is_the_one_that_is_called() -> None:
    """A second answer would lead elsewhere: nobody asks for one."""
    resolve = answering(["127.0.0.1"], ["10.0.0.1"])
    async with server(said(b"ok")) as (port, asked), guarded(OPEN, resolve=resolve) as http:
        reply = await call(http, f"http://hooks.example.com:{port}/path")
    assert (reply.status, reply.body) == (200, b"ok")
    assert f"host: hooks.example.com:{port}".encode() in asked[0].lower()


async def test_an_answer_that_changes_is_checked_anew_at_each_connection() -> None:
    closing, resolve = said(b"ok", "Connection: close"), answering(["127.0.0.1"], ["169.254.169.254"])
    async with server(closing) as (port, asked), guarded(OPEN, resolve=resolve) as http:
        assert (await call(http, f"http://hooks.example.com:{port}/")).ok
        with pytest.raises(HeldBack):
            await call(http, f"http://hooks.example.com:{port}/")
    assert len(asked) == 1


async def test_two_names_at_one_address_share_no_connection() -> None:
    async with server(said(b"ok")) as (port, asked), guarded(OPEN, resolve=answering(["127.0.0.1"])) as http:
        for name in ("one", "two"):
            await call(http, f"http://{name}.example.com:{port}/")
    assert [b"one.example" in asked[0], b"two.example" in asked[1]] == [True, True]


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    async with server(said(b"ok")) as (port, _), guarded(OPEN, resolve=answering(["127.0.0.9", "127.0.0.1"])) as http:
        assert (await call(http, f"http://hooks.example.com:{port}/")).body == b"ok"


async def test_a_redirect_is_an_answer_and_nothing_more() -> None:
    moved = said(b"", "Location: http://127.0.0.1/", status="302 Found")
    async with server(moved) as (port, asked), guarded(OPEN, resolve=answering(["127.0.0.1"])) as http:
        reply = await call(http, f"http://hooks.example.com:{port}/")
    assert (reply.status, reply.ok, len(asked)) == (302, False, 1)


async def test_who_follows_a_redirect_all_the_same_is_held_back() -> None:
    moved = said(b"", "Location: https://10.0.0.1/", status="302 Found")
    async with server(moved) as (port, _):

        async def resolve(host: str, _: int) -> Sequence[str]:
            return [host if host[0].isdigit() else "127.0.0.1"]

        async with guarded(OPEN, resolve=resolve) as http:
            with pytest.raises(HeldBack):
                await http.get(f"http://hooks.example.com:{port}/", follow_redirects=True)


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with server(said(b"ok")) as (port, _), guarded(OPEN, resolve=answering(["127.0.0.1"])) as http:
        assert (await call(http, f"http://hooks.example.com:{port}/")).ok


async def test_an_answer_without_end_is_cut_off_at_the_cap() -> None:
    async with server(said(b"x" * 5_000)) as (port, _), guarded(OPEN, resolve=answering(["127.0.0.1"])) as http:
        assert len((await call(http, f"http://a.example.com:{port}/", cap=5_000)).body) == 5_000
        with pytest.raises(BadAnswer):
            await call(http, f"http://a.example.com:{port}/", cap=4_999)


@pytest.mark.parametrize("never", ["resolves", "answers"])
async def test_who_never_finishes_is_left_at_the_deadline(never: str) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        if never == "resolves":
            await asyncio.Event().wait()
        return ["127.0.0.1"]

    async with (
        server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx") as (port, _),
        guarded(OPEN, resolve=resolve) as http,
    ):
        with pytest.raises(NoAnswer) as late:
            await call(http, f"http://hooks.example.com:{port}/", deadline_s=0.2)
    assert late.value.sent == (never == "answers")


async def test_a_name_nobody_knows_is_no_answer() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("unknown")

    for resolve in (unknown, answering([])):
        with pytest.raises(NoAnswer):
            await check("https://hooks.example.com/", resolve=resolve)


async def test_tls_asks_for_the_name_and_not_for_the_address() -> None:
    authority = trustme.CA()
    theirs, ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("hooks.example.com").configure_cert(theirs)
    authority.configure_trust(ours)
    async with (
        server(said(b"ok"), theirs) as (port, _),
        guarded(OPEN, resolve=answering(["127.0.0.1"]), tls=ours) as http,
    ):
        assert (await call(http, f"https://hooks.example.com:{port}/")).ok
        with pytest.raises(NoAnswer):
            await call(http, f"https://another.example.com:{port}/")
