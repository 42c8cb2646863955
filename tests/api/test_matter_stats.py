"""Figures of deals and cases, by whatever they are grouped by."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Served
from tests.api.test_as_of import taken

ROW = """matters open overdue won lost winRate amount { amount } wonAmount { amount } lostAmount { amount }
  openAmount { amount } meanDaysToClose meanDaysToWin meanDaysToLose medianDaysToClose medianDaysToWin
  medianDaysToLose"""


def told(reference: str, at: str, who: str = "ann@example.com", **claim: Any) -> dict[str, Any]:
    matter = {"kind": "DEAL", "reference": reference, "pipeline": "Retail", **claim}
    return {"kind": "note", "channel": "OTHER", "who": {"email": who}, "at": at, "matters": [matter]}


def deals(service: Served) -> None:
    """Five deals of two sellers: won after 10, 20 and 60 days, lost after 3, and one that is open."""
    taka, dollar = ("100", "BDT"), ("2", "USD")
    service.tell(
        told("a", "2026-01-01", owner="rina", state="talk", open=True, amount=taka),
        told("b", "2026-01-05", owner="rina", state="talk", open=True, amount=taka),
        told("c", "2026-01-30", owner="rina", state="talk", open=True, amount=taka),
        told("d", "2026-02-01", owner="moses", state="talk", open=True, amount=taka),
        told("e", "2026-02-02", "bob@example.com", owner="moses", state="talk", open=True, amount=dollar),
        told("b", "2026-01-15", state="offer"),
        told("a", "2026-01-11", state="won", outcome="WON", amount=("80", "BDT")),
        told("b", "2026-01-25", state="won", outcome="WON"),
        told("c", "2026-03-31", state="won", outcome="WON"),
        told("d", "2026-02-04", state="lost", outcome="LOST"),
        told("e", "2026-02-03", due="2026-02-10T00:00:00+00:00"),
    )


def stats(service: Served, arguments: str, key: str, row: str = ROW) -> list[dict[str, Any]]:
    document = f"{{ matterStats{arguments} {{ rows {{ key {{ {key} }} {row} }} }} }}"
    rows: list[dict[str, Any]] = service.ask(document)["matterStats"]["rows"]
    return rows


def test_figures_of_all_deals_together(service: Served) -> None:
    deals(service)
    found = service.ask(f"{{ matterStats {{ rows {{ {ROW} }} truncated notConverted {{ amount currency }} }} }}")[
        "matterStats"
    ]
    assert found == {
        "truncated": False,
        "notConverted": [{"amount": "2.00", "currency": "USD"}],
        "rows": [
            {
                "matters": 5, "open": 1, "overdue": 1, "won": 3, "lost": 1, "winRate": 0.75,
                "amount": {"amount": "380.00"}, "wonAmount": {"amount": "280.00"}, "lostAmount": {"amount": "100.00"},
                "openAmount": {"amount": "0.00"}, "meanDaysToClose": 23.25, "meanDaysToWin": 30.0,
                "meanDaysToLose": 3.0, "medianDaysToClose": 15.0, "medianDaysToWin": 20.0, "medianDaysToLose": 3.0,
            }
        ],
    }  # fmt: skip


def test_figures_by_each_dimension(service: Served) -> None:
    deals(service)
    for dimension, key, expected in (
        ("KIND", "kind", {"DEAL": 5}),
        ("PIPELINE", "pipeline", {"Retail": 5}),
        ("STATE", "state", {"won": 3, "lost": 1, "talk": 1}),
        ("OUTCOME", "outcome", {"WON": 3, "LOST": 1, None: 1}),
        ("OWNER", "ownerName", {"rina": 3, "moses": 2}),
        ("CUSTOMER", "customer { displayName }", {"ann@example.com": 4, "bob@example.com": 1}),
        ("CAMPAIGN", "campaign { name }", {None: 5}),
        ("SOURCE", "source { name }", {"Books": 5}),
    ):
        rows = stats(service, f"(groupBy: [{dimension}])", key, "matters")
        values = [value for row in rows for value in row["key"].values()]
        names = [next(iter(value.values())) if isinstance(value, dict) else value for value in values]
        assert dict(zip(names, [row["matters"] for row in rows], strict=True)) == expected, dimension
    assert stats(service, "(groupBy: [OWNER, OUTCOME])", "ownerName outcome kind", "matters medianDaysToClose") == [
        {"key": {"ownerName": "rina", "outcome": "WON", "kind": None}, "matters": 3, "medianDaysToClose": 20.0},
        {"key": {"ownerName": "moses", "outcome": "LOST", "kind": None}, "matters": 1, "medianDaysToClose": 3.0},
        {"key": {"ownerName": "moses", "outcome": None, "kind": None}, "matters": 1, "medianDaysToClose": None},
    ]


def test_figures_by_the_time_in_which_deals_closed_or_opened(service: Served) -> None:
    deals(service)
    assert stats(service, "(every: MONTH)", "period", "matters won medianDaysToWin") == [
        {"key": {"period": "2026-01-01"}, "matters": 2, "won": 2, "medianDaysToWin": 15.0},
        {"key": {"period": "2026-02-01"}, "matters": 1, "won": 0, "medianDaysToWin": None},
        {"key": {"period": "2026-03-01"}, "matters": 1, "won": 1, "medianDaysToWin": 60.0},
    ]
    assert stats(service, "(every: QUARTER, on: OPENED, groupBy: [OWNER])", "period ownerName", "matters") == [
        {"key": {"period": "2026-01-01", "ownerName": "rina"}, "matters": 3},
        {"key": {"period": "2026-01-01", "ownerName": "moses"}, "matters": 2},
    ]


def test_the_best_groups_come_first_and_the_rest_is_said_to_be_missing(service: Served) -> None:
    deals(service)
    found = service.ask(
        "{ matterStats(groupBy: [STATE], orderBy: WON_AMOUNT, first: 1) { truncated rows { key { state } "
        "wonAmount { amount } } } }"
    )["matterStats"]
    assert found == {"truncated": True, "rows": [{"key": {"state": "won"}, "wonAmount": {"amount": "280.00"}}]}
    assert stats(service, '(filter: {owner: "moses", open: true}, groupBy: [OWNER])', "ownerName", "matters") == [
        {"key": {"ownerName": "moses"}, "matters": 1}
    ]


def test_what_is_in_another_currency_is_converted_by_the_rate_of_its_day(service: Served) -> None:
    deals(service)
    service.tell({"rates": [["USD", "BDT", "2026-02-01", "110.5"], ["USD", "BDT", "2026-02-03", "120"]]})
    found = service.ask("{ matterStats { rows { amount { amount } openAmount { amount } } notConverted { amount } } }")[
        "matterStats"
    ]
    assert found == {"notConverted": [], "rows": [{"amount": {"amount": "601.00"}, "openAmount": {"amount": "221.00"}}]}


def test_a_pipeline_says_how_many_came_how_far(service: Served) -> None:
    deals(service)
    found = service.ask(
        """{ pipeline(name: "Retail") { name total { matters winRate medianDaysToWin } notConverted { currency }
             states { state reached share now won lost meanDays medianDays
               steps { state matters share medianDays } } } }"""
    )["pipeline"]
    assert (found["name"], found["total"]) == ("Retail", {"matters": 5, "winRate": 0.75, "medianDaysToWin": 20.0})
    assert found["notConverted"] == [{"currency": "USD"}]
    talk, lost, offer, won = found["states"]
    assert talk == {
        "state": "talk", "reached": 5, "share": 1.0, "now": 1, "won": 3, "lost": 1, "meanDays": 20.75,
        "medianDays": 10.0,
        "steps": [
            {"state": "won", "matters": 2, "share": 0.4, "medianDays": 35.0},
            {"state": "lost", "matters": 1, "share": 0.2, "medianDays": 3.0},
            {"state": "offer", "matters": 1, "share": 0.2, "medianDays": 10.0},
        ],
    }  # fmt: skip
    assert (offer["reached"], offer["won"], offer["medianDays"]) == (1, 1, 10.0)
    assert (won["state"], won["reached"], won["now"], won["meanDays"]) == ("won", 3, 0, None)
    assert lost["reached"] == 1
    empty = service.ask('{ pipeline(name: "None") { total { matters winRate medianDaysToWin } states { state } } }')[
        "pipeline"
    ]
    assert empty == {"total": {"matters": 0, "winRate": None, "medianDaysToWin": None}, "states": []}


def test_figures_need_the_right_to_analyse_and_good_arguments(lite: Served) -> None:
    reader = lite.new_token("read", "pii")
    for field in ("matterStats { truncated }", "pipeline { name }"):
        assert lite.refusal(f"{{ {field} }}", reader)[0] == "FORBIDDEN"
    assert lite.refusal("{ matterStats(first: 0) { truncated } }")[1] == "first must be between 1 and 10000."
    assert lite.refusal("{ pipeline(filter: {kinds: [CASE]}) { name } }")[1] == (
        "Give kind and pipeline as kind and name."
    )


@pytest.mark.parametrize("every", ["DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_QUARTER", "FISCAL_YEAR"])
def test_every_stretch_of_time_can_be_asked_for(lite: Served, every: str) -> None:
    deals(lite)
    rows = stats(lite, f"(every: {every})", "period", "matters")
    assert sum(row["matters"] for row in rows) == 4


def test_figures_as_of_a_moment_count_from_then(service: Served) -> None:
    deals(service)
    service.tell(told("f", "2026-02-04", owner="moses", state="talk", open=True, due="2026-02-05T00:00:00+00:00"))
    taken(service, occurredUntil="2026-02-09T12:00:00Z")
    figures = """
      all: matterStats { computedAt rows { matters open overdue won meanDaysInState } }
      late: matterStats(filter: {overdue: true}) { rows { matters } }
      soon: matterStats(filter: {due: {next: "P2D"}}) { rows { matters } }
      lately: matterStats(filter: {opened: {last: "P9D"}}, groupBy: [OWNER]) { rows { key { ownerName } matters } }
      pipeline(name: "Retail", filter: {opened: {last: "P9D"}}) { total { matters } states { state reached now } }
    """
    then = service.ask(f'{{ asOf(moment: {{occurredUntil: "2026-02-09T12:00:00Z"}}) {{ {figures} }} }}')["asOf"]
    # The one that is open since January came into its state ten days before; two came seven and five days before.
    assert then == {
        "all": {
            "computedAt": "2026-02-09T12:00:00.000000Z",
            "rows": [{"matters": 6, "open": 3, "overdue": 1, "won": 2, "meanDaysInState": 7.333333333}],
        },
        "late": {"rows": [{"matters": 1}]},
        "soon": {"rows": [{"matters": 1}]},
        "lately": {"rows": [{"key": {"ownerName": "moses"}, "matters": 3}]},
        "pipeline": {
            "total": {"matters": 3},
            "states": [{"state": "talk", "reached": 3, "now": 2}, {"state": "lost", "reached": 1, "now": 0}],
        },
    }
    now = service.ask(f"{{ {figures} }}")
    assert [now[each]["rows"] for each in ("late", "soon", "lately")] == [[{"matters": 2}], [{"matters": 0}], []]


def test_groups_of_matters_are_kept_and_ordered_by_what_they_come_to(service: Served) -> None:
    deals(service)

    def owners(arguments: str) -> list[str]:
        return [
            row["key"]["ownerName"]
            for row in stats(service, f"(groupBy: [OWNER], {arguments})", "ownerName", "matters")
        ]

    assert owners("orderBy: WIN_RATE") == ["rina", "moses"]
    assert owners("orderBy: WIN_RATE, direction: ASC") == ["moses", "rina"]
    assert owners("having: {mattersAtLeast: 3}") == ["rina"]
    assert owners("having: {overdueAtLeast: 1}") == ["moses"]
    assert owners('having: {wonAmountAtLeast: "280", wonAtLeast: 3}') == ["rina"]
    assert owners('having: {amountAtLeast: "280.01"}') == []
