"""What a customer sees of the journal's lines: what we pay, and how we got there, stays with staff."""

from domain.audit import JournalLine

_OF_A_DELIVERY = frozenset(
    {
        *("status", "reason", "organisation_id", "service", "offers", "declined", "attention", "decision"),
        *("offer_id", "carrier", "account", "attempt", "booking_reference"),
        *("scan_id", "code", "source", "occurred_at"),
        *("area", "timezone", "due_at", "late_at", "credit", "currency"),
    }
)
"""Fields of a delivery's lines that are for its customer: any other, one that is new included, is ours until it stands
here."""
_OURS = frozenset({"cost", "margin", "margin_percent", "margin_bps"})
"""Of lines about anything else, these are."""


def for_customer(line: JournalLine) -> JournalLine:
    """The line without what is ours. Its hash stays that of the whole line."""
    delivery = line.subject.startswith("del_")
    shown = {name: it for name, it in line.data.items() if (name in _OF_A_DELIVERY if delivery else name not in _OURS)}
    return line.model_copy(update={"data": shown})
