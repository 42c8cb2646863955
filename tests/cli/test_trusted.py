"""``hub documents``: what frontends' tools write down is registered, checked, listed and retired."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from hub.cli.manifests import FoundDocument, found
from hub.errors import InputWrong
from tests.cli.conftest import Run

NAME = "query Name { hub { name } }"
WHO = "query Who { viewer { name } }"
NAME_DIGEST = hashlib.sha256(NAME.encode()).hexdigest()
WHO_DIGEST = hashlib.sha256(WHO.encode()).hexdigest()
MD5 = hashlib.md5(NAME.encode(), usedforsecurity=False).hexdigest()


def written(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A frontend's folder of documents."""
    queries = tmp_path / "queries" / "inner"
    queries.mkdir(parents=True)
    written(queries / "who.gql", WHO)
    written(queries.parent / "name.graphql", NAME)
    written(queries.parent / "name.json", {})
    return queries.parent


def test_every_kind_of_manifest_is_read(tmp_path: Path, folder: Path) -> None:
    relay = written(tmp_path / "relay.json", {MD5: NAME})
    codegen = written(tmp_path / "codegen.json", {f"sha256:{NAME_DIGEST}": NAME, WHO_DIGEST: WHO})
    operations = [{"id": NAME_DIGEST, "name": "Name", "type": "query", "body": NAME}]
    apollo = written(
        tmp_path / "apollo.json",
        {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations},
    )
    by_id = written(tmp_path / "map.json", {"operations": {NAME_DIGEST: {"name": "Name", "body": NAME}}})
    assert found([folder]) == [
        FoundDocument(str(folder / "inner" / "who.gql"), WHO, None, "who"),
        FoundDocument(str(folder / "name.graphql"), NAME, None, "name"),
    ]
    assert found([relay, codegen]) == [
        FoundDocument(f"{relay}: {MD5}", NAME, MD5),
        FoundDocument(f"{codegen}: sha256:{NAME_DIGEST}", NAME, f"sha256:{NAME_DIGEST}"),
        FoundDocument(f"{codegen}: {WHO_DIGEST}", WHO, WHO_DIGEST),
    ]
    expected = [NAME, NAME_DIGEST, "Name"]
    for file in (apollo, by_id):
        (one,) = found([file])
        assert [one.text, one.id, one.name] == expected
    wrong: tuple[Any, ...] = ([], {"a": 1}, {"operations": [1]}, "{")
    for content in wrong:
        with pytest.raises(InputWrong):
            found([written(tmp_path / "wrong.json", content)])


def test_documents_are_registered_checked_listed_and_retired(hub: Run, folder: Path) -> None:
    data = ("--data", "there")
    assert hub(*data, "token", "create", "me", "--scope", "read").code == 0
    missing = hub(*data, "documents", "register", str(folder), "--check")
    assert (missing.code, missing.err.splitlines()[-1]) == (1, "hub: 2 documents of 2 not registered.")
    done = hub(*data, "documents", "register", str(folder), "--max-cost", "500")
    assert (done.code, done.err) == (0, "2 documents, 2 new.\n")
    assert done.out.splitlines() == [f"sha256:{WHO_DIGEST} who", f"sha256:{NAME_DIGEST} name"]
    checked = hub(*data, "documents", "register", str(folder), "--check", "--max-cost", "500")
    assert (checked.code, checked.err) == (0, "2 documents, 0 new.\n")
    listed = hub(*data, "documents", "list").out.splitlines()
    assert [line.split()[0] for line in listed] == ["id", f"sha256:{NAME_DIGEST}", f"sha256:{WHO_DIGEST}"]
    assert " 500 " in listed[1]
    retired = hub(*data, "documents", "retire", f"sha256:{WHO_DIGEST}")
    assert (retired.code, retired.out) == (0, f"sha256:{WHO_DIGEST} is known no more.\n")
    assert hub(*data, "documents", "register", str(folder), "--check", "--max-cost", "500").code == 1
    assert hub(*data, "documents", "retire", f"sha256:{WHO_DIGEST}").code == 2


def test_a_document_that_does_not_fit_the_schema_is_named_and_none_is_registered(hub: Run, folder: Path) -> None:
    data = ("--data", "there")
    hub(*data, "token", "create", "me", "--scope", "read")
    wrong = written(folder / "wrong.graphql", "query Wrong { nothing }")
    for more in ((), ("--check",)):
        done = hub(*data, "documents", "register", str(folder), *more)
        assert (done.code, done.out) == (1, "")
        assert done.err == f"hub: {wrong}: Cannot query field 'nothing' on type 'Query'.\n"
    assert len(hub(*data, "documents", "list").out.splitlines()) == 1


def test_many_documents_are_sent_a_part_at_a_time(hub: Run, tmp_path: Path) -> None:
    data = ("--data", "there")
    hub(*data, "token", "create", "me", "--scope", "read")
    texts = [f"query Q{number} {{ hub {{ name }} }}" for number in range(250)]
    manifest = written(
        tmp_path / "many.json", {hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(): text for text in texts}
    )
    done = hub(*data, "documents", "register", str(manifest))
    assert (done.code, done.err) == (0, "250 documents, 250 new.\n")
    assert len(done.out.splitlines()) == 250
