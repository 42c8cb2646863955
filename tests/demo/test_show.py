"""One customer in the terminal, from an answer to the document."""

import io
from typing import Any

import pytest
from graphql import parse
from rich.console import Console

from hub.demo.show import DOCUMENT, show, variables
from hub.errors import NotFound


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "BDT"}


def touchpoint(at: str, channel: str, kind: str, title: str, **more: Any) -> dict[str, Any]:
    given = {"direction": "INBOUND", "automated": False, "timePrecision": "INSTANT", "text": None}
    return {"id": "tp_1", "kind": kind, "channel": channel, "title": title, "occurredAt": at} | given | {
        "amount": None,
        "quantity": None,
    } | more  # fmt: skip


def matter(kind: str, state: str, **more: Any) -> dict[str, Any]:
    given = {"outcome": None, "open": True, "openedAt": "2026-02-01T06:00:00Z", "closedAt": None}
    return {"kind": kind, "state": state, "reference": "M-1", "title": None, "amount": None} | given | more


INVOICE = touchpoint(
    "2025-10-04T06:00:00.000000Z",
    "ACCOUNTING",
    "invoice",
    "INV-2025-0007",
    direction="OUTBOUND",
    timePrecision="DAY",
    amount=money("3130.00"),
)
ANSWER: dict[str, Any] = {
    "hub": {"name": "Rupali Kitchen", "currency": "BDT", "timeZone": "Asia/Dhaka"},
    "customer": {
        "id": "cus_a",
        "formerIds": ["cus_b"],
        "displayName": "নাসরিন আক্তার",
        "identifiers": {
            "nodes": [
                {"kind": "phone", "display": "০১৭১১-২৩৪৫৬৭", "joins": True},
                {"kind": "name+phone", "display": "akter nasrin|+8801711234567", "joins": True},
                {"kind": "email", "display": "office@greenleaf.example", "joins": False},
            ]
        },
        "lifecycle": {
            "stage": "LOYAL",
            "standing": "ACTIVE",
            "since": "2026-03-08T06:00:00.000000Z",
            "because": {"rule": "bought_often", "text": "Bought 3 times within 365 days.", "touchpoints": [INVOICE]},
        },
        "value": {
            "revenue": money("27660.00"),
            "outstanding": money("7140.00"),
            "refunded": money("0.00"),
            "orders": 5,
            "averageOrder": money("5532.00"),
            "firstPurchaseAt": "2025-10-04T06:00:00.000000Z",
            "lastPurchaseAt": "2026-11-05T06:00:00.000000Z",
            "notConverted": [],
        },
        "matters": {
            "nodes": [
                matter("ORDER", "Packed", title="ঈদের কেক ×২", openedAt="2026-11-04T20:00:00Z", amount=money("850.00")),
                matter("CASE", "Solved", outcome="RESOLVED", open=False, closedAt="2026-03-02T06:00:00Z"),
                matter(
                    "DEAL",
                    "Closed Won",
                    outcome="WON",
                    open=False,
                    closedAt="2026-03-01T06:00:00Z",
                    title="Catering",
                    amount=money("20530.00"),
                ),
                matter("CASE", ""),
            ]
        },
        "timeline": {
            "totalCount": 4,
            "nodes": [
                touchpoint("2026-06-15T07:15:00Z", "WEB", "form", "NPS", quantity={"value": "8", "unit": "nps"}),
                touchpoint("2026-05-20T02:00:00Z", "EMAIL", "email", "ঈদ মোবারক", direction="OUTBOUND", automated=True),
                touchpoint("2025-10-10T20:00:00Z", "SOCIAL", "mention", "", text="پارسل\nنہیں \u202e ملا\x1b[2J 😟"),
                INVOICE,
            ],
            "pageInfo": {"hasNextPage": False},
        },
    },
}


def printed(answer: dict[str, Any], width: int = 200) -> list[str]:
    out = io.StringIO()
    show(Console(file=out, width=width, color_system=None), answer)
    return out.getvalue().splitlines()


def test_customer_is_shown_with_stage_reason_value_and_timeline() -> None:
    assert printed(ANSWER) == [
        "",
        "নাসরিন আক্তার",
        "  id        cus_a",
        "  also      cus_b",
        "  known by  phone    ০১৭১১-২৩৪৫৬৭",
        "  known by  email    office@greenleaf.example  (joins nobody)",
        "",
        "  stage     LOYAL, ACTIVE, since 2026-03-08",
        "  because   Bought 3 times within 365 days. (rule bought_often)",
        "            2025-10-04  ACCOUNTING  invoice  INV-2025-0007",
        "  value     27,660.00 BDT revenue, 5 orders, 5,532.00 BDT on average",
        "            7,140.00 BDT outstanding",
        "            first purchase 2025-10-04, last 2026-11-05",
        "  matters   ORDER     850.00 BDT  open since 2026-11-05  Packed — ঈদের কেক ×২",
        "            DEAL   20,530.00 BDT  won on 2026-03-01      Closed Won — Catering",
        "            CASE                  open since 2026-02-01  M-1",
        "",
        "4 touchpoints, newest first: WEB, EMAIL, SOCIAL, ACCOUNTING   → they acted  ← we did",
        "2026-06-15 13:15  WEB        → form                   NPS [8 nps]",
        "2026-05-20 08:00  EMAIL      ← email                  ঈদ মোবারক (automated)",
        "2025-10-11 02:00  SOCIAL     → mention                پارسل نہیں ملا [2J 😟",
        "2025-10-04        ACCOUNTING ← invoice  3,130.00 BDT  INV-2025-0007",
        "",
    ]


def test_narrow_terminal_gets_whole_lines() -> None:
    assert printed(ANSWER, width=30) == printed(ANSWER)


def test_stranger_without_stage_or_money_is_shown() -> None:
    stranger = ANSWER["customer"] | {
        "formerIds": [],
        "matters": {"nodes": []},
        "lifecycle": {"stage": None, "standing": None, "since": None, "because": None},
        "timeline": {"totalCount": None, "nodes": [], "pageInfo": {"hasNextPage": True}},
    }
    said = printed(ANSWER | {"customer": stranger})
    assert "  stage     none yet" in said
    assert said[-2:] == ["... and older ones", ""]


def test_one_touchpoint_is_one() -> None:
    lonely = ANSWER["customer"] | {"timeline": ANSWER["customer"]["timeline"] | {"totalCount": 1}}
    assert any(line.startswith("1 touchpoint, newest first") for line in printed(ANSWER | {"customer": lonely}))


def test_nobody_is_said_in_a_sentence() -> None:
    with pytest.raises(NotFound, match=r"There is no such customer\."):
        printed(ANSWER | {"customer": None})


def test_customer_is_named_by_id_mail_or_phone() -> None:
    assert variables("cus_a")["by"] == {"id": "cus_a"}
    assert variables("tp_a")["by"] == {"touchpoint": "tp_a"}
    assert variables(" a@b.example ")["by"] == {"identifier": {"kind": "email", "value": "a@b.example"}}
    assert variables("০১৭১১-২৩৪৫৬৭", 5) == {
        "by": {"identifier": {"kind": "phone", "value": "০১৭১১-২৩৪৫৬৭"}},
        "first": 5,
    }


def test_document_is_graphql() -> None:
    assert [one.kind for one in parse(DOCUMENT).definitions] == ["operation_definition"]
