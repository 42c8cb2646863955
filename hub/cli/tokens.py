"""``hub token``."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli import given
from hub.cli.session import ask
from hub.cli.terminal import moment, notes, out, table
from hub.client import Client, Json, document

app = typer.Typer(no_args_is_help=True, help="Tokens: who may ask this hub, and for what.")


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Who or what will use it.")],
    scope: Annotated[
        list[str], typer.Option(help="read, pii, analyse, write, manage or ingest:<source id>; may be repeated.")
    ],
    expires: Annotated[str | None, typer.Option(help="When it ends: 12h, 30d, 8w, 1y or a date.")] = None,
) -> None:
    """Make a token. Its secret is printed once, alone on a line, and never again.

    read shows data with contact data masked, pii unmasks it, write takes entries, manage everything but rows.

    \b
    Examples:
      hub token create website --scope read --expires 30d
      hub token create partner --scope ingest:src_...
      HUB_TOKEN=$(hub token create me --scope read --scope pii)
    """
    wanted = {"name": name, "scopes": scope, "expiresAt": given.expiry(expires)}

    async def work(client: Client) -> Json:
        return await client.write("create_token", wanted)

    made = ask(context, work, make=True)
    token = made["token"]
    until = f", until {moment(token['expiresAt'])}" if token["expiresAt"] else ""
    notes.print(f"{token['id']} {' '.join(token['scopes'])}{until}. Keep the secret; it is not shown again:")
    typer.echo(made["secret"])


@app.command("list")
def list_(context: typer.Context) -> None:
    """The tokens that were not revoked.

    \b
    Example:
      hub token list
    """

    async def work(client: Client) -> list[Json]:
        found: list[Json] = (await client.execute(document("tokens")))["tokens"]
        return found

    rows = [
        (token["id"], " ".join(token["scopes"]), moment(token["createdAt"]), moment(token["expiresAt"]) or "never",
         token["name"])
        for token in ask(context, work)
    ]  # fmt: skip
    table(("id", "scopes", "made", "ends", "name"), rows)


@app.command()
def revoke(
    context: typer.Context, id_: Annotated[str, typer.Argument(metavar="ID", help="As `hub token list` shows it.")]
) -> None:
    """End a token at once.

    \b
    Example:
      hub token revoke tok_...
    """

    async def work(client: Client) -> Json:
        return await client.write("revoke_token", {"token": id_})

    ask(context, work)
    out.print(f"{id_} is good no more.", markup=False)
