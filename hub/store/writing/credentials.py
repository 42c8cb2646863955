"""Sealed secrets of sources: those of settings by JSON pointer, those a connector keeps by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.store.session import Session


@dataclass(frozen=True, slots=True)
class Sealed:
    """A secret as it is stored, and how often there was one under its name."""

    source: int
    name: str
    sealed: str
    version: int


def of_sources(session: Session, nums: Sequence[int]) -> dict[int, list[Sealed]]:
    """The secrets of sources by row number of the source; those that have none are left out."""
    found: dict[int, list[Sealed]] = {}
    for row in session.among(
        "SELECT source, name, sealed, version FROM credential WHERE source = ANY($1::bigint[]) ORDER BY source, name",
        nums,
    ):
        found.setdefault(row[0], []).append(Sealed(*row))
    return found


def everything(session: Session) -> list[Sealed]:
    """All secrets of all sources."""
    rows = session.all("SELECT source, name, sealed, version FROM credential ORDER BY source, name")
    return [Sealed(*row) for row in rows]


def is_setting(name: str) -> bool:
    """Whether a secret is one of the settings; the others are kept by the connector."""
    return name.startswith("/")


def replace(session: Session, source: int, secrets: Mapping[str, str], at: int) -> None:
    """All secrets of a source anew, by name. What its connector kept came from the old ones: it goes with them."""
    session.run("DELETE FROM credential WHERE source = $1", source)
    columns = ["source", "name", "sealed", "version", "saved_at"]
    session.insert("credential", columns, [(source, name, sealed, 1, at) for name, sealed in secrets.items()])


def keep(session: Session, source: int, name: str, sealed: str, after: int, at: int) -> bool:
    """Store what comes after version ``after`` (0: nothing yet). False, and nothing happens, when that is not there."""
    if after:
        return (
            session.run(
                "UPDATE credential SET sealed = $1, version = version + 1, saved_at = $2"
                " WHERE source = $3 AND name = $4 AND version = $5",
                sealed, at, source, name, after,
            )
            == 1
        )  # fmt: skip
    return (
        session.run(
            "INSERT INTO credential (source, name, sealed, version, saved_at) VALUES ($1, $2, $3, 1, $4)"
            " ON CONFLICT (source, name) DO NOTHING",
            source, name, sealed, at,
        )
        == 1
    )  # fmt: skip


def reseal(session: Session, sealed: Sequence[Sealed]) -> None:
    """The same secrets, sealed with another key."""
    session.many(
        "UPDATE credential SET sealed = $1 WHERE source = $2 AND name = $3 AND version = $4",
        [(each.sealed, each.source, each.name, each.version) for each in sealed],
    )
