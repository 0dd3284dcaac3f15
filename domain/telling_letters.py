"""The letters that tell of deliveries: our words in each language, an organisation's own, how they are filled in."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from html import escape
from string import Template as Placeholders
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from domain._letter_words import TITLES, WORDS
from domain._values import Line, Request, Text, Timestamp, Value
from domain.letters import Letter, tame
from domain.telling import MEMBERS_HEAR, RECIPIENTS_HEAR, LineRef
from domain.users import Locale

PLACEHOLDERS: Mapping[str, str] = {
    "delivery": "the delivery's id",
    "event": "what happened, in a few words",
    "when": "when it happened",
    "carrier": "who carries it, by its code",
    "reason": "why, as a code; a dash where there is none",
    "link": "where it is followed; it stands alone in its paragraph",
    "sender": "who sends it, by the pickup's contact",
    "reference": "the customer's own number, or the delivery's id",
}
"""All that a template may name, each with a `$` before it."""
_TO_RECIPIENTS = frozenset({"sender", "reference"})
_MOST_PARAGRAPHS = 12
_A_LINK = re.compile(r"://|\bwww\.", re.IGNORECASE)
_NO_MORE = {
    Locale.PT_BR: "Para não receber mais estas mensagens:",
    Locale.EN: "To receive no more of these messages:",
}


class Audience(StrEnum):
    """Whom a letter is for."""

    MEMBER = "member"
    RECIPIENT = "recipient"


_SUMMARY = {
    (Audience.MEMBER, Locale.PT_BR): ("{count} notícias das suas entregas", "Aconteceu com as suas entregas:"),
    (Audience.MEMBER, Locale.EN): ("{count} updates on your deliveries", "This happened to your deliveries:"),
    (Audience.RECIPIENT, Locale.PT_BR): ("{count} notícias do seu pedido de {sender}", "Aconteceu com o seu pedido:"),
    (Audience.RECIPIENT, Locale.EN): ("{count} updates on your order from {sender}", "This happened to your order:"),
}


class TemplateName(Value):
    """Which letter: for whom, and of which event."""

    audience: Audience
    event: str

    def __hash__(self) -> int:
        """By both."""
        return hash((self.audience, self.event))


class Words(Request):
    """A letter's subject and paragraphs, with `$placeholders`. The only links in it are ours."""

    subject: Annotated[Line, Field(max_length=150, examples=["$sender: seu pedido saiu para entrega"])]
    paragraphs: Annotated[
        tuple[Annotated[Text, Field(min_length=1)], ...], Field(min_length=1, max_length=_MOST_PARAGRAPHS)
    ] = Field(examples=[["Seu pedido está a caminho.", "$link"]])

    @model_validator(mode="after")
    def _can_be_filled_in(self) -> Self:
        for text in (self.subject, *self.paragraphs):
            if not Placeholders(text).is_valid():
                raise ValueError("a dollar sign begins a placeholder; write $$ for one of your own")
            if unknown := set(Placeholders(text).get_identifiers()) - set(PLACEHOLDERS):
                raise ValueError(f"no such placeholders: {', '.join(sorted(unknown))[:100]}")
            if "link" in Placeholders(text).get_identifiers() and text not in ("$link", "${link}"):
                raise ValueError("$link stands alone in its paragraph")
            if _A_LINK.search(text):
                raise ValueError("no links but $link")
        if "\n" in self.subject or "\r" in self.subject:
            raise ValueError("the subject is one line")
        return self


class Template(Value):
    """One letter in one language."""

    name: TemplateName
    locale: Locale
    words: Words


class Facts(Value):
    """What a letter tells of one line."""

    line: LineRef
    carrier: str | None = None
    reason: str | None = None
    link: str
    sender: str | None = None
    reference: str | None = None


class Closing(Value):
    """What stands at the end of a letter, and what is not in its words: by which clock, where it is ended, its id."""

    zone: str
    unsubscribe: str | None = None
    id: str | None = None


class Sheet(Value):
    """A letter to nobody yet: whoever knows the address puts it on."""

    subject: str
    text: str
    html: str
    unsubscribe: str | None = None
    id: str | None = None

    def to(self, address: str) -> Letter:
        """With the address."""
        return Letter(to=address, **self.model_dump())


def usual(name: TemplateName, locale: Locale) -> Words:
    """Our words."""
    subject, *paragraphs = WORDS[name.audience][name.event][locale]
    return Words(subject=subject, paragraphs=tuple(paragraphs))


def names() -> Sequence[TemplateName]:
    """Every letter there is."""
    heard = {Audience.MEMBER: MEMBERS_HEAR, Audience.RECIPIENT: RECIPIENTS_HEAR}
    return [TemplateName(audience=audience, event=event) for audience, events in heard.items() for event in events]


def placeholders(audience: Audience) -> Mapping[str, str]:
    """What such letters may name."""
    apart = _TO_RECIPIENTS if audience is Audience.MEMBER else frozenset[str]()
    return {name: told for name, told in PLACEHOLDERS.items() if name not in apart}


def check(template: Template) -> None:
    """Raises ValueError for words that this letter cannot fill in."""
    may = placeholders(template.name.audience)
    for text in (template.words.subject, *template.words.paragraphs):
        if lacking := set(Placeholders(text).get_identifiers()) - set(may):
            raise ValueError(f"only in letters to recipients: {', '.join(sorted(lacking))}")


def written(words: Words, locale: Locale, facts: Facts, closing: Closing) -> Sheet:
    """The letter of one event."""
    values = {
        "delivery": facts.line.delivery_id,
        "event": TITLES[facts.line.type][locale],
        "when": _when(facts.line.at, locale, closing.zone),
        "carrier": facts.carrier or "-",
        "reason": facts.reason or "-",
        "sender": tame(facts.sender or "?"),
        "reference": tame(facts.reference) if facts.reference else facts.line.delivery_id,
        "link": facts.link,
    }
    paragraphs = [Placeholders(paragraph).substitute(values) for paragraph in words.paragraphs]
    return _sheet(Placeholders(words.subject).substitute(values), paragraphs, locale, closing)


def summed_up(audience: Audience, told: Sequence[Facts], locale: Locale, closing: Closing) -> Sheet:
    """One letter of several events, in their order; a recipient's are all of one delivery."""
    subject, opening = _SUMMARY[audience, locale]
    paragraphs = [opening]
    for number, facts in enumerate(told, start=1):
        line = facts.line
        what = f"{_when(line.at, locale, closing.zone)} · {TITLES[line.type][locale]}"
        paragraphs.append(what if audience is Audience.RECIPIENT else f"{what} · {line.delivery_id}")
        if audience is Audience.MEMBER or number == len(told):
            paragraphs.append(facts.link)
    named = subject.format(count=len(told), sender=tame(told[0].sender or "?"))
    return _sheet(named, paragraphs, locale, closing)


def example(name: TemplateName) -> Facts:
    """What a preview is filled in with."""
    at = "2030-05-01T15:30:00Z"
    line = LineRef.model_validate({"delivery_id": f"del_{'0' * 32}", "seq": 4, "type": name.event, "at": at})
    known = {"sender": "Padaria do Bairro", "reference": "Pedido 1042"} if name.audience is Audience.RECIPIENT else {}
    link = "https://entrega.example/v1/track/trk_example"
    return Facts(line=line, carrier="ligeiro", reason="nobody_home", link=link, **known)


def _sheet(subject: str, paragraphs: Sequence[str], locale: Locale, closing: Closing) -> Sheet:
    every = [*paragraphs, *([_NO_MORE[locale], closing.unsubscribe] if closing.unsubscribe else [])]
    body = "".join(f"<p>{_marked(paragraph)}</p>" for paragraph in every)
    return Sheet(
        subject=" ".join(subject.split())[:200],
        text="\n\n".join(every) + "\n",
        html=f'<!doctype html><html lang="{locale}"><meta charset="utf-8"><body>{body}</body></html>\n',
        unsubscribe=closing.unsubscribe,
        id=closing.id,
    )


def _marked(paragraph: str) -> str:
    """As HTML: what is wholly an address of ours is a link, everything else is text."""
    if re.fullmatch(r"https?://\S+", paragraph):
        return f'<a href="{escape(paragraph)}">{escape(paragraph)}</a>'
    return "<br>".join(escape(line) for line in paragraph.splitlines())


def _when(at: Timestamp, locale: Locale, zone: str) -> str:
    there = at.astimezone(ZoneInfo(zone))
    return f"{there:%d/%m/%Y %H:%M}" if locale is Locale.PT_BR else f"{there:%Y-%m-%d %H:%M}"
