"""Signing keys: one signs, the next is known before it does, and the last verifies as long as its tokens live."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.tokens import KeySet, issue, public_keys, verify
from domain.errors import Unauthenticated
from domain.sessions import ACCESS_LIFETIME
from domain.users import OrgRole, Principal, Role
from runtime.settings import Settings
from runtime.signing import KNOWN_AFTER, TooSoon, current, rotate, signing_keys

NOW = datetime(2030, 1, 1, tzinfo=UTC)
WEEK = timedelta(days=7)
ANA = Principal(user_id="usr_1", organisation_id="org_1", role=Role.CUSTOMER, org_role=OrgRole.OWNER)


def kids(folder: Path, at: datetime) -> list[str]:
    return [key.kid for key in signing_keys(folder, at)]


def test_the_first_time_there_is_one_that_signs_and_one_that_follows(tmp_path: Path) -> None:
    signs, follows, forgotten = rotate(tmp_path, NOW)
    assert kids(tmp_path, NOW) == [signs, follows]
    assert forgotten == []
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_each_key_is_next_then_signs_then_verifies_until_its_tokens_have_expired(tmp_path: Path) -> None:
    first, second, _ = rotate(tmp_path, NOW)
    signs, third, _ = rotate(tmp_path, NOW + WEEK)
    assert signs == second
    assert kids(tmp_path, NOW + WEEK + ACCESS_LIFETIME) == [first, second, third]
    assert kids(tmp_path, NOW + WEEK + 2 * ACCESS_LIFETIME) == [second, third]
    signs, fourth, forgotten = rotate(tmp_path, NOW + 2 * WEEK)
    assert (signs, forgotten) == (third, [first])
    assert {path.stem for path in tmp_path.iterdir()} == {second, third, fourth}


def test_a_key_signs_only_once_everybody_has_heard_of_it(tmp_path: Path) -> None:
    _, second, _ = rotate(tmp_path, NOW)
    with pytest.raises(TooSoon, match="00:10:00 UTC"):
        rotate(tmp_path, NOW + KNOWN_AFTER - timedelta(seconds=1))
    assert rotate(tmp_path, NOW + timedelta(seconds=1), force=True)[0] == second


def test_what_tells_is_the_name_not_when_a_file_was_written(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """As where they come from a mounted secret, all written at once."""
    rotate(tmp_path, NOW)
    rotate(tmp_path, NOW + WEEK)
    copy = tmp_path_factory.mktemp("copy")
    for path in sorted(tmp_path.iterdir(), reverse=True):
        (copy / path.name).write_bytes(path.read_bytes())
    assert kids(copy, NOW + WEEK) == kids(tmp_path, NOW + WEEK)


def test_a_folder_from_before_goes_on_signing_with_its_key(tmp_path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "0a1b2c3d.pem").write_bytes(pem)
    signs, follows, _ = rotate(tmp_path, NOW)
    assert signs == "0a1b2c3d"
    assert rotate(tmp_path, NOW + WEEK)[0] == follows
    assert kids(tmp_path, NOW + 2 * WEEK)[0] == follows


async def test_nobody_is_signed_out_by_a_rotation(tmp_path: Path) -> None:
    """A verifier that fetched the keys before it takes tokens from before and after, asking nobody."""
    rotate(tmp_path, datetime.now(UTC) - WEEK)
    settings = Settings(keys_dir=tmp_path)
    verifier = KeySet(settings)
    before = issue(settings, ANA)
    assert await verify(before, verifier, "entrega") == ANA
    known = dict(verifier._keys)
    rotate(tmp_path)
    after = issue(settings, ANA)
    assert jwt.get_unverified_header(before)["kid"] != jwt.get_unverified_header(after)["kid"]
    assert await verify(before, verifier, "entrega") == await verify(after, verifier, "entrega") == ANA
    assert verifier._keys == known


async def test_a_key_whose_time_is_over_opens_nothing_though_its_file_is_there(tmp_path: Path) -> None:
    rotate(tmp_path, datetime.now(UTC) - 2 * WEEK)
    key = current(signing_keys(tmp_path))
    assert key is not None
    stale = issue(Settings(keys_dir=tmp_path), ANA)
    rotate(tmp_path, datetime.now(UTC) - WEEK)
    assert (tmp_path / f"{key.kid}.pem").exists()
    assert key.kid not in [public["kid"] for public in public_keys(tmp_path)["keys"]]
    with pytest.raises(Unauthenticated):
        await verify(stale, KeySet(Settings(keys_dir=tmp_path)), "entrega")
