"""Compiled reads over HTTP: the same answers, headers, limits and refusals as the ordinary way, and who looks where."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import orjson
import pytest

from hub.api.compiled import Reads, reads_of
from hub.api.execute import shortly
from hub.api.limits import InTime
from hub.api.schema import schema
from hub.api.short import Short
from hub.api.short import short as short_way
from hub.api.tallies import tallies
from hub.limits import Limits
from tests.api.conftest import Served, served

ASKED = "query Page($id: ID!) { customer(by: { id: $id }) { id email timeline(first: 3) { nodes { id title } } } }"
ORIGIN = "https://app.example.com"
ROW = {"kind": "email", "channel": "EMAIL", "title": "Hello", "who": {"email": "anna@x.example"}}


@pytest.fixture(scope="module")
def filled_hub(module_address: str) -> Iterator[Served]:
    with served(module_address, allowed_origins=[ORIGIN]) as service:
        service.tell(*[ROW] * 4)
        yield service


@pytest.fixture
def service(filled_hub: Served) -> Iterator[Served]:
    hub = filled_hub.hub
    hub.compiled_reads = True
    yield filled_hub
    hub.compiled_reads, hub.compared_reads, hub.limits = False, 0, Limits()


@pytest.fixture
def shortened(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each request went the short way."""
    taken: list[bool] = []

    async def short(*args: Any, **named: Any) -> Short:
        found = await short_way(*args, **named)
        taken.append(found.content is not None)
        return found

    monkeypatch.setattr("hub.api.execute.short", short)
    return taken


def post(service: Served, variables: dict[str, Any], token: str | None = None, document: str = ASKED) -> Any:
    """The answer to a plain request: nothing of it is for anybody but the lane."""
    return service.post(document, variables, token, **{"Accept-Encoding": "identity"})


@pytest.fixture
def by_the_lane(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the lane answered each request that it tried to."""
    taken: list[bool] = []

    async def answered(*args: Any) -> Short | None:
        found = await shortly(*args)
        taken.append(found is not None)
        return found

    monkeypatch.setattr("hub.api.lane.shortly", answered)
    return taken


def begin(service: Served, email: str = "anna@x.example") -> str:
    """The id of a customer."""
    customers = service.ask("{ customers { nodes { id email } } }")["customers"]["nodes"]
    return next(str(each["id"]) for each in customers if each["email"] == email)


def test_a_known_document_goes_the_short_way(service: Served, shortened: list[bool]) -> None:
    id_ = begin(service)
    answers = [post(service, {"id": id_}) for _ in range(2)] + [service.post(ASKED, {"id": id_})]
    assert shortened[-2:] == [True, True]
    service.hub.compiled_reads = False
    answers.append(post(service, {"id": id_}))
    assert len({each.content for each in answers}) == 1
    assert len({tuple(sorted(each.headers.items())) for each in answers}) == 1


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/graphql-response+json", "text/html"])
def test_the_lane_answers_in_the_type_that_is_wanted(service: Served, accept: str) -> None:
    id_, headers = begin(service), {"Accept": accept, "Accept-Encoding": "identity"}
    answers = [service.post(ASKED, {"id": id_}, **headers) for _ in range(2)]
    service.hub.compiled_reads = False
    answers.append(service.post(ASKED, {"id": id_}, **headers))
    assert len({(each.status_code, each.headers["Content-Type"], each.content) for each in answers}) == 1


@pytest.mark.parametrize("many", [1, 15], ids=["small", "large"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Accept-Encoding": "gzip, deflate, br, zstd", "Origin": ORIGIN},
        {"Accept-Encoding": "gzip", "Origin": "https://elsewhere.example", "Cookie": "other=1"},
        {"Accept-Encoding": "identity;q=0, *", "Hub-After": "1"},
    ],
)
def test_a_browser_is_answered_by_the_lane_in_the_same_bytes(
    service: Served, by_the_lane: list[bool], headers: dict[str, str], many: int
) -> None:
    document = "{ customers { nodes { " + " ".join(f"{'name' * 15}{number}: id" for number in range(many)) + " } } }"
    sent = {"Authorization": f"Bearer {service.token}", **headers}

    def raw() -> tuple[list[tuple[str, str]], bytes]:
        with service.client.stream("POST", "/graphql", json={"query": document}, headers=sent) as answer:
            assert answer.status_code == 200
            return sorted(answer.headers.items()), b"".join(answer.iter_raw())

    begin(service)
    service.post(document)
    answers = [raw()]
    assert by_the_lane[-1]
    service.hub.compiled_reads = False
    answers.append(raw())
    assert answers[0] == answers[1]


def test_what_fails_in_the_lane_is_told_as_elsewhere(
    service: Served, by_the_lane: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = begin(service)
    for _ in range(2):
        post(service, {"id": id_})
    assert by_the_lane[-1]
    before = len(by_the_lane)
    with monkeypatch.context() as patched:
        patched.setattr("hub.api.short.InTime", lambda deadlines, _: InTime(deadlines, 0))
        late = [post(service, {"id": id_})]
    assert len(by_the_lane) == before
    service.hub.compiled_reads = False
    service.hub.limits = Limits(request_seconds=0.000_001)
    late.append(post(service, {"id": id_}))
    assert [each.status_code for each in late] == [503, 503]
    assert late[0].json() == late[1].json()
    assert sorted(late[0].headers.items()) == sorted(late[1].headers.items())


def test_a_write_that_is_not_shown_yet_is_not_passed_over(service: Served, by_the_lane: list[bool]) -> None:
    begin(service)
    service.post(ASKED, {"id": "x"})
    refused = service.post(ASKED, {"id": "x"}, **{"Hub-After": "999999999"})
    assert (refused.status_code, refused.json()["errors"][0]["message"]) == (503, "That write is not shown yet.")
    assert service.post(ASKED, {"id": "x"}, **{"Hub-After": "soon"}).status_code == 400


def test_bodies_that_are_no_requests_are_told_so(service: Served) -> None:
    begin(service)
    headers = {"Authorization": f"Bearer {service.token}", "Accept-Encoding": "identity"}
    for body, status in ((b"{", 400), (b"[]", 422), (b"{}", 422), (b'{"query": 7}', 422), (b" " * 1_000_001, 413)):
        sent = {**headers, "Content-Type": "application/json"}
        assert service.client.post("/graphql", content=body, headers=sent).status_code == status
    assert service.client.post("/graphql", content=b"{}", headers=headers).status_code == 415


def test_a_revoked_token_is_refused_at_once(service: Served, shortened: list[bool]) -> None:
    id_ = begin(service)
    token = service.new_token("read")
    for _ in range(2):
        assert post(service, {"id": id_}, token).status_code == 200
    assert shortened[-1]
    held = service.ask("{ tokens { id scopes } }")["tokens"]
    revoked = next(each["id"] for each in held if each["scopes"] == ["read"])
    service.ask(f'mutation {{ revokeToken(input: {{ token: "{revoked}" }}) {{ userErrors {{ message }} }} }}')
    assert post(service, {"id": id_}, token).status_code == 401
    assert post(service, {}, token, "{ nonsense").status_code == 401


def test_masks_are_those_of_who_asks(service: Served) -> None:
    id_ = begin(service)
    tokens = [service.token, service.new_token("read")]
    seen = [post(service, {"id": id_}, tokens[n % 2]).json()["data"]["customer"]["email"] for n in range(6)]
    assert seen == ["anna@x.example", "a•••@x•••"] * 3


def test_those_who_ask_at_once_are_answered_together_and_each_as_by_themselves(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may see everything, who may not, who may no more; about two customers, nobody, and what is no id."""
    anna = begin(service)
    plain, revoked = service.new_token("read"), service.new_token("read", "ingest")
    service.tell({**ROW, "who": {"email": "ben@x.example"}})
    ben = begin(service, "ben@x.example")
    asked = [(id_, token) for id_ in (anna, ben, "cus_none", "no id") for token in (None, plain, revoked)]
    alone = [post(service, {"id": id_}, token) for _ in range(2) for id_, token in asked][len(asked) :]
    held = service.ask("{ tokens { id scopes } }")["tokens"]
    gone = next(each["id"] for each in held if each["scopes"] == ["read", "ingest"])
    service.ask(f'mutation {{ revokeToken(input: {{ token: "{gone}" }}) {{ userErrors {{ message }} }} }}')
    together, sizes = cast("Any", service.hub.reader)._together, []
    many = together._many

    async def counted(text: str, values: list[Any]) -> Any:
        sizes.append(len(values))
        return await many(text, values)

    monkeypatch.setattr(together, "_many", counted)
    with ThreadPoolExecutor(16) as threads:
        for _ in range(5):
            answers = list(threads.map(lambda each: post(service, {"id": each[0]}, each[1]), asked * 8))
            for one, (id_, token), answer in zip(alone * 8, asked * 8, answers, strict=True):
                expected = (401, None) if token == revoked else (200, one.json()["data"])
                assert (answer.status_code, answer.json().get("data")) == expected, (id_, token)
    assert max(sizes) > 1


def test_own_writes_are_seen(service: Served, shortened: list[bool]) -> None:
    id_ = begin(service)
    for number in range(3):
        service.tell({**ROW, "title": f"News {number}", "at": f"2027-01-0{number + 1}T00:00:00+00:00"})
        assert service.ask(ASKED, id=id_)["customer"]["timeline"]["nodes"][0]["title"] == f"News {number}"
    assert any(shortened)


def test_limits_and_prices_are_the_same(service: Served) -> None:
    id_ = begin(service)
    service.hub.limits = Limits(rate_limit=100)
    told = [post(service, {"id": id_}) for _ in range(40)]
    statuses = [each.status_code for each in told]
    assert statuses == sorted(statuses)
    assert set(statuses) == {200, 429}
    assert len({each.headers["RateLimit"] for each in told if each.status_code == 200}) == statuses.count(200)
    service.hub.limits = Limits(max_cost=5)
    assert post(service, {"id": id_}).json()["errors"][0]["extensions"]["limit"] == "HUB_MAX_COST"


def test_operations_are_counted_once(service: Served, shortened: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "_names", set())  # other tests in this process may have used up those told apart
    id_ = begin(service)
    before = tallies.operations["Page", "query", "ok"]
    for _ in range(5):
        post(service, {"id": id_})
    assert tallies.operations["Page", "query", "ok"] - before == 5
    assert shortened[-1]


def test_what_is_not_foreseen_goes_the_ordinary_way(service: Served, shortened: list[bool]) -> None:
    begin(service)
    for _ in range(2):
        assert post(service, {"id": "cus_nobody@o0"}).json()["data"] == {"customer": None}
        assert post(service, {"id": None}).status_code == 422
        assert post(service, {}).status_code == 422
        assert post(service, {"id": "x\0y"}).status_code == 422
    assert not any(shortened[1:])


def test_one_in_so_many_is_compared_and_a_plan_that_differs_is_given_up(
    service: Served, shortened: list[bool], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    id_ = begin(service)
    service.hub.compared_reads, reads = 2, reads_of(service.hub, schema)
    answers = [post(service, {"id": id_}).json() for _ in range(5)]
    assert all(each == answers[0] for each in answers)
    assert shortened[-4:].count(True) == 2
    assert reads.owes_comparison() is False

    async def wrong(*_: Any) -> bytes:
        return orjson.dumps({"customer": None})

    monkeypatch.setattr(reads, "read", wrong)
    with caplog.at_level(logging.ERROR):
        answers = [post(service, {"id": id_}).json() for _ in range(4)]
    assert answers[0]["data"]["customer"]["id"] == answers[-1]["data"]["customer"]["id"] == id_
    (said,) = [each.getMessage() for each in caplog.records if "differs" in each.getMessage()]
    assert id_ not in said
    assert post(service, {"id": id_}).json()["data"]["customer"]["id"] == id_
    assert not shortened[-1]


def test_sockets_and_streams_are_answered_by_one_statement_too(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = begin(service)
    document = f"# another\n{ASKED}"
    service.post(document, {"id": id_}, Accept="text/event-stream")  # the first time it is not worth a plan
    found: list[bool] = []
    real = Reads.read

    async def read(*given: Any) -> bytes | None:
        data = await real(*given)
        found.append(data is not None)
        return data

    monkeypatch.setattr(Reads, "read", read)
    with service.client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "connection_init", "payload": {"token": service.token}})
        assert socket.receive_json()["type"] == "connection_ack"
        socket.send_json({"type": "subscribe", "id": "1", "payload": {"query": document, "variables": {"id": id_}}})
        assert socket.receive_json()["payload"]["data"]["customer"]["id"] == id_
    told = service.post(document, {"id": id_}, Accept="text/event-stream").text
    assert f'"id":"{id_}"' in told
    assert found == [True, True]
