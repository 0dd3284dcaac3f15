"""This machine's certificates: made once, renewed in time, and signed by an authority that outlives them."""

import datetime as dt
import stat
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from runtime._certificates import PARTS, Certificates

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)


def held(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_what_is_good_is_left_as_it_is(tmp_path: Path) -> None:
    Certificates(tmp_path).ensure(NOW)
    before = held(tmp_path)
    Certificates(tmp_path).ensure(NOW + dt.timedelta(days=59))
    assert held(tmp_path) == before
    assert len(before) == 2 * (len(PARTS) + 1)


def test_what_has_less_than_a_third_left_is_made_anew_by_the_same_authority(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    certificates.ensure(NOW)
    before = held(tmp_path)
    certificates.ensure(NOW + dt.timedelta(days=61))
    assert {name for name, content in held(tmp_path).items() if content == before[name]} == {"ca.pem", "ca.key"}
    root = read(certificates.authority)
    for part in PARTS:
        read(certificates.of(part).certificate).verify_directly_issued_by(root)


def test_an_authority_that_would_not_outlive_them_is_made_anew_and_signs_everything_anew(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    certificates.ensure(NOW)
    before = held(tmp_path)
    later = NOW + dt.timedelta(days=3600)
    certificates.ensure(later)
    assert not {name for name, content in held(tmp_path).items() if content == before[name]}
    root = read(certificates.authority)
    for part in PARTS:
        leaf = read(certificates.of(part).certificate)
        leaf.verify_directly_issued_by(root)
        assert leaf.not_valid_after_utc <= root.not_valid_after_utc


def test_a_pair_that_lost_its_key_or_has_anothers_or_may_prove_less_is_made_anew(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    certificates.ensure(NOW)
    certificates.of("api").key.unlink()
    certificates.of("relay").key.write_bytes(certificates.of("worker").key.read_bytes())
    for part in ("certificate", "key"):  # of a part that may prove less, as the relay's once did
        getattr(certificates.of("codec"), part).write_bytes(getattr(certificates.of("mailbox"), part).read_bytes())
    before = held(tmp_path)
    certificates.ensure(NOW)
    changed = {name for name, content in held(tmp_path).items() if content != before.get(name)}
    assert changed == {"api.pem", "api.key", "codec.pem", "codec.key", "relay.pem", "relay.key"}


def test_keys_are_for_our_eyes_only(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path / "tls")
    certificates.ensure(NOW)
    keys = [certificates.joined("mongo"), *(tmp_path / "tls").glob("*.key")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}


def test_only_parts_that_call_temporal_may_prove_to_be_clients(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    certificates.ensure(NOW)
    clients = set()
    for part in PARTS:
        uses = read(certificates.of(part).certificate).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        if ExtendedKeyUsageOID.CLIENT_AUTH in uses:
            clients.add(part)
    assert clients == {"api", "codec", "worker", "relay", "operator", "mongo"}
