"""Letters by SMTP: one connection per letter, encrypted unless the server is on this machine."""

import asyncio
import ipaddress
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

import aiosmtplib
from prometheus_client import Counter, Histogram

from domain.errors import LetterRefused, Unavailable
from domain.letters import Letter

LETTERS = Counter("entrega_letters_total", "Letters by what the mail server made of them", ["outcome"])
SECONDS = Histogram("entrega_letter_seconds", "How long the mail server took over a letter")

_WITHIN_S = 15.0
_PORTS = {"smtp": 587, "smtps": 465}
_NOT_SIGNED_IN = 530  # no word about the letter: our own settings are wrong, which somebody will mend


class SmtpMailer:
    """`smtp://user:password@host:587` (STARTTLS, which only the loopback may lack) or `smtps://…:465` (TLS from the
    first byte), verified by `tls`, or by the system's authorities. Raises ValueError for another address."""

    def __init__(self, url: str, sender: str, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("the mail server's address looks like smtp://user:password@host:587 or smtps://host:465")
        self._host, self._port = parts.hostname, parts.port or _PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._use_tls = parts.scheme == "smtps"
        self._start_tls = not self._use_tls and not _is_loopback(self._host)
        self._sender, self._tls = sender, tls

    async def greet(self) -> None:
        """Signs in and leaves again; raises Unavailable."""
        try:
            async with self._signed_in():
                pass
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            raise Unavailable("the mail server does not let us in", cause=type(error).__name__) from None

    async def send(self, letter: Letter) -> None:
        """See `domain.user_ports.Mailer`; within a quarter of a minute."""
        began = time.monotonic()
        try:
            async with self._signed_in() as client:
                await client.send_message(self._message(letter))
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            # The server's words may quote the address.
            cause, status = type(error).__name__, _refused_for_good(error)
            LETTERS.labels("refused" if status else "unavailable").inc()
            if status:
                raise LetterRefused("the mail server refuses the letter", cause=cause, status=status) from None
            raise Unavailable("the mail server did not take the letter", cause=cause) from None
        else:
            LETTERS.labels("taken").inc()
        finally:
            SECONDS.observe(time.monotonic() - began)

    @asynccontextmanager
    async def _signed_in(self) -> AsyncIterator[aiosmtplib.SMTP]:
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            timeout=_WITHIN_S,
            use_tls=self._use_tls,
            start_tls=self._start_tls,
            tls_context=self._tls,
        )
        async with asyncio.timeout(_WITHIN_S), client:
            if self._user:
                await client.login(self._user, self._password)
            yield client

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, letter.to, letter.subject
        domain = self._sender.rpartition("@")[2].rstrip(">")
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{letter.id}@{domain}>" if letter.id else make_msgid(domain=domain)
        if letter.unsubscribe:
            message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        return message


def _refused_for_good(error: Exception) -> int | None:
    """The reply, if it is about the letter and permanent (RFC 5321, 4.2.1)."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]  # a letter has one
    about = (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)
    if isinstance(error, about) and 500 <= error.code <= 599 and error.code != _NOT_SIGNED_IN:
        return error.code
    return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
