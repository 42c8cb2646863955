"""An address to which form vendors post what was submitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from connectors.objects import content_key
from connectors.posting import check_secrets, looked_at, one_of
from connectors.webforms.body import Form
from connectors.webforms.fields import BARE, REFUSED, Meaning, asked, meanings
from connectors.webforms.submission import touchpoint
from connectors.webforms.vendors import CONSENT, VENDORS, Answer, Submission
from hub import sdk

_LONGEST_KEY = 300


class WebhookSettings(sdk.Settings):
    """Settings of ``webforms.webhook``."""

    vendor: Annotated[str, one_of(VENDORS)] = Field(description=f"Whose forms they are: {', '.join(VENDORS)}.")
    secrets: list[sdk.Secret] = Field(
        description="What deliveries are proved by; while it is changed, the old and the new."
    )
    form: str = Field("", description="Name of the form, when the vendor does not tell it.")
    fields: dict[str, Meaning] = Field(
        default_factory=dict,
        description="Question, or the vendor's name of the field, to meaning, where it is not found.",
    )
    region: str = Field("", description="ISO 3166 code that helps to read phone numbers without a country code.")
    consent: str = Field("", description="The question, or field, by which the sender agrees.")

    @model_validator(mode="after")
    def _can_verify(self) -> Self:
        if not self.secrets:
            raise ValueError("secrets is empty: without one nothing can be verified")
        check_secrets(VENDORS[self.vendor].schemes, self.secrets)
        return self


class Submissions(sdk.PushStream):
    """One row for each submission."""

    name = "submissions"

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        self._vendor = VENDORS[settings.vendor]
        self.nature = self._vendor.nature

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        """Verify a delivery and keep it. Whoever looks at the address before saving it is answered."""
        if answer := looked_at(delivery, "Submissions are"):
            return answer
        sdk.signatures.verify(self._vendor.schemes, delivery, self._settings.secrets)
        content = delivery.content()
        envelope = {"content-type": delivery.headers.get("content-type", "")}
        try:
            said = self._vendor.read(content, envelope["content-type"])
            known_by, at = said.id, said.at
        except sdk.RowUnreadable:  # it is genuine: it is kept as it came, and nobody need send it again
            known_by, at = "", None
        if at is None:
            envelope["received-at"] = delivery.received_at.isoformat()
        if not 0 < len(known_by) <= _LONGEST_KEY:
            known_by = content_key(content, None)
        return sdk.Reception([sdk.Row(known_by, content, envelope)])

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        """The submission as its sender's touchpoint; nothing for what was not sent."""
        said = self._vendor.read(row.payload, row.envelope.get("content-type", ""))
        if not said.sent:
            return
        at = said.at or sdk.instant(row.envelope.get("received-at", ""))
        form = Form([(each.label, text) for each in said.answers for text in each.texts], list(said.files))
        found = meanings(form, self._declared(said))
        yield touchpoint(
            form,
            found,
            at,
            name=self._settings.form or said.form,
            page=said.page or found.get("page_url", ""),
            region=self._settings.region,
            agreed=self._agreed(said, at.isoformat()),
        )

    def _declared(self, said: Submission) -> dict[str, str]:
        """Meanings by question. Of several fields under one question the first that means something says it."""
        declared: dict[str, str] = {}
        for each in said.answers:
            if declared.get(each.label, "property") == "property":
                declared[each.label] = self._meaning(each)
        return declared

    def _meaning(self, answer: Answer) -> str:
        """As the settings say, else by the type of the field, else by the words of the question."""
        if answer.meaning == CONSENT:
            return "property"
        declared = self._settings.fields
        said = declared.get(answer.label) or declared.get(answer.key) or answer.meaning or asked(answer.label)
        return said or ("text" if answer.long else "property")

    def _agreed(self, said: Submission, at: str) -> Mapping[str, object] | None:
        """What the sender said when asked to agree; None when the form does not ask. A box that is not ticked says
        nothing, hence no."""
        name = self._settings.consent
        asking = [
            each for each in said.answers if (name in (each.label, each.key) if name else each.meaning == CONSENT)
        ]
        if not asking and not name:
            return None
        value = next((text for each in asking for text in each.texts), "")
        words = next((each.label for each in asking), name) if value.casefold() in BARE | REFUSED else value
        return {"given": value.casefold() not in REFUSED, "text": words, "at": at}


class Webhook(sdk.Connector):
    """An address for the forms of one vendor."""

    name = "webforms.webhook"
    title = "Forms of Typeform, Tally, Jotform, Gravity Forms, Google Forms and HubSpot, as they are submitted"
    documentation = "docs/connectors/webforms.webhook.md"
    Settings = WebhookSettings
    destinations = ()
    settings: WebhookSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream."""
        return [Submissions(self.settings)]
