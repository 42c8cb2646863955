"""An address to which any web form of a site posts, and to which its pages tell of visits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from pydantic import Field, field_validator

from connectors.webforms import body, timetoken
from connectors.webforms.answer import PREFLIGHT, for_scripts, origin_of, redirect, refusal, said, thanks, welcome
from connectors.webforms.body import WITHIN, Form
from connectors.webforms.crowds import Crowd
from connectors.webforms.fields import Meaning, consent, meanings
from connectors.webforms.submission import touchpoint
from connectors.webforms.visits import Visits
from hub import sdk

TOKEN, REDIRECT, SUBMISSION, VISITOR = "_t", "_redirect", "submission_id", "visitor_id"


class EndpointSettings(sdk.Settings):
    """Settings of ``webforms.endpoint``."""

    origins: list[str] = Field(
        default_factory=list, description='Web origins that may post, like https://shop.example; ["*"] allows all.'
    )
    form: str = Field("", description="Name of the form, when the form does not say it.")
    fields: dict[str, Meaning] = Field(
        default_factory=dict, description="Field to meaning, where the usual names do not fit."
    )
    region: str = Field("", description="ISO 3166 code that helps to read phone numbers without a country code.")
    honeypot: str = Field("website_url", description="A hidden field that people leave empty.")
    time_trap_seconds: int = Field(0, ge=0, le=3600, description="Forms sent faster are spam; 0 turns this off.")
    consent: str = Field("consent", description="The field by which the sender agrees.")
    consent_text: str = Field("", description="The words the sender agrees to.")
    redirect: str = Field("", description="Where a plain HTML form leads; its origin is allowed by being named here.")
    max_bytes: int = Field(256 * 1024, ge=1024, le=8 * 1024 * 1024, description="Largest body of one submission.")
    visits_per_minute: int = Field(300, ge=0, description="Visits taken from one network address; 0: any number.")

    @field_validator("origins")
    @classmethod
    def _origins_are_origins(cls, origins: list[str]) -> list[str]:
        for each in origins:
            if each not in ("*", "null") and origin_of(each) != each.lower().rstrip("/"):
                raise ValueError(f"{each!r} is not an origin like https://shop.example")
        return [each.lower().rstrip("/") for each in origins]

    @field_validator("redirect")
    @classmethod
    def _redirect_is_an_address(cls, address: str) -> str:
        if address and not origin_of(address):
            raise ValueError(f"{address!r} is not an address like https://shop.example/thanks")
        return address


class Submissions(sdk.PushStream):
    """One row for each time a form was sent; what looks like spam is kept and says nothing."""

    name = "submissions"
    nature = sdk.Nature.EVENTS

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        """Answer a preflight, hand out a time token, or take one submission."""
        headers = delivery.headers
        if not welcome(headers, self._settings.origins):
            sentence = "This form takes no posts from here; its owner lists the allowed sites in the setting origins."
            return sdk.Reception(reply=refusal(403, sentence, headers, {"vary": "Origin"}))
        cross_origin = for_scripts(headers)
        if delivery.method == "OPTIONS":
            return sdk.Reception(reply=sdk.Reply(204, headers={**cross_origin, **PREFLIGHT}))
        if delivery.method == "GET" and "token" in delivery.query:
            token = timetoken.issue(delivery.secret, int(delivery.received_at.timestamp()))
            return sdk.Reception(reply=said(200, {"token": token}, cross_origin))
        if delivery.method != "POST":
            allow = {**cross_origin, "allow": "POST, OPTIONS"}
            return sdk.Reception(reply=refusal(405, "A form is sent here with POST.", headers, allow))
        if len(delivery.body) > self._settings.max_bytes:
            sentence = f"The form is larger than the {self._settings.max_bytes:,} bytes that are taken here."
            return sdk.Reception(reply=refusal(413, sentence, headers, cross_origin))
        return self._take(delivery, cross_origin)

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        """The submission as its sender's touchpoint; nothing for spam."""
        if row.envelope.get("verdict", "ok") != "ok":
            return
        form = body.read(row.payload, row.envelope.get("content-type", ""))
        at = row.envelope.get("received-at") or form.first("submitted_at")
        if not at:
            raise sdk.RowUnreadable("neither the envelope nor submitted_at says when the form was sent")
        yield self._touchpoint(form, row.envelope, at)

    def _touchpoint(self, form: Form, envelope: Mapping[str, str], at: str) -> sdk.Touchpoint:
        settings, found = self._settings, meanings(form, self._settings.fields)
        return touchpoint(
            form,
            found,
            sdk.instant(at),
            name=settings.form or found.get("form", ""),
            page=found.get("page_url") or envelope.get("referer", ""),
            region=settings.region,
            agreed=self._consent(form, at),
            technical={TOKEN, REDIRECT, SUBMISSION, VISITOR, "_charset_", settings.honeypot},
        )

    def _consent(self, form: Form, at: str) -> dict[str, object] | None:
        """What the sender said when asked to agree; None when the form does not ask."""
        settings = self._settings
        if settings.consent_text or any(name == settings.consent for name, _ in form.fields):
            return consent(form, settings.consent, settings.consent_text, at)
        return None

    def _take(self, delivery: sdk.Delivery, cross_origin: Mapping[str, str]) -> sdk.Reception:
        headers = delivery.headers
        envelope = {
            "content-type": headers.get("content-type", ""),
            "received-at": delivery.received_at.isoformat(),
            "origin": headers.get("origin", ""),
            "referer": headers.get("referer", ""),
            "verdict": "ok",
        }
        try:
            form = body.read(delivery.body, envelope["content-type"])
        except sdk.RowUnreadable as problem:
            # Kept, so that what a visitor typed is not lost to a mistake of the site.
            status = 415 if isinstance(problem, body.TypeUnknown) else 400
            sentence = f"The form was kept but cannot be read: {problem.message}."
            reply = refusal(status, sentence, headers, cross_origin)
            return sdk.Reception([_unreadable(delivery.body, envelope)], reply)
        if not form.fields and not form.files:
            return sdk.Reception(reply=refusal(400, "The form has no fields.", headers, cross_origin))
        verdict, key = self._verdict(form, delivery), self._key(form, delivery)
        # A person who was too fast and sends again is not the same row.
        row = sdk.Row(key if verdict == "ok" else f"spam/{key}", delivery.body, {**envelope, "verdict": verdict})
        allowed = {*self._settings.origins, origin_of(self._settings.redirect)} - {"*", "null", ""}
        led_to = redirect(form.first(REDIRECT), self._settings.redirect, headers, allowed)
        return sdk.Reception([row], thanks(key, headers, led_to, cross_origin))

    def _verdict(self, form: Form, delivery: sdk.Delivery) -> str:
        """Why the submission is spam, or ``ok``. A robot is answered as a person is, so that it learns nothing."""
        if form.first(self._settings.honeypot):
            return "honeypot"
        if self._settings.time_trap_seconds:
            age = timetoken.age(form.first(TOKEN), delivery.secret, int(delivery.received_at.timestamp()))
            if age is None:
                return "no_token"
            if age < self._settings.time_trap_seconds:
                return "too_fast"
        return "ok"

    def _key(self, form: Form, delivery: sdk.Delivery) -> str:
        """The form's own id, else its content within ten minutes: a second click is the same submission."""
        given = form.first(SUBMISSION)
        try:
            return str(UUID(given))
        except ValueError:
            typed = sorted((name, value.strip()) for name, value in form.fields if name != TOKEN)
            files = sorted(file["sha256"] for file in form.files)
            window = int(delivery.received_at.timestamp()) // WITHIN
            content = json.dumps([self._settings.form, typed, files, window])
            return hashlib.sha256(content.encode()).hexdigest()[:32]


def _unreadable(content: bytes, envelope: Mapping[str, str]) -> sdk.Row:
    digest = hashlib.sha256(envelope["content-type"].encode() + content).hexdigest()
    return sdk.Row(f"unreadable/{digest}", content, envelope)


class Endpoint(sdk.Connector):
    """The forms and visits of a site."""

    name = "webforms.endpoint"
    title = "Submissions of any web form: plain HTML, fetch or sendBeacon; visits of people who agreed"
    documentation = "docs/connectors/webforms.endpoint.md"
    Settings = EndpointSettings
    settings: EndpointSettings

    def __init__(self, settings: EndpointSettings, outside: sdk.Outside | None = None) -> None:
        super().__init__(settings, outside)
        self._crowd = Crowd(settings.visits_per_minute)

    def streams(self) -> Sequence[sdk.Stream]:
        """What was sent, and what was looked at."""
        return [Submissions(self.settings), Visits(self.settings.origins, self._crowd.has_room)]

    def check(self) -> Iterator[str]:
        """A form that no site may post to takes nothing."""
        if not self.settings.origins:
            yield 'origins is empty, so every post is refused; name the site, e.g. https://shop.example, or say ["*"]'
