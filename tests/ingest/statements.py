"""What is shown of customers, matters and touchpoints, asked for by natural keys."""

# ruff: noqa: E501 (a statement reads best as it is)

from __future__ import annotations

FACT_NAMES = "kind relationship name email phone birthday touchpoints first_touch_at last_touch_at stage stage_since standing next revenue".split()
FACTS = (
    "SELECT id, kind, relationship, name, email, phone, birthday, touchpoints, first_touch_at, last_touch_at, stage, stage_since, standing, "
    "next_change_at, revenue FROM customer"
)
FACTS_BELOW = {
    "value": "SELECT v.currency, v.invoiced, v.credited, v.paid, v.refunded, v.revenue, v.outstanding, v.orders FROM customer_value v "
    "JOIN customer c ON c.num = v.customer WHERE c.id = $1",
    "history": "SELECT s.axis, s.at, s.before, s.after, s.rule, s.touchpoints FROM stage_change s JOIN customer c ON c.num = s.customer WHERE c.id = $1",
    "traits": "SELECT t.name, t.position, t.value, t.since FROM trait t JOIN customer c ON c.num = t.customer WHERE c.id = $1",
    "tags": "SELECT t.tag FROM tag t JOIN customer c ON c.num = t.customer WHERE c.id = $1",
    "identifiers": "SELECT i.kind, i.value, i.capped, i.first_seen, i.last_seen FROM identifier i JOIN customer c ON c.num = i.customer WHERE c.id = $1",
    "matters": "SELECT m.id, m.state, m.open, m.amount, m.outstanding FROM matter m JOIN customer c ON c.num = m.customer WHERE c.id = $1",
}
DUMP = {
    "customer": "SELECT c.id, c.kind, c.relationship, c.display_name, c.name, c.email, c.phone, c.birthday, c.touchpoints, f.id, c.first_touch_at, "
    "l.id, c.last_touch_at, a.id, o.id, c.stage, c.stage_since, c.standing, c.because, c.next_change_at, c.revenue, c.currency FROM customer c "
    "LEFT JOIN touchpoint f ON f.num = c.first_touch LEFT JOIN touchpoint l ON l.num = c.last_touch "
    "LEFT JOIN touchpoint a ON a.num = c.acquired_by LEFT JOIN customer o ON o.num = c.organisation",
    "touchpoint": "SELECT t.id, c.id, o.id, t.kind, t.occurred_at, t.title, t.amount, t.currency, t.properties, t.traits, t.heard, t.record "
    "FROM touchpoint t LEFT JOIN customer c ON c.num = t.customer LEFT JOIN customer o ON o.num = t.organisation WHERE t.retracted_at IS NULL",
    "identifier": "SELECT i.id, i.capped, i.joins, c.id FROM identifier i JOIN customer c ON c.num = i.customer",
    "customer_value": "SELECT c.id, v.currency, v.invoiced, v.credited, v.paid, v.refunded, v.revenue, v.outstanding, v.orders, "
    "v.first_purchase_at, v.last_purchase_at FROM customer_value v JOIN customer c ON c.num = v.customer",
    "stage_change": "SELECT c.id, s.position, s.axis, s.at, s.before, s.after, s.rule, s.facts, s.touchpoints FROM stage_change s "
    "JOIN customer c ON c.num = s.customer",
    "trait": "SELECT c.id, t.name, t.position, t.value, t.since, p.id, t.decided FROM trait t JOIN customer c ON c.num = t.customer "
    "JOIN touchpoint p ON p.num = t.touchpoint",
    "tag": "SELECT c.id, t.tag FROM tag t JOIN customer c ON c.num = t.customer",
    "affiliation": "SELECT p.id, o.id, a.title, a.since, a.until FROM affiliation a JOIN customer p ON p.num = a.person "
    "JOIN customer o ON o.num = a.organisation",
    "matter": "SELECT m.id, m.title, m.state, m.outcome, m.open, m.amount, m.outstanding, m.opened_at, c.id, o.id FROM matter m "
    "LEFT JOIN customer c ON c.num = m.customer LEFT JOIN customer o ON o.num = m.organisation",
    "line_item": "SELECT t.id, l.position, l.description, l.amount FROM line_item l JOIN touchpoint t ON t.num = l.touchpoint "
    "WHERE t.retracted_at IS NULL",
    "search_term": "SELECT s.term, c.id FROM search_term s JOIN customer c ON c.num = s.customer",
    "problem": "SELECT record, code, message FROM problem",
    "dangling": "SELECT 'touchpoint', t.id FROM touchpoint t WHERE (t.customer IS NOT NULL AND t.customer NOT IN (SELECT num FROM customer)) "
    "OR (t.organisation IS NOT NULL AND t.organisation NOT IN (SELECT num FROM customer)) "
    "OR (t.claim IS NOT NULL AND t.claim NOT IN (SELECT num FROM claim)) "
    "UNION ALL SELECT 'matter', m.id FROM matter m WHERE (m.customer IS NOT NULL AND m.customer NOT IN (SELECT num FROM customer)) "
    "OR (m.organisation IS NOT NULL AND m.organisation NOT IN (SELECT num FROM customer)) "
    "UNION ALL SELECT 'identifier', i.id FROM identifier i WHERE (i.customer IS NOT NULL AND i.customer NOT IN (SELECT num FROM customer)) "
    "UNION ALL SELECT 'customer', c.id FROM customer c WHERE (c.organisation IS NOT NULL AND c.organisation NOT IN (SELECT num FROM customer)) "
    "UNION ALL SELECT 'claim', c.digest FROM claim c WHERE c.touchpoints = 0 OR (c.customer IS NOT NULL AND c.customer NOT IN (SELECT num FROM customer))",
}
