"""Traces of what the hub does, told to OpenTelemetry where the standard ``OTEL_`` variables ask for it.

Nothing of it is loaded otherwise, and a span costs a comparison. Spans carry no values: neither variables nor what
they find nor messages of exceptions.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from hub.errors import ConfigWrong

_ASKING = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_NAME = "journey-hub"
_tracer: Any = None
_NOTHING = nullcontext()

Attributes = Mapping[str, str | int]


def asked_for(variables: Mapping[str, str]) -> bool:
    """Whether the environment asks for traces: it says where to send them, or names an exporter."""
    if variables.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = variables.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    return exporter != "none" and bool(exporter or any(variables.get(name) for name in _ASKING))


def begin(variables: Mapping[str, str] = os.environ) -> None:
    """Send traces if the environment asks for it. Raises ``ConfigWrong`` when it asks for what is not there."""
    if not asked_for(variables):
        return
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise _missing() from None
    named = variables.get("OTEL_SERVICE_NAME") or "service.name=" in variables.get("OTEL_RESOURCE_ATTRIBUTES", "")
    provider = TracerProvider(resource=Resource.create({} if named else {"service.name": _NAME}))
    provider.add_span_processor(BatchSpanProcessor(_exporter(variables)))
    tell(provider)


def _exporter(variables: Mapping[str, str]) -> Any:
    wanted = variables.get("OTEL_TRACES_EXPORTER", "").strip().lower() or "otlp"
    if wanted == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return ConsoleSpanExporter()
    protocol = variables.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or variables.get("OTEL_EXPORTER_OTLP_PROTOCOL")
    if wanted != "otlp" or (protocol or "http/protobuf") != "http/protobuf":
        raise ConfigWrong("Traces go by OTLP over http/protobuf, or to the console: see OTEL_TRACES_EXPORTER.")
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise _missing() from None
    return OTLPSpanExporter()


def _missing() -> ConfigWrong:
    return ConfigWrong("OTEL_ variables ask for traces, but it is not installed.", hint="Add the extra otel.")


def tell(provider: Any) -> None:
    """Tell a provider of OpenTelemetry's from now on; None: nobody."""
    global _tracer
    _tracer = None if provider is None else provider.get_tracer(_NAME)


def span(name: str, attributes: Attributes | None = None) -> AbstractContextManager[Any]:
    """What happens in the block, under the span around it; gives the span, or None when nobody is told."""
    return _NOTHING if _tracer is None else _span(name, attributes, None)


def request(name: str, attributes: Attributes, headers: Callable[[], Mapping[str, str]]) -> AbstractContextManager[Any]:
    """The same for a request, under the span of its client, whose headers name it (W3C ``traceparent``)."""
    if _tracer is None:
        return _NOTHING
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    around = TraceContextTextMapPropagator().extract(dict(headers()))
    return _span(name, attributes, around, SpanKind.SERVER)


def statement(text: str, system: str) -> AbstractContextManager[Any]:
    """An SQL statement: its text, which has parameters where its values are."""
    if _tracer is None:
        return _NOTHING
    verb = text.split(maxsplit=1)[0].upper()
    return _span(f"SQL {verb}", {"db.system.name": system, "db.query.text": text}, None)


def told(name: str, seconds: float, attributes: Attributes) -> None:
    """Something that has just come to its end, after so many seconds."""
    if _tracer is not None:
        now = time.time_ns()
        _tracer.start_span(name, attributes=attributes, start_time=now - int(seconds * 1e9)).end(now)


@contextmanager
def _span(name: str, attributes: Attributes | None, around: Any, kind: Any = None) -> Iterator[Any]:
    from opentelemetry.trace import SpanKind, Status, StatusCode

    with _tracer.start_as_current_span(
        name, around, kind or SpanKind.INTERNAL, attributes, record_exception=False, set_status_on_exception=False
    ) as begun:
        try:
            yield begun
        except BaseException as error:
            # Its message may repeat anybody's data.
            begun.set_attribute("error.type", type(error).__qualname__)
            begun.set_status(Status(StatusCode.ERROR))
            raise
