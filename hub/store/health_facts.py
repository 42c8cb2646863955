"""What is known of how sources do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.store.reader import Snapshot


@dataclass(frozen=True, slots=True)
class EndedPull:
    """A pull that came to some end other than being cut off."""

    state: str
    started_at: int
    finished_at: int | None
    error: str | None


@dataclass(slots=True)
class Facts:
    """All that health is judged by. ``pulls``: those that ended since the last that went well, that one first."""

    num: int
    id: str
    name: str
    created_at: int
    every: int | None
    paused_at: int | None
    notify_url: str | None
    next_at: int | None
    blocked: str | None
    pulled_at: int | None
    """When the last pull began, however it ended."""
    held_until: int | None
    """Until when somebody has it for themselves."""
    holder: str | None
    """Who."""
    turned_at: int | None
    """When it last turned unhealthy or healthy."""
    withdrawn_at: int | None = None
    pulls: list[EndedPull] = field(default_factory=list)


async def of_sources(snapshot: Snapshot, sources: Sequence[int]) -> dict[int, Facts]:
    """The facts of sources, by row number; a handful of statements for however many sources."""
    rows = await snapshot.all(
        "SELECT s.num, s.id, s.name, s.created_at, s.every, s.paused_at, s.notify_url, l.next_at, l.blocked, "
        "(SELECT max(r.started_at) FROM run r WHERE r.source = s.num AND r.kind = 'PULL' AND r.num = "
        "(SELECT max(p.num) FROM run p WHERE p.source = s.num AND p.kind = 'PULL')), "
        "l.until, l.holder, "
        "(SELECT h.at FROM health_turn h WHERE h.source = s.num ORDER BY h.num DESC LIMIT 1) "
        "FROM source s LEFT JOIN lease l ON l.source = s.num WHERE s.num = ANY($1::bigint[])",
        list(sources),
    )
    facts = {row[0]: Facts(*row) for row in rows}
    by_id = {each.id: each for each in facts.values()}
    for id_, restore, at in await snapshot.all(
        "SELECT target, restore, decided_at FROM withdrawal WHERE kind = 'SOURCE' AND target = ANY($1::text[]) "
        "ORDER BY number",
        list(by_id),
    ):
        by_id[id_].withdrawn_at = None if restore else at
    # Runs of a source that does well are not looked through: the index leads to the last that went well.
    pulls = await snapshot.all(
        "SELECT u.source, u.state, u.started_at, u.finished_at, u.error FROM source s JOIN run u ON u.source = s.num "
        "AND u.num >= coalesce((SELECT g.num FROM run g WHERE g.source = s.num AND g.kind = 'PULL' AND g.state = 'OK' "
        "ORDER BY g.num DESC LIMIT 1), 0) WHERE s.num = ANY($1::bigint[]) AND u.kind = 'PULL' "
        "AND u.state IN ('OK', 'FAILED', 'INCOMPLETE') ORDER BY u.num",
        list(sources),
    )
    for source, *rest in pulls:
        facts[source].pulls.append(EndedPull(*rest))
    return facts
