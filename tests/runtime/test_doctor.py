"""What lies in files, and servers that are not there: said in plain words, with what to do, and never a secret."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from runtime.doctor.console import findings
from runtime.doctor.files import Files
from runtime.doctor.findings import Finding, State, made
from runtime.settings import Settings
from runtime.signing import rotate
from storage._keks import new_key


async def told(look) -> dict[State, list[Finding]]:
    found: dict[State, list[Finding]] = {}
    for each in await made("a look", look):
        found.setdefault(each.state, []).append(each)
    return found


def certificate(folder: Path, name: str, *, days_gone: int, days_left: int) -> Path:
    now = datetime.now(UTC)
    authority = trustme.CA()
    pair = authority.issue_cert(
        "api.internal", not_before=now - timedelta(days=days_gone), not_after=now + timedelta(days=days_left, hours=1)
    )
    path = folder / name
    pair.cert_chain_pems[0].write_to_path(path)
    return path


@pytest.mark.parametrize(
    ("days_gone", "days_left", "state", "said"),
    [
        (10, 80, State.OK, "80 days more"),
        (75, 15, State.NOTE, "15 days more"),
        (85, 5, State.WRONG, "5 days more"),
        (90, -1, State.WRONG, "has expired"),
    ],
)
async def test_a_certificate_is_told_of_in_time(
    tmp_path: Path, days_gone: int, days_left: int, state: State, said: str
) -> None:
    path = certificate(tmp_path, "ca.pem", days_gone=days_gone, days_left=days_left)
    found = await told(Files(Settings(tls_ca_file=path)).certificates)
    [one] = found[state]
    assert said in one.said
    assert "ENTREGA_TLS_CA_FILE" in one.said


async def test_what_is_no_certificate_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("nothing")
    assert State.WRONG in await told(Files(Settings(tls_ca_file=path)).certificates)


async def test_backups_are_late_missing_or_well(tmp_path: Path) -> None:
    files, told_in = Files(Settings(metrics_textfiles_dir=tmp_path)), tmp_path / "backup.prom"
    assert "no backup" in (await told(files.backups))[State.WRONG][0].said
    for hours, state in ((2, State.OK), (30, State.WRONG)):
        told_in.write_text(f"entrega_backup_last_success_timestamp_seconds {time.time() - hours * 3600}\n")
        [one] = (await told(files.backups))[state]
        assert f"{hours} hours" in one.said
    assert State.NOTE in await told(Files(Settings()).backups)


async def test_a_key_that_holds_something_else_is_named(tmp_path: Path) -> None:
    index, signing = tmp_path / "index", tmp_path / "signing"
    index.write_text("no key")
    settings = Settings(index_key_file=index, keys_dir=signing, tracking_token_key_file=tmp_path / "none")
    wrong = (await told(Files(settings).keys))[State.WRONG]
    assert len(wrong) == 3
    index.write_bytes(new_key())
    rotate(signing)
    settings.tracking_token_key_file.write_text("x")
    found = await told(Files(settings).keys)
    assert State.WRONG not in found
    assert len(found[State.OK]) == 3


async def test_servers_that_are_not_there_are_each_said_to_be_missing_and_no_password_is(tmp_path: Path) -> None:
    nowhere = "postgresql://entrega_{}:s3cret@127.0.0.1:1/entrega"
    settings = Settings(
        database_url=nowhere.format("owner"),
        deliveries_database_url=nowhere.format("deliveries"),
        relay_database_url=nowhere.format("relay"),
        mongo_url="mongodb://entrega:s3cret@127.0.0.1:1/",
        temporal_address="127.0.0.1:1",
        smtp_url="smtp://entrega:s3cret@127.0.0.1:1",
        public_url="https://entrega.example.com",
    )
    found = await findings(settings)
    wrong = {one.what: one for one in found if one.state is State.WRONG}
    assert {"PostgreSQL", "migrations", "Temporal", "audit log", "ledger", "mail"} <= set(wrong)
    assert all(one.next_step for one in wrong.values())
    assert "s3cret" not in repr(found)


async def test_a_look_that_fails_says_so_by_its_kind_alone() -> None:
    async def broken():
        yield Finding("first", State.OK, "seen")
        raise ValueError("somebody@example.com")

    found = await made("broken", broken)
    assert [one.state for one in found] == [State.OK, State.WRONG]
    assert "ValueError" in found[1].said
    assert "somebody" not in repr(found)


def test_without_anything_named_the_doctor_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("ENTREGA_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENTREGA_TEMPORAL_ADDRESS", "127.0.0.1:1")
    from typer.testing import CliRunner

    from entrega import app

    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert "no database is named here" in done.output
