"""More requests than the hub can store: 503 with Retry-After, by either door; those that waited are stored."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.applications import Starlette

from hub.api.http import routes
from hub.ingest import intake
from hub.store.session import Session
from tests.api.conftest import Served

MUTATION = "mutation ($input: IngestInput!) { ingest(input: $input) { rows { outcome } userErrors { code } } }"


def test_past_the_queue_requests_are_told_when_to_come_again(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_MOST_WAITING", 3)
    token = service.new_token(f"ingest:{service.source}")
    let_go, begun = threading.Event(), threading.Event()

    def hold(_: Session) -> bool:
        begun.set()
        return let_go.wait(10)

    service.client.portal.start_task_soon(service.hub.threads.store, hold)  # type: ignore[union-attr]
    assert begun.wait(10)

    def deliver(key: str) -> Any:
        return service.client.post(f"/in/{service.source}/rows", content=json.dumps({"key": key, "kind": "form"}))

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(deliver, f"k{each}") for each in range(3)]
        while service.hub._intake._waiting < 3:
            pass
        late = deliver("late")
        given = {"source": service.source, "stream": "rows", "rows": [{"payload": json.dumps({"key": "late"})}]}
        told = service.post(MUTATION, {"input": given}, token)
        let_go.set()
        assert [each.result().status_code for each in waiting] == [202, 202, 202]
    for answer in (late, told):
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["errors"][0]["extensions"]["code"] == "RETRY_LATER"
    assert deliver("late").status_code == 202


def test_whoever_hangs_up_while_sending_is_no_fault_of_the_hub(lite: Served, caplog: pytest.LogCaptureFixture) -> None:
    path = f"/in/{lite.source}/rows"
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "headers": [], "scheme": "http", "server": ("hub", 80), "client": ("page", 1),
    }  # fmt: skip
    heard = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
    said: list[Any] = []

    async def receive() -> Any:
        return next(heard)

    async def send(message: Any) -> None:
        said.append(message)

    lite.client.portal.call(Starlette(routes=routes(lite.hub)), scope, receive, send)  # type: ignore[union-attr]
    assert said[0]["status"] == 400
    assert caplog.records == []
