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
    name: str = ""


class Visits(sdk.PullStream):
    name = "visits"

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        shop, after = self.connector.settings, cursor["after"] if cursor else 0
        headers = {"authorization": f"Bearer {shop.token.get_secret_value()}"}
        async with self.connector.outside.http(shop.url, headers=headers) as http:
            while visits := sdk.items((await http.get("/visits", params={"after": after})).content, "visits"):
                after = self.key(visits[-1])
                yield sdk.Page([sdk.Row(self.key(visit), visit) for visit in visits], cursor={"after": after})

    def key(self, payload: bytes) -> str:
        return str(sdk.read(Visit, payload).id)

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
    stream_types = (Visits,)
    every = 900


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
