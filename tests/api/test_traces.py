"""Traces: what a request did, told to OpenTelemetry, with no value in it; nothing of it where nobody asks."""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hub import traces
from hub.api.watching import Watching, operation
from hub.errors import ConfigWrong
from tests.api.conftest import Served
from tests.faults.serving import PATIENCE, ServedHub, founded


@pytest.fixture
def told() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traces.tell(provider)
    yield exporter
    traces.tell(None)
    provider.shutdown()


def test_request_operation_and_statements_are_spans_of_one_trace(service: Served, told: InMemorySpanExporter) -> None:
    service.tell({"kind": "call", "title": "hello", "who": {"email": "rahima@example.com"}})
    told.clear()
    transport: Any = service.client._transport
    transport.app = Watching(transport.app)
    answer = service.client.post(
        "/graphql",
        json={
            "query": "query Find($text: String!) { customers(filter: {search: $text}) { nodes { id } } }",
            "variables": {"text": "rahima"},
        },
        headers={
            "Authorization": f"Bearer {service.token}",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "X-Request-ID": "r1",
        },
    )
    assert len(answer.json()["data"]["customers"]["nodes"]) == 1
    spans = {span.name: span for span in told.get_finished_spans() if not span.name.startswith("batch")}
    request, asked = spans["POST /graphql"], spans["query Find"]
    statements = [span for name, span in spans.items() if name.startswith("SQL ")]
    assert statements
    assert request.context is not None
    assert request.parent is not None
    assert f"{request.parent.span_id:016x}" == "b7ad6b7169203331"
    assert asked.parent is not None
    assert asked.parent.span_id == request.context.span_id
    assert {f"{span.context.trace_id:032x}" for span in spans.values() if span.context} == {
        "0af7651916cd43dd8448eb211c80319c"
    }
    assert dict(request.attributes or {}) == {
        "http.request.method": "POST", "http.route": "/graphql", "http.response.status_code": 200,
        "hub.request_id": "r1",
    }  # fmt: skip
    assert all("SELECT" in str((span.attributes or {})["db.query.text"]) for span in statements)
    assert "rahima" not in "".join(span.to_json() for span in spans.values())


def test_batch_and_statement_that_fails_are_told_without_values(service: Served, told: InMemorySpanExporter) -> None:
    service.tell({"kind": "call", "title": "one"}, {"kind": "call", "title": "two"})
    service.tell({"kind": "call", "title": "three"})
    batches = [span for span in told.get_finished_spans() if span.name == "batch"]
    assert batches
    assert sum(_count(span) for span in batches) >= 1
    with pytest.raises(ValueError, match="Rahima"), traces.span("page"):
        raise ValueError("Rahima")
    failed = told.get_finished_spans()[-1]
    assert (failed.name, dict(failed.attributes or {}), failed.events) == ("page", {"error.type": "ValueError"}, ())
    assert failed.status.description is None


def _count(span: ReadableSpan) -> int:
    number = (span.attributes or {})["hub.numbers"]
    assert isinstance(number, int)
    return number


def test_nothing_is_loaded_unless_the_environment_asks() -> None:
    code = "import hub.app, hub.serving, hub.traces, sys; hub.traces.begin({}); print([m for m in sys.modules "
    code += "if m.startswith(('opentelemetry', 'prometheus'))])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
    assert traces.span("x") is traces.statement("SELECT 1", "sqlite")


@pytest.mark.parametrize(
    ("variables", "asked"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "hub"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, False),
    ],
)
def test_traces_are_told_when_the_standard_variables_ask(variables: dict[str, str], asked: bool) -> None:
    assert traces.asked_for(variables) is asked


def test_exporter_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigWrong, match="OTLP over http/protobuf"):
        traces.begin({"OTEL_TRACES_EXPORTER": "zipkin"})


@pytest.mark.parametrize(
    ("document", "chosen", "found"),
    [
        ("{ hub { name } }", None, ("query", "")),
        ("query A { hub { name } }", None, ("query", "A")),
        ("# B\n\ufeff mutation\tA($a: Int) { x }", None, ("mutation", "A")),
        ("query { hub { name } }", None, ("query", "")),
        ("query($a: Int) { hub { name } }", None, ("query", "")),
        ("subscription S { x } query Q { y }", "Q", ("query", "Q")),
        ("query A { x }", "Rahima", ("query", "")),
        ("query A { x }", "a b", ("query", "")),
        ('{ customers(search: "query Rahima") { id } }', None, ("query", "")),
        ("queryA { x }", None, ("query", "")),
        (f"query {'A' * 65} {{ x }}", None, ("query", "")),
        ("fragment F on Hub { name } query A { ...F }", None, ("query", "")),
    ],
)
def test_name_of_an_operation_is_read_without_parsing(
    document: str, chosen: str | None, found: tuple[str, str]
) -> None:
    assert operation(document, chosen) == found


@pytest.mark.long
def test_served_hub_sends_its_spans_to_a_collector(tmp_path: Path) -> None:
    heard: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.path, gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
            pass

    account = founded(str(tmp_path / "hub"))
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        hub = ServedHub(str(tmp_path / "hub"), tmp_path / "log", settings=settings)
        try:
            hub.start()
            answer = httpx.post(
                f"{hub.url}/graphql",
                json={
                    "query": "query Traced($text: String!) { customers(filter: {search: $text}) { totalCount } }",
                    "variables": {"text": "Rahima"},
                },
                headers={"Authorization": f"Bearer {account.token}"},
                trust_env=False,
                timeout=20,
            )
            assert answer.json()["data"]["customers"]["totalCount"] == 0
            until = time.monotonic() + PATIENCE
            while not any(b"query Traced" in body for _, body in heard):
                assert time.monotonic() < until, hub.log.read_text()
                time.sleep(0.1)
            hub.stop()
        finally:
            hub.end()
            server.shutdown()
    assert {path for path, _ in heard} == {"/v1/traces"}
    everything = b"".join(body for _, body in heard)
    assert b"journey-hub" in everything
    assert b"SQL SELECT" in everything
    assert b"Rahima" not in everything
    assert account.token.encode() not in everything
