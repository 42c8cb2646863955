"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "affiliation",
        sa.Column("person", NUMBER, nullable=False),
        sa.Column("organisation", NUMBER, nullable=False),
        sa.Column("title", TEXT, nullable=True),
        sa.Column("since", NUMBER, nullable=False),
        sa.Column("until", NUMBER, nullable=False),
        sa.Column("touchpoint", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("person", "organisation"),
    )
    op.create_index("affiliation_back", "affiliation", ["organisation", "person"], unique=False)
    op.create_table(
        "campaign",
        sa.Column("num", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=True),
        sa.Column("starts_on", TEXT, nullable=True),
        sa.Column("ends_on", TEXT, nullable=True),
        sa.Column("budget", NUMBER, nullable=True),
        sa.Column("spend", NUMBER, nullable=True),
        sa.Column("currency", TEXT, nullable=True),
        sa.Column("record", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("num"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("reference"),
    )
    op.create_table(
        "claim",
        sa.Column("num", NUMBER, autoincrement=False, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("touchpoint", TEXT, nullable=True),
        sa.Column("first_at", NUMBER, nullable=False),
        sa.Column("first_key", TEXT, nullable=False),
        sa.Column("heard", NUMBER, nullable=False),
        sa.Column("heard_id", TEXT, nullable=False),
        sa.Column("touchpoints", NUMBER, nullable=False),
        sa.Column("person_component", NUMBER, nullable=True),
        sa.Column("organisation_component", NUMBER, nullable=True),
        sa.Column("customer", NUMBER, nullable=True),
        sa.Column("organisation", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("num"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("claim_customer", "claim", ["customer"], unique=False)
    op.create_index("claim_organisation", "claim", ["organisation"], unique=False)
    op.create_index("claim_organisation_component", "claim", ["organisation_component"], unique=False)
    op.create_index("claim_person_component", "claim", ["person_component"], unique=False)
    op.create_table(
        "claim_identifier",
        sa.Column("claim", NUMBER, nullable=False),
        sa.Column("identifier", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("claim", "identifier"),
    )
    op.create_index("claim_identifier_back", "claim_identifier", ["identifier", "claim"], unique=False)
    op.create_table(
        "customer",
        sa.Column("num", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("relationship", TEXT, nullable=False),
        sa.Column("display_name", TEXT, nullable=False),
        sa.Column("display_name_masked", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=True),
        sa.Column("name_masked", TEXT, nullable=True),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=True),
        sa.Column("email_masked", TEXT, nullable=True),
        sa.Column("phone", TEXT, nullable=True),
        sa.Column("phone_masked", TEXT, nullable=True),
        sa.Column("birthday", TEXT, nullable=True),
        sa.Column("birthday_day", NUMBER, nullable=True),
        sa.Column("language", TEXT, nullable=True),
        sa.Column("country", TEXT, nullable=True),
        sa.Column("city", TEXT, nullable=True),
        sa.Column("owner", NUMBER, nullable=True),
        sa.Column("organisation", NUMBER, nullable=True),
        sa.Column("touchpoints", NUMBER, nullable=False),
        sa.Column("first_touch", NUMBER, nullable=True),
        sa.Column("first_touch_at", NUMBER, nullable=False),
        sa.Column("last_touch", NUMBER, nullable=True),
        sa.Column("last_touch_at", NUMBER, nullable=False),
        sa.Column("acquired_by", NUMBER, nullable=True),
        sa.Column("stage", TEXT, nullable=True),
        sa.Column("stage_since", NUMBER, nullable=True),
        sa.Column("standing", TEXT, nullable=True),
        sa.Column("because", TEXT, nullable=True),
        sa.Column("next_change_at", NUMBER, nullable=True),
        sa.Column("revenue", NUMBER, nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("num"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("customer_birthday", "customer", ["birthday_day"], unique=False)
    op.create_index("customer_first_touch", "customer", ["relationship", "first_touch_at", "id"], unique=False)
    op.create_index("customer_last_touch", "customer", ["relationship", "last_touch_at", "id"], unique=False)
    op.create_index("customer_name", "customer", ["relationship", "name_key", "id"], unique=False)
    op.create_index("customer_next_change", "customer", ["next_change_at"], unique=False)
    op.create_index("customer_owner", "customer", ["owner", "last_touch_at", "id"], unique=False)
    op.create_index("customer_revenue", "customer", ["relationship", "revenue", "id"], unique=False)
    op.create_index("customer_stage", "customer", ["stage", "last_touch_at", "id"], unique=False)
    op.create_index("customer_standing", "customer", ["standing", "last_touch_at", "id"], unique=False)
    op.create_table(
        "customer_value",
        sa.Column("customer", NUMBER, nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("invoiced", NUMBER, nullable=False),
        sa.Column("credited", NUMBER, nullable=False),
        sa.Column("paid", NUMBER, nullable=False),
        sa.Column("refunded", NUMBER, nullable=False),
        sa.Column("revenue", NUMBER, nullable=False),
        sa.Column("outstanding", NUMBER, nullable=False),
        sa.Column("orders", NUMBER, nullable=False),
        sa.Column("first_purchase_at", NUMBER, nullable=True),
        sa.Column("last_purchase_at", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("customer", "currency"),
    )
    op.create_table(
        "hub_user",
        sa.Column("num", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=True),
        sa.Column("time_zone", TEXT, nullable=False),
        sa.Column("record", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("num"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("reference"),
    )
    op.create_table(
        "identifier",
        sa.Column("num", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("namespace", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("side", TEXT, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("display", TEXT, nullable=False),
        sa.Column("masked", TEXT, nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("blocked", TEXT, nullable=True),
        sa.Column("capped", TEXT, nullable=True),
        sa.Column("joins", sa.Boolean(), nullable=False),
        sa.Column("component", NUMBER, nullable=True),
        sa.Column("customer", NUMBER, nullable=True),
        sa.Column("first_seen", NUMBER, nullable=False),
        sa.Column("last_seen", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("num"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("identifier_customer", "identifier", ["customer", "num"], unique=False)
    op.create_index("identifier_value", "identifier", ["kind", "namespace", "value", "side"], unique=True)
    op.create_table(
        "ledger",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("ordinal", NUMBER, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("historical", sa.Boolean(), nullable=False),
        sa.Column("customer", TEXT, nullable=True),
        sa.Column("touchpoint", TEXT, nullable=True),
        sa.Column("matter", TEXT, nullable=True),
        sa.Column("before", TEXT, nullable=True),
        sa.Column("after", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("number", "ordinal"),
    )
    op.create_index("ledger_customer", "ledger", ["customer", "number"], unique=False)
    op.create_table(
        "line_item",
        sa.Column("touchpoint", NUMBER, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("product", NUMBER, nullable=True),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("quantity", TEXT, nullable=False),
        sa.Column("unit_price", TEXT, nullable=False),
        sa.Column("amount", TEXT, nullable=False),
        sa.Column("tax", TEXT, nullable=True),
        sa.Column("currency", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("touchpoint", "position"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("line_item_product", "line_item", ["product", "touchpoint"], unique=False)
    op.create_table(
        "matter",
        sa.Column("num", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("source", NUMBER, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("reference", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("pipeline", TEXT, nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=True),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("amount", NUMBER, nullable=True),
        sa.Column("outstanding", NUMBER, nullable=True),
        sa.Column("currency", TEXT, nullable=True),
        sa.Column("owner", NUMBER, nullable=True),
        sa.Column("opened_at", NUMBER, nullable=False),
        sa.Column("due_at", NUMBER, nullable=True),
        sa.Column("closed_at", NUMBER, nullable=True),
        sa.Column("customer", NUMBER, nullable=True),
        sa.Column("organisation", NUMBER, nullable=True),
        sa.Column("campaign", NUMBER, nullable=True),
        sa.Column("properties", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("num"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("matter_customer", "matter", ["customer", "opened_at", "id"], unique=False)
    op.create_index("matter_due", "matter", ["open", "due_at", "id"], unique=False)
    op.create_index("matter_kind", "matter", ["kind", "opened_at", "id"], unique=False)
    op.create_index("matter_organisation", "matter", ["organisation", "opened_at", "id"], unique=False)
    op.create_index("matter_owner", "matter", ["owner", "due_at", "id"], unique=False)
    op.create_table(
        "matter_touchpoint",
        sa.Column("matter", NUMBER, nullable=False),
        sa.Column("touchpoint", NUMBER, nullable=False),
        sa.Column("occurred_at", NUMBER, nullable=False),
        sa.Column("claim", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("matter", "touchpoint"),
    )
    op.create_index("matter_touchpoint_back", "matter_touchpoint", ["touchpoint", "matter"], unique=False)
    op.create_table(
        "participant",
        sa.Column("touchpoint", NUMBER, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("identifier", TEXT, nullable=False),
        sa.Column("identifier_masked", TEXT, nullable=False),
        sa.Column("name_masked", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("touchpoint", "position"),
    )
    op.create_table(
        "problem",
        sa.Column("record", NUMBER, autoincrement=False, nullable=False),
        sa.Column("source", NUMBER, nullable=False),
        sa.Column("run", NUMBER, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.Column("path", TEXT, nullable=True),
        sa.Column("hint", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("record"),
    )
    op.create_index("problem_of_run", "problem", ["run", "record"], unique=False)
    op.create_index("problem_of_source", "problem", ["source", "record"], unique=False)
    op.create_table(
        "processed",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("clock", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "product",
        sa.Column("num", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("source", NUMBER, nullable=False),
        sa.Column("sku", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("category", TEXT, nullable=True),
        sa.Column("record", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("num"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("product_sku", "product", ["source", "sku"], unique=True)
    op.create_table(
        "record_touchpoint",
        sa.Column("record", NUMBER, nullable=False),
        sa.Column("touchpoint", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("record", "touchpoint"),
    )
    op.create_index("record_touchpoint_back", "record_touchpoint", ["touchpoint", "record"], unique=False)
    op.create_table(
        "search_term",
        sa.Column("term", TEXT, nullable=False),
        sa.Column("customer", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("term", "customer"),
    )
    op.create_index("search_term_customer", "search_term", ["customer"], unique=False)
    op.create_table(
        "stage_change",
        sa.Column("customer", NUMBER, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("axis", TEXT, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("before", TEXT, nullable=True),
        sa.Column("after", TEXT, nullable=True),
        sa.Column("rule", TEXT, nullable=False),
        sa.Column("rule_version", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("facts", TEXT, nullable=False),
        sa.Column("touchpoints", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("customer", "position"),
    )
    op.create_table(
        "tag",
        sa.Column("customer", NUMBER, nullable=False),
        sa.Column("tag", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("customer", "tag"),
    )
    op.create_table(
        "touchpoint",
        sa.Column("num", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("source", NUMBER, nullable=False),
        sa.Column("record", NUMBER, nullable=False),
        sa.Column("heard", NUMBER, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("direction", TEXT, nullable=False),
        sa.Column("automated", sa.Boolean(), nullable=False),
        sa.Column("historical", sa.Boolean(), nullable=False),
        sa.Column("occurred_at", NUMBER, nullable=False),
        sa.Column("occurred_on", TEXT, nullable=False),
        sa.Column("time_precision", TEXT, nullable=False),
        sa.Column("recorded_at", NUMBER, nullable=False),
        sa.Column("retracted_at", NUMBER, nullable=True),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=True),
        sa.Column("amount", NUMBER, nullable=True),
        sa.Column("currency", TEXT, nullable=True),
        sa.Column("cost", NUMBER, nullable=True),
        sa.Column("cost_currency", TEXT, nullable=True),
        sa.Column("quantity", TEXT, nullable=True),
        sa.Column("quantity_unit", TEXT, nullable=True),
        sa.Column("origin_source", TEXT, nullable=True),
        sa.Column("origin_medium", TEXT, nullable=True),
        sa.Column("origin_campaign", TEXT, nullable=True),
        sa.Column("origin_term", TEXT, nullable=True),
        sa.Column("origin_content", TEXT, nullable=True),
        sa.Column("origin_click_id", TEXT, nullable=True),
        sa.Column("origin_referrer", TEXT, nullable=True),
        sa.Column("origin_landing_page", TEXT, nullable=True),
        sa.Column("campaign", NUMBER, nullable=True),
        sa.Column("document", TEXT, nullable=True),
        sa.Column("document_key", TEXT, nullable=True),
        sa.Column("settles", TEXT, nullable=True),
        sa.Column("thread", TEXT, nullable=True),
        sa.Column("due_on", TEXT, nullable=True),
        sa.Column("deal_open", sa.Boolean(), nullable=True),
        sa.Column("properties", TEXT, nullable=False),
        sa.Column("traits", TEXT, nullable=True),
        sa.Column("claim", NUMBER, nullable=True),
        sa.Column("anchor", TEXT, nullable=True),
        sa.Column("customer", NUMBER, nullable=True),
        sa.Column("organisation", NUMBER, nullable=True),
        sa.Column("gave_id", sa.Boolean(), nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("num"),
        sa.UniqueConstraint("id"),
    )
    op.create_index(
        "touchpoint_account",
        "touchpoint",
        ["organisation", "occurred_at", "id"],
        unique=False,
        postgresql_where=sa.text("organisation IS NOT NULL"),
        sqlite_where=sa.text("organisation IS NOT NULL"),
    )
    op.create_index(
        "touchpoint_anchor",
        "touchpoint",
        ["anchor"],
        unique=False,
        postgresql_where=sa.text("anchor IS NOT NULL"),
        sqlite_where=sa.text("anchor IS NOT NULL"),
    )
    op.create_index("touchpoint_claim", "touchpoint", ["claim", "occurred_at", "id"], unique=False)
    op.create_index(
        "touchpoint_document",
        "touchpoint",
        ["document_key"],
        unique=False,
        postgresql_where=sa.text("document_key IS NOT NULL"),
        sqlite_where=sa.text("document_key IS NOT NULL"),
    )
    op.create_index(
        "touchpoint_gave_id",
        "touchpoint",
        ["customer"],
        unique=False,
        postgresql_where=sa.text("gave_id"),
        sqlite_where=sa.text("gave_id"),
    )
    op.create_index("touchpoint_kind", "touchpoint", ["kind", "occurred_at", "id"], unique=False)
    op.create_index("touchpoint_occurred", "touchpoint", ["occurred_at", "id"], unique=False)
    op.create_index("touchpoint_recorded", "touchpoint", ["recorded_at", "id"], unique=False)
    op.create_index("touchpoint_source", "touchpoint", ["source", "occurred_at", "id"], unique=False)
    op.create_index("touchpoint_timeline", "touchpoint", ["customer", "occurred_at", "id"], unique=False)
    op.create_table(
        "trait",
        sa.Column("customer", NUMBER, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.Column("since", NUMBER, nullable=False),
        sa.Column("touchpoint", NUMBER, nullable=False),
        sa.Column("decided", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("customer", "name", "position"),
    )
    op.create_index("trait_value", "trait", ["name", "value", "customer"], unique=False)


def downgrade() -> None:
    op.drop_index("trait_value", table_name="trait")
    op.drop_table("trait")
    op.drop_index("touchpoint_timeline", table_name="touchpoint")
    op.drop_index("touchpoint_source", table_name="touchpoint")
    op.drop_index("touchpoint_recorded", table_name="touchpoint")
    op.drop_index("touchpoint_occurred", table_name="touchpoint")
    op.drop_index("touchpoint_kind", table_name="touchpoint")
    op.drop_index(
        "touchpoint_gave_id",
        table_name="touchpoint",
        postgresql_where=sa.text("gave_id"),
        sqlite_where=sa.text("gave_id"),
    )
    op.drop_index(
        "touchpoint_document",
        table_name="touchpoint",
        postgresql_where=sa.text("document_key IS NOT NULL"),
        sqlite_where=sa.text("document_key IS NOT NULL"),
    )
    op.drop_index("touchpoint_claim", table_name="touchpoint")
    op.drop_index(
        "touchpoint_anchor",
        table_name="touchpoint",
        postgresql_where=sa.text("anchor IS NOT NULL"),
        sqlite_where=sa.text("anchor IS NOT NULL"),
    )
    op.drop_index(
        "touchpoint_account",
        table_name="touchpoint",
        postgresql_where=sa.text("organisation IS NOT NULL"),
        sqlite_where=sa.text("organisation IS NOT NULL"),
    )
    op.drop_table("touchpoint")
    op.drop_table("tag")
    op.drop_table("stage_change")
    op.drop_index("search_term_customer", table_name="search_term")
    op.drop_table("search_term")
    op.drop_index("record_touchpoint_back", table_name="record_touchpoint")
    op.drop_table("record_touchpoint")
    op.drop_index("product_sku", table_name="product")
    op.drop_table("product")
    op.drop_table("processed")
    op.drop_index("problem_of_source", table_name="problem")
    op.drop_index("problem_of_run", table_name="problem")
    op.drop_table("problem")
    op.drop_table("participant")
    op.drop_index("matter_touchpoint_back", table_name="matter_touchpoint")
    op.drop_table("matter_touchpoint")
    op.drop_index("matter_owner", table_name="matter")
    op.drop_index("matter_organisation", table_name="matter")
    op.drop_index("matter_kind", table_name="matter")
    op.drop_index("matter_due", table_name="matter")
    op.drop_index("matter_customer", table_name="matter")
    op.drop_table("matter")
    op.drop_index("line_item_product", table_name="line_item")
    op.drop_table("line_item")
    op.drop_index("ledger_customer", table_name="ledger")
    op.drop_table("ledger")
    op.drop_index("identifier_value", table_name="identifier")
    op.drop_index("identifier_customer", table_name="identifier")
    op.drop_table("identifier")
    op.drop_table("hub_user")
    op.drop_table("customer_value")
    op.drop_index("customer_standing", table_name="customer")
    op.drop_index("customer_stage", table_name="customer")
    op.drop_index("customer_revenue", table_name="customer")
    op.drop_index("customer_owner", table_name="customer")
    op.drop_index("customer_next_change", table_name="customer")
    op.drop_index("customer_name", table_name="customer")
    op.drop_index("customer_last_touch", table_name="customer")
    op.drop_index("customer_first_touch", table_name="customer")
    op.drop_index("customer_birthday", table_name="customer")
    op.drop_table("customer")
    op.drop_index("claim_identifier_back", table_name="claim_identifier")
    op.drop_table("claim_identifier")
    op.drop_index("claim_person_component", table_name="claim")
    op.drop_index("claim_organisation_component", table_name="claim")
    op.drop_index("claim_organisation", table_name="claim")
    op.drop_index("claim_customer", table_name="claim")
    op.drop_table("claim")
    op.drop_table("campaign")
    op.drop_index("affiliation_back", table_name="affiliation")
    op.drop_table("affiliation")
