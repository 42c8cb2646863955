"""Tokens: made once, shown once, revoked for good."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.auth import valid_scopes
from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.mutations.receipt import Receipt, receipt
from hub.api.scalars import DateTime
from hub.api.types.tokens import Token
from hub.clock import micros, moment, now
from hub.errors import InputWrong


@input_type
class CreateTokenInput:
    """A new token."""

    name: str = described("Who or what will use it.")
    scopes: list[str] = described("What it may do: read, pii, analyse, write, manage, ingest:<source id>.")
    expires_at: DateTime | None = optional("When it ends; never by default.")


@object_type
class CreateTokenPayload:
    """Answer to createToken."""

    token: Token | None = described("The token.")
    secret: str | None = described("What to send as Authorization: Bearer. Shown this once and never again.")
    receipt: Receipt | None = described("Always null: a token holds at once.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@input_type
class RevokeTokenInput:
    """A token to revoke."""

    token: strawberry.ID = described("Its id.")


@object_type
class RevokeTokenPayload:
    """Answer to revokeToken."""

    token: strawberry.ID | None = described("The token that is good no more.")
    receipt: Receipt | None = described("How far the write has come.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class TokenMutations:
    """Tokens."""

    @mutation
    async def create_token(
        self,
        info: Info,
        input: Annotated[CreateTokenInput, argument("What it may do.")],  # noqa: A002
    ) -> CreateTokenPayload:
        """Make a token."""
        done, errors = await tried(_create(info, input))
        if done is None:
            return CreateTokenPayload(token=None, secret=None, receipt=None, user_errors=errors)
        token, secret = done
        return CreateTokenPayload(token=token, secret=secret, receipt=None, user_errors=[])

    @mutation
    async def revoke_token(
        self,
        info: Info,
        input: Annotated[RevokeTokenInput, argument("Which.")],  # noqa: A002
    ) -> RevokeTokenPayload:
        """Make a token useless."""
        done, errors = await tried(info.context.hub.revoke_token(input.token))
        if done is None:
            return RevokeTokenPayload(token=None, receipt=None, user_errors=errors)
        return RevokeTokenPayload(token=input.token, receipt=await receipt(info, done.sequence), user_errors=[])


async def _create(info: Info, given: CreateTokenInput) -> tuple[Token, str]:
    if not given.name.strip():
        raise InputWrong("A token needs a name.", path="name")
    scopes = valid_scopes(given.scopes)
    expires = None if given.expires_at is None else moment(given.expires_at)
    if expires is not None and expires <= now():
        raise InputWrong("expiresAt has passed already.", path="expiresAt")
    identity, secret = await info.context.hub.create_token(given.name.strip(), scopes, expires)
    token = Token(
        id=strawberry.ID(identity),
        name=given.name.strip(),
        scopes=list(scopes),
        created_at=DateTime(micros(now())),
        expires_at=given.expires_at,
    )
    return token, secret
