"""The same document run the ordinary way and as one statement, on the same data, and what differs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLSchema, GraphQLSyntaxError, build_schema, parse, validate

from hub.api import compiled as seam
from hub.api.auth import Principal
from hub.api.context import Context
from hub.api.execute import Request, execute
from hub.ingest.hub import Hub
from tests.conftest import ROOT
from tests.reads.documents import Asked

Compiler = Callable[[Context, str, str | None, Mapping[str, Any] | None], Awaitable[bytes | None]]
OWN: GraphQLSchema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))


@dataclass
class Tally:
    """What became of documents."""

    compared: int = 0
    unsupported: int = 0
    failing: int = 0
    """Of those unsupported, the ones that end in an error the ordinary way."""
    discarded: int = 0
    """Not valid, or beyond a limit."""
    reasons: Counter[str] = field(default_factory=Counter)
    elsewhere: int = 0
    """How many more were compared that may have asked for anything."""

    def __str__(self) -> str:
        return (
            f"{self.compared:,} compared, {self.unsupported:,} run the ordinary way alone ({self.failing:,} of them end"
            f" in an error), {self.discarded:,} discarded"
        )


class Difference(AssertionError):
    """The two ways gave different answers."""


def exactly(text: bytes) -> Any:
    """JSON with the order of its keys. A whole number is equal to a float, never a float to a whole number."""
    pairs: Any = tuple
    return json.loads(text, object_pairs_hook=pairs, parse_constant=_no_constant)


def _no_constant(name: str) -> Any:
    raise Difference(f"{name} is not JSON")


def same(ordinary: Any, compiled: Any) -> bool:
    """Whether two values of ``exactly`` are the same to a client; where one is a float, 1 equals 1.0."""
    if isinstance(ordinary, list | tuple):
        kind = type(ordinary)
        return (
            isinstance(compiled, kind)
            and len(ordinary) == len(compiled)
            and all(same(one, other) for one, other in zip(ordinary, compiled, strict=True))
        )
    if isinstance(ordinary, float):
        return isinstance(compiled, float | int) and not isinstance(compiled, bool) and ordinary == compiled
    return type(ordinary) is type(compiled) and bool(ordinary == compiled)


async def run(
    hub: Hub, who: Principal, asked: Asked, tally: Tally, compiler: Compiler | None = None
) -> dict[str, Any] | None:
    """Run a document both ways. Raises ``Difference``; gives the ordinary answer, or None for one discarded."""
    if not valid(asked, tally):
        return None
    hub.compiled_reads = False
    ordinary = await execute(hub, who, Request(asked.text, asked.variables, asked.operation))
    if "data" not in ordinary.content:
        tally.discarded += 1
        tally.reasons[ordinary.content["errors"][0]["message"][:60]] += 1
        return None
    context = Context(hub, who)
    try:
        data = await (compiler or seam.compiled)(context, asked.text, asked.operation, asked.variables)
    except Exception as error:
        raise Difference(f"{type(error).__name__}: {error}\n{told(asked)}") from error
    finally:
        await context.renew()
    errors = ordinary.content.get("errors")
    if data is None:
        tally.unsupported += 1
        tally.failing += bool(errors)
        return ordinary.content
    tally.compared += 1
    if errors:
        raise Difference(f"compiled, though it ends in an error: {errors[0]['message']}\n{told(asked)}")
    compare(asked, orjson.dumps(ordinary.content["data"]), data)
    return ordinary.content


def valid(asked: Asked, tally: Tally) -> bool:
    """Whether a document is valid; one that is not is counted."""
    try:
        errors = validate(OWN, parse(asked.text), max_errors=1)
    except GraphQLSyntaxError as error:
        errors = [error]
    if errors:
        tally.discarded += 1
        tally.reasons[errors[0].message[:90]] += 1
    return not errors


def compare(asked: Asked, ordinary: bytes, compiled: bytes) -> None:
    """Raises ``Difference`` where two answers are not the same."""
    try:
        found = exactly(compiled)
    except ValueError as error:
        raise Difference(f"not JSON: {error}\n{told(asked)}\n{compiled[:2000]!r}") from None
    if not same(exactly(ordinary), found):
        raise Difference(f"{where(exactly(ordinary), found)}\n{told(asked)}")


def where(ordinary: Any, compiled: Any, path: str = "data") -> str:
    """The first place where two values differ."""
    if type(ordinary) is type(compiled) and isinstance(ordinary, tuple):
        keys = [key for key, _ in ordinary], [key for key, _ in compiled]
        if keys[0] != keys[1]:
            return f"{path}: keys {keys[0]} != {keys[1]}"
        pairs = [(f"{path}.{key}", one, other) for (key, one), (_, other) in zip(ordinary, compiled, strict=True)]
    elif type(ordinary) is type(compiled) and isinstance(ordinary, list):
        if len(ordinary) != len(compiled):
            return f"{path}: {len(ordinary)} entries != {len(compiled)}"
        pairs = [(f"{path}.{n}", one, other) for n, (one, other) in enumerate(zip(ordinary, compiled, strict=True))]
    else:
        return f"{path}: {ordinary!r} != {compiled!r} (ordinary != compiled)"
    return next((where(one, other, at) for at, one, other in pairs if not same(one, other)), path)


def told(asked: Asked) -> str:
    """A document as a failing test shows it."""
    return f"{asked.text}\nvariables: {json.dumps(asked.variables, ensure_ascii=True)} operation: {asked.operation}"
