"""What the hub holds of one source: its rows as they came, and the touchpoints that stand on them."""

from __future__ import annotations

from dataclasses import dataclass

from hub.store.reader import Snapshot


@dataclass(frozen=True, slots=True, order=True)
class HeldRow:
    """One stored version of a row. ``problem``: the code of what is wrong with it, and the sentence."""

    stream: str
    key: str
    version: int
    deleted: bool
    payload: bytes
    problem: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, order=True)
class HeldTouchpoint:
    """A standing touchpoint without anything that differs from hub to hub: row numbers, ids, when it was heard.

    ``rows``: (stream, key) of the records it stands on; ``said``: what it says, column by column, as text.
    """

    rows: tuple[tuple[str, str], ...]
    kind: str
    said: tuple[str, ...]
    identifiers: tuple[tuple[str, str], ...] = ()


_SAID = (
    "t.channel, t.direction, t.automated, t.occurred_at, t.time_precision, t.title, t.text, t.amount, t.currency, "
    "t.cost, t.cost_currency, t.quantity, t.quantity_unit, t.document, t.properties, t.traits"
)


async def rows(snapshot: Snapshot, source: str) -> list[HeldRow]:
    """All versions of all rows, by stream, key and version. ``source`` is a public id."""
    found = await snapshot.all(
        "SELECT r.stream, r.key, r.version, r.deleted, r.payload, p.code, p.message FROM record r "
        "LEFT JOIN problem p ON p.record = r.number "
        "WHERE r.source = (SELECT num FROM source WHERE id = $1::text)",
        source,
    )
    return sorted(
        (
            HeldRow(stream, key, version, bool(deleted), bytes(payload), (code, message) if code else None)
            for stream, key, version, deleted, payload, code, message in found
        ),
        key=lambda row: (row.stream, row.key, row.version),
    )


async def touchpoints(snapshot: Snapshot, source: str) -> list[HeldTouchpoint]:
    """The touchpoints that stand, in an order of their own. ``source`` is a public id."""
    stand = "t.source = (SELECT num FROM source WHERE id = $1::text) AND t.retracted_at IS NULL"
    found = await snapshot.all(f"SELECT t.num, t.kind, {_SAID} FROM touchpoint t WHERE {stand}", source)
    under: dict[int, set[tuple[str, str]]] = {}
    for num, stream, key in await snapshot.all(
        "SELECT x.touchpoint, r.stream, r.key FROM record_touchpoint x JOIN record r ON r.number = x.record "
        f"JOIN touchpoint t ON t.num = x.touchpoint WHERE {stand}",
        source,
    ):
        under.setdefault(num, set()).add((stream, key))
    named: dict[int, set[tuple[str, str]]] = {}
    for num, kind, value in await snapshot.all(
        "SELECT t.num, i.kind, i.value FROM touchpoint t JOIN claim_identifier x ON x.claim = t.claim "
        f"JOIN identifier i ON i.num = x.identifier WHERE {stand}",
        source,
    ):
        named.setdefault(num, set()).add((kind, value))
    return sorted(
        HeldTouchpoint(
            tuple(sorted(under.get(num, ()))),
            kind,
            tuple("" if value is None else str(value) for value in said),
            tuple(sorted(named.get(num, ()))),
        )
        for num, kind, *said in found
    )
