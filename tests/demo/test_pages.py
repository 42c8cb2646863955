"""The pages in a real browser, against a small graph of their own: nothing from outside, nothing in the console."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from strawberry.asgi import GraphQL

from hub.api.documents import Document, read_documents
from hub.api.pages import FormTarget, routes

playwright = pytest.importorskip("playwright.sync_api", reason="browser tests: playwright is not installed")

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
class Query:
    hub: Hub = strawberry.field(resolver=Hub)

    @strawberry.field
    def touchpoints(self, first: int = 10) -> Touchpoints:
        return Touchpoints(nodes=KNOWN[:first])

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


async def form(request: Request) -> FormTarget:
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


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    graph = Guarded(Graph(strawberry.Schema(Query, subscription=Subscription)))
    app = Starlette(
        routes=[
            *routes(documents=documents, form=form),
            Route("/in/src_form/submissions", receive_form, methods=["POST"]),
            Mount("/graphql", graph),
        ]
    )
    app.router.redirect_slashes = False
    app.router.routes[-1] = Mount("", graph, name="graphql")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, ws="websockets-sansio", log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


class Tab:
    """A browser tab that keeps what it asked for and what its console said."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.said: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda opened: self.requests.append(opened.url))
        page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def asked_outside(self, address: str) -> list[str]:
        ours = (address, address.replace("http", "ws"), "data:", "blob:")
        return [url for url in self.requests if not url.startswith(ours)]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(browser: Any, request: pytest.FixtureRequest) -> Iterator[Tab]:
    with browser.new_context(locale="en-US", **getattr(request, "param", {})) as context:
        yield Tab(context.new_page())


def test_query_page_runs_a_document_of_its_tabs(tab: Tab, address: str) -> None:
    tab.page.goto(f"{address}/#token={TOKEN}")
    tab.page.get_by_role("tab", name="CustomerPage").wait_for()
    assert tab.page.url == f"{address}/"
    assert tab.page.title() == "Journey Hub · Rupali Kitchen"
    tab.page.locator(".graphiql-execute-button").click()
    tab.page.locator(".result-window", has_text="নাসরিন আক্তার").wait_for()
    assert tab.asked_outside(address) == []
    assert tab.said == []


def test_query_page_shows_a_subscription_live(tab: Tab, address: str) -> None:
    tab.page.goto(f"{address}/#token={TOKEN}")
    tab.page.get_by_role("tab", name="Live").click()
    LISTENING.clear()
    tab.page.locator(".graphiql-execute-button").click()
    assert LISTENING.wait(10)
    httpx.post(f"{address}/in/src_form/submissions", data={"name": "Imran", "message": "سلام 👋"})
    tab.page.locator(".result-window", has_text="سلام 👋").wait_for()
    assert tab.said == []


def test_query_page_without_a_token_says_what_to_do(tab: Tab, address: str) -> None:
    tab.page.goto(f"{address}/")
    tab.page.get_by_text("This page needs a token").wait_for()
    tab.page.get_by_label("Token").fill(TOKEN)
    tab.page.get_by_role("button", name="Open").click()
    tab.page.get_by_role("tab", name="CustomerPage").wait_for()
    assert tab.said == []


def test_query_page_says_when_the_token_is_refused(tab: Tab, address: str) -> None:
    tab.page.goto(f"{address}/#token=typo")
    tab.page.get_by_text("The hub does not know this token").wait_for()


@pytest.mark.parametrize("tab", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True)
def test_form_sent_stands_on_the_live_timeline(tab: Tab, address: str) -> None:
    tab.page.goto(f"{address}/demo/form#token={TOKEN}")
    tab.page.get_by_text("live", exact=True).wait_for()
    assert tab.page.locator("#timeline li").count() == len(KNOWN)
    tab.page.get_by_label("Name").fill("عائشہ صدیقی")
    tab.page.get_by_label("Message").fill("کیا یہ دستیاب ہے؟ 🍲")
    tab.page.get_by_role("button", name="Send").click()
    first = tab.page.locator("#timeline li").first
    first.get_by_text("کیا یہ دستیاب ہے؟ 🍲").wait_for()
    assert first.locator(".who").inner_text() == "عائشہ صدیقی"
    assert first.locator(".stage").inner_text() == "LEAD"
    assert first.locator(".channel").inner_text() == "WEB"
    shown = [line.inner_text().replace("\u202f", " ") for line in tab.page.locator("#timeline .when").all()]
    assert shown[3:5] == ["Nov 12, 2026, 3:30 PM", "Nov 11, 2026"]
    assert SENT[-1]["ticket"] == '"quoted"'
    with tab.page.expect_response("**/submissions"):
        tab.page.get_by_role("button", name="Send").click()
    assert len({str(UUID(one["submission_id"])) for one in SENT[-2:]}) == 2
    assert tab.asked_outside(address) == []
    assert tab.said == []


@pytest.mark.parametrize("tab", [{"java_script_enabled": False}], indirect=True)
def test_form_works_without_javascript(tab: Tab, address: str) -> None:
    before = len(SENT)
    tab.page.goto(f"{address}/demo/form")
    tab.page.get_by_label("Message").fill("Hello")
    tab.page.get_by_role("button", name="Send").click()
    assert tab.page.url == f"{address}/in/src_form/submissions"
    assert [one["message"] for one in SENT[before:]] == ["Hello"]


@pytest.mark.parametrize("path", ["/", "/demo/form", "/pages/documents.json", "/assets/hub.js"])
def test_every_page_has_strict_headers(address: str, path: str) -> None:
    headers = httpx.get(address + path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_documents_carry_ids_of_this_hub_and_leave_out_what_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "b.graphql").write_text("query B { hub { name } }")
    (tmp_path / "a.graphql").write_text("query A($id: ID!) { node(id: $id) { id } }")
    (tmp_path / "a.json").write_text(json.dumps({"id": "{customer}", "me": "{owner}", "ids": ["{customer}", 3]}))
    assert list(read_documents(tmp_path, {"customer": "cus_1"})) == [
        Document("a", "query A($id: ID!) { node(id: $id) { id } }", {"id": "cus_1", "ids": ["cus_1", 3]}),
        Document("b", "query B { hub { name } }", {}),
    ]
