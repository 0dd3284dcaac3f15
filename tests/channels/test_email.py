"""Letters by SMTP, to a real server: as sent, encrypted or not at all, and never later than promised."""

import asyncio
import email
import email.policy
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from channels import email as channel
from channels.email import SmtpMailer
from domain.errors import LetterRefused, Unavailable
from domain.letters import Letter, Occasion, letter
from domain.users import Locale
from runtime.mailbox import serve

SENDER = "Entrega <no-reply@entrega.example>"
LETTER = letter(
    Occasion.VERIFY_EMAIL, Locale.PT_BR, "ana@example.com", "https://entrega.example/verify-email#token=abc"
)


def port_of(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


async def kept(folder: Path) -> list[EmailMessage]:
    found = sorted(folder.glob("*.eml"))
    return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in found]


@pytest.fixture
async def mailbox(tmp_path: Path) -> AsyncIterator[int]:
    async with await serve(tmp_path, 0) as server:
        yield port_of(server)


async def test_a_letter_arrives_in_both_forms(mailbox: int, tmp_path: Path) -> None:
    await SmtpMailer(f"smtp://127.0.0.1:{mailbox}", SENDER).send(LETTER)
    [message] = await kept(tmp_path)
    assert (message["To"], message["From"], message["Subject"]) == ("ana@example.com", SENDER, "Confirme seu e-mail")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@entrega.example>")
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == LETTER.text
    assert html.get_content().replace("\r\n", "\n") == LETTER.html


async def test_an_address_of_any_script_is_written_to(mailbox: int, tmp_path: Path) -> None:
    await SmtpMailer(f"smtp://127.0.0.1:{mailbox}", SENDER).send(LETTER.model_copy(update={"to": "josé@exemplo.com"}))
    assert [message["To"] for message in await kept(tmp_path)] == ["josé@exemplo.com"]


@pytest.mark.parametrize("to", ["ana@example.com\r\nBcc: eva@example.com", "ana@example.com\nX: y"])
async def test_no_letter_grows_a_header(to: str, mailbox: int, tmp_path: Path) -> None:
    smuggling = Letter.model_construct(**{**LETTER.model_dump(), "to": to})
    with pytest.raises(Unavailable):
        await SmtpMailer(f"smtp://127.0.0.1:{mailbox}", SENDER).send(smuggling)
    assert await kept(tmp_path) == []


async def test_a_server_that_is_away_is_unavailable_and_the_error_names_nobody() -> None:
    with pytest.raises(Unavailable) as refused:
        await SmtpMailer("smtp://127.0.0.1:9", SENDER).send(LETTER)
    assert "ana@example.com" not in f"{refused.value} {refused.value.data}"


async def test_a_server_that_drips_does_not_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "_WITHIN_S", 0.5)

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            writer.write(b"2")
            await asyncio.sleep(0.05)

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        with pytest.raises(Unavailable):
            await asyncio.wait_for(SmtpMailer(f"smtp://127.0.0.1:{port_of(server)}", SENDER).send(LETTER), 10)


class Refusing:
    """A server that answers one command with this reply, as a mailbox that is no more would."""

    def __init__(self, command: str, reply: str) -> None:
        async def refuse(*_: object) -> str:
            return f"{reply} <ana@example.com> says the server"

        setattr(self, f"handle_{command}", refuse)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(("reply", "error"), [
    ("550 5.1.1", LetterRefused), ("552 5.2.2", LetterRefused), ("450 4.2.1", Unavailable), ("530 5.7.0", Unavailable),
])  # fmt: skip
async def test_what_is_refused_for_good_is_told_from_what_may_yet_be_taken(
    command: str, reply: str, error: type[Exception]
) -> None:
    async with smtp(lambda: SMTP(Refusing(command, reply))) as port:
        with pytest.raises((LetterRefused, Unavailable)) as refused:
            await SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER).send(LETTER)
    assert refused.type is error
    assert "ana@example.com" not in f"{refused.value} {refused.value.data}"


@pytest.mark.parametrize("url", ["", "mail.example", "http://mail.example", "smtp://", "smtp:///x"])
def test_what_is_no_address_of_a_mail_server(url: str) -> None:
    with pytest.raises(ValueError, match="smtp://user:password@host:587"):
        SmtpMailer(url, SENDER)


# ── encrypted ─────────────────────────────────────────────────────────────────────────────────────────────


class Taken:
    """What a server took, and who had signed in."""

    def __init__(self) -> None:
        self.letters: list[tuple[bytes, bool]] = []

    async def handle_DATA(self, server: SMTP, session: object, envelope: object) -> str:
        self.letters.append((envelope.content, session.ssl is not None))  # type: ignore[attr-defined]
        return "250 taken"


def certificate(folder: Path) -> ssl.SSLContext:
    from datetime import UTC, datetime, timedelta

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """As though the loopback were another machine."""
    monkeypatch.setattr(channel, "_is_loopback", lambda _: False)


@asynccontextmanager
async def smtp(make: Callable[[], SMTP], tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    async with await loop.create_server(make, "127.0.0.1", 0, ssl=tls) as server:
        yield port_of(server)


async def test_elsewhere_a_server_without_tls_gets_no_letter(elsewhere: None) -> None:
    taken = Taken()
    async with smtp(lambda: SMTP(taken)) as port:
        with pytest.raises(Unavailable):
            await SmtpMailer(f"smtp://127.0.0.1:{port}", SENDER).send(LETTER)
    assert taken.letters == []


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_elsewhere_a_certificate_nobody_vouches_for_gets_no_letter(
    scheme: str, elsewhere: None, tmp_path: Path
) -> None:
    taken, tls = Taken(), certificate(tmp_path)
    start_tls = scheme == "smtp"
    async with smtp(lambda: SMTP(taken, tls_context=tls if start_tls else None), None if start_tls else tls) as port:
        with pytest.raises(Unavailable):
            await SmtpMailer(f"{scheme}://127.0.0.1:{port}", SENDER).send(LETTER)
    assert taken.letters == []


async def test_elsewhere_we_sign_in_once_it_is_encrypted(elsewhere: None, tmp_path: Path) -> None:
    taken, tls = Taken(), certificate(tmp_path)
    proofs: list[tuple[bytes, bytes]] = []

    def authenticated(_server: object, _session: object, _envelope: object, _how: str, data: object) -> AuthResult:
        proofs.append((data.login, data.password))  # type: ignore[attr-defined]
        return AuthResult(success=True)

    def server() -> SMTP:
        return SMTP(taken, tls_context=tls, require_starttls=True, authenticator=authenticated, auth_required=True)

    trusting = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    async with smtp(server) as port:
        await SmtpMailer(f"smtp://entrega:s%40cret@localhost:{port}", SENDER, trusting).send(LETTER)
    assert proofs == [(b"entrega", b"s@cret")]
    [(_, encrypted)] = taken.letters
    assert encrypted
