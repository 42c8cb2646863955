"""Endpoints: whom the hub tells of changes, the secrets that sign what they are told, and what was changed of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.store.session import Session

COLUMNS = (
    "num id name url wants sources kinds stages contacts historical created_at number ordinal not_before"
).split()


@dataclass(frozen=True, slots=True)
class Secret:
    """A sealed secret of an endpoint; one without ``ends_at`` (microseconds) is the newest."""

    endpoint: int
    version: int
    sealed: str
    ends_at: int | None


def next_num(session: Session) -> int:
    """The row number that the next endpoint gets."""
    return int(session.value("SELECT coalesce(max(num), 0) + 1 FROM endpoint"))


def count(session: Session) -> int:
    """How many endpoints there are."""
    return int(session.value("SELECT count(*) FROM endpoint"))


def insert(session: Session, row: Sequence[object]) -> None:
    """Write an endpoint, in the order of ``COLUMNS``."""
    session.insert("endpoint", COLUMNS, [row])


def num_of(session: Session, id_: str) -> int | None:
    """The row number of an endpoint."""
    num: int | None = session.value("SELECT num FROM endpoint WHERE id = $1", id_)
    return num


def named(session: Session, name: str) -> int | None:
    """The row number of the endpoint of a name."""
    num: int | None = session.value("SELECT num FROM endpoint WHERE name = $1", name)
    return num


def disabled_for(session: Session, num: int) -> str | None:
    """Why an endpoint is disabled; None while it is not."""
    reason: str | None = session.value("SELECT disabled_for FROM endpoint WHERE num = $1", num)
    return reason


def values(session: Session, num: int, columns: Sequence[str]) -> dict[str, object]:
    """Some columns of an endpoint."""
    row = session.all(f"SELECT {', '.join(columns)} FROM endpoint WHERE num = $1", num)[0]
    return dict(zip(columns, row, strict=True))


def change(session: Session, num: int, given: Mapping[str, object]) -> None:
    """Set columns of an endpoint."""
    session.update("endpoint", ["num"], list(given), [(num, *given.values())])


def delete(session: Session, num: int) -> None:
    """Forget an endpoint, its secrets, its messages and their attempts; its changes stay."""
    session.run("DELETE FROM attempt WHERE message IN (SELECT num FROM message WHERE endpoint = $1)", num)
    for table in ("message", "endpoint_secret"):
        session.run(f"DELETE FROM {table} WHERE endpoint = $1", num)
    session.run("DELETE FROM endpoint WHERE num = $1", num)


def note_change(session: Session, endpoint: str, fields: str, by: str, at: int) -> None:
    """Append to the trail of changes; ``fields`` is a JSON list of names. The sequence must be locked."""
    num = int(session.value("SELECT coalesce(max(num), 0) + 1 FROM endpoint_change"))
    columns = ["num", "endpoint", "fields", "changed_by", "changed_at"]
    session.insert("endpoint_change", columns, [(num, endpoint, fields, by, at)])


# How deliveries go -------------------------------------------------------------------------------------------------


def open_at(session: Session, now: int) -> list[tuple[int, str, str]]:
    """(row number, id, URL) of endpoints that may be told something now."""
    rows = session.all("SELECT num, id, url FROM endpoint WHERE disabled_at IS NULL AND not_before <= $1", now)
    return [(num, id_, url) for num, id_, url in rows]


def well(session: Session, num: int) -> None:
    """An attempt has succeeded."""
    session.run(
        "UPDATE endpoint SET failing_since = NULL, not_before = 0 "
        "WHERE num = $1 AND (failing_since IS NOT NULL OR not_before > 0)",
        num,
    )


def ill(session: Session, num: int, at: int, not_before: int) -> int:
    """An attempt has failed, after which nothing is to be tried before a time; since when they all do."""
    return int(
        session.all(
            "UPDATE endpoint SET failing_since = coalesce(failing_since, $2), "
            "not_before = CASE WHEN not_before > $3 THEN not_before ELSE $3 END WHERE num = $1 RETURNING failing_since",
            num, at, not_before,
        )[0][0]
    )  # fmt: skip


def disable(session: Session, num: int, at: int, reason: str) -> bool:
    """Tell an endpoint nothing more; whether it was not disabled before."""
    return (
        session.run(
            "UPDATE endpoint SET disabled_at = $1, disabled_for = $2 WHERE num = $3 AND disabled_at IS NULL",
            at, reason, num,
        )
        > 0
    )  # fmt: skip


# Secrets -----------------------------------------------------------------------------------------------------------


def secrets_of(session: Session, nums: Sequence[int], now: int) -> dict[int, list[Secret]]:
    """The secrets that sign now, the newest first, by endpoint."""
    rows = session.all(
        "SELECT endpoint, version, sealed, ends_at FROM endpoint_secret WHERE endpoint = ANY($1::bigint[]) "
        "AND (ends_at IS NULL OR ends_at > $2) ORDER BY endpoint, version DESC",
        list(nums), now,
    )  # fmt: skip
    found: dict[int, list[Secret]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(Secret(*row))
    return found


def add_secret(session: Session, num: int, sealed: str, others_end: int) -> None:
    """Give an endpoint another secret; those it has sign until then. What signs no more is forgotten."""
    session.run("UPDATE endpoint_secret SET ends_at = $1 WHERE endpoint = $2 AND ends_at IS NULL", others_end, num)
    version = int(session.value("SELECT coalesce(max(version), 0) + 1 FROM endpoint_secret WHERE endpoint = $1", num))
    session.insert("endpoint_secret", ["endpoint", "version", "sealed", "ends_at"], [(num, version, sealed, None)])


def forget_secrets(session: Session, now: int) -> None:
    """Forget secrets that sign no more."""
    session.run("DELETE FROM endpoint_secret WHERE ends_at <= $1", now)


def every_secret(session: Session) -> list[tuple[str, Secret]]:
    """All secrets, with the id of their endpoint."""
    rows = session.all(
        "SELECT e.id, s.endpoint, s.version, s.sealed, s.ends_at FROM endpoint_secret s "
        "JOIN endpoint e ON e.num = s.endpoint"
    )
    return [(id_, Secret(*rest)) for id_, *rest in rows]


def reseal(session: Session, secrets: Sequence[Secret]) -> None:
    """Write secrets as they are sealed now."""
    rows = [(each.endpoint, each.version, each.sealed) for each in secrets]
    session.update("endpoint_secret", ["endpoint", "version"], ["sealed"], rows)
