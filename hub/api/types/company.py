"""The company itself, and who asks."""

from __future__ import annotations

from hub import __version__
from hub.api.auth import Principal
from hub.api.context import Info
from hub.api.graph import described, field, object_type
from hub.api.scalars import Currency, DateTime, TimeZone
from hub.api.types.enums import DayOfWeek
from hub.api.types.lifecycle_rules import LifecycleRules
from hub.settings import Company
from hub.store import identifiers, ledger
from hub.values import RevenueBasis


@object_type
class Hub:
    """Settings every client needs to render numbers and days as the company means them."""

    name: str = described("The company's name.")
    currency: Currency = described("The reporting currency.")
    time_zone: TimeZone = described("Days, weeks and years are this zone's.")
    country: str = described("Where phone numbers without a country are from, ISO 3166.")
    week_starts_on: DayOfWeek = described("The first day of the week.")
    fiscal_year_starts_in_month: int = described("The first month of the fiscal year.")
    revenue_basis: RevenueBasis = described("What counts as revenue.")
    revenue_includes_tax: bool = described("Whether amounts include tax.")
    version: str = described("The version of the software.")

    @field
    async def accepted_up_to(self, info: Info) -> str:
        """The sequence number up to which everything is stored; processedUpTo follows it."""
        return str(await ledger.accepted(await info.context.snapshot()))

    @field
    async def processed_up_to(self, info: Info) -> str:
        """The sequence number up to which everything accepted is shown."""
        return str(await ledger.processed(await info.context.snapshot()))

    @field
    async def identity_dirty(self, info: Info) -> int:
        """How many groups of identifiers, too large to be resolved at once, wait until nothing else is to be done.

        Until it is 0 some of their touchpoints may be with another customer than in the end.
        """
        return await identifiers.dirty(await info.context.snapshot())

    @field
    async def lifecycle_rules(self, info: Info) -> LifecycleRules | None:
        """The rules of stage and standing that stand. Needs the scope read or manage."""
        return await LifecycleRules.standing(await info.context.snapshot(), info.context.hub.company)

    @classmethod
    def of(cls, company: Company) -> Hub:
        """The hub of a company."""
        return cls(
            name=company.name,
            currency=Currency(company.currency),
            time_zone=TimeZone(company.time_zone),
            country=company.country,
            week_starts_on=list(DayOfWeek)[company.week_starts_on - 1],
            fiscal_year_starts_in_month=company.fiscal_year_starts_in_month,
            revenue_basis=company.revenue_basis,
            revenue_includes_tax=company.revenue_includes_tax,
            version=__version__,
        )


@object_type
class Viewer:
    """Who asks."""

    name: str = described("The name of the token.")
    scopes: list[str] = described("What it may do.")
    expires_at: DateTime | None = described("When it ends; null when it does not.")

    @classmethod
    def of(cls, principal: Principal) -> Viewer:
        """The viewer of a principal."""
        expires = principal.expires_at
        return cls(
            name=principal.name,
            scopes=list(principal.scopes),
            expires_at=None if expires is None else DateTime(expires),
        )
