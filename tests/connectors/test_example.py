"""The connectors that docs/connector.md shows, whole, and what the acceptance kit says of them."""

# ruff: noqa: E402 (the examples stand as an author would write them, each with its own imports)

from collections.abc import AsyncIterator, Iterator

from pydantic import AwareDatetime, BaseModel, Field

from hub import sdk


class ShopSettings(sdk.Settings):
    url: str = Field(description="Where the shop's API is, like https://api.shop.example.")
    token: sdk.Secret = Field(description="An access token that may read visits.")


class Visit(BaseModel):
    id: int
    at: AwareDatetime
    phone: str
    name: str


class Visits(sdk.PullStream):
    name = "visits"

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        shop, place = self.connector.settings, cursor or {"after": "0"}
        async with self.connector.outside.http(
            shop.url, headers={"authorization": f"Bearer {shop.token.get_secret_value()}"}
        ) as http:
            while visits := sdk.items((await http.get("/visits", params=place)).content, "visits"):
                place = {"after": str(sdk.read(Visit, visits[-1]).id)}
                yield sdk.Page([sdk.Row(str(sdk.read(Visit, each).id), each) for each in visits], cursor=place)

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        visit = sdk.read(Visit, row.payload)
        yield sdk.Touchpoint(
            kind="visit",
            channel=sdk.Channel.IN_PERSON,
            direction=sdk.Direction.INBOUND,
            occurred_at=visit.at,
            identifiers=(sdk.phone(visit.phone, region="BD"),),
            traits={"name": visit.name},
        )


class Shop(sdk.Connector):
    name = "shop.visits"
    title = "Visits that the shop wrote down"
    Settings = ShopSettings
    destinations = ("url",)
    stream_types = (Visits,)


import httpx

from hub.testing import ConnectorSuite

VISITS = [
    '{"id": 1, "at": "2026-03-01T15:30:00+06:00", "phone": "০১৭১১-২৩৪৫৬৭", "name": "করিম উদ্দিন"}',
    '{"id": 2, "at": "2026-03-02T10:00:00+06:00", "phone": "01811-000111", "name": "ثنا خان"}',
    '{"id": 3, "at": "2026-03-02T11:00:00+06:00", "phone": "01911-000222", "name": "🙂"}',
]


class TestShop(ConnectorSuite):
    connector = Shop
    settings = {"url": "https://api.shop.example", "token": "kit-token"}
    does_not_apply = {"a_dead_cursor_begins_again": "the number of a visit is known for ever"}

    def provider(self, request: httpx.Request) -> httpx.Response:
        first = int(request.url.params["after"])
        return httpx.Response(200, text=f'{{"visits": [{", ".join(VISITS[first : first + 2])}]}}')


from pydantic import AwareDatetime, BaseModel, Field

from hub import sdk


class TillSettings(sdk.Settings):
    secret: sdk.Secret = Field(description="The signing secret that the till shows, like whsec_...")


class Sale(BaseModel):
    id: str
    at: AwareDatetime
    email: str


class Sales(sdk.PushStream):
    name = "sales"
    nature = sdk.Nature.EVENTS

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        sdk.signatures.verify(sdk.signatures.SCHEMES["standard"], delivery, [self.connector.settings.secret])
        return sdk.Reception([sdk.Row(self.key(delivery.body), delivery.body)], sdk.Reply(204))

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        sale = sdk.read(Sale, row.payload)
        yield sdk.Touchpoint(
            kind="order",
            channel=sdk.Channel.IN_PERSON,
            direction=sdk.Direction.INBOUND,
            occurred_at=sale.at,
            identifiers=(sdk.email(sale.email),),
        )


class Till(sdk.Connector):
    name = "shop.till"
    title = "Sales at the shop's till"
    Settings = TillSettings
    stream_types = (Sales,)


import ast
from collections.abc import Mapping, Sequence

from hub.testing import NOW, delivery
from tests.conftest import ROOT

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SALE = '{"id": "s-1", "at": "2026-05-31T19:00:00+06:00", "email": "সানা@shop.example"}'.encode()


class TestTill(ConnectorSuite):
    connector = Till
    settings = {"secret": SECRET}

    def deliveries(self) -> Mapping[str, Sequence[sdk.Delivery]]:
        return {"sales": [delivery(SALE, sdk.signatures.sign([SECRET], "msg_1", NOW, SALE))]}


def statements(*names: str) -> int:
    """How many statements classes of this file have, those inside counted, as one writes them: a line or a few each."""
    tree = ast.parse((ROOT / "tests" / "connectors" / "test_example.py").read_text("utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name in names]
    assert len(classes) == len(names)
    return sum(isinstance(node, ast.stmt) for each in classes for node in ast.walk(each))


def test_a_complete_connector_is_no_more_than_25_statements() -> None:
    assert statements("ShopSettings", "Visit", "Visits", "Shop") <= 25
    assert statements("TillSettings", "Sale", "Sales", "Till") <= 25
