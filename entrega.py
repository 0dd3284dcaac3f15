"""The front door: one command, everything Entrega can do; each command imports only what it needs."""

import contextlib
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from runtime.archive_commands import archive
from runtime.commands import audit, figures, keys, temporal, users
from runtime.recovery_commands import backup, reconcile, restore, restore_drill

if TYPE_CHECKING:
    from runtime.embedded import Stack

SERVICES = ("users", "quotes", "availability", "deliveries", "tracking", "notifications")
_MOST_HEADER_BYTES = 32_768

# What twenty deliveries need to live their lives in a minute or two instead of days.
DEMO_SPEED = 300.0
DEMO_POLICY = {
    "choose_within": "PT25S",
    "book_deadline": "PT30S",
    "accept_within": "PT10S",
    "unbookable_for": "PT10S",
    "poll_first": "PT8S",
    "poll_longest": "PT30S",
    "settle_for": "PT5S",
}

app = typer.Typer(
    help="Entrega: deliveries from quote to doorstep. On one machine: `entrega up`. To watch it work: `entrega demo`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

carriers_app = typer.Typer(
    help="Lists carriers and their accounts: enabled or what is missing, breaker, last answer. `check NAME` tries one.",
    invoke_without_command=True,
)
app.add_typer(carriers_app, name="carriers")
app.add_typer(audit, name="audit")
app.add_typer(figures, name="figures")
app.add_typer(keys, name="keys")
app.add_typer(temporal, name="temporal")
app.add_typer(users, name="users")
app.add_typer(backup, name="backup")
app.add_typer(archive, name="archive")
for command in (restore, restore_drill, reconcile):
    app.command(command.__name__.replace("_", "-"))(command)

RunningOption = Annotated[
    Path | None,
    typer.Option(
        "--state",
        help="Folder of the Entrega that runs here. Without it: ENTREGA_QUOTES_DATABASE_URL, else .entrega.",
    ),
]
StateOption = Annotated[Path, typer.Option("--state", help="Folder for data, logs and secrets; kept between runs.")]

TlsOption = Annotated[
    bool, typer.Option("--tls", help="TLS on every port, plaintext on none; runs Debian's PostgreSQL.")
]


@app.command()
def up(
    state: StateOption = Path(".entrega"),
    speed: Annotated[
        float, typer.Option(min=0.1, help="How many times faster than life the sandbox's city runs.")
    ] = 60,
    port: Annotated[int | None, typer.Option(help="Port of the API; 8000, or a free one, if not given.")] = None,
    tls: TlsOption = False,
) -> None:
    """Runs the whole system on this machine until Ctrl-C; the same folder goes on where it stopped.

    Servers of your own replace ours: ENTREGA_DATABASE_URL, ENTREGA_MONGO_URL, ENTREGA_TEMPORAL_ADDRESS.
    """

    from runtime.console import run_stack

    async def serve(stack: "Stack") -> int:
        await stack.wait()
        return 0

    raise typer.Exit(run_stack(serve, state, speed=speed, ports={"api": port} if port else {}, tls=tls))


@app.command()
def demo(
    state: Annotated[
        Path | None, typer.Option("--state", help="Folder for data, logs and secrets; one in .entrega if not given.")
    ] = None,
    speed: Annotated[float, typer.Option(min=0.1, help="How many times faster than life the city runs.")] = DEMO_SPEED,
    tls: TlsOption = False,
) -> None:
    """Sends twenty deliveries of all kinds through a system of its own; exit code 0 if each ended as it should."""
    from demo import run
    from runtime.console import run_stack

    async def show(stack: "Stack") -> int:
        right = await run(stack.urls["api"], stack.urls["sandbox"], stack.authority)
        if stack.letters.is_dir():  # unless they went to a mail server of one's own
            typer.echo(f"{len(list(stack.letters.glob('*.eml')))} letters were sent; they lie in {stack.letters}")
        return 0 if right else 1

    folder = state or Path(".entrega", "demo-tls" if tls else "demo")
    raise typer.Exit(run_stack(show, folder, speed=speed, policy=DEMO_POLICY, tls=tls))


@app.command()
def api(
    names: Annotated[list[str], typer.Argument(metavar="NAME...|all", help=f"{', '.join(SERVICES)}; or codec, alone.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Serves one service's HTTP API, several, or all; or the codec server, by which staff read Temporal's payloads."""
    chosen = ["codec"] if names == ["codec"] else _chosen(names, SERVICES)
    import uvicorn

    from api.app import create_app
    from runtime.logs import configure_logs
    from runtime.metrics import tell_metrics
    from runtime.serving import Server
    from runtime.settings import load_settings
    from runtime.tls import server_context

    settings = load_settings()
    configure_logs(settings)
    tls = server_context(settings)
    tell_metrics(settings, settings.metrics_address)
    served = create_app(chosen, settings)
    config = uvicorn.Config(
        served,
        host=host,
        port=port,
        ssl_context_factory=(lambda _config, _default: tls) if tls else None,
        log_config=None,
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=_MOST_HEADER_BYTES,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
    )
    with contextlib.suppress(KeyboardInterrupt):
        Server(config, served.state.leaving, settings.serve_on_for).run()


@app.command()
def openapi() -> None:
    """Prints the OpenAPI of all services as JSON: what the web app's types are generated from."""
    import json

    from api.app import description

    typer.echo(json.dumps(description(SERVICES), indent=1, ensure_ascii=False, sort_keys=True))


@app.command()
def worker(
    names: Annotated[list[str], typer.Argument(metavar="NAME...|all", help="Task queues, named like the services.")],
) -> None:
    """Runs one task queue's worker, several, or all, until SIGTERM; what runs then comes to its end."""
    import asyncio

    from runtime.calls import never_connected
    from runtime.queues import QUEUES
    from runtime.settings import load_settings
    from runtime.traces import process_name, traced
    from workers.run import run_workers

    chosen = _chosen(names, QUEUES)
    settings = load_settings()
    try:
        with traced(settings, process_name("worker", chosen)):
            asyncio.run(run_workers(chosen, settings))
    except RuntimeError as error:
        if not never_connected(error):
            raise
        _fail(f"Temporal does not answer at {settings.temporal_address}: start it, or set ENTREGA_TEMPORAL_ADDRESS")


@app.command()
def relay() -> None:
    """Copies the journal to MongoDB and tells subscribers of it, from where it stopped, until SIGTERM."""
    import asyncio

    from runtime.settings import load_settings
    from runtime.traces import traced
    from workers.relay import run_relay

    settings = load_settings()
    with traced(settings, "relay"):
        asyncio.run(run_relay(settings))


@app.command()
def migrate() -> None:
    """Brings the database at ENTREGA_DATABASE_URL to the newest shape, with partitions ahead; nothing to do is fine."""
    from sqlalchemy.exc import OperationalError

    from runtime.settings import load_settings
    from storage.migrations import make_partitions, upgrade

    settings = load_settings()
    url: str = settings.need("database_url")
    try:
        upgrade(url)
        make_partitions(url, settings.journal_partition)
    except OperationalError as error:
        _fail(f"the database refused: {str(error.orig).strip()}. Check ENTREGA_DATABASE_URL, then try again")


@carriers_app.callback()
def carriers(context: typer.Context, state: RunningOption = None) -> None:
    """Lists every carrier and its accounts: enabled or what is missing, breaker, last answer."""
    context.obj = state
    if context.invoked_subcommand is None:
        from runtime.accounts import list_carriers

        raise typer.Exit(list_carriers(state))


@carriers_app.command()
def check(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A carrier, or CARRIER/ACCOUNT.")],
    state: RunningOption = None,
) -> None:
    """Asks for a quote, which binds nobody, and says in plain words what is wrong; exit code 0 if nothing is."""
    from runtime.accounts import check_carriers

    raise typer.Exit(check_carriers(state or context.obj, name))


@app.command()
def doctor(state: RunningOption = None) -> None:
    """Looks at a running installation and says in plain words what is wrong, with the next step; exit code 1 if
    something is. Asks carriers for a quote, which binds nobody; changes nothing."""
    from runtime.doctor import examine

    raise typer.Exit(examine(state))


@app.command()
def prepare(
    folder: Annotated[Path, typer.Argument(help="Where it is made; deploy/compose.yaml looks for ./installation.")],
    host: Annotated[str, typer.Option(help="The name under which people reach it, as in entrega.example.com.")],
) -> None:
    """Makes an authority, certificates, passwords and keys for one machine with containers; again, it renews them."""
    from runtime.preparing import prepare as fill

    for left in fill(folder, host):
        typer.echo(left)


@app.command()
def version() -> None:
    """Says which version this is."""
    from importlib.metadata import version as installed

    typer.echo(installed("entrega"))


def main() -> NoReturn:
    """Runs a command, then leaves by os._exit: a Temporal client can abort an orderly end (sdk-python#300)."""
    code = 1
    try:
        app()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except Exception as error:  # noqa: BLE001
        if _is_expected(error):
            typer.secho(f"entrega: {error}", fg="red", err=True)
        else:
            _say_where(error)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _say_where(error: Exception) -> None:
    """By its kind and its places: what it says may be somebody's, and this too ends in a log."""
    from runtime.logs import kinds, places

    why = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    typer.secho(f"entrega: an error of ours: {', '.join(kinds(error))}{why}", fg="red", err=True)
    typer.echo("\n".join(f"  {place}" for place in places(error)), err=True)


def _is_expected(error: Exception) -> bool:
    """Whether the message says it all, next step included."""
    from domain.errors import DomainError
    from runtime._state import AlreadyRunning, NotRunning, PortTaken
    from runtime.accounts.checking import NothingToCheck
    from runtime.accounts.finding import DatabaseUnusable
    from runtime.backup.fetching import RestoreRefused
    from runtime.backup.postgres import BackupFailed
    from runtime.backup.vault import Damaged, VaultUnusable
    from runtime.settings import SettingMissing
    from runtime.signing import TooSoon
    from runtime.supervisor import PartFailed
    from storage._keks import KeyFileUnusable

    ours = SettingMissing | KeyFileUnusable | AlreadyRunning | NotRunning | PortTaken | PartFailed | TooSoon
    recovery = RestoreRefused | BackupFailed | Damaged | VaultUnusable
    return isinstance(error, ours | recovery | NothingToCheck | DatabaseUnusable | DomainError)


def _fail(message: str) -> NoReturn:
    typer.secho(f"entrega: {message}", fg="red", err=True)
    raise typer.Exit(1)


def _chosen(names: list[str], known: tuple[str, ...]) -> list[str]:
    if names == ["all"]:
        return list(known)
    if unknown := sorted(set(names) - set(known)):
        _fail(f"unknown: {', '.join(unknown)}. Choose from {', '.join(known)}, or all")
    return names


if __name__ == "__main__":
    main()
