"""Reads that become one statement, whose JSON goes to the client as the database wrote it.

``HUB_COMPILED_READS`` (``on`` or ``off``) says whether a served hub tries; in a process it is ``hub.compiled_reads``,
which may be set at any time. ``compiled`` itself looks at no switch, so that a document can be run both ways in one
snapshot: both read from ``await context.snapshot()`` and tell the time by ``context.now()``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.api.context import Context


async def compiled(
    context: Context, document: str, operation: str | None, variables: Mapping[str, Any] | None
) -> bytes | None:
    """The JSON of ``data`` of a valid document; None when it is to be run the ordinary way.

    ``operation``: the name of the operation of a document that has several. Nothing that this answers may differ from
    ordinary execution: what would end in an error, or is not foreseen, is None too.
    """
    del context, document, operation, variables
    return None
