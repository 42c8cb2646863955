"""Attribution over a served hub: what counts as a touch, whose it is, and what a conversion is."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.api.conftest import Served, served

ANNA, BERT, FIRM = {"email": "anna@example.com"}, {"email": "bert@example.com"}, {"vat": "DE1"}


def did(kind: str, channel: str, day: int, who: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"kind": kind, "channel": channel, "at": f"2026-01-{day:02}T10:00:00+00:00", "who": who, **more}


def bought(day: int, who: dict[str, str], amount: str, **more: Any) -> dict[str, Any]:
    return did("invoice", "ACCOUNTING", day, who, amount=amount, **more)


def attributed(service: Served, arguments: str) -> Any:
    return service.ask(
        "{ attribution(" + arguments + ") { rows { key { channel campaign { reference } utmSource } conversions"
        " amount { amount currency } share removalEffect } conversions amount { amount } untouched"
        " untouchedAmount { amount } paths notConverted { amount currency } } }"
    )["attribution"]


def credits_(service: Served, arguments: str) -> dict[str, tuple[float, str | None]]:
    """Conversions and amount by channel."""
    rows = attributed(service, arguments)["rows"]
    return {row["key"]["channel"]: (row["conversions"], (row["amount"] or {}).get("amount")) for row in rows}


def fill(service: Served) -> None:
    service.tell(
        did("form", "WEB", 1, ANNA, origin={"source": "search", "campaign": "spring"}),
        did("email", "EMAIL", 3, ANNA, direction="OUTBOUND"),
        did("email", "EMAIL", 4, ANNA, direction="OUTBOUND", automated=True),
        did("note", "OTHER", 4, ANNA, direction="INTERNAL"),
        did("test.scan", "APP", 4, ANNA, direction="INTERNAL"),
        did("call", "PHONE", 5, ANNA),
        bought(5, ANNA, "100.01"),
        bought(20, ANNA, "50.00"),
        did("call", "PHONE", 2, BERT),
        did("form", "WEB", 3, BERT, origin={"source": "letter"}),
        bought(8, {"email": "carl@example.com"}, "7.00"),
        bought(9, {"email": "dora@example.com"}, "9.00", currency="EUR"),
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(str(tmp_path_factory.mktemp("shop") / "hub")) as service:
        fill(service)
        yield service


def test_purchases_are_shared_among_what_touched_their_customers(service: Served) -> None:
    fill(service)
    found = attributed(service, "model: LINEAR")
    assert [(row["key"]["channel"], row["conversions"], row["amount"]["amount"]) for row in found["rows"]] == [
        ("EMAIL", pytest.approx(2 / 3), "50.01"),
        ("PHONE", pytest.approx(2 / 3), "50.00"),
        ("WEB", pytest.approx(2 / 3), "50.00"),
    ]
    assert sum(row["share"] for row in found["rows"]) == pytest.approx(1.0)
    assert (found["conversions"], found["amount"]["amount"]) == (4, "157.01")
    assert (found["untouched"], found["untouchedAmount"]["amount"]) == (2, "7.00")
    assert found["notConverted"] == [{"amount": "9.00", "currency": "EUR"}]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("model: FIRST", {"WEB": (2.0, "150.01")}),
        ("model: LAST", {"PHONE": (2.0, "150.01")}),
        ("model: LAST, firstOnly: true", {"PHONE": (1.0, "100.01")}),
        ('model: FIRST, lookback: "P16D"', {"PHONE": (1.0, "50.00"), "WEB": (1.0, "100.01")}),
        ('model: LAST, within: {from: "2026-01-10T00:00:00Z"}', {"PHONE": (1.0, "50.00")}),
        ("model: LAST, touches: {kinds: [\"email\"]}", {"EMAIL": (2.0, "150.01")}),
        ("model: LAST, touches: {kinds: [\"note\"], directions: [INTERNAL]}", {"OTHER": (2.0, "150.01")}),
        ("model: LAST, touches: {directions: [INTERNAL]}", {"APP": (2.0, "150.01")}),
        ('model: FIRST, conversion: {kinds: ["call"]}', {"WEB": (1.0, None)}),
        ("model: LAST, filter: {stages: [LEAD]}", {}),
        ("model: SHAPLEY, filter: {stages: [CUSTOMER]}", dict.fromkeys(("EMAIL", "PHONE", "WEB"), (2 / 3, "50.00"))),
    ],
)  # fmt: skip
def test_what_is_asked_for_is_counted(shop: Served, arguments: str, expected: dict[str, tuple[float, str]]) -> None:
    found = {channel: each for channel, each in credits_(shop, arguments).items() if each[0]}
    assert found.keys() == expected.keys()
    for channel, (conversions, amount) in expected.items():
        assert found[channel][0] == pytest.approx(conversions)
        assert found[channel][1] in {amount, "50.01" if amount == "50.00" else amount}


def test_channels_are_weighed_by_their_removal_effects(shop: Served) -> None:
    found = attributed(shop, 'model: MARKOV, firstOnly: true, within: {until: "2026-02-01T00:00:00Z"}')
    # Anna: WEB, EMAIL, PHONE, converted. Bert: PHONE, WEB, nothing so far.
    assert found["paths"] == 4
    effects = {row["key"]["channel"]: row["removalEffect"] for row in found["rows"]}
    assert effects == {"WEB": pytest.approx(0.5), "EMAIL": pytest.approx(0.5), "PHONE": pytest.approx(1.0)}


@pytest.mark.parametrize("model", ["FIRST", "LAST", "LINEAR", "POSITION", "TIME_DECAY", "SHAPLEY", "MARKOV"])
def test_each_model_gives_all_that_was_touched(shop: Served, model: str) -> None:
    found = attributed(shop, f"model: {model}")
    assert sum(row["conversions"] for row in found["rows"]) == pytest.approx(2.0, abs=1e-9)
    assert sum(Decimal(row["amount"]["amount"]) for row in found["rows"]) == Decimal("150.01")


def test_campaigns_and_utm_sources_get_credit_for_their_own_touches(shop: Served) -> None:
    (row,) = attributed(shop, "model: LAST, by: CAMPAIGN")["rows"]
    assert row["key"] == {"channel": None, "campaign": {"reference": "spring"}, "utmSource": None}
    assert (row["conversions"], row["share"]) == (2.0, 1.0)
    rows = attributed(shop, "model: LAST, by: UTM_SOURCE")["rows"]
    assert [(row["key"]["utmSource"], row["conversions"]) for row in rows] == [("search", 2.0), ("letter", 0.0)]


def test_what_people_of_a_firm_did_led_to_what_the_firm_bought(service: Served) -> None:
    service.tell(
        did("form", "WEB", 1, ANNA),
        did("meeting", "IN_PERSON", 2, {**ANNA, **FIRM}),
        did("call", "PHONE", 3, BERT),
        bought(9, FIRM, "80.00"),
    )
    assert credits_(service, "model: LINEAR") == {
        "IN_PERSON": (0.5, "40.00"), "WEB": (0.5, "40.00"), "PHONE": (0.0, "0.00"),
    }  # fmt: skip
    found = attributed(service, 'model: MARKOV, lookback: "P100Y"')
    assert (found["conversions"], found["paths"]) == (1, 2)


def test_a_hub_without_conversions_attributes_nothing(lite: Served) -> None:
    found = attributed(lite, "model: MARKOV")
    assert (found["rows"], found["conversions"], found["amount"]["amount"]) == ([], 0, "0.00")


def test_a_lookback_of_nothing_is_refused(shop: Served) -> None:
    code, message = shop.refusal('{ attribution(model: LAST, lookback: "P0D") { paths } }')
    assert (code, message) == ("BAD_USER_INPUT", "That duration is nothing.")


def test_attribution_is_for_analysts(shop: Served) -> None:
    document = "{ attribution(model: LAST) { paths } }"
    assert shop.ask(document, shop.new_token("analyse"))["attribution"]["paths"] > 0
    assert shop.refusal(document, shop.new_token("read", "write", "manage"))[0] == "FORBIDDEN"
