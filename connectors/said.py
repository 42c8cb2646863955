"""What an answer of a service says, read without the members that it leaves empty."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_pascal


class Said(BaseModel):
    """An object of an answer. What is null counts as not there; what stands as a number is a text where one is asked
    for, since services write ids either way."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nothing(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value is not None} if isinstance(given, dict) else given


class PascalSaid(Said):
    """An object whose members are written ``LikeThis``."""

    model_config = ConfigDict(alias_generator=to_pascal)
