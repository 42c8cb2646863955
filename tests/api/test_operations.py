"""What whoever runs a hub sees of it: whether it lives, its metrics and its log, in which no customer stands."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from hub.api import operations
from hub.api.answering import STOPPING
from hub.api.tallies import tallies
from tests.api.conftest import Served
from tests.conftest import ROOT
from tests.faults.postgres import links
from tests.faults.serving import PATIENCE, Account, ServedHub, founded

PLANTED = ("Rahima Khatun", "rahima.k@example.com", "+8801711223344", "Khatun", "rahima")
NAME, MAIL, PHONE, *_ = PLANTED


class Watched:
    """A served hub that logs everything, as JSON."""

    def __init__(self, hub: ServedHub, account: Account) -> None:
        self.hub = hub
        self.account = account
        self.http = httpx.Client(base_url=hub.url, timeout=20, trust_env=False)

    def ask(self, document: str, variables: Any = None, token: str | None = None, **more: Any) -> httpx.Response:
        return self.http.post(
            "/graphql",
            json={"query": document, "variables": variables, **more},
            headers={"Authorization": f"Bearer {token or self.account.token}"},
        )

    def metrics(self, token: str) -> httpx.Response:
        return self.http.get("/metrics", headers={"Authorization": f"Bearer {token}"})

    def values(self) -> dict[str, float]:
        """Each metric with its labels, and its value."""
        return {
            sample.name + "".join(f" {value}" for _, value in sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(self.metrics("for-prometheus").text)
            for sample in family.samples
        }

    def lines(self) -> list[dict[str, Any]]:
        """The log."""
        return [json.loads(line) for line in self.hub.log.read_text().splitlines() if line.startswith("{")]

    def line(self, request: str) -> dict[str, Any]:
        """The access line of a request, which is written once it has been answered."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for each in self.lines():
                if (each["logger"], each["request"]) == ("hub.access", request):
                    return each
            time.sleep(0.05)
        raise AssertionError(self.hub.log.read_text())


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    account = founded(str(folder / "hub"))
    settings = {
        "HUB_ACCESS_LOG": "1",
        "HUB_LOG_FORMAT": "json",
        "HUB_LOG_LEVEL": "DEBUG",
        "HUB_METRICS_TOKEN": "for-prometheus",
    }
    hub = ServedHub(str(folder / "hub"), folder / "log", settings=settings)
    hub.start()
    seen = Watched(hub, account)
    try:
        yield seen
    finally:
        seen.http.close()
        hub.end()


def test_probes_need_no_token_and_say_nothing_of_the_inside(watched: Watched) -> None:
    for path in ("/health", "/healthz"):
        assert watched.http.get(path).json() == {"status": "ok"}
    ready = watched.http.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ok", "serving": "ok", "database": "ok", "migrations": "ok"}


def test_metrics_are_for_managers_and_for_the_token_of_the_settings(watched: Watched) -> None:
    made = watched.ask(
        'mutation { createToken(input: {name: "reads", scopes: ["read"]}) { secret } }'
    ).json()["data"]["createToken"]  # fmt: skip
    assert watched.http.get("/metrics").status_code == 401
    assert watched.metrics("for-prometheus!").status_code == 401
    assert watched.http.get("/metrics", headers={b"Authorization": b"Bearer f\xf6r"}).status_code == 401
    assert watched.metrics(made["secret"]).status_code == 403
    assert watched.metrics(watched.account.token).status_code == 200
    answer = watched.metrics("for-prometheus")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")


def test_metrics_count_operations_records_and_health(watched: Watched) -> None:
    watched.ask('mutation { createEndpoint(input: {name: "E", url: "https://e.example"}) { endpoint { id } } }')
    before = watched.values()
    assert watched.ask("query WhoAmI { viewer { name } }").status_code == 200
    assert watched.ask("query WhoAmI { viewer { nom } }").status_code == 422
    form = {"email": "a@example.com", "name": "A", "message": "hello", "submission_id": "s-1"}
    sent = watched.http.post(f"/in/{watched.account.source}/submissions", data=form, headers={"Accept": "text/html"})
    assert sent.status_code in (200, 201, 202, 303), sent.text
    after = watched.values()

    def more(name: str) -> float:
        return after[name] - before.get(name, 0.0)

    assert more("hub_operations_total query WhoAmI ok") == 1
    assert more("hub_operations_total query WhoAmI refused") == 1
    assert more("hub_operation_seconds_count WhoAmI") == 2
    assert more("hub_requests_total POST /graphql 200") == 1
    assert more("hub_requests_total POST /graphql 422") == 1
    assert more("hub_records_total webforms.endpoint new") == 1
    assert after["hub_sources HEALTHY"] == 2
    assert (after["hub_endpoints HEALTHY"], after["hub_endpoints GONE"], after["hub_messages_waiting"]) == (1, 0, 0)
    assert after["hub_database_up"] == 1
    assert after["hub_subscriptions_open"] == 0
    assert after["process_resident_memory_bytes"] > 1e6
    assert after["process_open_fds"] > 5
    assert after["python_gc_collections_total 0"] >= 0


def test_only_the_first_hundred_names_of_operations_are_told_apart(watched: Watched) -> None:
    for number in range(130):
        assert watched.ask(f"query Name{number} {{ viewer {{ name }} }}").status_code == 200
    # A name that no operation ran under is never kept.
    watched.ask("query Unasked { nothing }")
    found = watched.values()
    names = {
        each.split()[2] for each in found if each.startswith("hub_operations_total") and len(each.split()) == 4
    }  # fmt: skip
    assert "other" in names
    assert "Unasked" not in names
    assert len(names) <= 101
    assert found["hub_operations_total query other ok"] >= 30


@pytest.mark.parametrize(("given", "taken"), [("abc-1._Z", True), ("x" * 64, True), ("x" * 65, False), ("a b", False)])
def test_request_id_is_taken_where_it_is_sane(watched: Watched, given: str, taken: bool) -> None:
    answer = watched.http.post("/graphql", json={"query": "{ hub { name } }"}, headers={"X-Request-ID": given})
    found = answer.headers["X-Request-ID"]
    assert (found == given) is taken
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", found)
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED", "reference": found}
    line = watched.line(found)
    assert (line["method"], line["path"], line["status"]) == ("POST", "/graphql", 401)


def test_access_line_says_token_and_operation_and_no_query_of_the_address(watched: Watched) -> None:
    token = watched.http.get(
        "/graphql",
        params={"query": "query Mine { viewer { name } }", "variables": json.dumps({"who": MAIL})},
        headers={"Authorization": f"Bearer {watched.account.token}", "X-Request-ID": "mine"},
    )
    assert token.status_code == 200
    line = watched.line("mine")
    assert {name: line[name] for name in ("method", "path", "status", "operation")} == {
        "method": "GET", "path": "/graphql", "status": 200, "operation": "Mine",
    }  # fmt: skip
    assert line["token"].startswith("tok_")
    assert line["ms"] > 0
    assert set(line) == {
        "time", "level", "logger", "message", "method", "path", "status", "ms", "token", "operation", "request",
    }  # fmt: skip


def test_nothing_of_a_customer_and_no_secret_is_in_the_log_at_debug(watched: Watched) -> None:
    ask, account = watched.ask, watched.account
    form = {"email": MAIL, "name": NAME, "phone": PHONE, "message": f"I am {NAME}"}
    watched.http.post(f"/in/{account.source}/submissions", data={**form, "submission_id": "planted"})
    watched.http.post(f"/in/{account.source}/submissions/{MAIL}?name={NAME}", data=form)
    watched.http.post(f"/in/{account.source}/submissions", content=b"\xff" + MAIL.encode())
    watched.http.get(f"/customers/{MAIL}")
    ask("query Find($text: String!) { customers(filter: {search: $text}) { nodes { id name } } }", {"text": NAME})
    ask(f'{{ customers(filter: {{search: "{MAIL}"}}) {{ nodes {{ id }} }} }}')
    ask(f'query {{ "{NAME}" }}')
    ask("query ($a: Int!) { customers(first: $a) { nodes { id } } }", {"a": NAME})
    ask("{ viewer { name } }", operationName=NAME)
    watched.http.post("/graphql", content=json.dumps({"query": MAIL})[:-1], headers={"Content-Type": "text/x"})
    ask("{ viewer { name } }", token=f"hub_{MAIL}")
    ask(
        "mutation ($input: LogTouchpointInput!) { logTouchpoint(input: $input) { userErrors { message } } }",
        {
            "input": {
                "key": MAIL, "kind": "note", "direction": "INTERNAL", "title": NAME, "text": NAME, "name": NAME,
                "identifiers": [{"kind": "EMAIL", "value": MAIL}, {"kind": "PHONE", "value": PHONE}],
            }
        },
    )  # fmt: skip
    text = watched.hub.log.read_text()
    assert text.count('"hub.access"') > 10
    assert [word for word in (*PLANTED, account.token, "for-prometheus") if word in text] == []
    assert f"/in/{account.source}/submissions/…" in json.dumps(watched.lines(), ensure_ascii=False)


def until_ready(hub: ServedHub, status: int) -> httpx.Response:
    """The first answer with this status: what was found out is good for half a second."""
    deadline = time.monotonic() + PATIENCE
    while (answer := httpx.get(f"{hub.url}/readyz", timeout=10, trust_env=False)).status_code != status:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return answer


def test_readiness_tells_of_a_database_that_is_away(tmp_path: Path, pg_url: str) -> None:
    founded(pg_url)
    with links(pg_url) as road:
        hub = ServedHub(road.url, tmp_path / "log")
        try:
            hub.start()
            assert httpx.get(f"{hub.url}/readyz", timeout=10, trust_env=False).status_code == 200
            road.down(True)
            away = until_ready(hub, 503)
            assert away.json() == {
                "status": "not ready", "serving": "ok", "database": "unreachable", "migrations": "unknown",
            }  # fmt: skip
            assert httpx.get(f"{hub.url}/healthz", timeout=10, trust_env=False).status_code == 200
            road.down(False)
            until_ready(hub, 200)
        finally:
            hub.end()


def test_every_metric_that_the_documents_name_is_there(watched: Watched) -> None:
    text = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    named = set(re.findall(r"\bhub_[a-z_]+", text))
    exposed = watched.metrics("for-prometheus").text
    there = {name for name in re.findall(r"^# TYPE (\S+)", exposed, re.MULTILINE) if name.startswith("hub_")}
    assert {name.removesuffix("_bucket") for name in named} == there


def test_loopback_is_for_who_asks_without_a_proxy_and_only_by_setting(lite: Served) -> None:
    def status(*, loopback: bool, client: str = "127.0.0.1", **headers: str) -> int:
        (*_, route) = operations.routes(lite.hub, metrics_loopback=loopback)
        transport: Any = lite.client._transport
        transport.app.router.routes[:] = [*lite.client.app.router.routes[:-1], route]  # type: ignore[attr-defined]
        transport.client = (client, 5000)
        return int(lite.client.get("/metrics", headers=headers).status_code)

    assert status(loopback=True) == 200
    assert status(loopback=False) == 401
    assert status(loopback=True, client="::1") == 200
    assert status(loopback=True, client="10.0.0.1") == 401
    assert status(loopback=True, **{"X-Forwarded-For": "127.0.0.1"}) == 401
    assert status(loopback=True, Forwarded="for=127.0.0.1") == 401


def test_hub_that_stops_is_not_ready(lite: Served) -> None:
    app: Any = lite.client.app
    app.router.routes.extend(operations.routes(lite.hub))
    assert lite.client.get("/readyz").status_code == 200
    setattr(app.state, STOPPING, True)
    answer = lite.client.get("/readyz")
    assert (answer.status_code, answer.json()["serving"], answer.json()["database"]) == (503, "stopping", "ok")
    assert lite.client.get("/healthz").status_code == 200


def test_open_subscriptions_are_counted(lite: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "_names", set())  # other tests in this process may have used up those told apart
    with lite.client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "connection_init", "payload": {"token": lite.token}})
        assert socket.receive_json()["type"] == "connection_ack"
        before = tallies.subscriptions
        counted = tallies.operations.copy()
        query = f'subscription Follow {{ sourceChanged(source: "{lite.source}") {{ id }} }}'
        socket.send_json({"type": "subscribe", "id": "1", "payload": {"query": query}})
        assert socket.receive_json()["type"] == "next"
        assert tallies.subscriptions == before + 1
        socket.send_json({"type": "complete", "id": "1"})
        until = time.monotonic() + PATIENCE
        while tallies.subscriptions != before:
            assert time.monotonic() < until
            time.sleep(0.02)
        socket.send_json({"type": "subscribe", "id": "2", "payload": {"query": "query OnSocket { viewer { name } }"}})
        assert [socket.receive_json()["type"] for _ in range(2)] == ["next", "complete"]
        socket.send_json({"type": "subscribe", "id": "3", "payload": {"query": "query OnSocket { nothing }"}})
        assert socket.receive_json()["type"] == "error"
    assert tallies.operations - counted == {
        ("Follow", "subscription", "ok"): 1, ("OnSocket", "query", "ok"): 1, ("OnSocket", "query", "refused"): 1,
    }  # fmt: skip
    assert "Follow" not in tallies.operation_seconds


def test_operation_whose_answer_is_a_stream_is_counted(watched: Watched) -> None:
    answer = watched.http.post(
        "/graphql",
        json={"query": "query Streamed { viewer { name } }"},
        headers={
            "Authorization": f"Bearer {watched.account.token}",
            "Accept": "text/event-stream",
            "X-Request-ID": "streamed",
        },
    )
    assert "event: complete" in answer.text
    line = watched.line("streamed")
    assert (line["operation"], line["status"], line["token"][:4]) == ("Streamed", 200, "tok_")
    found = watched.values()
    assert found.get("hub_operations_total query Streamed ok", found.get("hub_operations_total query other ok", 0)) >= 1


def test_what_has_not_been_processed_is_seen_on_each_database(service: Served) -> None:
    app: Any = service.client.app
    app.router.routes.extend(operations.routes(service.hub))
    manager = service.new_token("manage")

    def values() -> dict[str, float]:
        text = service.client.get("/metrics", headers={"Authorization": f"Bearer {manager}"}).text
        return {
            sample.name + "".join(f" {value}" for _, value in sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    row = {"kind": "call", "title": "one", "key": "a"}
    service.tell(row, row)
    service.answer("{ customers { totalCount } }")
    before = values()
    assert before["hub_records_total test.sheet new"] == 1
    assert before["hub_records_unchanged test.sheet"] == 1
    assert before["hub_accepted_number"] == before["hub_processed_number"]
    assert before["hub_backlog_seconds"] == 0
    assert before["hub_leases pull"] == before["hub_leases listen"] == 0
    assert before["hub_database_up"] == before["hub_processing"] == 1
    assert before["hub_batches_total"] >= 1

    waits, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        waits.set()
        go_on.wait()

    portal: Any = service.client.portal
    held = portal.start_task_soon(service.hub.threads.between_batches, wait)
    assert waits.wait(PATIENCE)
    try:
        service.tell({"kind": "call", "title": "two", "key": "b"})
        time.sleep(0.05)
        behind = values()
        assert behind["hub_accepted_number"] > behind["hub_processed_number"]
        assert 0.05 <= behind["hub_backlog_seconds"] < PATIENCE
    finally:
        go_on.set()
        held.result(PATIENCE)
    service.answer("{ customers { totalCount } }")
    assert values()["hub_backlog_seconds"] == 0
