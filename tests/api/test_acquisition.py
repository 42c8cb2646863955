"""What it costs to win customers, and what campaigns come to."""

from __future__ import annotations

from typing import Any

from tests.api.conftest import Served

MARCH = {"from": "2026-02-28T18:00:00Z", "until": "2026-03-31T18:00:00Z"}
"""In Dhaka."""
ACQUISITION = """query ($by: AcquisitionDimension!, $acquired: TimeRange) { acquisition(by: $by, acquired: $acquired) {
  rows { key { channel source campaign { reference name } } customers revenue { amount } spend { amount }
    costPerCustomer { amount } value { amount } valueBasis valueToCost } notConverted { amount currency } } }"""
CAMPAIGNS = """query ($within: TimeRange) { campaigns(within: $within) { campaign { reference } spend { amount }
  touchpoints customers answers answered redemptions redeemed acquired
  firstTouchRevenue { amount } touchedRevenue { amount } } }"""


def touch(who: str, kind: str, at: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "who": {"email": f"{who}@example.com"}, "at": at, **more}


def bought(who: str, amount: str, at: str) -> dict[str, Any]:
    return touch(who, "invoice", at, amount=amount)


def shop(service: Served) -> None:
    """a and b came by a form of the spring campaign, c by a call; d bought in February already."""
    form = {"channel": "WEB", "campaign": "spring", "origin": {"source": "newsletter"}}
    service.tell(
        touch("a", "form", "2026-03-01T09:00:00+06:00", **form),
        touch("b", "form", "2026-03-01T10:00:00+06:00", **form),
        touch("c", "call", "2026-03-02T09:00:00+06:00", channel="PHONE"),
        touch("d", "call", "2026-02-01T09:00:00+06:00", channel="PHONE"),
        bought("a", "300.00", "2026-03-05"), bought("b", "100.00", "2026-03-06"), bought("b", "50.00", "2026-04-06"),
        bought("c", "80.00", "2026-03-31"), bought("d", "500.00", "2026-02-02"), bought("d", "40.00", "2026-03-20"),
        touch("d", "letter", "2026-03-10", channel="POST", direction="OUTBOUND", campaign="mailing", cost="1.50"),
        touch("c", "letter", "2026-03-10", channel="POST", direction="OUTBOUND", campaign="mailing", cost="1.50"),
        touch("d", "redemption", "2026-03-20T11:00:00+06:00", channel="IN_PERSON", campaign="mailing"),
        {"defines": "spring", "title": "Spring!", "starts": "2026-03-01"},
        {"defines": "mailing", "title": "Mailing", "starts": "2026-03-10", "spent": "30.00"},
        {"spend": "40.00", "on": "2026-03-01", "campaign": "spring", "channel": "WEB"},
        {"spend": "60.00", "on": "2026-03-31", "campaign": "spring", "channel": "WEB"},
        {"spend": "999.00", "on": "2026-04-01", "campaign": "spring", "channel": "WEB"},
        {"spend": "20.00", "on": "2026-03-15", "channel": "SOCIAL"},
        {"spend": "700", "currency": "JPY", "on": "2026-03-15", "channel": "SOCIAL"},
    )  # fmt: skip


def test_cost_and_value_of_a_customer_by_channel(service: Served) -> None:
    shop(service)
    found = service.ask(ACQUISITION, by="CHANNEL", acquired=MARCH)["acquisition"]
    rows = {each["key"]["channel"]: each for each in found["rows"]}
    assert {channel: row["customers"] for channel, row in rows.items()} == {
        "WEB": 2,
        "PHONE": 1,
        "SOCIAL": 0,
        "EMAIL": 0,
    }
    web = rows["WEB"]
    assert (web["spend"]["amount"], web["costPerCustomer"]["amount"]) == ("100.00", "50.00")
    assert (web["revenue"]["amount"], web["value"]["amount"], web["valueBasis"]) == ("450.00", "225.00", "PAST")
    assert web["valueToCost"] == 4.5
    assert (rows["PHONE"]["spend"], rows["PHONE"]["costPerCustomer"], rows["PHONE"]["valueToCost"]) == (
        None,
        None,
        None,
    )
    assert (rows["SOCIAL"]["spend"]["amount"], rows["SOCIAL"]["costPerCustomer"]) == ("20.00", None)
    # The mailing's spend is told in one sum: it counts on its first day, by its own channel.
    assert rows["EMAIL"]["spend"]["amount"] == "30.00"
    assert found["notConverted"] == [{"amount": "700", "currency": "JPY"}]


def test_by_campaign_and_by_source(service: Served) -> None:
    shop(service)
    rows = service.ask(ACQUISITION, by="CAMPAIGN", acquired=MARCH)["acquisition"]["rows"]
    told = [(row["key"]["campaign"] and row["key"]["campaign"]["reference"], row["customers"],
             row["spend"] and row["spend"]["amount"]) for row in rows]  # fmt: skip
    assert told == [("spring", 2, "100.00"), (None, 1, "20.00"), ("mailing", 0, "30.00")]
    rows = service.ask(ACQUISITION, by="SOURCE", acquired=MARCH)["acquisition"]["rows"]
    assert [(row["key"]["source"], row["customers"], row["spend"]) for row in rows] == [
        ("newsletter", 2, None),
        (None, 1, None),
    ]


def test_spend_in_another_currency_is_converted_by_the_rate_of_its_day(service: Served) -> None:
    shop(service)
    service.tell({"rates": [["JPY", "BDT", "2026-03-14", "0.8"]]})
    found = service.ask(ACQUISITION, by="CHANNEL", acquired=MARCH)["acquisition"]
    social = next(each for each in found["rows"] if each["key"]["channel"] == "SOCIAL")
    assert (social["spend"]["amount"], found["notConverted"]) == ("580.00", [])


def test_a_predicted_value_stands_in_the_place_of_past_revenue(service: Served) -> None:
    shop(service)
    with_value = "UPDATE customer_score SET predicted_value = 90000 WHERE predicted_value IS NULL"
    service.ask("mutation { scorePortfolio(input: {}) { run { id } userErrors { message } } }")
    service.client.portal.call(service.hub.scoring.scored)  # type: ignore[union-attr]

    def predict() -> None:
        session = service.hub.threads.projection
        with session.transaction():
            session.run(with_value)

    service.client.portal.call(service.hub.threads.between_batches, predict)  # type: ignore[union-attr]
    found = service.ask(ACQUISITION, by="CHANNEL", acquired=MARCH)["acquisition"]["rows"]
    web = next(each for each in found if each["key"]["channel"] == "WEB")
    assert (web["value"]["amount"], web["valueBasis"], web["valueToCost"]) == ("900.00", "PREDICTED", 18.0)


def test_what_campaigns_came_to(service: Served) -> None:
    shop(service)
    mailing, spring = service.ask(CAMPAIGNS, within=MARCH)["campaigns"]
    assert mailing == {
        "campaign": {"reference": "mailing"}, "spend": {"amount": "30.00"}, "touchpoints": 3, "customers": 2,
        "answers": 1, "answered": 1, "redemptions": 1, "redeemed": 1, "acquired": 0,
        # c bought for 80 and d for 40 after the letter.
        "firstTouchRevenue": {"amount": "0.00"}, "touchedRevenue": {"amount": "120.00"},
    }  # fmt: skip
    assert spring == {
        "campaign": {"reference": "spring"}, "spend": {"amount": "100.00"}, "touchpoints": 2, "customers": 2,
        "answers": 2, "answered": 2, "redemptions": 0, "redeemed": 0, "acquired": 2,
        "firstTouchRevenue": {"amount": "400.00"}, "touchedRevenue": {"amount": "400.00"},
    }  # fmt: skip
    whole = service.ask(CAMPAIGNS)["campaigns"][1]
    assert (whole["spend"]["amount"], whole["touchedRevenue"]["amount"]) == ("1099.00", "450.00")


def test_what_touchpoints_cost_is_the_cost_to_serve(service: Served) -> None:
    shop(service)
    document = "query ($within: TimeRange) { portfolio(within: $within) { costToServe { amount currency } } }"
    assert service.ask(document, within=MARCH)["portfolio"]["costToServe"] == [{"amount": "3.00", "currency": "BDT"}]


def test_only_analysts_see_what_customers_cost(lite: Served) -> None:
    token = lite.new_token("read", "pii")
    assert lite.refusal("{ acquisition { rows { customers } } }", token)[0] == "FORBIDDEN"
    assert lite.refusal("{ campaigns { customers } }", token)[0] == "FORBIDDEN"
    assert lite.ask("{ acquisition { rows { customers } } campaigns { customers } }") == {
        "acquisition": {"rows": []},
        "campaigns": [],
    }
