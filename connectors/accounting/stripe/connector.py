"""Stripe, asked and told: one stream of objects, whoever speaks of them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

import httpx
import orjson
from pydantic import Field, ValidationError, field_validator, model_validator

from connectors.accounting.document import ContactSide
from connectors.accounting.stripe import happening
from connectors.accounting.stripe.meaning import MEANINGS, meaning
from connectors.accounting.stripe.payments import FAILED
from connectors.tried import refused
from hub import sdk

VERSION = "2025-02-24.acacia"
"""The last rendering of the API in which a charge says of which invoice it is. Stripe renders in it for newer accounts
too."""
_LISTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("products", {}), ("customers", {}), ("subscriptions", {"status": "all"}), ("quotes", {}), ("invoices", {}),
    ("charges", {}), ("refunds", {}), ("credit_notes", {}), ("disputes", {}),
    ("checkout/sessions", {"status": "complete"}),
)  # fmt: skip
_NEWS: tuple[tuple[str, dict[str, str]], ...] = (("events", {}),)
_OVERLAP = timedelta(minutes=10)
"""What is read again, since events do not become visible in the order of their times."""
_KEPT = timedelta(days=29)
"""Stripe forgets events after 30 days."""
_SCHEMES = sdk.signatures.SCHEMES["stripe"]
_PLAIN = {"content-type": "text/plain", "allow": "POST"}


class StripeSettings(sdk.Settings):
    """Settings of ``accounting.stripe``."""

    key: sdk.Secret = Field(
        description="A restricted API key that may read: rk_live_... (or a secret key, sk_live_...)"
    )
    signing_secrets: list[sdk.Secret] = Field(
        default_factory=list,
        description="Of the webhook endpoint, whsec_...; while one is rolled, the old and the new. None: only asked.",
    )
    account: str = Field("", description="The connected account to read instead of one's own, acct_...")
    customer_is: ContactSide = Field(sdk.Side.PERSON, description="Whom a customer of Stripe names.")
    tests: bool = Field(False, description="Whether what happened in test mode or a sandbox counts.")
    api: str = Field("https://api.stripe.com", description="Where the API is, unless at Stripe.")

    @field_validator("api")
    @classmethod
    def _address(cls, given: str) -> str:
        if not re.fullmatch(r"https?://[\w.-]+(:\d{1,5})?", given.rstrip("/")):
            raise ValueError("write the address of a server, like https://api.stripe.com")
        return given.rstrip("/")

    @field_validator("account")
    @classmethod
    def _is_an_account(cls, given: str) -> str:
        if given and not re.fullmatch(r"acct_\w+", given):
            raise ValueError("an account's id begins with acct_")
        return given

    @model_validator(mode="after")
    def _secrets_fit(self) -> Self:
        key = self.key.get_secret_value()
        if not re.fullmatch(r"[ -~]+", key):
            raise ValueError("key is empty, or has signs that no key of Stripe has")
        if key.startswith("pk_"):
            raise ValueError("key is a publishable key, which may read nothing: make a restricted key")
        if "_test_" in key and not self.tests:
            raise ValueError("key is of test mode: take one of live mode, or say that tests count")
        for secret in self.signing_secrets:
            if problem := sdk.signatures.unusable(_SCHEMES, secret):
                raise ValueError(problem)
        return self


class Objects(sdk.PullStream, sdk.PushStream):
    """Every object under its own id, in the state that was heard last."""

    name = "objects"
    nature = sdk.Nature.STATES
    connector: Stripe

    # Asking -----------------------------------------------------------------------------------------------------

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """At first all lists, then the events since. After more than 29 days all lists again."""
        place = dict(cursor or {})
        now = self.connector.outside.now()
        since = _time(place.get("since"))
        begun = _time(place.get("begun")) or now
        if min(since or begun, begun) < now - _KEPT:
            raise sdk.CursorExpired("The events since the last pull are no longer kept by Stripe.")
        until = since - _OVERLAP if since else None
        lists = _NEWS if since else _LISTS
        first, after = place.get("list", 0), place.get("after")
        async with self.connector.http() as http:
            for number, (path, wanted) in enumerate(lists[first:], first):
                async for page in _listed(http, path, {**wanted, **({"starting_after": after} if after else {})}):
                    rows, further = await self._rows(http, path, page, until)
                    going_on = {**place, "begun": begun.isoformat(), "list": number, "after": _id(page[-1])}
                    yield sdk.Page(rows, going_on)
                    if not further:
                        break
                after = None
        yield sdk.Page((), {"since": begun.isoformat()}, done=1.0)

    async def _rows(
        self, http: httpx.AsyncClient, path: str, page: list[bytes], until: datetime | None
    ) -> tuple[list[sdk.Row], bool]:
        """The rows of a page, and whether what comes after it is of interest."""
        envelope = {} if self.connector.live else happening.TEST
        if path != "events":
            return [sdk.Row(_id(each), each, envelope) for each in page], True
        rows: dict[str, sdk.Row] = {}
        charges: list[str] = []
        for payload in page:
            event = sdk.read(happening.Happening, payload)
            if until and event.created and event.created < until:
                return await self._with(http, charges, rows), False
            held = event.data.object
            if isinstance(held, dict) and held.get("object") in MEANINGS:
                if happening.lacks_its_invoice(held):
                    charges.append(str(held.get("id", "")))
                row = happening.row(payload, event)
                rows[f"{row.key} {row.version}"] = row
        return await self._with(http, charges, rows), True

    async def _with(self, http: httpx.AsyncClient, charges: list[str], rows: dict[str, sdk.Row]) -> list[sdk.Row]:
        """The rows, the oldest first, with the charges that events do not tell enough of."""
        found = list(rows.values())[::-1]
        for id_ in dict.fromkeys(charges):
            if re.fullmatch(r"\w+", id_):
                answer = await http.get(f"/v1/charges/{id_}", extensions={"expect": {404}})
                if answer.status_code != 404:
                    found.append(sdk.Row(id_, answer.content, {} if self.connector.live else happening.TEST))
        return found

    # Being told -------------------------------------------------------------------------------------------------

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        """Verify an event and keep what it holds. Events of other accounts are answered, and not kept."""
        if delivery.method != "POST":
            status = 200 if delivery.method in ("GET", "HEAD", "OPTIONS") else 405
            return sdk.Reception(reply=sdk.Reply(status, b"Events are posted here.\n", _PLAIN))
        settings = self.connector.settings
        sdk.signatures.verify(_SCHEMES, delivery, settings.signing_secrets)
        try:
            event = happening.Happening.model_validate_json(delivery.body)
        except ValidationError:
            return sdk.Reception([sdk.Row(self.key(delivery.body), delivery.body)])
        if (event.account or "") != settings.account:
            return sdk.Reception()
        return sdk.Reception([happening.row(delivery.body, event)])

    # Meaning ----------------------------------------------------------------------------------------------------

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """What the object says of a customer."""
        settings = self.connector.settings
        return meaning(row, settings.customer_is, tests_too=settings.tests)


class Stripe(sdk.Connector):
    """One account of Stripe."""

    name = "accounting.stripe"
    title = "Customers, subscriptions, invoices, payments, refunds and disputes of a Stripe account"
    documentation = "docs/connectors/accounting.stripe.md"
    Settings = StripeSettings
    destinations = ("api",)
    settings: StripeSettings
    kinds = (
        sdk.KindDeclaration(
            FAILED,
            "Payment that failed",
            {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("number", "settles", "reason")},
            },
        ),
    )
    stream_types = (Objects,)
    every = 300
    budget: ClassVar[sdk.Budget] = sdk.Budget(20, 1)

    @property
    def live(self) -> bool:
        """Whether the key is of live mode."""
        return "_test_" not in self.settings.key.get_secret_value()

    def http(self) -> httpx.AsyncClient:
        """A client that signs in with the key."""
        headers = {
            "authorization": f"Bearer {self.settings.key.get_secret_value()}",
            "stripe-version": VERSION,
        }
        if self.settings.account:
            headers["stripe-account"] = self.settings.account
        return self.outside.http(self.settings.api, headers=headers)

    def check(self) -> Iterator[str]:
        """Ask for a customer."""
        return refused(self._ask, self.settings.api, "api", "key")

    async def _ask(self) -> None:
        async with self.http() as http:
            answer = await http.get("/v1/customers", params={"limit": 1}, extensions={"expect": {403}})
            if answer.status_code == 403:
                _refused(answer, "customers", False)
            sdk.items(answer.content, "data")


async def _listed(http: httpx.AsyncClient, path: str, wanted: dict[str, Any]) -> AsyncIterator[list[bytes]]:
    """The pages of a list, the newest first. One that an older API does not have is empty."""
    while True:
        answer = await http.get(f"/v1/{path}", params={**wanted, "limit": 100}, extensions={"expect": {400, 403, 404}})
        if answer.status_code != 200:
            _refused(answer, path, "starting_after" in wanted)
            return
        page = sdk.items(answer.content, "data")
        if not page:
            return
        yield page
        if answer.json().get("has_more") is not True:
            return
        if _id(page[-1]) == wanted.get("starting_after"):
            raise sdk.SourceFailed(f"{answer.url.host} does not page: after {path} comes what was there before.")
        wanted = {**wanted, "starting_after": _id(page[-1])}


def _refused(answer: httpx.Response, path: str, resumed: bool) -> None:
    """Raise what an answer that is no list means, unless that there is no such list."""
    if answer.status_code == 403:
        name = path.rpartition("/")[2].replace("_", " ")
        raise sdk.SignInAgain(f"The key may not read {name}: give the restricted key the permission Read for it.")
    try:
        code = orjson.loads(answer.content)["error"].get("code")
    except (ValueError, TypeError, KeyError, AttributeError):
        code = None
    if resumed and code == "resource_missing":
        raise sdk.CursorExpired(f"What was read last of {path} is gone.")
    if answer.status_code == 400:
        raise sdk.SourceFailed(f"{answer.url.host} answered 400 Bad Request to a question for {path}.")


def _id(payload: bytes) -> str:
    """The id of an object. Raises ``SourceFailed``."""
    try:
        said = json.loads(payload)
    except ValueError:
        said = None
    found = said.get("id") if isinstance(said, dict) else None
    if not isinstance(found, str) or not found:
        raise sdk.SourceFailed("The answer holds an object without an id.")
    return found


def _time(text: object) -> datetime | None:
    return sdk.instant(text) if isinstance(text, str) else None
