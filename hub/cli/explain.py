"""``hub explain`` and ``hub why-not``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from hub.cli.session import ask
from hub.cli.terminal import counted, moment, notes, out, table
from hub.cli.who import find
from hub.client import Client, Json, document


def explain(
    context: typer.Context,
    who: Annotated[list[str], typer.Argument(help="A phone number, an e-mail address, an id, or words of a name.")],
    first: Annotated[int, typer.Option(min=1, max=500, help="How many claims and links to print.")] = 50,
) -> None:
    """Why these touchpoints are one customer: the links that hold it together, and those that were refused.

    \b
    Examples:
      hub explain anna@mail.example
      hub explain cus_... --first 200
    """

    async def work(client: Client) -> Json:
        customer = (await find(client, " ".join(who)))["id"]
        told: Json = await client.execute(document("explain"), {"customer": customer, "first": first})
        found: Json = told["explainIdentity"]
        return found

    told = ask(context, work)
    customer = told["customer"]
    former = ", ".join(each for each in customer["formerIds"] if each != customer["id"])
    out.print(f"{customer['id']}  {customer['displayName']}" + (f"  also {former}" if former else ""), markup=False)
    _heading("named so", told["claims"])
    table(
        ("touchpoints", "first", "by"),
        [
            (each["touchpoints"], moment(each["firstAt"]), ", ".join(_identifier(held) for held in each["identifiers"]))
            for each in told["claims"]["nodes"]
        ],
        numbers=("touchpoints",),
    )
    _heading("held together by", told["links"])
    table(("when", "source", "link"), [_link(each) for each in told["links"]["nodes"]])
    if told["refused"]["nodes"]:
        _heading("not followed", told["refused"])
        rows = [(each["reason"], *_link(each["link"])) for each in told["refused"]["nodes"]]
        table(("reason", "when", "source", "link"), rows)
    _tell_decisions(told["decisions"]["nodes"])
    if told["truncated"]:
        notes.print("So much hangs together with this customer that only a part was looked at.")


def why_not(
    context: typer.Context,
    a: Annotated[str, typer.Argument(help="A customer: an id, an e-mail address, a phone number or a name.")],
    b: Annotated[str, typer.Argument(help="Another.")],
) -> None:
    """Why two customers are not one: what both have, what keeps them apart, and what is only nearly the same.

    \b
    Examples:
      hub why-not anna@mail.example 01711-234567
      hub why-not cus_... cus_...
    """

    async def work(client: Client) -> Json:
        ids = {"a": (await find(client, a))["id"], "b": (await find(client, b))["id"]}
        found: Json = (await client.execute(document("why_not"), ids))["whyNotMerged"]
        return found

    told = ask(context, work)
    out.print(told["sentence"], markup=False)
    if told["shared"]:
        rows = [
            (each["reason"] or "it joins", _of(each), ", ".join(each["examples"]), _identifier(each["identifier"]))
            for each in told["shared"]
        ]
        table(("why not", "seen with", "such as", "both have"), rows)
    for each in told["conflicts"]:
        values = [", ".join(held["display"] for held in each[side]) for side in "ab"]
        where = f" in {each['namespace']}" if each["namespace"] else ""
        out.print(f"Different {each['kind']}{where}: {values[0]} and {values[1]}", markup=False)
    if told["chain"]:
        out.print("The way between them:")
        steps = [
            ((each["customer"] or {}).get("id"), moment((each["touchpoint"] or {}).get("occurredAt")),
             _identifier(each["identifier"]))
            for each in told["chain"]
        ]  # fmt: skip
        table(("customer", "first touchpoint", "shares with the next"), steps)
    for each in told["alike"]:
        same = each["a"] == each["b"]
        out.print(f"The same {each['kind']}: {each['a']}" if same else f"Nearly the same {each['kind']}: "
                  f"{each['a']} and {each['b']}", markup=False)  # fmt: skip
    _tell_decisions(told["decisions"])


def _heading(text: str, connection: Json) -> None:
    total, shown = connection["totalCount"], len(connection["nodes"])
    out.print(f"\n{text}: {total:,}" + (f", the first {shown:,}" if shown < total else ""))


def _identifier(held: Json | None) -> str:
    if held is None:
        return ""
    off = held.get("blocked") or held.get("capped")
    return f"{held['kind']} {held['display']}" + (f" ({off})" if off else "")


def _link(link: Json) -> tuple[Any, ...]:
    touchpoint = link["touchpoint"] or {}
    ends = [_identifier(link[side]) or "a touchpoint that a decision names" for side in "ab"]
    return moment(touchpoint.get("occurredAt")), (touchpoint.get("source") or {}).get("name"), " with ".join(ends)


def _of(shared: Json) -> str:
    return "" if shared["count"] is None else f"{shared['count']:,}, at most {shared['limit']:,}"


def _tell_decisions(decisions: Sequence[Json]) -> None:
    if not decisions:
        return
    out.print(f"\n{counted(len(decisions), 'decision')}")
    rows = [
        (_word(each), each["operation"], moment(each["decidedAt"]), each["decidedBy"], each["reason"])
        for each in decisions
    ]
    table(("said", "decision", "when", "who", "why"), rows)


def _word(decision: Json) -> str:
    return f"{decision['kind']}{', contradicted' if decision['contradicted'] else ''}"
