"""What is not exactly our token, valid now, opens nothing."""

import asyncio
import base64
import json
import ssl
import time
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hands import write_key

from api.tokens import KeySet, issue, public_keys, verify
from domain.errors import Unauthenticated, Unavailable
from domain.users import OrgRole, Principal, Role, Scope
from runtime.settings import Settings
from runtime.signing import signing_keys

ISSUER = "entrega"


def claims(**more: Any) -> dict[str, Any]:
    now = int(time.time())
    usual = {"iss": ISSUER, "aud": "entrega", "sub": "usr_1", "org": "org_1", "role": "customer"}
    standing = {"org_role": "owner", "amr": ["pwd"], "verified": True}
    made = {**usual, **standing, "iat": now, "exp": now + 600, **more}
    return {name: value for name, value in made.items() if value is not ...}


HEADER = {"typ": "at+jwt", "kid": "first"}


def token(key: Any, payload: dict[str, Any] | None = None, algorithm: str = "EdDSA", **header: Any) -> str:
    return jwt.encode(payload or claims(), key, algorithm=algorithm, headers={**HEADER, **header})


def by_hand(header: dict[str, Any], payload: dict[str, Any], signature: bytes = b"") -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, payload)]
    return ".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=").decode()])


@pytest.fixture
def ours(keys_dir: Path) -> Ed25519PrivateKey:
    return next(key.private for key in signing_keys(keys_dir) if key.kid == "first")


async def test_our_own_token_is_who_it_says(ours: Ed25519PrivateKey, settings: Settings) -> None:
    principal = await verify(token(ours), KeySet(settings), ISSUER)
    assert principal == Principal(
        user_id="usr_1", organisation_id="org_1", role=Role.CUSTOMER, org_role=OrgRole.OWNER, amr=("pwd",)
    )


async def test_what_is_issued_is_what_is_read(settings: Settings) -> None:
    told = Principal(
        user_id="svc_1", organisation_id="org_1", role=Role.CUSTOMER, org_role=OrgRole.PARTNER, verified=False,
        amr=("api_key",), scopes=frozenset({Scope.DELIVERIES_READ, Scope.QUOTES_READ}),
    )  # fmt: skip
    assert await verify(issue(settings, told), KeySet(settings), ISSUER) == told


def attacks(ours: Ed25519PrivateKey) -> dict[str, str]:
    now = int(time.time())
    stranger = Ed25519PrivateKey.generate()
    public_pem = ours.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    raw = ours.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    header, body, signature = token(ours).split(".")
    other_body = base64.urlsafe_b64encode(json.dumps(claims(role="admin")).encode()).rstrip(b"=").decode()
    hs = {"alg": "HS256", **HEADER}
    return {
        "empty": "",
        "garbage": "not.a.token",
        "no dots": "abc",
        "unsigned": by_hand({"alg": "none", **HEADER}, claims()),
        "unsigned, oddly spelt": by_hand({"alg": "nOnE", **HEADER}, claims()),
        "our public key as an HMAC secret": _hmac(hs, public_pem),
        "our raw public key as an HMAC secret": _hmac(hs, raw),
        "a stranger's key under our kid": token(stranger),
        "a stranger's key brought along": token(stranger, jwk=_jwk(stranger)),
        "a stranger's key by address": token(stranger, jku="https://example.com/jwks", x5u="https://example.com/x5u"),
        "another kind of key under our kid": token(ec.generate_private_key(ec.SECP256R1()), algorithm="ES256"),
        "an unknown kid": token(ours, kid="nobody"),
        "a kid that is a path": token(ours, kid="../first"),
        "a kid that is no text": by_hand({"alg": "EdDSA", "typ": "at+jwt", "kid": 7}, claims()),
        "no kid": jwt.encode(claims(), ours, algorithm="EdDSA", headers={"typ": "at+jwt"}),
        "a refresh token": token(ours, typ="rt+jwt"),
        "no type of ours": token(ours, typ="JWT"),
        "an unknown critical header": token(ours, crit=["b64x"], b64x=False),
        "expired": token(ours, claims(iat=now - 1200, exp=now - 600)),
        "never expiring": token(ours, claims(exp=...)),
        "not yet valid": token(ours, claims(nbf=now + 600)),
        "issued in the future": token(ours, claims(iat=now + 600)),
        "another's issuer": token(ours, claims(iss="somebody")),
        "no issuer": token(ours, claims(iss=...)),
        "another audience": token(ours, claims(aud="somebody")),
        "our audience among others": token(ours, claims(aud=["entrega", "somebody"])),
        "no audience": token(ours, claims(aud=...)),
        "nobody": token(ours, claims(sub=...)),
        "no organisation": token(ours, claims(org=...)),
        "an unknown role": token(ours, claims(role="root")),
        "no role in the organisation": token(ours, claims(org_role=...)),
        "an unknown role in the organisation": token(ours, claims(org_role="king")),
        "an unknown scope": token(ours, claims(scope="deliveries:read everything")),
        "scopes that are no text": token(ours, claims(scope=["deliveries:read"])),
        "no word on how it was proved": token(ours, claims(amr=...)),
        "no word on the address": token(ours, claims(verified=...)),
        "another body": f"{header}.{other_body}.{signature}",
        "no signature": f"{header}.{body}.",
        "too long": token(ours, claims(more="x" * 5000)),
    }


def _hmac(header: dict[str, Any], secret: bytes) -> str:
    import hashlib
    import hmac

    unsigned = by_hand(header, claims()).rsplit(".", 1)[0]
    mac = hmac.new(secret, unsigned.encode(), hashlib.sha256).digest()
    return f"{unsigned}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _jwk(key: Ed25519PrivateKey) -> dict[str, str]:
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode()}


ATTACKS = list(attacks(Ed25519PrivateKey.generate()))


@pytest.mark.parametrize("attack", ATTACKS)
async def test_anything_else_is_refused(attack: str, ours: Ed25519PrivateKey, settings: Settings) -> None:
    with pytest.raises(Unauthenticated):
        await verify(attacks(ours)[attack], KeySet(settings), ISSUER)


# Of each service one route: whoever forgot to look would let these in.
ROUTES = ("/v1/users/me", "/v1/carriers", "/v1/areas", "/v1/deliveries", f"/v1/tracking/del_{'0' * 32}")


@pytest.mark.parametrize("path", ROUTES)
async def test_every_service_refuses_every_attack_in_the_same_words(
    path: str, http: httpx.AsyncClient, ours: Ed25519PrivateKey
) -> None:
    answers = set()
    for attack, sent in attacks(ours).items():
        if sent:
            answer = await http.get(path, headers={"Authorization": f"Bearer {sent}"})
            assert answer.status_code == 401, attack
            answers.add(answer.content)
    assert len(answers) <= 2  # not ours at all, or ours and not valid


async def test_a_refused_token_is_a_401_problem(http: httpx.AsyncClient, ours: Ed25519PrivateKey) -> None:
    answer = await http.get("/v1/users/me", headers={"Authorization": f"Bearer {token(ours, typ='JWT')}"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthenticated"


async def test_keys_come_by_tls_from_whom_our_own_authority_vouches_for(tmp_path: Path) -> None:
    key, authority, ca = write_key(tmp_path, "first"), trustme.CA(), tmp_path / "authority.crt"
    authority.cert_pem.write_to_path(str(ca))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + json.dumps(public_keys(tmp_path)).encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/users/jwks"
        keys = KeySet(Settings(jwks_url=url, tls_ca_file=ca))
        assert (await verify(token(key), keys, ISSUER)).user_id == "usr_1"
        with pytest.raises(Unavailable):
            await verify(token(key), KeySet(Settings(jwks_url=url)), ISSUER)


async def test_keys_come_from_the_users_service_and_outlive_it(tmp_path: Path) -> None:
    """A new key is taken up when it is first seen; when the users service is gone, what is known stays known."""
    first = write_key(tmp_path, "first")
    served = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        served += 1
        await reader.readuntil(b"\r\n\r\n")
        body = json.dumps(public_keys(tmp_path)).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    keys = KeySet(Settings(jwks_url=f"http://127.0.0.1:{port}/v1/users/jwks"))
    answers = await asyncio.gather(*(verify(token(first), keys, ISSUER) for _ in range(20)))
    assert {answer.user_id for answer in answers} == {"usr_1"}
    assert served == 1
    second = write_key(tmp_path, "second")
    keys._asked_at = float("-inf")  # half a minute later
    assert (await verify(token(second, kid="second"), keys, ISSUER)).user_id == "usr_1"
    server.close()
    await server.wait_closed()
    keys._read_at = keys._asked_at = float("-inf")
    assert (await verify(token(first), keys, ISSUER)).user_id == "usr_1"


async def test_without_any_keys_nobody_is_told_that_their_token_is_wrong(ours: Ed25519PrivateKey) -> None:
    with pytest.raises(Unavailable):
        await verify(token(ours), KeySet(Settings(jwks_url="http://127.0.0.1:9/jwks")), ISSUER)
