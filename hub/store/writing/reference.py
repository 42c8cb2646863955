"""Products, campaigns and users as the write path keeps them."""

from __future__ import annotations

from collections.abc import Sequence

from hub.store.session import Session

PRODUCT = ["num", "id", "source", "sku", "name", "category", "record"]
CAMPAIGN = [
    "num", "id", "reference", "name", "channel", "starts_on", "ends_on", "budget", "spend", "currency", "record",
]  # fmt: skip
USER = ["num", "id", "reference", "name", "email", "time_zone", "record"]


def products(session: Session, source: int, skus: Sequence[str]) -> list[tuple[int, str, str, str | None, int]]:
    """(num, sku, name, category, record) of products of a source."""
    rows = session.all(
        "SELECT num, sku, name, category, record FROM product WHERE source = $1 AND sku = ANY($2::text[])",
        source, list(skus),
    )  # fmt: skip
    return [(num, sku, name, category, record) for num, sku, name, category, record in rows]


def write_products(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write products, in the order of ``PRODUCT``."""
    session.upsert("product", ["num"], PRODUCT[1:], rows)


def campaign_nums(session: Session, references: Sequence[str]) -> dict[str, int]:
    """Row numbers of campaigns by reference."""
    rows = session.all("SELECT num, reference FROM campaign WHERE reference = ANY($1::text[])", list(references))
    return {reference: num for num, reference in rows}


def write_campaigns(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write campaigns, in the order of ``CAMPAIGN``."""
    session.upsert("campaign", ["num"], CAMPAIGN[1:], rows)


def name_campaigns(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write campaigns of which only the name is known: (num, id, reference, name, record)."""
    session.insert("campaign", ["num", "id", "reference", "name", "record"], rows)


def user_nums(session: Session, references: Sequence[str]) -> dict[str, int]:
    """Row numbers of users by reference."""
    rows = session.all("SELECT num, reference FROM hub_user WHERE reference = ANY($1::text[])", list(references))
    return {reference: num for num, reference in rows}


def write_users(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write users, in the order of ``USER``."""
    session.upsert("hub_user", ["num"], USER[1:], rows)
