"""Clients of the last release go on with this schema: what would break one needs a decision record that says so.

``python -m tests.house.test_released_schema`` writes docs/released.graphql anew; CONTRIBUTING.md says when.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from hub.api.schema_changes import schema_changes
from tests.conftest import ROOT

RELEASED = ROOT / "docs" / "released.graphql"
_DESCRIPTION = re.compile(r'^ *"""(?:.|\n)*?"""\n', re.MULTILINE)


def last_release(root: Path) -> str:
    """The newest version that the changelog tells of."""
    found = re.search(r"^## \[(\d[^]]*)]", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    return found.group(1) if found else "the time before the first release"


def bare(schema: str, release: str) -> str:
    """A schema without its descriptions, under the name of its release."""
    return f"# The schema of {release}.\n" + re.sub(r"\n\n(?= )", "\n", _DESCRIPTION.sub("", schema))


def accepted(root: Path) -> set[str]:
    """The sentences in the ```breaks blocks of decision records."""
    records = (path.read_text("utf-8") for path in (root / "docs" / "adr").glob("*.md"))
    blocks = (block for text in records for block in re.findall(r"```breaks\n(.*?)```", text, re.DOTALL))
    return {line.strip() for block in blocks for line in block.splitlines()}


def undecided(root: Path) -> Iterator[str]:
    """Changes since the release that break clients, and that no decision record has."""
    there, now = (path.read_text("utf-8") for path in (root / "docs" / "released.graphql", root / "schema.graphql"))
    for change in schema_changes(there, now).breaking:
        if change not in accepted(root):
            yield f"{change} That breaks clients: it needs an ADR, with this sentence in a ```breaks block"


def test_nothing_breaks_the_clients_of_the_last_release() -> None:
    assert list(undecided(ROOT)) == []


def test_what_is_compared_with_is_the_last_release() -> None:
    assert RELEASED.read_text("utf-8").splitlines()[0] == f"# The schema of {last_release(ROOT)}.", (
        "the last release has another schema: python -m tests.house.test_released_schema"
    )


BEFORE = '''
"""Everything."""
type Query {
  """By name."""
  customer(name: String): Customer!

  hub: String
}

"""Whoever buys."""
type Customer {
  name: String
  fax: String
}

enum Stage {
  LEAD
}
'''
AFTER = """
type Query { customer(name: String!, stage: Stage): Customer }
type Customer { name: String }
enum Stage { LEAD LOYAL }
"""
BROKEN = [
    "Argument Query.customer(name:) has changed type from String to String!.",
    "Field Customer.fax was removed.",
    "Field Query.customer changed type from Customer! to Customer.",
    "Field Query.hub was removed.",
]


def test_what_breaks_clients_is_named_until_a_decision_has_it(tmp_path: Path) -> None:
    (tmp_path / "docs" / "adr").mkdir(parents=True)
    (tmp_path / "docs" / "released.graphql").write_text(bare(BEFORE, "1.0.0"))
    (tmp_path / "schema.graphql").write_text(AFTER)
    named = list(undecided(tmp_path))
    assert [each.partition(" That breaks clients: it needs an ADR")[0] for each in named] == BROKEN
    (tmp_path / "docs" / "adr" / "0007-fax.md").write_text(f"# 7. No fax\n\n```breaks\n{BROKEN[1]}\n{BROKEN[3]}\n```\n")
    assert list(undecided(tmp_path)) == [named[0], named[2]]


def test_the_last_release_is_kept_without_descriptions(tmp_path: Path) -> None:
    assert bare(BEFORE, "1.0.0").startswith(
        "# The schema of 1.0.0.\n\ntype Query {\n  customer(name: String): Customer!\n  hub: String\n}\n\ntype "
    )
    (tmp_path / "CHANGELOG.md").write_text("## [Unreleased]\n\n## [1.1.0] - 2027-01-01\n\n## [1.0.0]\n")
    assert last_release(tmp_path) == "1.1.0"


if __name__ == "__main__":
    RELEASED.write_text(bare((ROOT / "schema.graphql").read_text("utf-8"), last_release(ROOT)), encoding="utf-8")
