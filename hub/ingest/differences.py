"""What reading records again would change of their touchpoints, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from hub.ingest import about, claims
from hub.ingest.mapping import Draft
from hub.ingest.outcomes import Effect, FieldChange, TouchpointChange
from hub.ingest.rows import Place, line_rows, participant_rows, touchpoint_row
from hub.store.session import Session
from hub.store.writing import contents, touchpoints
from hub.store.writing.contents import Content

_NOWHERE = Place(0, None, None, None, None, False, None)


@dataclass(frozen=True, slots=True)
class Differences:
    """What would change, touchpoint by touchpoint; ``doubtful`` are those whose rows say something else today."""

    changes: Sequence[TouchpointChange]
    doubtful: Sequence[str]


def differences(
    session: Session, drafts: Sequence[Draft], read: Sequence[int], sources: Mapping[int, str], country: str,
    zone: ZoneInfo,
) -> Differences:  # fmt: skip
    """Compare what records (``read``, all versions of their rows) say today with the touchpoints they made before."""
    made = {draft.id: draft for draft in drafts}
    before = {id_ for held in touchpoints.yielded_by(session, read).values() for _, id_ in held}
    stored = contents.contents(session, sorted({*made, *before}))
    changes: list[TouchpointChange] = []
    for id_ in sorted({*made, *before}):
        held = stored.get(id_)
        if id_ not in made:
            if held is not None and not held.retracted:
                changes.append(TouchpointChange(id_, Effect.RETRACTED))
        elif held is None:
            changes.append(TouchpointChange(id_, Effect.ADDED))
        elif held.retracted:
            changes.append(TouchpointChange(id_, Effect.RESTORED))
        elif fields := list(_fields(held, _content(made[id_], sources, country, zone))):
            changes.append(TouchpointChange(id_, Effect.CHANGED, fields))
    return Differences(changes, [each.touchpoint for each in changes if each.effect is Effect.CHANGED])


def _content(draft: Draft, sources: Mapping[int, str], country: str, zone: ZoneInfo) -> Content:
    said, source = draft.touchpoint, sources[draft.source]
    row = dict(zip(touchpoints.COLUMNS, touchpoint_row(draft, _NOWHERE, zone), strict=True)) | {"anchor": said.anchor}
    content = Content({name: row[name] for name in contents.COLUMNS})
    if (named := claims.naming(draft.id, draft.at, draft.heard, said, source, country)) is not None:
        content.identifiers = {id_: made.identifier.display for id_, made in named.identifiers.items()}
        content.name = named.name_key
    content.participants = [(role, name, who) for _, _, role, name, who, *_ in participant_rows(0, draft)]
    content.lines = [tuple(line[4:]) for line in line_rows(0, draft, {})]
    content.matters = dict(about.written(source, said))
    return content


def _fields(before: Content, after: Content) -> Iterable[FieldChange]:
    for name, value in after.columns.items():
        # SQLite has no truth values, only 0 and 1.
        if before.columns[name] != value:
            yield FieldChange(name, _text(before.columns[name]), _text(value))
    # The same identifier written otherwise is the same.
    if before.identifiers.keys() != after.identifiers.keys():
        shown = (", ".join(sorted(each.identifiers.values())) for each in (before, after))
        yield FieldChange("identifiers", *shown)
    if before.name != after.name:
        yield FieldChange("name", before.name or None, after.name or None)
    for name, was, now in (
        ("participants", before.participants, after.participants),
        ("lines", before.lines, after.lines),
        ("matters", sorted(before.matters.values()), sorted(after.matters.values())),
    ):
        if was != now:
            yield FieldChange(name, _text(was), _text(now))


def _text(value: Any) -> str | None:
    if isinstance(value, list):
        return "; ".join(" ".join(map(str, each)) if isinstance(each, tuple) else str(each) for each in value)
    return None if value is None else str(value)
