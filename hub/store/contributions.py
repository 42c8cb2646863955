"""What each touchpoint adds to the rollups, in SQL that both databases read; ``t`` is the touchpoint."""

from __future__ import annotations

from collections.abc import Mapping

from hub.store import days

SUMS = ("touchpoints", "amount", "cost", "missing")
KEYS: Mapping[str, Mapping[str, str]] = {
    "touchpoint_rollup": {
        "day": days.of_text("t.occurred_on"),
        "source": "t.source",
        "kind": "t.kind",
        "channel": "t.channel",
        "direction": "t.direction",
        "automated": "t.automated",
        "campaign": "coalesce(t.campaign, 0)",
    },
    "stage_rollup": {
        "month": days.month_of_text("t.occurred_on"),
        "stage": "coalesce(c.stage, '')",
        "relationship": "coalesce(c.relationship, '')",
        "channel": "t.channel",
    },
}
"""The columns of each rollup's key, and what they are of a touchpoint; ``c`` is the customer whose money it is."""
ACCOUNT = " LEFT JOIN customer c ON c.num = coalesce(t.organisation, t.customer)"
ADDED = {
    "touchpoints": "1",
    "amount": "coalesce(CASE WHEN v.touchpoint IS NULL THEN t.amount ELSE v.amount END, 0)",
    "cost": "coalesce(CASE WHEN v.touchpoint IS NULL THEN t.cost ELSE v.cost END, 0)",
    "missing": "CASE WHEN v.touchpoint IS NULL THEN 0 ELSE CASE WHEN t.amount IS NOT NULL AND v.amount IS NULL THEN 1"
    " ELSE 0 END + CASE WHEN t.cost IS NOT NULL AND v.cost IS NULL THEN 1 ELSE 0 END END",
}
"""What a touchpoint adds once it was converted; ``v`` is what it was converted to, if it had to be."""
CONVERTED = " LEFT JOIN converted_touchpoint v ON v.touchpoint = t.num"
UNCOUNTED = "EXISTS (SELECT 1 FROM uncounted u WHERE u.touchpoint = t.num)"


def moved(narrowed: str = "") -> str:
    """Rows by which those who moved are taken out of where they are counted and put to where they belong.

    ``narrowed``: a condition on ``m.customer``, their number.
    """
    before = {"stage": "m.stage", "relationship": "m.relationship"}
    key = ", ".join(
        f"CASE WHEN w.sign < 0 THEN {before[name]} ELSE {column} END AS {name}"
        if name in before
        else f"{column} AS {name}"
        for name, column in KEYS["stage_rollup"].items()
    )
    added = ", ".join(f"w.sign * ({ADDED[name]}) AS {name}" for name in SUMS)
    # Cross joins, because SQLite takes its tables in this order. Each of those who moved is looked at once: PostgreSQL
    # may take them for none, as they were when it counted them last, and would join them with themselves one by one.
    who = "SELECT m.customer, m.stage, m.relationship, t.num FROM moved_account m CROSS JOIN touchpoint t"
    theirs = (
        f"{who} WHERE t.organisation = m.customer{narrowed}"
        f" UNION ALL {who} WHERE t.customer = m.customer AND t.organisation IS NULL{narrowed}"
    )
    return (
        f"SELECT {key}, {added} FROM ({theirs}) m JOIN touchpoint t ON t.num = m.num"
        f" JOIN customer c ON c.num = m.customer{CONVERTED} CROSS JOIN (SELECT -1 AS sign UNION ALL SELECT 1) w"
        f" WHERE t.retracted_at IS NULL AND NOT {UNCOUNTED}"
    )
