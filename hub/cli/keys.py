"""``hub secret``."""

from __future__ import annotations

import typer

from hub.sealing import new_key as make

app = typer.Typer(no_args_is_help=True, help="The key that seals secrets.")


@app.callback()
def _secret() -> None:
    """So that there is a subcommand, although it is the only one."""


@app.command("new-key")
def new_key() -> None:
    """Print a fresh key for HUB_SECRET_KEY. It is kept nowhere else.

    \b
    Example:
      HUB_SECRET_KEY=$(hub secret new-key)
    """
    typer.echo(make())
