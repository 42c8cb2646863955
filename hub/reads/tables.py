"""The rows that objects of the schema are."""

from __future__ import annotations

from collections.abc import Mapping

from hub import kinds
from hub.reads.tree import Table
from hub.values import Side

CUSTOMER = Table("customer c", "c")
TOUCHPOINT = Table("touchpoint t", "t")
IDENTIFIER = Table("identifier i", "i")
MATTER = Table("matter m", "m")
PARTICIPANT = Table("participant p", "p")
LINE = Table("line_item l", "l")
SOURCE = Table("source s", "s")
RUN = Table("run u", "u")
USER = Table("hub_user w", "w")
CAMPAIGN = Table("campaign n", "n")
PRODUCT = Table("product d", "d")
TRAIT = Table("trait r", "r")
TAG = Table("tag g", "g")
CONVERTED = Table("converted_value o", "o")
CHANGE = Table("stage_change h", "h")
SCORE = Table("customer_score s", "s")
SATISFACTION = Table("satisfaction a", "a", {"whole": "a.total"})
AFFILIATION = Table("affiliation a", "a")
MATTER_CHANGE = Table("matter_change h", "h")
PROBLEM = Table("problem p", "p")
RUN_STREAM = Table("run_stream k", "k")
RECORD = Table("record r", "r", {"id": "('rec_' || r.number)"})
UNREADABLE = Table("problem p JOIN record r ON r.number = p.record", "r", RECORD.columns)
SOURCE_CHANGE = Table("source_change c", "c", {"id": "('sch_' || c.number)"})
LEDGER = Table("ledger e", "e", {"id": "('chg_' || e.number || '_' || e.ordinal)"})
STAGE_TIME = Table(
    "(SELECT stage, min(position) AS place, min(at) AS entered_at, max(at) AS latest_entered_at, "
    "CASE WHEN count(*) > count(ended) THEN NULL ELSE max(ended) END AS exited_at, "
    "CAST(coalesce(sum(ended - at), 0) AS bigint) AS lasted, count(*) AS times "
    "FROM (SELECT position, after AS stage, at, lead(at) OVER (ORDER BY position) AS ended "
    "FROM stage_change WHERE customer = {num} AND axis = 'STAGE') spell WHERE stage IS NOT NULL "
    "GROUP BY stage) y",
    "y",
)
FORMER_ID = "('cus_' || substr(t.id, 4) || CASE WHEN {kind} = 'ORGANISATION' THEN '_org' ELSE '' END)"
FORMER = Table("touchpoint t", "t", {"former": FORMER_ID})
CUSTOMER_OF_TOUCHPOINT = Table("touchpoint t JOIN customer c ON c.num = t.customer", "c")
TOUCHPOINT_OF_MATTER = Table(
    "matter_touchpoint x JOIN touchpoint t ON t.num = x.touchpoint AND t.retracted_at IS NULL", "t"
)
TOUCHPOINT_OF_RECORD = Table(
    "record_touchpoint x JOIN touchpoint t ON t.num = x.touchpoint AND t.retracted_at IS NULL", "t"
)
MATTER_OF_TOUCHPOINT = Table("matter_touchpoint x JOIN matter m ON m.num = x.matter", "m")
IDENTIFIER_OF_CLAIM = Table("claim_identifier x JOIN identifier i ON i.num = x.identifier", "i")

TODAY_OR_BEFORE = "c.num = coalesce((SELECT e.num FROM customer e WHERE e.id = {given}), " + ", ".join(
    f"(SELECT e.num FROM touchpoint t JOIN customer e ON e.num = t.{side} WHERE t.gave_id AND e.kind = '{kind}' AND "
    f"t.id = 'tp_' || substr(replace({{given}}, '_org', ''), 5) AND {{given}} = 'cus_' || substr(t.id, 4) || '{end}')"
    for side, kind, end in (("customer", "PERSON", ""), ("organisation", "ORGANISATION", "_org"))
) + ")"  # fmt: skip
"""By an id, a former one too: it names the touchpoint it was given by."""

KIND_OF_SIDE = {Side.PERSON: "{kind} <> 'ORGANISATION'", Side.ORGANISATION: "{kind} = 'ORGANISATION'"}
"""What is so of a customer of each side."""

BY_PREFIX: Mapping[str, tuple[str, Table, str]] = {
    "cus": ("Customer", CUSTOMER, TODAY_OR_BEFORE),
    "tp": ("Touchpoint", TOUCHPOINT, "t.id = {given}"),
    "mat": ("Matter", MATTER, "m.id = {given}"),
    "idn": ("Identifier", IDENTIFIER, "i.id = {given}"),
    "lin": ("LineItem", LINE, "l.id = {given}"),
    "prd": ("Product", PRODUCT, "d.id = {given}"),
    "cmp": ("Campaign", CAMPAIGN, "n.id = {given}"),
    "usr": ("User", USER, "w.id = {given}"),
    "src": ("Source", SOURCE, "s.id = {given}"),
    "run": ("Run", RUN, "u.id = {given}"),
}
"""With what ids begin, what they name for whoever may read, and the condition on what is ``{given}``."""

_TOUCHPOINTS = (*(name for name in dict.fromkeys(each.type_name for each in kinds.KINDS.values())), kinds.CUSTOM)
KINDS: Mapping[str, tuple[str, ...]] = {
    name: tuple(sorted(each.name for each in kinds.KINDS.values() if each.type_name == name))
    for name in dict.fromkeys(_TOUCHPOINTS)
    if name != kinds.CUSTOM
}
"""The kinds of touchpoints that have a type of their own, by type; all others are ``kinds.CUSTOM``."""

STANDS: Mapping[str, Table] = {
    "Customer": CUSTOMER,
    "Lifecycle": CUSTOMER,
    "Touchpoint": TOUCHPOINT,
    **dict.fromkeys(_TOUCHPOINTS, TOUCHPOINT),
    "Identifier": IDENTIFIER,
    "Participant": PARTICIPANT,
    "LineItem": LINE,
    "Source": SOURCE,
    "Run": RUN,
    "User": USER,
    "Campaign": CAMPAIGN,
    "Product": PRODUCT,
    "StageChange": CHANGE,
    "Because": CHANGE,
    "Quantity": TOUCHPOINT,
    "Matter": MATTER,
    "MatterChange": MATTER_CHANGE,
    "Trait": TRAIT,
    "Affiliation": AFFILIATION,
    "Acquisition": TOUCHPOINT,
    "Birthday": CUSTOMER,
    "Scores": SCORE,
    "Prediction": SCORE,
    "Satisfaction": CUSTOMER,
    "SurveyScore": SATISFACTION,
    "StageTime": STAGE_TIME,
    "Record": RECORD,
    "Problem": PROBLEM,
    "RunStream": RUN_STREAM,
    "SourceChange": SOURCE_CHANGE,
    "Change": LEDGER,
}
"""The rows that objects of a type are."""
