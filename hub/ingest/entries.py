"""Entries as rows of the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hub.connector import Row
from hub.ingest.lifecycles import written_decision
from hub.ingest.outcomes import Description, Entry
from hub.ingest.rows import json_text
from hub.journey import claims


def row(entry: Entry, written_at: datetime) -> Row:
    """An entry as a row of the desk.

    ``written_at`` stands where no ``occurred_at`` was given, and is no part of its content.
    """
    told: dict[str, Any] = {
        "kind": entry.kind, "direction": entry.direction.value, "title": entry.title, "text": entry.text,
        "occurred_at": entry.occurred_at.isoformat() if entry.occurred_at else None, "by": entry.by,
        "written_at": written_at.isoformat(),
        "identifiers": [
            {"kind": held.kind, "value": held.value, "namespace": held.namespace, "side": held.side.value,
             "region": held.region}
            for held in entry.identifiers
        ],
        "anchor": entry.anchor,
        "amount": [format(entry.amount.amount, "f"), entry.amount.currency] if entry.amount else None,
        "matters": [claims.written(held) for held in entry.matters],
        "traits": entry.traits, "properties": entry.properties,
    }  # fmt: skip
    payload = json_text({name: value for name, value in told.items() if value not in (None, "", [], {})}).encode()
    return Row(entry.key, payload)


def decided(description: Description) -> dict[str, Any]:
    """What a description decides, as properties of an entry; traits are apart."""
    told = {
        "owner": description.owner,
        "relationship": description.relationship.value if description.relationship else None,
        "add_tags": list(description.add_tags),
        "remove_tags": list(description.remove_tags),
    }
    decision = {} if description.decision is None else written_decision(description.decision)
    return {name: value for name, value in told.items() if value} | decision
