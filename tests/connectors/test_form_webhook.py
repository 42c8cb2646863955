"""Forms of vendors: who may post a submission, what it is known by, and what each field means."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from pydantic import ValidationError

import connectors.webforms
from connectors.webforms.fields import asked
from connectors.webforms.vendors import VENDORS
from connectors.webforms.webhook import Submissions, Webhook
from hub import sdk
from hub import testing as kit
from hub.testing import ConnectorSuite
from tests.conftest import ROOT
from tests.signatures.vectors import NOW, SENDERS, b64, delivery

SAMPLES: dict[str, Any] = json.loads(
    (Path(connectors.webforms.__file__).parent / "samples" / "webhook.json").read_text(encoding="utf-8")
)
SECRET = "it's a secret"
SIGNED = ("tally", "typeform")
FIRST = datetime(2026, 3, 1, 11, 59, tzinfo=UTC)
GRAVITY = {"1.3": "given_name", "1.6": "family_name", "2": "email", "3": "text"}


def webhook(vendor: str, **settings: Any) -> Submissions:
    made = Webhook.Settings.model_validate({"vendor": vendor, "secrets": [SECRET], **settings})
    (stream,) = Webhook(made).streams()
    assert isinstance(stream, Submissions)
    return stream


def sent(vendor: str, payload: Any = None) -> sdk.Delivery:
    payload = SAMPLES[vendor] if payload is None else payload
    if vendor == "jotform":
        parts = "".join(
            f'--XX\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in payload.items()
        )
        headers = {"content-type": "multipart/form-data; boundary=XX", "authorization": f"Bearer {SECRET}"}
        return delivery(f"{parts}--XX--\r\n".encode(), headers)
    body = json.dumps(payload, ensure_ascii=False).encode()
    if vendor in SIGNED:
        return SENDERS[vendor][1].delivery(SECRET, body)
    return delivery(body, {"content-type": "application/json", "authorization": f"Bearer {SECRET}"})


def meant(vendor: str, payload: Any = None, **settings: Any) -> sdk.Touchpoint:
    stream = webhook(vendor, **settings)
    (row,) = stream.receive(sent(vendor, payload)).rows
    (found,) = stream.touchpoints(row)
    return found


# Who may post it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_genuine_submission_is_taken_and_a_forged_one_is_not(vendor: str) -> None:
    stream, good = webhook(vendor), sent(vendor)
    assert [len(stream.receive(good).rows), stream.receive(good).reply.status] == [1, 200]
    forgeries = [
        replace(good, headers={"content-type": "application/json"}),
        replace(good, headers={**good.headers, "authorization": "Bearer another"}, query={"secret": "another"}),
    ][: 1 if vendor in SIGNED else 2]
    if vendor in SIGNED:
        forgeries += [replace(good, body=good.body + b" "), replace(good, body=b"")]
    for forged in forgeries:
        with pytest.raises(sdk.SignatureWrong):
            stream.receive(forged)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_secret_address_proves_what_nobody_signs(vendor: str) -> None:
    plain = replace(sent(vendor), headers={"content-type": sent(vendor).headers["content-type"]})
    basic = {**plain.headers, "authorization": f"Basic {b64(SECRET.encode())}"}
    for good in replace(plain, query={"secret": SECRET}), replace(plain, rest=SECRET), replace(plain, headers=basic):
        assert len(webhook(vendor).receive(good).rows) == 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_submission_that_makes_no_sense_is_kept_with_its_problem(vendor: str) -> None:
    stream = webhook(vendor)
    for body in (
        b"",
        b"[",
        b"[]",
        b"null",
        b"7",
        b"\xff\x00",
        b'{"a": "\\ud800"',
        b"[" * 5000,
        b'{"data": {"fields": 7}}',
    ):
        for kind in "application/json", "multipart/form-data; boundary=x":
            posted = delivery(body, {"content-type": kind, "authorization": f"Bearer {SECRET}"})
            (row,) = stream.receive(posted).rows
            assert row.payload == body
            if vendor != "gravity" or body == b"[":
                with pytest.raises(sdk.RowUnreadable):
                    list(stream.touchpoints(row))


def test_who_looks_at_the_address_is_answered() -> None:
    for method in "GET", "HEAD", "OPTIONS":
        reception = webhook("jotform").receive(delivery(b"", {}, method=method))
        assert (reception.reply.status, reception.rows) == (200, ())
    assert webhook("jotform").receive(delivery(b"", {}, method="DELETE")).reply.status == 405


def test_settings_that_prove_nothing_are_refused_in_a_sentence() -> None:
    for settings, sentence in (
        ({"vendor": "paper", "secrets": ["x"]}, "'paper' is none of google, gravity"),
        ({"vendor": "tally", "secrets": []}, "secrets is empty"),
        ({"vendor": "tally", "secrets": [" "]}, "a secret is empty"),
    ):
        with pytest.raises(ValidationError, match=sentence):
            Webhook.Settings.model_validate(settings)


# What it is known by ------------------------------------------------------------------------------------------------


def test_a_submission_is_known_by_the_vendors_id() -> None:
    keys = {vendor: webhook(vendor).receive(sent(vendor)).rows[0].key for vendor in VENDORS}
    assert keys == {
        "google": "2_ABaOnudx",
        "gravity": "7/43",
        "hubspot": "row/a7574377aba15961",
        "jotform": "5843211234567890123",
        "tally": "2wgx4n",
        "typeform": "a3a12ec67a1365927098a606107fac15",
    }


# What it means ------------------------------------------------------------------------------------------------------


def test_typeforms_answers_are_found_by_type_and_by_question() -> None:
    found = meant("typeform")
    assert found == sdk.Touchpoint(
        kind="form",
        channel=sdk.Channel.WEB,
        direction=sdk.Direction.INBOUND,
        occurred_at=FIRST,
        title="শাড়ি মেলা",
        text="কবে পাব?\nধন্যবাদ",
        quantity=sdk.Quantity(Decimal(9), "nps"),
        origin=sdk.Origin(source="newsletter", campaign="eid", click_id="Cj0K"),
        campaign="eid",
        identifiers=(sdk.email("rahima@post.example"), sdk.phone("+8801711234567")),
        traits={"name": "রহিমা খাতুন"},
        properties={
            "form": "শাড়ি মেলা",
            "fields": {
                "First name": "রহিমা",
                "What is your Last name?": "খাতুন",
                "Phone number": "+8801711234567",
                "Email": "rahima@post.example",
                "Which colours?": ["লাল", "নীল", "gold 🌟"],
                "Which size?": "M",
                "How likely are you to recommend us?": "9",
                "Anything else?": "কবে পাব?\nধন্যবাদ",
                "You may write to me about offers": "true",
                "When do you need it?": "2026-04-10",
                "utm_source": "newsletter",
                "utm_campaign": "eid",
                "gclid": "Cj0K",
                "score": "9",
                "name": "vip",
            },
            "attachments": [
                {
                    "field": "A photo",
                    "name": "saree.jpg",
                    "url": "https://api.typeform.com/responses/files/ab12/saree.jpg",
                }
            ],
            "consent": {"given": True, "text": "You may write to me about offers", "at": FIRST.isoformat()},
            "click_id_kind": "gclid",
        },
    )


def test_what_was_typed_and_not_sent_means_nothing_and_stands_beside_what_was() -> None:
    stream = webhook("typeform")
    (row,) = stream.receive(sent("typeform", {**SAMPLES["typeform"], "event_type": "form_response_partial"})).rows
    assert (row.key, list(stream.touchpoints(row))) == ("partial/a3a12ec67a1365927098a606107fac15", [])


def test_tallys_choices_are_told_in_words() -> None:
    found = meant("tally")
    assert (found.occurred_at, found.title, found.text) == (FIRST, "ملاقات", "شکریہ")
    assert found.identifiers == (
        sdk.email("sana@post.example"),
        sdk.phone("+923001234567"),
        sdk.cookie("7c9e6679"),
    )
    assert found.traits == {"name": "ثنا خان"}
    assert found.origin == sdk.Origin(source="whatsapp")
    assert found.properties == {
        "form": "ملاقات",
        "fields": {
            "آپ کا نام": "ثنا خان",
            "Email": "sana@post.example",
            "Phone": "+923001234567",
            "Which day?": "پیر",
            "Topics": ["Delivery", "Returns"],
            "How was it?: Service": "Good",
            "Tell us more": "شکریہ",
            "utm_source": "whatsapp",
            "anonymous_id": "7c9e6679",
            "price": "12.5",
        },
        "attachments": [
            {
                "field": "Receipt",
                "name": "receipt.pdf",
                "type": "application/pdf",
                "size": 1829,
                "url": "https://storage.tally.so/p1/receipt.pdf",
            }
        ],
    }


def test_jotforms_parts_of_names_numbers_and_addresses_are_known() -> None:
    found = meant("jotform")
    assert (found.occurred_at, found.title, found.text) == (NOW, "Größe & Maß", "Welche Größe?")
    assert found.identifiers == (sdk.email("ivan@post.example"), sdk.phone("+4915112345678"))
    assert found.traits == {"name": "Иван Петров", "street": "Hauptstr. 1", "postcode": "50667", "city": "Köln"}
    assert found.origin == sdk.Origin(source="google")
    assert found.properties["fields"]["appointment"] == "2026-03-09"
    assert found.properties["fields"]["topics"] == ["Farbe", "Größe"]
    assert [file["field"] for file in found.properties["attachments"]] == ["upload Photo"]
    older = {**json.loads(SAMPLES["jotform"]["rawRequest"]), "q5_phone5": {"area": "0221", "phone": "123456"}}
    older.pop("q5_phoneNumber")
    older["q7_appointment"] |= {"timeInput": "01:29", "hour": "01", "min": "29", "ampm": "PM"}
    again = meant("jotform", {**SAMPLES["jotform"], "rawRequest": json.dumps(older)}, region="DE")
    assert again.identifiers[1] == sdk.phone("0221123456", "DE")
    assert again.properties["fields"]["appointment"] == "2026-03-09 01:29 PM"


def test_gravity_forms_tell_numbers_and_the_settings_say_what_they_mean() -> None:
    found = meant("gravity", fields=GRAVITY, form="Contact", consent="4.1")
    assert (found.occurred_at, found.title, found.text) == (FIRST, "Contact", "مرحبا 👋")
    assert found.identifiers == (sdk.email("anna@post.example"),)
    assert found.traits == {"name": "Anna Blau"}
    assert found.origin == sdk.Origin(source="bing", click_id="1a2b", landing_page="https://shop.example/contact/")
    assert found.properties["consent"] == {"given": True, "text": "Yes, please", "at": FIRST.isoformat()}
    assert found.properties["fields"] == {
        "1.3": "Anna", "1.6": "Blau", "2": "anna@post.example", "3": "مرحبا 👋", "4.1": "Yes, please",
    }  # fmt: skip
    posted = {**sent("gravity").headers, "content-type": "application/x-www-form-urlencoded"}
    form = urlencode({name: value or "" for name, value in SAMPLES["gravity"].items()}).encode()
    stream = webhook("gravity", fields=GRAVITY, form="Contact", consent="4.1")
    (row,) = stream.receive(delivery(form, posted)).rows
    assert (row.key, list(stream.touchpoints(row))) == ("7/43", [found])


def test_google_forms_tell_what_the_script_posts() -> None:
    found = meant("google", region="BD", fields={"105": "csat"})
    assert (found.occurred_at, found.title, found.text) == (FIRST, "গ্রাহক জরিপ", "ধন্যবাদ")
    assert found.identifiers == (sdk.email("karim@post.example"), sdk.phone("০১৭১১-২৩৪৫৬৭", "BD"))
    assert found.traits == {"name": "করিম উদ্দিন"}
    assert found.quantity == sdk.Quantity(Decimal(4), "csat")
    assert found.properties["fields"]["What did you like?"] == ["Price", "Colour"]


def test_a_submission_to_hubspot_tells_page_and_consent() -> None:
    found = meant("hubspot")
    assert (found.occurred_at, found.title, found.text) == (FIRST, "Offer", "Call me")
    assert found.identifiers == (sdk.email("nasrin@post.example"), sdk.cookie("5f3c2a"))
    assert found.traits == {"name": "নাসরিন আক্তার"}
    assert found.origin == sdk.Origin(campaign="spring", landing_page="https://shop.example/offer")
    agreed = {"given": True, "text": "I agree that you store my data.", "at": FIRST.isoformat()}
    assert found.properties["consent"] == agreed
    options = {"consent": {"consentToProcess": False, "text": "I agree that you store my data."}}
    refused = meant("hubspot", {**SAMPLES["hubspot"], "legalConsentOptions": options})
    assert refused.properties["consent"] == {**agreed, "given": False}
    assert refused.identifiers == (sdk.email("nasrin@post.example"),)


def test_what_was_not_ticked_was_not_agreed_to() -> None:
    told = json.loads(json.dumps(SAMPLES["typeform"]))
    told["form_response"]["answers"][9]["boolean"] = False
    assert meant("typeform", told).properties["consent"]["given"] is False
    nothing = meant("gravity", {**SAMPLES["gravity"], "4.1": ""}, consent="4.1")
    assert nothing.properties["consent"] == {"given": False, "text": "4.1", "at": FIRST.isoformat()}


def test_questions_are_understood_by_their_words() -> None:
    found = {
        question: asked(question)
        for question in (
            "What's your e-mail address?", "Your email *", "Please enter your phone number", "Name", "Full name:",
            "What is your company name?", "First Name (required)", "Vorname", "How are you?", "Friend's email", "",
            "Prénom", "আপনার ফোন নম্বর", "آپ کی ای میل", "পুরো নাম",
        )
    }  # fmt: skip
    assert list(found.values()) == [
        "email", "email", "phone", "name", "name", "company", "given_name", "given_name", "", "", "",
        "given_name", "phone", "email", "name",
    ]  # fmt: skip


STAGE = """
const posted = []
const PropertiesService = { getScriptProperties: () => ({ getProperty: (name) => `its ${name}` }) }
const UrlFetchApp = { fetch: (address, options) => posted.push([address, options]) }
const item = (each) => ({
  getItem: () => ({ getId: () => Number(each.id), getTitle: () => each.title, getType: () => new String(each.type) }),
  getResponse: () => each.value,
})
const answered = JSON.parse(process.argv[1])
const response = {
  getItemResponses: () => answered.answers.map(item), getId: () => answered.id,
  getTimestamp: () => new Date(answered.at), getRespondentEmail: () => answered.email,
}
onSubmitted({ response, source: { getTitle: () => answered.form } })
console.log(JSON.stringify(posted))
"""


def test_the_script_for_google_forms_posts_what_is_read() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine")
    page = (ROOT / "docs" / "connectors" / "webforms.webhook.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```js\n(.*?)```", page, re.DOTALL)
    ran = subprocess.run(
        [node, "-e", script + STAGE, json.dumps(SAMPLES["google"])], capture_output=True, check=True, timeout=60
    )
    [[address, options]] = json.loads(ran.stdout)
    assert (address, options["method"], options["contentType"]) == ("its ADDRESS", "post", "application/json")
    assert options["headers"] == {"Authorization": "Bearer its SECRET"}
    assert json.loads(options["payload"]) == SAMPLES["google"]


# The kit ------------------------------------------------------------------------------------------------------------


class TestWebhookKit(ConnectorSuite):
    connector = Webhook
    settings = {"vendor": "tally", "secrets": [SECRET]}
    does_not_apply = {"provider": "vendors post; nothing is asked"}

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        return {"submissions": [replace(sent("tally"), received_at=kit.NOW)]}


@pytest.mark.long
class TestTypeformKit(ConnectorSuite):
    connector = Webhook
    settings = {"vendor": "typeform", "secrets": [SECRET]}
    does_not_apply = {"provider": "vendors post; nothing is asked"}

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        return {"submissions": [replace(sent("typeform"), received_at=kit.NOW)]}


@pytest.mark.long
class TestJotformKit(ConnectorSuite):
    connector = Webhook
    settings = {"vendor": "jotform", "secrets": [SECRET]}
    does_not_apply = {"provider": "vendors post; nothing is asked"}
    body_is_signed = False

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        return {"submissions": [replace(sent("jotform"), received_at=kit.NOW)]}
