"""Attacks on a hub that is really served: nothing falls over, nothing leaks, and an innocent client is answered.

How long it waits is measured by ``scripts/bench service``; here the machine is busy with other tests.
"""

import asyncio
from pathlib import Path

from bench.attacks import Innocent, attacked, attacks
from bench.served import served
from tests.api.conftest import Served

GENEROUS = 3.0
"""Seconds that an innocent client may wait on a machine that does other things too."""


def test_attacks_get_clean_refusals_or_quick_answers(tmp_path: Path) -> None:
    async def sent() -> None:
        async with served(str(tmp_path / "hub")) as hub:
            with Innocent(hub.url, hub.token) as innocent:
                outcomes = await attacked(hub.url, hub.token, innocent, attacks(hub.token), copies=1)
        assert len(outcomes) >= 75
        assert {each.name: each.faults for each in outcomes if each.faults} == {}
        worst = max(outcomes, key=lambda each: each.stall)
        print(f"an innocent client waited {worst.stall * 1000:.0f} ms at most, beside {worst.name}")
        assert worst.stall < GENEROUS, worst
        assert innocent.wrong == []

    asyncio.run(sent())


def test_twelve_usual_findings_are_not_there(lite: Served) -> None:
    """What graphql-cop looks for, each asked as it asks; a hub shows none of them to who has no token either."""

    def ask(query: str, **headers: str) -> tuple[int, str]:
        answer = lite.post(query, None, None, **headers)
        return answer.status_code, answer.text

    typename = "query { __typename }"
    headers = {"Authorization": f"Bearer {lite.token}"}
    # Alias overloading, directive overloading, field duplication, circular introspection.
    assert ask("query {" + " ".join(f"alias{n}: __typename" for n in range(101)) + "}")[0] == 422
    assert ask("query { __typename " + "@aa" * 10 + " }")[0] == 422
    assert ask("query {" + " __typename" * 500 + "}")[0] == 422
    circle = "query { __schema { types " + "{ fields { type " * 4 + "{ name }" + " } }" * 4 + " } }"
    assert ask(circle)[0] == 422
    # Batches by array.
    batch = lite.client.post("/graphql", json=[{"query": typename}] * 10, headers=headers)
    assert batch.status_code == 422
    # Introspection and suggestions without the right to them.
    partner = {"Authorization": f"Bearer {lite.new_token(f'ingest:{lite.source}')}"}
    assert "may not introspect" in ask("query { __schema { types { name } } }", **partner)[1]
    assert "Did you mean" not in ask("query { hu { name } }", **partner)[1]
    nobody = lite.client.post("/graphql", json={"query": "query { __schema { types { name } } }"})
    assert nobody.status_code == 401
    # Traces, and a page to ask with, at the endpoint.
    assert "tracing" not in ask(typename)[1]
    page = lite.client.get("/graphql", headers={"Accept": "text/html"})
    assert (page.status_code, "<html" in page.text) == (406, False)
    # Mutations by GET, queries by GET without a token, forms that browsers send from anywhere.
    mutation = {"query": "mutation { __typename }"}
    assert lite.client.get("/graphql", params=mutation, headers=headers).status_code == 405
    assert lite.client.get("/graphql", params={"query": typename}).status_code == 401
    form = lite.client.post("/graphql", data={"query": typename}, headers=headers)
    assert form.status_code == 415
    # Errors that nobody handled.
    assert "Traceback" not in ask("qwerty { abc }")[1]
