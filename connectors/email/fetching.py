"""Reading the mails of an examined folder: sizes first, then bodies, as many at a time as fit into a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING

from connectors.email.correspondence import is_undated, row_of
from connectors.email.mbox import Gatherer, Letter, line_above
from connectors.email.places import Dropped
from hub import sdk

if TYPE_CHECKING:
    from connectors.email.server import Listed, Server

PAGE_ROWS = 200
_PAGE_BYTES = 16_000_000
_ALL_REFUSED = 10
"""So many mails in a row that a server does not give are no accident of theirs."""


@dataclass(frozen=True, slots=True)
class Haul:
    """Mails that were read together. ``uids`` are all that were asked for; of those drafts give no row, nor do mails
    that are gone; ``refused`` are still listed, and the server does not give them."""

    uids: Sequence[int]
    rows: Sequence[sdk.Row]
    refused: Sequence[int]


def hauls(server: Server, uids: Sequence[int], limit: int) -> Iterator[Haul]:
    """The mails in order. Of one larger than ``limit`` bytes only the head is held."""
    for at in range(0, len(uids), PAGE_ROWS):
        some = uids[at : at + PAGE_ROWS]
        listed = server.listed(some)
        for group in _groups(some, listed, limit):
            yield _haul(server, group, listed, limit)


def _groups(uids: Sequence[int], listed: dict[int, Listed], limit: int) -> Iterator[list[int]]:
    group: list[int] = []
    held = 0
    for uid in uids:
        size = min(listed[uid].size, limit) if uid in listed else 0
        if group and held + size > _PAGE_BYTES:
            yield group
            group, held = [], 0
        group.append(uid)
        held += size
    yield group


def _haul(server: Server, uids: Sequence[int], listed: dict[int, Listed], limit: int) -> Haul:
    drafts = {uid for uid, one in listed.items() if one.draft}
    large = {uid for uid, one in listed.items() if one.size > limit}
    bodies = server.bodies([uid for uid in uids if uid in listed and uid not in drafts | large])
    rows, missing = [], []
    for uid in uids:
        if uid in drafts:
            continue
        letter = _large(server, uid, limit) if uid in large else _letter(bodies.pop(uid, None), limit)
        if letter is None:
            missing.append(uid)
        else:
            rows.append(_row(server, uid, letter, listed[uid]))
    refused = server.still_there(missing)
    if len(refused) >= _ALL_REFUSED and not rows:
        raise sdk.SourceFailed("The server lists mails and gives none of them.")
    return Haul(uids, rows, refused)


def _letter(raw: bytes | None, limit: int) -> Letter | None:
    if raw is None:
        return None
    line = line_above(raw)
    mail = Gatherer(limit, line.strip())
    mail.add(raw[len(line) :])
    return mail.letter()


def _large(server: Server, uid: int, limit: int) -> Letter | None:
    """A large mail is read to its end, so that its key is the one it has elsewhere, and never held as a whole."""
    mail = Gatherer(limit)
    try:
        for piece in server.pieces(uid):
            mail.add(piece)
    except Dropped:
        raise
    except sdk.SourceFailed:
        return None
    return mail.letter() if mail.size else None


def _row(server: Server, uid: int, letter: Letter, listed: Listed) -> sdk.Row:
    envelope = dict(listed.beside)
    if is_undated(letter) and (arrived := server.arrived(uid)):
        envelope["arrived"] = format_datetime(arrived)
    return row_of(letter, **envelope)
