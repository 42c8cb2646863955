"""A hub that is really served: a connector of the tests' own fills it, a client asks it over HTTP."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from hub import sdk
from hub.api.http import routes
from hub.desk import Desk
from hub.ingest.hub import Hub
from hub.limits import Limits
from hub.registry import Registry
from hub.settings import Company

with warnings.catch_warnings():
    # Starlette's client prefers a newer httpx than the hub uses; it works with ours.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

EVERYTHING = ("read", "pii", "analyse", "write", "manage")


class Rows(sdk.PushStream):
    """Each row is one touchpoint, written as JSON."""

    name = "rows"

    def key(self, payload: bytes) -> str:
        return str(json.loads(payload)["key"])

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        row = sdk.Row(self.key(delivery.body), delivery.body)
        return sdk.Reception(rows=[row], reply=sdk.Reply(202, b"thanks", {"Content-Type": "text/plain"}))

    def touchpoints(self, row: sdk.Row) -> Iterable[sdk.Mapped]:
        said = json.loads(row.payload)
        for line in said.get("lines", ()):
            yield sdk.Product(sku=line["sku"], name=line["description"], category=line.get("category"))
        for base, quote, on, rate in said.get("rates", ()):
            yield sdk.ExchangeRate(base=base, quote=quote, on=date.fromisoformat(on), rate=Decimal(rate))
        if "rates" in said:
            return
        if "user" in said:
            yield sdk.User(reference=said["user"], name=said["name"], email=said["email"])
        if "spend" in said:
            yield sdk.Spend(
                on=date.fromisoformat(said["on"]),
                amount=sdk.Money(Decimal(said["spend"]), said.get("currency", "BDT")),
                channel=sdk.Channel(said["channel"]) if "channel" in said else None,
                campaign=said.get("campaign"),
            )
            return
        if "defines" in said:
            spent = sdk.Money(Decimal(said["spent"]), "BDT") if "spent" in said else None
            starts = date.fromisoformat(said["starts"]) if "starts" in said else None
            yield sdk.Campaign(
                reference=said["defines"], name=said["title"], starts_on=starts, spend=spent, channel=sdk.Channel.EMAIL
            )
            return
        if "kind" not in said:
            raise sdk.RowUnreadable("kind is missing", path="kind", hint="say what it was")
        currency = said.get("currency", "BDT")
        yield sdk.Touchpoint(
            kind=said["kind"],
            channel=sdk.Channel(said.get("channel", "ACCOUNTING")),
            direction=sdk.Direction(said.get("direction", "INBOUND")),
            occurred_at=_time(said.get("at", "2026-03-01T09:00:00+00:00")),
            title=said.get("title", ""),
            text=said.get("text"),
            automated=said.get("automated", False),
            amount=sdk.Money(Decimal(said["amount"]), currency) if "amount" in said else None,
            cost=sdk.Money(Decimal(said["cost"]), currency) if "cost" in said else None,
            campaign=said.get("campaign"),
            quantity=_quantity(*said["quantity"]) if "quantity" in said else None,
            origin=sdk.Origin(**said["origin"]) if "origin" in said else None,
            identifiers=tuple(_identifier(kind, value) for kind, value in said.get("who", {}).items()),
            traits=said.get("traits", {}),
            participants=tuple(
                sdk.Participant(sdk.ParticipantRole(role), name, address)
                for role, name, address in said.get("participants", ())
            ),
            matters=tuple(_matter(each) for each in said.get("matters", ())),
            lines=tuple(_line(each, currency) for each in said.get("lines", ())),
            properties=said.get("properties", {}),
        )


def _time(text: str) -> datetime | date:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _identifier(kind: str, value: str) -> sdk.Identifier:
    """A number after a dot allows several of a kind."""
    match kind.partition(".")[0]:
        case "vat":
            return sdk.vat(value)
        case "contact":
            return sdk.contact(value)
        case "phone":
            return sdk.phone(value)
        case _:
            return sdk.email(value)


def _matter(said: dict[str, Any]) -> sdk.MatterClaim:
    given = dict(said)
    amount = given.pop("amount", None)
    return sdk.MatterClaim(
        kind=sdk.MatterKind(given.pop("kind")),
        amount=sdk.Money(Decimal(amount[0]), amount[1]) if amount else None,
        outcome=sdk.MatterOutcome(outcome) if (outcome := given.pop("outcome", None)) else None,
        due=datetime.fromisoformat(due) if (due := given.pop("due", None)) else None,
        **given,
    )


def _quantity(value: str, unit: str) -> sdk.Quantity:
    return sdk.Quantity(Decimal(value), unit)


def _line(said: dict[str, str], currency: str) -> sdk.Line:
    amount = sdk.Money(Decimal(said["amount"]), currency)
    return sdk.Line(
        description=said["description"],
        quantity=Decimal(said.get("quantity", "1")),
        unit_price=amount,
        amount=amount,
        sku=said.get("sku", ""),
    )


class Sheet(sdk.Connector):
    """The connector of these tests."""

    name = "test.sheet"
    title = "Rows that tests write"
    kinds = (sdk.KindDeclaration("test.scan", "Scan", {"type": "object"}),)

    def streams(self) -> list[sdk.Stream]:
        return [Rows()]


@dataclass
class Served:
    """A hub over HTTP. ``token`` is what it is asked with unless a test says otherwise."""

    client: TestClient
    hub: Hub
    token: str = ""
    source: str = ""
    sequence: str = "0"
    counter: int = field(default=0)

    def post(
        self, document: str, variables: dict[str, Any] | None = None, token: str | None = None, **headers: str
    ) -> Any:
        """The HTTP answer to a document."""
        return self.client.post(
            "/graphql",
            json={"query": document, "variables": variables},
            headers={"Authorization": f"Bearer {token or self.token}", **headers},
        )

    def answer(self, document: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
        """The whole answer, once everything that was told has been processed."""
        response = self.post(document, variables, token, **{"Hub-After": self.sequence})
        assert response.status_code in {200, 400, 422}, response.text
        held: dict[str, Any] = response.json()
        return held

    def ask(self, document: str, token: str | None = None, **variables: Any) -> Any:
        """The data of an answer without errors."""
        answer = self.answer(document, token, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def refusal(self, document: str, token: str | None = None, **variables: Any) -> tuple[str, str]:
        """Code and message of the one error."""
        errors = self.answer(document, token, **variables)["errors"]
        assert len(errors) == 1, errors
        return errors[0]["extensions"]["code"], errors[0]["message"]

    def until_followed(self) -> None:
        """Wait until somebody follows what comes: nothing that is told from now on is passed over."""
        deadline = time.monotonic() + 30
        while self.hub.feed._start is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def new_token(self, *scopes: str) -> str:
        """A token with these scopes."""
        made = self.client.portal.call(self.hub.create_token, "test", scopes, None)  # type: ignore[union-attr]
        return str(made[1])

    def tell(self, *rows: dict[str, Any]) -> list[dict[str, Any]]:
        """Store rows through the connector and wait until they are shown."""
        given = []
        for row in rows:
            self.counter += 1
            payload = json.dumps({"key": f"r{self.counter}", **row}, ensure_ascii=False)
            given.append({"payload": payload})
        done = self.ask(
            "mutation ($input: IngestInput!) { ingest(input: $input) { rows { index key outcome record { id } }"
            " receipt { sequence processed } userErrors { code message path } } }",
            token=self.new_token(f"ingest:{self.source}", "read"),
            input={"source": self.source, "stream": "rows", "rows": given},
        )["ingest"]
        assert done["userErrors"] == []
        self.sequence = done["receipt"]["sequence"]
        outcomes: list[dict[str, Any]] = done["rows"]
        return outcomes


@contextmanager
def served(
    address: str,
    company: Company | None = None,
    others: Mapping[str, type[sdk.Connector]] | None = None,
    secret_key: str | None = None,
    allowed_origins: Sequence[str] = (),
    limits: Limits | None = None,
) -> Iterator[Served]:
    """Serve a new hub with one source of the tests' connector. ``others``: connectors that it has besides."""
    known = {"hub.desk": Desk, "test.sheet": Sheet}
    registry = Registry({**known, **(others or {})}, {"test.broken": "ImportError: no such library"})
    held: list[Hub] = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        ours = company or Company(currency="BDT", country="BD")
        async with await Hub.open(address, registry, ours, secret_key=secret_key) as hub:
            hub.limits = limits or hub.limits
            app.router.routes.extend(routes(hub, allowed_origins=allowed_origins))
            held.append(hub)
            yield

    with TestClient(Starlette(lifespan=lifespan)) as client:
        service = Served(client, held[0])
        service.token = service.new_token(*EVERYTHING)
        made = service.ask(
            'mutation { createSource(input: {name: "Books", connector: "test.sheet"}) '
            "{ source { id } userErrors { message } } }"
        )["createSource"]
        service.source = made["source"]["id"]
        yield service


@pytest.fixture
def service(hub_address: str) -> Iterator[Served]:
    """A served hub, on each database."""
    with served(hub_address) as service:
        yield service


@pytest.fixture
def lite(hub_folder: Path) -> Iterator[Served]:
    """A served hub on SQLite, for what does not touch the database."""
    with served(str(hub_folder)) as service:
        yield service
