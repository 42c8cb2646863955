"""What is generated from the schema is typed through and through, and the linters find nothing in it."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.frontends.conftest import SCALARS, Frontend, documents, shown

HERE = ROOT / "tests" / "npm" / "frontends"


@pytest.mark.long
def test_generated_types_fit_what_pages_do_with_them(frontend: Frontend) -> None:
    tools = frontend("frontends")
    for name, text in documents().items():
        tools.write(f"src/documents/{name}.graphql", text)
    for name in ("codegen.ts", "tsconfig.json", "src/money.ts"):
        tools.write(name, shown(name))
    tools.write("scalars.ts", SCALARS.read_text("utf-8"))
    tools.write("src/uses.ts", (HERE / "uses.ts").read_text("utf-8"))
    tools.run("graphql-codegen")
    generated = (tools.folder / "src/generated/graphql.ts").read_text("utf-8")
    assert sum(f"export const {name}Document = " in generated for name in documents()) == len(documents()) >= 50
    tools.run("tsc")


@pytest.mark.long
def test_the_documents_have_no_finding(frontend: Frontend) -> None:
    tools = frontend("frontends")
    tools.write("eslint.config.mjs", shown("eslint.config.mjs"))
    for name, text in documents().items():
        tools.write(f"src/documents/{name}.graphql", text)
    tools.run("eslint", "--max-warnings=0")


@pytest.mark.long
def test_the_schema_has_no_finding(frontend: Frontend) -> None:
    tools = frontend("frontends")
    tools.write("eslint.config.mjs", (HERE / "schema.config.mjs").read_text("utf-8"))
    tools.run("eslint", "--max-warnings=0", "schema.graphql")
