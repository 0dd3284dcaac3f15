"""Reading what strangers write, member by member and at a path."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from carriers._base import Reply, raw_members
from domain import errors
from wire.reading import strict_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=5), st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_members_are_found_as_they_were_written(told: dict[str, object], plain: bool, indent: int | str | None) -> None:
    body = json.dumps(told, ensure_ascii=plain, indent=indent)
    try:
        body.encode()
    except UnicodeEncodeError:  # lone surrogates have no bytes
        return
    members = raw_members(f" \n{body}\r\n".encode())
    assert {name: json.loads(raw) for name, raw in members.items()} == strict_json(body.encode())
    assert all(raw in body and raw == raw.strip() for raw in members.values())


def test_of_two_with_one_name_the_last_counts() -> None:
    body = b'{"a": 1, "b": {"a": 3}, "\\u0061": [2 ,3]}'
    assert raw_members(body) == {"a": "[2 ,3]", "b": '{"a": 3}'}
    assert strict_json(body)["a"] == [2, 3]


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"{", b'{"a"', b'{"a":', b'{"a":1', b'{"a":1,', b'{"a" 1}', b'{"a":1 "b":2}', b"[]", b"1", b"\xff{}",
     b'{"a":}', b"{a:1}", b'{"a":' * 30_000, '{"a":1}'.encode("utf-16")],
)  # fmt: skip
def test_what_is_no_object_has_no_members(body: bytes) -> None:
    assert raw_members(body) == {}


class Inner(BaseModel):
    number: int


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"data": []}', b'{"data": {"more": 1}}', b'{"data": {"more": {}}}'])
def test_what_does_not_lie_at_its_path_is_misbehaviour(body: bytes) -> None:
    with pytest.raises(errors.CarrierMisbehaved):
        Reply(200, httpx.Headers(), body).read(Inner, "data", "more")


def test_what_lies_at_its_path_is_read() -> None:
    reply = Reply(200, httpx.Headers(), b'{"number": 1, "data": {"number": 2, "more": {"number": 3}}}')
    paths: list[tuple[str, ...]] = [(), ("data",), ("data", "more")]
    assert [reply.read(Inner, *path).number for path in paths] == [1, 2, 3]
