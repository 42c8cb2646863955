"""A hub behind a real gateway, beside another subgraph."""

from __future__ import annotations

import json
import subprocess

import pytest

from hub.api.subgraph import print_subgraph_text
from tests.clients.conftest import KNOWN, Answering
from tests.npm.installed import HERE, installed

CUSTOMERS = "{ customers(orderBy: {field: FIRST_TOUCH, direction: ASC}) { nodes { id } } }"


@pytest.mark.long
def test_a_gateway_answers_customers_and_tickets_as_one_graph(answering: Answering) -> None:
    tools = installed("federation")
    answering.hub.kill()
    answering.hub.settings = {"HUB_FEDERATION": "1"}
    answering.hub.start()
    ids = [each["id"] for each in answering.ask(CUSTOMERS)["customers"]["nodes"]]
    command = ["node", str(HERE / "federation" / "compose.mjs"), str(tools), answering.graphql, answering.token, *ids]
    done = subprocess.run(command, input=print_subgraph_text(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert "errors" not in answer, answer["errors"]
    assert answer["data"]["tickets"] == [
        {
            "number": number,
            "customer": {
                "displayName": name,
                "timeline": {"nodes": [{"__typename": "Call", "title": f"{name} calls", "ticket": {"number": 100}}]},
            },
        }
        for number, (name, _) in enumerate(KNOWN, 1)
    ]
    # Five customers are asked for at once.
    assert answer["asked"] == 1
