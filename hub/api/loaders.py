"""Batched reads: what many fields of one answer ask for goes to the store as one statement."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from strawberry.dataloader import DataLoader

from hub.analysis import value
from hub.analysis.value import Asked, Buying, Figures, Sum
from hub.api.batches import LARGEST_BATCH, PartAsked
from hub.api.source_loaders import SourceLoaders
from hub.store import (
    customers,
    decisions,
    identifiers,
    ledger,
    lifecycles,
    matters,
    reference,
    scores,
    segments,
    suggestions,
    touchpoints,
    values,
)
from hub.store.customers import StoredAffiliation, StoredCustomer, StoredStageChange, StoredTrait
from hub.store.decisions import StoredDecision
from hub.store.filters import MatterFilter, TouchpointFilter
from hub.store.identifiers import StoredClaim, StoredIdentifier
from hub.store.ledger import StoredChange
from hub.store.lifecycles import StoredStageTime
from hub.store.matters import StoredMatter, StoredMatterChange
from hub.store.pages import Order, Page, Window
from hub.store.reference import StoredCampaign, StoredProduct, StoredUser
from hub.store.scores import StoredModel, StoredScore
from hub.store.segments import StoredSegment
from hub.store.suggestions import StoredSuggestion
from hub.store.touchpoints import StoredLine, StoredParticipant, StoredTouchpoint, Subject
from hub.store.values import StoredAnswers

if TYPE_CHECKING:
    from hub.api.neighbourhood import Neighbourhood


@dataclass(frozen=True, slots=True)
class TimelineAsked:
    """A part of a customer's own timeline."""

    subject: Subject
    wanted: TouchpointFilter
    order: Order
    window: Window


@dataclass(frozen=True, slots=True)
class MattersAsked:
    """A part of a customer's matters."""

    subject: Subject
    wanted: MatterFilter
    order: Order
    window: Window


class Loaders(SourceLoaders):
    """The loaders of one snapshot."""

    @cached_property
    def customer(self) -> DataLoader[int, StoredCustomer | None]:
        """Customers by row number."""
        return self._one(customers.by_number)

    @cached_property
    def customer_by_id(self) -> DataLoader[str, StoredCustomer | None]:
        """Customers by present or former id."""
        return self._one(customers.by_id)

    @cached_property
    def score(self) -> DataLoader[str, StoredScore | None]:
        """Scores by public id of the customer."""
        return self._one(scores.of_customers)

    @cached_property
    def last_fit(self) -> DataLoader[int, list[StoredModel]]:
        """The models of the last fit; any key."""
        return self._whole(scores.last_fit)

    @cached_property
    def segments(self) -> DataLoader[int, list[StoredSegment]]:
        """All segments, by name; any key."""
        return self._whole(segments.standing)

    @cached_property
    def suggestions(self) -> DataLoader[str, list[StoredSuggestion]]:
        """Suggestions about customers by public id."""
        return self._many(suggestions.of_customers)

    @cached_property
    def former_ids(self) -> DataLoader[int, list[str]]:
        """All ids a customer ever had."""
        return self._many(customers.former_ids)

    @cached_property
    def figures(self) -> DataLoader[Asked, Figures | None]:
        """Value in a currency."""
        return self._one(value.figures)

    @cached_property
    def level(self) -> DataLoader[int, int | None]:
        """Levels of engagement."""
        return self._one(values.levels)

    @cached_property
    def answers(self) -> DataLoader[int, list[StoredAnswers]]:
        """What customers answered when they were asked for their satisfaction."""
        return self._many(values.answers)

    @cached_property
    def overdue(self) -> DataLoader[Asked, Sum | None]:
        """What is overdue, in a currency."""
        return self._one(value.overdue)

    @cached_property
    def buying(self) -> DataLoader[Asked, Buying | None]:
        """How customers buy."""
        return self._one(value.buying)

    @cached_property
    def cost_to_serve(self) -> DataLoader[Asked, Sum | None]:
        """What touchpoints cost, in a currency."""
        return self._one(value.cost_to_serve)

    @cached_property
    def stage_changes(self) -> DataLoader[int, list[StoredStageChange]]:
        """Stage and standing history."""
        return self._many(customers.stage_changes)

    @cached_property
    def stage_times(self) -> DataLoader[int, list[StoredStageTime]]:
        """The stages a customer has or had."""
        return self._many(lifecycles.stage_times)

    @cached_property
    def traits(self) -> DataLoader[int, list[StoredTrait]]:
        """What is known."""
        return self._many(customers.traits)

    @cached_property
    def tags(self) -> DataLoader[int, list[str]]:
        """Tags."""
        return self._many(customers.tags)

    @cached_property
    def organisations(self) -> DataLoader[int, list[StoredAffiliation]]:
        """Affiliations of persons."""
        return self._many(lambda snapshot, keys: customers.affiliations(snapshot, keys, organisations=False))

    @cached_property
    def people(self) -> DataLoader[int, list[StoredAffiliation]]:
        """Affiliations of organisations."""
        return self._many(lambda snapshot, keys: customers.affiliations(snapshot, keys, organisations=True))

    @cached_property
    def identifiers(self) -> DataLoader[PartAsked, Page[StoredIdentifier]]:
        """Identifiers of customers."""
        return self._parts(identifiers.of_customers)

    @cached_property
    def identifier(self) -> DataLoader[int, StoredIdentifier | None]:
        """Identifiers by row number."""
        return self._one(identifiers.by_number)

    @cached_property
    def claim_identifiers(self) -> DataLoader[int, list[StoredIdentifier]]:
        """Identifiers of claims."""
        return self._many(identifiers.of_claims)

    @cached_property
    def timeline(self) -> DataLoader[TimelineAsked, Page[StoredTouchpoint]]:
        """Own timelines."""

        async def load(keys: list[TimelineAsked]) -> list[Page[StoredTouchpoint]]:
            found: dict[TimelineAsked, Page[StoredTouchpoint]] = {}
            for wanted, order, window in dict.fromkeys((key.wanted, key.order, key.window) for key in keys):
                subjects = [
                    key.subject for key in keys if (key.wanted, key.order, key.window) == (wanted, order, window)
                ]
                pages = await touchpoints.timelines(await self._snapshot(), subjects, wanted, order, window)
                found |= {TimelineAsked(subject, wanted, order, window): page for subject, page in pages.items()}
            return [found.get(key, Page()) for key in keys]

        return DataLoader(load, max_batch_size=LARGEST_BATCH)

    @cached_property
    def customer_matters(self) -> DataLoader[MattersAsked, Page[StoredMatter]]:
        """Matters of customers."""

        async def load(keys: list[MattersAsked]) -> list[Page[StoredMatter]]:
            found: dict[MattersAsked, Page[StoredMatter]] = {}
            for wanted, order, window in dict.fromkeys((key.wanted, key.order, key.window) for key in keys):
                subjects = [
                    key.subject for key in keys if (key.wanted, key.order, key.window) == (wanted, order, window)
                ]
                pages = await matters.of_customers(await self._snapshot(), subjects, wanted, order, window)
                found |= {MattersAsked(subject, wanted, order, window): page for subject, page in pages.items()}
            return [found.get(key, Page()) for key in keys]

        return DataLoader(load, max_batch_size=LARGEST_BATCH)

    @cached_property
    def touchpoint(self) -> DataLoader[int, StoredTouchpoint | None]:
        """Touchpoints by row number."""
        return self._one(touchpoints.by_number)

    @cached_property
    def touchpoint_by_id(self) -> DataLoader[str, StoredTouchpoint | None]:
        """Touchpoints by id."""
        return self._one(touchpoints.by_id)

    @cached_property
    def record_touchpoints(self) -> DataLoader[int, list[StoredTouchpoint]]:
        """Touchpoints of records."""
        return self._many(touchpoints.of_records)

    @cached_property
    def participants(self) -> DataLoader[int, list[StoredParticipant]]:
        """Participants of touchpoints."""
        return self._many(touchpoints.participants)

    @cached_property
    def lines(self) -> DataLoader[PartAsked, Page[StoredLine]]:
        """Lines of documents."""
        return self._parts(touchpoints.lines)

    @cached_property
    def touchpoint_matters(self) -> DataLoader[int, list[StoredMatter]]:
        """Matters of touchpoints."""
        return self._many(matters.of_touchpoints)

    @cached_property
    def matter_changes(self) -> DataLoader[int, list[StoredMatterChange]]:
        """The states of matters."""
        return self._many(matters.changes)

    @cached_property
    def matter_by_id(self) -> DataLoader[str, StoredMatter | None]:
        """Matters by id."""
        return self._one(matters.by_id)

    @cached_property
    def user(self) -> DataLoader[int, StoredUser | None]:
        """Users by row number."""
        return self._one(reference.users)

    @cached_property
    def product(self) -> DataLoader[int, StoredProduct | None]:
        """Products by row number."""
        return self._one(reference.products)

    @cached_property
    def campaign(self) -> DataLoader[int, StoredCampaign | None]:
        """Campaigns by row number."""
        return self._one(reference.campaigns)

    @cached_property
    def claim_of_touchpoint(self) -> DataLoader[str, StoredClaim | None]:
        """The claim that a touchpoint makes, by the touchpoint's id."""
        return self._one(identifiers.claims_of_touchpoints)

    @cached_property
    def decision(self) -> DataLoader[int, StoredDecision | None]:
        """Live link decisions by truth number."""
        return self._one(decisions.by_number)

    @cached_property
    def neighbourhoods(self) -> dict[tuple[str, frozenset[int]], Callable[[], Awaitable[Neighbourhood]]]:
        """What was resolved around customers of a side, so that many parts of one explanation resolve it once."""
        return {}

    # By public id, for ``node`` and its like -------------------------------------------------------------------------

    @cached_property
    def identifier_by_id(self) -> DataLoader[str, StoredIdentifier | None]:
        """Identifiers by id."""
        return self._one(identifiers.by_id)

    @cached_property
    def line_by_id(self) -> DataLoader[str, StoredLine | None]:
        """Lines of documents by id."""
        return self._one(touchpoints.lines_by_id)

    @cached_property
    def product_by_id(self) -> DataLoader[str, StoredProduct | None]:
        """Products by id."""
        return self._one(reference.products_by_id)

    @cached_property
    def campaign_by_id(self) -> DataLoader[str, StoredCampaign | None]:
        """Campaigns by id."""
        return self._one(reference.campaigns_by_id)

    @cached_property
    def user_by_id(self) -> DataLoader[str, StoredUser | None]:
        """Users by id."""
        return self._one(reference.users_by_id)

    @cached_property
    def suggestion_by_id(self) -> DataLoader[str, StoredSuggestion | None]:
        """Suggestions by id."""
        return self._one(suggestions.by_id)

    @cached_property
    def segment_by_id(self) -> DataLoader[str, StoredSegment | None]:
        """Segments by id."""
        return self._one(segments.by_id)

    @cached_property
    def change(self) -> DataLoader[tuple[int, int], StoredChange | None]:
        """Lines of the ledger by number and ordinal."""
        return self._one(ledger.by_place)
