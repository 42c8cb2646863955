"""Documents made ready to run: read, measured and validated in a thread of their own, and remembered."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar, TypeVarTuple

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoFragmentCyclesRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from hub.api.shape import Shape, Walk, beyond
from hub.cycles import looking_later
from hub.limits import Limits

T = TypeVar("T")
Given = TypeVarTuple("Given")

_NUL = re.compile(r"\0|\\u(0000|\{0+\})")
REMEMBERED = 30_000
"""Tokens of all remembered documents together; each takes about 620 bytes."""
MOST_FAULTS = 20
"""Faults after which validation ends."""
_RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)

# One, so that strange documents, however many come, take at most half of what Python can do at a time.
_thread = ThreadPoolExecutor(1, thread_name_prefix="documents")


@dataclass(eq=False, slots=True)
class Prepared:
    """A document that is within the limits; ``errors`` say why it is not valid."""

    document: DocumentNode
    operations: dict[str | None, Shape]
    errors: list[GraphQLError]
    tokens: int
    nul: bool = False
    """Whether U+0000 is written in it, in whichever way."""


class Preparer:
    """Makes documents ready, by one set of limits."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._limits = limits
        self._known: OrderedDict[tuple[str, bool], Prepared] = OrderedDict()
        self._tokens = 0

    async def prepared(self, text: str, *, introspects: bool) -> Prepared:
        """A document ready to run. Raises ``GraphQLError`` for one that cannot be read, or is beyond a limit.

        ``introspects``: whether who asks may introspect, and be told what they may have meant.
        """
        if (known := self.known(text, introspects=introspects)) is not None:
            return known
        if len(text) > self._limits.max_characters:
            raise beyond("max_characters", f"A document has at most {self._limits.max_characters:,} characters.")
        made = await in_thread(looking_later, self._prepare, text, introspects)
        if not made.errors:
            self._remember((text, introspects), made)
        return made

    def known(self, text: str, *, introspects: bool) -> Prepared | None:
        """A valid document that was made ready before."""
        known = self._known.get((text, introspects))
        if known is not None:
            self._known.move_to_end((text, introspects))
        return known

    def _remember(self, key: tuple[str, bool], made: Prepared) -> None:
        if key in self._known:
            return
        self._known[key] = made
        self._tokens += made.tokens
        while self._tokens > REMEMBERED and len(self._known) > 1:
            self._tokens -= self._known.popitem(last=False)[1].tokens

    def _prepare(self, text: str, introspects: bool) -> Prepared:
        document = self._parsed(text)
        if cycles := validate(self._schema, document, [NoFragmentCyclesRule]):
            return Prepared(document, {}, cycles, document.token_count)
        walk = Walk(self._schema, document, self._limits)
        operations = {
            each.name.value if each.name else None: walk.operation(each)
            for each in document.definitions
            if isinstance(each, OperationDefinitionNode)
        }
        if not introspects and any(each.introspects for each in operations.values()):
            raise GraphQLError("This token may not introspect.", extensions={"code": "FORBIDDEN"})
        errors = validate(self._schema, document, _RULES, max_errors=MOST_FAULTS, hide_suggestions=not introspects)
        return Prepared(document, operations, errors, document.token_count, _NUL.search(text) is not None)

    def _parsed(self, text: str) -> DocumentNode:
        try:
            return _unlinked(parse(text, max_tokens=self._limits.max_tokens))
        except GraphQLSyntaxError as error:
            if "tokens. Parsing aborted" in error.message:
                raise beyond("max_tokens", f"A document has at most {self._limits.max_tokens:,} tokens.") from None
            if "nested too deeply" in error.message:
                most = self._limits.max_depth
                raise beyond("max_depth", f"The depth of a document is at most {most} levels.") from None
            raise


def _unlinked(document: DocumentNode) -> DocumentNode:
    """The document without the chain of its tokens, that its memory is free once nobody needs it: whatever is linked in
    both directions waits for a collection of everything, which is rare."""
    token = document.loc.start_token if document.loc else None
    while token is not None:
        following, token.prev, token.next = token.next, None, None
        token = following
    return document


async def in_thread(work: Callable[[*Given], T], *given: *Given) -> T:
    """Run what computes for long beside the event loop, one at a time."""
    return await asyncio.get_running_loop().run_in_executor(_thread, work, *given)
