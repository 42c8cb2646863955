"""The usual way in Python: strawberry as it comes, SQLModel rows through SQLAlchemy's ORM, DataLoaders against N + 1.

`python -m bench.contestants.plain DATABASE_URL SEARCH_PATH` serves it with uvicorn; all defaults of the libraries, and
a pool of ten connections like everybody else. No tokens, no limits.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import Select, func
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import aliased
from sqlmodel import select
from starlette.applications import Starlette
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader

from bench.contestants.serving import run, serve
from hub.store.portraits import CustomerRow, CustomerValueRow
from hub.store.projection import IdentifierRow, TouchpointRow

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Info = strawberry.Info


def instant(at: int | None) -> str | None:
    """Microseconds as the hub writes them."""
    return None if at is None else (EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def money(amount: int, currency: str) -> Money:
    """Minor units of a currency with two digits."""
    return Money(amount=f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02}", currency=currency)


@strawberry.type
class Money:
    amount: str
    currency: str


@strawberry.type
class Touchpoint:
    row: strawberry.Private[TouchpointRow]
    id: strawberry.ID
    kind: str
    channel: str
    direction: str
    automated: bool
    title: str

    @strawberry.field
    def occurred_at(self) -> str:
        return str(instant(self.row.occurred_at))

    @strawberry.field
    def amount(self) -> Money | None:
        row = self.row
        return None if row.amount is None or row.currency is None else money(row.amount, row.currency)


@strawberry.type
class PageInfo:
    has_next_page: bool


@strawberry.type
class Timeline:
    nodes: list[Touchpoint]
    page_info: PageInfo


@strawberry.type
class Identifier:
    kind: str
    value: str
    display: str


@strawberry.type
class Identifiers:
    nodes: list[Identifier]


@strawberry.type
class Lifecycle:
    stage: str | None
    standing: str | None
    since: str | None


@strawberry.type
class Value:
    revenue: Money
    orders: int
    first_purchase_at: str | None
    last_purchase_at: str | None


@strawberry.type
class Customer:
    row: strawberry.Private[CustomerRow]
    id: strawberry.ID
    display_name: str
    email: str | None
    phone: str | None

    @strawberry.field
    def lifecycle(self) -> Lifecycle:
        row = self.row
        return Lifecycle(stage=row.stage, standing=row.standing, since=instant(row.stage_since))

    @strawberry.field
    async def value(self, info: Info) -> Value:
        row = await info.context["values"].load(self.row.num)
        return Value(
            revenue=money(row.revenue if row else 0, self.row.currency),
            orders=row.orders if row else 0,
            first_purchase_at=instant(row.first_purchase_at) if row else None,
            last_purchase_at=instant(row.last_purchase_at) if row else None,
        )

    @strawberry.field
    async def identifiers(self, info: Info, first: int) -> Identifiers:
        rows = await info.context["identifiers"].load(self.row.num)
        return Identifiers(nodes=[Identifier(kind=r.kind, value=r.value, display=r.display) for r in rows[:first]])

    @strawberry.field
    async def timeline(self, info: Info, first: int) -> Timeline:
        rows = await info.context["timelines"].load((self.row.num, first))
        nodes = [
            Touchpoint(
                row=r, id=strawberry.ID(r.id), kind=r.kind, channel=r.channel, direction=r.direction,
                automated=r.automated, title=r.title,
            )
            for r in rows[:first]
        ]  # fmt: skip
        return Timeline(nodes=nodes, page_info=PageInfo(has_next_page=len(rows) > first))


@strawberry.type
class Customers:
    nodes: list[Customer]
    page_info: PageInfo


@strawberry.input
class By:
    id: strawberry.ID


@strawberry.enum
class Field(Enum):
    LAST_TOUCH = "LAST_TOUCH"


@strawberry.input
class Order:
    field: Field


def _customer(row: CustomerRow) -> Customer:
    return Customer(row=row, id=strawberry.ID(row.id), display_name=row.display_name, email=row.email, phone=row.phone)


@strawberry.type
class Query:
    @strawberry.field
    async def customer(self, info: Info, by: By) -> Customer | None:
        rows = await info.context["fetch"](select(CustomerRow).where(CustomerRow.id == str(by.id)))
        return _customer(rows[0]) if rows else None

    @strawberry.field
    async def customers(self, info: Info, first: int, order_by: Order) -> Customers:
        wanted = select(CustomerRow).where(CustomerRow.relationship == "CUSTOMER")
        newest = wanted.order_by(CustomerRow.last_touch_at.desc(), CustomerRow.id.desc()).limit(first + 1)  # type: ignore[attr-defined]
        rows = await info.context["fetch"](newest)
        return Customers(
            nodes=[_customer(row) for row in rows[:first]], page_info=PageInfo(has_next_page=len(rows) > first)
        )


class App(GraphQL[Any, Any]):
    """With the loaders of one request."""

    sessions: async_sessionmaker[AsyncSession]

    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        """Each statement has a session of its own: fields of one request run beside each other."""

        async def fetch(statement: Select[Any]) -> Sequence[Any]:
            async with self.sessions() as session:
                return (await session.execute(statement)).scalars().all()

        async def values(keys: list[int]) -> list[CustomerValueRow | None]:
            rows = await fetch(select(CustomerValueRow).where(CustomerValueRow.customer.in_(keys)))  # type: ignore[attr-defined]
            found = {row.customer: row for row in rows}
            return [found.get(key) for key in keys]

        async def identifiers(keys: list[int]) -> list[list[IdentifierRow]]:
            wanted = select(IdentifierRow).where(IdentifierRow.customer.in_(keys), ~IdentifierRow.hidden)  # type: ignore[union-attr]
            found = defaultdict(list)
            for row in await fetch(wanted.order_by(IdentifierRow.num)):
                found[row.customer].append(row)
            return [found[key] for key in keys]

        async def timelines(keys: list[tuple[int, int]]) -> list[list[TouchpointRow]]:
            newest = (TouchpointRow.occurred_at.desc(), TouchpointRow.id.desc())  # type: ignore[attr-defined]
            place = func.row_number().over(partition_by=TouchpointRow.customer, order_by=newest).label("place")
            of = TouchpointRow.customer.in_([key for key, _ in keys])  # type: ignore[union-attr]
            ranked = select(TouchpointRow, place).where(of, TouchpointRow.retracted_at.is_(None)).subquery()  # type: ignore[union-attr]
            row = aliased(TouchpointRow, ranked)
            wanted = select(row).where(ranked.c.place <= keys[0][1] + 1).order_by(ranked.c.customer, ranked.c.place)
            found = defaultdict(list)
            for each in await fetch(wanted):
                found[each.customer].append(each)
            return [found[key] for key, _ in keys]

        return {
            "fetch": fetch,
            "values": DataLoader(values),
            "identifiers": DataLoader(identifiers),
            "timelines": DataLoader(timelines),
        }


def app(url: str, path: str) -> Starlette:
    """The application over a database."""
    address = make_url(url).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(
        address, pool_size=10, max_overflow=0, connect_args={"server_settings": {"search_path": path}}
    )
    graphql = App(strawberry.Schema(Query))
    graphql.sessions = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    made = Starlette(lifespan=lifespan)
    made.add_route("/graphql", graphql)  # type: ignore[arg-type]
    return made


if __name__ == "__main__":
    run(serve(app(*sys.argv[1:])))
