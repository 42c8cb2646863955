"""Reference data: products, campaigns and users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store import lists
from hub.store.reader import Snapshot
from hub.store.shapes import Shape


@dataclass(frozen=True, slots=True)
class StoredProduct:
    """Something sold."""

    num: int
    id: str
    sku: str
    name: str
    category: str | None


@dataclass(frozen=True, slots=True)
class StoredCampaign:
    """A campaign; amounts are minor units."""

    num: int
    id: str
    reference: str
    name: str
    channel: str | None
    starts_on: str | None
    ends_on: str | None
    budget: int | None
    spend: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class StoredUser:
    """A person of the company."""

    num: int
    id: str
    reference: str
    name: str
    email: str | None
    time_zone: str


PRODUCTS = lists.Listing("product d", Shape(StoredProduct, "d"), "d.num")
CAMPAIGNS = lists.Listing("campaign n", Shape(StoredCampaign, "n"), "n.num")
USERS = lists.Listing("hub_user w", Shape(StoredUser, "w"), "w.num")


async def products(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, StoredProduct]:
    """Products by row number."""
    return await lists.by_number(snapshot, PRODUCTS, "d.num", numbers)


async def campaigns(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, StoredCampaign]:
    """Campaigns by row number."""
    return await lists.by_number(snapshot, CAMPAIGNS, "n.num", numbers)


async def users(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, StoredUser]:
    """Users by row number."""
    return await lists.by_number(snapshot, USERS, "w.num", numbers)


async def products_by_id(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredProduct]:
    """Products by public id."""
    return await lists.by_id(snapshot, PRODUCTS, "d.id", ids)


async def campaigns_by_id(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredCampaign]:
    """Campaigns by public id."""
    return await lists.by_id(snapshot, CAMPAIGNS, "n.id", ids)


async def user_known(snapshot: Snapshot, reference: str) -> bool:
    """Whether there is a user of this reference, id or e-mail address."""
    num = await snapshot.value(
        "SELECT num FROM hub_user WHERE reference = $1::text OR id = $2::text OR email = $3::text",
        reference, reference, reference,
    )  # fmt: skip
    return num is not None


async def user_named(snapshot: Snapshot, name: str) -> str | None:
    """The reference of the user with this reference, id or e-mail address."""
    found: str | None = await snapshot.value(
        "SELECT reference FROM hub_user WHERE reference = $1::text OR id = $1::text OR lower(email) = lower($1::text)",
        name,
    )
    return found


async def users_by_id(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredUser]:
    """Users by public id."""
    return await lists.by_id(snapshot, USERS, "w.id", ids)
