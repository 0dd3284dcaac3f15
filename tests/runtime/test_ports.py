"""Ports that are chosen a moment before somebody listens on them."""

import socket
from pathlib import Path

import pytest

from runtime import ports
from runtime.ports import free_port, is_free


def test_a_port_is_chosen_once_and_never_one_that_somebody_listens_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert not is_free(port)
        monkeypatch.setattr(ports, "_THESE", (port, *range(20_000, 20_100)))
        assert port not in {free_port() for _ in range(101)}
    assert len({free_port() for _ in range(50)}) == 50


def test_no_port_is_one_that_the_system_may_give_to_somebody_who_calls() -> None:
    system = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if not system.exists():
        pytest.skip("Linux says there which ports it gives")
    first, last = map(int, system.read_text().split())
    assert not any(first <= free_port() <= last for _ in range(100))
