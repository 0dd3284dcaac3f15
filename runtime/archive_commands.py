"""Archives as a person or a schedule types them: putting old months and deliveries away, and looking at them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from runtime.commands import BesideOption
from runtime.recovery_commands import IdentityOption, ToOption

archive = typer.Typer(
    help="Takes deliveries and their lines of old months out of the database, once they lie sealed in an archive.",
    invoke_without_command=True,
)

NameArgument = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A month, as in `entrega archive list`: journal_2026_08; or a delivery: del_…"),
]
WhereOption = Annotated[
    str | None,
    typer.Option("--from", help="Where archives lie; where the settings say, if not given."),
]


@archive.callback()
def put_away(context: typer.Context, state: BesideOption = None, to: ToOption = None) -> None:
    """Archives every month that ended more than ENTREGA_JOURNAL_HOT_DAYS ago: seals its lines for
    ENTREGA_BACKUP_RECIPIENTS_FILE, reads back what it wrote, and only then takes them out of the database, as its
    owner; then, alike, the deliveries that have no line left. Stopped anywhere, nothing is lost: run it again. A month
    waits while any of its deliveries goes on."""
    context.obj = state
    if context.invoked_subcommand is not None:
        return
    import asyncio
    from datetime import UTC, datetime

    from runtime.archiving import archive as put
    from runtime.beside import settings_beside
    from runtime.console import counting

    with counting("sealing") as progress:
        done = asyncio.run(put(settings_beside(state), to, datetime.now(UTC), typer.echo, progress))
    typer.echo(f"archived: {done.months} months, {done.deliveries} deliveries")


@archive.command("list")
def list_archives(context: typer.Context, state: BesideOption = None) -> None:
    """Says what was archived, and when."""
    import asyncio

    from runtime.archiving import known_archives
    from runtime.beside import settings_beside

    months, pieces = asyncio.run(known_archives(settings_beside(state or context.obj)))
    for one in months:
        since = one["since"].date() if one["since"] else "the beginning"
        gone = f"  forgotten {one['forgotten_at'].date()}" if one["forgotten_at"] else ""
        typer.echo(
            f"{one['name']}  {since} to {one['until'].date()}  {one['lines']:>12} lines"
            f"  {one['deliveries']} deliveries  archived {one['archived_at'].date()}{gone}"
        )
    if kept := [one for one in pieces if one["forgotten_at"] is None]:
        since, until = min(one["since"] for one in kept).date(), max(one["until"] for one in kept).date()
        held, size = sum(one["deliveries"] for one in kept), sum(one["bytes"] for one in kept)
        typer.echo(f"deliveries that ended {since} to {until}: {held} in {len(kept)} files of {size} bytes")
    if forgotten := sum(one["deliveries"] for one in pieces) - sum(one["deliveries"] for one in kept):
        typer.echo(f"deliveries forgotten: {forgotten}")


@archive.command("verify")
def verify_archives(
    context: typer.Context, state: BesideOption = None, where: WhereOption = None, identity: IdentityOption = None
) -> None:
    """Reads every archive: that each file is what was written, and, where the secret key is at hand, that every line
    has its hash, and no line and no delivery is missing. Exit code 1 if anything is off."""
    import asyncio

    from runtime.archiving import verify
    from runtime.console import counting

    with counting("reading archives") as progress:
        whole = asyncio.run(verify(_opening(state or context.obj, identity), where, typer.echo, progress))
    raise typer.Exit(not whole)


@archive.command("show")
def show(
    context: typer.Context,
    name: NameArgument,
    delivery: Annotated[str | None, typer.Option(help="Of a month, that delivery's lines alone.")] = None,
    state: BesideOption = None,
    where: WhereOption = None,
    identity: IdentityOption = None,
) -> None:
    """Prints a month's lines, one JSON document each; or a delivery and its scans, as one. Needs the secret key, and
    for a delivery the key-encryption keys."""
    import asyncio

    from runtime.archiving import lines_of
    from runtime.returning import delivery_of

    settings = _opening(state or context.obj, identity)
    if name.startswith("del_"):
        typer.echo(asyncio.run(delivery_of(settings, where, name)))
        return
    for line in lines_of(settings, where, name, delivery):
        typer.echo(line.model_dump_json())


@archive.command("put-back")
def put_back(
    context: typer.Context,
    name: NameArgument,
    state: BesideOption = None,
    where: WhereOption = None,
    identity: IdentityOption = None,
) -> None:
    """Puts a month's lines back into the journal, as for counting figures anew; or a delivery where it was. Needs what
    `show` needs, and is the database's owner. The next `entrega archive` takes them out again."""
    import asyncio

    from runtime.archiving import put_back as put
    from runtime.console import counting
    from runtime.returning import put_delivery_back

    settings = _opening(state or context.obj, identity)
    if name.startswith("del_"):
        asyncio.run(put_delivery_back(settings, where, name))
        typer.echo(f"{name} is where it was")
        return
    with counting("putting lines back") as progress:
        lines = asyncio.run(put(settings, where, name, progress))
    typer.echo(f"{lines} lines of {name} are in the journal again")


def _opening(state: Path | None, identity: Path | None) -> Any:
    from runtime.beside import settings_beside

    settings = settings_beside(state)
    return settings.model_copy(update={"backup_identity_file": identity}) if identity else settings
