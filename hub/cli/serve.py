"""``hub serve``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.terminal import notes, out
from hub.errors import RetryLater
from hub.served import served
from hub.settings import Company, Settings

if TYPE_CHECKING:
    from hub.serving import Listening


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Where to listen; HUB_HOST, else this machine only.")] = None,
    port: Annotated[int | None, typer.Option(help="At which port; HUB_PORT, else 8000; 0 takes a free one.")] = None,
    worker: Annotated[
        bool | None,
        typer.Option(
            "--worker/--no-worker", help="Pull sources by the clock too; a hub in a folder does.", show_default=False
        ),
    ] = None,
) -> None:
    """Serve the hub: GraphQL, the query page, and the doors of sources that are told. Makes the hub when there is none.

    \b
    Examples:
      hub serve
      hub --data shop serve --port 8080
      HUB_DATABASE_URL=postgresql://hub@localhost/hub hub serve
    """
    from hub.serving import listen, run

    settings: Settings = context.obj
    if worker is not None:
        settings = settings.model_copy(update={"worker": worker})
    if not settings.database_url and (running := served(settings.data)):
        raise RetryLater(f"The hub in {settings.data} is served already, at {running.url}.")
    at = host or settings.host, settings.port if port is None else port
    # Before the hub is opened, which takes longer.
    with listen(*at) as listening:
        run(_serve(settings, listening))


async def _serve(settings: Settings, listening: Listening) -> None:
    from hub import serving
    from hub.app import open_hub

    new = not settings.database_url and not (settings.data / "hub.db").exists()
    async with open_hub(settings) as hub:

        def ready(url: str) -> None:
            place = "PostgreSQL" if settings.database_url else str(settings.data)
            for line in kept(settings.company, hub.company, new):
                notes.print(line, markup=False)
            out.print(f"{hub.company.name} ({place}) is served at {url}. Ctrl+C ends it.", markup=False)

        await serving.serve(settings, hub, listening, ready=ready)


def kept(given: Company, held: Company, new: bool) -> Iterator[str]:
    """What a hub keeps of the company it was made for: told when it is made, and when the environment says another."""
    if new:
        yield (
            f"A new hub: amounts in {held.currency}, days of {held.time_zone}, phone numbers of {held.country}. "
            "It keeps them; HUB_COMPANY__CURRENCY, HUB_COMPANY__TIME_ZONE, HUB_COMPANY__COUNTRY are for the next one."
        )
    for name in sorted(given.model_fields_set):
        if getattr(given, name) != getattr(held, name):
            yield f"HUB_COMPANY__{name.upper()} is passed over: this hub was made with {getattr(held, name)}."
