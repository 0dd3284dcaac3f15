"""The front door, as a person uses it: what goes wrong is said in a line."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner

from entrega import app
from storage._keks import make_kek, new_key

ROOT = Path(__file__).parents[2]


def entrega(*words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ENTREGA_")}
    command = [sys.executable, "-m", "entrega", *words]
    return subprocess.run(
        command, cwd=ROOT, env={**clean, **env}, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize(
    ("words", "env", "said"),
    [
        (["migrate"], {}, "ENTREGA_DATABASE_URL is not set"),
        (["migrate"], {"ENTREGA_DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, "Check ENTREGA_DATABASE_URL"),
        (["api", "biscuits"], {}, "unknown: biscuits. Choose from users"),
        (["migrate"], {"ENTREGA_LOG_LEVEL": "loud"}, "ENTREGA_LOG_LEVEL"),
        (["api", "users"], {}, "ENTREGA_KEKS_DIR is not set"),
        (["keys", "rotate"], {}, "ENTREGA_KEKS_DIR is not set"),
        (["keys", "list", "--state", "/nowhere"], {}, "/nowhere"),
        (["figures", "rebuild"], {}, "ENTREGA_DELIVERIES_DATABASE_URL is not set"),
        (["backup"], {}, "ENTREGA_BACKUP_URL is not set"),
        (
            ["restore", "--into", "/nowhere", "--secrets", "/", "--from", "/nowhere"],
            {},
            "BACKUP_IDENTITY_FILE is not set",
        ),
        (["restore-drill", "--state", "/nowhere"], {}, "/nowhere/secrets/backup/identity cannot be read"),
        (["reconcile"], {}, "ENTREGA_DELIVERIES_DATABASE_URL is not set"),
        (["api", "codec", "users"], {}, "unknown: codec"),
        (["api", "all"], {"ENTREGA_KEKS_DIR": "/nowhere"}, "/nowhere holds no key-encryption key"),
        (["worker", "quotes"], {"ENTREGA_QUOTES_DATABASE_URL": "postgresql://x"}, "ENTREGA_KEKS_DIR is not set"),
    ],
)
def test_what_is_wrong_is_said_without_a_traceback(words: list[str], env: dict[str, str], said: str) -> None:
    done = entrega(*words, **env)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_help_names_every_command() -> None:
    done = entrega("--help")
    assert done.returncode == 0
    recovery = ("backup", "restore", "restore-drill", "reconcile")
    for command in ("up", "demo", "api", "worker", "relay", "migrate", "keys", "users", "doctor", "version", *recovery):
        assert f" {command} " in done.stdout


def test_a_wrong_option_is_a_usage_error() -> None:
    assert entrega("up", "--sped", "2").returncode == 2


def test_keys_are_rotated_and_what_is_too_soon_is_said(tmp_path: Path) -> None:
    done = entrega("keys", "rotate", "--kind", "signing", ENTREGA_KEYS_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "signs" in done.stdout
    again = entrega("keys", "rotate", "--kind", "signing", "--folder", str(tmp_path))
    assert again.returncode == 1
    assert "not known everywhere before" in again.stderr
    assert "Traceback" not in again.stderr
    assert entrega("keys", "rotate", "--kind", "signing", "--folder", str(tmp_path), "--force").returncode == 0
    assert len(list(tmp_path.glob("*.pem"))) == 3


def _keys(folder: Path) -> dict[str, str]:
    make_kek(folder)
    (folder / "index").write_bytes(new_key())
    return {"ENTREGA_KEKS_DIR": str(folder), "ENTREGA_INDEX_KEY_FILE": str(folder / "index")}


def test_an_administrator_is_made_by_hand_with_a_password_of_their_own(postgres, tmp_path: Path) -> None:
    env = {"ENTREGA_USERS_DATABASE_URL": postgres.url("users"), **_keys(tmp_path)}
    email, file = f"admin.{secrets.token_hex(6)}@example.com", tmp_path / "password"
    create = ["users", "create-admin", "--email", email, "--name", "Ada", "--password-file", str(file)]
    file.write_text("password1234567\n")
    poor = entrega(*create, **env)
    assert poor.returncode == 1
    assert "choose another" in poor.stderr
    file.write_text("a password of one's own\n")
    done = entrega(*create, **env)
    assert done.returncode == 0, done.stderr
    assert "may sign in as an administrator" in done.stdout
    twice = entrega(*create, **env)
    assert twice.returncode == 1
    assert "There is an account with this e-mail" in twice.stderr
    for said in (poor, done, twice):
        assert "one's own" not in said.stdout + said.stderr
        assert "Traceback" not in said.stderr
    with psycopg.connect(postgres.owner) as connection:
        query = "SELECT role, password_hash, email_verified_at IS NOT NULL FROM users.users WHERE id = %s"
        [(role, hashed, verified)] = connection.execute(query, (done.stdout.split()[0],)).fetchall()
    assert (role, verified) == ("admin", True)
    assert PasswordHasher().verify(hashed, "a password of one's own")


def test_without_a_file_the_password_is_asked_for_twice_and_never_shown(
    postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = {"ENTREGA_USERS_DATABASE_URL": postgres.url("users"), **_keys(tmp_path)}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    email = f"admin.{secrets.token_hex(6)}@example.com"
    create = ["users", "create-admin", "--email", email, "--name", "Ada"]
    typed = "a password of one's own\n"
    silent = entrega(*create, **env)
    assert silent.returncode != 0  # nobody is there to answer
    other = CliRunner().invoke(app, create, input=typed + "another one altogether\n")
    assert other.exit_code != 0
    done = CliRunner().invoke(app, create, input=typed * 2)
    assert done.exit_code == 0, done.output
    assert "may sign in as an administrator" in done.output
    assert "one's own" not in done.output + other.output
