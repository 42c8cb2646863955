"""What a message means: one touchpoint of whoever it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from connectors.generic.tracking import names, sales, traits
from connectors.generic.tracking.message import Message
from connectors.generic.tracking.names import TRACKED
from connectors.members import Members
from connectors.objects import Object
from connectors.robots import is_robot
from connectors.webforms import arrival
from hub import sdk

_PHONES = re.compile(r"ios|android|swift|kotlin|react-native|flutter|cordova|xamarin|unity", re.IGNORECASE)
_SITE = re.compile(r"analytics\.js|analytics-next|rudderlabs javascript|rudder.*js", re.IGNORECASE)


def touchpoints(message: Message, region: str, channel: sdk.Channel, sale: str) -> Iterator[sdk.Touchpoint]:
    """The touchpoint of a message; a change of consent is one for each purpose. Raises ``RowUnreadable``.

    ``channel``: of messages that do not tell theirs; ``sale``: the kind of a completed order.
    """
    identifiers = tuple(message.identifiers(region))
    if not identifiers:
        raise sdk.RowUnreadable("the message names nobody: it has neither userId nor anonymousId", path="userId")
    origin, campaign = _origin(message)
    plain = sdk.Touchpoint(
        kind=TRACKED,
        channel=_channel(message, channel),
        direction=sdk.Direction.INBOUND,
        occurred_at=message.at(),
        automated=_nobody_there(message),
        origin=origin,
        campaign=campaign,
        identifiers=identifiers,
        traits=traits.of_person(message.known()),
        properties=_consent(message),
    )
    match message.type:
        case "identify":
            yield _profile(plain, traits.of_person(message.known(), message.around.text("locale")))
        case "group":
            told = _profile(plain, traits.of_group(message.traits, message.known()))
            yield replace(told, properties={**plain.properties, "group": message.traits})
        case "alias":
            yield _alias(plain, message)
        case "page" | "screen":
            yield _view(plain, message)
        case _:
            yield from _track(plain, message, sale)


def _profile(plain: sdk.Touchpoint, known: Object) -> sdk.Touchpoint:
    return replace(plain, kind="profile", direction=sdk.Direction.INTERNAL, automated=True, traits=known)


def _alias(plain: sdk.Touchpoint, message: Message) -> sdk.Touchpoint:
    """The id before, which was a user's or a browser's: the message does not say which."""
    before = message.text("previousId")[: sales.LONGEST]
    if not before:
        raise sdk.RowUnreadable("an alias without the id before", path="previousId")
    also = (sdk.user(before), sdk.cookie(before))
    told = replace(_profile(plain, dict(plain.traits)), identifiers=(*plain.identifiers, *also), alias=True)
    return replace(told, properties={**plain.properties, "previous_id": before})


def _view(plain: sdk.Touchpoint, message: Message) -> sdk.Touchpoint:
    properties, page = message.properties, message.around
    name = message.text("name")
    if message.type == "screen":
        said = {**_held(message), "screen": name}
        return replace(
            plain, kind="page_view", channel=sdk.Channel.APP, title=name, properties={**plain.properties, **said}
        )
    said = {**_held(message), "name": name, "category": message.text("category")}
    for member in ("url", "referrer"):
        said[member] = arrival.address(properties.text(member) or page.text(f"page.{member}"))
    return replace(
        plain,
        kind="page_view",
        channel=sdk.Channel.WEB,
        title=properties.text("title") or page.text("page.title") or name,
        properties={**plain.properties, **{name: value for name, value in said.items() if value != ""}},
    )


def _track(plain: sdk.Touchpoint, message: Message, sale: str) -> Iterator[sdk.Touchpoint]:
    event, properties = message.event, message.properties
    if not event:
        raise sdk.RowUnreadable("a track call without the name of what happened", path="event")
    if " ".join(event.casefold().split()) in names.CONSENT:
        yield from _consents(plain, message)
        return
    conversation = properties.text("conversation_id") or properties.text("conversationId")
    meaning = names.meaning(event, in_a_conversation=bool(conversation))
    sold = meaning.kind == "order"
    money = _money(message, meaning.kind)
    claims = list(sales.claims(event, properties, money))
    if conversation:
        claims.append(sdk.MatterClaim(kind=sdk.MatterKind.CONVERSATION, reference=conversation[: sales.LONGEST]))
    yield replace(
        plain,
        kind=sale if sold else meaning.kind,
        channel=meaning.channel or plain.channel,
        direction=sdk.Direction.OUTBOUND if sold and sale == "invoice" else meaning.direction,
        automated=plain.automated or meaning.automated,
        title=properties.text("email_subject") or event,
        text=_text(message, meaning.kind),
        amount=money,
        campaign=properties.text("campaign_name") or properties.text("campaign_id") or plain.campaign,
        traits=dict(plain.traits) | (traits.of_person(_given(message)) if meaning.kind == "form" else {}),
        participants=_agent(message) if meaning.kind == "chat" else (),
        matters=tuple(claims),
        lines=tuple(sales.lines(properties, _currency(message))) if sold or meaning.kind == "refund" else (),
        properties={**plain.properties, **_properties(message, meaning.kind), "event": event},
    )


def _held(message: Message) -> Object:
    held = message.said.get("properties")
    return dict(held) if isinstance(held, dict) else {}


def _properties(message: Message, kind: str) -> Object:
    """All that was said, and what the shared kinds call it."""
    said, properties = _held(message), message.properties
    number = sales.order_id(properties)
    match kind:
        case "order":
            return {**said, "number": number, "status": "completed"} if number else said
        case "refund":
            return {**said, "settles": number} if number else said
        case "form":
            return {"form": message.event, "fields": said}
        case "review":
            rating = properties.number("rating")
            return said if rating is None else {**said, "rating": float(rating)}
        case "redemption":
            return {**said, "coupon": properties.text("coupon_name") or properties.text("coupon_id")}
        case "unsubscription":
            return {**said, "list": properties.text("list_name") or properties.text("list_id")}
        case "email" | "bounce" | "complaint" | "read_receipt":
            about = {"message_id": properties.text("email_id"), "subject": properties.text("email_subject")}
            return {**said, **{name: value for name, value in about.items() if value}}
        case _:
            return said


def _money(message: Message, kind: str) -> sdk.Money | None:
    """Orders and refunds must have amounts that can be read; elsewhere ``value`` may be anything."""
    if kind in ("order", "refund"):
        return sales.amount(message.properties, _currency(message))
    return None


def _currency(message: Message) -> str:
    return message.properties.currency("currency")


def _text(message: Message, kind: str) -> str | None:
    member = {"chat": "message_body", "review": "review_body"}.get(kind)
    return (message.properties.text(member) or None) if member else None


def _given(message: Message) -> Object:
    """What somebody typed to sign up; a form of address is no job."""
    return {name: value for name, value in _held(message).items() if name in _TYPED}


_TYPED = frozenset(("name", "firstName", "first_name", "lastName", "last_name", "company", "language", "birthday"))


def _agent(message: Message) -> tuple[sdk.Participant, ...]:
    name, known = message.properties.text("agent_name"), message.properties.text("agent_id")
    return (sdk.Participant(sdk.ParticipantRole.AGENT, name, known),) if name or known else ()


def _consent(message: Message) -> dict[str, Any]:
    """The purposes that the user agrees or does not agree to, as consent tools write them into every call."""
    said = message.around.typed("consent", None)
    return {"consent": said} if isinstance(said, dict) and said else {}


def _consents(plain: sdk.Touchpoint, message: Message) -> Iterator[sdk.Touchpoint]:
    said = message.around.typed("consent.categoryPreferences", None)
    for purpose, given in said.items() if isinstance(said, dict) else ():
        yield replace(
            plain,
            kind="consent",
            title=message.event,
            part=str(purpose)[: sales.LONGEST],
            properties={"purpose": str(purpose), "given": given is True},
        )


# Where from, by what way, by whom -------------------------------------------------------------------------------------


def _channel(message: Message, otherwise: sdk.Channel) -> sdk.Channel:
    said, around = message.text("channel"), message.around
    library = around.text("library.name")
    if said == "mobile" or message.type == "screen" or around.text("device.type") or _PHONES.search(library):
        return sdk.Channel.APP
    if said in ("browser", "web") or message.type == "page" or around.typed("page", None) or _SITE.search(library):
        return sdk.Channel.WEB
    return otherwise


def _nobody_there(message: Message) -> bool:
    """Whether a robot called, or a server that only passes on what it knows (``context.active`` is false)."""
    return message.around.typed("active", None) is False or is_robot(message.around.text("userAgent"))


def _origin(message: Message) -> tuple[sdk.Origin | None, str | None]:
    """What brought the user, where a campaign, a click on an advertisement or another site did; and the campaign."""
    around, properties = message.around, message.properties
    said = around.typed("campaign", None) or properties.typed("campaign", None)
    campaign = Members(said if isinstance(said, dict) else {}, message.cells)
    named = {f"utm_{field}": campaign.text(member) for field, member in _CAMPAIGN.items()}
    url = around.text("page.url") or properties.text("url")
    found, reference, _ = arrival.brought(named, url, around.text("page.referrer") or properties.text("referrer"))
    return found, reference or None


_CAMPAIGN = {"source": "source", "medium": "medium", "campaign": "name", "term": "term", "content": "content"}
