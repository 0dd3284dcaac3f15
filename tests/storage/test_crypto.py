"""Sealed bytes open with their own key, in their own place, as they were sealed; else not at all."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage._crypto import BlindIndex, Key, Unreadable

PLACE = "deliveries.deliveries.document/del_1"


@given(plain=st.binary(max_size=5_000), place=st.text(max_size=50))
def test_what_is_sealed_opens_as_it_was(plain, place):
    key = Key(os.urandom(32))
    assert key.open(key.seal(plain, place), place) == plain


def test_what_repeats_becomes_shorter_and_what_is_sealed_twice_differs():
    key, plain = Key(os.urandom(32)), b"Avenida Paulista, 1578 " * 100
    one, other = key.seal(plain, PLACE), key.seal(plain, PLACE)
    assert one != other
    assert len(one) < len(plain) / 5
    assert b"Paulista" not in one


def test_no_bit_can_be_changed_unnoticed():
    key = Key(os.urandom(32))
    for plain in (b"short", b"long and the same again " * 50):
        sealed = key.seal(plain, PLACE)
        for at in range(len(sealed) * 8):
            altered = bytearray(sealed)
            altered[at // 8] ^= 1 << at % 8
            with pytest.raises(Unreadable):
                key.open(bytes(altered), PLACE)


def test_another_key_place_or_length_opens_nothing():
    key, other = Key(os.urandom(32)), Key(os.urandom(32))
    sealed = key.seal(b"Ana", PLACE)
    with pytest.raises(Unreadable, match="another key"):
        other.open(sealed, PLACE)
    with pytest.raises(Unreadable, match="moved here"):
        key.open(sealed, "deliveries.deliveries.document/del_2")
    for strange in (b"", sealed[:10], sealed[:-1], b"\x02" + sealed[1:]):
        with pytest.raises(Unreadable):
            key.open(strange, PLACE)


def test_a_key_shows_itself_nowhere():
    raw = os.urandom(32)
    key = Key(raw)
    shown = [repr(key), str(key), repr([getattr(key, name) for name in Key.__slots__])]
    assert not any(raw.hex() in text or repr(raw)[2:-1] in text for text in shown)
    with pytest.raises(ValueError, match="32 bytes"):
        Key(b"too short")


def test_a_blind_index_finds_equals_of_one_column_and_tells_nothing_without_its_key():
    index = BlindIndex(os.urandom(32))
    assert index.of("users.users.email", "ana@example.com") == index.of("users.users.email", "ana@example.com")
    others = {
        index.of("users.users.email", "ana@example.org"),
        index.of("users.invitations.email", "ana@example.com"),
        BlindIndex(os.urandom(32)).of("users.users.email", "ana@example.com"),
    }
    assert len(others | {index.of("users.users.email", "ana@example.com")}) == 4
    with pytest.raises(ValueError, match="32 bytes"):
        BlindIndex(b"short")
