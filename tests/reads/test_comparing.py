"""The comparison itself: a compiler that is wrong in any one way is found out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
import pytest

from hub.api.auth import Principal
from hub.api.context import Context
from hub.api.execute import Request, execute
from tests.api.conftest import EVERYTHING, Served, served
from tests.reads.both_ways import Difference, Tally, compare, run
from tests.reads.documents import Asked

DOCUMENT = Asked(
    "{ customers(first: 5) { nodes { id email phone formerIds engagement lifecycle { stage }"
    " timeline(first: 2) { nodes { title amount { amount } } pageInfo { hasNextPage } } } } }",
    {},
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A hub with two customers, whose telephones nobody knows."""
    with served(str(tmp_path_factory.mktemp("small") / "hub")) as service:
        service.tell(
            {"kind": "invoice", "amount": "10.00", "title": 'a\u2028"', "who": {"email": "a@x.org"}},
            {"kind": "form", "title": "\x01", "who": {"email": "b@x.org"}},
        )
        yield service


def changed(data: Any, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """The data after a change of its first customer."""
    change(data["customers"]["nodes"][0])
    return orjson.dumps(data)


WRONG: Mapping[str, Callable[[Any], bytes]] = {
    "keys in another order": lambda data: changed(data, lambda one: one.update(id=one.pop("id"))),
    "a null left out": lambda data: changed(data, lambda one: [one.pop(key) for key in list(one) if one[key] is None]),
    "a null as text": lambda data: changed(data, lambda one: one.update(phone="")),
    "a list as null": lambda data: changed(data, lambda one: one.update(formerIds=None)),
    "one entry fewer": lambda data: changed(data, lambda one: one["timeline"]["nodes"].pop()),
    "a flag as a number": lambda data: changed(data, lambda one: one["timeline"]["pageInfo"].update(hasNextPage=0)),
    "a number as text": lambda data: changed(data, lambda one: one.update(engagement=str(one["engagement"]))),
    "an amount as a number": lambda data: orjson.dumps(data).replace(b'"10.00"', b"10.00"),
    "a key twice": lambda data: orjson.dumps(data).replace(b'"id":', b'"id":"x","id":', 1),
    "a character as it is": lambda data: orjson.dumps(data).replace(b"\\u0001", b"\x01"),
    "an escape too many": lambda data: orjson.dumps(data).replace(b'\\"', b'\\\\"'),
    "half of an answer": lambda data: orjson.dumps(data)[:-2],
    "not a number": lambda data: orjson.dumps(data).replace(b'"engagement":', b'"engagement":NaN,"e":', 1),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_compiler_is_found_out(small: Served, name: str) -> None:
    who = Principal("test", "tok_test", EVERYTHING)

    async def wrong(context: Context, text: str, operation: str | None, variables: Any) -> bytes:
        answer = await execute(small.hub, who, Request(text, variables, operation))
        return WRONG[name](json.loads(orjson.dumps(answer.content["data"])))

    with pytest.raises(Difference):
        small.client.portal.call(run, small.hub, who, DOCUMENT, Tally(), wrong)  # type: ignore[union-attr]


def test_a_right_compiler_passes(small: Served) -> None:
    who, tally = Principal("test", "tok_test", EVERYTHING), Tally()

    async def right(context: Context, text: str, operation: str | None, variables: Any) -> bytes:
        return orjson.dumps((await execute(small.hub, who, Request(text, variables, operation))).content["data"])

    small.client.portal.call(run, small.hub, who, DOCUMENT, tally, right)  # type: ignore[union-attr]
    assert (tally.compared, tally.unsupported, tally.discarded) == (1, 0, 0)


def test_what_ends_in_an_error_may_not_be_compiled(small: Served) -> None:
    async def hasty(*_: Any) -> bytes:
        return b'{"customer":null}'

    failing = Asked("{ customers(first: 501) { nodes { id } } }", {})
    with pytest.raises(Difference, match="it ends in an error"):
        small.client.portal.call(  # type: ignore[union-attr]
            run, small.hub, Principal("test", "tok_test", EVERYTHING), failing, Tally(), hasty
        )


def test_a_float_may_be_written_as_a_whole_number_but_no_whole_number_as_a_float() -> None:
    compare(DOCUMENT, b'{"a":1.0,"b":[-0.0,1e3]}', b'{"a":1,"b":[0,1000]}')
    for ordinary, compiled in (
        (b"1", b"1.0"),
        (b"1", b"true"),
        (b"0.1", b"0.10000001"),
        (b"{}", b"[]"),
        (b'""', b"null"),
    ):
        with pytest.raises(Difference):
            compare(DOCUMENT, ordinary, compiled)
