"""What form vendors tell of a submission, each in its own way.

Sources: the vendors' own descriptions of their webhooks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.members import object_of, objects_in, posted_object, text_in
from connectors.posting import WORDS
from connectors.webforms import body as forms
from hub import sdk

_SCHEMES = sdk.signatures.SCHEMES
_STATES = sdk.Nature.STATES
CONSENT = "consent"
_TYPES = {
    "email": "email", "phone_number": "phone", "nps": "nps", "legal": CONSENT,
    "INPUT_EMAIL": "email", "INPUT_PHONE_NUMBER": "phone",
}  # fmt: skip
"""What a field means by the vendor's name of its type."""
_LONG = ("long_text", "TEXTAREA", "PARAGRAPH_TEXT")
_JOTFORMS = re.compile(r"q\d+_(.+?)\d*")
_TAG = re.compile(r"<[^<>]{1,50}>")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PARTS = {
    "first": "given_name", "last": "family_name", "full": "phone", "addr_line1": "street", "city": "city",
    "postal": "postcode", "country": "country",
}  # fmt: skip
"""Jotform's names of the parts of a name, a number, an address."""
_ENTRY = frozenset(
    "id form_id post_id date_created date_updated is_starred is_read ip source_url user_agent currency payment_status "
    "payment_date payment_amount payment_method transaction_id is_fulfilled created_by transaction_type status "
    "source_id submission_speeds".split()
)
"""What Gravity Forms says of an entry beside its fields."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One field that was filled in. ``meaning``: by its type, where that says it; ``long``: a text of several lines."""

    label: str
    texts: tuple[str, ...]
    key: str = ""
    meaning: str = ""
    long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One submitted form. Without an ``id`` it is known by its content, without ``at`` by when it was posted."""

    answers: tuple[Answer, ...]
    id: str = ""
    at: datetime | None = None
    form: str = ""
    page: str = ""
    sent: bool = True
    """Else it is what somebody typed who has not sent it yet, and may never."""
    files: tuple[dict[str, Any], ...] = ()
    """Links to what was uploaded; it stays at the vendor."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """Whose forms they are. ``read``: of a body and its content type, the submission."""

    read: Callable[[bytes, str], Submission]
    schemes: tuple[sdk.signatures.Scheme, ...] = WORDS
    nature: sdk.Nature = sdk.Nature.EVENTS
    """States: each submission has its id and time, so what is told again under the id is a change of it."""


# Typeform -----------------------------------------------------------------------------------------------------------


def _typeform(body: bytes, _: str) -> Submission:
    whole = posted_object(body)
    told, sent = whole.get("form_response"), whole.get("event_type") != "form_response_partial"
    if not isinstance(told, dict):
        raise sdk.RowUnreadable("there is no form_response in it", path="form_response")
    definition = told.get("definition")
    titles = dict(_titles(definition))
    answers, files = [], []
    for each in objects_in(told, "answers"):
        asked = each.get("field") if isinstance(each.get("field"), dict) else {}
        kind, id_ = text_in(asked, "type"), text_in(asked, "id")
        label, value = titles.get(id_) or text_in(asked, "ref") or id_, each.get(text_in(each, "type"))
        if "file_url" in each:
            files.append(_file(label, str(value)))
        else:
            said = _chosen(value)
            answers.append(Answer(label, said, text_in(asked, "ref") or id_, _TYPES.get(kind, ""), kind in _LONG))
    hidden = told.get("hidden")
    answers += [Answer(name, _texts(value)) for name, value in (hidden if isinstance(hidden, dict) else {}).items()]
    answers += [
        Answer(text_in(each, "key"), _texts(each.get(text_in(each, "type"))), meaning="property")
        for each in objects_in(told, "variables")
    ]
    return Submission(
        id=text_in(told, "token") if sent else f"partial/{text_in(told, 'token')}",
        sent=sent,
        at=_instant(text_in(told, "submitted_at") or text_in(told, "landed_at")),
        form=text_in(definition, "title"),
        answers=tuple(answers),
        files=tuple(files),
    )


def _titles(found: object) -> Iterator[tuple[str, str]]:
    """Questions by their id, those of groups too."""
    for each in objects_in(found, "fields"):
        yield text_in(each, "id"), " ".join(_TAG.sub("", text_in(each, "title")).split())
        yield from _titles(each.get("properties"))
        yield from _titles(each)


def _chosen(value: object) -> tuple[str, ...]:
    """The words of what was chosen, else the value as it is."""
    if not isinstance(value, dict):
        return _texts(value)
    if "label" in value or "labels" in value or "other" in value:
        return _texts([value.get("label"), value.get("labels"), value.get("other")])
    return _texts(value.get("amount") if "amount" in value else value)


# Tally --------------------------------------------------------------------------------------------------------------


def _tally(body: bytes, _: str) -> Submission:
    whole = posted_object(body)
    told = whole.get("data")
    if not isinstance(told, dict) or not isinstance(told.get("fields"), list):
        raise sdk.RowUnreadable("there are no data.fields in it", path="data.fields")
    answers: list[Answer] = []
    files: list[dict[str, Any]] = []
    for each in objects_in(told, "fields"):
        kind, label, value = text_in(each, "type"), text_in(each, "label") or text_in(each, "key"), each.get("value")
        if kind in ("FILE_UPLOAD", "SIGNATURE"):
            files += [_file(label, text_in(file, "url"), file) for file in objects_in(each, "value")]
        elif kind == "MATRIX" and isinstance(value, dict):
            rows, columns = _options(each, "rows"), _options(each, "columns")
            answers += [
                Answer(f"{label}: {rows.get(row, row)}", tuple(columns.get(text, text) for text in _texts(chosen)))
                for row, chosen in value.items()
            ]
        elif not (kind == "CHECKBOXES" and isinstance(value, bool)):  # each box again, by itself
            options = _options(each, "options")
            said = tuple(options.get(text, text) for text in _texts(value))
            answers.append(Answer(label, said, text_in(each, "key"), _TYPES.get(kind, ""), kind in _LONG))
    return Submission(
        id=text_in(told, "responseId") or text_in(told, "submissionId"),
        at=_instant(text_in(told, "createdAt") or text_in(whole, "createdAt")),
        form=text_in(told, "formName"),
        answers=tuple(answers),
        files=tuple(files),
    )


def _options(told: Mapping[str, Any], name: str) -> dict[str, str]:
    return {text_in(each, "id"): text_in(each, "text") or text_in(each, "id") for each in objects_in(told, name)}


# Jotform ------------------------------------------------------------------------------------------------------------


def _jotform(body: bytes, content_type: str) -> Submission:
    form = forms.read(body, content_type)
    try:
        told = object_of(form.first("rawRequest").encode())
    except sdk.RowUnreadable:
        raise sdk.RowUnreadable("rawRequest is not a JSON object", path="rawRequest") from None
    answers: list[Answer] = []
    files: list[dict[str, Any]] = []
    for name, value in told.items():
        links = [text for text in _texts(value) if text.startswith("https://") and "/uploads/" in text]
        known = _JOTFORMS.fullmatch(name)
        label = _CAMEL.sub(" ", known[1] if known else name)
        if links:
            files += [_file(label, link) for link in links]
        elif known:
            answers += _jotforms(label, name, value)
    return Submission(
        id=form.first("submissionID"), form=form.first("formTitle"), answers=tuple(answers), files=tuple(files)
    )


def _jotforms(label: str, key: str, value: object) -> Iterator[Answer]:
    """One answer; of a name, a number and an address one for each part."""
    if not isinstance(value, dict):
        yield Answer(label, _texts(value), key)
    elif {"year", "month", "day"} <= set(value):
        day = "-".join(str(value[part]) for part in ("year", "month", "day"))
        time = (str(value[part]) for part in ("timeInput", "ampm") if value.get(part))
        yield Answer(label, (" ".join([day, *time]),), key)
    elif "area" in value and "phone" in value:
        yield Answer(label, (f"{value.get('country') or ''}{value['area']}{value['phone']}",), key, "phone")
    else:
        for part, said in value.items():
            yield Answer(f"{label} {part}", _texts(said), f"{key}.{part}", _PARTS.get(part, ""))


# Gravity Forms, Google Forms, HubSpot -------------------------------------------------------------------------------


def _gravity(body: bytes, content_type: str) -> Submission:
    form = forms.read(body, content_type)
    ids = [form.first(name) for name in ("form_id", "id")]
    created = form.first("date_created")
    answers = [Answer(name, _texts(value), name) for name, value in form.fields if name not in _ENTRY]
    return Submission(
        id="/".join(ids) if all(ids) else "",
        at=_instant(f"{created.replace(' ', 'T')}Z" if created else ""),
        page=form.first("source_url"),
        answers=tuple(answers),
    )


def _google(body: bytes, _: str) -> Submission:
    """As the script of docs/connectors/webforms.webhook.md posts it."""
    told = posted_object(body)
    if not isinstance(told.get("answers"), list):
        raise sdk.RowUnreadable("there are no answers in it", path="answers")
    answers = [Answer("email", _texts(told.get("email")), meaning="email")] if told.get("email") else []
    for each in objects_in(told, "answers"):
        kind = text_in(each, "type")
        answers.append(
            Answer(text_in(each, "title"), _texts(each.get("value")), text_in(each, "id"), long=kind in _LONG)
        )
    return Submission(
        id=text_in(told, "id"), at=_instant(text_in(told, "at")), form=text_in(told, "form"), answers=tuple(answers)
    )


def _hubspot(body: bytes, content_type: str) -> Submission:
    told = posted_object(body)
    if not isinstance(told.get("fields"), list):
        raise sdk.RowUnreadable("there are no fields in it", path="fields")
    form = forms.read(body, content_type)
    answers = []
    for name, value in form.fields:
        if name == CONSENT:
            answers.append(Answer(form.first("consent_text") or name, (value,), name, CONSENT))
        elif name == "context.hutk" or not name.startswith(("context.", "consent_text")):
            answers.append(Answer(name, (value,), name))
    return Submission(
        at=_since_1970(told.get("submittedAt")),
        page=form.first("context.pageUri"),
        form=form.first("context.pageName"),
        answers=tuple(answers),
    )


# What they have in common -------------------------------------------------------------------------------------------


def _file(label: str, url: str, told: Mapping[str, Any] | None = None) -> dict[str, Any]:
    said = told or {}
    size = said.get("size")
    found = {
        "field": label, "name": text_in(said, "name") or url.partition("?")[0].rpartition("/")[2],
        "type": text_in(said, "mimeType"), "size": size if isinstance(size, int) and size >= 0 else None, "url": url,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value not in ("", None)}


def _texts(value: object) -> tuple[str, ...]:
    """A value as texts: of a list, or of an object, one for each that it holds."""
    match value:
        case None | "":
            return ()
        case bool():
            return (str(value).lower(),)
        case list():
            return tuple(text for each in value for text in _texts(each))
        case dict():
            return tuple(text for each in value.values() for text in _texts(each))
    return (str(value),)


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return sdk.instant(text)
    except sdk.RowUnreadable:
        return None


def _since_1970(value: object) -> datetime | None:
    """A time in milliseconds."""
    try:
        return datetime.fromtimestamp(int(str(value)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


VENDORS: Mapping[str, Vendor] = {
    "google": Vendor(_google, nature=_STATES),
    "gravity": Vendor(_gravity),
    "hubspot": Vendor(_hubspot),
    "jotform": Vendor(_jotform),
    "tally": Vendor(_tally, (*_SCHEMES["tally"], *WORDS), _STATES),
    "typeform": Vendor(_typeform, (*_SCHEMES["typeform"], *WORDS), _STATES),
}
"""By the setting ``vendor``."""
