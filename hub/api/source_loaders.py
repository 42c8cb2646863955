"""Batched reads of what came in and of what goes out: sources, runs, records; endpoints, messages."""

from __future__ import annotations

from functools import cached_property

from strawberry.dataloader import DataLoader

from hub.api.batches import Batches, PartAsked
from hub.store import endpoints, health_facts, records, run_streams, sources
from hub.store.endpoints import StoredAttempt, StoredEndpoint, StoredMessage
from hub.store.health_facts import Facts
from hub.store.pages import Page
from hub.store.records import StoredProblem, StoredRecord
from hub.store.run_streams import Part, StoredRunStream, StoredSourceStream, Yield
from hub.store.sources import StoredRun, StoredSource, StoredSourceChange


class SourceLoaders(Batches):
    """The loaders of sources and of what came by them, and of endpoints and what they are told."""

    @cached_property
    def source(self) -> DataLoader[int, StoredSource | None]:
        """Sources by row number."""
        return self._one(sources.by_number)

    @cached_property
    def source_by_id(self) -> DataLoader[str, StoredSource | None]:
        """Sources by id."""
        return self._one(sources.by_id)

    @cached_property
    def source_secrets(self) -> DataLoader[int, list[str]]:
        """Which settings of sources have a secret."""
        return self._many(sources.secret_names)

    @cached_property
    def source_changes(self) -> DataLoader[PartAsked, Page[StoredSourceChange]]:
        """Changes of sources."""
        return self._parts(sources.changes)

    @cached_property
    def source_change(self) -> DataLoader[int, StoredSourceChange | None]:
        """Changes of sources by truth number."""
        return self._one(sources.changes_by_number)

    @cached_property
    def source_state(self) -> DataLoader[int, str | None]:
        """The state of a source's latest run."""
        return self._one(sources.latest_states)

    @cached_property
    def source_withdrawn(self) -> DataLoader[str, int | None]:
        """When sources were taken out."""
        return self._one(lambda snapshot, ids: sources.withdrawn(snapshot, "SOURCE", ids))

    @cached_property
    def runs(self) -> DataLoader[PartAsked, Page[StoredRun]]:
        """Runs of sources."""
        return self._parts(sources.runs)

    @cached_property
    def run(self) -> DataLoader[int, StoredRun | None]:
        """Runs by row number."""
        return self._one(sources.runs_by_number)

    @cached_property
    def run_by_id(self) -> DataLoader[str, StoredRun | None]:
        """Runs by id."""
        return self._one(sources.runs_by_id)

    @cached_property
    def run_unreadable(self) -> DataLoader[int, int | None]:
        """How many records of a run could not be read."""
        return self._one(sources.unreadable)

    @cached_property
    def run_streams(self) -> DataLoader[int, list[StoredRunStream]]:
        """What the streams of runs came to."""
        return self._many(run_streams.of_runs)

    @cached_property
    def stream_yield(self) -> DataLoader[Part, Yield | None]:
        """What came of streams in runs."""
        return self._one(run_streams.yields)

    @cached_property
    def source_streams(self) -> DataLoader[int, list[StoredSourceStream]]:
        """What the streams of sources came to."""
        return self._many(run_streams.of_sources)

    @cached_property
    def source_facts(self) -> DataLoader[int, Facts | None]:
        """What the health of sources is judged by."""
        return self._one(health_facts.of_sources)

    @cached_property
    def run_withdrawn(self) -> DataLoader[str, int | None]:
        """When runs were taken out."""
        return self._one(lambda snapshot, ids: sources.withdrawn(snapshot, "RUN", ids))

    @cached_property
    def record(self) -> DataLoader[int, StoredRecord | None]:
        """Records by truth number."""
        return self._one(records.by_number)

    @cached_property
    def problem(self) -> DataLoader[int, StoredProblem | None]:
        """Problems of records."""
        return self._one(records.problems)

    @cached_property
    def unreadable(self) -> DataLoader[PartAsked, Page[StoredRecord]]:
        """Unreadable records of sources."""
        return self._parts(records.unreadable)

    @cached_property
    def endpoint(self) -> DataLoader[int, StoredEndpoint | None]:
        """Endpoints by row number."""
        return self._one(endpoints.by_number)

    @cached_property
    def endpoint_by_id(self) -> DataLoader[str, StoredEndpoint | None]:
        """Endpoints by id."""
        return self._one(endpoints.by_id)

    @cached_property
    def message_by_id(self) -> DataLoader[str, StoredMessage | None]:
        """Messages to endpoints by id."""
        return self._one(endpoints.messages_by_id)

    @cached_property
    def attempts(self) -> DataLoader[int, list[StoredAttempt]]:
        """The attempts to deliver messages."""
        return self._many(endpoints.attempts)
