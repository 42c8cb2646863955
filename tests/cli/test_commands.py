"""The command's own words: help, schema, connectors, tokens."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from graphql import parse, validate

from hub.api.schema import print_schema_text, schema
from hub.api.subgraph import print_subgraph_text
from hub.cli import terminal
from hub.cli.commands import app
from hub.cli.given import expiry
from hub.client import DOCUMENTS, document
from hub.errors import InputWrong
from tests.cli.conftest import Ended, Run

COMMANDS = (
    "demo", "serve", "worker", "pull", "import", "show", "explain", "why-not", "merge", "split", "undo", "schema",
    "identity rules", "identity check", "identity preview", "identity apply", "connector list", "connector show",
    "source list", "source create", "source show",
    "source set", "source pause", "source resume", "source check", "source settings", "secret new-key",
    "token create", "token list", "token revoke", "suggestions find",
    "suggestions list", "suggestions show", "suggestions accept", "suggestions refuse", "withdraw", "restore",
    "replay", "rebuild", "endpoint create", "endpoint list", "endpoint show", "endpoint set", "endpoint disable",
    "endpoint enable", "endpoint test", "endpoint rotate", "endpoint resend", "endpoint delete",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(hub: Run, command: str) -> None:
    ended = hub(*command.split(), "--help")
    assert ended.code == 0
    assert re.search(rf"Examples?:\s+(\w+=\S+ *)?\S*hub (--data \S+ )?{command}", ended.out)


def test_examples_can_be_copied_from_a_terminal_of_80_columns() -> None:
    """Longer lines are broken by the help, and what is copied then is another command."""
    assert [line for text in helps(typer.main.get_command(app)) for line in text.splitlines() if len(line) > 78] == []


def helps(command: Any) -> Iterator[str]:
    """The examples of a command and of those inside it."""
    yield "".join(re.split(r"\nExamples?:\n", command.help or "")[1:])
    for name in getattr(command, "commands", ()):
        yield from helps(command.commands[name])


@pytest.mark.parametrize("name", sorted(path.stem for path in DOCUMENTS.glob("*.graphql")))
def test_documents_fit_the_schema(name: str) -> None:
    assert validate(schema._schema, parse(document(name))) == []


def test_schema_is_printed_written_and_compared(hub: Run, tmp_path: Path) -> None:
    assert hub("schema").out == print_schema_text()
    assert hub("schema", "--federation").out == print_subgraph_text()
    assert hub("schema", "--output", "s.graphql").code == 0
    assert hub("schema", "--check", "s.graphql").code == 0
    (tmp_path / "s.graphql").write_text(print_schema_text().replace("type Query {", "type Query {\n  old: Int", 1))
    ended = hub("schema", "--check", "s.graphql")
    assert ended.code == 1
    assert "-  old: Int" in ended.err
    assert ended.err.endswith("To write it anew: hub schema --output s.graphql\n")


def test_what_a_schema_changes_for_clients_is_told(hub: Run, tmp_path: Path) -> None:
    now = print_schema_text()
    (tmp_path / "s.graphql").write_text(now)
    assert hub("schema", "--since", "s.graphql") == Ended(0, "", "")
    (tmp_path / "s.graphql").write_text(re.sub(r'\n *"""[^"]+"""\n +LOYAL\n', "", now, count=1))
    assert hub("schema", "--since", "s.graphql") == Ended(0, "may break: Enum value Stage.LOYAL was added.\n", "")
    (tmp_path / "s.graphql").write_text(now.replace("type Query {", "type Query {\n  old: Int", 1))
    assert hub("schema", "--since", "s.graphql") == Ended(1, "breaks: Field Query.old was removed.\n", "")
    (tmp_path / "s.graphql").write_text("type Query {")
    refused = hub("schema", "--since", "s.graphql")
    assert (refused.code, refused.out) == (2, "")
    assert "That is not a schema: Syntax Error" in refused.err


def test_settings_of_a_connector_are_a_table(hub: Run) -> None:
    shown = hub("connector", "show", "email.mailbox").out
    assert re.search(r"^path +string +required +\w", shown, re.MULTILINE)
    assert re.search(r"^own_addresses +list of string ", shown, re.MULTILINE)
    assert re.search(r"^columns\.key +", hub("connector", "show", "generic.csv").out, re.MULTILINE)
    assert re.search(r"^write_keys +list of secret ", hub("connector", "show", "generic.segment").out, re.MULTILINE)


@pytest.mark.parametrize("command", ["connector list", "connector show accounting.csv", "connector kinds"])
def test_no_table_is_wrapped_where_there_is_little_room(
    hub: Run, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    wide = hub(*command.split()).out
    monkeypatch.setattr(terminal.out, "width", 40)
    assert (hub(*command.split()).out, max(map(len, wide.splitlines())) > 120) == (wide, True)


def test_token_ends_when_it_was_said(hub: Run) -> None:
    made = hub("--data", "h", "token", "create", "partner", "--scope", "read", "--scope", "pii", "--expires", "30d")
    assert re.fullmatch(r"hub_\S+\n", made.out)
    listed = hub("--data", "h", "token", "list").out.splitlines()[1]
    identity = listed.split()[0]
    assert re.fullmatch(r"tok_\w+  read pii  \S+ \S+  \S+ \S+  partner", listed)
    assert hub("--data", "h", "token", "revoke", identity).out == f"{identity} is good no more.\n"
    assert "partner" not in hub("--data", "h", "token", "list").out


def test_expiry_is_a_span_or_a_date() -> None:
    assert expiry(None) is None
    assert expiry("2027-01-31T12:00:00+06:00") == "2027-01-31T06:00:00.000000Z"
    for wrong in ("soon", "30", "99999y", "٣٠d"):
        with pytest.raises(InputWrong):
            expiry(wrong)


def test_version_is_printed(hub: Run) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\n", hub("--version").out)
