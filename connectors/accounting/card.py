"""What books know of a customer beside documents: a card of their address book."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from hub import sdk


def profile(
    at: datetime,
    identifiers: Iterable[sdk.Identifier],
    traits: Mapping[str, str] | None = None,
    *,
    part: str = "",
    alias: bool = False,
    properties: Mapping[str, str] | None = None,
) -> sdk.Touchpoint:
    """A card as a touchpoint of nobody's doing. ``alias``: its contact numbers are one customer from now on."""
    return sdk.Touchpoint(
        kind="profile",
        channel=sdk.Channel.ACCOUNTING,
        direction=sdk.Direction.INTERNAL,
        occurred_at=at,
        part=part,
        automated=True,
        identifiers=tuple(identifiers),
        traits={name: value for name, value in (traits or {}).items() if value},
        alias=alias,
        properties={name: value for name, value in (properties or {}).items() if value},
    )
