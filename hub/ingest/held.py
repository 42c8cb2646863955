"""Deliveries whose connector failed: kept whole, as a record with a problem, and received again when it is read again.

So a fault in a connector loses nothing, and nothing unverified gets in: what the record means is what ``receive`` makes
of the same request, signature and all. Its touchpoints have the ids they would have had.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import orjson

from hub.connector import Delivery, PushStream, Row, Stream
from hub.errors import RowUnreadable
from hub.secret_settings import discreet
from hub.values import Mapped, Touchpoint

_HELD = "hub-delivery"
"""The member of an envelope that marks such a record; no connector's own rows carry it."""
_UNKEPT = frozenset({"authorization", "proxy-authorization", "cookie"})


def held_row(delivery: Delivery, known: Sequence[str]) -> Row:
    """The delivery as one row. ``known`` secrets of the source are blacked out in everything but its body."""
    request = {
        "method": delivery.method,
        "path": delivery.path,
        "query": dict(delivery.query),
        "headers": {name: value for name, value in delivery.headers.items() if name not in _UNKEPT},
        "client": delivery.client,
        "received_at": delivery.received_at.isoformat(),
        "rest": delivery.rest,
        "url": delivery.url,
    }
    digest = hashlib.sha256(delivery.body).hexdigest()[:32]
    text = discreet(orjson.dumps(request).decode(), known)
    return Row(f"{_HELD}/{digest}", delivery.body, {_HELD: text})


def without_mark(rows: Sequence[Row]) -> Sequence[Row]:
    """Rows of a connector: the mark is the hub's alone."""
    return [replace(row, envelope=_unmarked(row)) if _HELD in row.envelope else row for row in rows]


def _unmarked(row: Row) -> dict[str, str]:
    return {name: value for name, value in row.envelope.items() if name != _HELD}


def meaning(stream: Stream, row: Row) -> Iterator[Mapped]:
    """What a stored row means, be it a held delivery. Raises what the connector raises."""
    if _HELD not in row.envelope:
        yield from stream.touchpoints(row)
        return
    if not isinstance(stream, PushStream):
        raise RowUnreadable("this stream takes no deliveries any more")
    request = orjson.loads(row.envelope[_HELD])
    at = datetime.fromisoformat(request.pop("received_at"))
    # The source's own key is not at hand here, and no other may stand for it.
    delivery = Delivery(**request, body=row.payload, received_at=at, secret=secrets.token_bytes(32))
    reception = stream.receive(delivery)
    if reception.reply.status >= 400 and not reception.rows:
        raise RowUnreadable(f"the connector refuses this delivery with {reception.reply.status}")
    for inner in reception.rows:
        for mapped in () if inner.deleted else stream.touchpoints(inner):
            if isinstance(mapped, Touchpoint) and mapped.document is None:
                mapped = replace(mapped, document=inner.key)
            yield mapped
