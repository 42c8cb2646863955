"""Compiled reads over HTTP: the same answers, headers, limits and refusals as the ordinary way, and who looks where."""

from __future__ import annotations

import logging
from typing import Any

import orjson
import pytest

from hub.api import execute as ways
from hub.api.compiled import reads_of
from hub.api.schema import schema
from hub.api.short import Short
from hub.api.tallies import tallies
from hub.limits import Limits
from tests.api.conftest import Served

ASKED = "query Page($id: ID!) { customer(by: { id: $id }) { id email timeline(first: 3) { nodes { id title } } } }"
ROW = {"kind": "email", "channel": "EMAIL", "title": "Hello", "who": {"email": "anna@x.example"}}


@pytest.fixture
def shortened(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each request went the short way."""
    taken: list[bool] = []
    real = ways.short

    async def short(*args: Any, **named: Any) -> Short:
        found = await real(*args, **named)
        taken.append(found.content is not None)
        return found

    monkeypatch.setattr(ways, "short", short)
    return taken


def begin(service: Served) -> str:
    """Turn compiled reads on; the answer is the id of a customer."""
    service.tell(ROW)
    service.hub.compiled_reads = True
    return str(service.ask("{ customers { nodes { id } } }")["customers"]["nodes"][0]["id"])


def test_a_known_document_goes_the_short_way(service: Served, shortened: list[bool]) -> None:
    id_ = begin(service)
    first, second = service.post(ASKED, {"id": id_}), service.post(ASKED, {"id": id_})
    assert first.content == second.content
    assert shortened[-1]
    service.hub.compiled_reads = False
    third = service.post(ASKED, {"id": id_})
    assert third.json() == first.json()
    assert {**second.headers, "x-request-id": ""} == {**third.headers, "x-request-id": ""}


def test_a_revoked_token_is_refused_at_once(service: Served, shortened: list[bool]) -> None:
    id_ = begin(service)
    token = service.new_token("read")
    for _ in range(2):
        assert service.post(ASKED, {"id": id_}, token).status_code == 200
    assert shortened[-1]
    held = service.ask("{ tokens { id scopes } }")["tokens"]
    revoked = next(each["id"] for each in held if each["scopes"] == ["read"])
    service.ask(f'mutation {{ revokeToken(input: {{ id: "{revoked}" }}) {{ userErrors {{ message }} }} }}')
    assert service.post(ASKED, {"id": id_}, token).status_code == 401
    assert service.post("{ nonsense", {"id": id_}, token).status_code == 401


def test_masks_are_those_of_who_asks(service: Served) -> None:
    id_ = begin(service)
    tokens = [service.token, service.new_token("read")]
    seen = [service.post(ASKED, {"id": id_}, tokens[n % 2]).json()["data"]["customer"]["email"] for n in range(6)]
    assert seen == ["anna@x.example", "a•••@x•••"] * 3


def test_own_writes_are_seen(service: Served, shortened: list[bool]) -> None:
    id_ = begin(service)
    for number in range(2, 5):
        service.tell(ROW)
        assert len(service.ask(ASKED, id=id_)["customer"]["timeline"]["nodes"]) == min(number, 3)
    assert any(shortened)


def test_limits_and_prices_are_the_same(service: Served) -> None:
    id_ = begin(service)
    service.hub.limits = Limits(rate_limit=100)
    told = [service.post(ASKED, {"id": id_}) for _ in range(40)]
    statuses = [each.status_code for each in told]
    assert statuses == sorted(statuses) and statuses[0] == 200 and statuses[-1] == 429
    assert len({each.headers["RateLimit"] for each in told if each.status_code == 200}) == statuses.count(200)
    service.hub.limits = Limits(max_cost=5)
    assert service.post(ASKED, {"id": id_}).json()["errors"][0]["extensions"]["limit"] == "HUB_MAX_COST"


def test_operations_are_counted_once(service: Served, shortened: list[bool]) -> None:
    id_ = begin(service)
    before = tallies.operations["Page", "query", "ok"]
    for _ in range(5):
        service.post(ASKED, {"id": id_})
    assert tallies.operations["Page", "query", "ok"] - before == 5
    assert shortened[-1]


def test_what_is_not_foreseen_goes_the_ordinary_way(service: Served, shortened: list[bool]) -> None:
    begin(service)
    for _ in range(2):
        assert service.post(ASKED, {"id": "cus_nobody"}).json()["data"] == {"customer": None}
        assert service.post(ASKED, {"id": 7}).json()["data"] == {"customer": None}
        assert service.post(ASKED, {"id": None}).status_code == 422
        assert service.post(ASKED, {}).status_code == 422
        assert service.post(ASKED, {"id": "x\0y"}).status_code == 422
    assert not any(shortened[1:])


def test_one_in_so_many_is_compared_and_a_plan_that_differs_is_given_up(
    service: Served, shortened: list[bool], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    id_ = begin(service)
    service.hub.compared_reads = 2
    answers = [service.post(ASKED, {"id": id_}).json() for _ in range(5)]
    assert all(each == answers[0] for each in answers)
    assert shortened[-4:].count(True) == 2
    reads = reads_of(service.hub, schema)

    async def wrong(*_: Any) -> bytes:
        return orjson.dumps({"customer": None})

    monkeypatch.setattr(reads, "read", wrong)
    with caplog.at_level(logging.ERROR):
        answers = [service.post(ASKED, {"id": id_}).json() for _ in range(4)]
    assert answers[0]["data"]["customer"]["id"] == answers[-1]["data"]["customer"]["id"] == id_
    (said,) = [each.getMessage() for each in caplog.records if "differs" in each.getMessage()]
    assert id_ not in said
    assert service.post(ASKED, {"id": id_}).json()["data"]["customer"]["id"] == id_
    assert not shortened[-1]
