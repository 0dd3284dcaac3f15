"""Where a tool finds what it needs: in its own environment, else in the folder of an Entrega that runs here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.exc import ProgrammingError

from domain import errors
from runtime.beside import running_beside
from runtime.settings import Settings, load_settings

USUAL = Path(".entrega")


class DatabaseUnusable(Exception):
    """The database does not answer, or not as it should; the message says what to do."""


class Found(NamedTuple):
    """Settings to work with, where running processes tell their metrics, and the folder all this was found in."""

    settings: Settings
    metrics: tuple[str, ...]
    folder: Path | None = None


def find(state: Path | None) -> Found:
    """By `state` if it is given; else by the environment; else in the usual folder. Raises NotRunning, or
    SettingMissing for a setting that cannot be used."""
    settings = load_settings()
    if state is None and settings.quotes_database_url is not None:
        return Found(settings, _metrics(settings))
    folder = state or USUAL
    settings, urls = running_beside(folder)
    api = (f"{urls['api']}/metrics",) if "api" in urls else ()
    return Found(settings, (*api, *_metrics(settings)), folder)


def _metrics(settings: Settings) -> tuple[str, ...]:
    address = settings.worker_own_metrics_address
    return (f"{'https' if settings.tls_cert_file else 'http'}://{address}/metrics",) if address else ()


@contextmanager
def answering() -> Iterator[None]:
    """Around what reads the database; raises DatabaseUnusable."""
    try:
        yield
    except errors.Unavailable as error:
        said = str(getattr(error.__cause__, "orig", None) or error.detail).strip()
        raise DatabaseUnusable(f"{said}. Check ENTREGA_QUOTES_DATABASE_URL, or run `entrega up`") from error
    except ProgrammingError as error:
        raise DatabaseUnusable("the database has not been prepared: run `entrega migrate`") from error
