"""Settings: what is missing is named, and no secret is shown."""

from pathlib import Path

import pytest

from runtime.settings import SettingMissing, load_settings


def test_a_missing_address_is_named_with_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ENTREGA_QUOTES_DATABASE_URL", raising=False)
    with pytest.raises(SettingMissing, match=r"ENTREGA_QUOTES_DATABASE_URL is not set.*entrega up"):
        load_settings().database_url_for("quotes")


def test_an_unknown_service_is_refused() -> None:
    with pytest.raises(SettingMissing, match="choose from users"):
        load_settings().database_url_for("quote")


def test_secrets_come_from_files_and_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ENTREGA_MONGO_URL").write_text("mongodb://user:hidden@host/\n")
    monkeypatch.delenv("ENTREGA_MONGO_URL", raising=False)
    monkeypatch.setenv("ENTREGA_SECRETS_DIR", str(tmp_path))
    settings = load_settings()
    assert settings.need("mongo_url") == "mongodb://user:hidden@host/"
    assert "hidden" not in repr(settings)


def test_a_secrets_folder_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREGA_SECRETS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(SettingMissing, match="ENTREGA_SECRETS_DIR"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENTREGA_LOG_FORMAT", "xml"),
        ("ENTREGA_POLICY", "{half"),
        ("ENTREGA_SWEEP_EVERY", "often"),
        ("ENTREGA_GEOCODER_URL", "nominatim.example"),
        ("ENTREGA_GEOCODER_URL", "https://user:word@nominatim.example"),
        ("ENTREGA_CEP_URL", "https://viacep.example/?key=1"),
        ("ENTREGA_GEOCODER_RATE", "-1"),
        ("ENTREGA_PLACES_DEADLINE", "never"),
    ],
)
def test_an_unusable_value_is_named_but_not_repeated(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingMissing) as caught:
        load_settings()
    assert name in str(caught.value)
    assert value not in str(caught.value)


def test_nobody_is_asked_for_places_unless_somebody_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENTREGA_GEOCODER_URL", "ENTREGA_CEP_URL"):
        monkeypatch.delenv(name, raising=False)
    settings = load_settings()
    assert (settings.geocoder_url, settings.cep_url) == (None, None)
    monkeypatch.setenv("ENTREGA_GEOCODER_URL", "http://127.0.0.1:8090/maps")
    assert load_settings().geocoder_url == "http://127.0.0.1:8090/maps"


@pytest.mark.parametrize(
    ("name", "value", "fine"),
    [
        ("DATABASE_URL", "postgresql://me:hidden@db.example/x", False),
        ("QUOTES_DATABASE_URL", "postgresql://me:hidden@db.example/x?sslmode=require", False),
        ("QUOTES_DATABASE_URL", "postgresql://me:hidden@db.example/x?sslmode=verify-full", True),
        ("QUOTES_DATABASE_URL", "postgresql:///x?host=/run/postgresql", True),
        ("QUOTES_DATABASE_URL", "postgresql:///x?host=db.example", False),
        ("MONGO_URL", "mongodb://me:hidden@db.example/", False),
        ("MONGO_URL", "mongodb://me:hidden@db.example/?tls=true", True),
        ("MONGO_URL", "mongodb://me:hidden@db.example/?tls=true&tlsAllowInvalidCertificates=true", False),
        ("MONGO_URL", "mongodb+srv://me:hidden@db.example/", True),
        ("MONGO_URL", "mongodb+srv://me:hidden@db.example/?ssl=false", False),
        ("PUBLIC_URL", "http://entrega.example", False),
        ("JWKS_URL", "https://entrega.example/jwks", True),
        ("GEOCODER_URL", "http://maps.example", False),
        ("CACHE_URL", "redis://:hidden@cache.example", False),
        ("CACHE_URL", "rediss://:hidden@cache.example", True),
        ("SMTP_URL", "smtp://me:hidden@127.0.0.1:25", False),
        ("SMTP_URL", "smtp://me:hidden@mail.example:587", True),
        ("WORKER_METRICS_ADDRESS", "0.0.0.0:9464", False),
        ("WORKER_METRICS_ADDRESS", "127.0.0.1:9464", True),
    ],
)
def test_where_tls_is_required_nothing_is_told_in_the_clear(
    name: str, value: str, fine: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENTREGA_TLS_REQUIRED", "true")
    monkeypatch.setenv(f"ENTREGA_{name}", value)
    if fine:
        load_settings()
        return
    with pytest.raises(SettingMissing, match=f"in the clear: ENTREGA_{name} ") as caught:
        load_settings()
    assert "hidden" not in str(caught.value)
    monkeypatch.delenv("ENTREGA_TLS_REQUIRED")
    load_settings()


def test_how_long_things_are_kept_is_said_in_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREGA_RETENTION__DELIVERIES_DAYS", "365")
    retention = load_settings().retention
    assert (retention.deliveries_days, retention.ended_days, retention.unverified_days) == (365, 30, 0)
    monkeypatch.setenv("ENTREGA_RETENTION__DELIVERIES_DAYS", "-1")
    with pytest.raises(SettingMissing, match="ENTREGA_RETENTION__DELIVERIES_DAYS"):
        load_settings()
