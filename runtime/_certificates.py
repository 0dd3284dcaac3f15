"""The certificates of one machine: an authority of its own, and a pair for each part, made and renewed at start."""

import datetime as dt
import ipaddress
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LEAF_LIFE = dt.timedelta(days=90)
_AUTHORITY_LIFE = dt.timedelta(days=3650)
_CLOCKS_DIFFER = dt.timedelta(minutes=5)
_SERVER, _CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH

PARTS: Mapping[str, Collection[x509.ObjectIdentifier]] = {
    "postgres": (_SERVER,),
    "mongo": (_SERVER, _CLIENT),  # a replica set's members call each other, and be it themselves
    "proxy": (_SERVER,),
    "sandbox": (_SERVER,),  # a stranger: Temporal's door must not open to it
    "mailbox": (_SERVER,),
    "api": (_SERVER, _CLIENT),
    "codec": (_SERVER, _CLIENT),
    "worker": (_SERVER, _CLIENT),
    "relay": (_SERVER, _CLIENT),
    "operator": (_CLIENT,),  # whoever runs a command beside the others
}
"""What each part may prove to be: a server to those who come, a client to Temporal's door."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The files of a certificate and its key, in PEM."""

    certificate: Path
    key: Path


class Certificates:
    """The folder that holds them: `ca.pem`, and `<part>.pem` and `<part>.key` for each part, which is called by the
    machine's own names and by those that `names` adds to it."""

    def __init__(
        self,
        folder: Path,
        parts: Mapping[str, Collection[x509.ObjectIdentifier]] = PARTS,
        names: Mapping[str, Collection[str]] = MappingProxyType({}),
    ) -> None:
        self._folder, self._parts, self._names = folder, parts, names
        self.authority = folder / "ca.pem"

    def of(self, part: str) -> Pair:
        """A part's pair."""
        return Pair(self._folder / f"{part}.pem", self._folder / f"{part}.key")

    def joined(self, part: str) -> Path:
        """Its certificate and key in one file, as MongoDB wants them."""
        pair, path = self.of(part), self._folder / f"{part}.both.pem"
        _write(path, pair.certificate.read_bytes() + pair.key.read_bytes())
        return path

    def ensure(self, now: dt.datetime | None = None) -> None:
        """Makes what is missing, and anew what has less than a third of its life left."""
        now = now or dt.datetime.now(dt.UTC)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = self._authority(now)
        for part, uses in self._parts.items():
            pair, names = self.of(part), [*_HERE, *map(x509.DNSName, self._names.get(part, ()))]
            good = _good(pair.certificate, pair.key, now, _LEAF_LIFE / 3, issuer=authority[0])
            if not good or _uses(pair.certificate) != set(uses) or _called(pair.certificate) != names:
                key = ec.generate_private_key(ec.SECP256R1())
                # The key first: whoever reloads meanwhile finds a pair that does not match, and keeps the old one.
                _write(pair.key, _pem(key))
                _write(pair.certificate, _leaf(part, uses, names, key, authority, now).public_bytes(_PEM))

    def _authority(self, now: dt.datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        path = self._folder / "ca.key"
        if not _good(self.authority, path, now, _LEAF_LIFE):  # it outlives whatever it signs
            key = ec.generate_private_key(ec.SECP256R1())
            _write(path, _pem(key))
            _write(self.authority, _root(key, now).public_bytes(_PEM))
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{path} holds another kind of key than ours: remove the folder {self._folder}")
        return x509.load_pem_x509_certificate(self.authority.read_bytes()), private


_PEM = serialization.Encoding.PEM
_HERE: Collection[x509.GeneralName] = (
    x509.DNSName("localhost"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    x509.IPAddress(ipaddress.ip_address("::1")),
)


def _good(
    certificate: Path, key: Path, now: dt.datetime, left: dt.timedelta, issuer: x509.Certificate | None = None
) -> bool:
    if not certificate.exists() or not key.exists():
        return False
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    if found.public_key() != private.public_key() or found.not_valid_after_utc - now < left:
        return False
    # By the key, since every authority of ours has the same name.
    return issuer is None or _key_id(found) == x509.SubjectKeyIdentifier.from_public_key(_ec(issuer)).digest


def _uses(certificate: Path) -> set[x509.ObjectIdentifier]:
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    return set(found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def _called(certificate: Path) -> list[x509.GeneralName]:
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    return list(found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)


def _key_id(certificate: x509.Certificate) -> bytes | None:
    return certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier


def _ec(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Entrega"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def _base(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: dt.datetime, life: dt.timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _root(key: ec.EllipticCurvePrivateKey, now: dt.datetime) -> x509.Certificate:
    name = _name("Entrega's authority on this machine")
    return (
        _base(name, name, key.public_key(), now, _AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_others=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    part: str,
    uses: Collection[x509.ObjectIdentifier],
    names: Collection[x509.GeneralName],
    key: ec.EllipticCurvePrivateKey,
    authority: tuple[x509.Certificate, ec.EllipticCurvePrivateKey],
    now: dt.datetime,
) -> x509.Certificate:
    root, root_key = authority
    return (
        _base(_name(part), root.subject, key.public_key(), now, _LEAF_LIFE)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(_ec(root)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_others=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(root_key, hashes.SHA256())
    )


def _usage(signs_others: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_others,
        key_cert_sign=signs_others,
        crl_sign=signs_others,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _write(path: Path, content: bytes) -> None:
    """Never half a file, and for our eyes only."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)
