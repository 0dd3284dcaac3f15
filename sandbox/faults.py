"""Faults on demand: which one, if any, is due when a provider is asked something or has something to tell."""

from dataclasses import dataclass
from enum import StrEnum

from sandbox.providers import Provider
from sandbox.store import Store


class Operation(StrEnum):
    """What can go wrong, in no protocol's words."""

    TOKEN = "token"  # noqa: S105 - an operation, not a password
    QUOTE = "quote"
    BOOK = "book"
    FIND = "find"
    CANCEL = "cancel"
    PROBLEM = "problem"
    WEBHOOK = "webhook"
    ANY = "*"


class Fault(StrEnum):
    """How it goes wrong."""

    HANG = "hang"  # no answer for `seconds` (60), then the connection drops; nothing was done
    REFUSE = "refuse"  # 422
    FAIL = "5xx"  # 503
    THROTTLE = "429"  # with Retry-After: `seconds` (1)
    GARBAGE = "garbage"  # 200, and a page of HTML; nothing was done
    TRUNCATED = "truncated"  # done, but the answer breaks off half way
    DRIP = "drip"  # done, and answered a byte every `seconds` (1)
    HUGE = "huge"  # done, and answered with 64 MB before the answer
    BOMB = "bomb"  # done, and answered with a few kilobytes that unpack to 64 MB
    REDIRECT = "redirect"  # 307 to somewhere else; nothing was done
    NOT_NUMBERS = "not_numbers"  # done, and every number in the answer is NaN
    WRONG_TYPES = "wrong_types"  # done, and every value in the answer is a list
    DOCUMENTED = "documented"  # the protocol's own error of this `code`; nothing was done
    LOSE_REPLY = "lose_reply"  # done, and the connection drops instead of an answer
    DUPLICATE_WEBHOOKS = "duplicate_webhooks"
    REORDER_WEBHOOKS = "reorder_webhooks"
    DROP_WEBHOOKS = "drop_webhooks"


WEBHOOK_FAULTS = frozenset({Fault.DUPLICATE_WEBHOOKS, Fault.REORDER_WEBHOOKS, Fault.DROP_WEBHOOKS})


@dataclass(frozen=True)
class Due:
    """A fault to be committed now."""

    fault: Fault
    seconds: float | None = None
    code: str | None = None


class Faults:
    """The faults on order, and those in a provider's temper."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def take(self, provider: Provider, operation: Operation) -> Due | None:
        """The oldest fault on order for this request, spent once; else the provider's own."""
        for stored in self._store.faults():
            if self._concerns(stored.provider, stored.operation, provider, operation) and (
                stored.fault not in WEBHOOK_FAULTS
            ):
                self._store.spend_fault(stored)
                return Due(Fault(stored.fault), stored.seconds, stored.code)
        own = provider.faults.get(operation)
        return Due(Fault(own)) if own else None

    def take_for_webhook(self, provider: Provider) -> frozenset[Fault]:
        """All that goes wrong with the provider's next webhook."""
        due = [
            stored
            for stored in self._store.faults()
            if self._concerns(stored.provider, stored.operation, provider, Operation.WEBHOOK)
            and stored.fault in WEBHOOK_FAULTS
        ]
        for stored in due:
            self._store.spend_fault(stored)
        return frozenset(Fault(stored.fault) for stored in due)

    @staticmethod
    def _concerns(whose: str, what: str, provider: Provider, operation: Operation) -> bool:
        return whose in (provider.name, "*") and what in (operation, Operation.ANY)
