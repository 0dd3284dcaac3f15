"""Whom we call: carriers, and the mail server."""

import asyncio
from collections.abc import AsyncIterator

from domain.errors import Unavailable
from runtime.accounts.checking import attempt
from runtime.doctor.findings import Finding, note, ok, wrong
from runtime.wiring import Wiring


class Outside:
    """Asks what binds nobody."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring

    async def carriers(self) -> AsyncIterator[Finding]:
        """Every account that is enabled answers an example."""
        if self._wiring.settings.quotes_database_url is None:
            yield note("carriers", "not looked at: ENTREGA_QUOTES_DATABASE_URL is not set here")
            return
        book = self._wiring.carriers("quotes")
        enabled = [account for account in await self._wiring.accounts("quotes").all() if account.enabled]
        if not enabled:
            step = "Add one as an admin: PUT /v1/carriers/CARRIER/accounts/NAME."
            yield wrong("carriers", "no carrier's account is enabled: nobody gets an offer", step)
        for account, answers, said in await asyncio.gather(*(attempt(book, account) for account in enabled)):
            what = f"{account}: {said.what}"
            yield ok("carriers", what) if answers else wrong("carriers", what, said.next_step)

    async def mail(self) -> AsyncIterator[Finding]:
        """The mail server lets us in."""
        if self._wiring.settings.smtp_url is None:
            yield note("mail", "not looked at: ENTREGA_SMTP_URL is not set here")
            return
        try:
            await self._wiring.mailer().greet()
        except Unavailable as error:
            said = f"{error.detail} ({error.data.get('cause')})"
            yield wrong("mail", said, "Check ENTREGA_SMTP_URL: host, port, user, password; see LettersRefused.md.")
        else:
            yield ok("mail", "the mail server lets us in")
