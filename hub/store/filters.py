"""Which customers, touchpoints and matters: what a list may be narrowed by, as values.

Times are microseconds since 1970 (UTC), amounts minor units; None and empty leave a thing open.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """From ``start`` on, and before ``end``."""

    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class AmountRange:
    """Amounts in one currency, both ends included."""

    currency: str
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """Whole numbers, both ends included."""

    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class PropertyFilter:
    """A property or trait: ``values`` are the JSON texts it may have, ``exists`` whether it must be there."""

    name: str
    values: tuple[str, ...] | None = None
    exists: bool | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Words to find. One of the ``alternatives`` must hold, each with all its words as beginnings of terms;
    or a document must have the number ``document``."""

    alternatives: tuple[tuple[str, ...], ...]
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchpointFilter:
    """Which touchpoints. Sources, campaigns and products are public ids."""

    kinds: tuple[str, ...] | None = None
    channels: tuple[str, ...] | None = None
    directions: tuple[str, ...] | None = None
    automated: bool | None = None
    occurred: Span | None = None
    recorded: Span | None = None
    sources: tuple[str, ...] | None = None
    campaign: str | None = None
    utm_source: str | None = None
    amount: AmountRange | None = None
    products: tuple[str, ...] | None = None
    properties: tuple[PropertyFilter, ...] = ()
    search: Search | None = None
    all_of: tuple[TouchpointFilter, ...] = ()
    any_of: tuple[TouchpointFilter, ...] | None = None
    none_of: TouchpointFilter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterFilter:
    """Which matters. ``overdue_at`` is the moment that ``overdue`` is judged by."""

    kinds: tuple[str, ...] | None = None
    open: bool | None = None
    overdue: bool | None = None
    overdue_at: int = 0
    owner: str | None = None
    pipeline: str | None = None
    states: tuple[str, ...] | None = None
    due: Span | None = None
    opened: Span | None = None
    closed: Span | None = None


@dataclass(frozen=True, slots=True)
class Did:
    """Did something, at least and at most so often."""

    what: TouchpointFilter
    at_least: int = 1
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class ScoreRange:
    """A score (recency, frequency or monetary), both ends included."""

    name: str
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFilter:
    """Which customers. ``birthdays`` are month * 100 + day; ``revenue_in_hub`` says that its currency is the hub's.

    ``predicted``: value in its minor units; ``p_alive`` in millionths.
    """

    search: Search | None = None
    kinds: tuple[str, ...] | None = None
    relationships: tuple[str, ...] | None = None
    stages: tuple[str, ...] | None = None
    standings: tuple[str, ...] | None = None
    owner: str | None = None
    tags: tuple[str, ...] = ()
    traits: tuple[PropertyFilter, ...] = ()
    birthdays: tuple[int, ...] | None = None
    did: tuple[Did, ...] = ()
    did_not: tuple[TouchpointFilter, ...] = ()
    revenue: AmountRange | None = None
    revenue_in_hub: bool = True
    engagement: int | None = None
    """The least level (``hub.journey.engagement``)."""
    overdue: bool | None = None
    overdue_on: int = 0
    predicted: Range | None = None
    p_alive: Range | None = None
    abc_classes: tuple[str, ...] | None = None
    scores: tuple[ScoreRange, ...] = ()
    last_touch: Span | None = None
    matters: MatterFilter | None = None
    all_of: tuple[CustomerFilter, ...] = ()
    any_of: tuple[CustomerFilter, ...] | None = None
    none_of: CustomerFilter | None = None
