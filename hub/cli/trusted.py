"""``hub documents``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from hub.cli.manifests import FoundDocument, found
from hub.cli.session import ask
from hub.cli.terminal import counted, moment, notes, out, table
from hub.client import Client, Json, document

app = typer.Typer(no_args_is_help=True, help="Trusted documents: GraphQL that clients ask for by its id.")

MOST = 100
"""Documents that are sent at once."""
LARGEST = 400_000
"""Characters of documents that are sent at once; the hub takes 1 MB."""


@app.command()
def register(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILES", help="Folders, .graphql files, JSON manifests.")],
    check: Annotated[bool, typer.Option("--check", help="Only compare; 1 when one is wrong or missing.")] = False,
    max_cost: Annotated[int | None, typer.Option(min=1, help="What an operation of them may cost.")] = None,
) -> None:
    """Register documents, all or none, each tried against the schema. What is there already stays as it is.

    Manifests are those of Relay, codegen and Apollo. The ids are printed.

    \b
    Examples:
      hub documents register src/queries
      hub documents register persisted-queries.json --max-cost 5000
      hub documents register persisted-documents.json --check
    """
    documents = found(files)
    shown, faults = ask(context, lambda client: _register(client, documents, max_cost, check=check))
    for fault in faults:
        notes.print(f"hub: {fault}", markup=False)
    if faults:
        raise typer.Exit(1)
    for each in shown:
        out.print(f"{each['id']} {each['name']}", markup=False)
    new = sum(each["isNew"] for each in shown)
    if check and new:
        notes.print(f"hub: {counted(new, 'document')} of {len(shown)} not registered.", markup=False)
        raise typer.Exit(1)
    notes.print(f"{counted(len(shown), 'document')}, {new} new.", markup=False)


@app.command("list")
def list_(context: typer.Context) -> None:
    """The documents that are registered.

    \b
    Example:
      hub documents list
    """

    async def work(client: Client) -> list[Json]:
        listed: list[Json] = (await client.execute(document("trusted_documents")))["trustedDocuments"]
        return listed

    rows = [
        (each["id"], moment(each["registeredAt"]), each["maxCost"] or "", each["registeredBy"], each["name"])
        for each in ask(context, work)
    ]
    table(("id", "registered", "cost", "by", "name"), rows)


@app.command()
def retire(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="IDS", help="As `hub documents list` shows them.")],
) -> None:
    """Make documents known no more. Other processes of the hub learn it within five seconds.

    \b
    Example:
      hub documents retire sha256:...
    """

    async def work(client: Client) -> None:
        for each in ids:
            await client.write("retire_document", {"document": each})
            out.print(f"{each} is known no more.", markup=False)

    ask(context, work)


async def _register(
    client: Client, documents: Sequence[FoundDocument], max_cost: int | None, *, check: bool
) -> tuple[list[Json], list[str]]:
    """What became of the documents, and what is wrong with them. Nothing is written before all were tried."""
    shown, faults = await _sent(client, documents, max_cost, dry_run=True)
    if faults or check:
        return shown, faults
    return await _sent(client, documents, max_cost, dry_run=False)


async def _sent(
    client: Client, documents: Sequence[FoundDocument], max_cost: int | None, *, dry_run: bool
) -> tuple[list[Json], list[str]]:
    shown: list[Json] = []
    faults: list[str] = []
    for part in _parts(documents):
        given = {"documents": [each.input for each in part], "maxCost": max_cost, "dryRun": dry_run}
        said = (await client.execute(document("register_documents"), {"input": given}))["registerDocuments"]
        shown += said["documents"]
        for fault in said["userErrors"]:
            place = part[int(fault["path"][1])].place if len(fault["path"]) > 1 else "documents"
            faults.append(f"{place}: {fault['message']}")
    return shown, faults


def _parts(documents: Sequence[FoundDocument]) -> Iterator[list[FoundDocument]]:
    part: list[FoundDocument] = []
    size = 0
    for each in documents:
        if part and (len(part) == MOST or size + len(each.text) > LARGEST):
            yield part
            part, size = [], 0
        part.append(each)
        size += len(each.text)
    if part:
        yield part
