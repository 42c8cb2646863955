"""The rules of stage and standing, as data: read from TOML, checked, and named by version and digest."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, ValidationError, model_validator

from hub.errors import ConfigWrong
from hub.kinds import KINDS
from hub.values import Channel, Direction, RevenueBasis, Stage


def _known(kind: str) -> str:
    # A kind of one connector carries its family, and the connector may not be installed here.
    if kind not in KINDS and "." not in kind:
        raise ValueError(f"there is no kind {kind!r}")
    return kind


_Kinds = tuple[Annotated[str, AfterValidator(_known)], ...]


_FACT = re.compile(r"{(\w+)}")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Rule(_Part):
    facts: ClassVar[frozenset[str]]
    """What ``text`` may name in braces."""
    rule: str = Field(pattern="^[a-z][a-z0-9_]*$")
    stage: Stage
    text: str = Field(min_length=1)

    @model_validator(mode="after")
    def _text_names_facts(self) -> Self:
        asked = set(_FACT.findall(self.text))
        if unknown := sorted(asked - self.facts):
            raise ValueError(
                f"text: {{{unknown[0]}}} is not a fact of this rule; it has {', '.join(sorted(self.facts))}"
            )
        if set("{}") & set(_FACT.sub("", self.text)):
            raise ValueError("text: braces hold the name of a fact and nothing else, like {kind}")
        return self

    def say(self, facts: Mapping[str, Any]) -> str:
        """The sentence of ``because``."""
        return _FACT.sub(lambda found: str(facts.get(found[1])).replace("_", " "), self.text)


class _Counted(_Rule):
    at_least: PositiveInt = 1
    within_days: PositiveInt | None = None

    @property
    def within(self) -> timedelta | None:
        """The span from the first to the last of them."""
        return None if self.within_days is None else timedelta(days=self.within_days)


class TouchpointRule(_Counted):
    """Holds from the touchpoint that makes ``at_least`` matching ones."""

    facts = frozenset({"kind", "channel", "count", "days", "score", "unit"})
    when: Literal["touchpoint"]
    kinds: _Kinds = ()
    directions: tuple[Direction, ...] = ()
    channels: tuple[Channel, ...] = ()
    automated: bool = False
    deal_open: bool | None = None
    unit: str | None = None
    score_at_least: Decimal | None = None

    @model_validator(mode="after")
    def _score_has_unit(self) -> Self:
        if (self.unit is None) != (self.score_at_least is None):
            raise ValueError("unit and score_at_least come together")
        return self


class AnswerRule(_Rule):
    """Holds from our answer to an inbound touchpoint of the same thread."""

    facts = frozenset({"kind"})
    when: Literal["answer"]
    kinds: _Kinds = Field(min_length=1)


class PurchaseRule(_Counted):
    """Holds while ``at_least`` purchases stand."""

    facts = frozenset({"kind", "documents", "days"})
    when: Literal["purchase"]


StageRule = Annotated[TouchpointRule | AnswerRule | PurchaseRule, Field(discriminator="when")]


class StandingRules(_Part):
    """How silence is measured. All spans are days of 24 hours."""

    at_risk_after_days: PositiveInt
    lapsed_after_days: PositiveInt
    active_again_after_days: PositiveInt = 1
    mutual_kinds: _Kinds = ()
    ignored_kinds: _Kinds = ()

    @cached_property
    def at_risk(self) -> timedelta:
        """After which silence."""
        return timedelta(days=self.at_risk_after_days)

    @cached_property
    def lapsed(self) -> timedelta:
        """After which silence."""
        return timedelta(days=self.lapsed_after_days)

    @cached_property
    def settling(self) -> timedelta:
        """How long after they came back a contact is no more than that."""
        return timedelta(days=self.active_again_after_days)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.at_risk_after_days >= self.lapsed_after_days:
            raise ValueError("at_risk_after_days must be less than lapsed_after_days")
        return self


class _File(_Part):
    version: str = Field(min_length=1, max_length=40)
    stages: tuple[StageRule, ...] = Field(min_length=1)
    standing: StandingRules

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [rule.rule for rule in self.stages]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"stages: two rules are named {twice[0]!r}")
        return self


@dataclass(frozen=True, slots=True)
class Rules:
    """A checked rule set. ``name`` is what ``Because.rule_version`` cites: the version its author gave, and the
    beginning of ``digest`` (SHA-256 of the rules without comments, and of the basis)."""

    name: str
    version: str
    digest: str
    basis: RevenueBasis
    touchpoint: tuple[TouchpointRule, ...]
    answer: tuple[AnswerRule, ...]
    purchase: tuple[PurchaseRule, ...]
    standing: StandingRules
    _for_kind: dict[str, tuple[TouchpointRule, ...]] = field(default_factory=dict, compare=False, repr=False)

    def for_kind(self, kind: str) -> tuple[TouchpointRule, ...]:
        """The touchpoint rules that a touchpoint of this kind may meet, in the file's order."""
        if kind not in self._for_kind:
            self._for_kind[kind] = tuple(rule for rule in self.touchpoint if not rule.kinds or kind in rule.kinds)
        return self._for_kind[kind]


@cache
def default_text() -> str:
    """The TOML of the default rules."""
    return files("hub.journey").joinpath("lifecycle.toml").read_text("utf-8")


def load_rules(text: str | None = None, basis: RevenueBasis = RevenueBasis.BILLED) -> Rules:
    """The rules of a TOML text, or the default ones. Raises ``ConfigWrong`` with one sentence that says where."""
    return _load(default_text() if text is None else text, basis)


@lru_cache(maxsize=64)
def _load(text: str, basis: RevenueBasis) -> Rules:
    try:
        parsed = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigWrong(f"The lifecycle rules are not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        path = _where(first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        if first["type"].startswith("union_tag"):
            message = "when must be touchpoint, answer or purchase"
        raise ConfigWrong(f"The lifecycle rules are wrong at {path}: {message}", path=path) from None
    digest = hashlib.sha256(f"{basis}\n{parsed.model_dump_json()}".encode()).hexdigest()
    return Rules(
        name=f"{parsed.version}+{digest[:8]}",
        version=parsed.version,
        digest=digest,
        basis=basis,
        touchpoint=tuple(rule for rule in parsed.stages if isinstance(rule, TouchpointRule)),
        answer=tuple(rule for rule in parsed.stages if isinstance(rule, AnswerRule)),
        purchase=tuple(rule for rule in parsed.stages if isinstance(rule, PurchaseRule)),
        standing=parsed.standing,
    )


def _where(location: Sequence[str | int]) -> str:
    # pydantic puts the name of the union's branch between index and field; it is no part of the file.
    names = [part for part in location if part not in ("touchpoint", "answer", "purchase")]
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in names).lstrip(".") or "the top"
