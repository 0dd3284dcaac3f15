"""What support reads in the Temporal UI: one delivery's page in Markdown, made of ids, codes and times."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.deliveries import Attention, Delivery

_SHOWN = ("reason", "attention", "carrier", "account", "offer_id", "attempt", "code", "decision")


def line(at: datetime, kind: str, actor: str, data: Mapping[str, object]) -> str:
    """One step of the story."""
    extra = " · ".join(f"{name} {data[name]}" for name in _SHOWN if data.get(name))
    return f"`{at:%m-%d %H:%M:%S}` **{kind}** by {actor}" + (f" · {extra}" if extra else "")


def page(delivery: Delivery, story: Sequence[str]) -> str:
    """Where it stands, what was offered, who declined, and how it came here."""
    parts = [f"# {delivery.status}", f"organisation {delivery.organisation_id} · {delivery.request.service}"]
    if delivery.attention is not Attention.NONE:
        parts.append(f"**Attention: {delivery.attention}** ({delivery.reason or 'no reason given'})")
    if delivery.booking:
        booking = delivery.booking
        parts.append(f"Booked with **{booking.ref}**, theirs `{booking.reference}`, attempt {booking.attempt}")
    if delivery.promised_at:
        parts.append(f"Promised {delivery.promised_at:%Y-%m-%d %H:%M} UTC")
    if delivery.offers:
        parts += ["## Offers", "| offer | carrier | price | arrives | until |", "|---|---|---|---|---|"]
        for offer in delivery.offers:
            chosen = " ←" if offer.id == delivery.accepted_offer_id else ""
            arrives = f"{offer.delivery_eta_at:%H:%M}" if offer.delivery_eta_at else "?"
            parts.append(
                f"| `{offer.id[:12]}`{chosen} | {offer.ref} | {offer.price} | {arrives} | {offer.expires_at:%H:%M:%S} |"
            )
    if delivery.declined:
        parts.append("## Declined")
        parts += [f"- {d.carrier}/{d.carrier_account}: {d.reason}" for d in delivery.declined]
    parts += ["## Story", *(f"- {step}" for step in story)]
    return "\n".join(parts[:3]) + "\n\n" + "\n".join(parts[3:])
