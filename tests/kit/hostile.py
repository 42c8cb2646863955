"""One connector for each check of the kit: the till, with the one fault that the check is there to find."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import httpx
from pydantic import ConfigDict, Field

from hub import sdk
from tests.kit.till import SCANS, Calls, Members, Scan, Scans, Till, TillSettings, TillSuite

HOSTILE: dict[str, type[TillSuite]] = {}
"""By the check that must turn red."""


def breaks(check: str) -> Any:
    """Register a stream, or a connector, as the one that breaks a check."""

    def register(fault: Any) -> Any:
        if issubclass(fault, sdk.Connector):
            connector = fault
        else:
            streams = tuple(fault if issubclass(fault, kind) else kind for kind in (Scans, Members, Calls))
            connector = type("Hostile", (Till,), {"stream_types": streams})
        HOSTILE[check] = type("HostileSuite", (TillSuite,), {"connector": connector})
        return fault

    return register


# What it says of itself -------------------------------------------------------------------------------------------


class Undescribed(TillSettings):
    note: str = ""


@breaks("the_manifest_is_complete")
class Mute(Till):
    Settings = Undescribed


class WithRegions(TillSettings):
    regions: dict[str, Any] = Field({"BD": 1}, description="Regions.")


@breaks("wrong_settings_are_told_in_a_sentence")
class Trusting(Till):
    Settings = WithRegions

    def __init__(self, settings: Any, outside: sdk.Outside | None = None) -> None:
        super().__init__(settings, outside)
        self.region = settings.regions["BD"]


class OpenSettings(sdk.Settings):
    url: str = Field(description="Where the tills are.")
    token: str = Field(description="An access token.")
    signing_key: sdk.Secret = Field(description="Signs the calls.")


class Asked(Scans):
    async def ask(self, after: int, cursor: sdk.Cursor | None) -> list[bytes]:
        async with self.connector.outside.http(self.connector.settings.url) as http:
            return self.listed(await http.get("/scans", params={"after": after}, extensions={"expect": {410}}))


@breaks("secrets_stay_secret")
class Talkative(Till):
    Settings = OpenSettings  # type: ignore[assignment]
    stream_types = (Asked, Members, Calls)


# What rows mean -----------------------------------------------------------------------------------------------------


@breaks("payloads_are_what_the_source_sent")
class Tidy(Scans):
    def row(self, raw: bytes) -> sdk.Row:
        return super().row(json.dumps(json.loads(raw)).encode())


@breaks("touchpoints_have_a_subject_and_a_time")
class Anonymous(Scans):
    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        yield from (replace(each, identifiers=()) for each in super().touchpoints(row))


@breaks("mapping_is_pure")
class Timely(Scans):
    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        time.time()
        yield from super().touchpoints(row)


@breaks("strange_rows_stop_nothing")
class Credulous(Scans):
    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        json.loads(row.payload)["card"].upper()
        yield from super().touchpoints(row)


@breaks("every_script_is_read")
class Latin(Scans):
    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        for each in super().touchpoints(row):
            name = each.traits["name"].encode("ascii", "ignore").decode()
            yield replace(each, traits={"name": name})


@breaks("kinds_and_properties_are_declared")
class Undeclared(Scans):
    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        yield from (
            replace(each, properties={"card": len(each.properties["card"])}) for each in super().touchpoints(row)
        )


@breaks("a_deleted_row_takes_its_touchpoints_along")
class Elsewhere(Scans):
    def row(self, raw: bytes) -> sdk.Row:
        row = super().row(raw)
        return replace(row, key=f"deleted/{row.key}") if row.deleted else row


# Pulling ------------------------------------------------------------------------------------------------------------


@breaks("rows_read_again_change_nothing")
class Dated(Scans):
    def row(self, raw: bytes) -> sdk.Row:
        row = super().row(raw)
        return replace(row, key=f"{self.connector.outside.now():%Y-%m-%d}/{row.key}")


@breaks("pages_may_come_twice_and_in_any_order")
class Absorbed(Scans):
    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        first = vars(self.connector).setdefault("first", row.key)
        yield from (replace(each, title=f"after {first}") for each in super().touchpoints(row))


@breaks("a_pull_killed_at_any_page_goes_on_where_it_was")
class Rewritten(Scans):
    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        since = str(cursor["after"] if cursor else 0)
        async for page in super().pages(cursor):
            yield replace(page, rows=[replace(row, envelope={"since": since}) for row in page.rows])


@breaks("no_row_is_passed_over_when_storing_fails")
class Remembering(Scans):
    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        reached = getattr(self.connector, "reached", 0)
        if cursor and reached > cursor["after"]:
            cursor = {"after": reached}
        async for page in super().pages(cursor):
            assert page.cursor
            self.connector.reached = page.cursor["after"]
            yield page


@breaks("an_incomplete_listing_deletes_nothing")
class Rash(Scans):
    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        seen: set[str] = set()
        try:
            async for page in super().pages(cursor):
                seen |= {row.key for row in page.rows}
                yield page
        except sdk.SourceFailed as error:
            if "500" in error.message:
                keys = {str(json.loads(scan)["id"]) for scan in SCANS}
                yield sdk.Page([sdk.Row(key, b"", version="9", deleted=True) for key in sorted(keys - seen)])
            raise


# Asking -------------------------------------------------------------------------------------------------------------


@breaks("a_rate_limit_is_waited_for")
class Impatient(Scans):
    async def ask(self, after: int, cursor: sdk.Cursor | None) -> list[bytes]:
        outside = self.connector.outside
        async with httpx.AsyncClient(transport=outside.transport) as http:
            for _ in range(40):
                try:
                    answer = await http.get(f"{self.connector.settings.url}/scans", params={"after": after})
                except httpx.TransportError:
                    continue
                if answer.status_code < 400 or answer.status_code == 410:
                    return self.listed(answer)
                if answer.status_code == 401:
                    raise sdk.SignInAgain("The tills do not know us.")
                await outside.sleep(1)
        raise sdk.SourceFailed("The tills are down.")


@breaks("a_bad_day_of_the_provider_costs_no_row")
class Hasty(Scans):
    def listed(self, answer: httpx.Response) -> list[bytes]:
        try:
            return super().listed(answer)
        except sdk.CursorExpired:
            raise
        except sdk.SourceFailed:
            return []


@breaks("an_outage_ends_the_pull")
class Stubborn(Scans):
    async def ask(self, after: int, cursor: sdk.Cursor | None) -> list[bytes]:
        for _ in range(10):
            try:
                return await super().ask(after, cursor)
            except (sdk.SignInAgain, sdk.CursorExpired):
                raise
            except sdk.SourceFailed:
                await self.connector.outside.sleep(600)
        raise sdk.SourceFailed("The tills are down.")


class Vague(Scans):
    async def ask(self, after: int, cursor: sdk.Cursor | None) -> list[bytes]:
        try:
            return await super().ask(after, cursor)
        except sdk.SignInAgain:
            raise sdk.SourceFailed("Something went wrong.") from None


@breaks("expired_credentials_ask_to_sign_in_again")
class VagueTill(Till):
    stream_types = (Vague, Calls)  # type: ignore[assignment]


@breaks("a_dead_cursor_begins_again")
class Resigned(Scans):
    def listed(self, answer: httpx.Response) -> list[bytes]:
        return [] if answer.status_code == 410 else super().listed(answer)


class Strict(Scan):
    model_config = ConfigDict(extra="forbid")


@breaks("unknown_members_of_answers_are_passed_over")
class Pedantic(Scans):
    def row(self, raw: bytes) -> sdk.Row:
        sdk.read(Strict, raw)
        return super().row(raw)


@breaks("changed_answers_do_not_make_it_fall")
class Presupposing(Scans):
    def row(self, raw: bytes) -> sdk.Row:
        assert json.loads(raw)["version"]
        return super().row(raw)


# Being told ---------------------------------------------------------------------------------------------------------


@breaks("a_delivery_told_twice_is_stored_once")
class Stamped(Calls):
    def key_of(self, delivery: sdk.Delivery) -> str:
        return f"{delivery.received_at.isoformat()}/{super().key_of(delivery)}"


@breaks("a_wrong_signature_is_refused")
class Gullible(Calls):
    def verify(self, delivery: sdk.Delivery) -> None:
        """Whoever says so."""


@breaks("no_delivery_makes_the_door_fall")
class Presuming(Calls):
    def verify(self, delivery: sdk.Delivery) -> None:
        if delivery.headers["content-type"] != "application/json":
            raise sdk.SignatureWrong("This is no call.")
        super().verify(delivery)
