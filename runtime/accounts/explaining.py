"""A carrier's error in the words of a person who has to mend it."""

import socket
import ssl
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx

from domain import errors
from domain.quotes import CarrierAccount
from runtime.accounts.examples import country_of

_REFUSED = ("unauthorized", "forbidden", "invalid_client", "access_denied", "http_401", "http_403")
_ADDRESS = "Check settings.base_url"


class Said(NamedTuple):
    """What happened, and what to do next."""

    what: str
    next_step: str = ""


def explained(error: errors.CarrierError, account: CarrierAccount) -> Said:
    """What went wrong when this account was asked about the example."""
    host = _host(error, account)
    return _unreached(error, host) or _answered(error, account, host)


def _unreached(error: errors.CarrierError, host: str) -> Said | None:
    """What kept an answer from coming at all; None where one came."""
    for cause in _causes(error):
        match cause:
            case socket.gaierror():
                return Said(f"The host {host} was not found.", f"{_ADDRESS}, and that this machine can look names up.")
            case ssl.SSLCertVerificationError():
                why = f"{cause.verify_message}, TLS"
                return Said(f"The certificate of {host} was not accepted ({why}).", f"{_ADDRESS}, and the clock here.")
            case ssl.SSLWantReadError() | ssl.SSLWantWriteError():
                continue  # how it looks inside while one waits for the other side
            case ssl.SSLError():
                why = f"{cause.reason}, TLS"
                return Said(
                    f"{host} speaks no TLS that we understand ({why}).", f"{_ADDRESS}: http or https, the port."
                )
            case ConnectionRefusedError():
                return Said(
                    f"Nobody listens at {host}.", f"{_ADDRESS}, its port, and whether the carrier's server runs."
                )
    match error.data.get("reason"):
        case "unreachable":
            return Said(f"{host} cannot be reached.", f"{_ADDRESS}, this machine's network, and what lies between.")
        case "timeout":
            return Said(
                f"No answer came from {host} in time.", "Try again, or give it longer with settings.deadline_s."
            )
        case "broken":
            return Said(f"{host} broke the connection off.", f"Try again; if it stays: {_ADDRESS.lower()}, its port.")
    return None


def _answered(error: errors.CarrierError, account: CarrierAccount, host: str) -> Said:
    status, reason = error.data.get("status"), str(error.data.get("reason") or error.code)
    code = str(error.data.get("unrecognised") or reason)
    code += f", HTTP {status}" if status and f"http_{status}" != code else ""
    words = f": {error.detail}" if error.detail else ""
    if reason in _REFUSED or status == httpx.codes.UNAUTHORIZED:
        names = ", ".join(sorted(account.credentials)) or "its credentials"
        step = f"Check {names}, and that {host} is what they are for: test and production have their own."
        return Said(f"The credentials were refused ({code}).", step)
    match error:
        case errors.CarrierThrottled():
            wait = error.data.get("retry_after")
            span = f" for {wait:.0f} s" if isinstance(wait, float) else ""
            return Said(
                f"It asks us to slow down{span} ({code}).", "Try again then; if it stays, lower settings.rate_per_s."
            )
        case errors.CarrierMisbehaved():
            step = f"{_ADDRESS}: the address of its API, version included, and not of a web page."
            return Said(f"Its answer makes no sense ({code}){words}.", step)
        case errors.CarrierUnavailable():
            return Said(f"It answers with an error of its own ({code}){words}.", "Try again later, or ask the carrier.")
    way = f"an example within {country_of(account)}"
    step = "Check whether the account is open for this country and service."
    if status is None:  # perhaps its adapter knew without asking
        return Said(f"It declines {way} ({code}){words}.", step)
    return Said(f"It answers, and refuses {way} ({code}){words}.", f"It was reached, and understood us. {step}")


def _host(error: errors.CarrierError, account: CarrierAccount) -> str:
    """Whom we spoke to: tokens may come from elsewhere than everything else."""
    url = httpx.URL(str(account.settings.get("base_url", "")))
    for cause in _causes(error):
        if isinstance(cause, httpx.RequestError):
            url = cause.request.url
    return url.netloc.decode("ascii", "replace")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and whatever stands behind it."""
    behind: Any = error
    while behind is not None:
        yield behind
        behind = behind.__cause__ or behind.__context__
