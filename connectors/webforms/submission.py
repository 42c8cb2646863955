"""What a submitted form means, wherever it was submitted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from connectors.webforms.arrival import address, origin
from connectors.webforms.body import Form
from connectors.webforms.fields import identifiers, score, submitted, traits
from hub import sdk


def touchpoint(
    form: Form, found: Mapping[str, str], at: datetime, *, name: str, page: str, region: str,
    agreed: Mapping[str, object] | None, technical: Collection[str] = (),
) -> sdk.Touchpoint:  # fmt: skip
    """The submission as its sender's touchpoint.

    ``found``: what its fields mean; ``page``: where it was filled in; ``agreed``: what the sender said when asked to
    agree; ``technical``: fields that say nothing.
    """
    fields = {key.lower(): form.first(key) for key, _ in form.fields}
    came_from, campaign, click = origin(fields, page, found.get("referrer", ""))
    kept = {
        "form": name,
        "url": address(page),
        "fields": submitted(form, technical),
        "attachments": form.files,
        "consent": agreed,
        "click_id_kind": click,
    }
    return sdk.Touchpoint(
        kind="form",
        channel=sdk.Channel.WEB,
        direction=sdk.Direction.INBOUND,
        occurred_at=at,
        title=name or found.get("page_title", ""),
        text=found.get("text"),
        quantity=score(found),
        origin=came_from,
        campaign=campaign or None,
        # Who does not agree is known by what they typed, not by what their browser keeps.
        identifiers=tuple(identifiers(found, region, with_cookie=not agreed or bool(agreed["given"]))),
        traits=traits(found),
        properties={key: value for key, value in kept.items() if value},
    )
