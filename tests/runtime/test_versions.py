"""What a worker of workflows calls itself."""

import pytest

from runtime.settings import SettingMissing, load_settings
from runtime.versions import code_hash, version_of

_OURS = ("ENTREGA_DEPLOYMENT_NAME", "ENTREGA_BUILD_ID")
_CONTROLLERS = ("TEMPORAL_DEPLOYMENT_NAME", "TEMPORAL_WORKER_BUILD_ID")


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*_OURS, *_CONTROLLERS):
        monkeypatch.delenv(name, raising=False)


def test_by_itself_it_is_what_its_code_says() -> None:
    version = version_of("deliveries", load_settings())
    assert (version.deployment_name, version.build_id) == ("entrega-deliveries", code_hash())


def test_the_worker_controller_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(_CONTROLLERS, ("entrega/entrega-deliveries-worker", "v1.2-77c"), strict=True):
        monkeypatch.setenv(name, value)
    version = version_of("deliveries", load_settings())
    assert (version.deployment_name, version.build_id) == ("entrega/entrega-deliveries-worker", "v1.2-77c")


def test_our_own_words_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_WORKER_BUILD_ID", "theirs")
    monkeypatch.setenv("ENTREGA_BUILD_ID", "ours")
    monkeypatch.setenv("ENTREGA_DEPLOYMENT_NAME", "shop-{queue}")
    version = version_of("notifications", load_settings())
    assert (version.deployment_name, version.build_id) == ("shop-notifications", "ours")


def test_a_name_that_temporal_could_not_take_apart_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREGA_DEPLOYMENT_NAME", "shop.example")
    with pytest.raises(SettingMissing, match="DEPLOYMENT_NAME"):
        load_settings()
