"""Posts, forms and calls."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from rupali.people import Person
from rupali.texts import TEXTS
from rupali.world import COUNTS, END, chance, number, pick

OURS = {"id": "https://social.example/users/rupali", "handle": "@rupali@social.example", "name": "Rupali Kitchen"}


POSTS: list[dict[str, Any]] = []


FORMS: list[dict[str, Any]] = []


CALLS: list[dict[str, Any]] = []


def post(
    person: Person,
    at: datetime,
    kind: str,
    text: str = "",
    *,
    answers: str = "",
    outbound: bool = False,
    rating: int = 0,
) -> str:
    """Add a line of the social archive and return its id."""
    post_id = str(114000000000000 + int(at.timestamp()) * 64 + len(POSTS) % 64)
    theirs = {name: person.account[name] for name in ("id", "handle", "name")}
    line = {
        "id": post_id,
        "network": "mastodon",
        "type": kind,
        "at": at.isoformat(),
        "from": OURS if outbound else theirs,
        "to": theirs if outbound else OURS,
    }
    if text:
        line |= {"text": text, "language": person.language}
        line |= {"url": f"{(OURS if outbound else theirs)['id'].replace('/users/', '/@')}/{post_id}"}
    if answers:
        line["in_reply_to"] = answers
    if rating:
        line["rating"] = rating
    if at < END:
        POSTS.append(line)
        COUNTS["SOCIAL"] += 1
    return post_id


def talk(person: Person, at: datetime) -> None:
    """They mention us, and we usually answer."""
    words = TEXTS[person.language]
    first = post(person, at, "mention", f"@rupali@social.example {pick(words['mentions'])}")
    if chance(0.6):
        answer = f"{person.account['handle']} {pick(words['answers'])}"
        post(person, at + timedelta(minutes=number(10, 600)), "reply", answer, answers=first, outbound=True)


def form(at: datetime, fields: dict[str, str], *, counted: int = 1) -> None:
    """Add a submission of the website."""
    if at < END:
        FORMS.append({"at": at.isoformat(), "origin": "https://www.rupali.example", "fields": fields})
        COUNTS["WEB"] += counted


def enquiry(person: Person, at: datetime, *, phone: bool = True) -> None:
    """They fill in the contact form."""
    fields = {"form": "Contact", "name": person.written(), "email": person.email}
    if phone and person.phone and chance(0.8):
        fields["phone"] = person.typed_phone()
    fields |= {"message": pick(TEXTS[person.language]["questions"])[1], "language": person.language}
    source = pick(["", "", "facebook", "google", "newsletter"])
    if source:
        medium = {"facebook": "paid_social", "google": "cpc", "newsletter": "email"}[source]
        fields |= {
            "utm_source": source,
            "utm_medium": medium,
            "utm_campaign": pick(["eid-2026", "winter-pots", "wedding"]),
        }
    fields |= {
        "page_url": f"https://www.rupali.example/{pick(['contact', 'cookers', 'pans', 'sets'])}",
        "consent": "yes",
    }
    form(at, fields)


def score(person: Person, at: datetime, value: int, comment: str = "") -> None:
    """They answer how likely they are to recommend us."""
    fields = {"form": "How likely are you to recommend us?", "email": person.email, "nps": str(value)}
    form(at, fields | ({"comment": comment} if comment else {}))


def call(at: datetime, phone: str, name: str, note: str, *, outbound: bool, seconds: int) -> None:
    """Add a call."""
    if at > END:
        return
    CALLS.append(
        {
            "id": "",
            "time": f"{at:%Y-%m-%d %H:%M}",
            "direction": "out" if outbound else "in",
            "phone": phone,
            "name": name,
            "seconds": seconds,
            "answered": "yes" if seconds else "no",
            "note": note,
            "agent": pick(["tania", "jamil"]),
        }
    )
    COUNTS["PHONE"] += 1


def rings(person: Person, at: datetime, *, outbound: bool = False) -> None:
    """They call, or we do."""
    note = pick(TEXTS[person.language]["calls"])
    name = person.name if chance(0.6) else ""
    call(at, person.typed_phone(), name, note, outbound=outbound, seconds=pick([0, 45, 80, 130, 240, 310]))
