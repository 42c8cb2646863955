"""``GET /metrics``: what Prometheus asks for, worked out when it asks.

What is told apart comes from lists that end: connectors, states, statuses, parts of paths, and the first hundred names
of operations.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from hub.api import auth
from hub.api.answering import clean
from hub.api.auth import Scope
from hub.api.tallies import Durations, Tallies, tallies
from hub.clock import micros, now
from hub.errors import HubError, NotAllowed
from hub.ingest.endpoints import EndpointState, judged
from hub.ingest.health import HealthState
from hub.store import endpoints, measures
from hub.store.reader import Snapshot

if TYPE_CHECKING:
    from prometheus_client.core import Metric

    from hub.ingest.hub import Hub

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class MetricsEndpoint:
    """Answers who may manage the hub, who shows ``secret``, and with ``loopback`` whoever asks from this machine."""

    def __init__(self, hub: Hub, secret: str | None = None, *, loopback: bool = False) -> None:
        self._hub = hub
        self._secret = secret
        self._loopback = loopback

    async def answer(self, http: Request) -> Response:
        """The metrics as text."""
        return await clean(http, self._run)

    async def _run(self, http: Request) -> Response:
        await self._admit(http)
        # Loaded when somebody asks: most hubs are asked by nobody.
        from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, GCCollector, ProcessCollector
        from prometheus_client.exposition import generate_latest
        from prometheus_client.registry import CollectorRegistry

        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        registry.register(_Collected([*answered(tallies), *here(self._hub), *await there(self._hub)]))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    async def _admit(self, http: Request) -> None:
        if self._loopback and _from_here(http):
            return
        secret = auth.bearer(http.headers.get("authorization"))
        if self._secret is not None and hmac.compare_digest(secret.encode(), self._secret.encode()):
            return
        who = await auth.principal(self._hub.reader, secret)
        if not who.may(Scope.MANAGE):
            raise NotAllowed("Metrics are for a token with the scope manage, or for HUB_METRICS_TOKEN.")


def _from_here(http: Request) -> bool:
    """Whether somebody of this machine asks for themselves: a proxy beside the hub asks for everybody."""
    if http.client is None or any(name in http.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(http.client.host).is_loopback
    except ValueError:
        return False


class _Collected:
    """Metrics that are there already, as the library takes them."""

    def __init__(self, found: Iterable[Metric]) -> None:
        self._found = list(found)

    def collect(self) -> Iterable[Metric]:
        """All of them."""
        return self._found

    def describe(self) -> Iterable[Metric]:
        """All of them."""
        return self._found


def answered(counts: Tallies) -> Iterator[Metric]:
    """Requests, operations and subscriptions of this process."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    requests = CounterMetricFamily("hub_requests", "Requests answered.", labels=["method", "path", "status"])
    for (method, path, status), count in counts.requests.items():
        requests.add_metric([method, path, str(status)], count)
    yield requests
    yield _durations("hub_request_seconds", "Seconds until an answer began.", "path", counts.request_seconds)
    operations = CounterMetricFamily("hub_operations", "Operations.", labels=["operation", "kind", "outcome"])
    for labels, count in counts.operations.items():
        operations.add_metric(labels, count)
    yield operations
    yield _durations("hub_operation_seconds", "Seconds of an operation.", "operation", counts.operation_seconds)
    yield GaugeMetricFamily("hub_subscriptions_open", "Subscriptions that are open.", counts.subscriptions)


def _durations(name: str, told: str, label: str, held: dict[str, Durations]) -> Metric:
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily(name, told, labels=[label])
    for value, durations in held.items():
        family.add_metric([value], durations.buckets(), durations.total)
    return family


def here(hub: Hub) -> Iterator[Metric]:
    """What goes on in this process."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    batches, seconds = hub.threads.batches
    yield CounterMetricFamily("hub_batches", "Batches processed.", value=batches)
    yield CounterMetricFamily("hub_batch_seconds", "Seconds that batches took.", value=seconds)
    yield GaugeMetricFamily("hub_processing", "1 in the process that processes.", value=int(hub.threads.processes))
    yield GaugeMetricFamily("hub_intake_waiting", "Requests whose rows are not on disk yet.", value=hub.rows_waiting)
    yield GaugeMetricFamily("hub_writes_waiting", "Jobs that wait for the writer.", value=hub.threads.writes_waiting)
    yield GaugeMetricFamily("hub_pulls_running", "Pulls that go on.", value=hub.pulls.under_way)
    pool = GaugeMetricFamily("hub_database_connections", "Connections for reading.", labels=["state"])
    for state, count in zip(("used", "open", "most"), hub.reader.connections(), strict=True):
        pool.add_metric([state], count)
    yield pool


async def there(hub: Hub) -> list[Metric]:
    """What the database says of the whole hub, which all its processes say alike; nothing of it while it is away."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    up = GaugeMetricFamily("hub_database_up", "Whether the database answers.")
    at = micros(now())
    try:
        async with hub.reader.snapshot() as snapshot:
            reached = await measures.reached(snapshot)
            taken = await measures.taken(snapshot)
            pulled, listened = await measures.leases(snapshot, at)
            health, _ = await hub.turns.judged(snapshot)
            going_out = await _going_out(snapshot)
    except HubError:
        up.add_metric([], 0)
        return [up]
    up.add_metric([], 1)
    records = CounterMetricFamily("hub_records", "Rows that sources brought.", labels=["connector", "outcome"])
    # No counter: pulls that brought nothing are forgotten, and what they counted with them.
    unchanged = GaugeMetricFamily("hub_records_unchanged", "Rows that came as they were.", labels=["connector"])
    for each in taken:
        records.add_metric([each.connector, "new"], each.stored)
        records.add_metric([each.connector, "changed"], each.changed)
        unchanged.add_metric([each.connector], each.unchanged)
    behind = 0.0 if reached.waiting_since is None else max(0, at - reached.waiting_since) / 1_000_000
    leases = GaugeMetricFamily("hub_leases", "Sources that a process holds.", labels=["to"])
    leases.add_metric(["pull"], pulled)
    leases.add_metric(["listen"], listened)
    sources = GaugeMetricFamily("hub_sources", "Sources by health.", labels=["health"])
    found = Counter(each.state for each in health.values())
    for state in HealthState:
        sources.add_metric([state.value], found[state])
    return [
        up, records, unchanged, leases, sources, *going_out,
        GaugeMetricFamily("hub_accepted_number", "The last truth number given.", reached.accepted),
        GaugeMetricFamily("hub_processed_number", "The last truth number processed.", reached.processed),
        GaugeMetricFamily("hub_backlog_seconds", "How long the oldest unprocessed record has waited.", behind),
    ]  # fmt: skip


async def _going_out(snapshot: Snapshot) -> list[Metric]:
    """How deliveries to endpoints go."""
    from prometheus_client.core import GaugeMetricFamily

    told = GaugeMetricFamily("hub_endpoints", "Endpoints by health.", labels=["health"])
    found = Counter(judged(each).state for each in await endpoints.everyone(snapshot))
    for state in EndpointState:
        told.add_metric([state.value], found[state])
    waiting = await endpoints.all_waiting(snapshot)
    return [told, GaugeMetricFamily("hub_messages_waiting", "Messages to endpoints that wait.", waiting)]
