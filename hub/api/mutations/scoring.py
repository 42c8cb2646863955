"""Scoring the portfolio."""

from __future__ import annotations

from typing import Annotated

from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.mutations.receipt import Receipt
from hub.api.types.sources import Run


@input_type
class ScorePortfolioInput:
    """How to score."""

    refit: bool = optional("Fit the models anew, even if the last fit is younger than a day.", default=False)


@object_type
class ScorePortfolioPayload:
    """Answer to scorePortfolio."""

    run: Run | None = described("The run; scores are there when it has ended.")
    receipt: Receipt | None = described("Always null: a run takes its own time.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class ScoringMutations:
    """Scoring."""

    @mutation
    async def score_portfolio(
        self,
        info: Info,
        input: Annotated[ScorePortfolioInput, argument("How.")],  # noqa: A002
    ) -> ScorePortfolioPayload:
        """Say now of every customer what may be expected of them: classes, scores, predictions. A served hub does so
        every night.
        """
        run, errors = await tried(info.context.hub.scoring.score(refit=input.refit))
        await info.context.renew()
        row = await info.context.load.run_by_id.load(run) if run else None
        return ScorePortfolioPayload(run=Run(row=row) if row else None, receipt=None, user_errors=errors)
