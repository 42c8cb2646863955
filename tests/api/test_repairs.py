"""Replay, rebuild and the taking out of single rows over GraphQL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from hub import sdk
from tests.api.conftest import Rows, Served

ERRORS = "userErrors { code message path hint }"
CHANGES = """changes { added changed retracted restored customers
  touchpoints { effect touchpoint fields { name before after } }
  customerChanges { customer touchpointsBefore touchpointsAfter } }"""
REPLAY = f"""mutation ($input: ReplayInput!) {{ replay(input: $input) {{
  run {{ id kind state source {{ id }} }}
  would {{ records examined solved unreadable {CHANGES}
    problems {{ record before {{ message }} after {{ message }} }} }} {ERRORS} }} }}"""
REBUILD = f"""mutation ($input: RebuildInput!) {{ rebuild(input: $input) {{
  run {{ id kind source {{ id }} }} {ERRORS} }} }}"""
RUN = """query ($id: ID!) { node(id: $id) { ... on Run { state error received
  replayed { added changed retracted restored solved unreadable }
  rebuilt { records seconds fingerprint identical differing } } } }"""


def mend(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Rows.touchpoints

    def touchpoints(self: Rows, row: sdk.Row) -> Iterator[sdk.Mapped]:
        if b"kind" not in row.payload:
            row = sdk.Row(row.key, b'{"kind": "call", "title": "found"}')
        for each in before(self, row):
            assert isinstance(each, sdk.Touchpoint)
            yield sdk.Touchpoint(
                kind=each.kind, channel=each.channel, direction=each.direction, occurred_at=each.occurred_at,
                title=each.title.upper(), identifiers=each.identifiers,
            )  # fmt: skip

    monkeypatch.setattr(Rows, "touchpoints", touchpoints)


def ended(service: Served, run: str) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while (node := service.ask(RUN, id=run)["node"])["state"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert (node["state"], node["error"]) == ("OK", None)
    held: dict[str, Any] = node
    return held


def test_a_replay_is_tried_then_done(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    service.tell({"kind": "call", "title": "one", "who": {"email": "a@example.com"}}, {"title": "odd"})
    mend(monkeypatch)
    seen = service.ask(REPLAY, input={"dryRun": True, "source": service.source})["replay"]
    would = seen["would"]
    assert (seen["run"], would["records"], would["examined"], would["solved"], would["unreadable"]) == (
        None,
        2,
        2,
        1,
        0,
    )
    [problem] = would["problems"]
    assert (problem["before"], problem["after"]) == ({"message": "kind is missing"}, None)
    changes = would["changes"]
    assert (changes["added"], changes["changed"], changes["retracted"], changes["restored"]) == (1, 1, 0, 0)
    assert [each["fields"] for each in changes["touchpoints"]] == [
        [], [{"name": "title", "before": "one", "after": "ONE"}],
    ]  # fmt: skip
    unseen = service.ask(REPLAY, service.new_token("read", "manage"), input={"dryRun": True})["replay"]["would"]
    assert unseen["changes"]["touchpoints"][1]["fields"] == [{"name": "title", "before": None, "after": None}]
    assert service.ask("{ touchpoints { nodes { title } } }")["touchpoints"]["nodes"] == [{"title": "one"}]

    run = service.ask(REPLAY, input={"source": service.source})["replay"]["run"]
    assert (run["kind"], run["source"]) == ("REPLAY", {"id": service.source})
    done = ended(service, run["id"])
    assert (done["received"], done["rebuilt"]) == (2, None)
    assert done["replayed"] == {
        "added": 1, "changed": 1, "retracted": 0, "restored": 0, "solved": 1, "unreadable": 0,
    }  # fmt: skip
    titles = service.ask("{ touchpoints { nodes { title } } }")["touchpoints"]["nodes"]
    assert sorted(each["title"] for each in titles) == ["FOUND", "ONE"]


def test_a_rebuild_says_whether_it_differs(service: Served) -> None:
    service.tell({"kind": "call", "title": "one", "who": {"email": "a@example.com"}})
    run = service.ask(REBUILD, input={"verify": True})["rebuild"]["run"]
    assert (run["kind"], run["source"]) == ("REBUILD", None)
    told = ended(service, run["id"])["rebuilt"]
    assert (told["identical"], told["differing"], len(told["fingerprint"])) == (True, [], 64)
    again = service.ask(REBUILD, input={})["rebuild"]["run"]
    told = ended(service, again["id"])["rebuilt"]
    assert (told["identical"], told["differing"], told["fingerprint"]) == (None, [], None)
    service.tell({"kind": "call", "title": "two"})
    assert len(service.ask("{ touchpoints { nodes { title } } }")["touchpoints"]["nodes"]) == 2
    partner = service.new_token(f"ingest:{service.source}")
    assert service.ask(RUN, partner, id=run["id"])["node"] is None


def test_one_version_of_a_row_is_taken_out(service: Served) -> None:
    service.tell({"kind": "call", "title": "right", "who": {"email": "a@example.com"}})
    service.counter -= 1
    [row] = service.tell({"kind": "call", "title": "wrong", "who": {"email": "a@example.com"}})
    document = f"""mutation ($input: WithdrawRecordInput!) {{ withdrawRecord(input: $input) {{
      record {{ id version }} {CHANGES} receipt {{ processed }} {ERRORS} }} }}"""

    def withdraw(**given: Any) -> dict[str, Any]:
        done: dict[str, Any] = service.ask(document, input={"record": row["record"]["id"], "reason": "r", **given})[
            "withdrawRecord"
        ]
        return done

    title = "{ touchpoints { nodes { title } } }"
    assert [each["effect"] for each in withdraw(dryRun=True)["changes"]["touchpoints"]] == ["CHANGED"]
    assert service.ask(title)["touchpoints"]["nodes"] == [{"title": "wrong"}]
    assert withdraw()["record"] == {"id": row["record"]["id"], "version": 2}
    assert service.ask(title)["touchpoints"]["nodes"] == [{"title": "right"}]
    assert withdraw(restore=True)["receipt"]["processed"] is True
    assert service.ask(title)["touchpoints"]["nodes"] == [{"title": "wrong"}]
    for wrong in ("rec_999", "rec_x", "run_1"):
        refused = withdraw(record=wrong)
        assert [error["code"] for error in refused["userErrors"]] == ["NOT_FOUND"]


def test_wrong_selections_are_refused(service: Served) -> None:
    for wrong in ({"source": "src_x"}, {"run": "run_x"}, {"record": "x"}):
        for dry in (True, False):
            refused = service.ask(REPLAY, input={**wrong, "dryRun": dry})["replay"]
            assert [error["code"] for error in refused["userErrors"]] == ["NOT_FOUND"]
            assert (refused["run"], refused["would"]) == (None, None)
