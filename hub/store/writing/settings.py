"""What a hub keeps about itself, by name."""

from __future__ import annotations

from collections.abc import Sequence

from hub.store.session import Session


def keep(session: Session, rows: Sequence[tuple[str, str]]) -> None:
    """Write settings (name, JSON text) that are not there yet; those that are stay as they are."""
    session.many("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", rows)


def everything(session: Session) -> dict[str, str]:
    """All settings as JSON text, by name."""
    return dict(session.all("SELECT name, value FROM setting"))


def replace(session: Session, name: str, value: str) -> None:
    """Write a setting (JSON text) in the place of the one that is there."""
    session.run("UPDATE setting SET value = $1 WHERE name = $2", value, name)
