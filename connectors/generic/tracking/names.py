"""What the calls that Segment's specifications name are to the hub. Every other name is ``generic.tracked``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub import sdk

TRACKED: Final = "generic.tracked"
"""The kind of everything that no shared kind says."""
_IN, _OUT = sdk.Direction.INBOUND, sdk.Direction.OUTBOUND


@dataclass(frozen=True, slots=True)
class Meaning:
    """What sort of touchpoint a call is; without a channel it came by the one its context tells."""

    kind: str = TRACKED
    channel: sdk.Channel | None = None
    direction: sdk.Direction = _IN
    automated: bool = False


_MAIL, _CHAT, _APP = sdk.Channel.EMAIL, sdk.Channel.CHAT, sdk.Channel.APP
_BY_ITSELF = Meaning(TRACKED, _APP, automated=True)
_PUSHED = Meaning(TRACKED, _APP, _OUT, automated=True)

NAMED: Final[dict[str, Meaning]] = {
    # Commerce
    "order completed": Meaning("order"),
    "completed order": Meaning("order"),
    "order refunded": Meaning("refund", direction=_OUT),
    "coupon applied": Meaning("redemption"),
    "product reviewed": Meaning("review"),
    # Firms that sell software
    "signed up": Meaning("form"),
    "user registered": Meaning("form"),
    "signed in": Meaning("sign_in"),
    # Mail
    "email delivered": Meaning("email", _MAIL, _OUT, automated=True),
    "email opened": Meaning("read_receipt", _MAIL, automated=True),
    "email link clicked": Meaning(TRACKED, _MAIL),
    "email bounced": Meaning("bounce", _MAIL, automated=True),
    "email marked as spam": Meaning("complaint", _MAIL),
    "unsubscribed": Meaning("unsubscription", _MAIL),
    # Chat, with a person or a program
    "live chat conversation started": Meaning("chat", _CHAT),
    "live chat conversation ended": Meaning("chat", _CHAT),
    "live chat message sent": Meaning("chat", _CHAT),
    "live chat message received": Meaning("chat", _CHAT, _OUT),
    # What happens on a phone without anybody's doing
    "application backgrounded": _BY_ITSELF,
    "application crashed": _BY_ITSELF,
    "application uninstalled": Meaning(TRACKED, _APP),
    "application updated": _BY_ITSELF,
    "install attributed": _BY_ITSELF,
    "push notification received": _PUSHED,
    "push notification bounced": _PUSHED,
    "push notification tapped": Meaning(TRACKED, _APP),
}
_IN_A_CONVERSATION: Final[dict[str, Meaning]] = {
    "conversation started": Meaning("chat", _CHAT),
    "conversation ended": Meaning("chat", _CHAT),
    "message sent": Meaning("chat", _CHAT),
    "message received": Meaning("chat", _CHAT, _OUT),
}
"""Names that others use for other things: they are of a chat when the call names its conversation."""

CONSENT: Final = frozenset({"segment consent preference", "segment consent preference updated"})
ENDED: Final = {
    "order completed": ("completed", sdk.MatterOutcome.WON),
    "completed order": ("completed", sdk.MatterOutcome.WON),
    "order cancelled": ("cancelled", sdk.MatterOutcome.CANCELLED),
    "order refunded": ("refunded", sdk.MatterOutcome.CANCELLED),
    "order updated": ("updated", None),
}
"""Calls about an order: the state it is in from then on, and how it ended."""


def meaning(event: str, *, in_a_conversation: bool) -> Meaning:
    """What a track call of this name is."""
    name = " ".join(event.casefold().split())
    found = NAMED.get(name) or (_IN_A_CONVERSATION.get(name) if in_a_conversation else None)
    return found or Meaning()
