"""A CDN's rules say what our servers say: of pages, assets, public tracking, and what is nobody else's business."""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from api.pages import _ASK, _FOR_EVER
from api.safe_headers import _ALWAYS
from api.tracking.routes import _SHORT
from api.users.tokens import _KEYS_FRESH

CDN = Path(__file__).parents[2] / "deploy" / "cdn"


def _said(path: str) -> str:
    """By the first rule that fits, as CDNs take them."""
    rules: list[dict[str, str]] = json.loads((CDN / "rules.json").read_text())
    fitting: Iterator[str] = (rule["cache"] for rule in rules if fnmatchcase(path, rule["path"]))
    return next(fitting)


def test_a_cdn_keeps_what_we_say_may_be_kept() -> None:
    assert _said("/assets/app-1f2e.js") == _FOR_EVER
    for page in ("/", "/deliveries/dlv_1", "/config.json"):
        assert _said(page) == _ASK
    assert _said("/v1/track/token") == _SHORT
    assert _said("/v1/users/jwks") == _KEYS_FRESH
    for personal in ("/v1/deliveries/dlv_1", "/v1/users/me", "/v1/stream", "/v1/tracking/dlv_1"):
        assert _said(personal) == dict(_ALWAYS)["cache-control"] == "no-store"


def test_public_tracking_is_answered_from_near_while_it_is_asked_anew_and_while_we_are_away() -> None:
    told = dict(each.partition("=")[::2] for each in _SHORT.split(", "))
    assert int(told["s-maxage"]) <= 30  # as old as anybody's page may be
    assert int(told["stale-while-revalidate"]) > 0
    assert int(told["stale-if-error"]) >= 60


def test_a_release_purges_the_pages_alone() -> None:
    script = (CDN / "purge.sh").read_text()
    assert "for path in / /index.html /config.json;" in script
