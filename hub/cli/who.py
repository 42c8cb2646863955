"""Finding the one customer whom somebody at a terminal names."""

from __future__ import annotations

from hub.cli.show import MOST, named_exactly
from hub.client import Client, Json, document
from hub.demo.show import variables
from hub.errors import InputWrong, NotFound


async def find(client: Client, words: str) -> Json:
    """The customer with id and displayName, by id, touchpoint, e-mail address, phone or words of a name.

    Raises ``NotFound`` for nobody and ``InputWrong`` for several.
    """
    typed = words.strip()
    if named_exactly(typed):
        by = variables(typed)["by"]
        found: Json | None = (await client.execute(document("who"), {"by": by}))["customer"]
        if found:
            return found
    if not typed.startswith(("cus_", "tp_")):
        nodes: list[Json] = (await client.execute(document("search"), {"words": typed, "first": MOST}))["customers"][
            "nodes"
        ]
        if len(nodes) == 1:
            return nodes[0]
        if nodes:
            raise InputWrong(f"Several customers are known by {typed!r}.", hint=f"`hub show {typed}` lists them.")
    raise NotFound(f"Nobody is known by {typed!r}.", hint="Give an id, an e-mail address, a phone number or a name.")
