"""The command ``hub``: what stands before a subcommand, and the subcommands in the order a newcomer meets them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from hub import __version__
from hub.cli import (
    connectors,
    demo,
    endpoints,
    explain,
    exporting,
    identity,
    importing,
    journeys,
    keys,
    lifecycle,
    links,
    pull,
    rebuild,
    replay,
    report,
    schema,
    score,
    serve,
    show,
    snapshots,
    sources,
    sql,
    suggestions,
    tokens,
    trusted,
    undo,
    withdraw,
    worker,
)
from hub.cli.terminal import notes
from hub.settings import misspelt, read_settings

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback(epilog="Exit codes: 0 done, 1 failed, 2 wrong input or configuration, 3 try again later.")
def hub(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the hub (SQLite). HUB_DATA says the same.", show_default=False),
    ] = None,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """One customer timeline from every source, over one GraphQL schema.

    A hub lives in a folder (--data, HUB_DATA) or in PostgreSQL (HUB_DATABASE_URL).

    Commands ask the process that serves it, or open it themselves when none does.

    With HUB_URL and HUB_TOKEN they ask a hub that is served elsewhere.

    Begin with `hub demo`.
    """
    for name, meant in misspelt(os.environ):
        notes.print(f"{name} is no setting and is passed over. Is {meant} meant?", markup=False)
    settings = read_settings()
    if data is not None:
        # What is typed counts more than what the environment says.
        settings = settings.model_copy(update={"data": data, "database_url": None, "url": None})
    context.obj = settings


app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("pull")(pull.pull)
app.command("import")(importing.import_file)
app.command("show")(show.show)
app.command("explain")(explain.explain)
app.command("why-not")(explain.why_not)
app.command("merge")(links.merge)
app.command("split")(links.split)
app.command("undo")(undo.undo)
app.command("withdraw")(withdraw.withdraw)
app.command("restore")(withdraw.restore)
app.command("replay")(replay.replay)
app.command("rebuild")(rebuild.rebuild)
app.command("score")(score.score)
app.command("report")(report.report)
app.add_typer(exporting.app, name="export")
app.command("sql")(sql.sql)
app.command("attribution")(journeys.attribution)
app.command("cohorts")(journeys.cohorts)
app.command("funnel")(journeys.funnel)
app.add_typer(identity.app, name="identity")
app.add_typer(lifecycle.app, name="lifecycle")
app.add_typer(snapshots.app, name="snapshot")
app.add_typer(suggestions.app, name="suggestions")
app.add_typer(connectors.app, name="connector")
app.add_typer(sources.app, name="source")
app.add_typer(endpoints.app, name="endpoint")
app.add_typer(keys.app, name="secret")
app.add_typer(tokens.app, name="token")
app.add_typer(trusted.app, name="documents")
app.command("schema")(schema.schema)
