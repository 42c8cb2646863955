"""Reference data: rows about the business, kept beside the touchpoints that name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hub.ids import campaign_id, product_id, user_id
from hub.ingest.mapping import Draft, Reading
from hub.money import minor
from hub.store.session import Session
from hub.store.writing import reference
from hub.store.writing.numbers import Numbers
from hub.values import Campaign, Product, User

ProductKey = tuple[int, str]


def keep(session: Session, numbers: Numbers, readings: Iterable[Reading], sources: dict[int, str]) -> list[str]:
    """Write the products, campaigns and users that rows define; the newest record about each stands.

    The answer is what matters may call these users by.
    """
    products: dict[ProductKey, tuple[Product, int]] = {}
    campaigns: dict[str, tuple[Campaign, int]] = {}
    users: dict[str, tuple[User, int]] = {}
    for reading in sorted(readings, key=lambda reading: reading.version.number):
        for row in reading.reference:
            number = reading.version.number
            match row:
                case Product():
                    products[reading.version.source, row.sku] = (row, number)
                case Campaign():
                    campaigns[row.reference] = (row, number)
                case User():
                    users[row.reference] = (row, number)
    _keep_products(session, numbers, products, sources)
    _keep_campaigns(session, numbers, campaigns)
    _keep_users(session, numbers, users)
    named = [name for user, _ in users.values() for name in (user.reference, user.email) if name]
    return list(dict.fromkeys([*named, *(name.lower() for name in named)]))


def _keep_products(
    session: Session, numbers: Numbers, given: dict[ProductKey, tuple[Product, int]], sources: dict[int, str]
) -> None:
    known = product_rows(session, given)
    rows = []
    for (source, sku), (product, number) in given.items():
        num, name, category, record = known.get((source, sku), (0, "", None, 0))
        if num and (record > number or (name, category) == (product.name, product.category)):
            continue
        rows.append(
            (num or numbers.next("product"), product_id(sources[source], sku), source, sku, product.name,
             product.category, number)
        )  # fmt: skip
    reference.write_products(session, rows)


def product_rows(session: Session, keys: Iterable[ProductKey]) -> dict[ProductKey, tuple[int, str, str | None, int]]:
    """(num, name, category, record) of products by source and sku."""
    by_source: dict[int, list[str]] = {}
    for source, sku in keys:
        by_source.setdefault(source, []).append(sku)
    return {
        (source, sku): (num, name, category, record)
        for source, skus in by_source.items()
        for num, sku, name, category, record in reference.products(session, source, skus)
    }


def _keep_campaigns(session: Session, numbers: Numbers, given: dict[str, tuple[Campaign, int]]) -> None:
    known = reference.campaign_nums(session, list(given)) if given else {}
    rows = []
    for name, (campaign, number) in given.items():
        money = campaign.budget or campaign.spend
        rows.append(
            (known.get(name) or numbers.next("campaign"), campaign_id(name), name, campaign.name,
             campaign.channel.value if campaign.channel else None,
             campaign.starts_on.isoformat() if campaign.starts_on else None,
             campaign.ends_on.isoformat() if campaign.ends_on else None,
             minor(campaign.budget) if campaign.budget else None, minor(campaign.spend) if campaign.spend else None,
             money.currency if money else None, number)
        )  # fmt: skip
    reference.write_campaigns(session, rows)


def campaigns_of(session: Session, numbers: Numbers, drafts: Iterable[Draft]) -> dict[str, int]:
    """Row numbers of the campaigns that touchpoints name."""
    named = {name: draft.records[0] for draft in drafts if (name := campaign_of(draft))}
    return campaigns_named(session, numbers, named)


def campaigns_named(session: Session, numbers: Numbers, named: Mapping[str, int]) -> dict[str, int]:
    """Row numbers of campaigns by reference; one not defined yet is kept by that, with the record that names it."""
    known = reference.campaign_nums(session, list(named)) if named else {}
    rows = []
    for name, record in named.items():
        if name not in known:
            known[name] = numbers.next("campaign")
            rows.append((known[name], campaign_id(name), name, name, record))
    reference.name_campaigns(session, rows)
    return known


def campaign_of(draft: Draft) -> str | None:
    """The campaign a touchpoint names, by itself or through its origin."""
    origin = draft.touchpoint.origin
    return draft.touchpoint.campaign or (origin.campaign if origin and origin.campaign else None)


def _keep_users(session: Session, numbers: Numbers, given: dict[str, tuple[User, int]]) -> None:
    if not given:
        return
    known = reference.user_nums(session, list(given))
    rows = [
        (known.get(name) or numbers.next("hub_user"), user_id(name), name, user.name, user.email,
         user.time_zone or "UTC", number)
        for name, (user, number) in given.items()
    ]  # fmt: skip
    reference.write_users(session, rows)
