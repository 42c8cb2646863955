"""``hub export``."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from hub.cli.columns import document
from hub.cli.resuming import whole
from hub.cli.session import connected
from hub.cli.terminal import notes, out
from hub.client import Client
from hub.errors import InputWrong, RetryLater
from hub.settings import Settings
from hub.store.exported import LISTS
from hub.store.exports import ExportOver

FORMATS = ("csv", "ndjson", "parquet")
_AGAIN = 5
"""How often in a row a cut export is gone on with though nothing new came."""
_PAUSE = 0.5
"""Seconds, the longer the less comes."""

app = typer.Typer(no_args_is_help=True, help="Take whole lists away: CSV, NDJSON, Parquet, or a folder for SQL.")


def _command(name: str) -> Callable[..., None]:
    def take(
        context: typer.Context,
        form: Annotated[str, typer.Option("--format", help="csv, ndjson or parquet.")] = "csv",
        output: Annotated[Path | None, typer.Option("--output", "-o", help="The file; else it is printed.")] = None,
        filter_: Annotated[
            str | None, typer.Option("--filter", help="JSON, as the list takes it in the graph.")
        ] = None,
        bom: Annotated[bool, typer.Option("--bom", help="Mark CSV as UTF-8, for Excel.")] = False,
        formulas: Annotated[bool, typer.Option("--formulas", help="Leave what looks like a formula as it is.")] = False,
    ) -> None:
        if form not in FORMATS:
            raise InputWrong(f"{form[:60]!r} is no format of exports: use {', '.join(FORMATS)}.")
        given = {"filter": filter_ or "", "bom": "1" if bom else "", "formulas": "1" if formulas else ""}
        asked = {key: value for key, value in given.items() if value}

        async def run(settings: Settings) -> None:
            async with connected(settings) as client:
                if output is None:
                    await _printed(client, f"{name}.{form}", asked)
                else:
                    await fetched(client, f"{name}.{form}", asked, output)

        asyncio.run(run(context.obj))

    take.__doc__ = f"""Take the {name} away.

    With --output, an export that was cut goes on where it was; so does the same command given again.

    \b
    Example:
      hub export {name} --format ndjson --output {name}.ndjson
    """
    return take


for _name in LISTS:
    app.command(_name)(_command(_name))


@app.command("columns")
def columns() -> None:
    """Say what the lists and their columns hold, as Markdown.

    \b
    Example:
      hub export columns
    """
    sys.stdout.write(document())


@app.command("snapshot")
def snapshot(
    context: typer.Context, folder: Annotated[Path, typer.Argument(help="Where to; made if it is not there.")]
) -> None:
    """Write all lists as Parquet into a folder, with a DuckDB file that shows them as documented views.

    \b
    Example:
      hub export snapshot june
      hub sql june "SELECT channel, count(*) FROM touchpoints GROUP BY channel"
    """
    from hub.cli.lake import describe

    async def run(settings: Settings) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        async with connected(settings) as client:
            for name in LISTS:
                notes.print(f"{name} ...", markup=False)
                await fetched(client, f"{name}.parquet", {}, folder / f"{name}.parquet")

    asyncio.run(run(context.obj))
    described = describe(folder)
    out.print(f"{folder} is ready" + (f': hub sql {folder} "SELECT ..."' if described else "."), markup=False)
    if not described:
        notes.print("There is no DuckDB file: pip install 'journey-hub[analytics]' makes one next time.", markup=False)


async def _printed(client: Client, path: str, asked: dict[str, str]) -> None:
    async with aclosing(client.export(path, asked)) as parts:
        async for part in parts:
            sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()


async def fetched(client: Client, path: str, asked: dict[str, str], to: Path) -> None:
    """Write an export into a file, which is there when it is whole. Until then it grows beside it, and a cut one
    goes on from there."""
    mark = hashlib.sha256(repr((path, sorted(asked.items()))).encode()).hexdigest()[:8]
    part = to.with_name(f"{to.name}.{mark}.part")
    left = _AGAIN
    try:
        with part.open("r+b" if part.exists() else "w+b") as file:
            while left:
                before = file.seek(0, 2)
                if await _went_on(client, path, asked, file):
                    break
                left = _AGAIN if file.seek(0, 2) > before else left - 1
                await asyncio.sleep((_AGAIN - left) * _PAUSE)
            else:
                raise RetryLater(f"The export was cut {_AGAIN} times. The same command goes on with it.")
        part.replace(to)
    except OSError as error:
        raise InputWrong(f"{to} cannot be written: {error.strerror}.") from None


async def _went_on(client: Client, path: str, asked: dict[str, str], file: BinaryIO) -> bool:
    """Whether the file is whole now."""
    form = path.rpartition(".")[2]
    file.seek(0)
    kept, cursor = whole(file, form) if form != "parquet" else (0, "")
    file.seek(kept if cursor else 0)
    file.truncate()
    try:
        async with aclosing(client.export(path, {**asked, **({"after": cursor} if cursor else {})})) as parts:
            async for part in parts:
                file.write(part)
    except ExportOver:
        file.seek(0)
        file.truncate()
        return False
    except RetryLater as error:
        notes.print(error.message, markup=False)
        return False
    finally:
        file.flush()
    return True
