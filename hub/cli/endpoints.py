"""``hub endpoint``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hub.cli import given
from hub.cli.pull import named
from hub.cli.session import ask
from hub.cli.terminal import counted, moment, notes, out, table
from hub.client import Client, Json, document
from hub.errors import InputWrong

app = typer.Typer(no_args_is_help=True, help="Endpoints: who is told of changes, by signed webhooks.")

Name = Annotated[str, typer.Argument(help="Its name or id.")]
Wants = Annotated[
    list[str] | None,
    typer.Option("--wants", help="A kind of change to tell, like TOUCHPOINT_ADDED; may be repeated."),
]
OnlySources = Annotated[
    list[str] | None, typer.Option("--source", help="Only touchpoints of this source, by its id; may be repeated.")
]
OnlyKinds = Annotated[list[str] | None, typer.Option("--kind", help="Only touchpoints of this kind; may be repeated.")]
OnlyStages = Annotated[list[str] | None, typer.Option("--stage", help="Only changes to this stage; may be repeated.")]
Contacts = Annotated[
    bool | None, typer.Option("--contacts/--masked", help="Whether to tell contact data unmasked.", show_default=False)
]
Historical = Annotated[
    bool | None,
    typer.Option("--historical/--no-historical", help="Whether to tell what first imports bring.", show_default=False),
]


@app.command()
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What to call it here.")],
    url: Annotated[str, typer.Argument(help="Where to post messages.")],
    wants: Wants = None,
    source: OnlySources = None,
    kind: OnlyKinds = None,
    stage: OnlyStages = None,
    contacts: Contacts = None,
    historical: Historical = None,
) -> None:
    """Tell somebody of what changes from now on. The secret is printed once, alone on a line, and never again.

    Unless said: new touchpoints, stages, merges and splits, with contact data masked.

    \b
    Examples:
      hub endpoint create Mailer https://mailer.example/hook
      hub endpoint create Sales https://crm.example/hook \\
        --wants STAGE_CHANGED --stage CUSTOMER --contacts
    """
    wanted = {"name": name, "url": url, **_columns(wants, source, kind, stage, contacts, historical)}

    async def work(client: Client) -> Json:
        return await client.write("create_endpoint", wanted)

    _show_secret(ask(context, work, make=True))


@app.command("list")
def list_(context: typer.Context) -> None:
    """The endpoints: how deliveries to each go, what waits and what failed.

    \b
    Example:
      hub endpoint list
    """
    rows = [
        (each["id"], each["health"]["state"], each["waiting"]["totalCountAtLeast"],
         each["failed"]["totalCountAtLeast"], each["url"], each["name"])
        for each in ask(context, _all)
    ]  # fmt: skip
    table(("id", "health", "waiting", "failed", "url", "name"), rows, numbers=("waiting", "failed"))


@app.command()
def show(context: typer.Context, name: Name) -> None:
    """One endpoint: what it is told, how that goes, and its last messages.

    \b
    Example:
      hub endpoint show Mailer
    """

    async def work(client: Client) -> Json:
        found: Json = named(await _all(client), name, "endpoint")
        endpoint: Json = (await client.execute(document("endpoint"), {"id": found["id"]}))["endpoint"]
        return endpoint

    endpoint = ask(context, work)
    health = endpoint["health"]
    out.print(f"{endpoint['name']}  {endpoint['id']}  {health['state']}  {endpoint['url']}", markup=False)
    since = f" Since {moment(health['since'])}." if health["since"] else ""
    out.print(f"{health['reason']}{since}", markup=False)
    only = [*(each["name"] for each in endpoint["sources"]), *endpoint["kinds"], *endpoint["stages"]]
    narrowed = f", only {', '.join(only)}" if only else ""
    contacts = "unmasked" if endpoint["contacts"] else "masked"
    history = ", history too" if endpoint["historical"] else ""
    out.print(f"told {', '.join(endpoint['wants'])}{narrowed}; contact data {contacts}{history}\n", markup=False)
    rows = [
        (each["id"], each["type"], moment(each["at"]), each["state"], len(each["attempts"]),
         moment(each["nextAttemptAt"]), _last(each["attempts"]))
        for each in endpoint["messages"]["nodes"]
    ]  # fmt: skip
    table(("message", "type", "of", "state", "attempts", "next", "last answer"), rows, numbers=("attempts",))


@app.command("set")
def change(
    context: typer.Context,
    name: Name,
    rename: Annotated[str | None, typer.Option("--name", help="What to call it here.")] = None,
    url: Annotated[str | None, typer.Option(help="Where to post messages, those that wait included.")] = None,
    wants: Wants = None,
    source: OnlySources = None,
    kind: OnlyKinds = None,
    stage: OnlyStages = None,
    contacts: Contacts = None,
    historical: Historical = None,
) -> None:
    """Change what an endpoint is told, of changes that come. An empty --source, --kind or --stage ends that limit.

    \b
    Examples:
      hub endpoint set Mailer --url https://mailer.example/v2
      hub endpoint set Mailer --kind ''
    """
    columns = _columns(wants, source, kind, stage, contacts, historical)
    columns |= {key: value for key, value in (("name", rename), ("url", url)) if value}
    _write(context, "update_endpoint", name, **columns)
    out.print("Changed.")


@app.command()
def disable(context: typer.Context, name: Name) -> None:
    """Tell an endpoint nothing, until it is enabled again.

    \b
    Example:
      hub endpoint disable Mailer
    """
    _write(context, "update_endpoint", name, enabled=False)
    out.print("It is told nothing more.")


@app.command()
def enable(
    context: typer.Context,
    name: Name,
    skip: Annotated[bool, typer.Option("--skip", help="Leave out what happened since it was disabled.")] = False,
) -> None:
    """Tell an endpoint of changes again, and of those that it missed.

    \b
    Examples:
      hub endpoint enable Mailer
      hub endpoint enable Mailer --skip
    """
    _write(context, "update_endpoint", name, enabled=True, missed=not skip)
    out.print("It is told of changes again.")


@app.command()
def test(context: typer.Context, name: Name) -> None:
    """Have a message sent that tells of nothing; `hub endpoint show` says what was answered.

    \b
    Example:
      hub endpoint test Mailer
    """
    made = _write(context, "test_endpoint", name)
    out.print(f"{made['message']['id']} is on its way.", markup=False)


@app.command()
def rotate(
    context: typer.Context,
    name: Name,
    overlap: Annotated[str, typer.Option(help="How long the secret before signs too: 30m, 24h, 7d.")] = "24h",
) -> None:
    """Give an endpoint a new secret. It is printed once, alone on a line.

    \b
    Example:
      hub endpoint rotate Mailer --overlap 7d
    """
    _show_secret(_write(context, "rotate_endpoint_secret", name, overlap=given.every(overlap)))


@app.command()
def resend(
    context: typer.Context,
    message: Annotated[str | None, typer.Argument(help="A message, by its id.")] = None,
    endpoint: Annotated[str | None, typer.Option(help="All that failed of an endpoint, by its name or id.")] = None,
    since: Annotated[str | None, typer.Option(help="Of changes since then: a date or a time.")] = None,
) -> None:
    """Send a message again, or all to an endpoint that failed or wait for another attempt.

    \b
    Examples:
      hub endpoint resend msg_...
      hub endpoint resend --endpoint Mailer --since 2026-03-01
    """
    if (message is None) == (endpoint is None):
        raise InputWrong("Give a message, or an endpoint.", hint="hub endpoint resend --endpoint NAME --since DATE")
    count = 1
    if endpoint is not None:
        after = given.moment_given(since) or "1970-01-01T00:00:00Z"
        count = _write(context, "resend_messages", endpoint, since=after)["count"]
    else:

        async def work(client: Client) -> Json:
            return await client.write("resend_message", {"message": message})

        ask(context, work)
    out.print(f"{counted(count, 'message')} will be sent again.")


@app.command()
def delete(context: typer.Context, name: Name) -> None:
    """Forget an endpoint, and everything it was told. To keep that, disable it.

    \b
    Example:
      hub endpoint delete Mailer
    """
    out.print(f"{_write(context, 'delete_endpoint', name)['endpoint']} is forgotten.", markup=False)


async def _all(client: Client) -> list[Json]:
    return [endpoint async for endpoint in client.pages("endpoints", "endpoints")]


def _columns(
    wants: list[str] | None,
    sources: list[str] | None,
    kinds: list[str] | None,
    stages: list[str] | None,
    contacts: bool | None,
    historical: bool | None,
) -> Json:
    """What is given; an empty word stands for an empty list."""
    lists = {"wants": wants, "sources": sources, "kinds": kinds, "stages": stages}
    held: Json = {name: [each for each in value if each] for name, value in lists.items() if value}
    flags = {"contacts": contacts, "historical": historical}
    return held | {name: value for name, value in flags.items() if value is not None}


def _write(context: typer.Context, mutation: str, reference: str, **values: Any) -> Json:
    """The payload of a mutation about the endpoint of a name or id."""

    async def work(client: Client) -> Json:
        found = named(await _all(client), reference, "endpoint")
        return await client.write(mutation, {"endpoint": found["id"], **values})

    return ask(context, work)


def _show_secret(made: Json) -> None:
    notes.print(f"{made['endpoint']['id']}. Keep the secret; it is not shown again:")
    typer.echo(made["secret"])


def _last(attempts: list[Json]) -> str:
    if not attempts:
        return ""
    last = attempts[-1]
    return f"{last['status']}" if last["status"] is not None else str(last["fault"])
