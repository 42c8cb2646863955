"""The client of docs/clients/urql: its types generated, checked strictly, and run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clients.conftest import Answering, Following, run, touchpoint
from tests.npm.installed import installed


@pytest.mark.long
def test_a_list_a_write_and_a_live_query_across_a_killed_hub(
    answering: Answering, example: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = example("urql")
    run(folder, "node_modules/.bin/graphql-codegen")
    run(folder, "node_modules/.bin/tsc")
    # What browsers and newer versions of Node bring.
    websocket = installed("graphql-live") / "node_modules" / "ws" / "wrapper.mjs"
    shutil.copy(Path(__file__).with_name("websocket.mjs"), folder)
    with (tmp_path / "example.log").open("w") as log:
        given = (f"--import=./websocket.mjs?{websocket}", "out/main.js", answering.graphql, answering.token)
        following = Following(folder, log, "node", *given)
        try:
            stages = [f"{name}: LEAD" for name in ("Anna Berg", "Rahim Uddin", "Mei Chen", "Nina Noor", "Omar Diaz")]
            assert following.said(6) == [*stages, "Omar Diaz: 2 touchpoints after all"]
            answering.tell(touchpoint(6, "Omar Diaz", "omar"))
            assert following.said(1) == ["Omar Diaz: 3 touchpoints after TOUCHPOINT_ADDED"]
            answering.hub.kill()
            answering.hub.start()
            answering.tell(touchpoint(7, "Omar Diaz", "omar"))
            assert following.said(1) == ["Omar Diaz: 4 touchpoints after TOUCHPOINT_ADDED"]
            answering.tell(touchpoint(8, "Omar Diaz", "omar"))
            assert following.said(1) == ["Omar Diaz: 5 touchpoints after TOUCHPOINT_ADDED"]
        finally:
            following.process.kill()
            following.process.communicate()
