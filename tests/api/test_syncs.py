"""What a partner sees of a sync: each stream with exact counts, the health of the source, and deletions let go once."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, ClassVar

import pytest

from hub import sdk
from tests.api.conftest import Rows, Served, served
from tests.api.test_live import introduced, subscribe

SHELF: list[sdk.Page] = []
FAULTS: list[sdk.SourceFailed] = []


class Catalogue(sdk.PullStream):
    """Lists the shelf."""

    name = "catalogue"
    listing = True
    touchpoints = Rows.touchpoints

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        if FAULTS:
            raise FAULTS[0]
        for page in SHELF:
            yield page


class Orders(Catalogue):
    """Gives two orders and stays there."""

    name = "orders"
    listing = False

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        if cursor is None:
            yield sdk.Page([told("o1"), sdk.Row("o2", b'{"key": "o2"}')], {"at": 2}, expected=2)


class Shop(sdk.Connector):
    """A shop that is asked and told."""

    name = "test.shop"
    title = "A shop that is asked and told"
    every: ClassVar[int | None] = None

    def streams(self) -> Sequence[sdk.Stream]:
        return [Catalogue(), Orders(), Rows()]


def told(key: str, at: str = "2026-03-01T09:00:00+00:00") -> sdk.Row:
    held = {"key": key, "kind": "call", "at": at, "title": key, "who": {"email": f"{key}@example.com"}}
    return sdk.Row(key, json.dumps(held).encode())


@pytest.fixture
def shop(hub_address: str) -> Iterator[Served]:
    SHELF.clear()
    FAULTS.clear()
    with served(hub_address, others={"test.shop": Shop}) as service:
        made = service.ask('mutation { createSource(input: {name: "Shop", connector: "test.shop"}) { source { id } } }')
        service.source = made["createSource"]["source"]["id"]
        yield service


def synced(service: Served, **given: Any) -> dict[str, Any]:
    """The run of a sync, once it and what it brought is done."""
    document = "mutation ($input: SyncSourceInput!) { syncSource(input: $input) { run { id } userErrors { message } } }"
    payload = service.ask(document, input={"source": service.source, **given})["syncSource"]
    assert payload["userErrors"] == []
    while True:
        run: dict[str, Any] = service.ask(RUN, id=payload["run"]["id"])["node"]
        hub = service.ask("{ hub { processedUpTo acceptedUpTo } }")["hub"]
        if run["finishedAt"] and hub["processedUpTo"] == hub["acceptedUpTo"]:
            return service.ask(RUN, id=payload["run"]["id"])["node"]  # type: ignore[no-any-return]
        time.sleep(0.02)


RUN = """query ($id: ID!) { node(id: $id) { ... on Run { state error finishedAt streams {
  stream state fault expected received stored changed unchanged deleted refusedDeletions beganAgain cursor
  unreadable touchpoints customersTouched lag } } } }"""
SOURCE = """query ($id: ID!) { source(id: $id) { health { state healthy reason since }
  streams { stream pulled cursor stored unreadable } } }"""
COUNTS = (
    "stream state expected received stored changed unchanged deleted refusedDeletions unreadable touchpoints".split()
)


def counts(run: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(each[name] for name in (*COUNTS, "customersTouched")) for each in run["streams"]]


def test_a_run_tells_of_each_stream(shop: Served) -> None:
    SHELF[:] = [sdk.Page([told("c1"), told("c2")]), sdk.Page([told("c3")], whole=True)]
    run = synced(shop)
    assert counts(run) == [
        ("catalogue", "OK", None, 3, 3, 0, 0, 0, 0, 0, 3, 3),
        ("orders", "OK", 2, 2, 2, 0, 0, 0, 0, 1, 1, 1),
    ]
    assert [each["cursor"] for each in run["streams"]] == [None, '{"at":2}']
    assert [each["lag"] for each in run["streams"]] == [None, None], "what a first pull brings is history"
    assert shop.ask(SOURCE, id=shop.source)["source"]["streams"] == [
        {"stream": "catalogue", "pulled": True, "cursor": None, "stored": 3, "unreadable": 0},
        {"stream": "orders", "pulled": True, "cursor": '{"at":2}', "stored": 2, "unreadable": 1},
        {"stream": "rows", "pulled": False, "cursor": None, "stored": 0, "unreadable": 0},
    ]


TRY = """mutation ($input: SyncSourceInput!) { syncSource(input: $input) { run { id } would {
  rows whole stored changed unchanged unreadable faults problems { stream key problem { message } } }
  userErrors { message } } }"""


def test_a_dry_run_of_a_sync_says_what_would_come_and_stores_nothing(shop: Served) -> None:
    SHELF[:] = [sdk.Page([told("c1"), told("c2")]), sdk.Page([told("c2")], whole=True)]
    tried = shop.ask(TRY, input={"source": shop.source, "dryRun": True})["syncSource"]
    assert tried == {
        "run": None,
        "would": {
            "rows": 5, "whole": True, "stored": 4, "changed": 0, "unchanged": 1, "unreadable": 1, "faults": [],
            "problems": [{"stream": "orders", "key": "o2", "problem": {"message": "kind is missing"}}],
        },
        "userErrors": [],
    }  # fmt: skip
    runs = "query ($id: ID!) { source(id: $id) { runs { nodes { id } } streams { stored } } }"
    assert shop.ask(runs, id=shop.source)["source"] == {"runs": {"nodes": []}, "streams": [{"stored": 0}] * 3}
    synced(shop)
    SHELF[:] = [sdk.Page([told("c1"), told("c2", "2026-03-02T09:00:00+00:00"), told("c3")], whole=True)]
    would = shop.ask(TRY, input={"source": shop.source, "dryRun": True})["syncSource"]["would"]
    assert [would[name] for name in ("rows", "stored", "changed", "unchanged")] == [3, 1, 1, 1]
    FAULTS.append(sdk.SourceFailed("The shop is closed."))
    would = shop.ask(TRY, input={"source": shop.source, "dryRun": True})["syncSource"]["would"]
    assert (would["rows"], would["faults"]) == (0, ["catalogue: The shop is closed."])


def test_deletions_beyond_the_share_are_refused_told_and_let_go_once(shop: Served) -> None:
    SHELF[:] = [sdk.Page([told(f"c{number}") for number in range(10)], whole=True)]
    synced(shop)
    SHELF[:] = [sdk.Page([told(f"c{number}") for number in range(4)], whole=True)]
    run = synced(shop)
    fault = (
        "6 of 10 rows would have been deleted; that is more than 20%, so all were kept. "
        "If they are really gone, pull once with deletions allowed."
    )
    assert (run["state"], run["error"]) == ("INCOMPLETE", f"catalogue: {fault}")
    assert counts(run)[0] == ("catalogue", "INCOMPLETE", None, 4, 0, 0, 4, 0, 6, 0, 0, 0)
    health = shop.ask(SOURCE, id=shop.source)["source"]["health"]
    assert (health["state"], health["healthy"], health["reason"]) == ("INCOMPLETE", False, f"catalogue: {fault}")
    run = synced(shop, allowDeletions=True)
    assert counts(run)[0] == ("catalogue", "OK", None, 4, 0, 0, 4, 6, 0, 0, 0, 0)
    assert shop.ask("{ touchpoints { totalCount } }")["touchpoints"]["totalCount"] == 5
    health = shop.ask(SOURCE, id=shop.source)["source"]["health"]
    assert (health["state"], health["healthy"], health["reason"]) == ("HEALTHY", True, "The last pull went well.")


def test_lag_is_the_median_time_until_receipt_of_what_is_no_history(shop: Served) -> None:
    SHELF[:] = [sdk.Page([told("c1")], whole=True)]
    synced(shop)
    now = time.time()

    def before(seconds: float) -> str:
        return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(now - seconds))

    fresh = [told("n1", before(100)), told("n2", before(300)), told("n3", before(500))]
    SHELF[:] = [sdk.Page([told("c1"), *fresh], whole=True)]
    run = synced(shop)
    assert run["streams"][0]["lag"] == pytest.approx(300, abs=20)
    assert run["streams"][1]["lag"] is None


def test_a_partner_sees_its_own_and_its_cursors_and_a_reader_no_cursors(shop: Served) -> None:
    SHELF[:] = [sdk.Page([told("c1")], whole=True)]
    synced(shop)
    own = shop.new_token(f"ingest:{shop.source}")
    seen = shop.ask(SOURCE, own, id=shop.source)["source"]
    assert (seen["health"]["state"], seen["streams"][1]["cursor"]) == ("HEALTHY", '{"at":2}')
    assert shop.ask(SOURCE, shop.new_token("ingest:src_other"), id=shop.source)["source"] is None
    seen = shop.ask(SOURCE, shop.new_token("read"), id=shop.source)["source"]
    assert (seen["health"]["state"], seen["streams"][1]["cursor"]) == ("HEALTHY", None)


def test_rows_of_requests_are_told_by_stream(shop: Served) -> None:
    document = """mutation ($input: IngestInput!) { ingest(input: $input) { rows { outcome } } }"""
    rows = [{"payload": told(key).payload.decode()} for key in ("r1", "r2")]
    token = shop.new_token(f"ingest:{shop.source}")
    for _ in range(2):
        shop.ask(document, token, input={"source": shop.source, "stream": "rows", "rows": rows})
    runs = "query ($id: ID!) { source(id: $id) { runs { nodes { id } } } }"
    (run,) = shop.ask(runs, id=shop.source)["source"]["runs"]["nodes"]
    while not (found := shop.ask(RUN, id=run["id"])["node"])["streams"][0]["touchpoints"]:
        time.sleep(0.02)
    assert counts(found) == [("rows", "OK", None, 4, 2, 0, 2, 0, 0, 0, 2, 2)]


def test_a_source_that_is_asked_by_hand_is_failing_after_one_failure(shop: Served) -> None:
    health = shop.ask(SOURCE, id=shop.source)["source"]["health"]
    assert (health["state"], health["reason"]) == ("NEW", "It was never pulled.")
    FAULTS.append(sdk.SourceFailed("The shop is closed."))
    run = synced(shop)
    assert (run["state"], run["error"]) == ("FAILED", "catalogue: The shop is closed.")
    health = shop.ask(SOURCE, id=shop.source)["source"]["health"]
    assert (health["state"], health["healthy"], health["reason"]) == (
        "FAILING", False, "catalogue: The shop is closed."
    )  # fmt: skip
    FAULTS[:] = [sdk.SignInAgain("The password was changed.")]
    synced(shop)
    health = shop.ask(SOURCE, id=shop.source)["source"]["health"]
    assert (health["state"], health["reason"]) == ("SIGN_IN_AGAIN", "The password was changed.")


# Live -------------------------------------------------------------------------------------------------------------

FOLLOWED = """subscription ($source: ID!) { sourceChanged(source: $source) {
  id health { state } runs(first: 1) { nodes { state received } } } }"""


def followed(socket: Any) -> dict[str, Any]:
    message = socket.receive_json()
    assert message["type"] == "next", message
    held: dict[str, Any] = message["payload"]["data"]["sourceChanged"]
    return held


def test_a_partner_follows_its_own_source_as_counts_and_health_change(shop: Served) -> None:
    document = """mutation ($input: IngestInput!) { ingest(input: $input) { rows { outcome } } }"""
    own = shop.new_token(f"ingest:{shop.source}")
    with introduced(shop, own) as socket:
        subscribe(socket, FOLLOWED, source=shop.source)
        first = followed(socket)
        assert first == {"id": shop.source, "health": {"state": "NEW"}, "runs": {"nodes": []}}
        rows = [{"payload": told("r1").payload.decode()}]
        shop.ask(document, own, input={"source": shop.source, "stream": "rows", "rows": rows})
        assert followed(socket)["runs"]["nodes"] == [{"state": "OK", "received": 1}]
        FAULTS.append(sdk.SourceFailed("The shop is closed."))
        synced(shop)
        while (seen := followed(socket))["health"]["state"] != "FAILING":
            pass
        assert seen["runs"]["nodes"] == [{"state": "FAILED", "received": 2}]


def test_nobody_follows_the_source_of_another(shop: Served) -> None:
    with introduced(shop, shop.new_token("ingest:src_other")) as socket:
        subscribe(socket, FOLLOWED, source=shop.source)
        assert "There is no such source." in str(socket.receive_json())
    with introduced(shop, shop.new_token("write")) as socket:
        subscribe(socket, FOLLOWED, source=shop.source)
        message = socket.receive_json()
        assert message["payload"][0]["extensions"] == {"code": "FORBIDDEN"}


# Reading again ----------------------------------------------------------------------------------------------------

REPLAY = """mutation ($input: ReplayInput!) { replay(input: $input) {
  run { id state source { id } }
  would { records examined solved unreadable problems { record before { message } after { message } } }
  userErrors { message } } }"""


def test_a_partner_replays_its_own_unreadable_records_and_sees_first_what_that_would_do(
    shop: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced(shop)
    own = shop.new_token(f"ingest:{shop.source}")
    listed = "query ($id: ID!) { source(id: $id) { unreadable { nodes { id key payload problem { message } } } } }"
    (record,) = shop.ask(listed, own, id=shop.source)["source"]["unreadable"]["nodes"]
    assert (record["key"], record["payload"], record["problem"]) == (
        "o2", '{"key": "o2"}', {"message": "kind is missing"}
    )  # fmt: skip
    problems = {"source": shop.source, "onlyProblems": True}
    assert shop.ask(REPLAY, own, input={**problems, "dryRun": True})["replay"]["would"] == {
        "records": 1, "examined": 1, "solved": 0, "unreadable": 0, "problems": []
    }  # fmt: skip
    monkeypatch.setattr(Orders, "touchpoints", lambda self, row: ())
    would = shop.ask(REPLAY, own, input={**problems, "dryRun": True})["replay"]["would"]
    assert (would["solved"], would["problems"]) == (
        1, [{"record": record["id"], "before": {"message": "kind is missing"}, "after": None}]
    )  # fmt: skip
    run = shop.ask(REPLAY, own, input=problems)["replay"]["run"]
    assert run["source"]["id"] == shop.source
    while not shop.ask(RUN, own, id=run["id"])["node"]["finishedAt"]:
        time.sleep(0.02)
    assert shop.ask(listed, own, id=shop.source)["source"]["unreadable"]["nodes"] == []


@pytest.mark.parametrize("wanted", [{}, {"onlyProblems": True}, {"source": "own"}, {"source": "desk"}])
def test_a_partner_replays_nothing_else(shop: Served, wanted: dict[str, Any]) -> None:
    own = shop.new_token(f"ingest:{shop.source}")
    names = {"own": shop.source, "desk": "src_desk"}
    given = wanted | ({"source": names[wanted["source"]]} if "source" in wanted else {})
    if wanted.get("source") == "desk":
        given["onlyProblems"] = True
    for dry in (True, False):
        code, message = shop.refusal(REPLAY, own, input={**given, "dryRun": dry})
        assert (code, message) == (
            "FORBIDDEN",
            "A partner replays its own source's unreadable records: name the source, with onlyProblems.",
        )


def test_what_a_replay_changes_for_customers_is_for_managers(shop: Served) -> None:
    own = shop.new_token(f"ingest:{shop.source}")
    document = "mutation ($input: ReplayInput!) { replay(input: $input) { would { changes { added } } } }"
    given = {"source": shop.source, "onlyProblems": True, "dryRun": True}
    assert shop.refusal(document, own, input=given)[0] == "FORBIDDEN"
