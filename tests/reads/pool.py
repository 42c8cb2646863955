"""What a filled hub has to ask about: ids, words, and cursors of each list in each order."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import Served
from tests.reads.hostile import SAID
from tests.reads.values import Pool

IDS = """{
  customers(first: 500, filter: {relationships: [CUSTOMER, SUPPLIER]}) {
    nodes { id formerIds tags traits { name } identifiers(first: 3) { nodes { id kind value } } } }
  touchpoints(first: 500) { nodes { id kind campaign { id } record { id key stream } source { id }
    ... on Invoice { lines { nodes { id product { id } } } } } }
  matters(first: 500) { nodes { id owner { id } state } }
  sources { nodes { id runs { nodes { id } } } }
  segments { id }
  changes(first: 5) { nodes { id } }
}"""
_ORDERS = [
    f"{{field: {name}, direction: {way}}}"
    for name in ("FIRST_TOUCH", "LAST_TOUCH", "NAME", "REVENUE", "STAGE", "STANDING", "ENGAGEMENT")
    for way in ("ASC", "DESC")
]
_MATTER_ORDERS = [f"{{field: {name}, direction: DESC}}" for name in ("OPENED", "DUE", "AMOUNT", "CLOSED")]
_TIMELINE = ["", "NEWEST_FIRST", "OLDEST_FIRST", "RECORDED_FIRST"]
LISTS = {
    "Query.customers": ("customers", ["", *_ORDERS]),
    "Query.touchpoints": ("touchpoints", _TIMELINE),
    "Query.matters": ("matters", ["", *_MATTER_ORDERS]),
    "Query.sources": ("sources", [""]),
    "Query.changes": ("changes", [""]),
    "Customer.timeline": ("customer(by: {id: \"%s\"}) { list: timeline", _TIMELINE),
    "Customer.matters": ("customer(by: {id: \"%s\"}) { list: matters", [""]),
    "Customer.identifiers": ("customer(by: {id: \"%s\"}) { list: identifiers", [""]),
    "Source.runs": ("source(id: \"%s\") { list: runs", [""]),
}  # fmt: skip


def pool(service: Served) -> Pool:
    """What a hub has, as of now."""
    held = service.ask(IDS)
    customers = held["customers"]["nodes"]
    touchpoints = held["touchpoints"]["nodes"]
    sources = [each["id"] for each in held["sources"]["nodes"]]
    runs = [run["id"] for each in held["sources"]["nodes"] for run in each["runs"]["nodes"]]
    identifiers = [each for customer in customers for each in customer["identifiers"]["nodes"]]
    people = [each["id"] for each in customers] + [former for each in customers for former in each["formerIds"]]
    tps = [each["id"] for each in touchpoints]
    lines = [line for each in touchpoints for line in each.get("lines", {"nodes": []})["nodes"]]
    users = [each["owner"]["id"] for each in held["matters"]["nodes"] if each["owner"]]
    segments = [each["id"] for each in held["segments"]]
    campaigns = [each["campaign"]["id"] for each in touchpoints if each["campaign"]]
    named: dict[str, list[Any]] = {
        "id": people, "customer": people, "a": people, "b": people, "touchpoint": tps, "owner": users or ["usr_0"],
        "segment": segments, "sources": sources, "source": sources, "Query.source.id": sources,
        "campaign": campaigns, "products": [each["product"]["id"] for each in lines if each["product"]],
        "kinds": sorted({each["kind"] for each in touchpoints}),
        "search": ["Twin", "busy", "করিম", "p1", "p1@x.org", "%"], "abcClasses": ["A", "B", "C"],
        "names": ["name", "city", "country", "odd \u2028"], "tags": ["vip", "\u2028", '\\"'],
        "utmSource": list(SAID[:8]), "pipeline": ["sales"], "states": ["new", "won", "\u2028"],
        "PropertyFilter.name": ["city", "seconds", "subject", "number", "true", "é", "name"],
        "IdentifierInput": [{"kind": each["kind"], "value": each["value"]} for each in identifiers[:60]],
    }  # fmt: skip
    changes = [each["id"] for each in held["changes"]["nodes"]]
    records = [each["record"]["id"] for each in touchpoints if each["record"]]
    matters = [each["id"] for each in held["matters"]["nodes"]]
    anything = [people, tps, matters, records[:20], [each["id"] for each in identifiers[:20]]]
    few = [sources, runs, segments, campaigns, users, [each["id"] for each in lines], changes]
    named["Query.node.id"] = named["ids"] = [each for kind in (*anything, *few) for each in kind[:25]]
    return Pool(named, {place: _cursors(service, place, people[:3], sources) for place in LISTS})


def _cursors(service: Served, place: str, people: list[str], sources: list[str]) -> list[tuple[str, str]]:
    """Cursors of one list in each of its orders."""
    found = []
    field, orders = LISTS[place]
    for owner in people if field.startswith("customer(") else sources if "%s" in field else [""]:
        for order in orders:
            path = field.replace("%s", owner) if "%s" in field else f"list: {field}"
            asked = f"(first: 12{f', orderBy: {order}' if order else ''})"
            data = service.ask(f"{{ {path}{asked} {{ edges {{ cursor }} }} }}" + (" }" if "{ list" in path else ""))
            edges = (data.get("list") or next(iter(data.values()))["list"])["edges"]
            found += [(order, each["cursor"]) for each in edges[::3]]
    return found
