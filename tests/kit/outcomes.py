"""What each check of a suite says, without pytest in between."""

from __future__ import annotations

from hub.testing import CheckFailed, ConnectorSuite, DoesNotApply


def outcome(suite: type[ConnectorSuite], check: str) -> str:
    """``ok``, ``-`` and why it does not apply, or the sentence of what failed."""
    try:
        getattr(suite(), f"test_{check}")()
    except CheckFailed as failed:
        return str(failed)
    except DoesNotApply as unasked:
        return f"- {unasked.reason}"
    return "ok"


def red(suite: type[ConnectorSuite]) -> dict[str, str]:
    """The checks that fail, with their sentences."""
    found = {check: outcome(suite, check) for check in suite.checks()}
    return {check: said for check, said in found.items() if said != "ok" and not said.startswith("- ")}
