"""Who asks: bearer tokens, and the scopes they carry."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum

from hub.api.watching import signed_in
from hub.clock import micros, now
from hub.errors import HubError, InputWrong, NotAllowed
from hub.store import tokens
from hub.store.reader import Reader
from hub.store.tokens import StoredToken

LONGEST_TOKEN = 1000
_MOST_REMEMBERED = 1000


class Scope(StrEnum):
    """What a token may do. ``ingest`` is given for single sources, as ``ingest:src_...``."""

    READ = "read"
    PII = "pii"
    ANALYSE = "analyse"
    WRITE = "write"
    INGEST = "ingest"
    MANAGE = "manage"


class NotSignedIn(HubError):
    """There is no token, or it is no good."""

    code = "UNAUTHENTICATED"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. ``sources``: the sources this token may ingest to."""

    name: str
    token: str
    scopes: tuple[str, ...]
    expires_at: int | None = None
    digest: str = ""
    """What the store keeps of the token."""
    grants: frozenset[str] = field(init=False)
    sources: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        kinds = frozenset(scope.partition(":")[0] for scope in self.scopes)
        object.__setattr__(self, "grants", kinds)
        bound = (scope.partition(":") for scope in self.scopes)
        object.__setattr__(self, "sources", frozenset(source for kind, _, source in bound if kind == Scope.INGEST))

    def may(self, scope: Scope) -> bool:
        """Whether the token carries the scope; ``ingest`` for whichever source."""
        return scope in self.grants

    def sees_source(self, source: str) -> bool:
        """Readers see every source, a partner its own."""
        return bool(self.grants & {Scope.READ, Scope.MANAGE}) or source in self.sources

    def sees_payload(self, source: str) -> bool:
        """Raw rows are for those who may see contact data, and for the partner who sent them."""
        return self.may(Scope.PII) or source in self.sources

    @property
    def sees_contacts(self) -> bool:
        """Whether names, addresses and free text are shown unmasked."""
        return Scope.PII in self.grants

    def demand_contacts(self, what: str) -> None:
        """Refuse what would tell masked data by trying. Raises ``NotAllowed``."""
        if not self.sees_contacts:
            raise NotAllowed(f"{what} needs a token with the scope pii.")


def valid_scopes(scopes: list[str]) -> tuple[str, ...]:
    """Scopes of a new token. Raises ``InputWrong`` for a word that is none."""
    if not scopes:
        raise InputWrong("A token needs at least one scope.", path="scopes")
    for scope in scopes:
        kind, _, source = scope.partition(":")
        known = kind in set(Scope) and bool(source) == (kind == Scope.INGEST)
        if not known or " " in scope:
            words = ", ".join(each for each in Scope if each != Scope.INGEST)
            raise InputWrong(f"{scope!r} is not a scope: use {words} or ingest:<source id>.", path="scopes")
    return tuple(dict.fromkeys(scopes))


def bearer(authorization: str | None) -> str:
    """The token of an Authorization header. Raises ``NotSignedIn``."""
    kind, _, secret = (authorization or "").strip().partition(" ")
    secret = secret.strip()
    if kind.lower() != "bearer" or not secret:
        raise NotSignedIn("Send a token: Authorization: Bearer <token>.")
    return secret


async def principal(reader: Reader, secret: str) -> Principal:
    """Who the token belongs to. Raises ``NotSignedIn`` when it is unknown, revoked or expired."""
    token: StoredToken | None = None
    if len(secret) <= LONGEST_TOKEN:
        async with reader.snapshot() as snapshot:
            token = await tokens.by_secret(snapshot, secret)
    if token is None:
        raise NotSignedIn("This token is not known here. Check it for a typo, or ask for a new one.")
    if token.revoked_at is not None:
        raise NotSignedIn("This token was revoked. Ask for a new one.")
    if token.expires_at is not None and token.expires_at <= micros(now()):
        raise NotSignedIn("This token has expired. Ask for a new one.")
    signed_in(token.id)
    return Principal(token.name, token.id, tuple(token.scopes.split()), token.expires_at, tokens.digest(secret))


class Remembered:
    """Who showed good tokens lately, in one process. Whether a token still stands is asked when its owner reads."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Principal] = OrderedDict()

    def get(self, secret: str) -> Principal | None:
        """Who a token belonged to when it was last looked up; None for one that has expired."""
        found = self._known.get(tokens.digest(secret))
        return found if found is not None and still_good(found) else None

    async def looked_up(self, reader: Reader, secret: str) -> Principal:
        """Who a token belongs to. Raises ``NotSignedIn``."""
        self._known.pop(tokens.digest(secret), None)
        found = await principal(reader, secret)
        self._known[found.digest] = found
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        return found


def still_good(who: Principal) -> bool:
    """Whether a principal's token has not expired since it was shown."""
    return who.expires_at is None or who.expires_at > micros(now())
