"""Passwords: long, and not what others would try first; nothing is asked about their letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import PasswordTooCommon, PasswordTooShort
from domain.passwords import ALONE, WITH_SECOND_FACTOR, check, normalised
from runtime.passwords import common

ABOUT = ("ana.prado@example.com", "Ana Prado")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "uma senha longa e não óbvia",
        "aaaaaaaaaaaaaab",
        "MMMMMMMMMMMMMMMM1 x",
        "🐢🦊🐙🦉🐝🦋🐳🦔🐧🦩🐌🦚🐿🦜🐬",
        "                x",
        "anacronismo tardio",
    ],
)
def test_what_is_long_and_ones_own_is_taken_whatever_its_letters(password: str) -> None:
    check(password, common(), ABOUT)


@pytest.mark.parametrize(
    "password",
    [
        "123456789012345",
        "qwertyuiopasdfgh",
        "abcdefghijklmnopq",
        "zyxwvutsrqponmlk",
        "1qaz2wsx3edc4rfv",
        "passwordpassword",
        "PASSWORD1234567",
        "password-iloveyou",
        "iloveyou-123456789",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "ana.prado@example.com",
        "AnaPrado-entrega-1",
        "entrega entrega 2026",
        "ｐａｓｓｗｏｒｄ１２３４５６７",
    ],
)
def test_what_others_would_try_first_is_not(password: str) -> None:
    with pytest.raises(PasswordTooCommon):
        check(password, common(), ABOUT)


def test_length_is_asked_by_what_else_there_is() -> None:
    alone, beside = "x7 kq m2 vw t9", "x7 kq m2"
    assert (len(alone), len(beside)) == (ALONE - 1, WITH_SECOND_FACTOR)
    with pytest.raises(PasswordTooShort) as refused:
        check(alone, common())
    assert refused.value.data == {"least": ALONE}
    check(beside, common(), least=WITH_SECOND_FACTOR)
    with pytest.raises(PasswordTooCommon):
        check("iloveyou", common(), least=WITH_SECOND_FACTOR)


def test_length_is_counted_after_composing() -> None:
    composed = "não é óbvia não"
    decomposed = "na\u0303o e\u0301 o\u0301bvia na\u0303o"
    assert normalised(decomposed) == composed
    assert len(composed) == ALONE
    check(decomposed, common())


@given(st.text(min_size=0, max_size=140))
def test_any_text_is_taken_or_refused_for_one_of_two_reasons(password: str) -> None:
    try:
        check(password, common(), ABOUT)
    except (PasswordTooShort, PasswordTooCommon) as refused:
        assert password == "" or password not in refused.detail or len(password) < 8  # noqa: PT017
    else:
        assert len(normalised(password)) >= ALONE
        assert normalised(password).casefold() not in common()


def test_the_list_is_one_of_passwords() -> None:
    assert len(common()) > 30_000
    assert {"password", "123456789", "senha123", "flamengo"} <= common()
    assert all(word == word.lower() and 6 <= len(word) <= 30 for word in common())
