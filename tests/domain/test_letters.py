"""Letters: every occasion in every language, and no stranger's words as markup, link or subject."""

import pytest

from domain.letters import Occasion, letter
from domain.users import Locale

LINK = "https://entrega.example/verify-email#token=abc&x=<y>"


@pytest.mark.parametrize("occasion", list(Occasion))
@pytest.mark.parametrize("locale", list(Locale))
def test_every_occasion_has_a_letter_in_every_language(occasion: Occasion, locale: Locale) -> None:
    written = letter(occasion, locale, "ana@example.com", LINK, organisation="Padaria", endpoint="whe_1")
    assert written.to == "ana@example.com"
    assert 5 < len(written.subject) < 78
    assert LINK in written.text.splitlines()
    assert "$" not in written.text + written.html
    assert "https://entrega.example/verify-email#token=abc&amp;x=&lt;y&gt;" in written.html
    assert "<y>" not in written.html


@pytest.mark.parametrize(
    "name", ["<script>x</script>", "https://evil.example", "a\r\nBcc: x@example.com", "$link", "x" * 500, "…"]
)
def test_a_strangers_words_are_tame(name: str) -> None:
    written = letter(Occasion.INVITATION, Locale.EN, "ana@example.com", LINK, organisation=name)
    assert name not in written.text
    for part in ("<script", "evil.example", "\r", "Bcc:", "$", "x" * 61):
        assert part not in written.text.replace(LINK, "") + written.html
    assert written.subject == letter(Occasion.INVITATION, Locale.EN, "a@example.com", LINK, organisation="y").subject
