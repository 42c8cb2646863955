"""The shared kinds of touchpoints: what every connector calls the same thing.

A kind that only one connector knows carries the connector's family (``pos.loyalty_scan``) and is declared there.
``properties`` is the JSON Schema of what a touchpoint of the kind may carry beside the common fields; nothing in it
is required, and properties that it does not name are kept too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from hub.values import Channel

CUSTOM: Final = "CustomTouchpoint"
"""The GraphQL type of a kind that has no type of its own."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of touchpoint. ``channel`` is the usual one; a touchpoint may have come by another."""

    name: str
    title: str
    type_name: str
    channel: Channel
    properties: Mapping[str, Any] = field(default_factory=dict)


_FORMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "text": {"type": "string"},
    "whole": {"type": "integer", "minimum": 0},
    "number": {"type": "number"},
    "yes": {"type": "boolean"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "map": {"type": "object"},
    "decimal": {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "date-time"},
    "url": {"type": "string", "format": "uri"},
    "files": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "type": {"type": "string"},
                "size": {"type": "integer", "minimum": 0},
                "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            },
        },
    },
}

_THREAD: Final = {"thread": "text", "message_id": "text", "in_reply_to": "text", "references": "texts"}
_PROVIDER: Final = {"provider_id": "text", "provider_thread": "text", "labels": "texts"}
_SENT_MAIL: Final = {"subject": "text", "list_id": "text", "attachments": "files", "truncated": "whole"}
_MAIL: Final = {**_THREAD, **_SENT_MAIL, **_PROVIDER}
_REPORT: Final = {**_MAIL, "original_message_id": "text", "action": "text", "status": "text", "reason": "text"}
_SOCIAL: Final = {"network": "text", "handle": "text", "url": "url", "in_reply_to": "text", "language": "text"}
_POST: Final = {**_SOCIAL, "attachments": "files"}
_BILL: Final = {"number": "text", "due_on": "date", "tax": "decimal", "settles": "text", "status": "text"}
_PAID: Final = {"number": "text", "settles": "text", "method": "text", "status": "text"}
_SENT: Final = {"fields": "map", "attachments": "files", "consent": "map"}
_FORM: Final = {"form": "text", "url": "url", "click_id_kind": "text", **_SENT}
_ORDER: Final = {"number": "text", "status": "text"}

_Row = tuple[str, str, Channel, Mapping[str, str]]
_MAILS: Final[tuple[_Row, ...]] = (
    ("email", "Mail", Channel.EMAIL, _MAIL),
    ("bounce", "Mail that came back", Channel.EMAIL, {**_REPORT, "hard": "yes"}),
    ("complaint", "Mail reported as spam", Channel.EMAIL, _REPORT),
    ("auto_reply", "Automatic reply", Channel.EMAIL, _MAIL),
    ("read_receipt", "Read receipt", Channel.EMAIL, _REPORT),
)
_POSTS: Final[tuple[_Row, ...]] = (
    ("mention", "Mention", Channel.SOCIAL, _POST),
    ("reply", "Reply to a post", Channel.SOCIAL, _POST),
    ("direct_message", "Direct message", Channel.SOCIAL, _POST),
    ("review", "Review", Channel.SOCIAL, {**_POST, "rating": "number", "best_rating": "number"}),
)
_OTHERS: Final[tuple[_Row, ...]] = (
    ("sms", "Text message", Channel.SMS, {"status": "text"}),
    ("chat", "Chat", Channel.CHAT, {"seconds": "whole", "messages": "whole"}),
    ("meeting", "Meeting", Channel.IN_PERSON, {"seconds": "whole", "place": "text"}),
    ("visit", "Visit", Channel.IN_PERSON, {"seconds": "whole", "place": "text"}),
    ("note", "Note", Channel.OTHER, {}),
    ("letter", "Letter", Channel.POST, {"attachments": "files"}),
    ("follow", "Follow", Channel.SOCIAL, _SOCIAL),
    ("unfollow", "Unfollow", Channel.SOCIAL, _SOCIAL),
    ("reaction", "Reaction to a post", Channel.SOCIAL, {**_SOCIAL, "reaction": "text"}),
    ("page_view", "Page view", Channel.WEB, {"url": "url", "referrer": "url", "seconds": "whole"}),
    ("download", "Download", Channel.WEB, {"url": "url", "file": "text"}),
    ("sign_in", "Sign-in", Channel.APP, {}),
    ("subscription", "Subscription", Channel.WEB, {"list": "text"}),
    ("unsubscription", "Unsubscription", Channel.WEB, {"list": "text", "reason": "text"}),
    ("consent", "Consent given or withdrawn", Channel.WEB, {"purpose": "text", "given": "yes", "wording": "text"}),
    ("event_registration", "Registration for an event", Channel.WEB, {"event": "text", "attended": "yes"}),
    ("quote", "Quote", Channel.ACCOUNTING, {**_ORDER, "valid_until": "date"}),
    ("order", "Order", Channel.ACCOUNTING, _ORDER),
    ("delivery", "Delivery", Channel.POST, {**_ORDER, "carrier": "text", "tracking": "text"}),
    ("return", "Goods sent back", Channel.POST, {**_ORDER, "reason": "text"}),
    ("deal", "Deal", Channel.OTHER, {"pipeline": "text", "state": "text"}),
    ("case", "Case", Channel.OTHER, {"priority": "text", "state": "text"}),
    ("contract", "Contract", Channel.OTHER, {"number": "text", "starts_on": "date", "ends_on": "date"}),
    ("survey", "Survey answer", Channel.WEB, {"question": "text", "score": "decimal", "unit": "text"}),
    ("referral", "Recommendation to somebody else", Channel.OTHER, {"code": "text"}),
    ("profile", "What is known about the customer", Channel.OTHER, {}),
    ("follow_up", "Follow-up", Channel.OTHER, {"due": "time", "done": "yes"}),
    ("redemption", "Coupon or voucher redeemed", Channel.IN_PERSON, {"coupon": "text"}),
    ("loyalty", "Loyalty points", Channel.IN_PERSON, {"card": "text", "balance": "decimal"}),
)
_TYPED: Final[Mapping[str, tuple[_Row, ...]]] = {
    "EmailMessage": _MAILS,
    "Call": (("call", "Call", Channel.PHONE, {"seconds": "whole", "answered": "yes"}),),
    "Invoice": (
        ("invoice", "Invoice", Channel.ACCOUNTING, _BILL),
        ("credit_note", "Credit note", Channel.ACCOUNTING, _BILL),
    ),
    "Payment": (
        ("payment", "Payment", Channel.ACCOUNTING, _PAID),
        ("refund", "Refund", Channel.ACCOUNTING, {**_PAID, "reason": "text"}),
        ("reversal", "Payment taken back", Channel.ACCOUNTING, {**_PAID, "reason": "text"}),
    ),
    "FormSubmission": (("form", "Form", Channel.WEB, _FORM),),
    "SocialPost": _POSTS,
    CUSTOM: _OTHERS,
}


def _schema(forms: Mapping[str, str]) -> Mapping[str, Any]:
    return {"type": "object", "properties": {name: _FORMS[form] for name, form in forms.items()}}


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        name: Kind(name, title, type_name, channel, _schema(forms))
        for type_name, rows in _TYPED.items()
        for name, title, channel, forms in rows
    }
)
"""Every shared kind by its name."""


def type_of(kind: str) -> str:
    """The GraphQL type that shows touchpoints of this kind."""
    known = KINDS.get(kind)
    return known.type_name if known else CUSTOM
