"""Times as Xero writes them: ``/Date(1539993600000+0000)/``, milliseconds since 1970 with the zone to show them in."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Annotated

from pydantic import BeforeValidator

_WRITTEN = re.compile(r"/Date\((-?\d{1,15})(?:([+-])(\d\d)(\d\d))?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(text: object) -> datetime:
    """An instant, in the zone it is written with; ISO 8601 is read too. Raises ``ValueError``."""
    try:
        found = _WRITTEN.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            at = datetime.fromisoformat(str(text))
            return at if at.tzinfo else at.replace(tzinfo=UTC)
        sign = -1 if found[2] == "-" else 1
        zone = timezone(sign * timedelta(hours=int(found[3] or 0), minutes=int(found[4] or 0)))
        return (_EPOCH + timedelta(milliseconds=int(found[1]))).astimezone(zone)
    except (ValueError, OverflowError):
        raise ValueError(f"{str(text)[:40]!r} is no time as Xero writes it") from None


Instant = Annotated[datetime, BeforeValidator(lambda text: instant(text).astimezone(UTC))]
Day = Annotated[date, BeforeValidator(lambda text: instant(text).date())]
"""A day is written as its midnight, in the zone that it is written with."""
