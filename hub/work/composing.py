"""What messages say: of each change, the objects it is about, as the graph shows them to a token of the same rights."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from hub.api.auth import Principal, Scope
from hub.api.execute import Request, execute
from hub.api.scalars import written
from hub.api.told import DOCUMENT
from hub.errors import RetryLater
from hub.ingest.hub import Hub
from hub.ingest.outbox import Data
from hub.store.ledger import StoredChange

_log = logging.getLogger(__name__)


async def composed(hub: Hub, lines: Sequence[StoredChange], *, contacts: bool) -> list[tuple[StoredChange, Data]]:
    """What is to be said of lines of the ledger; contact data is masked unless ``contacts``.

    Raises ``RetryLater`` while the graph cannot be asked.
    """
    if not lines:
        return []
    scopes = (Scope.READ, Scope.PII) if contacts else (Scope.READ,)
    asked = Request(DOCUMENT, {"changes": [line.id for line in lines]})
    content = (await execute(hub, Principal("endpoint", "", scopes), asked)).content
    for error in content.get("errors", ()):
        if "retryAfter" in error.get("extensions", {}):
            raise RetryLater(error["message"])
        _log.warning("a message lacks something: %s", error["message"])
    if content.get("data") is None and len(lines) > 1:
        # Whatever one of them does, the others are told whole.
        return [each for line in lines for each in await composed(hub, [line], contacts=contacts)]
    nodes = (content.get("data") or {"nodes": [None]})["nodes"]
    return [(line, _data(line, node or _bare(line))) for line, node in zip(lines, nodes, strict=True)]


def _data(line: StoredChange, node: dict[str, Any]) -> Data:
    """``sequence`` compares as text: of two changes the later one has the greater."""
    there = {name: value for name, value in node.items() if value is not None}
    return {"sequence": f"{line.number:015d}-{line.ordinal:07d}"} | there


def _bare(line: StoredChange) -> dict[str, Any]:
    """What the ledger alone says of a change that the graph cannot show."""
    return {
        "id": line.id, "kind": line.kind, "at": written(line.at), "historical": line.historical,
        "from": line.before, "to": line.after,
    }  # fmt: skip
