"""A graph of the tests' own, small enough to be read: what the pages are shown against."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from strawberry.asgi import GraphQL

from hub.api.documents import Document
from hub.api.pages import FormTarget, routes

TOKEN = "jh_secret"
SENT: list[dict[str, str]] = []
LISTENING = threading.Event()


@strawberry.type
class Hub:
    name: str = "Rupali Kitchen"
    time_zone: str = "Asia/Dhaka"


@strawberry.type
class Lifecycle:
    stage: str


@strawberry.type
class Customer:
    id: strawberry.ID
    display_name: str
    lifecycle: Lifecycle


@strawberry.type
class Touchpoint:
    id: strawberry.ID
    kind: str
    channel: str
    title: str
    text: str | None
    occurred_at: datetime
    time_precision: str
    customer: Customer | None


@strawberry.type
class TouchpointAdded:
    touchpoint: Touchpoint
    cursor: str


@strawberry.type
class Touchpoints:
    nodes: list[Touchpoint]


def touchpoint(
    number: int, channel: str, kind: str, title: str, name: str | None, stage: str = "LEAD", text: str | None = None
) -> Touchpoint:
    customer = (
        Customer(id=strawberry.ID(f"cus_{number}"), display_name=name, lifecycle=Lifecycle(stage=stage))
        if name
        else None
    )
    at = datetime(2026, 11, 15 - number, 9, 30, tzinfo=UTC)
    return Touchpoint(
        id=strawberry.ID(f"tp_{number}"),
        kind=kind,
        channel=channel,
        title=title,
        text=text,
        occurred_at=at,
        time_precision="DAY" if kind == "invoice" else "INSTANT",
        customer=customer,
    )


KNOWN = [
    touchpoint(1, "EMAIL", "email", "Re: Is the 5 litre pressure cooker back?", "Nasrin Akter", "LOYAL"),
    touchpoint(2, "SOCIAL", "mention", "", "Imran Hossain", text="@rupali best biryani pot ever 😍🍲"),
    touchpoint(3, "WEB", "form", "پریشر ککر کی قیمت کیا ہے؟", "عائشہ صدیقی"),
    touchpoint(4, "ACCOUNTING", "invoice", "INV-2026-0412", "নাসরিন আক্তার", "CUSTOMER"),
    touchpoint(5, "PHONE", "call", "ডেলিভারি দেরি", None),
]


@strawberry.type
class Money:
    amount: str
    currency: str


@strawberry.type
class Account:
    name: str
    tags: list[str]
    revenue: Money | None
    timeline: Touchpoints


@strawberry.type
class Accounts:
    nodes: list[Account]
    total_count: int


ACCOUNTS = [
    Account(
        name="নাসরিন আক্তার", tags=["vip", "new"], revenue=Money(amount="-12.50", currency="BDT"),
        timeline=Touchpoints(nodes=KNOWN[:2]),
    ),
    Account(name='=HYPERLINK("x")', tags=[], revenue=None, timeline=Touchpoints(nodes=[])),
    Account(name="Two\nlines", tags=["a, b"], revenue=None, timeline=Touchpoints(nodes=KNOWN[2:3])),
]  # fmt: skip


@strawberry.type
class Query:
    hub: Hub = strawberry.field(resolver=Hub)

    @strawberry.field
    def touchpoints(self, first: int = 10) -> Touchpoints:
        return Touchpoints(nodes=KNOWN[:first])

    @strawberry.field
    def accounts(self) -> Accounts:
        return Accounts(nodes=ACCOUNTS, total_count=3)

    @strawberry.field
    def customer(self, by: strawberry.ID) -> Customer | None:
        return next((one.customer for one in KNOWN if one.customer and one.customer.id == by), None)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def touchpoint_added(self, after: str | None = None) -> AsyncIterator[TouchpointAdded]:
        seen = int(after) if after else len(SENT)
        LISTENING.set()
        while True:
            await asyncio.sleep(0.02)
            for fields in SENT[seen:]:
                seen += 1
                new = touchpoint(0, "WEB", "form", "Contact", fields["name"], text=fields["message"])
                yield TouchpointAdded(touchpoint=new, cursor=str(seen))


class Graph(GraphQL[Any, Any]):
    async def get_context(self, request: Any, response: Any) -> Any:
        return {}

    async def on_ws_connect(self, context: dict[str, Any]) -> dict[str, object] | None:
        assert context["connection_params"] == {"Authorization": f"Bearer {TOKEN}"}
        return None


async def documents(request: Request) -> list[Document]:
    known = request.headers.get("authorization") == f"Bearer {TOKEN}"
    query = "query CustomerPage($id: ID!) {\n  customer(by: $id) {\n    displayName\n    lifecycle { stage }\n  }\n}\n"
    live = "subscription Live {\n  touchpointAdded {\n    touchpoint { text }\n  }\n}\n"
    return [Document("customer_page", query, {"id": "cus_4"} if known else {}), Document("live", live, {})]


async def form(request: Request) -> FormTarget | None:
    if "none" in request.query_params:
        return None
    return FormTarget(action="/in/src_form/submissions", hidden={"ticket": '"quoted"'})


async def receive_form(request: Request) -> Response:
    SENT.append({name: str(value) for name, value in (await request.form()).items()})
    return JSONResponse({"ok": True})


class Guarded:
    """No token, no data."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        if scope["type"] == "http" and headers.get(b"authorization") != f"Bearer {TOKEN}".encode():
            await JSONResponse({"errors": [{"message": "no such token"}]}, 401)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def small_hub() -> Starlette:
    """The pages over this graph."""
    graph = Guarded(Graph(strawberry.Schema(Query, subscription=Subscription)))
    return Starlette(
        routes=[
            *routes(documents=documents, form=form),
            Route("/in/src_form/submissions", receive_form, methods=["POST"]),
            Mount("", graph, name="graphql"),
        ]
    )
