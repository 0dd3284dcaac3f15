"""What a delivery is found by: clues that lie in it, and what somebody with a few words in hand is looking for."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from domain.deliveries import Delivery
from domain.places import Stop
from domain.ports import DeliveryFilter

_LEAST_CODE, _LEAST_ID, _LEAST_WORD = 3, 4, 2
_PHONE_END = 8  # what is left when people leave out country, area and the mobile 9
_MOST_WORDS = 12
_HEX = re.compile(r"[0-9a-f]+")


class Clue(StrEnum):
    """Kinds of clues."""

    CODE = "code"  # the customer's reference, the carrier's numbers, our id: whole, and each part
    ID_END = "id_end"  # our id from behind
    RECIPIENT = "recipient"  # a word of the name
    SENDER = "sender"
    TO_CODE = "to_code"  # the postal code, and a CEP's first five digits
    FROM_CODE = "from_code"
    PHONE = "phone"  # its last eight digits, of either


PERSONAL = frozenset({Clue.RECIPIENT, Clue.SENDER, Clue.TO_CODE, Clue.FROM_CODE, Clue.PHONE})
"""Kept by keyed digests alone, so they are found whole or not at all; gone when the delivery is erased."""


class Found(NamedTuple):
    """A clue in a delivery."""

    kind: Clue
    text: str


class Wanted(NamedTuple):
    """A clue to look for: this, or, by its `beginning`, what begins so."""

    kind: Clue
    text: str
    beginning: bool = False

    def fits(self, found: Found) -> bool:
        """Whether this is the clue."""
        same = found.text.startswith(self.text) if self.beginning else found.text == self.text
        return found.kind is self.kind and same


Search = tuple[tuple[tuple[Wanted, ...], ...], ...]
"""Every group must be satisfied; a group is, by any of its alternatives; an alternative, by all its clues."""


def folded(text: str) -> str:
    """Without case and accents: who looks for `sao paulo` means São Paulo."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def words(text: str) -> list[str]:
    """Folded, each once, without what stands between them."""
    return list(dict.fromkeys(re.findall(r"[^\W_]+", folded(text))))[:_MOST_WORDS]


def clues(delivery: Delivery) -> frozenset[Found]:
    """Everything that a delivery is found by."""
    booking, request = delivery.booking, delivery.request
    codes = [request.reference, *((booking.tracking_number or "", booking.reference) if booking else ())]
    found = {Found(Clue.CODE, part) for code in codes for part in (*words(code), "".join(words(code))) if part}
    its_id = delivery.id.removeprefix("del_")
    found |= {Found(Clue.CODE, its_id), Found(Clue.ID_END, its_id[::-1])}
    found |= set(_of(request.pickup, Clue.SENDER, Clue.FROM_CODE))
    return frozenset(found | set(_of(request.dropoff, Clue.RECIPIENT, Clue.TO_CODE)))


def _of(stop: Stop, who: Clue, where: Clue) -> Iterator[Found]:
    yield from (Found(who, word) for word in words(stop.contact.name))
    code = "".join(words(stop.address.postal_code))
    yield Found(where, code)
    if stop.address.country == "BR":
        yield Found(where, code[:5])
    if stop.contact.phone:
        yield Found(Clue.PHONE, stop.contact.phone[-_PHONE_END:])


def search(where: DeliveryFilter) -> Search:
    """What the filter's words look for; empty where it has none. A group without alternatives is never satisfied."""
    groups = []
    if where.q:
        groups.append(tuple(_anything(where.q)))
    if where.recipient:
        groups.append(_every(Clue.RECIPIENT, where.recipient))
    if where.sender:
        groups.append(_every(Clue.SENDER, where.sender))
    if where.postal_code:
        code = "".join(words(where.postal_code))
        groups.append(_any_of((Wanted(Clue.TO_CODE, code), Wanted(Clue.FROM_CODE, code))))
    if where.phone:
        groups.append(_any_of((Wanted(Clue.PHONE, _digits(where.phone)[-_PHONE_END:]),)))
    return tuple(groups)


def _every(kind: Clue, text: str) -> tuple[tuple[Wanted, ...], ...]:
    """All words of a name, in whatever order."""
    wanted = tuple(Wanted(kind, word) for word in words(text))
    return (wanted,) if wanted else ()


def _any_of(wanted: Iterable[Wanted]) -> tuple[tuple[Wanted, ...], ...]:
    return tuple((one,) for one in wanted if one.text)


def _anything(text: str) -> Iterator[tuple[Wanted, ...]]:
    """What these words may be: a code's beginning, an id's end, a name, a postal code, a phone."""
    parts = words(text)
    joined, digits = "".join(parts), _digits(text)
    code = joined.removeprefix("del") if folded(text).startswith("del_") else joined
    if len(code) >= _LEAST_CODE:
        yield (Wanted(Clue.CODE, code, beginning=True),)
    if len(parts) == 1 and len(code) >= _LEAST_ID and _HEX.fullmatch(code):
        yield (Wanted(Clue.ID_END, code[::-1], beginning=True),)
    if len(parts) > 1 and all(len(part) >= _LEAST_CODE for part in parts):
        yield tuple(Wanted(Clue.CODE, part, beginning=True) for part in parts)
    if any(len(part) >= _LEAST_WORD for part in parts):
        yield from (tuple(Wanted(kind, part) for part in parts) for kind in (Clue.RECIPIENT, Clue.SENDER))
    if digits and len(digits) in (5, 8) and not re.search(r"[^\d\s.-]", text):
        yield from _any_of((Wanted(Clue.TO_CODE, digits), Wanted(Clue.FROM_CODE, digits)))
    if len(digits) >= _PHONE_END and not re.search(r"[^\d\s()+.-]", text):
        yield (Wanted(Clue.PHONE, digits[-_PHONE_END:]),)


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def satisfied(wanted: Search, found: frozenset[Found]) -> bool:
    """Whether a delivery with these clues is one that is looked for."""
    return all(
        any(all(any(one.fits(clue) for clue in found) for one in alternative) for alternative in group)
        for group in wanted
    )
