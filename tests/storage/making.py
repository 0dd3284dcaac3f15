"""Values for storage tests: each with ids of its own, so that all tests share one database."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from domain import audit, ledger
from domain.bookings import Booking
from domain.deliveries import Delivery, DeliveryRequest, RecordMove
from domain.imports import Import, WaitingLine, delivery_id
from domain.money import Currency, Money
from domain.notifications import Message, WebhookEndpoint, message_id
from domain.organisations import ApiKey, Invitation, ServiceAccount
from domain.replays import Replay
from domain.sessions import Session
from domain.tracking import Scan, ScanKind
from domain.users import Organisation, OrgRole, Role, Scope, User
from domain.views import SavedView

NOW = datetime(2030, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)


def fresh(prefix: str) -> str:
    return f"{prefix}_{uuid.uuid4().hex}"


def brl(amount: int) -> Money:
    return Money(amount=amount, currency=Currency.BRL)


def stop(city: str = "São Paulo") -> dict[str, Any]:
    address = {
        "street": "Avenida Paulista", "number": "1578", "district": "Bela Vista", "city": city, "state": "SP",
        "postal_code": "01310200", "latitude": -23.561414, "longitude": -46.655881,
    }  # fmt: skip
    return {"contact": {"name": "Ana Pessoa", "phone": "+5511999990000"}, "address": address}


def delivery(**more: Any) -> Delivery:
    request = {"pickup": stop(), "dropoff": stop("Campinas"), "parcels": [{"description": "Bolo", "weight_g": 1500}]}
    asked = DeliveryRequest.model_validate({**request, "reference": more.pop("reference", "")})
    values = {
        "id": fresh("del"), "organisation_id": fresh("org"), "created_by": "usr_1", "created_at": NOW,
        "updated_at": NOW, "seq": 1, "request": asked,
    }  # fmt: skip
    return Delivery.model_validate({**values, **more})


def line(seq: int = 1, **more: Any) -> audit.Line:
    values = {"seq": seq, "kind": "delivery.requested", "actor": "usr_1", "at": NOW + timedelta(microseconds=seq)}
    return audit.Line.model_validate({**values, "data": {"status": "quoting"}, **more})


def move(delivery: Delivery, *lines: audit.Line, **more: Any) -> RecordMove:
    told = lines or (line(delivery.seq),)
    return RecordMove(delivery=delivery.model_copy(update={"seq": told[-1].seq}), lines=told, **more)


def charge(
    delivery: Delivery, step: str = "booked/1", price: int = 1290, cost: int = 1000, **more: Any
) -> tuple[ledger.Entry, ...]:
    return ledger.charge(
        **{
            "delivery_id": delivery.id, "organisation_id": delivery.organisation_id, "step": step, "at": NOW,
            "price": brl(price), "cost": brl(cost), **more,
        }
    )  # fmt: skip


def booking(**more: Any) -> Booking:
    values = {"carrier": "moto", "carrier_account": "rapido", "offer_id": "off_1", "key": fresh("key"), "attempt": 1}
    return Booking.model_validate({**values, "reference": fresh("ref"), "tracking_number": fresh("tn"), **more})


def scan(**more: Any) -> Scan:
    values = {
        "id": fresh("scan"), "carrier": "moto", "carrier_account": "rapido", "booking_reference": fresh("ref"),
        "kind": ScanKind.PICKED_UP, "occurred_at": NOW, "latitude": -23.5, "longitude": -46.6,
    }  # fmt: skip
    return Scan.model_validate({**values, **more})


def user(email: str | None = None, role: Role = Role.CUSTOMER, **more: Any) -> tuple[User, Organisation]:
    organisation = Organisation(id=fresh("org"), name="Padaria", created_at=NOW)
    values = {
        "id": fresh("usr"), "organisation_id": organisation.id, "name": "Ana", "role": role, "created_at": NOW,
        "password_set_at": NOW, "email": email or f"{uuid.uuid4().hex}@example.com",
    }  # fmt: skip
    return User.model_validate({**values, **more}), organisation


def session(person: User, **more: Any) -> Session:
    values = {
        "id": fresh("ses"), "user_id": person.id, "organisation_id": person.organisation_id, "amr": ("pwd",),
        "created_at": NOW, "rotated_at": NOW, "expires_at": NOW + timedelta(days=30),
    }  # fmt: skip
    return Session.model_validate({**values, **more})


def invitation(organisation_id: str, email: str, role: OrgRole = OrgRole.MEMBER, **more: Any) -> Invitation:
    values = {
        "id": fresh("inv"), "organisation_id": organisation_id, "email": email, "role": role, "invited_by": "usr_1",
        "created_at": NOW, "expires_at": NOW + timedelta(days=7),
    }  # fmt: skip
    return Invitation.model_validate({**values, **more})


def service_account(organisation_id: str, role: OrgRole = OrgRole.MEMBER) -> ServiceAccount:
    values = {"id": fresh("svc"), "organisation_id": organisation_id, "name": "Loja", "role": role}
    return ServiceAccount.model_validate({**values, "created_by": "usr_1", "created_at": NOW})


def api_key(account: ServiceAccount, **more: Any) -> ApiKey:
    values = {
        "id": fresh("key"), "service_account_id": account.id, "organisation_id": account.organisation_id,
        "name": "produção", "hint": "ek_12345", "scopes": (Scope.DELIVERIES_READ,), "created_by": "usr_1",
        "created_at": NOW,
    }  # fmt: skip
    return ApiKey.model_validate({**values, **more})


def endpoint(**more: Any) -> WebhookEndpoint:
    values = {
        "id": fresh("whe"), "organisation_id": fresh("org"), "events": ("delivery.booked",), "created_at": NOW,
        "url": "https://loja.example/aviso?senha=canarinho", "description": "ERP da Zuleica", "created_by": "usr_1",
        "updated_at": NOW,
    }  # fmt: skip
    return WebhookEndpoint.model_validate({**values, **more})


def replay(of: WebhookEndpoint, **more: Any) -> Replay:
    values = {"subscriber": of.id, "organisation_id": of.organisation_id, "since": NOW - timedelta(days=1)}
    return Replay.model_validate(
        {"id": fresh("rpl"), **values, "until": NOW, "created_by": "usr_1", "created_at": NOW, **more}
    )


def message(to: WebhookEndpoint, seq: int = 1, **more: Any) -> Message:
    delivery = more.pop("delivery_id", fresh("del"))
    values = {
        "id": message_id(to.id, delivery, seq), "subscriber": to.id, "delivery_id": delivery, "seq": seq,
        "type": "delivery.booked", "at": NOW, "created_at": NOW + timedelta(seconds=seq),
    }  # fmt: skip
    return Message.model_validate({**values, **more})


def held(reference: str, account: str = "rapido", **more: Any) -> ledger.Holder:
    return ledger.Holder(carrier="moto", carrier_account=account, booking_reference=reference, **more)


def view(organisation_id: str, created_by: str, **more: Any) -> SavedView:
    values = {
        "id": fresh("view"), "organisation_id": organisation_id, "created_by": created_by, "name": "Atrasadas",
        "narrowing": {"recipient": "Zulmira"}, "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return SavedView.model_validate({**values, **more})


def imported(count: int, **more: Any) -> tuple[Import, list[WaitingLine]]:
    values = {"id": fresh("imp"), "organisation_id": fresh("org"), "created_by": "usr_1", "created_at": NOW}
    made = Import.model_validate({**values, "lines": count, **more})
    request = delivery(reference="Zulmira").request
    numbers = range(2, count + 2)
    return made, [WaitingLine(line=n, delivery_id=delivery_id(made.id, n), request=request) for n in numbers]
