"""Programs among the visitors of a site, by what they call themselves."""

from __future__ import annotations

import re

_ROBOT = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|headless|lighthouse|phantomjs|curl/|wget/|python-|httpx/", re.IGNORECASE
)
"""Cubot makes telephones."""


def is_robot(user_agent: str) -> bool:
    """Whether a program asks, not a person at a browser. Whoever means to be taken for a person is."""
    return bool(_ROBOT.search(user_agent))
