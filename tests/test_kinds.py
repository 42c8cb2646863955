"""The dictionary of shared kinds."""

from __future__ import annotations

import json
import re
from collections import Counter

from hub.kinds import KINDS, type_of


def test_names_are_lower_case_nouns_and_titles_differ() -> None:
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", name) and kind.name == name for name, kind in KINDS.items())
    assert [title for title, times in Counter(kind.title for kind in KINDS.values()).items() if times > 1] == []


def test_types() -> None:
    types: dict[str, list[str]] = {}
    for name in KINDS:
        types.setdefault(type_of(name), []).append(name)
    custom = types.pop("CustomTouchpoint")
    assert types == {
        "EmailMessage": ["email", "bounce", "complaint", "auto_reply", "read_receipt"],
        "Call": ["call"],
        "Invoice": ["invoice", "credit_note"],
        "Payment": ["payment", "refund", "reversal"],
        "FormSubmission": ["form"],
        "SocialPost": ["mention", "reply", "direct_message", "review"],
    }
    assert {"sms", "chat", "meeting", "note", "order", "quote", "profile", "follow_up"} <= set(custom)


def test_a_kind_that_nobody_shares_has_the_custom_type() -> None:
    assert type_of("pos.loyalty_scan") == "CustomTouchpoint"


def test_properties_are_json_schema_of_an_object() -> None:
    for kind in KINDS.values():
        assert json.loads(json.dumps(kind.properties)) == kind.properties
        assert kind.properties["type"] == "object"
        assert all("type" in form for form in kind.properties["properties"].values())
