"""A connector that keeps every promise, with all that a connector can have; the hostile ones break one each."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import httpx
from pydantic import AwareDatetime, BaseModel, Field

from hub import sdk
from hub.testing import NOW, ConnectorSuite, delivery

TOKEN = "till-token-4711"
KEY = "whsec_" + base64.b64encode(b"a key of thirty-two bytes, and so").decode()


class TillSettings(sdk.Settings):
    url: str = Field(description="Where the tills are.")
    token: sdk.Secret = Field(description="An access token.")
    signing_key: sdk.Secret = Field(description="Signs the calls.")


class Scan(BaseModel):
    id: int
    version: int
    at: AwareDatetime | None = None
    card: str = ""
    email: str = ""
    name: str = ""
    deleted: bool = False


class Scans(sdk.PullStream):
    """States with versions, deletions among them; the provider forgets cursors."""

    name = "scans"

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        after = int(cursor["after"]) if cursor else 0
        while True:
            found = await self.ask(after, cursor)
            if not found:
                return
            after += len(found)
            yield sdk.Page([self.row(raw) for raw in found], {"after": after})

    async def ask(self, after: int, cursor: sdk.Cursor | None) -> list[bytes]:
        settings = self.connector.settings
        headers = {"authorization": f"Bearer {settings.token.get_secret_value()}"}
        async with self.connector.outside.http(settings.url, headers=headers) as http:
            return self.listed(await http.get("/scans", params={"after": after}, extensions={"expect": {410}}))

    def listed(self, answer: httpx.Response) -> list[bytes]:
        if answer.status_code == 410:
            raise sdk.CursorExpired("The tills have forgotten where we were.")
        return sdk.items(answer.content, "scans")

    def row(self, raw: bytes) -> sdk.Row:
        scan = sdk.read(Scan, raw)
        return sdk.Row(str(scan.id), raw, version=str(scan.version), deleted=scan.deleted)

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        scan = sdk.read(Scan, row.payload)
        if scan.at is None:
            raise sdk.RowUnreadable("a scan without a time", path="at")
        yield sdk.Touchpoint(
            kind="till.scan",
            channel=sdk.Channel.IN_PERSON,
            direction=sdk.Direction.INBOUND,
            occurred_at=scan.at,
            identifiers=(sdk.email(scan.email),),
            traits={"name": scan.name},
            properties={"card": scan.card},
        )


class Members(sdk.PullStream):
    """A listing."""

    name = "members"
    listing = True

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        async with self.connector.outside.http(self.connector.settings.url) as http:
            for number in range(2):
                names = sdk.items((await http.get(f"/members/{number}")).content)
                yield sdk.Page([sdk.Row(json.loads(name), name) for name in names], whole=number == 1)

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        try:
            address = json.loads(row.payload)
        except ValueError:
            raise sdk.RowUnreadable("no JSON") from None
        if not isinstance(address, str) or "@" not in address:
            raise sdk.RowUnreadable("no address")
        yield sdk.Touchpoint(
            kind="profile",
            channel=sdk.Channel.OTHER,
            direction=sdk.Direction.INTERNAL,
            occurred_at=NOW,
            identifiers=(sdk.email(address),),
        )


class Called(BaseModel):
    id: str
    at: AwareDatetime
    phone: str


class Calls(sdk.PushStream):
    """Signed deliveries, one row each."""

    name = "calls"
    nature = sdk.Nature.EVENTS

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        self.verify(delivery)
        return sdk.Reception([sdk.Row(self.key_of(delivery), delivery.body)], sdk.Reply(204))

    def verify(self, delivery: sdk.Delivery) -> None:
        secret = self.connector.settings.signing_key
        sdk.signatures.verify(sdk.signatures.SCHEMES["standard"], delivery, [secret])

    def key_of(self, delivery: sdk.Delivery) -> str:
        return self.key(delivery.body)

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        call = sdk.read(Called, row.payload)
        yield sdk.Touchpoint(
            kind="call",
            channel=sdk.Channel.PHONE,
            direction=sdk.Direction.INBOUND,
            occurred_at=call.at,
            identifiers=(sdk.phone(call.phone, region="BD"),),
        )


class Till(sdk.Connector):
    name = "till.kit"
    title = "Cards scanned at the till, its members, and calls"
    Settings = TillSettings
    destinations: ClassVar[tuple[str, ...] | None] = ("url",)
    stream_types = (Scans, Members, Calls)
    kinds = (
        sdk.KindDeclaration(
            "till.scan", "Card scanned", {"type": "object", "properties": {"card": {"type": "string"}}}
        ),
    )


def scan(number: int, version: int = 1, **more: Any) -> str:
    """A scan as the tills write it, with their own spaces and escapes."""
    return json.dumps({"id": number, "version": version, **more}, indent=1, ensure_ascii=number % 2 == 0)


SCANS = [
    scan(1, at="2026-03-01T09:00:00Z", email="anna@shop.example", name="Anna", card="A 1"),
    scan(2, at="2026-03-01T10:00:00Z", email="karim@shop.example", name="করিম উদ্দিন", card="A 2"),
    scan(3, at="2026-03-02T09:00:00Z", email="sana@shop.example", name="ثنا خان", card="🙂"),
    scan(1, 2, at="2026-03-01T09:05:00Z", email="anna@shop.example", name="Anna", card="A 1"),
    scan(3, 2, deleted=True),
    scan(4, at="2026-03-03T09:00:00+06:00", email="zoe@shop.example", name="Zoë", card="A 4"),
]
MEMBERS = [["anna@shop.example", "karim@shop.example"], ["zoe@shop.example"]]
CALL = b'{"id": "c1", "at": "2026-05-31T12:00:00+06:00", "phone": "01711-234567"}'


class TillSuite(ConnectorSuite):
    """What the kit is told of the till. (It is no test of its own: the tests run it.)"""

    connector = Till
    settings = {"url": "https://till.example", "token": TOKEN, "signing_key": KEY}

    def provider(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/members/"):
            return httpx.Response(200, json=MEMBERS[int(request.url.path[-1])])
        after = int(request.url.params["after"])
        return httpx.Response(200, text='{"scans":[' + ",\n".join(SCANS[after : after + 2]) + "]}")

    def dead_cursor(self, request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(410) if int(request.url.params.get("after", 0)) else None

    def deliveries(self) -> Mapping[str, Sequence[sdk.Delivery]]:
        headers = sdk.signatures.sign([KEY], "msg_1", NOW, CALL)
        return {"calls": [delivery(CALL, {"content-type": "application/json", **headers})]}
