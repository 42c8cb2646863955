"""The rules of stage and standing, as data: read from TOML, checked, and named by version and digest."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Annotated, Any, Generic, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, model_validator

from hub.errors import ConfigWrong
from hub.journey.conditions import AnswerCondition, Condition, Part, PurchaseCondition, TouchpointCondition
from hub.journey.standing_rules import StandingRules
from hub.settings import Company, foremost, names_beside
from hub.values import RevenueBasis, Stage

_FACT = re.compile(r"{(\w+)}")
_OWN = frozenset({"credited", "expired", "decided", "decision_ended", "contact", "at_risk", "lapsed", "won_back"})
"""Names of the rules that no file holds."""
_KINDS = ("touchpoint", "answer", "purchase", "all")


class _Rule(Part):
    rule: str = Field(pattern="^[a-z][a-z0-9_]*$")
    stage: Stage
    text: str = Field(min_length=1)

    @property
    def known_facts(self) -> frozenset[str]:
        """What ``text`` may name in braces."""
        facts: frozenset[str] = getattr(self, "facts", frozenset())
        return facts

    @model_validator(mode="after")
    def _text_names_facts(self) -> Self:
        asked = set(_FACT.findall(self.text))
        if unknown := sorted(asked - self.known_facts):
            raise ValueError(
                f"text: {{{unknown[0]}}} is not a fact of this rule; it has {', '.join(sorted(self.known_facts))}"
            )
        if set("{}") & set(_FACT.sub("", self.text)):
            raise ValueError("text: braces hold the name of a fact and nothing else, like {kind}")
        if self.rule in _OWN:
            raise ValueError(f"rule: {self.rule} is a name of the hub's own")
        return self

    def say(self, facts: Mapping[str, Any]) -> str:
        """The sentence of ``because``."""
        return _FACT.sub(lambda found: str(facts.get(found[1])).replace("_", " "), self.text)


class TouchpointRule(TouchpointCondition, _Rule):
    """A rule of one condition."""


class AnswerRule(AnswerCondition, _Rule):
    """A rule of one condition."""


class PurchaseRule(PurchaseCondition, _Rule):
    """A rule of one condition."""


class AllRule(_Rule):
    """Holds while all its conditions do. Facts carry the number of their condition: ``count_1``."""

    when: Literal["all"]
    conditions: tuple[Annotated[Condition, Field(discriminator="when")], ...] = Field(min_length=2, max_length=10)

    @property
    def known_facts(self) -> frozenset[str]:
        """What ``text`` may name in braces."""
        return frozenset(f"{fact}_{place}" for place, each in enumerate(self.conditions, 1) for fact in each.facts)


OneRule = TouchpointRule | AnswerRule | PurchaseRule
StageRule = Annotated[OneRule | AllRule, Field(discriminator="when")]


class _File(Part):
    version: str = Field(min_length=1, max_length=40)
    stages: tuple[StageRule, ...] = Field(min_length=1)
    standing: StandingRules

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [rule.rule for rule in self.stages]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"stages: two rules are named {twice[0]!r}")
        return self


C = TypeVar("C", TouchpointCondition, AnswerCondition, PurchaseCondition)


@dataclass(frozen=True, slots=True)
class Clause(Generic[C]):
    """A condition of a rule. ``key`` names it; ``place``: its number in a rule ``of`` several conditions, else None."""

    key: str
    rule: OneRule | AllRule
    condition: C
    place: int | None = None
    of: int = 1


@dataclass(frozen=True, slots=True)
class Rules:
    """A checked rule set. ``name`` is what ``Because.rule_version`` cites: the version its author gave, and the
    beginning of ``digest`` (SHA-256 of what the rules say that is no default, and of the basis).

    ``currency`` is that of a sum that names none; days are those of ``zone``.
    """

    name: str
    version: str
    digest: str
    text: str
    basis: RevenueBasis
    currency: str
    zone: ZoneInfo
    stages: tuple[OneRule | AllRule, ...]
    standing: StandingRules
    touchpoint: tuple[Clause[TouchpointCondition], ...]
    answer: tuple[Clause[AnswerCondition], ...]
    purchase: tuple[Clause[PurchaseCondition], ...]
    _for_kind: dict[str, tuple[Clause[TouchpointCondition], ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def for_kind(self, kind: str) -> tuple[Clause[TouchpointCondition], ...]:
        """The conditions that a touchpoint of this kind may meet, in the file's order."""
        if kind not in self._for_kind:
            self._for_kind[kind] = tuple(
                each for each in self.touchpoint if not each.condition.kinds or kind in each.condition.kinds
            )
        return self._for_kind[kind]


@cache
def default_text() -> str:
    """The TOML of the default rules."""
    return files("hub.journey").joinpath("lifecycle.toml").read_text("utf-8")


def rules_of(company: Company, text: str | None = None) -> Rules:
    """The rules of a TOML text, or the default ones, as a company's basis, currency and days have it.

    Raises ``ConfigWrong`` with one sentence that says where.
    """
    return load_rules(text, company.revenue_basis, company.currency, company.time_zone)


def load_rules(
    text: str | None = None, basis: RevenueBasis = RevenueBasis.BILLED, currency: str = "BDT", zone: str = "UTC"
) -> Rules:
    """The same from its parts."""
    return _load(default_text() if text is None else text, basis, currency, zone)


@lru_cache(maxsize=64)
def _load(text: str, basis: RevenueBasis, currency: str, zone: str) -> Rules:
    try:
        parsed = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigWrong(f"The lifecycle rules are not TOML: {error}") from None
    except ValidationError as error:
        first = foremost(error)
        path = _where(first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        if first["type"].startswith("union_tag"):
            inside = "conditions" in first["loc"]
            message = f"when must be touchpoint, answer{' or purchase' if inside else ', purchase or all'}"
        hint = None
        if first["type"] == "extra_forbidden":
            message = "there is no such key"
            hint = f"There are: {', '.join(names_beside(_File, first['loc']))}."
        raise ConfigWrong(f"The lifecycle rules are wrong at {path}: {message}", path=path, hint=hint) from None
    digest = hashlib.sha256(f"{basis}\n{parsed.model_dump_json(exclude_defaults=True)}".encode()).hexdigest()
    clauses = [clause for rule in parsed.stages for clause in _clauses(rule)]
    return Rules(
        name=f"{parsed.version}+{digest[:8]}",
        version=parsed.version,
        digest=digest,
        text=text,
        basis=basis,
        currency=currency,
        zone=ZoneInfo(zone),
        stages=parsed.stages,
        standing=parsed.standing,
        touchpoint=_of(TouchpointCondition, clauses),
        answer=_of(AnswerCondition, clauses),
        purchase=_of(PurchaseCondition, clauses),
    )


def _clauses(rule: OneRule | AllRule) -> list[Clause[Any]]:
    if isinstance(rule, AllRule):
        of = len(rule.conditions)
        return [Clause(f"{rule.rule}.{place}", rule, each, place, of) for place, each in enumerate(rule.conditions, 1)]
    return [Clause(rule.rule, rule, rule)]


def _of(kind: type[C], clauses: Sequence[Clause[Any]]) -> tuple[Clause[C], ...]:
    return tuple(each for each in clauses if isinstance(each.condition, kind))


def _where(location: Sequence[str | int]) -> str:
    # pydantic puts the name of the union's branch between index and field; it is no part of the file.
    names = [
        part for place, part in enumerate(location)
        if not (part in _KINDS and place and isinstance(location[place - 1], int))
    ]  # fmt: skip
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in names).lstrip(".") or "the top"
