"""Backups as a person or a schedule types them: taking them, restoring, rehearsing, and going on afterwards."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from runtime.commands import BesideOption

backup = typer.Typer(
    help="Takes a backup of both databases; `follow` keeps the last minute.", invoke_without_command=True
)

ToOption = Annotated[
    str | None, typer.Option("--to", help="A folder, or s3://bucket/folder; ENTREGA_BACKUP_URL, if not given.")
]
FromOption = Annotated[
    str | None, typer.Option("--from", help="Where the backups lie; ENTREGA_BACKUP_URL, if not given.")
]
KeepOption = Annotated[
    float, typer.Option("--keep-days", min=0.01, help="Any moment of so many days can be restored; older ones go.")
]
MetricsOption = Annotated[
    Path | None, typer.Option("--metrics-file", help="Writes metrics there, as a node exporter reads them.")
]
SecretsOption = Annotated[
    Path | None, typer.Option("--secrets", help="Folder of secrets, which no backup holds; that of --state, if given.")
]
IdentityOption = Annotated[
    Path | None, typer.Option("--identity", help="age's secret key; ENTREGA_BACKUP_IDENTITY_FILE, if not given.")
]
MomentOption = Annotated[
    datetime | None,
    typer.Option(
        "--to",
        formats=["%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z"],
        help="The moment, with its zone, as in 2026-11-25T20:15:00+00:00; the newest, if not given.",
    ),
]
LostOption = Annotated[
    Path | None, typer.Option("--state", help="Folder of the Entrega that is lost, for its secrets and its backups.")
]


@backup.callback()
def take(
    context: typer.Context,
    state: BesideOption = None,
    to: ToOption = None,
    keep_days: KeepOption = 7,
    full: Annotated[bool, typer.Option(help="All of it, not what has changed since the last one.")] = False,
    metrics_file: MetricsOption = None,
) -> None:
    """Takes a backup of PostgreSQL and MongoDB, sealed for ENTREGA_BACKUP_RECIPIENTS_FILE. It exists once its manifest
    does: stopped anywhere, it never was, and those before it are as they were."""
    context.obj = state
    if context.invoked_subcommand is not None:
        return
    import asyncio

    from runtime.backup.making import make_backup, vault_of
    from runtime.beside import settings_beside
    from runtime.console import counting

    settings = settings_beside(state)
    vault = vault_of(settings, to)
    with counting("copying PostgreSQL") as progress:
        made = asyncio.run(
            make_backup(settings, vault, full=full, keep=timedelta(days=keep_days), say=typer.echo, progress=progress)
        )
    typer.echo(f"backup {made.id} is whole: {made.size} bytes in {vault.url}")
    _tell_metrics(vault, metrics_file)


@backup.command("follow")
def follow_both(
    context: typer.Context,
    state: BesideOption = None,
    to: ToOption = None,
    every: Annotated[float, typer.Option(min=1, max=60, help="Seconds between two looks.")] = 20,
    base_every_hours: Annotated[
        float, typer.Option(min=0, help="Also takes a backup when the newest is older; 0: others do.")
    ] = 24,
    keep_days: KeepOption = 7,
    metrics_address: Annotated[str | None, typer.Option(help="Where Prometheus asks, as in 127.0.0.1:9468.")] = None,
) -> None:
    """Keeps what both databases write, so that no more than a minute can be lost, until SIGTERM. One for each database;
    its folder ENTREGA_BACKUP_SPOOL_DIR must outlive it."""
    import asyncio

    from runtime.backup.following import follow
    from runtime.backup.making import vault_of
    from runtime.backup.metrics import serve
    from runtime.beside import settings_beside
    from runtime.logs import configure_logs

    settings = settings_beside(state or context.obj)
    configure_logs(settings)
    if metrics_address:
        serve(metrics_address, settings)
    asyncio.run(
        follow(
            settings,
            vault_of(settings, to),
            every=every,
            base_every=timedelta(hours=base_every_hours),
            keep=timedelta(days=keep_days),
        )
    )


@backup.command("list")
def list_backups(context: typer.Context, state: LostOption = None, where: FromOption = None) -> None:
    """Says which backups there are, and up to when everything is kept."""
    from runtime.backup.making import vault_of
    from runtime.backup.manifest import followed, last_drill, manifests

    vault = vault_of(*_of_the_lost(state or context.obj, where))
    for one in manifests(vault):
        kind = f"increment of {one.postgres.parent}" if one.postgres.parent else "full"
        typer.echo(f"{one.id}  {one.ended_at.isoformat(timespec='seconds')}  {one.size:>12} bytes  {kind}")
    reached, drill = followed(vault), last_drill(vault)
    typer.echo(
        f"followed up to {reached.mark.at.isoformat()}" if reached else "nobody follows: restores end at a backup"
    )
    typer.echo(f"last drill {drill.at.isoformat(timespec='seconds')}: {drill.outcome}" if drill else "never rehearsed")


@backup.command("make-key")
def make_key(folder: Annotated[Path, typer.Argument(help="Folder for both files.")]) -> None:
    """Makes a pair of age's keys: `recipients` is for whoever takes backups, `identity` is to be kept elsewhere."""
    from runtime.backup.vault import make_identity

    identity, recipients = make_identity(folder)
    typer.echo(f"{recipients} seals; {identity} opens, and without it no backup is worth anything")


def restore(
    into: Annotated[Path, typer.Option("--into", help="A new folder, for `entrega up --state`.")],
    to: MomentOption = None,
    where: FromOption = None,
    state: LostOption = None,
    secrets: SecretsOption = None,
    identity: IdentityOption = None,
) -> None:
    """Puts both databases back as they were at a moment, into a new folder and never over what is there. Then start it,
    and `entrega reconcile`; docs/backup.md tells the whole way."""
    import asyncio

    from runtime.backup.making import vault_of
    from runtime.backup.restoring import restore as put_back
    from runtime.console import counting

    settings, url = _of_the_lost(state, where, identity)
    vault = vault_of(settings, url, reads=True)
    with counting("putting files back") as progress:
        asyncio.run(put_back(vault, into, _secrets(state, secrets), to, typer.echo, progress, settings.mongo_database))
    typer.echo(
        f"{into} holds both databases. Next: `entrega up --state {into}`, then `entrega reconcile --state {into}` "
        "beside it. Its backups need a place of their own: it has another history from here on"
    )


def restore_drill(
    where: FromOption = None,
    state: LostOption = None,
    identity: IdentityOption = None,
    metrics_file: MetricsOption = None,
) -> None:
    """Restores the newest there is into servers of its own, checks that everything is there and right, and says how
    long it took and how much would have been lost; exit code 1 if anything is off."""
    import asyncio

    from runtime.backup.drilling import drill
    from runtime.backup.making import vault_of
    from runtime.console import counting

    settings, url = _of_the_lost(state, where, identity)
    with counting("putting files back") as progress:
        report = asyncio.run(drill(settings, url, typer.echo, progress))
    lost = f"{report.rpo_s:.0f} s of the newest past would be lost (RPO), and " if report.rpo_s is not None else ""
    typer.echo(f"{report.outcome}: {lost}{report.rto_s:.0f} s until all was there and checked (RTO)")
    _tell_metrics(vault_of(settings, url), metrics_file)
    raise typer.Exit(report.outcome != "right")


def reconcile(
    state: BesideOption = None,
    restart: Annotated[
        list[str] | None,
        typer.Option(help="A delivery that is to go on from its row although its workflow is over."),
    ] = None,
) -> None:
    """After a restore, with Temporal up: whatever only the databases know goes on from its row; what only Temporal
    knows is told, and marked in the audit log (`workflow.unknown`). Again is harmless."""
    import asyncio

    from runtime.beside import settings_beside
    from runtime.console import counting
    from runtime.reconciling import reconcile as go_on

    settings = settings_beside(state)
    with counting("looking at deliveries") as progress:
        done = asyncio.run(go_on(settings, restart or [], typer.echo, progress))
    typer.echo(
        f"deliveries that go on: {done['started']}, that ran: {done['running']}, for a human: {done['marked']}; "
        f"imports {done['imports']}, replays {done['replays']}, told again {done['told']}, letters {done['letters']}"
    )


def _of_the_lost(state: Path | None, where: str | None, identity: Path | None = None) -> tuple[Any, str | None]:
    """Settings of what need not run, and the place of its backups."""
    from runtime.settings import load_settings

    settings = load_settings()
    if state is not None:
        where = where or str(state / "backups")
        identity = identity or state / "secrets" / "backup" / "identity"
    return settings.model_copy(update={"backup_identity_file": identity} if identity else {}), where


def _secrets(state: Path | None, secrets: Path | None) -> Path:
    if secrets is None and state is None:
        raise typer.BadParameter("name the folder of secrets with --secrets, or the lost Entrega's with --state")
    return secrets or (state or Path()) / "secrets"


def _tell_metrics(vault: Any, path: Path | None) -> None:
    from runtime.backup.metrics import write_metrics

    if path is not None:
        write_metrics(vault, path)
