"""When a letter may be written, and what stands in it."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from pydantic import ValidationError

from domain.telling import Digest, Preferences, Way, not_before
from domain.telling_letters import (
    Audience,
    Closing,
    Template,
    TemplateName,
    Words,
    check,
    example,
    names,
    summed_up,
    usual,
    written,
)
from domain.users import Locale

CLOSING = Closing(zone="America/Sao_Paulo", unsubscribe="https://entrega.example/v1/unsubscribe/uns_x", id="ltr_1")
ARRIVED = TemplateName(audience=Audience.RECIPIENT, event="delivery.delivered")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2030-{text}").replace(tzinfo=UTC)


NIGHT = {"quiet_hours": {"since": "22:00", "until": "07:00"}}  # São Paulo is three hours behind UTC


@pytest.mark.parametrize(
    ("wishes", "since", "now", "earliest"),
    [
        ({}, "05-01T12:00", "05-01T12:05", "05-01T12:05"),
        (NIGHT, "05-02T00:59", "05-02T00:59", "05-02T00:59"),
        (NIGHT, "05-02T01:00", "05-02T01:00", "05-02T10:00"),
        (NIGHT, "05-02T01:00", "05-02T09:59", "05-02T10:00"),
        (NIGHT, "05-02T01:00", "05-02T10:00", "05-02T10:00"),
        ({"quiet_hours": {"since": "12:00", "until": "14:00"}}, "05-01T15:30", "05-01T15:30", "05-01T17:00"),
        ({"quiet_hours": {"since": "12:00", "until": "12:00"}}, "05-01T15:30", "05-01T15:30", "05-01T15:30"),
        ({"digest": "hourly"}, "05-01T12:10", "05-01T12:11", "05-01T13:00"),
        ({"digest": "hourly"}, "05-01T12:10", "05-01T14:00", "05-01T14:00"),
        ({"digest": "daily"}, "05-01T12:10", "05-01T12:11", "05-02T11:00"),
        ({"digest": "daily", "daily_at": "18:00"}, "05-01T12:10", "05-01T12:11", "05-01T21:00"),
        ({"digest": "daily", "daily_at": "23:00"} | NIGHT, "05-01T12:10", "05-01T12:11", "05-02T10:00"),
        ({"digest": "hourly"} | NIGHT, "05-02T00:30", "05-02T00:30", "05-02T10:00"),
        # In New York the clocks go forward on 10 March: three in the morning is then seven in UTC, not eight.
        (
            {"time_zone": "America/New_York", "quiet_hours": {"since": "22:00", "until": "07:00"}},
            "03-10T04:00",
            "03-10T04:00",
            "03-10T11:00",
        ),
    ],
)
def test_a_letter_waits_for_its_digest_and_for_the_end_of_quiet_hours(
    wishes: Any, since: str, now: str, earliest: str
) -> None:
    assert not_before(Preferences.model_validate(wishes), at(since), at(now)) == at(earliest)


def test_what_was_not_chosen_is_told_as_usual_and_no_letter_at_all_is_none() -> None:
    chosen = Preferences(events={"delivery.booked": (Way.EMAIL,), "delivery.lost": ()}, digest=Digest.DAILY)
    assert "delivery.booked" in chosen.heard(Way.EMAIL)
    assert "delivery.lost" not in chosen.heard(Way.EMAIL) + chosen.heard(Way.IN_APP)
    assert "delivery.attempt_failed" in chosen.heard(Way.EMAIL)
    assert chosen.model_copy(update={"letters": False}).heard(Way.EMAIL) == ()
    for wrong in ({"time_zone": "Mars/Base"}, {"time_zone": "../etc/passwd"}, {"events": {"delivery.quoted": []}}):
        with pytest.raises(ValidationError):
            Preferences.model_validate(wrong)


@pytest.mark.parametrize(("name", "locale"), list(product(names(), Locale)))
def test_every_letter_is_there_in_both_languages_and_says_where_to_follow_and_how_to_end_it(
    name: TemplateName, locale: Locale
) -> None:
    check(Template(name=name, locale=locale, words=usual(name, locale)))
    facts = example(name)
    sheet = written(usual(name, locale), locale, facts, CLOSING)
    for body in (sheet.text, sheet.html):
        assert facts.link in body
        assert CLOSING.unsubscribe
        assert CLOSING.unsubscribe in body
        assert "$" not in body + sheet.subject
    both = [usual(name, each).paragraphs for each in Locale]
    assert both[0] != both[1]
    assert summed_up(name.audience, [facts, facts], locale, CLOSING).subject.startswith("2 ")


def test_nothing_in_a_letter_is_markup_or_a_link_but_ours() -> None:
    words = Words(subject="$sender", paragraphs=("<b>$sender</b> $reference\n& mais", "$link"))
    facts = example(ARRIVED).model_copy(
        update={"sender": "Ana\r\nBcc: eva@example.com <script>", "reference": "https://evil.example/?x"}
    )
    sheet = written(words, Locale.PT_BR, facts, CLOSING)
    assert "\n" not in sheet.subject
    assert "<b>" not in sheet.html
    assert "&lt;b&gt;" in sheet.html
    assert "<script>" not in sheet.html
    assert sheet.html.count("href=") == 2
    assert "evil.example/" not in sheet.text
    assert "Bcc:" not in sheet.subject


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "$nobody"},
        {"subject": "$ 5"},
        {"subject": "${delivery.__class__}"},
        {"subject": "veja $link"},
        {"paragraphs": ["clique em https://evil.example"]},
        {"paragraphs": ["clique em WWW.evil.example"]},
        {"paragraphs": ["aqui: $link"]},
        {"paragraphs": []},
        {"subject": "a\nb"},
    ],
)
def test_words_that_cannot_be_filled_in_are_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        Words.model_validate({"subject": "s", "paragraphs": ["p"], **wrong})


def test_a_member_is_not_told_what_only_a_recipients_letter_knows() -> None:
    name = TemplateName(audience=Audience.MEMBER, event="delivery.lost")
    with pytest.raises(ValueError, match="sender"):
        check(Template(name=name, locale=Locale.EN, words=Words(subject="$sender", paragraphs=("x",))))
