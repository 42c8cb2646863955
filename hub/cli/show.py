"""``hub show``."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from hub.cli.session import ask
from hub.cli.snapshots import Known, Occurred, as_of
from hub.cli.terminal import moment as shown
from hub.cli.terminal import notes, out, table
from hub.client import Client, Json, document
from hub.demo.show import DOCUMENT, variables
from hub.demo.show import show as print_customer
from hub.errors import NotFound
from hub.reading import digits

MOST = 20
"""Hits that are listed."""
_PHONE = re.compile(r"\+?[\d\s().\-/]*", re.ASCII)
_FEWEST_DIGITS = 6


def show(
    context: typer.Context,
    who: Annotated[
        list[str], typer.Argument(help="A phone number in any script, an e-mail address, an id, or words of a name.")
    ],
    first: Annotated[int, typer.Option(min=1, max=500, help="How many touchpoints to print.")] = 50,
    occurred_until: Occurred = None,
    known_until: Known = None,
) -> None:
    """Print a customer: stage and why, what they are worth, what is open and was won, and everything that happened.

    \b
    Examples:
      hub show ০১৭১১-২৩৪৫৬৭
      hub show anna@mail.example
      hub show Nasrin Akter
      hub show anna@mail.example --occurred-until 2026-01-31
    """
    words = " ".join(who).strip()
    moment = as_of(occurred_until, known_until) or None

    async def work(client: Client) -> tuple[Json | None, Json]:
        if named_exactly(words):
            data = await client.execute(DOCUMENT, {**variables(words, first), "asOf": moment})
            if data["customer"]:
                return data, {}
        found = (await client.execute(document("search"), {"words": words, "first": MOST}))["customers"]
        if len(found["nodes"]) == 1:
            named = variables(found["nodes"][0]["id"], first)
            return await client.execute(DOCUMENT, {**named, "asOf": moment}), {}
        return None, found

    data, found = ask(context, work)
    if data:
        print_customer(out, data)
    else:
        _list(words, found)


def named_exactly(words: str) -> bool:
    """Whether the words name at most one customer: an id, an e-mail address or a phone number."""
    if words.startswith(("cus_", "tp_")):
        return True
    if "@" in words and " " not in words:
        return True
    plain = digits(words)
    return bool(_PHONE.fullmatch(plain)) and sum(map(str.isdigit, plain)) >= _FEWEST_DIGITS


def _list(words: str, found: Json) -> None:
    if not found["nodes"]:
        raise NotFound(
            f"Nobody is known by {words!r}.", hint="Give a phone number, an e-mail address, an id or a name."
        )
    rows = [
        (
            node["id"],
            node["lifecycle"]["stage"],
            shown((node["lastTouch"] or {}).get("occurredAt")),
            node["displayName"],
        )
        for node in found["nodes"]
    ]
    table(("id", "stage", "last touch", "name"), rows)
    more = f"More than {MOST}" if found["pageInfo"]["hasNextPage"] else str(len(rows))
    notes.print(f"{more} customers are known by these words. To see one: hub show {rows[0][0]}")
