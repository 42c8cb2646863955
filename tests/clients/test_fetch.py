"""The client of docs/clients/fetch, compiled strictly and run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clients.conftest import Answering, Following, run, touchpoint

NAMES = [
    "Anna Berg <anna@x.example>", "Rahim Uddin <rahim@x.example>", "Mei Chen <mei@x.example>",
    "Nina Noor <nina@x.example>", "Omar Diaz <omar@x.example>",
]  # fmt: skip
REGISTER = "mutation ($input: RegisterDocumentsInput!) { registerDocuments(input: $input) { documents { id } } }"

Start = Callable[..., Following]


@pytest.fixture(scope="module")
def client(example: Callable[[str], Path]) -> Path:
    """The folder of the client, compiled."""
    folder = example("fetch")
    run(folder, "node_modules/.bin/tsc")
    return folder


@pytest.fixture
def start(client: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts the example."""
    made: list[Following] = []
    with (tmp_path / "example.log").open("w") as log:

        def started(*given: str) -> Following:
            made.append(Following(client, log, "node", "example.js", *given))
            return made[-1]

        yield started
        for each in made:
            each.process.kill()
            each.process.communicate()


def test_a_list_a_trusted_document_and_a_live_query_across_a_killed_hub(
    answering: Answering, client: Path, start: Start
) -> None:
    (text,) = [each for each in (client / "example.ts").read_text().split("`") if "query Customers" in each]
    answering.ask(REGISTER, input={"documents": [{"text": text}]})
    following = start(answering.graphql, answering.token, "4")
    assert following.said(7) == [*NAMES, "trusted: Anna Berg", "15 changes are known"]
    answering.tell(touchpoint(6, "Anna Berg", "anna"), touchpoint(7, "Mei Chen", "mei"))
    assert following.said(2) == ["new: Anna Berg calls", "new: Mei Chen calls"]
    answering.hub.kill()
    answering.hub.start()
    answering.tell(touchpoint(8, "Nina Noor", "nina"), touchpoint(9, "Rahim Uddin", "rahim"))
    assert following.said(2) == ["new: Nina Noor calls", "new: Rahim Uddin calls"]
    assert following.ended() == 0


FAULTS = """
import { document, Hub, Refused } from "./hub.js";
const [url, token, analyst, reading, source] = process.argv.slice(1);
const tell = async (label, asked) => {
  try {
    const { data, errors } = await asked();
    const faults = errors.map((each) => `${each.extensions.code} ${each.path.join(".")}`);
    console.log(label, JSON.stringify(data), faults.join());
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    console.log(label, error.status, error.code, error.passes, error.retryAfter);
  }
};
const ask = (text, variables = {}, hub = new Hub(url, token)) => () => hub.ask(document(text), variables);
await tell("partial", ask('{ hub { currency } customer(by: { id: "x" }) { id } }', {}, new Hub(url, analyst)));
await tell("unread", ask("{"));
await tell("invalid", ask("{ nothing }"));
await tell("variables", ask("query ($first: Int) { customers(first: $first) { totalCount } }", { first: "two" }));
await tell("page", ask("{ customers(first: 501) { totalCount nodes { id } } }"));
await tell("dear", ask("{ customers(first: 500) { nodes { timeline(first: 500) { nodes { id } } } } }"));
await tell("token", ask("{ hub { currency } }", {}, new Hub(url, "wrong")));
await tell("proxy", ask("{ hub { currency } }", {}, new Hub(url.replace("/graphql", "/nowhere"), token)));
await tell("unregistered", () => new Hub(url, token).trusted(document("{ hub { name } }"), {}));
for (const given of ["wrong", token]) {
  const live = new Hub(url, given).follow(document("subscription { touchpointAdded { cursor } }"), {}, "no cursor");
  await tell("live", async () => (await live.next()).value);
}
const state = "subscription ($id: ID!) { sourceChanged(source: $id) { name pulledBy } }";
await tell("state", async () => (await new Hub(url, reading).follow(document(state), { id: source }).next()).value);
process.exit();
"""


def test_errors_are_told_apart(answering: Answering, client: Path) -> None:
    made = "mutation ($scope: String!) { createToken(input: {name: $scope, scopes: [$scope]}) { secret } }"
    tokens = [answering.ask(made, scope=scope)["createToken"]["secret"] for scope in ("analyse", "read")]
    given = (answering.graphql, answering.token, *tokens, answering.source)
    said = run(client, "node", "--input-type=module", "-e", FAULTS, *given)
    assert said.splitlines() == [
        'partial {"hub":{"currency":"USD"},"customer":null} FORBIDDEN customer',
        "unread 400 GRAPHQL_PARSE_FAILED false null",
        "invalid 422 GRAPHQL_VALIDATION_FAILED false null",
        "variables 422 GRAPHQL_VALIDATION_FAILED false null",
        "page 294 BAD_USER_INPUT false null",
        "dear 422 LIMIT_EXCEEDED false null",
        "token 401 UNAUTHENTICATED false null",
        "proxy 404 UNREACHABLE true null",
        "unregistered 422 PERSISTED_QUERY_NOT_FOUND false null",
        "live 401 UNAUTHENTICATED false null",
        "live 200 BAD_USER_INPUT false null",
        'state {"sourceChanged":{"name":"Shop","pulledBy":null}} FORBIDDEN sourceChanged.pulledBy',
    ]
