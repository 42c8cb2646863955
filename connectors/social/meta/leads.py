"""The leads of a Page's forms: who filled in a form under an ad, and what they wrote."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
from pydantic import AwareDatetime

from connectors.members import object_of, posted_object, text_in
from connectors.said import Said
from connectors.social.meta.settings import MetaSettings
from connectors.webforms.body import Form
from connectors.webforms.fields import meanings
from connectors.webforms.submission import touchpoint
from hub import sdk

_OVERLAP = timedelta(minutes=10)
_NAMED = {"fields": "id,name"}
_FIELDS = ("id", "created_time", "form_id", "platform", "is_organic", "field_data", "custom_disclaimer_responses")
_AD_FIELDS = ("ad_id", "ad_name", "adset_id", "adset_name", "campaign_id", "campaign_name")
_PLATFORMS = {"fb": "facebook", "ig": "instagram"}
_TEST = "<test lead: "
"""How the values of Meta's testing tool begin."""
_OVER, _BUSY, _HOUR = 190, frozenset({4, 17, 32, 613, *range(80000, 80010)}), 3600.0
_NOT_ALLOWED = frozenset({3, 10, *range(200, 300)})


class Answer(Said):
    """A question's name, and what was answered."""

    name: str = ""
    values: tuple[str, ...] = ()


class Agreed(Said):
    """A box of the form's own consent, and whether it was ticked: ``"1"`` or ``""``, or as JSON knows it."""

    checkbox_key: str = ""
    is_checked: bool | str = False


class Lead(Said):
    """One form that was filled in."""

    id: str
    created_time: AwareDatetime
    platform: str = ""
    is_organic: bool = False
    ad_id: str = ""
    ad_name: str = ""
    campaign_id: str = ""
    campaign_name: str = ""
    field_data: tuple[Answer, ...] = ()
    custom_disclaimer_responses: tuple[Agreed, ...] = ()


class Leads(sdk.PullStream):
    """The leads of all forms of a Page. Meta keeps them for 90 days."""

    name = "leads"
    nature = sdk.Nature.STATES

    def __init__(self, settings: MetaSettings, outside: sdk.Outside) -> None:
        self._settings = settings
        self._outside = outside

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """Form by form, what was filled in since it was last walked to its end: Meta's own cursors do not last."""
        since: dict[str, str] = dict((cursor or {}).get("since", {}))
        headers = {"authorization": f"Bearer {self._token()}"}
        async with self._outside.http(self._settings.api, headers=headers) as http:
            listed = [page async for page in self._listed(http, f"/{self._settings.page}/leadgen_forms", _NAMED)]
            forms = [object_of(form) for page in listed for form in page]
            for number, form in enumerate(forms, 1):
                id_, begun = text_in(form, "id"), self._outside.now()
                if not id_.isdecimal():
                    continue
                about = {"form": text_in(form, "name")}
                async for leads in self._listed(http, f"/{id_}/leads", self._asked(since.get(id_))):
                    yield sdk.Page([sdk.Row(_key(each), each, about) for each in leads], {"since": dict(since)})
                since[id_] = begun.isoformat()
                yield sdk.Page((), {"since": dict(since)}, done=number / len(forms))

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Touchpoint]:
        """The form as its sender's touchpoint, with the ad that it stood under."""
        lead = sdk.read(Lead, row.payload)
        form = Form([(each.name, value) for each in lead.field_data for value in each.values])
        if any(value.startswith(_TEST) for _, value in form.fields):
            return
        found = touchpoint(
            form, meanings(form, {}), lead.created_time, name=row.envelope.get("form", ""), page="",
            region=self._settings.region, agreed=_agreed(lead),
        )  # fmt: skip
        origin = sdk.Origin(
            source=_PLATFORMS.get(lead.platform, lead.platform or "facebook"),
            medium="organic" if lead.is_organic else "paid",
            campaign=lead.campaign_name,
            content=lead.ad_name,
        )
        about = {"ad_id": lead.ad_id, "campaign_id": lead.campaign_id}
        properties = {**found.properties, **{name: value for name, value in about.items() if value}}
        yield replace(
            found, channel=sdk.Channel.SOCIAL, origin=origin, campaign=lead.campaign_name or None, properties=properties
        )

    def _asked(self, since: str | None) -> dict[str, str]:
        fields = ",".join((*_FIELDS, *(_AD_FIELDS if self._settings.ads else ())))
        if since is None:
            return {"fields": fields}
        after = int((datetime.fromisoformat(since) - _OVERLAP).timestamp())
        newer = {"field": "time_created", "operator": "GREATER_THAN", "value": after}
        return {"fields": fields, "filtering": json.dumps([newer])}

    def _token(self) -> str:
        token = self._settings.page_token
        return token.get_secret_value() if token else ""

    async def _listed(self, http: httpx.AsyncClient, path: str, asked: dict[str, str]) -> AsyncIterator[list[bytes]]:
        """The pages of a list. A short page is not the last; one without a next is."""
        secret = self._settings.app_secrets[0].get_secret_value().strip()
        proof = hmac.digest(secret.encode(), self._token().encode(), hashlib.sha256).hex()
        asked = {**asked, "limit": "100", "appsecret_proof": proof}
        while True:
            answer = await http.get(path, params=asked, extensions={"expect": {400, 403}})
            said = _read(answer)
            yield sdk.items(answer.content, "data")
            paging = said.get("paging")
            after = text_in(paging.get("cursors"), "after") if isinstance(paging, dict) and paging.get("next") else ""
            if not after:
                return
            if after == asked.get("after"):
                raise sdk.SourceFailed(f"{answer.url.host} does not page: a page leads to itself.")
            asked["after"] = after


def _agreed(lead: Lead) -> dict[str, object] | None:
    """What was said to the form's own boxes; None when it has none. Who leaves one out has not agreed to all."""
    boxes = lead.custom_disclaimer_responses
    ticked = [each.checkbox_key for each in boxes if each.is_checked not in ("", "0", False)]
    said = {"given": len(ticked) == len(boxes), "text": ", ".join(ticked), "at": lead.created_time.isoformat()}
    return said if boxes else None


def _read(answer: httpx.Response) -> dict[str, Any]:
    """What was answered. Raises what an error of the Graph API means."""
    host = answer.url.host
    try:
        said = posted_object(answer.content)
    except sdk.RowUnreadable:
        raise sdk.SourceFailed(f"{host} answered with something that is no JSON object.") from None
    if answer.status_code == 200:
        return said
    error = said.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if code == _OVER:
        raise sdk.SignInAgain(f"{host} does not take the Page's access token any more.")
    if code in _BUSY:
        raise sdk.RetryLater(f"{host} asks for patience.", after=_patience(answer))
    if code in _NOT_ALLOWED or answer.status_code == 403:
        raise sdk.SignInAgain(f"The Page's access token may not read leads (error {code} of the Graph API).")
    raise sdk.SourceFailed(f"{host} answered {answer.status_code} (error {code} of the Graph API).")


def _patience(answer: httpx.Response) -> float:
    """Seconds until Meta takes requests again, by its own estimate in minutes, or an hour."""
    try:
        usage: dict[str, Any] = json.loads(answer.headers.get("x-business-use-case-usage", ""))
        minutes = [float(each["estimated_time_to_regain_access"]) for uses in usage.values() for each in uses]
        return max(60.0, min(max(minutes) * 60, 24 * _HOUR))
    except (ValueError, TypeError, KeyError, AttributeError):
        return _HOUR


def _key(payload: bytes) -> str:
    said = json.loads(payload)
    id_ = said.get("id") if isinstance(said, dict) else None
    if not isinstance(id_, str) or not id_:
        raise sdk.SourceFailed("The answer holds a lead without an id.")
    return id_
