"""Which field of a form means what: by its usual names, or as the settings say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Literal, get_args

from connectors.webforms.body import Form
from hub import sdk

Meaning = Literal[
    "name", "given_name", "family_name", "email", "phone", "company", "job_title", "street", "postcode", "city",
    "country", "language", "birthday", "text", "cookie", "page_url", "page_title", "referrer", "form", "nps", "csat",
    "property",
]  # fmt: skip
"""What a field may mean; ``property`` means nothing beyond itself."""
MEANINGS = get_args(Meaning)

USUAL: Mapping[str, str] = {
    "name": "name full_name fullname your_name nombre nom_complet নাম পুরো_নাম نام پورا_نام",
    "given_name": "given_name first_name firstname fname vorname prénom prenom",
    "family_name": "family_name last_name lastname lname surname nachname apellido apellidos",
    "email": "email e_mail mail email_address e_mail_address emailaddress your_email correo "
    "correo_electrónico ইমেইল ইমেল ای_میل",
    "phone": "phone tel telephone mobile cell phone_number mobile_number your_phone whatsapp telefon téléphone "
    "teléfono ফোন ফোন_নম্বর মোবাইল মোবাইল_নম্বর فون فون_نمبر موبائل_نمبر",
    "company": "company organization organisation company_name firma entreprise empresa প্রতিষ্ঠান কোম্পানি کمپنی",
    "job_title": "job_title jobtitle organization_title position",
    "street": "street street_address address address_line1 address_line_1",
    "postcode": "postcode zip zip_code zipcode postal_code plz",
    "city": "city town address_level2 শহর شہر",
    "country": "country country_name",
    "language": "language lang locale",
    "birthday": "birthday bday birth_date birthdate date_of_birth dob",
    "text": "message comment comments text enquiry inquiry question feedback your_message nachricht mensaje "
    "বার্তা মন্তব্য پیغام",
    "cookie": "anonymous_id anonymousid visitor_id hutk",
    "page_url": "page_url pageurl page_uri pageuri page_location",
    "page_title": "page_title pagetitle page_name pagename",
    "referrer": "referrer document_referrer",
    "form": "form form_name formname form_id",
    "nps": "nps nps_score",
    "csat": "csat csat_score",
}
_BY_NAME = {unicodedata.normalize("NFC", name): meaning for meaning, names in USUAL.items() for name in names.split()}
_ASKING = re.compile(
    r"(?:(?:what(?:['’]?s| is| are)|please|enter|type|tell us|give us|leave|provide|your|my|the|a"
    r"|আপনার|آپ کا|آپ کی)\s+)+",
    re.IGNORECASE,
)
_AROUND = re.compile(r"(?:\((?:optional|required)\)|[?*:.!\s])+$", re.IGNORECASE)
TRAITS = ("name", "company", "job_title", "street", "postcode", "city", "country", "language")
SCORES = {"nps": 10, "csat": 5}
"""Scores and the highest value of each."""
REFUSED = {"", "0", "no", "off", "false", "n", "nein", "denied", "refused"}
BARE = {"1", "yes", "on", "true", "y", "ja", "granted", "accepted"}


def meanings(form: Form, declared: Mapping[str, str]) -> dict[str, str]:
    """Meaning to text. A declared field stands before one of a usual name; the first filled one is taken that can
    mean it."""
    chosen: dict[str, str] = {}
    taken = set(declared.values())
    for name, value in form.fields:
        meaning = declared.get(name)
        if meaning is None:
            meaning = _BY_NAME.get(_plain(name), "property")
            if meaning in taken:
                continue
        text = value.strip()
        if text and _fits(meaning, text):
            chosen.setdefault(meaning, text)
    chosen.pop("property", None)
    return chosen


def traits(found: Mapping[str, str]) -> dict[str, str]:
    """What the form says about the person who sent it."""
    said = {trait: found[trait] for trait in TRAITS if trait in found}
    both = f"{found.get('given_name', '')} {found.get('family_name', '')}".strip()
    if both:
        said.setdefault("name", both)
    if born := _birthday(found.get("birthday", "")):
        said["birthday"] = born
    return said


def identifiers(found: Mapping[str, str], region: str, *, with_cookie: bool) -> Iterator[sdk.Identifier]:
    """E-mail, phone and cookie."""
    address, number, cookie = found.get("email", ""), found.get("phone", ""), found.get("cookie", "")
    if address:
        yield sdk.email(address)
    if number:
        yield sdk.phone(number, region)
    if with_cookie and cookie and len(cookie) <= 200:
        yield sdk.cookie(cookie)


def score(found: Mapping[str, str]) -> sdk.Quantity | None:
    """The net promoter score (0 to 10) or satisfaction score (1 to 5) of a form that asks for one."""
    for unit, highest in SCORES.items():
        text = sdk.digits(found.get(unit, ""))
        if text.isdecimal() and len(text) <= 2 and int(text) <= highest:
            return sdk.Quantity(sdk.amount(text, "").amount, unit)
    return None


def consent(form: Form, name: str, declared_text: str, at: str) -> dict[str, object]:
    """Whether consent was given, to which words, and when. A checkbox not ticked is not sent, hence refused."""
    value = form.first(name)
    given = value.casefold() not in REFUSED
    words = declared_text or form.first(f"{name}_text") or ("" if value.casefold() in BARE | REFUSED else value)
    return {"given": given, "text": words, "at": at}


def submitted(form: Form, technical: Collection[str]) -> dict[str, object]:
    """All that was filled in; a field that came several times is a list."""
    said: dict[str, object] = {}
    for name, value in form.fields:
        if not name or name in technical:
            continue
        before = said.get(name)
        said[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    return said


def _fits(meaning: str, text: str) -> bool:
    """Whether a text looks like what it should be: people type anything into a form."""
    if meaning == "email":
        return "@" in text and len(text) <= 320
    if meaning == "phone":
        return len(text) <= 60 and len(re.findall(r"[0-9]", sdk.digits(text))) >= 5
    return True


def asked(question: str) -> str:
    """What a question asks for by its words (``What's your e-mail address?``); empty when they are not the usual."""
    words = _AROUND.sub("", question.strip()[:200])
    return _BY_NAME.get(_plain(words), "") or _BY_NAME.get(_plain(_ASKING.sub("", words, count=1)), "")


def _plain(name: str) -> str:
    """``Your-Name``, ``your name`` and ``fields.your_name`` are the same name."""
    last = unicodedata.normalize("NFC", name).removesuffix("[]").rpartition(".")[2]
    return re.sub(r"[\s\-]+", "_", last.strip()).lower()


def _birthday(text: str) -> str:
    try:
        return date.fromisoformat(sdk.digits(text)).isoformat()
    except ValueError:
        return ""  # kept among the properties, as it was typed
