"""What a person declares about foreign rows: which column, or member, holds what; and the touchpoints that follow."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from connectors.cells import Cells, CellSettings, birthday, filled, reached, sortable
from connectors.generic.reference import ReferenceSettings, reference
from hub import sdk

LONGEST_KEY = 500
"""Characters. A longer one is no name of a row, and more than an index takes: its digest stands for it."""
TRAITS = ("name", "company", "job_title", "street", "postcode", "city", "country", "language")


class Columns(sdk.Settings):
    """Which column holds what; null for what the sheet does not have."""

    key: str | None = Field(None, description="Names a row for ever; without it the row's content does.")
    version: str | None = Field(None, description="Orders two states of one row: a number or a time.")
    time: str | None = None
    title: str | None = None
    text: str | None = None
    name: str | None = None
    given_name: str | None = Field(None, description="With family_name, in place of name.")
    family_name: str | None = None
    email: str | None = None
    phone: str | None = None
    handle: str | None = Field(None, description="A name on the network of the setting network.")
    social_id: str | None = Field(None, description="A stable account id on that network.")
    contact: str | None = Field(None, description="A customer number, which means something in this source only.")
    company: str | None = None
    job_title: str | None = None
    street: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None
    language: str | None = None
    birthday: str | None = None
    amount: str | None = None
    currency: str | None = None
    quantity: str | None = None
    cost: str | None = Field(None, description="What the touchpoint cost the company.")
    campaign: str | None = Field(None, description="The campaign it is of, by its reference.")
    utm_source: str | None = Field(None, description="What brought the customer: source, medium and campaign.")
    utm_medium: str | None = None
    utm_campaign: str | None = None


class Matter(sdk.Settings):
    """What the rows are about, when each names a deal, a case or an order. All but the kinds are columns."""

    kind: sdk.MatterKind
    reference: str
    title: str | None = None
    pipeline: str | None = None
    state: str | None = None
    state_outcomes: dict[str, sdk.MatterOutcome] = Field(
        default_factory=dict, description="States that end the matter, and how; every other state leaves it open."
    )
    amount: str | None = None
    owner: str | None = None
    due: str | None = None
    opened: str | None = None
    closed: str | None = None
    opened_state: str | None = Field(
        None, description="The state it opened in (a word, no column), where a row has only the state it is in now."
    )


class MappingSettings(ReferenceSettings, CellSettings):
    """How rows of any system become touchpoints. What is said of columns holds for members of JSON, by dotted paths."""

    kind: str = Field("profile", pattern=r"^[a-z][a-z0-9_.]*$", description="Kind of the touchpoints.")
    channel: sdk.Channel = Field(sdk.Channel.OTHER, description="How contact was made.")
    direction: sdk.Direction = Field(sdk.Direction.INTERNAL, description="Who acted.")
    automated: bool | None = Field(None, description="Counts as no contact; null: true for profiles only.")
    columns: Columns = Field(Columns(), description="Which column holds what.")
    where: dict[str, str] = Field(default_factory=dict, description="Column to text: only rows that have it.")
    occurred_on: date | None = Field(None, description="When, for rows whose sheet or cell does not say it.")
    network: str = Field("", description="Network of handle and social_id, e.g. mastodon.")
    contact_is: sdk.Side = Field(sdk.Side.PERSON, description="Whom a contact number names.")
    birthday_format: str | None = Field(None, description="strptime pattern, without %Y when the year is unknown.")
    quantity_unit: str = Field("items", description="What quantity counts: points, minutes ...")
    matter: Matter | None = Field(None, description="What the rows are about, where it has a life of its own.")
    properties: list[str] | Literal["*"] = Field(
        default_factory=list, description='Columns kept as properties; "*" keeps all that mean nothing else.'
    )

    property_types: dict[str, Literal["integer", "boolean"]] = Field(
        default_factory=dict, description="Columns whose property is no text: seconds of a call, answered or not."
    )

    @model_validator(mode="before")
    @classmethod
    def _names_in_any_case(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        upper: dict[str, object] = {
            name: data[name].upper() for name in ("channel", "direction", "contact_is") if _text(data.get(name))
        }
        if isinstance(channels := data.get("channels"), dict):
            upper["channels"] = {name: word.upper() if _text(word) else word for name, word in channels.items()}
        return {**data, **upper}

    @model_validator(mode="after")
    def _says_when_and_where(self) -> Self:
        columns, matter = self.columns, self.matter
        if self.defined():
            return self  # of what the business has, not of what happened
        if not (columns.time or self.occurred_on or (matter and (matter.opened or matter.closed))):
            raise ValueError("no column says when: name one in columns.time, or give a date in occurred_on")
        if (columns.handle or columns.social_id) and not self.network:
            raise ValueError("network is missing: it says where a handle or social_id means something")
        return self

    def named(self) -> dict[str, str]:
        """Field to column, of all columns that there must be."""
        named = self.columns.model_dump(exclude_none=True)
        if self.matter:
            of_matter = self.matter.model_dump(exclude_none=True, exclude={"kind", "state_outcomes", "opened_state"})
            named |= {f"matter.{field}": column for field, column in of_matter.items()}
        named |= {f"where.{column}": column for column in self.where} | self.defined()
        if self.properties != "*":
            named |= {f"properties.{column}": column for column in self.properties}
        return named


class Mapping:
    """What the settings make of rows: a touchpoint each; a deal's row is two when it says both when it opened and
    closed."""

    def __init__(self, settings: MappingSettings) -> None:
        self._settings = settings
        self.named = settings.named()
        self._mapped = frozenset(self.named.values())

    def row(self, cells: Cells) -> sdk.Row | None:
        """The row that the cells are of, but for its payload: without a key its content names it. None when it is
        none of this source's."""
        if not self._wanted(cells):
            return None
        columns = self._settings.columns
        try:
            key, version = cells.text(columns.key), sortable(cells, columns.version)
        except sdk.RowUnreadable:  # an object or a list names nothing
            return sdk.Row("", b"")
        if len(key) > LONGEST_KEY:
            key = f"long/{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()}"
        return sdk.Row(key, b"", version=version)

    def _wanted(self, cells: Cells) -> bool:
        try:
            return all(cells.text(column) == text for column, text in self._settings.where.items())
        except sdk.RowUnreadable:
            return False

    def mapped(self, cells: Cells) -> Iterator[sdk.Mapped]:
        """What the row means. Raises ``RowUnreadable``."""
        settings = self._settings
        if settings.defined():
            channel = settings.channel if "channel" in settings.model_fields_set else None
            yield from reference(cells, settings, settings.columns.currency, channel)
        else:
            yield from self._touchpoints(cells)

    def _touchpoints(self, cells: Cells) -> Iterator[sdk.Touchpoint]:
        matter = self._settings.matter
        opened = cells.moment(matter.opened) if matter else None
        closed = cells.moment(matter.closed) if matter else None
        at = cells.moment(self._settings.columns.time)
        moments = [(part, moment) for part, moment in (("opened", opened), ("", at), ("closed", closed)) if moment]
        if not moments:
            if self._settings.occurred_on is None:
                of_matter = (matter.opened or matter.closed) if matter else None
                column = self._settings.columns.time or of_matter
                raise sdk.RowUnreadable(
                    f"{column}: the row has no date", path=column, hint="occurred_on gives one to such rows"
                )
            moments = [("", self._settings.occurred_on)]
        for part, moment in moments[:-1]:
            yield self._touchpoint(cells, part, moment, standing=False)
        yield self._touchpoint(cells, *moments[-1], standing=True)

    def _touchpoint(self, cells: Cells, part: str, moment: date | datetime, *, standing: bool) -> sdk.Touchpoint:
        """One moment of the row; the last of them carries what stands now."""
        settings, columns = self._settings, self._settings.columns
        automated = settings.kind == "profile" if settings.automated is None else settings.automated
        born = birthday(cells, columns.birthday, settings.birthday_format)
        # A mistyped birthday is no reason to lose the row's address: it stays a property, as typed.
        unread = filled(**{columns.birthday: cells.text(columns.birthday)}) if columns.birthday and not born else {}
        return sdk.Touchpoint(
            kind=settings.kind,
            channel=settings.channel,
            direction=settings.direction,
            occurred_at=moment,
            title=cells.text(columns.title) or (cells.text(settings.matter.title) if settings.matter else ""),
            part=part,
            automated=automated,
            text=cells.text(columns.text) or None,
            amount=cells.money(columns.amount, columns.currency) if standing else None,
            quantity=self._quantity(cells) if standing else None,
            cost=cells.money(columns.cost, columns.currency) if standing else None,
            origin=self._origin(cells),
            campaign=cells.text(columns.campaign) or None,
            identifiers=tuple(self._identifiers(cells)),
            traits=self._traits(cells) | ({"birthday": born} if born else {}),
            matters=tuple(self._matters(cells, standing=standing)),
            properties=self._properties(cells) | unread,
        )

    def _identifiers(self, cells: Cells) -> Iterator[sdk.Identifier]:
        settings, columns = self._settings, self._settings.columns
        if account := cells.text(columns.social_id):
            yield sdk.social(settings.network, account)
        if name := cells.text(columns.handle):
            yield sdk.handle(settings.network, name)
        yield from reached(
            cells.text(columns.email),
            cells.text(columns.phone),
            cells.text(columns.contact),
            region=settings.region,
            side=settings.contact_is,
        )

    def _traits(self, cells: Cells) -> dict[str, str]:
        columns = self._settings.columns
        traits = filled(**{trait: cells.text(getattr(columns, trait)) for trait in TRAITS})
        both = f"{cells.text(columns.given_name)} {cells.text(columns.family_name)}".strip()
        if both and "name" not in traits:
            traits["name"] = both
        return traits

    def _quantity(self, cells: Cells) -> sdk.Quantity | None:
        value = cells.number(self._settings.columns.quantity)
        return None if value is None else sdk.Quantity(value, self._settings.quantity_unit)

    def _origin(self, cells: Cells) -> sdk.Origin | None:
        columns = self._settings.columns
        origin = sdk.Origin(
            source=cells.text(columns.utm_source),
            medium=cells.text(columns.utm_medium),
            campaign=cells.text(columns.utm_campaign),
        )
        return None if origin == sdk.Origin() else origin

    def _matters(self, cells: Cells, *, standing: bool) -> Iterator[sdk.MatterClaim]:
        matter = self._settings.matter
        if matter is None or not (reference := cells.text(matter.reference)):
            return
        state = cells.text(matter.state)
        outcome = matter.state_outcomes.get(state)
        ended = outcome is not None or bool(cells.text(matter.closed))
        yield sdk.MatterClaim(
            kind=matter.kind,
            reference=reference,
            title=cells.text(matter.title) or None,
            pipeline=cells.text(matter.pipeline) or None,
            state=(state or None) if standing else matter.opened_state,
            outcome=outcome if standing else None,
            open=not (standing and ended),
            amount=cells.money(matter.amount, self._settings.columns.currency) if standing else None,
            owner=cells.text(matter.owner) or None,
            due=cells.moment(matter.due),
        )

    def _properties(self, cells: Cells) -> dict[str, Any]:
        chosen = self._settings.properties
        if chosen == "*":
            chosen = [column for column in cells.columns() if column not in self._mapped]
        types = self._settings.property_types
        return {column: cells.typed(column, types.get(column)) for column in chosen if cells.holds(column)}


def _text(value: object) -> bool:
    return isinstance(value, str)
