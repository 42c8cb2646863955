"""The page of docs/clients/relay: compiled by Relay, checked strictly, bundled, used in a browser without a screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.conftest import Answering, run, touchpoint
from tests.npm.installed import installed

BUNDLED = """
import { mergeConfig } from "vite";
import example from "./vite.config.ts";
const ours = { ssr: { noExternal: true }, build: { ssr: "src/show.tsx", outDir: "out" }, logLevel: "warn" };
export default mergeConfig(example, ours);
"""
ANNA = '{ customer(by: {identifier: {kind: "email", value: "anna@x.example"}}) { id } }'


@pytest.mark.long
def test_a_page_is_read_on_and_written_to(answering: Answering, example: Callable[[str], Path]) -> None:
    folder = example("relay")
    (folder / "src" / "__generated__").mkdir()
    (folder / "bundled.config.mjs").write_text(BUNDLED)
    run(folder, "node_modules/.bin/relay-compiler")
    run(folder, "node_modules/.bin/tsc")
    run(folder, "node_modules/.bin/vite", "build", "--config", "bundled.config.mjs")
    answering.tell(*(touchpoint(day, "Anna Berg", "anna", title=f"Call {day}") for day in range(11, 15)))
    id_ = answering.ask(ANNA)["customer"]["id"]
    script = str(Path(__file__).with_name("relay.mjs"))
    said = run(folder, "node", script, str(folder), str(installed("jsdom")), answering.graphql, answering.token, id_)
    days = ["2026-03-14 Call 14", "2026-03-13 Call 13", "2026-03-12 Call 12", "2026-03-11 Call 11"]
    first, whole, written, refused, unknown = (json.loads(line) for line in said.splitlines())
    assert first == ["Anna Berg", "Log a call", *days[:2], "Earlier"]
    assert whole == ["Anna Berg", "Log a call", *days, "2026-03-01 Anna Berg calls"]
    assert [*written[:2], written[2][10:], written[3]] == ["Anna Berg", "Log a call", " About the delivery", days[0]]
    assert refused == ["Text may not have the character U+0000 in it."]
    assert unknown == ["This token is not known here. Check it for a typo, or ask for a new one."]
