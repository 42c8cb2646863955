"""JSON lines that already are touchpoints, in the graph's own words: docs/connectors/generic.touchpoints.md."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from connectors import objects
from connectors.cells import LARGEST
from hub import sdk

T = TypeVar("T")
LONGEST_ID = 500


def _moment(said: object) -> object:
    """An instant with its offset, or a day: a time without an offset would be hours wrong, and nobody would see it."""
    if not isinstance(said, str):
        raise ValueError("not a time like 2026-03-01T09:30:00+06:00")  # noqa: TRY004 (pydantic takes values)
    try:
        found = sdk.day(said) if len(said) <= 10 else datetime.fromisoformat(sdk.digits(said))
    except (sdk.RowUnreadable, ValueError):
        raise ValueError(f"{said!r} is not a time like 2026-03-01T09:30:00+06:00") from None
    if isinstance(found, datetime) and found.tzinfo is None:
        raise ValueError(f"{said!r} has no offset from UTC")
    return found


def _decimal(said: object) -> Decimal:
    """A number with all its digits, as JSON's or as text."""
    try:
        number = Decimal(str(said)) if isinstance(said, int | float | Decimal | str) else None
    except ArithmeticError:
        number = None
    if number is None or isinstance(said, bool) or not number.is_finite() or number.adjusted() > LARGEST:
        raise ValueError(f"{str(said)[:40]!r} is not a number")
    return number


Moment = Annotated[date | datetime, BeforeValidator(_moment)]
Exact = Annotated[Decimal, BeforeValidator(_decimal)]
Id = Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]


class _Said(BaseModel):
    """Base of what a line may say: names as in the graph; others are refused, so that a typo is seen."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, coerce_numbers_to_str=True)


class SaidMoney(_Said):
    """An amount and its currency."""

    amount: Exact
    currency: Annotated[str, Field(pattern=r"^[A-Za-z]{3}$")]


class SaidQuantity(_Said):
    """A measured amount that is not money."""

    value: Exact
    unit: str


class SaidIdentifier(_Said):
    """Something by which the customer is recognised."""

    kind: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
    value: Annotated[str, Field(min_length=1)]
    namespace: str = ""
    side: sdk.Side = sdk.Side.PERSON
    region: str = ""


class SaidOrigin(_Said):
    """What brought the customer here."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""
    click_id: str = ""
    referrer: str = ""
    landing_page: str = ""


class SaidParticipant(_Said):
    """Someone who is not the customer."""

    role: sdk.ParticipantRole
    name: str = ""
    identifier: str = ""


class SaidMatter(_Said):
    """What the touchpoint says about a deal, case, order ..."""

    kind: sdk.MatterKind
    reference: Id
    title: str | None = None
    pipeline: str | None = None
    state: str | None = None
    outcome: sdk.MatterOutcome | None = None
    open: bool | None = None
    amount: SaidMoney | None = None
    paid: SaidMoney | None = None
    owner: str | None = None
    due: Moment | None = None
    properties: dict[str, Any] = {}


class SaidLine(_Said):
    """One line of an invoice, order or credit note."""

    description: str
    quantity: Exact
    unit_price: SaidMoney
    amount: SaidMoney
    tax: SaidMoney | None = None
    sku: str = ""


class SaidTouchpoint(_Said):
    """One line of the file."""

    id: Id | None = None
    version: str | None = None
    deleted: bool = False
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]*$")]
    channel: sdk.Channel
    direction: sdk.Direction
    occurred_at: Moment
    time_precision: sdk.TimePrecision | None = None
    automated: bool | None = None
    title: str = ""
    text: str | None = None
    amount: SaidMoney | None = None
    cost: SaidMoney | None = None
    quantity: SaidQuantity | None = None
    origin: SaidOrigin | None = None
    campaign: str | None = None
    identifiers: list[SaidIdentifier] = []
    traits: dict[str, Any] = {}
    participants: list[SaidParticipant] = []
    matters: list[SaidMatter] = []
    lines: list[SaidLine] = []
    properties: dict[str, Any] = {}
    document: Id | None = None
    part: str = ""
    anchor: str | None = None


class Touchpoints(sdk.PullStream):
    """Every line is a touchpoint; the newest of lines with the same id stands."""

    name = "touchpoints"
    nature = sdk.Nature.STATES

    def __init__(self, settings: objects.ObjectSettings) -> None:
        self._settings = settings

    def key(self, payload: bytes) -> str:
        """The line's id; of a line without one, its SHA-256."""
        try:
            row = _row(objects.said(sdk.Row("", payload)))
        except sdk.RowUnreadable:
            return super().key(payload)
        return row.key or super().key(payload)

    def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """Lines that are new since ``cursor``."""
        return objects.pages(self._settings, cursor, _row)

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        """The line itself."""
        try:
            said = SaidTouchpoint.model_validate(objects.said(row))
        except ValidationError as error:
            raise _unreadable(error) from None
        yield _touchpoint(said)


class TouchpointLines(sdk.Connector):
    """Touchpoints as somebody else wrote them down."""

    name = "generic.touchpoints"
    title = "JSON lines that already are touchpoints in the hub's own words, from any system, without a mapping"
    documentation = "docs/connectors/generic.touchpoints.md"
    Settings = objects.ObjectSettings
    settings: objects.ObjectSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream."""
        return [Touchpoints(self.settings)]

    def check(self) -> Iterator[str]:
        """Sentences about a missing file, or one that holds something else."""
        return objects.check(self.settings, ["kind", "channel", "direction", "occurredAt"])


def _row(content: Mapping[str, Any]) -> sdk.Row:
    id_, version = content.get("id"), content.get("version")
    key = str(id_) if isinstance(id_, str | int) and not isinstance(id_, bool) else ""
    order = None if version is None or isinstance(version, dict | list) else str(version)
    deleted = content.get("deleted") is True
    return sdk.Row(key if len(key) <= LONGEST_ID else "", b"", version=order, deleted=deleted)


def _touchpoint(said: SaidTouchpoint) -> sdk.Touchpoint:
    return sdk.Touchpoint(
        kind=said.kind,
        channel=said.channel,
        direction=said.direction,
        occurred_at=said.occurred_at,
        precision=said.time_precision,
        automated=said.kind == "profile" if said.automated is None else said.automated,
        title=said.title,
        text=said.text,
        amount=_money(said.amount),
        cost=_money(said.cost),
        quantity=_same(sdk.Quantity, said.quantity),
        origin=_same(sdk.Origin, said.origin),
        campaign=said.campaign,
        identifiers=tuple(
            sdk.Identifier(each.kind, each.value, each.namespace, each.side, region=each.region)
            for each in said.identifiers
        ),
        traits=said.traits,
        participants=tuple(sdk.Participant(each.role, each.name, each.identifier) for each in said.participants),
        matters=tuple(_of(sdk.MatterClaim, each) for each in said.matters),
        lines=tuple(_of(sdk.Line, each) for each in said.lines),
        properties=said.properties,
        document=said.document,
        part=said.part,
        anchor=said.anchor,
    )


def _of(made: type[T], said: _Said) -> T:
    """The value that has the same fields."""
    held = {name: getattr(said, name) for name in type(said).model_fields}
    return made(**{name: _money(value) if isinstance(value, SaidMoney) else value for name, value in held.items()})


def _same(made: type[T], said: _Said | None) -> T | None:
    return None if said is None else _of(made, said)


def _money(said: SaidMoney | None) -> sdk.Money | None:
    return None if said is None else sdk.Money(said.amount, said.currency.upper())


def _unreadable(error: ValidationError) -> sdk.RowUnreadable:
    """The first fault in a sentence with its place."""
    fault = error.errors(include_url=False)[0]
    place = ".".join(map(str, fault["loc"]))
    told = {"missing": "is missing", "extra_forbidden": "there is no such member"}.get(fault["type"])
    hint = "what has no member of its own belongs into properties" if fault["type"] == "extra_forbidden" else None
    reason = told or fault["msg"].removeprefix("Value error, ")
    return sdk.RowUnreadable(f"{place}: {reason[:1].lower()}{reason[1:]}", path=place, hint=hint)
