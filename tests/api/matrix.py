"""Who may use which route, and what everybody else is told: one row per route, and no route without a row.

A row holds the codes that an empty body is answered with. Without a good token: 401, but for OPEN and PROOF routes,
whose code stands in `stranger`. With a role that is lacking: 403. `foreign` is what somebody from elsewhere gets for a
thing that is there, the same as for one that is not. `disabled` is what a token opens that outlives its owner's
standing: 401 where the users service looks people up anew (once a body is one at all; sessions may always be ended),
elsewhere what it was, for ten minutes at most.
"""

from enum import Enum
from typing import NamedTuple

Route = tuple[str, str]


class Who(Enum):
    """Whom a route is for."""

    OPEN = "anybody"
    PROOF = "whoever brings another proof than a token"
    PERSON = "people, not keys"
    VERIFIED = "people whose address is verified"
    MEMBER = "who belongs to the organisation of the path"
    READER = "customers; keys with deliveries:read"
    OWNER = "owners of the organisation, and staff"
    WRITER = "owners, members and partners; keys with deliveries:write"
    CHECKER = "customers; keys with quotes:read"
    FOLLOWER = "customers; keys with tracking:read"
    LISTENER = "customers but no partners; keys with webhooks:read"
    KEEPER = "owners and members; keys with webhooks:write"
    AUTHOR = "owners and members, people, at an address that is verified"
    STAFF = "support and admins"
    ADMIN = "admins"


class Row(NamedTuple):
    """What a route answers."""

    who: Who
    disabled: int
    stranger: int = 401
    foreign: int | None = None


ORG = "/v1/organisations/{organisation_id}"
DELIVERY = "/v1/deliveries/{delivery_id}"
ENDPOINT = "/v1/webhook-endpoints/{endpoint_id}"
MESSAGE = f"{ENDPOINT}/messages/{{message_id}}"
CONTRACT = "/v1/contracts/{organisation_id}/{service}"
ADJUSTMENT = "/v1/adjustments/{adjustment_id}"
RECONCILIATION = "/v1/reconciliations/{reconciliation_id}"
ACCOUNT = "/v1/carriers/{carrier}/accounts/{account}"

MATRIX: dict[Route, Row] = {
    # users
    ("post", "/v1/users"): Row(Who.OPEN, 422, 422),
    ("post", "/v1/users/verify-email"): Row(Who.OPEN, 422, 422),
    ("post", "/v1/users/sign-in"): Row(Who.OPEN, 422, 422),
    ("post", "/v1/users/forgot-password"): Row(Who.OPEN, 422, 422),
    ("post", "/v1/users/reset-password"): Row(Who.OPEN, 422, 422),
    ("get", "/v1/users/jwks"): Row(Who.OPEN, 200, 200),
    ("post", "/v1/users/refresh"): Row(Who.PROOF, 401),
    ("post", "/v1/users/sign-out"): Row(Who.PROOF, 401),
    ("post", "/v1/users/token"): Row(Who.PROOF, 422, 422),
    ("post", "/v1/users/me/verification"): Row(Who.PERSON, 401),
    ("post", "/v1/users/sign-out-everywhere"): Row(Who.PERSON, 204),
    ("get", "/v1/users/me"): Row(Who.PERSON, 401),
    ("patch", "/v1/users/me"): Row(Who.PERSON, 401),
    ("post", "/v1/users/me/email"): Row(Who.PERSON, 422),
    ("post", "/v1/users/me/password"): Row(Who.PERSON, 422),
    ("get", "/v1/users/me/sessions"): Row(Who.PERSON, 401),
    ("delete", "/v1/users/me/sessions/{session_id}"): Row(Who.PERSON, 404, foreign=404),
    ("get", "/v1/users/me/second-factor"): Row(Who.PERSON, 401),
    ("post", "/v1/users/me/second-factor"): Row(Who.VERIFIED, 422),
    ("post", "/v1/users/me/second-factor/confirm"): Row(Who.VERIFIED, 422),
    ("post", "/v1/users/me/second-factor/recovery-codes"): Row(Who.VERIFIED, 422),
    ("post", "/v1/users/me/second-factor/remove"): Row(Who.VERIFIED, 422),
    ("post", "/v1/users/me/export"): Row(Who.PERSON, 422),
    ("post", "/v1/users/me/erase"): Row(Who.PERSON, 422),
    ("post", "/v1/users/switch"): Row(Who.PERSON, 422, foreign=404),
    ("get", "/v1/organisations"): Row(Who.PERSON, 401),
    ("post", "/v1/invitations/accept"): Row(Who.PERSON, 422),
    ("patch", ORG): Row(Who.MEMBER, 401, foreign=404),
    ("get", f"{ORG}/members"): Row(Who.MEMBER, 401, foreign=404),
    ("get", f"{ORG}/access"): Row(Who.MEMBER, 401, foreign=404),
    ("put", f"{ORG}/members/{{user_id}}"): Row(Who.MEMBER, 401, foreign=404),
    ("delete", f"{ORG}/members/{{user_id}}"): Row(Who.MEMBER, 401, foreign=404),
    ("post", f"{ORG}/leave"): Row(Who.MEMBER, 401, foreign=404),
    ("post", f"{ORG}/transfer"): Row(Who.MEMBER, 401, foreign=404),
    ("post", f"{ORG}/invitations"): Row(Who.MEMBER, 401, foreign=404),
    ("get", f"{ORG}/invitations"): Row(Who.MEMBER, 401, foreign=404),
    ("delete", f"{ORG}/invitations/{{invitation_id}}"): Row(Who.MEMBER, 401, foreign=404),
    ("post", f"{ORG}/service-accounts"): Row(Who.MEMBER, 401, foreign=404),
    ("get", f"{ORG}/service-accounts"): Row(Who.MEMBER, 401, foreign=404),
    ("delete", f"{ORG}/service-accounts/{{account_id}}"): Row(Who.MEMBER, 401, foreign=404),
    ("post", f"{ORG}/service-accounts/{{account_id}}/keys"): Row(Who.MEMBER, 401, foreign=404),
    ("get", f"{ORG}/keys"): Row(Who.MEMBER, 401, foreign=404),
    ("delete", f"{ORG}/keys/{{key_id}}"): Row(Who.MEMBER, 401, foreign=404),
    ("post", "/v1/users/find"): Row(Who.STAFF, 403),
    ("put", "/v1/users/{user_id}/role"): Row(Who.ADMIN, 403),
    ("post", "/v1/users/{user_id}/disable"): Row(Who.ADMIN, 403),
    ("post", "/v1/users/{user_id}/enable"): Row(Who.ADMIN, 403),
    ("post", "/v1/users/{user_id}/remove-second-factor"): Row(Who.ADMIN, 403),
    ("post", "/v1/users/{user_id}/export"): Row(Who.ADMIN, 403),
    ("post", "/v1/users/{user_id}/erase"): Row(Who.ADMIN, 403),
    # quotes
    ("post", "/v1/quotes"): Row(Who.CHECKER, 422),
    ("get", "/v1/places/cep/{cep}"): Row(Who.CHECKER, 404),
    ("get", "/v1/carriers"): Row(Who.STAFF, 403),
    ("get", "/v1/carriers/{carrier}/accounts"): Row(Who.STAFF, 403),
    ("get", ACCOUNT): Row(Who.STAFF, 403),
    ("put", ACCOUNT): Row(Who.ADMIN, 403),
    ("put", "/v1/carriers/{carrier}/pause"): Row(Who.STAFF, 403),
    ("delete", "/v1/carriers/{carrier}/pause"): Row(Who.STAFF, 403),
    ("put", f"{ACCOUNT}/pause"): Row(Who.STAFF, 403),
    ("delete", f"{ACCOUNT}/pause"): Row(Who.STAFF, 403),
    ("get", "/v1/rules"): Row(Who.STAFF, 403),
    ("post", "/v1/rules"): Row(Who.ADMIN, 403),
    ("get", "/v1/rules/{rule_id}"): Row(Who.STAFF, 403),
    ("put", "/v1/rules/{rule_id}"): Row(Who.ADMIN, 403),
    ("delete", "/v1/rules/{rule_id}"): Row(Who.ADMIN, 403),
    ("get", "/v1/terms/{organisation_id}"): Row(Who.ADMIN, 403),
    ("put", "/v1/terms/{organisation_id}"): Row(Who.ADMIN, 403),
    # availability
    ("post", "/v1/availability"): Row(Who.CHECKER, 422),
    ("get", "/v1/areas"): Row(Who.STAFF, 403),
    ("post", "/v1/areas"): Row(Who.STAFF, 403),
    ("get", "/v1/areas/{area_id}"): Row(Who.STAFF, 403),
    ("put", "/v1/areas/{area_id}"): Row(Who.STAFF, 403),
    ("delete", "/v1/areas/{area_id}"): Row(Who.STAFF, 403),
    # deliveries
    ("post", "/v1/deliveries"): Row(Who.WRITER, 422),
    ("get", "/v1/deliveries"): Row(Who.READER, 200),
    ("get", "/v1/deliveries/export.csv"): Row(Who.READER, 200),
    ("get", "/v1/views"): Row(Who.PERSON, 200),
    ("post", "/v1/views"): Row(Who.PERSON, 422),
    ("get", "/v1/views/{view_id}"): Row(Who.PERSON, 404, foreign=404),
    ("put", "/v1/views/{view_id}"): Row(Who.PERSON, 422, foreign=404),
    ("delete", "/v1/views/{view_id}"): Row(Who.PERSON, 404, foreign=404),
    ("post", "/v1/imports"): Row(Who.WRITER, 400),
    ("get", "/v1/imports"): Row(Who.READER, 200),
    ("get", "/v1/imports/template.csv"): Row(Who.READER, 200),
    ("get", "/v1/imports/{import_id}"): Row(Who.READER, 404, foreign=404),
    ("get", "/v1/imports/{import_id}/lines"): Row(Who.READER, 404, foreign=404),
    ("post", "/v1/imports/{import_id}/cancel"): Row(Who.WRITER, 404, foreign=404),
    ("get", DELIVERY): Row(Who.READER, 404, foreign=404),
    ("get", f"{DELIVERY}/entries"): Row(Who.READER, 404, foreign=404),
    ("post", f"{DELIVERY}/accept"): Row(Who.WRITER, 422, foreign=404),
    ("post", f"{DELIVERY}/quote-again"): Row(Who.WRITER, 404, foreign=404),
    ("post", f"{DELIVERY}/cancel"): Row(Who.WRITER, 404, foreign=404),
    ("post", f"{DELIVERY}/decide"): Row(Who.WRITER, 422, foreign=404),
    ("post", f"{DELIVERY}/retry-booking"): Row(Who.WRITER, 404, foreign=404),
    ("get", f"{DELIVERY}/live"): Row(Who.STAFF, 403),
    ("post", f"{DELIVERY}/change-carrier"): Row(Who.STAFF, 403),
    ("post", f"{DELIVERY}/force-status"): Row(Who.STAFF, 403),
    ("post", f"{DELIVERY}/clear-attention"): Row(Who.STAFF, 403),
    ("post", "/v1/deliveries/all/export"): Row(Who.OWNER, 200, foreign=404),
    ("post", f"{DELIVERY}/erase"): Row(Who.OWNER, 404, foreign=404),
    ("get", "/v1/figures"): Row(Who.READER, 200),
    ("get", "/v1/figures/csv"): Row(Who.READER, 200),
    ("get", "/v1/contracts"): Row(Who.READER, 200),
    ("put", CONTRACT): Row(Who.ADMIN, 403),
    ("delete", CONTRACT): Row(Who.ADMIN, 403),
    ("get", "/v1/policies/{organisation_id}"): Row(Who.ADMIN, 403),
    ("put", "/v1/policies/{organisation_id}"): Row(Who.ADMIN, 403),
    # ledger
    ("get", "/v1/entries"): Row(Who.READER, 200),
    ("get", "/v1/balances"): Row(Who.READER, 200),
    ("get", "/v1/statements"): Row(Who.READER, 200),
    ("get", "/v1/statements/csv"): Row(Who.READER, 200),
    ("get", "/v1/statements/pdf"): Row(Who.READER, 200),
    ("post", "/v1/adjustments"): Row(Who.STAFF, 403),
    ("get", "/v1/adjustments"): Row(Who.STAFF, 403),
    ("get", ADJUSTMENT): Row(Who.STAFF, 403),
    ("post", f"{ADJUSTMENT}/approve"): Row(Who.STAFF, 403),
    ("post", f"{ADJUSTMENT}/reject"): Row(Who.STAFF, 403),
    ("post", "/v1/reconciliations"): Row(Who.STAFF, 403),
    ("get", "/v1/reconciliations"): Row(Who.STAFF, 403),
    ("get", RECONCILIATION): Row(Who.STAFF, 403),
    ("get", f"{RECONCILIATION}/lines"): Row(Who.STAFF, 403),
    ("post", f"{RECONCILIATION}/lines/{{number}}/accept"): Row(Who.STAFF, 403),
    ("post", f"{RECONCILIATION}/lines/{{number}}/dismiss"): Row(Who.STAFF, 403),
    # tracking
    ("get", "/v1/tracking/{delivery_id}"): Row(Who.FOLLOWER, 404, foreign=404),
    ("post", "/v1/tracking/all/export"): Row(Who.OWNER, 200, foreign=404),
    ("get", "/v1/tracking/{delivery_id}/exchanges"): Row(Who.STAFF, 403),
    ("get", "/v1/track/{token}"): Row(Who.OPEN, 404, 404),
    ("get", "/v1/audit"): Row(Who.STAFF, 403),
    ("get", "/v1/stream"): Row(Who.FOLLOWER, 200),
    ("post", "/v1/webhooks/{carrier}/{account}"): Row(Who.PROOF, 401),
    # notifications
    ("post", "/v1/webhook-endpoints"): Row(Who.KEEPER, 422),
    ("get", "/v1/webhook-endpoints"): Row(Who.LISTENER, 200),
    ("get", ENDPOINT): Row(Who.LISTENER, 404, foreign=404),
    ("patch", ENDPOINT): Row(Who.KEEPER, 404, foreign=404),
    ("delete", ENDPOINT): Row(Who.KEEPER, 404, foreign=404),
    ("get", f"{ENDPOINT}/secret"): Row(Who.PERSON, 404, foreign=404),
    ("post", f"{ENDPOINT}/rotate-secret"): Row(Who.KEEPER, 404, foreign=404),
    ("post", f"{ENDPOINT}/test"): Row(Who.KEEPER, 404, foreign=404),
    ("get", f"{ENDPOINT}/messages"): Row(Who.LISTENER, 404, foreign=404),
    ("get", MESSAGE): Row(Who.LISTENER, 404, foreign=404),
    ("post", f"{MESSAGE}/resend"): Row(Who.KEEPER, 404, foreign=404),
    ("post", f"{ENDPOINT}/replay"): Row(Who.KEEPER, 422, foreign=404),
    ("get", f"{ENDPOINT}/replays"): Row(Who.LISTENER, 404, foreign=404),
    ("get", f"{ENDPOINT}/replays/{{replay_id}}"): Row(Who.LISTENER, 404, foreign=404),
    ("get", "/v1/notification-preferences"): Row(Who.PERSON, 200),
    ("put", "/v1/notification-preferences"): Row(Who.PERSON, 200),
    ("get", "/v1/notifications"): Row(Who.PERSON, 200),
    ("get", "/v1/notifications/unread"): Row(Who.PERSON, 200),
    ("post", "/v1/notifications/read"): Row(Who.PERSON, 422),
    ("post", "/v1/notifications/read-all"): Row(Who.PERSON, 204),
    ("post", "/v1/notifications/all/export"): Row(Who.OWNER, 200, foreign=404),
    ("get", "/v1/letter-templates"): Row(Who.PERSON, 200),
    ("put", "/v1/letter-templates"): Row(Who.AUTHOR, 422),
    ("post", "/v1/letter-templates/reset"): Row(Who.AUTHOR, 422),
    ("post", "/v1/letter-templates/preview"): Row(Who.PERSON, 422),
    ("get", "/v1/unsubscribe/{link}"): Row(Who.OPEN, 404, 404),
    ("post", "/v1/unsubscribe/{link}"): Row(Who.OPEN, 404, 404),
}

STREAM: Route = ("get", "/v1/stream")
"""It does not end by itself: where it is let in, only `test_stream` asks."""
FIGURES: tuple[Route, ...] = (("get", "/v1/figures"), ("get", "/v1/figures/csv"))
"""Of a whole organisation, whose deliveries a partner does not see."""
STAFFS = (Who.STAFF, Who.ADMIN)
CUSTOMERS = tuple(who for who in Who if who not in (Who.OPEN, Who.PROOF, *STAFFS))

MISSING = {
    "delivery_id": f"del_{'0' * 32}",
    "adjustment_id": f"adj_{'0' * 32}",
    "reconciliation_id": f"rec_{'0' * 32}",
    "number": "1",
    "carrier": "open_delivery",
    "account": "ligeiro",
    "area_id": "area_x",
    "rule_id": "rule_x",
    "organisation_id": "org_x",
    "service": "express",
    "cep": "01310200",
    "user_id": "usr_x",
    "session_id": "ses_x",
    "invitation_id": "inv_x",
    "account_id": "svc_x",
    "key_id": "key_x",
    "endpoint_id": f"whe_{'0' * 32}",
    "message_id": f"msg_{'0' * 32}",
    "view_id": "view_x",
    "import_id": f"imp_{'0' * 32}",
    "replay_id": f"rpl_{'0' * 32}",
    "token": f"trk_{'A' * 43}",
    "link": f"uns_{'A' * 60}",
}
"""What fills a path with nothing that is there."""

BODIES: dict[Route, object] = {
    ("post", "/v1/users/switch"): {"organisation_id": "{organisation_id}"},
    ("patch", ORG): {"name": "Doceria"},
    ("put", f"{ORG}/members/{{user_id}}"): {"role": "viewer"},
    ("post", f"{ORG}/transfer"): {"user_id": "{user_id}"},
    ("post", f"{ORG}/invitations"): {"email": "x@example.com"},
    ("post", f"{ORG}/service-accounts"): {"name": "Loja"},
    ("post", f"{ORG}/service-accounts/{{account_id}}/keys"): {"name": "k", "scopes": ["quotes:read"]},
    ("post", "/v1/deliveries/all/export"): {"delivery_id": "{delivery_id}"},
    ("post", "/v1/tracking/all/export"): {"delivery_id": "{delivery_id}"},
    ("post", "/v1/notifications/all/export"): {"organisation_id": "{organisation_id}"},
    ("put", "/v1/views/{view_id}"): {"name": "mine"},
    ("post", f"{DELIVERY}/accept"): {"offer_id": f"off_{'0' * 32}"},
    ("post", f"{DELIVERY}/decide"): {"decision": "retry"},
    ("post", f"{ENDPOINT}/replay"): {"since": "2026-01-31T00:00:00Z"},
}
"""What is asked of somebody else's things, where an empty body says nothing."""


def of(*who: Who) -> set[Route]:
    """The routes that are for these."""
    return {route for route, row in MATRIX.items() if row.who in who}
