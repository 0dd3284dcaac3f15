"""One machine's compose file: it tells each process enough and nothing in the clear, what it runs may do nothing it
need not, and its proxy sends every path to the service that answers it."""

import asyncio
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from cryptography import x509

from api.app import description
from runtime._certificates import Certificates
from runtime._mongo import _FURTHER, _RIGHTS
from runtime._temporal import SEARCH_ATTRIBUTES
from runtime._theirs import BACKS_UP
from runtime.archiving import vault_of as archives
from runtime.backup.making import vault_of
from runtime.backup.postgres import Server, run
from runtime.parts import check
from runtime.preparing import OURS, PROCESSES, prepare
from runtime.serving import leaves_within
from runtime.settings import SERVICES as OF_ALL
from runtime.settings import SettingMissing, Settings, load_settings
from runtime.temporal import ENDS_WITHIN
from runtime.tls import inside_trust, server_context, temporal_door

DEPLOY = Path(__file__).parents[2] / "deploy"
HOST = "entrega.example.com"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = {"migrate", "operator", "archive", "mongo-start", "temporal-schema", "temporal-namespace"}
SECRETS = ":/run/secrets:ro"
NAMES = ("users", "quotes", "availability", "deliveries", "tracking", "notifications")


def filled(value: str, installation: Path) -> str:
    """As compose fills in variables."""
    known = {"ENTREGA_HOST": HOST, "ENTREGA_INSTALLATION": str(installation)}
    return re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda found: known.get(found[1], found[2] or ""), value)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compose") / "installation"
    (folder / "given").mkdir(parents=True)
    (folder / "given" / "ENTREGA_SMTP_URL").write_text("smtps://entrega:secret@mail.example.com:465\n")
    assert len(prepare(folder, HOST)) == 2  # Alertmanager's password, and the key that opens backups is still there
    return folder


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_a_process_is_told_all_it_needs_and_nothing_that_travels_in_the_clear(
    name: str, installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = SERVICES[name]
    mounted = [filled(each, installation) for each in service["volumes"]]
    (source,) = (each.removesuffix(SECRETS) for each in mounted if each.endswith(SECRETS))
    secrets = tmp_path / "secrets"  # what it sees at /run/secrets, with its paths made ours
    secrets.mkdir()
    for path in Path(source).rglob("*"):
        if path.is_file():
            target = secrets / path.relative_to(source)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes().replace(b"/run/secrets", str(secrets).encode()))
    for variable, value in service["environment"].items():
        monkeypatch.setenv(variable, filled(value, installation).replace("/run/secrets", str(secrets)))
    settings = load_settings()  # which refuses whatever would travel in the clear
    if name in ("migrate", "archive"):
        assert settings.database_url
        if name == "archive":
            assert settings.need("mongo_url")
            assert archives(settings, str(tmp_path / "vault")).put_small("x", b"").size
        return
    if name == "backup":
        assert settings.backup_database_url
        assert settings.need("backup_mongo_url")
        assert settings.backup_spool_dir == Path("/spool")
        assert vault_of(settings, str(tmp_path / "vault")).write_open("x", b"").size
        with pytest.raises(SettingMissing):  # who takes backups opens none
            vault_of(settings, str(tmp_path / "vault"), reads=True)
    assert settings.database_url is None
    inside_trust(settings)
    assert server_context(settings) is not None
    assert temporal_door(settings) is not None
    command = service.get("command", [])
    if command[:1] == ["api"]:
        check(settings, [command[1]])
        settings.database_url_for(command[1])
        assert name == "users-api" or settings.keys_dir is None
    elif command[:1] == ["worker"]:
        settings.database_url_for(command[1])
    elif name != "backup":
        # Doctor and the runbooks' commands look as each service does.
        for each in {"relay": ("relay", "notifications"), "codec": ("codec",)}.get(name, OF_ALL):
            settings.database_url_for(each)
    if PROCESSES[name].mails:
        settings.need("smtp_url")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_may_do_nothing_it_need_not(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"].split(":")[0] not in ("0", "root")
    assert service["read_only"] is (name != "temporal-ui")
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert "privileged" not in service
    assert not service["image"].endswith(":latest")
    assert ":" in service["image"]
    assert name in ONCE or service["healthcheck"]
    assert service.get("ports", []) == (["443:8443"] if name == "proxy" else [])
    written = " ".join(str(value) for value in service.get("environment", {}).values())
    assert not re.search(r"://[^/\s]*:[^/\s]*@", written)  # passwords are files


def test_only_who_calls_strangers_and_who_lets_people_in_leaves_the_machine() -> None:
    open_networks = {name for name, network in COMPOSE["networks"].items() if not network.get("internal")}
    assert open_networks == {"edge", "out"}
    out = {name for name, service in SERVICES.items() if "out" in service["networks"]}
    assert out == {f"{name}-{kind}" for name in NAMES for kind in ("api", "worker")} | {
        "operator",
        "alertmanager",
        "archive",
        "backup",
    }
    assert [name for name, service in SERVICES.items() if "edge" in service["networks"]] == ["proxy"]
    for server in ("postgres", "mongo", "valkey"):
        assert SERVICES[server]["networks"] == ["data"]


def test_traces_go_where_they_are_taken() -> None:
    receivers = yaml.safe_load((DEPLOY / "monitoring" / "tempo.yml").read_text())["distributor"]["receivers"]
    taken = receivers["otlp"]["protocols"]["http"]
    for name, service in SERVICES.items():
        if url := service.get("environment", {}).get("ENTREGA_TRACES_URL"):
            assert url == f"https://tempo:{taken['endpoint'].rpartition(':')[2]}/v1/traces"
            assert name == "migrate" or name in ONCE or "watch" in service["networks"], name
    assert "tempo" not in PROCESSES
    assert {path.rpartition("/")[0] for path in taken["tls"].values() if path.startswith("/")} == {"/run/secrets"}


def test_every_file_that_is_mounted_is_there(installation: Path) -> None:
    missing = []
    for name, service in SERVICES.items():
        for each in service.get("volumes", []):
            source = filled(each, installation).partition(":")[0]
            if source.startswith(("./", "/")) and not (DEPLOY / source).exists():
                missing.append((name, source))
    assert not [each for each in missing if (DEPLOY / "monitoring").exists() or "monitoring" not in each[1]]


def test_every_path_of_the_api_goes_to_the_service_that_answers_it() -> None:
    written = (DEPLOY / "proxy" / "Caddyfile").read_text()
    routes = re.findall(r"@(\w+) path (.+)\n\s+handle @\1 \{\n\s+import api ([\w-]+)", written)
    assert {upstream for *_, upstream in routes} == {f"{name}-api" for name in NAMES}
    for name in NAMES:
        for path in description([name])["paths"]:
            concrete = re.sub(r"\{[^}]+\}", "x", path)
            to = [up for _, patterns, up in routes if any(fnmatchcase(concrete, each) for each in patterns.split())]
            assert to == [f"{name}-api"], path


def test_whoever_is_told_to_end_has_the_time_it_takes() -> None:
    serve_on = Settings().serve_on_for
    needs = max(leaves_within(serve_on), ENDS_WITHIN.total_seconds())
    for name in PROCESSES.keys() - ONCE:
        assert int(SERVICES[name]["stop_grace_period"].removesuffix("s")) > needs, name
    written = (DEPLOY / "proxy" / "Caddyfile").read_text()
    (keeps,) = re.findall(r"\n\s+keepalive (\d+)s\n", written)
    assert int(keeps) < serve_on  # it lets go of a connection that stands idle first
    (gives,) = re.findall(r"\n\s+grace_period (\d+)s", written)
    assert "stop_grace_period" not in SERVICES["proxy"]
    assert int(gives) < 10  # compose's own


def test_what_others_are_told_by_files_is_what_the_code_says() -> None:
    script = (DEPLOY / "temporal" / "namespace.sh").read_text()
    (said,) = re.findall(r'attributes="(.+)"', script)
    assert dict(each.split(":") for each in said.split()) == SEARCH_ATTRIBUTES
    rights = (DEPLOY / "mongo" / "start.js").read_text()
    for user, collections in _RIGHTS.items():
        (line,) = re.findall(rf"  {user}: \[(.*)\],", rights)
        found = {
            name: tuple(re.findall(r'"(\w+)"', verbs)) for name, verbs in re.findall(r'of\("(\w+)", \[(.+?)\]', line)
        }
        assert found == {name: tuple(verbs) for name, verbs in collections.items()}
        (more,) = re.findall(rf'{user}: \[{{ role: "(\w+)"', rights) or [None]
        assert _FURTHER.get(user, (None,)) == (more,)


def test_made_again_it_renews_nothing_that_is_good_and_a_new_name_at_once(installation: Path) -> None:
    def all_of_it() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in installation.rglob("*") if path.is_file()}

    before = all_of_it()
    prepare(installation, HOST)
    assert all_of_it() == before
    prepare(installation, "elsewhere.example.com")
    changed = {path for path, content in all_of_it().items() if content != before.get(path)}
    assert {Path(path).parent.name for path in changed} == {"proxy", "tls"}
    shown = x509.load_pem_x509_certificate((installation / "proxy" / "tls.pem").read_bytes())
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "*.elsewhere.example.com" in names.get_values_for_type(x509.DNSName)
    prepare(installation, HOST)


def test_the_role_that_backs_up_may_do_what_that_takes_and_write_nothing(postgres: Any) -> None:
    with psycopg.connect(postgres.owner, autocommit=True) as owner:
        owner.execute("CREATE ROLE entrega_backup LOGIN")
        try:
            for each in BACKS_UP:
                owner.execute(each)
            asyncio.run(_backs_up(postgres.url("backup")))
        finally:
            owner.execute("DROP OWNED BY entrega_backup")
            owner.execute("DROP ROLE entrega_backup")


async def _backs_up(url: str) -> None:
    server = await Server.at(url)
    assert server.database == "entrega"
    assert await server.keks() is not None
    assert await server.end_segment() > 0
    before = await server.mark()
    assert (await server.mark(before)).at >= before.at
    argv, env = server.command("pg_receivewal", "--slot=compose_test", "--create-slot")
    await run(argv, env)
    argv, env = server.command("pg_receivewal", "--slot=compose_test", "--drop-slot")
    await run(argv, env)
    async with await psycopg.AsyncConnection.connect(url) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("DELETE FROM journal.journal")


def test_who_took_the_key_to_backups_away_gets_no_other(installation: Path) -> None:
    backup = installation / "secrets" / "backup"
    recipients, identity = (backup / "recipients").read_bytes(), (backup / "identity").read_bytes()
    assert identity not in [path.read_bytes() for path in installation.glob("*/*") if path.is_file()]
    (backup / "identity").unlink()
    assert not [each for each in prepare(installation, HOST) if "identity" in each]
    assert (backup / "recipients").read_bytes() == recipients == (installation / "backup/recipients").read_bytes()
    (backup / "identity").write_bytes(identity)
    (backup / "identity").chmod(0o600)


def test_a_secret_is_for_its_process_alone(installation: Path) -> None:
    for path in installation.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    signing = [path.name for path in installation.iterdir() if (path / "keys").exists()]
    assert sorted(signing) == ["operator", "secrets", "users-api"]
    owners = {path.parent.name for path in installation.rglob("ENTREGA_DATABASE_URL")}
    assert owners == {"migrate", "archive"}
    assert Certificates(installation / "secrets" / "tls").authority.exists()
    assert OURS >= 10001
