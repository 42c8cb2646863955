"""Sources are set up, changed, paused and checked over GraphQL, and nobody is shown a secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub import sdk
from hub.sealing import new_key
from tests.api.conftest import Served, Sheet, served

SECRET = "correct-horse-battery"


class SafeSettings(sdk.Settings):
    """One secret, and one thing that is none."""

    host: str
    server: str = "a.example"
    password: sdk.Secret
    fault: str | None = None


class Safe(Sheet):
    """As the sheet, but with a secret."""

    name = "test.safe"
    Settings = SafeSettings
    destinations = ("server",)
    settings: SafeSettings

    def check(self) -> Iterator[str]:
        if self.settings.fault:
            yield f"{self.settings.fault} {self.settings.password.get_secret_value()}"


@pytest.fixture
def safe(hub_address: str) -> Iterator[Served]:
    """A hub that is served, with a key and a connector that has secrets."""
    with served(hub_address, others={"test.safe": Safe}, secret_key=new_key()) as made:
        yield made


CREATE = """mutation ($input: CreateSourceInput!) { createSource(input: $input) {
    source { id every notifyUrl deletionShare settings secretsSet } userErrors { message path } } }"""
UPDATE = """mutation ($input: UpdateSourceInput!) { updateSource(input: $input) { changed receipt { processed }
    source { name every notifyUrl pausedAt settings secretsSet changes { nodes { by fields } } }
    userErrors { code message path hint } } }"""
PAUSE = """mutation ($input: PauseSourceInput!) { pauseSource(input: $input) { changed
    source { pausedAt } userErrors { message } } }"""
CHECK = """mutation ($input: CheckSourceInput!) { checkSource(input: $input) { problems userErrors { message } } }"""


def created(service: Served, **given: Any) -> dict[str, Any]:
    made = service.ask(
        CREATE,
        input={"name": "Safe", "connector": "test.safe", "settings": {"host": "x", "password": SECRET}, **given},
    )["createSource"]
    assert made["userErrors"] == []
    source: dict[str, Any] = made["source"]
    return source


def updated(service: Served, source: str, **given: Any) -> dict[str, Any]:
    done: dict[str, Any] = service.ask(UPDATE, input={"source": source, **given})["updateSource"]
    return done


def test_a_source_is_set_up_with_everything_and_shown_without_its_secret(safe: Served) -> None:
    made = created(safe, every="PT15M", notifyUrl="https://x.example/h", deletionShare=0.5)
    assert made | {"id": ""} == {
        "id": "", "every": "PT900S", "notifyUrl": "https://x.example/h", "deletionShare": 0.5,
        "settings": {"host": "x", "password": "********"}, "secretsSet": ["password"],
    }  # fmt: skip
    assert created(safe)["id"] == made["id"]


def test_what_is_given_changes_and_the_rest_stays(safe: Served) -> None:
    source = created(safe, every="PT15M", notifyUrl="https://x.example/h")["id"]
    done = updated(safe, source, settings={"host": "y"}, notifyUrl=None, name="Vault")
    assert done["changed"] == ["name", "notifyUrl", "settings.host"]
    assert done["source"] == {
        "name": "Vault", "every": "PT900S", "notifyUrl": None, "pausedAt": None,
        "settings": {"host": "y", "password": "********"}, "secretsSet": ["password"],
        "changes": {"nodes": [
            {"by": "test", "fields": ["name", "notifyUrl", "settings.host"]},
            {"by": "test", "fields": ["name", "connector", "every", "notifyUrl", "settings.host", "settings.password"]},
        ]},
    }  # fmt: skip
    dry = updated(safe, source, settings={"password": "another"}, every="PT0S", dryRun=True)
    assert (dry["changed"], dry["receipt"], dry["source"]["every"]) == (["every", "settings.password"], None, "PT900S")
    assert updated(safe, source, every=None)["source"]["every"] is None


def test_a_secret_is_asked_for_again_before_it_goes_to_another_server(safe: Served) -> None:
    source = created(safe)["id"]
    said = "To change server, give password again: a secret goes to no other destination than it was given for."
    assert safe.ask(UPDATE, input={"source": source, "settings": {"server": "b.example"}})["updateSource"] == {
        "changed": [], "receipt": None, "source": None,
        "userErrors": [{
            "code": "CONFIG_WRONG", "message": said, "path": ["settings", "password"],
            "hint": "In the same change. On the command line --secret password asks for it.",
        }],
    }  # fmt: skip
    checked = safe.ask(CHECK, input={"source": source, "settings": {"server": "b.example"}})["checkSource"]
    assert checked["problems"] == [said]
    done = updated(safe, source, settings={"server": "b.example", "password": SECRET})
    assert done["changed"] == ["settings.password", "settings.server"]


def test_a_source_is_paused_and_goes_on(safe: Served) -> None:
    source = created(safe)["id"]
    paused = safe.ask(PAUSE, input={"source": source})["pauseSource"]
    assert (paused["changed"], bool(paused["source"]["pausedAt"])) == (["paused"], True)
    assert safe.ask(PAUSE, input={"source": source})["pauseSource"]["changed"] == []
    assert safe.ask(PAUSE, input={"source": source, "resume": True})["pauseSource"]["source"]["pausedAt"] is None


def test_settings_are_checked_without_being_stored(safe: Served) -> None:
    source = created(safe)["id"]
    for given, problems in (
        ({"source": source}, []),
        ({"source": source, "settings": {"fault": "Wrong:"}}, ["Wrong: ********"]),
        ({"source": source, "settings": {"hots": "x"}}, ["Settings of test.safe: hots: there is no such setting."]),
        # What the slip leaves out is missing too; the slip says more.
        (
            {"connector": "test.safe", "settings": {"hots": "x"}},
            ["Settings of test.safe: hots: there is no such setting."],
        ),
        ({"connector": "test.safe"}, ["Settings of test.safe: host: Field required."]),
    ):
        assert safe.ask(CHECK, input=given)["checkSource"]["problems"] == problems
    assert safe.ask(CHECK, input={})["checkSource"]["userErrors"] == [{"message": "Name a source, or a connector."}]


def test_what_cannot_be_is_said_without_the_secret(safe: Served) -> None:
    source = created(safe)["id"]
    for given, fault in (
        ({"settings": {"fault": "No:"}}, "No: ********"),
        ({"settings": [SECRET]}, "settings is a JSON object."),
        ({"every": "P1M"}, "Months are not all as long: write every in days, hours or minutes."),
        ({"name": "Books"}, "There is a source named 'Books' already."),
    ):
        assert [each["message"] for each in updated(safe, source, **given)["userErrors"]] == [fault]


def test_only_who_manages_sees_settings(safe: Served) -> None:
    source = created(safe)["id"]
    for field in ("settings", "secretsSet", "notifyUrl", "changes { nodes { by } }"):
        for scopes in (("read", "pii", "write", "analyse"), (f"ingest:{source}",)):
            document = f"query ($id: ID!) {{ source(id: $id) {{ {field} }} }}"
            code, _ = safe.refusal(document, safe.new_token(*scopes), id=source)
            assert code == "FORBIDDEN"


def test_no_answer_says_a_secret_that_was_sent_with_a_mistake(safe: Served) -> None:
    source = created(safe)["id"]
    sent = {"source": source, "settings": {"password": "an0ther-secret"}}
    for document, given in (
        (UPDATE, {**sent, "evry": "PT1M"}),
        (UPDATE, {**sent, "source": {"x": "an0ther-secret"}}),
        (CREATE, {"name": "x", "settings": {"password": "an0ther-secret"}}),
        (CREATE, {"name": "x", "connector": "test.safe", "settings": {"password": ["an0ther-secret"], "host": "x"}}),
        (CREATE, {"name": "x", "connector": "test.safe", "settings": {"host": ["an0ther-secret"], "password": "p"}}),
        (CREATE, {"name": "Safe", "connector": "test.safe", "settings": {"host": "x", "password": "an0ther-secret"}}),
        (CHECK, {"connector": "an0ther", "settings": {"password": "an0ther-secret"}}),
    ):
        answer = safe.post(document, {"input": given})
        assert "an0ther-secret" not in answer.text, answer.text
    for more in ('evry: "PT1M"', "every: 5", "name: {x: 1}"):
        written = f'{{source: "{source}", settings: {{password: "an0ther-secret"}}, {more}}}'
        answer = safe.post(f"mutation {{ updateSource(input: {written}) {{ changed }} }}")
        assert "errors" in answer.json()
        assert "an0ther-secret" not in answer.text, answer.text
