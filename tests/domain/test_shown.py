"""No line of any kind, on no way to a customer, says what we pay."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from making import NOW

from api.tracking.stream import StreamLine
from domain.audit import JournalLine
from domain.deliveries import DeliveryStatus
from domain.events import event_of
from domain.shown import for_customer
from domain.tracking import ScanKind

ROOT = Path(__file__).parents[2]
KIND = re.compile(r"[a-z_]+\.[a-z_]+")
TELLERS = {"_tell", "append", "append_line", "append_behind"}
OURS: dict[str, Any] = {"cost": 4711, "margin": 4712, "margin_percent": 4713}


def _told() -> set[str]:
    """Every kind that a call of a teller names or that is a constant, and those made of a status or a report."""
    found = {f"delivery.{status}" for status in DeliveryStatus} | {f"scan.{kind}" for kind in ScanKind}
    for folder in ("domain", "workflows", "activities", "storage", "api", "runtime"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                name = getattr(getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", ""))
                if isinstance(node, ast.Assign) or (isinstance(node, ast.Call) and name in TELLERS):
                    said = [node.value] if isinstance(node, ast.Assign) else node.args
                    words = [each for argument in said for each in ast.walk(argument)]
                    texts = (each.value for each in words if isinstance(each, ast.Constant))
                    found |= {text for text in texts if isinstance(text, str) and KIND.fullmatch(text)}
    return found


KINDS = sorted(_told())


def line(kind: str, subject: str, **data: Any) -> JournalLine:
    values = {"id": 1, "txid": 1, "subject": subject, "seq": 1, "kind": kind, "actor": "system", "at": NOW}
    more = {"organisation_id": "org_1", "prev_hash": "", "hash": ""}
    return JournalLine.model_validate({**values, **more, "data": {"status": "booked", "carrier": "moto", **data}})


def test_the_kinds_are_found() -> None:
    assert {"delivery.price_drift", "delivery.refused", "webhook_endpoint.disabled", "scan.picked_up"} < set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("subject", ["del_1", "whe_1"])
def test_what_we_pay_is_in_no_line_a_customer_sees(kind: str, subject: str) -> None:
    whole = line(kind, subject, **OURS)
    shown = for_customer(whole)
    event = event_of(whole)
    seen = f"{shown.data} {StreamLine.of(shown).data} {event.model_dump() if event else ''}"
    assert "'status': 'booked'" in seen
    assert "471" not in seen


def test_of_a_delivery_a_field_that_nobody_thought_of_is_ours() -> None:
    assert for_customer(line("delivery.placed", "del_1", surcharge=1)).data == {"status": "booked", "carrier": "moto"}
