"""Reads about predictions."""

from __future__ import annotations

from typing import Annotated

from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.types.predictions import FittedModel
from hub.errors import InputWrong
from hub.store import scores

MOST_MODELS = 500


@object_type
class PredictionQueries:
    """Reads about predictions."""

    @field
    async def fitted_models(
        self,
        info: Info,
        first: Annotated[int, argument("How many, 500 at most. Each fit makes three.")] = 3,
    ) -> list[FittedModel]:
        """The models that predictions are from, the last fit first and of it the chosen ones first."""
        if not 0 <= first <= MOST_MODELS:
            raise InputWrong(f"first must be between 0 and {MOST_MODELS}.", path="first")
        return [FittedModel(row=each) for each in await scores.fits(await info.context.snapshot(), first)]
