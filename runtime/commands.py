"""What only whoever runs Entrega does, by hand: keys, the audit log, figures, Temporal, people who cannot register."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

keys = typer.Typer(help="The keys that seal what is personal, and those that sign access tokens.", no_args_is_help=True)
audit = typer.Typer(help="The audit log in MongoDB.", no_args_is_help=True)
figures = typer.Typer(help="What is counted from the journal.", no_args_is_help=True)
temporal = typer.Typer(help="A Temporal of your own.", no_args_is_help=True)
users = typer.Typer(help="People who cannot register by themselves.", no_args_is_help=True)

BesideOption = Annotated[
    Path | None, typer.Option("--state", help="Folder of the Entrega that runs here; the environment, if not given.")
]


class KeyKind(StrEnum):
    """Which keys are rotated."""

    ALL = "all"
    DATA = "data"
    SIGNING = "signing"


@keys.command("rotate")
def rotate_keys(
    kind: Annotated[KeyKind, typer.Option(help="Those that wrap data keys, those that sign access tokens, or all.")] = (
        KeyKind.ALL
    ),
    state: BesideOption = None,
    folder: Annotated[Path | None, typer.Option(help="Folder of signing keys; ENTREGA_KEYS_DIR, if not given.")] = None,
    force: Annotated[bool, typer.Option(help="Although the next signing key may not be known everywhere yet.")] = False,
) -> None:
    """Wraps every data key by a new key-encryption key; signs with the next signing key from now on, and makes another.

    Nothing is restarted, nobody signed out, nothing unreadable meanwhile. Stopped anywhere, it goes on when run again.
    A key-encryption key's file may go once `entrega keys list` says that it wraps none, and no backup needs it.
    """
    import asyncio

    from runtime.beside import settings_beside
    from runtime.console import counting
    from runtime.data_keys import rotate_data_keys
    from runtime.signing import rotate

    settings = settings_beside(state)
    if kind is not KeyKind.SIGNING:
        with counting("wrapping data keys") as progress:
            kek_id, count = asyncio.run(rotate_data_keys(settings, progress))
        typer.echo(f"{kek_id} wraps every data key; {count} were wrapped anew")
    if kind is not KeyKind.DATA:
        signs, follows, forgotten = rotate(folder or settings.need("keys_dir"), force=force)
        typer.echo(f"{signs} signs, {follows} follows" + (f"; forgotten: {', '.join(forgotten)}" if forgotten else ""))


@keys.command("list")
def list_keys(state: BesideOption = None) -> None:
    """Says how many data keys each key-encryption key wraps, and how many subjects were erased; exit code 1 if the file
    of a key that wraps any is missing."""
    import asyncio

    from runtime.beside import settings_beside
    from runtime.data_keys import list_data_keys

    used, erased = asyncio.run(list_data_keys(settings_beside(state)))
    for kek in used:
        notes = [note for note, so in (("wraps new ones", kek.current), ("its file is missing", not kek.here)) if so]
        typer.echo(f"{kek.kek_id}  wraps {kek.wraps}" + (f"  ({', '.join(notes)})" if notes else ""))
    typer.echo(f"erased: {erased}")
    raise typer.Exit(int(not all(kek.here for kek in used)))


@keys.command("erase-again")
def erase_keys_again(state: BesideOption = None) -> None:
    """After a backup was restored: deletes the data keys that it brought back, of all who were erased since, as journal
    and audit log tell. Before anything else is started; again is harmless."""
    import asyncio

    from runtime.beside import settings_beside
    from runtime.data_keys import erase_again

    typer.echo(f"erased again: {asyncio.run(erase_again(settings_beside(state)))}")


@audit.command("verify")
def verify_audit(state: BesideOption = None) -> None:
    """Walks every chain of the audit log and compares its end with the journal; exit code 1 if a line is missing, was
    altered or does not belong there."""
    import asyncio

    from runtime.audit import verify
    from runtime.beside import settings_beside

    raise typer.Exit(asyncio.run(verify(settings_beside(state), typer.echo)))


@figures.command("rebuild")
def rebuild(state: BesideOption = None) -> None:
    """Counts every line of the journal anew, beside the figures that are read meanwhile, and puts the new ones in their
    place. Stopped anywhere, nothing has changed."""
    import asyncio

    from runtime.beside import settings_beside
    from runtime.console import counting
    from runtime.figures import rebuild_figures

    settings = settings_beside(state)
    with counting("counting lines") as progress:
        lines = asyncio.run(rebuild_figures(settings, progress))
    typer.echo(f"{lines} lines counted anew")


@temporal.command("prepare")
def prepare_temporal() -> None:
    """Adds the search attributes that workflows write, as far as the namespace does not have them; again is harmless.

    Before the first worker: its workflows cannot begin without them. Whoever runs it must be an administrator there.
    """
    import asyncio

    from runtime.namespaces import prepare
    from runtime.settings import load_settings

    added = asyncio.run(prepare(load_settings()))
    typer.echo(f"added: {', '.join(added)}" if added else "nothing was missing")


@users.command("create-admin")
def create_admin(
    email: Annotated[str, typer.Option(prompt=True, help="Address to sign in with.")],
    name: Annotated[str, typer.Option(prompt=True, help="As others see it.")],
    password_file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="File that holds the password; asked for if not.")
    ] = None,
) -> None:
    """Makes an administrator; the password is asked for, or read from a file, and never a default."""
    import asyncio

    from runtime.people import add_admin
    from runtime.settings import load_settings
    from runtime.wiring import Wiring

    settings = load_settings()
    settings.database_url_for("users")
    if password_file is None:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = password_file.read_text().rstrip("\r\n")

    async def add() -> str:
        async with Wiring(settings) as wiring:
            return (await add_admin(wiring, email, name, password)).id

    typer.echo(f"{asyncio.run(add())} may sign in as an administrator")
