"""One customer in the terminal: who, which stage and why, what they are worth, and everything that happened.

No column is padded after text that people wrote: terminals do not agree how wide Bengali, Urdu or an emoji is. Such
text stands at the end of its line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from hub.cli.terminal import counted
from hub.errors import NotFound

DOCUMENT = (Path(__file__).parent / "show.graphql").read_text("utf-8")
"""The query whose answer ``show`` prints; ``variables`` fills it."""

Json = Mapping[str, Any]
ARROWS = {"INBOUND": "→", "OUTBOUND": "←", "INTERNAL": "·"}
COLOURS = {"EMAIL": "blue", "SOCIAL": "magenta", "ACCOUNTING": "yellow", "WEB": "cyan", "PHONE": "red"}
LONGEST = 90
"""Characters of a title or text that are shown."""


def variables(customer: str, first: int = 50) -> dict[str, Any]:
    """Variables of ``DOCUMENT`` for a customer as a person would name them: an id, an e-mail address or a phone."""
    typed = customer.strip()
    if typed.startswith("cus_"):
        by: dict[str, Any] = {"id": typed}
    elif typed.startswith("tp_"):
        by = {"touchpoint": typed}
    else:
        by = {"identifier": {"kind": "email" if "@" in typed else "phone", "value": typed}}
    return {"by": by, "first": first}


def show(console: Console, data: Json) -> None:
    """Print the customer of an answer to ``DOCUMENT``. Lines are never cut: a terminal wraps them itself.

    Raises ``NotFound`` when the answer holds none.
    """
    if data["customer"] is None:
        raise NotFound("There is no such customer.", hint="give an id, an e-mail address or a phone number")
    for line in lines(data["customer"], ZoneInfo(data["hub"]["timeZone"])):
        console.print(line, soft_wrap=True, highlight=False)


def lines(customer: Json, zone: ZoneInfo) -> Iterator[Text]:
    """The customer, line by line."""
    yield Text()
    yield Text(_plain(customer["displayName"]), "bold")
    yield from _who(customer)
    yield Text()
    yield from _stage(customer["lifecycle"], zone)
    yield from _value(customer["value"], zone)
    yield from _matters(customer["matters"]["nodes"], zone)
    yield Text()
    yield from _timeline(customer["timeline"], zone)
    yield Text()


def _who(customer: Json) -> Iterator[Text]:
    yield _labelled("id", customer["id"])
    if customer["formerIds"]:
        yield _labelled("also", ", ".join(customer["formerIds"]))
    # Made by the hub out of two others, e.g. name+phone: nothing a reader would call an identifier.
    shown = [one for one in customer["identifiers"]["nodes"] if "+" not in one["kind"]]
    for one in shown:
        line = _labelled("known by", f"{one['kind']:<8} ")
        line.append(_plain(one["display"]))
        if not one["joins"]:
            line.append("  (joins nobody)", "dim")
        yield line


def _stage(lifecycle: Json, zone: ZoneInfo) -> Iterator[Text]:
    line = _labelled("stage", "")
    line.append(lifecycle["stage"] or "none yet", "bold green")
    if lifecycle["standing"]:
        line.append(f", {lifecycle['standing']}")
    if lifecycle["since"]:
        line.append(f", since {_day(lifecycle['since'], zone)}", "dim")
    yield line
    if because := lifecycle["because"]:
        yield _labelled("because", f"{because['text']} (rule {because['rule']})")
        for one in because["touchpoints"][:5]:
            head = f"{_day(one['occurredAt'], zone)}  {one['channel']}  {one['kind']}  "
            yield _labelled("", head).append(_plain(one["title"] or ""))


def _value(value: Json, zone: ZoneInfo) -> Iterator[Text]:
    parts = [f"{_money(value['revenue'])} revenue", f"{value['orders']} orders"]
    if value["averageOrder"]:
        parts.append(f"{_money(value['averageOrder'])} on average")
    yield _labelled("value", ", ".join(parts))
    more = [f"{_money(value[name])} {name}" for name in ("outstanding", "refunded") if _counts(value[name])]
    more += [f"{_money(one)} not converted" for one in value["notConverted"]]
    if more:
        yield _labelled("", ", ".join(more))
    if value["firstPurchaseAt"]:
        first, last = _day(value["firstPurchaseAt"], zone), _day(value["lastPurchaseAt"], zone)
        yield _labelled("", f"first purchase {first}, last {last}")


def _matters(matters: Iterable[Json], zone: ZoneInfo) -> Iterator[Text]:
    """What is open and what was won, latest opened first."""
    shown = [one for one in matters if one["open"] or one["outcome"] == "WON"]
    kind = max((len(one["kind"]) for one in shown), default=0)
    amount = max((len(_money(one["amount"])) for one in shown), default=0)
    label = "matters"
    for one in shown:
        state = f"open since {_day(one['openedAt'], zone)}" if one["open"] else "won"
        if one["closedAt"]:
            state = f"won on {_day(one['closedAt'], zone)}"
        line = _labelled(label, f"{one['kind']:<{kind}}  {_money(one['amount']):>{amount}}  {state:<21}  ")
        yield line.append(" — ".join(_plain(said) for said in (one["state"], one["title"] or one["reference"]) if said))
        label = ""


def _timeline(timeline: Json, zone: ZoneInfo) -> Iterator[Text]:
    touchpoints = timeline["nodes"]
    count = timeline["totalCount"] or len(touchpoints)
    channels = ", ".join(dict.fromkeys(one["channel"] for one in touchpoints))
    yield Text(f"{counted(count, 'touchpoint')}, newest first: {channels}", "bold").append(
        "   → they acted  ← we did", "not bold dim"
    )
    widths = _widths(touchpoints)
    for one in touchpoints:
        yield _touchpoint(one, zone, widths)
    if timeline["pageInfo"]["hasNextPage"]:
        yield Text("... and older ones", "dim")


def _touchpoint(one: Json, zone: ZoneInfo, widths: tuple[int, int, int]) -> Text:
    channel, kind, amount = widths
    # Nothing but ASCII is padded here: dates, channels, kinds and amounts.
    line = Text(f"{_moment(one, zone):<16}  ", "dim" if one["automated"] else "")
    line.append(f"{one['channel']:<{channel}}", COLOURS.get(one["channel"], ""))
    line.append(f" {ARROWS[one['direction']]} {one['kind']:<{kind}}  {_money(one['amount']):>{amount}}  ")
    line.append(_said(one))
    if one["quantity"]:
        line.append(f" [{one['quantity']['value']} {one['quantity']['unit']}]")
    if one["automated"]:
        line.append(" (automated)")
    line.rstrip()
    return line


def _widths(touchpoints: Iterable[Json]) -> tuple[int, int, int]:
    """Of channel, kind and amount."""
    shown = [(one["channel"], one["kind"], _money(one["amount"])) for one in touchpoints]
    channel, kind, amount = (max(map(len, column)) for column in zip(*shown, strict=True)) if shown else (0, 0, 0)
    return channel, kind, amount


def _said(one: Json) -> str:
    """The title and the beginning of the text."""
    text = " — ".join(said for said in (_plain(one["title"] or ""), _plain(one["text"] or "")) if said)
    if len(text) <= LONGEST:
        return text
    # Between words: a cut inside one may fall between a letter and its vowel sign.
    return (text[:LONGEST].rpartition(" ")[0] or text[:LONGEST]) + " …"


def _labelled(label: str, text: str) -> Text:
    return Text().append(f"  {label:<9} ", "dim").append(text)


def _plain(text: str) -> str:
    """One line without what would steer a terminal: control signs, and marks that turn the rest of a line around."""
    steering = ("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069")
    kept = (" " if unicodedata.category(sign) == "Cc" else sign for sign in text if sign not in steering)
    return " ".join("".join(kept).split())


def _money(money: Json | None) -> str:
    return f"{Decimal(money['amount']):,} {money['currency']}" if money else ""


def _counts(money: Json | None) -> bool:
    return money is not None and Decimal(money["amount"]) != 0


def _local(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).astimezone(zone)


def _day(text: str, zone: ZoneInfo) -> str:
    return f"{_local(text, zone):%Y-%m-%d}"


def _moment(one: Json, zone: ZoneInfo) -> str:
    at = _local(one["occurredAt"], zone)
    return f"{at:%Y-%m-%d %H:%M}" if one["timePrecision"] == "INSTANT" else f"{at:%Y-%m-%d}"
