"""The two ways of reading compared while the hub serves: a plan that differs is not used again."""

from __future__ import annotations

import logging
from typing import Any

import orjson

from hub.reads.operations import Operation

_log = logging.getLogger(__name__)


def compare(operation: Operation, compiled: bytes, ordinary: Any) -> None:
    """Compare the JSON of ``data`` with a result of ordinary execution; a difference is logged without any value."""
    if not ordinary.errors and same(orjson.loads(orjson.dumps(ordinary.data)), orjson.loads(compiled)):
        return
    operation.disabled = True
    _log.error("a compiled read differs from ordinary execution, and is not used again: document %s", operation.digest)


def same(ordinary: Any, compiled: Any) -> bool:
    """Whether a client takes two JSON values for the same: the order of members counts, 1 is 1.0, true is not 1."""
    if isinstance(ordinary, dict) and isinstance(compiled, dict):
        return list(ordinary) == list(compiled) and all(same(held, compiled[name]) for name, held in ordinary.items())
    if isinstance(ordinary, list) and isinstance(compiled, list):
        return len(ordinary) == len(compiled) and all(map(same, ordinary, compiled))
    return isinstance(ordinary, bool) == isinstance(compiled, bool) and bool(ordinary == compiled)
