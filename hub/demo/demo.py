"""The demo: a hub filled with samples, one customer's timeline printed, and everything served."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from hub import serving
from hub.app import open_hub
from hub.cli.terminal import notes, out, progress
from hub.client import ALL_SCOPES, Client
from hub.demo.examples import examples
from hub.demo.fill import fill
from hub.demo.plan import COMPANY, EMAIL, FEED
from hub.demo.show import DOCUMENT, show, variables
from hub.desk import Desk
from hub.errors import ConfigWrong
from hub.ingest.hub import Hub
from hub.served import served
from hub.serving import PortTaken, address, listen
from hub.settings import Settings

FOLDER = Path(".demo")
TYPED = "01711-234567"
"""Her phone number as people of the country type it."""
TRIES = 50
"""Ports that are tried before the demo gives up."""
_COUNTS = "{ customers(first: 1) { totalCount } touchpoints(first: 1) { totalCount } }"
_QUERY = (
    "{ customers(first: 3, orderBy: {field: REVENUE}) { nodes { displayName value { revenue { amount currency } } } } }"
)


@dataclass(frozen=True, slots=True)
class Filled:
    """That the demo was filled: the decision that can be undone, and the token of the printed link."""

    operation: str
    secret: str


async def demo(folder: Path, port: int, *, once: bool) -> None:
    """Fill the hub in the folder if it is not, print the heroine, and serve until told to stop, unless ``once``.

    Raises ``ConfigWrong`` when the folder holds another hub, or no port is free.
    """
    if running := served(folder):
        filled = _filled(folder)
        link = _link(running.url, filled) if filled else running.url
        out.print(f"The demo is served already: {link}", markup=False)
        return
    settings = Settings(data=folder, database_url=None, url=None, company=COMPANY)
    # The port first: whoever must choose another one should not have to wait.
    listening = None if once else _listen(settings.host, port)
    async with open_hub(settings) as hub:
        if hub.company.name != COMPANY.name:
            raise ConfigWrong(
                f"{folder} holds the hub of {hub.company.name}, not a demo.", hint="Give another folder with --data."
            )
        client = Client.of(hub)
        filled = _filled(folder) or await _fill(hub, client, folder)
        await _print(client)
        if listening is None:
            _paste(folder, filled, None)
            return

        def ready(url: str) -> None:
            _paste(folder, filled, url)

        with listening:
            ids = await examples(client)
            await serving.serve(settings, hub, listening, ready=ready, examples=ids)


async def _fill(hub: Hub, client: Client, folder: Path) -> Filled:
    notes.print(
        f"Filling {folder} from the samples of {COMPANY.name}, through the connectors that a company would use:"
    )
    with progress() as shown:
        operation = await fill(hub, client, shown)
    feed = next(source["id"] for source in await client.sources() if source["name"] == FEED)
    _, secret = await hub.create_token("demo", [*ALL_SCOPES, f"ingest:{feed}"])
    filled = Filled(operation, secret)
    with os.fdopen(os.open(folder / "demo.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(filled), file)
    return filled


def _filled(folder: Path) -> Filled | None:
    try:
        return Filled(**json.loads((folder / "demo.json").read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _listen(host: str, port: int) -> serving.Listening:
    """At the port, or at the next free one."""
    for tried in range(port, port + TRIES):
        try:
            listening = listen(host, tried)
        except PortTaken:
            continue
        if tried != port:
            notes.print(
                f"Another program listens at port {port}, so this demo takes {address(listening)}.", markup=False
            )
        return listening
    raise ConfigWrong(f"No port from {port} to {port + TRIES - 1} is free.", hint="Give another one with --port.")


async def _print(client: Client) -> None:
    show(out, await client.execute(DOCUMENT, variables(EMAIL)))
    found = await client.execute(_COUNTS)
    customers, touchpoints = (found[name]["totalCount"] for name in ("customers", "touchpoints"))
    sources = sum(source["connector"] != Desk.name for source in await client.sources())
    out.print(f"She is one of {customers} customers with {touchpoints} touchpoints from {sources} sources.")


def _paste(folder: Path, filled: Filled, url: str | None) -> None:
    hub = f"{_command()} --data {shlex.quote(str(folder))}"
    lines = [""]
    if url:
        lines += [
            f"Queries  {_link(url, filled)}",
            f"A form   {_link(url, filled, '/demo/form')}",
            "",
            "To paste into another terminal:",
        ]
    else:
        lines.append("To paste:")
    lines += [f"  {hub} show {TYPED}", f"  {hub} undo {filled.operation}", f"  {hub} report"]
    if url:
        lines += [f"  {_curl(url, filled)}", "", "Ctrl+C ends the demo."]
    for line in lines:
        out.print(line, markup=False)


def _link(url: str, filled: Filled, path: str = "/") -> str:
    return f"{url}{path}#token={filled.secret}"


def _curl(url: str, filled: Filled) -> str:
    body = shlex.quote(json.dumps({"query": _QUERY}))
    headers: Mapping[str, str] = {"Authorization": f"Bearer {filled.secret}", "Content-Type": "application/json"}
    said = " ".join(f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items())
    return f"curl -s {url}/graphql {said} -d {body}"


def _command() -> str:
    """How the command ``hub`` is called from here."""
    script = Path(sys.executable).with_name("hub")
    if shutil.which("hub") == str(script):
        return "hub"
    if not script.exists():
        return f"{shlex.quote(sys.executable)} -m hub"
    here = Path.cwd()
    return shlex.quote(str(script.relative_to(here) if script.is_relative_to(here) else script))
