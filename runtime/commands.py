"""What only whoever runs Entrega does, by hand: its signing keys, and the people who cannot register by themselves."""

from pathlib import Path
from typing import Annotated

import typer

keys = typer.Typer(help="The keys that sign access tokens.", no_args_is_help=True)
users = typer.Typer(help="People who cannot register by themselves.", no_args_is_help=True)


@keys.command("rotate")
def rotate_keys(
    folder: Annotated[Path | None, typer.Option(help="Folder of the keys; ENTREGA_KEYS_DIR, if not given.")] = None,
    force: Annotated[bool, typer.Option(help="Although the next key may not be known everywhere yet.")] = False,
) -> None:
    """Signs with the next key from now on, makes another to follow it, and forgets those whose tokens have expired.

    Nothing is restarted and nobody signed out: verifiers have known the next key since it was made.
    """
    from runtime.settings import load_settings
    from runtime.signing import rotate

    signs, follows, forgotten = rotate(folder or load_settings().need("keys_dir"), force=force)
    typer.echo(f"{signs} signs, {follows} follows" + (f"; forgotten: {', '.join(forgotten)}" if forgotten else ""))


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
