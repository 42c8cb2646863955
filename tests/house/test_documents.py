"""Documents keep their promises: links lead somewhere, queries fit the schema, code shown is code tested."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from graphql import build_schema, parse, validate

import hub
from tests.conftest import ROOT

TEXT = {".css", ".graphql", ".html", ".js", ".json", ".md", ".py", ".sh", ".toml", ".txt", ".yaml", ".yml", ""}
ABSOLUTE = re.compile(r"(?<![\w.~}/-])/(?:home|root|work|Users|tmp)/\w")
INDEX = re.compile(r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|rubygems)\.(?:org|com|io)\b")


def tracked(root: Path) -> list[Path]:
    """The text files under version control; in a plain folder, all of them."""
    if not (root / ".git").exists():
        return sorted(path for path in root.rglob("*") if path.is_file())
    names = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True).stdout
    paths = [root / name for name in names.split("\0") if name]
    return [path for path in paths if path.suffix in TEXT and path.is_file() and "samples" not in path.parts]


def lost_links(root: Path) -> Iterator[str]:
    for path in (path for path in tracked(root) if path.suffix == ".md"):
        text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            file, _, heading = target.partition("#")
            there = path.parent / file if file else path
            if not there.exists() or (heading and heading not in headings(there)):
                yield f"{path.relative_to(root)} links to {target}, which is not there"


def unreached_documents(root: Path) -> Iterator[str]:
    """Documents that no chain of links from README.md leads to."""
    reached, ahead = set[Path](), [root / "README.md"]
    while ahead:
        path = ahead.pop().resolve()
        if path in reached or path.suffix != ".md" or not path.is_file():
            continue
        reached.add(path)
        targets = re.findall(r"\]\(([^)\s#]+)", path.read_text(encoding="utf-8"))
        ahead += [path.parent / target for target in targets if not re.match(r"[a-z]+:", target)]
    for path in tracked(root):
        if path.suffix == ".md" and (root / "docs") in path.parents and path.resolve() not in reached:
            yield f"no link from README.md leads to {path.relative_to(root)}"


def headings(path: Path) -> set[str]:
    lines = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).strip().replace(" ", "-") for line in lines}


def places_of_one_machine(root: Path) -> Iterator[str]:
    for path in tracked(root):
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if ABSOLUTE.search(line) or INDEX.search(line):
                yield f"{path.relative_to(root)}:{number} names a place of one machine or a package index"


def broken_queries(root: Path) -> Iterator[str]:
    """Queries of docs/queries, and those shown in a document, that the schema would refuse."""
    schema_file = root / "schema.graphql"
    if not schema_file.exists():
        return
    schema = build_schema(schema_file.read_text(encoding="utf-8"))
    for name, query in shown_queries(root):
        for error in validate(schema, parse(query)):
            yield f"{name}: {error.message}"


def shown_queries(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((root / "docs" / "queries").glob("*.graphql")):
        yield path.name, path.read_text(encoding="utf-8")
    for path in (path for path in tracked(root) if path.suffix == ".md"):
        text = path.read_text(encoding="utf-8")
        for query in re.findall(r"```graphql\n(.*?)```", text, re.DOTALL) + re.findall(r'{"query": "(.*?)"', text):
            yield path.name, query


def untested_examples(root: Path) -> Iterator[str]:
    """Python shown in docs/connector.md that does not stand, word for word, in the test of the example."""
    tested = (root / "tests" / "connectors" / "test_example.py").read_text(encoding="utf-8")
    shown = (root / "docs" / "connector.md").read_text(encoding="utf-8")
    for block in re.findall(r"```python\n(.*?)```", shown, re.DOTALL):
        if block.strip() not in tested:
            yield f"docs/connector.md shows code that is not tested: {block.strip().splitlines()[0]}"


def silent_changelog(root: Path, version: str) -> Iterator[str]:
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    if "## [Unreleased]" not in text and f"## [{version}]" not in text:
        yield f"CHANGELOG.md has neither an Unreleased section nor one for {version}"


def test_links_lead_somewhere() -> None:
    assert list(lost_links(ROOT)) == []


def test_every_document_can_be_reached() -> None:
    assert list(unreached_documents(ROOT)) == []


def test_every_decision_stands_in_the_list_of_decisions() -> None:
    listed = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    decisions = sorted(path.name for path in (ROOT / "docs" / "adr").glob("*.md"))
    assert [name for name in decisions if f"(adr/{name})" not in listed] == []


def test_no_file_names_a_place_of_one_machine() -> None:
    assert list(places_of_one_machine(ROOT)) == []


def test_the_shown_queries_fit_the_schema() -> None:
    assert list(broken_queries(ROOT)) == []


def test_the_shown_connector_is_the_tested_one() -> None:
    assert list(untested_examples(ROOT)) == []


def test_the_changelog_speaks_of_this_version() -> None:
    assert list(silent_changelog(ROOT, hub.__version__)) == []


def test_broken_promises_are_seen(tmp_path: Path) -> None:
    for folder in ("docs/queries", "tests/connectors"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "README.md").write_text("# Two words\n[a](docs/x.md) [b](#two-words) [c](#three) [d](https://x.org)")
    (tmp_path / "docs" / "paths.txt").write_text("see /" + "home/anna/x\nor py" + "pi.org\nor /in/shop/orders")
    (tmp_path / "docs" / "queries" / "q.graphql").write_text("{ customer { shoe } }")
    (tmp_path / "docs" / "use.md").write_text('```graphql\n{ hat }\n```\n`{"query": "{ customer { name } }"}`')
    (tmp_path / "schema.graphql").write_text("type Query { customer: Customer } type Customer { name: String }")
    (tmp_path / "docs" / "connector.md").write_text("```python\nx = 2\n```\n```python\nx = 1\n```")
    (tmp_path / "tests" / "connectors" / "test_example.py").write_text("x = 1\n")
    (tmp_path / "CHANGELOG.md").write_text("## [0.0.9]")
    assert list(lost_links(tmp_path)) == [
        "README.md links to docs/x.md, which is not there",
        "README.md links to #three, which is not there",
    ]
    assert list(unreached_documents(tmp_path)) == [
        "no link from README.md leads to docs/connector.md",
        "no link from README.md leads to docs/use.md",
    ]
    assert [fault.split(" ")[0] for fault in places_of_one_machine(tmp_path)] == [
        "docs/paths.txt:1",
        "docs/paths.txt:2",
    ]
    assert list(broken_queries(tmp_path)) == [
        "q.graphql: Cannot query field 'shoe' on type 'Customer'.",
        "use.md: Cannot query field 'hat' on type 'Query'.",
    ]
    assert list(untested_examples(tmp_path)) == ["docs/connector.md shows code that is not tested: x = 2"]
    assert list(silent_changelog(tmp_path, "0.1.0")) == [
        "CHANGELOG.md has neither an Unreleased section nor one for 0.1.0"
    ]
