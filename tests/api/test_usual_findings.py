"""What the auditor graphql-cop looks for, each by the name it has there: none is found without a token, and none with a
token that may not introspect.

It asks with GET too, which is a finding where cookies sign in. Here nothing does but a token that must be sent by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.api.conftest import Served, served


@dataclass(frozen=True)
class Auditor:
    """Asks a hub, with a token or without."""

    service: Served
    headers: dict[str, str]

    def post(self, query: str) -> Any:
        """The answer to a document, as JSON."""
        return self.service.client.post("/graphql", json={"query": query}, headers=self.headers).json()

    def get(self, path: str, **params: str) -> Any:
        """The answer to a GET."""
        return self.service.client.get(path, params=params, headers=self.headers)

    def data(self, query: str) -> dict[str, Any]:
        """The data of an answer; empty where there is none."""
        held: dict[str, Any] = self.post(query).get("data") or {}
        return held

    def form(self) -> Any:
        """The answer to a form, as pages of any origin may send it."""
        return self.service.client.post("/graphql", data={"query": "{ __typename }"}, headers=self.headers).json()

    def batch(self) -> Any:
        """The answer to eleven requests in a list."""
        return self.service.client.post(
            "/graphql", json=[{"query": "{ __typename }"}] * 11, headers=self.headers
        ).json()


def _circle(levels: int) -> str:
    return "{ __schema { types " + "{ fields { type " * levels + "{ name }" + " } }" * levels + " } }"


CIRCULAR_FRAGMENT = "{ __schema { ...A } } fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }"
PAGES = ("/graphiql", "/playground", "/console", "/graphql")
FINDINGS: dict[str, Callable[[Auditor], bool]] = {
    "alias overloading": lambda it: "a100" in it.data("{" + " ".join(f"a{n}: __typename" for n in range(101)) + "}"),
    "array-based query batching": lambda it: isinstance(it.batch(), list),
    "circular fragment": lambda it: "errors" not in it.post(CIRCULAR_FRAGMENT),
    "introspection-based circular query": lambda it: bool(it.data(_circle(4))),
    "directive overloading": lambda it: len(it.post("{ __typename " + "@aa" * 10 + " }")["errors"]) >= 10,
    "field duplication": lambda it: bool(it.data("{" + " __typename" * 500 + "}")),
    "field suggestions": lambda it: "Did you mean" in str(it.post("{ __schema { directive } hubb { name } }")),
    "GET based mutation": lambda it: bool(it.get("/graphql", query="mutation { __typename }").json().get("data")),
    "GraphQL IDE": lambda it: any("raphi" in it.get(each).text for each in PAGES),
    "introspection": lambda it: bool(it.data("{ __schema { types { name fields { name } } } }")),
    "POST based url-encoded query": lambda it: "data" in it.form(),
    "trace mode": lambda it: any(word in str(it.post("{ __typename }")).lower() for word in ("tracing", "stacktrace")),
    "unhandled errors": lambda it: "exception" in str(it.post("qwerty cop { abc }")).lower(),
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One hub for all audits."""
    with served(str(tmp_path_factory.mktemp("audited") / "hub")) as service:
        yield service


@pytest.mark.parametrize("finding", FINDINGS)
@pytest.mark.parametrize("with_token", [False, True], ids=["stranger", "partner"])
def test_is_not_found(hub: Served, finding: str, *, with_token: bool) -> None:
    token = hub.new_token(f"ingest:{hub.source}")
    auditor = Auditor(hub, {"Authorization": f"Bearer {token}"} if with_token else {})
    assert not FINDINGS[finding](auditor)


def test_a_query_by_get_is_answered_to_nobody_without_a_token(hub: Served) -> None:
    assert Auditor(hub, {}).get("/graphql", query="{ __typename }").status_code == 401
