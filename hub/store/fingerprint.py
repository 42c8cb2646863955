"""The fingerprint of a projection set: one hash a table, the same for two sets that say the same of the same truth.

It covers named columns, with public ids in the place of row numbers, so that neither the database nor the order in
which rows were written shows. Sets are comparable when they have processed the same truth number, at the same clock.

Left out, because it is history and no function of truth:

- the ledger, which is log;
- what is yet to be counted in rollups, which are compared when nothing is;
- how far the processor has come, its clock, and how far new lifecycle rules were applied;
- retracted touchpoints: a version that was replaced before it was processed never became a touchpoint;
- ``touchpoint.gave_id``, which remembers the ids customers had in between;
- how an identifier was written first (``display``) and what is made of it: its masked form, the words of the search,
  and of a customer the e-mail address and the name shown where no name is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from hub.store.session import Session

_WHOSE = "LEFT JOIN customer c ON c.num = {0}.customer LEFT JOIN customer o ON o.num = {0}.organisation"
_COMPONENTS = (
    "(SELECT {0}_component AS num, min(digest) AS digest FROM claim WHERE {0}_component IS NOT NULL GROUP BY 1)"
)
_PERSONS, _ORGANISATIONS = _COMPONENTS.format("person"), _COMPONENTS.format("organisation")

SECTIONS: Mapping[str, str] = {
    "problem": "SELECT record, source, run, code, message, path, hint FROM problem",
    "touchpoint": (
        "SELECT t.id, t.source, t.record, t.heard, t.kind, t.channel, t.direction, t.automated, t.historical, "
        "t.occurred_at, t.occurred_on, t.time_precision, t.recorded_at, t.title, t.text, t.amount, t.currency, t.cost, "
        "t.cost_currency, t.quantity, t.quantity_unit, t.origin_source, t.origin_medium, t.origin_campaign, "
        "t.origin_term, t.origin_content, t.origin_click_id, t.origin_referrer, t.origin_landing_page, p.id, "
        "t.document, t.document_key, t.settles, t.thread, t.due_on, t.deal_open, t.properties, t.traits, l.digest, "
        "t.anchor, c.id, o.id, t.digest FROM touchpoint t LEFT JOIN campaign p ON p.num = t.campaign "
        f"LEFT JOIN claim l ON l.num = t.claim {_WHOSE.format('t')} WHERE t.retracted_at IS NULL"
    ),
    "record_touchpoint": ("SELECT r.record, t.id FROM record_touchpoint r JOIN touchpoint t ON t.num = r.touchpoint"),
    "participant": (
        "SELECT t.id, p.position, p.role, p.name, p.identifier, p.identifier_masked, p.name_masked "
        "FROM participant p JOIN touchpoint t ON t.num = p.touchpoint WHERE t.retracted_at IS NULL"
    ),
    "line_item": (
        "SELECT t.id, l.position, l.id, p.id, l.description, l.quantity, l.unit_price, l.amount, l.tax, l.currency "
        "FROM line_item l JOIN touchpoint t ON t.num = l.touchpoint LEFT JOIN product p ON p.num = l.product "
        "WHERE t.retracted_at IS NULL"
    ),
    "product": "SELECT id, source, sku, name, category, record FROM product",
    "campaign": "SELECT id, reference, name, channel, starts_on, ends_on, budget, spend, currency FROM campaign",
    "spend": (
        "SELECT s.record, s.position, s.day, s.channel, p.id, s.amount, s.currency FROM spend s "
        "LEFT JOIN campaign p ON p.num = s.campaign"
    ),
    "hub_user": "SELECT id, reference, name, email, time_zone, record FROM hub_user",
    "identifier": (
        "SELECT i.id, i.kind, i.namespace, i.value, i.side, i.rank, i.hidden, i.blocked, i.capped, i.joins, "
        "coalesce(q.digest, r.digest), c.id, i.first_seen, i.last_seen FROM identifier i "
        f"LEFT JOIN customer c ON c.num = i.customer LEFT JOIN {_PERSONS} q ON i.side = 'PERSON' "
        f"AND q.num = i.component LEFT JOIN {_ORGANISATIONS} r ON i.side = 'ORGANISATION' AND r.num = i.component"
    ),
    "claim": (
        "SELECT a.digest, a.name_key, a.touchpoint, a.first_at, a.first_key, a.heard, a.heard_id, a.touchpoints, "
        f"q.digest, r.digest, c.id, o.id FROM claim a LEFT JOIN {_PERSONS} q ON q.num = a.person_component "
        f"LEFT JOIN {_ORGANISATIONS} r ON r.num = a.organisation_component {_WHOSE.format('a')}"
    ),
    "claim_identifier": (
        "SELECT c.digest, i.id FROM claim_identifier x JOIN claim c ON c.num = x.claim "
        "JOIN identifier i ON i.num = x.identifier"
    ),
    "matter": (
        "SELECT m.id, m.source, m.kind, m.reference, m.title, m.pipeline, m.state, m.outcome, m.open, m.amount, "
        "m.outstanding, m.currency, u.id, m.opened_at, m.due_at, m.closed_at, c.id, o.id, p.id, m.properties, "
        "m.owner_named, m.state_since, m.opened_on, m.closed_on, m.closed_after, m.answered_after, m.balance, "
        "m.balance_unit, m.due_place, m.closed_place, m.amount_place "
        "FROM matter m LEFT JOIN hub_user u ON u.num = m.owner LEFT JOIN campaign p ON p.num = m.campaign "
        + _WHOSE.format("m")
    ),
    "matter_touchpoint": (
        "SELECT m.id, t.id, x.occurred_at, x.claim FROM matter_touchpoint x JOIN matter m ON m.num = x.matter "
        "JOIN touchpoint t ON t.num = x.touchpoint"
    ),
    "matter_change": (
        "SELECT m.id, x.position, x.at, x.before, x.after, x.open, x.outcome, t.id, x.lasted FROM matter_change x "
        "JOIN matter m ON m.num = x.matter JOIN touchpoint t ON t.num = x.touchpoint"
    ),
    "customer": (
        "SELECT c.id, c.kind, c.relationship, c.name, c.name_masked, c.phone, c.phone_masked, c.birthday, "
        "c.birthday_day, c.language, c.country, c.city, u.id, o.id, c.touchpoints, f.id, c.first_touch_at, "
        "l.id, c.last_touch_at, a.id, c.stage, c.stage_since, c.standing, c.because, c.next_change_at, c.revenue, "
        "c.currency FROM customer c LEFT JOIN hub_user u ON u.num = c.owner "
        "LEFT JOIN customer o ON o.num = c.organisation LEFT JOIN touchpoint f ON f.num = c.first_touch "
        "LEFT JOIN touchpoint l ON l.num = c.last_touch LEFT JOIN touchpoint a ON a.num = c.acquired_by"
    ),
    "customer_value": (
        "SELECT c.id, v.currency, v.invoiced, v.credited, v.paid, v.refunded, v.reversals, v.revenue, v.outstanding, "
        "v.orders, v.first_purchase_at, v.last_purchase_at, v.settled, v.days_to_pay, v.settled_due, v.days_late "
        "FROM customer_value v JOIN customer c ON c.num = v.customer"
    ),
    "converted_value": (
        "SELECT c.id, v.currency, v.invoiced, v.credited, v.paid, v.refunded, v.reversals, v.revenue, v.missing, "
        "v.missing_on, v.unconverted, v.first_on, v.last_on FROM converted_value v "
        "JOIN customer c ON c.num = v.customer"
    ),
    "debt": "SELECT c.id, d.currency, d.due, d.amount FROM debt d JOIN customer c ON c.num = d.customer",
    "engagement": "SELECT c.id, e.level, e.contacts FROM engagement e JOIN customer c ON c.num = e.customer",
    "satisfaction": (
        "SELECT c.id, s.unit, s.answers, s.total, s.latest, s.latest_at FROM satisfaction s "
        "JOIN customer c ON c.num = s.customer"
    ),
    "purchase": (
        "SELECT c.id, t.id, p.at, p.day, p.amount, p.currency, p.converted FROM purchase p "
        "JOIN customer c ON c.num = p.customer LEFT JOIN touchpoint t ON t.num = p.touchpoint"
    ),
    "converted_touchpoint": (
        "SELECT t.id, v.day, v.amount, v.cost FROM converted_touchpoint v JOIN touchpoint t ON t.num = v.touchpoint "
        "WHERE t.retracted_at IS NULL"
    ),
    "touchpoint_rollup": (
        "SELECT r.day, r.source, r.kind, r.channel, r.direction, r.automated, p.id, r.touchpoints, r.amount, r.cost, "
        "r.missing FROM touchpoint_rollup r LEFT JOIN campaign p ON p.num = r.campaign WHERE r.touchpoints <> 0"
    ),
    "stage_rollup": (
        "SELECT r.month, r.stage, r.relationship, r.channel, r.touchpoints, r.amount, r.cost, r.missing "
        "FROM stage_rollup r WHERE r.touchpoints <> 0"
    ),
    "exchange_rate": "SELECT base, quote, day, source, record, rate FROM exchange_rate",
    "stage_change": (
        "SELECT c.id, s.position, s.axis, s.at, s.before, s.after, s.rule, s.rule_version, s.text, s.facts, "
        "s.touchpoints FROM stage_change s JOIN customer c ON c.num = s.customer"
    ),
    "trait": (
        "SELECT c.id, x.name, x.position, x.value, x.since, t.id, x.decided FROM trait x "
        "JOIN customer c ON c.num = x.customer LEFT JOIN touchpoint t ON t.num = x.touchpoint"
    ),
    "tag": "SELECT c.id, x.tag FROM tag x JOIN customer c ON c.num = x.customer",
    "affiliation": (
        "SELECT c.id, o.id, x.title, x.since, x.until, t.id FROM affiliation x JOIN customer c ON c.num = x.person "
        "JOIN customer o ON o.num = x.organisation LEFT JOIN touchpoint t ON t.num = x.touchpoint"
    ),
}
"""What is compared of each table."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The hash of each table (64 hexadecimal digits), and how many rows went into it."""

    tables: Mapping[str, str]
    rows: Mapping[str, int]

    @property
    def whole(self) -> str:
        """One hash of all tables."""
        return hashlib.sha256(orjson.dumps(self.tables, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def differing(self, other: Fingerprint) -> list[str]:
        """The tables in which two sets differ."""
        return [name for name, hashed in self.tables.items() if other.tables[name] != hashed]


def fingerprint(session: Session, told: Callable[[int], None] = lambda _: None) -> Fingerprint:
    """The fingerprint of the projection set that a session reads. Rows stream by: memory does not grow with them.

    ``told`` hears how many rows of a table were read, now and then.
    """
    with session.snapshot():
        return read(session, told)


def read(session: Session, told: Callable[[int], None] = lambda _: None) -> Fingerprint:
    """The same within a snapshot of the caller's."""
    tables: dict[str, str] = {}
    rows: dict[str, int] = {}
    for name, statement in SECTIONS.items():
        tables[name], rows[name] = _hashed(session, statement, told)
    return Fingerprint(tables, rows)


def _hashed(session: Session, statement: str, told: Callable[[int], None]) -> tuple[str, int]:
    # Digests of rows are added up: the order in which a database gives them plays no part, and nothing is sorted.
    total = count = 0
    for chunk in session.chunks(statement):
        for row in chunk:
            # SQLite has no truth values, only 0 and 1.
            plain = [int(value) if isinstance(value, bool) else value for value in row]
            total += int.from_bytes(hashlib.sha256(orjson.dumps(plain)).digest())
        count += len(chunk)
        told(len(chunk))
    return f"{total % 2**256:064x}", count
