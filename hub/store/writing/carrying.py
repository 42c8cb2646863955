"""What a new projection set takes over from the one it replaces, because no truth tells it: log and history.

``old`` is the number of that set; the session was opened beside it (``Store.projection``).
"""

from __future__ import annotations

from hub.store.session import Session
from hub.store.writing import ledger, scores, suggestions, touchpoints

_MAPPED = ("num", "campaign", "claim", "customer", "organisation", "retracted_at")
_AS_THEY_ARE = [name for name in touchpoints.COLUMNS if name not in _MAPPED]


def reached(session: Session, old: int) -> tuple[int, int]:
    """How far the old set has come: the last processed truth number, and its clock."""
    number, clock = session.all(f"SELECT number, clock FROM projection_{old}.processed WHERE id = 1")[0]
    return int(number), int(clock)


def copy_ledger(session: Session, old: int, most: int) -> bool:
    """Copy the next ledger lines, at most so many. True when there may be more."""
    after = session.one("SELECT number, ordinal FROM ledger ORDER BY number DESC, ordinal DESC LIMIT 1") or (-1, -1)
    columns = ", ".join(ledger.LINE)
    copied = session.run(
        f"INSERT INTO ledger ({columns}) SELECT {columns} FROM projection_{old}.ledger "
        "WHERE (number, ordinal) > ($1::bigint, $2::bigint) ORDER BY number, ordinal LIMIT $3::bigint",
        *after, most,
    )  # fmt: skip
    return copied == most


def take_over(session: Session, old: int, at: int) -> None:
    """Take over the ids that customers had, touchpoints that stand no more, suggestions and scores.

    Both sets have come equally far. ``at`` (microseconds) dates touchpoints that only the old set knows.
    """
    _former_ids(session, f"projection_{old}")
    _retracted(session, f"projection_{old}", at)
    columns = ", ".join(suggestions.COLUMNS)
    session.run("DELETE FROM suggestion")
    session.run(f"INSERT INTO suggestion ({columns}) SELECT {columns} FROM projection_{old}.suggestion")
    columns = ", ".join(scores.COLUMNS)
    session.run("DELETE FROM customer_score")
    session.run(f"INSERT INTO customer_score ({columns}) SELECT {columns} FROM projection_{old}.customer_score")


def _former_ids(session: Session, old: str) -> None:
    given = "SELECT id FROM {}touchpoint WHERE gave_id"
    ours, theirs = given.format(""), given.format(f"{old}.")
    session.run(f"UPDATE touchpoint SET gave_id = FALSE WHERE id IN ({ours} EXCEPT {theirs})")
    session.run(f"UPDATE touchpoint SET gave_id = TRUE WHERE id IN ({theirs} EXCEPT {ours})")


def _retracted(session: Session, old: str, at: int) -> None:
    """What was retracted on the way here is not what was retracted on the way there, and ids resolve for ever."""
    session.run("DELETE FROM touchpoint WHERE retracted_at IS NOT NULL")
    last = session.value("SELECT coalesce(max(num), 0) FROM touchpoint")
    session.run(
        f"INSERT INTO touchpoint ({', '.join([*_MAPPED, *_AS_THEY_ARE])}) "
        "SELECT $1::bigint + row_number() OVER (ORDER BY o.id), p.num, l.num, c.num, f.num, "
        f"coalesce(o.retracted_at, $2::bigint), {', '.join(f'o.{name}' for name in _AS_THEY_ARE)} "
        f"FROM {old}.touchpoint o "
        f"LEFT JOIN {old}.campaign op ON op.num = o.campaign LEFT JOIN campaign p ON p.id = op.id "
        f"LEFT JOIN {old}.claim ol ON ol.num = o.claim LEFT JOIN claim l ON l.digest = ol.digest "
        f"LEFT JOIN {old}.customer oc ON oc.num = o.customer LEFT JOIN customer c ON c.id = oc.id "
        f"LEFT JOIN {old}.customer f0 ON f0.num = o.organisation LEFT JOIN customer f ON f.id = f0.id "
        "WHERE NOT EXISTS (SELECT 1 FROM touchpoint n WHERE n.id = o.id)",
        last, at,
    )  # fmt: skip
