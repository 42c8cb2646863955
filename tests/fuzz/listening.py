"""What schemathesis loads: every answer it gets becomes a line of the file that ``ANSWERS`` names.

It runs in an environment of its own, and judges nothing: whoever started it does.
"""

import json
import os
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import strategies
from schemathesis.graphql import nodes, scalar

LONGEST = 100_000
"""Bytes of an answer that are kept: one with errors is shorter, and they stand at its beginning."""


def after_call(context: Any, case: Any, response: Any) -> None:
    """Note an answer."""
    line = {
        "operation": case.operation.label,
        "status": response.status_code,
        "seconds": response.elapsed,
        "sent": response.request.body.decode() if isinstance(response.request.body, bytes) else response.request.body,
        "answer": response.content[:LONGEST].decode("utf-8", "replace"),
        "size": len(response.content),
    }
    with Path(os.environ["ANSWERS"]).open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


schemathesis.hook(after_call)


def _text(*texts: str) -> Any:
    return strategies.one_of(strategies.sampled_from(texts), strategies.text(max_size=40)).map(nodes.String)


scalar("Decimal", _text("0", "1200.50", "-0.01", "1e400", "NaN", "Infinity", "9" * 60))
scalar("Duration", _text("P90D", "PT1H", "P0D", "P1Y", "-P1D", "P99999999999D"))
scalar("Currency", _text("BDT", "USD", "XXX", "usd", "ABCD"))
scalar("TimeZone", _text("Asia/Dhaka", "UTC", "../../etc/passwd", "Mars/Olympus"))
scalar(
    "JSON",
    strategies.recursive(
        strategies.one_of(
            strategies.text(max_size=20).map(nodes.String), strategies.integers().map(nodes.Int),
            strategies.booleans().map(nodes.Boolean), strategies.just(nodes.Null),
        ),
        lambda inner: strategies.lists(inner, max_size=4).map(nodes.List),
        max_leaves=8,
    ),
)  # fmt: skip
