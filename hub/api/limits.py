"""What a document may ask for, checked before anything runs; and documents seen before, which need no second check."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import ASTValidationRule, GraphQLError, OperationDefinitionNode
from strawberry.extensions import AddValidationRules, MaxTokensLimiter, ParserCache, SchemaExtension, ValidationCache
from strawberry.extensions.max_aliases import create_validator as aliases_rule
from strawberry.extensions.query_depth_limiter import create_validator as depth_rule

MOST_TOKENS = 1000
MOST_ALIASES = 30
DEEPEST = 12
REMEMBERED = 256
LONGEST_REMEMBERED = 20_000

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


LIMITS = (Tokens, Shape, Parsed, Validated, OneOperation)
"""In the order in which they act."""
