"""What one client may ask of the hub. Every limit is a setting, ``HUB_`` and its name."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator
from pydantic_settings import NoDecode


class Limits(BaseModel):
    """The limits of requests, on every transport alike. A request beyond one is refused before it is run."""

    max_tokens: int = Field(1000, ge=1)
    """Tokens of a document, counted while it is read."""
    max_characters: int = Field(50_000, ge=1)
    """Characters of a document."""
    max_depth: int = Field(12, ge=1)
    """Fields inside one another, not counting the last; for introspection by who may: ``INTROSPECTION_DEPTH``."""
    max_aliases: int = Field(30, ge=0)
    max_root_fields: int = Field(20, ge=1)
    max_directives: int = Field(50, ge=0)
    max_field_directives: int = Field(3, ge=0)
    """Directives at one place."""
    max_selections: int = Field(5000, ge=1)
    """Fields and fragments of a document when each fragment is written out wherever it is spread."""
    max_repeats: int = Field(50, ge=1)
    """How often one field may stand at one place; repeated ones are compared with each other."""
    max_list: int = Field(5_000, ge=1)
    """Entries of one list in the variables."""
    max_variables: int = Field(50_000, ge=1)
    """Values in the variables, those in lists and objects included."""
    max_variable_depth: int = Field(64, ge=1)
    page_size_limit: int = Field(500, ge=1, le=500)
    """Entries of a page."""
    max_cost: int = Field(500_000, ge=1)
    """Values an answer may have at most, by its page sizes."""
    max_errors: int = Field(10, ge=1)
    """Errors listed in an answer."""
    request_seconds: float = Field(10.0, gt=0)
    """How long a query or mutation may take."""
    rate_limit: int | None = Field(None, ge=1)
    """Cost that one token may ask for in a minute, in one process."""
    exports: int = Field(2, ge=1)
    """Exports that one process writes at once."""
    export_seconds: float = Field(900.0, gt=0)
    """After how long an export is cut; its reader goes on from the last row."""
    trusted_only: bool = False
    """Whether only trusted documents are run: those that were registered, and the command line's own."""
    persist_documents: Literal["off", "manage"] = "off"
    """Whose documents are registered when they come with their digest as id: nobody's, or those of tokens with the
    scope manage."""
    federation: bool = False
    """Whether a gateway of Apollo Federation may ask: ``_service`` and ``_entities`` are in the schema then."""
    introspection: Annotated[tuple[str, ...], NoDecode] = ("read", "analyse", "write", "manage")
    """Scopes of which any one opens introspection and suggestions ("Did you mean"); none, when empty."""

    @field_validator("introspection", mode="before")
    @classmethod
    def _scopes(cls, given: object) -> object:
        return [part for part in re.split(r"[,\s]+", given) if part] if isinstance(given, str) else given
