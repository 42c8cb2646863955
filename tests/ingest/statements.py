"""What is shown of customers, matters and touchpoints, asked for by natural keys."""

# ruff: noqa: E501 (a statement reads best as it is)

from __future__ import annotations

from hub.store.fingerprint import SECTIONS

DUMP = {
    "customer": "SELECT c.id, c.kind, c.relationship, c.display_name, c.name, c.email, c.phone, c.birthday, c.touchpoints, f.id, c.first_touch_at, "
    "l.id, c.last_touch_at, a.id, o.id, c.stage, c.stage_since, c.standing, c.because, c.next_change_at, c.revenue, c.currency FROM customer c "
    "LEFT JOIN touchpoint f ON f.num = c.first_touch LEFT JOIN touchpoint l ON l.num = c.last_touch "
    "LEFT JOIN touchpoint a ON a.num = c.acquired_by LEFT JOIN customer o ON o.num = c.organisation",
    "touchpoint": "SELECT t.id, c.id, o.id, t.kind, t.occurred_at, t.title, t.amount, t.currency, t.properties, t.traits, t.heard, t.record "
    "FROM touchpoint t LEFT JOIN customer c ON c.num = t.customer LEFT JOIN customer o ON o.num = t.organisation WHERE t.retracted_at IS NULL",
    "identifier": "SELECT i.id, i.capped, i.joins, c.id FROM identifier i JOIN customer c ON c.num = i.customer",
    "customer_value": SECTIONS["customer_value"],
    "converted_value": SECTIONS["converted_value"],
    "debt": SECTIONS["debt"],
    "engagement": SECTIONS["engagement"],
    "satisfaction": SECTIONS["satisfaction"],
    "exchange_rate": "SELECT x.base, x.quote, x.day, s.id, x.rate FROM exchange_rate x JOIN source s ON s.num = x.source",
    "purchase": "SELECT c.id, t.id, p.at, p.day, p.amount, p.currency, p.converted FROM purchase p JOIN customer c ON c.num = p.customer "
    "JOIN touchpoint t ON t.num = p.touchpoint",
    "stage_change": "SELECT c.id, s.position, s.axis, s.at, s.before, s.after, s.rule, s.facts, s.touchpoints FROM stage_change s "
    "JOIN customer c ON c.num = s.customer",
    "trait": "SELECT c.id, t.name, t.position, t.value, t.since, p.id, t.decided FROM trait t JOIN customer c ON c.num = t.customer "
    "JOIN touchpoint p ON p.num = t.touchpoint",
    "tag": "SELECT c.id, t.tag FROM tag t JOIN customer c ON c.num = t.customer",
    "affiliation": "SELECT p.id, o.id, a.title, a.since, a.until FROM affiliation a JOIN customer p ON p.num = a.person "
    "JOIN customer o ON o.num = a.organisation",
    "matter": "SELECT m.id, m.title, m.state, m.outcome, m.open, m.amount, m.outstanding, m.opened_at, m.closed_after, m.state_since, c.id, o.id "
    "FROM matter m "
    "LEFT JOIN customer c ON c.num = m.customer LEFT JOIN customer o ON o.num = m.organisation",
    "matter_change": "SELECT m.id, x.position, x.at, x.before, x.after, x.open, x.outcome, t.id, x.lasted FROM matter_change x "
    "JOIN matter m ON m.num = x.matter JOIN touchpoint t ON t.num = x.touchpoint",
    "line_item": "SELECT t.id, l.position, l.description, l.amount FROM line_item l JOIN touchpoint t ON t.num = l.touchpoint "
    "WHERE t.retracted_at IS NULL",
    "search_term": "SELECT s.term, c.id FROM search_term s JOIN customer c ON c.num = s.customer",
    "problem": "SELECT record, code, message FROM problem",
    "dangling": "SELECT 'touchpoint', t.id FROM touchpoint t WHERE (t.customer IS NOT NULL AND t.customer NOT IN (SELECT num FROM customer)) "
    "OR (t.organisation IS NOT NULL AND t.organisation NOT IN (SELECT num FROM customer)) "
    "OR (t.claim IS NOT NULL AND t.claim NOT IN (SELECT num FROM claim)) "
    "UNION ALL SELECT 'matter', m.id FROM matter m WHERE (m.customer IS NOT NULL AND m.customer NOT IN (SELECT num FROM customer)) "
    "OR (m.organisation IS NOT NULL AND m.organisation NOT IN (SELECT num FROM customer)) "
    "UNION ALL SELECT 'purchase', CAST(p.touchpoint AS TEXT) FROM purchase p WHERE p.customer NOT IN (SELECT num FROM customer) "
    "OR p.touchpoint NOT IN (SELECT num FROM touchpoint WHERE retracted_at IS NULL) "
    "UNION ALL SELECT 'identifier', i.id FROM identifier i WHERE (i.customer IS NOT NULL AND i.customer NOT IN (SELECT num FROM customer)) "
    "UNION ALL SELECT 'customer', c.id FROM customer c WHERE (c.organisation IS NOT NULL AND c.organisation NOT IN (SELECT num FROM customer)) "
    "UNION ALL SELECT 'claim', c.digest FROM claim c WHERE c.touchpoints = 0 OR (c.customer IS NOT NULL AND c.customer NOT IN (SELECT num FROM customer))",
}

INSIDE = {
    "claim": "SELECT k.digest, k.name_key, k.touchpoint, k.first_at, k.first_key, k.touchpoints, c.id, o.id FROM claim k "
    "LEFT JOIN customer c ON c.num = k.customer LEFT JOIN customer o ON o.num = k.organisation",
    "claim_identifier": "SELECT k.digest, i.id FROM claim_identifier ci JOIN claim k ON k.num = ci.claim JOIN identifier i ON i.num = ci.identifier",
    "seen": "SELECT id, blocked, first_seen, last_seen FROM identifier",
    "matter_touchpoint": "SELECT m.id, t.id, s.occurred_at, s.claim FROM matter_touchpoint s JOIN matter m ON m.num = s.matter "
    "JOIN touchpoint t ON t.num = s.touchpoint",
    "record_touchpoint": "SELECT r.record, t.id FROM record_touchpoint r JOIN touchpoint t ON t.num = r.touchpoint",
    "touchpoint_inside": "SELECT t.id, k.digest FROM touchpoint t LEFT JOIN claim k ON k.num = t.claim WHERE t.retracted_at IS NULL",
    "affiliation_inside": "SELECT p.id, o.id, t.id FROM affiliation a JOIN customer p ON p.num = a.person JOIN customer o ON o.num = a.organisation "
    "JOIN touchpoint t ON t.num = a.touchpoint",
}
"""What is shown to nobody, but decides what will be shown."""
MEMBERS = (
    "SELECT c.id, c.kind, t.id FROM customer c JOIN touchpoint t ON t.customer = c.num WHERE t.retracted_at IS NULL UNION ALL "
    "SELECT c.id, c.kind, t.id FROM customer c JOIN touchpoint t ON t.organisation = c.num WHERE t.retracted_at IS NULL"
)
NAMERS = (
    "SELECT c.id, c.kind, t.heard, t.id FROM customer c JOIN claim k ON k.customer = c.num OR k.organisation = c.num "
    "JOIN touchpoint t ON t.claim = k.num WHERE t.retracted_at IS NULL AND EXISTS (SELECT 1 FROM claim_identifier ci "
    "JOIN identifier i ON i.num = ci.identifier WHERE ci.claim = k.num AND i.joins AND i.side = c.kind)"
)
RECORDS = "SELECT r.number, s.name || ' ' || r.stream || ' ' || r.key || ' ' || coalesce(r.source_version, '') || ' ' || r.digest FROM record r JOIN source s ON s.num = r.source"
WITHDRAWALS = "SELECT kind, target, restore FROM withdrawal ORDER BY number"
BEHIND = (
    "SELECT t.id, r.number, u.id, s.id FROM record_touchpoint y JOIN touchpoint t ON t.num = y.touchpoint JOIN record r ON r.number = y.record "
    "JOIN run u ON u.num = r.run JOIN source s ON s.num = r.source"
)
