"""What a document may ask for, checked before anything runs; and documents seen before, which need no second check."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from graphql import ASTValidationRule, GraphQLError, OperationDefinitionNode
from strawberry.extensions import AddValidationRules, MaxTokensLimiter, ParserCache, SchemaExtension, ValidationCache
from strawberry.extensions.max_aliases import create_validator as aliases_rule
from strawberry.extensions.query_depth_limiter import create_validator as depth_rule
from strawberry.types.graphql import OperationType

from hub.errors import RetryLater

MOST_TOKENS = 1000
MOST_ALIASES = 30
DEEPEST = 12
REMEMBERED = 256
LONGEST_REMEMBERED = 20_000
TIME_LIMIT = 10.0
"""Seconds an operation may take."""

# Made once, so that what was valid by them can be remembered.
_RULES: list[type[ASTValidationRule]] = [depth_rule(DEEPEST, None), aliases_rule(MOST_ALIASES)]


class Tokens(MaxTokensLimiter):
    """A document has at most so many tokens; parsing stops there."""

    def __init__(self) -> None:
        super().__init__(MOST_TOKENS)


class Shape(AddValidationRules):
    """A document is at most so deep, and has at most so many aliases."""

    def __init__(self) -> None:
        super().__init__(_RULES)


class Parsed(ParserCache):
    """Documents of ordinary length are parsed once."""

    def __init__(self) -> None:
        super().__init__(REMEMBERED)

    def on_parse(self) -> Iterator[None]:
        """Around parsing."""
        if len(self.execution_context.query or "") <= LONGEST_REMEMBERED:
            yield from super().on_parse()
        else:
            yield


class Validated(ValidationCache):
    """Documents are validated once."""

    def __init__(self) -> None:
        super().__init__(REMEMBERED)


class OneOperation(SchemaExtension):
    """A document with several operations says which one is meant."""

    def on_validate(self) -> Iterator[None]:
        """Around validation, after the cache."""
        context = self.execution_context
        document = context.graphql_document
        operations = (
            [each for each in document.definitions if isinstance(each, OperationDefinitionNode)] if document else []
        )
        if len(operations) > 1 and context._provided_operation_name is None:  # noqa: SLF001
            context.pre_execution_errors = [GraphQLError("Say by operationName which of the operations to run.")]
        yield


class Text(SchemaExtension):
    """PostgreSQL cannot hold U+0000 in text, so that both databases refuse it. Payloads are bytes and may have it."""

    def on_validate(self) -> Iterator[None]:
        """Around validation, after the cache."""
        context = self.execution_context
        if r"\u0000" in (context.query or "") or _has_nul(context.variables):
            context.pre_execution_errors = [GraphQLError("Text may not have the character U+0000 in it.")]
        yield


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, list):
        return any(_has_nul(each) for each in value)
    if isinstance(value, dict):
        return any(_has_nul(each) or "\0" in name for name, each in value.items() if name != "payload")
    return False


class Time(SchemaExtension):
    """A query or mutation takes at most so long, on every transport."""

    async def on_execute(self) -> AsyncIterator[None]:
        """Around the resolvers."""
        if self.execution_context.operation_type is OperationType.SUBSCRIPTION:
            yield
            return
        try:
            async with asyncio.timeout(TIME_LIMIT):
                yield
        except TimeoutError:
            raise RetryLater("This took too long. Ask for less at once.", after=1) from None


LIMITS = (Tokens, Shape, Parsed, Validated, OneOperation, Text, Time)
"""In the order in which they act."""
