"""A server of a network of many servers: its address as people write it, and what it answers."""

from __future__ import annotations

import re
from typing import Any

import httpx

from hub import sdk


def address(given: str, like: str) -> str:
    """The address of a server, https:// unless it says otherwise. Raises ``ValueError``, naming one ``like`` it."""
    found = given.strip().rstrip("/")
    found = found if "://" in found else f"https://{found}"
    if not re.fullmatch(r"https?://[\w.-]+(:\d{1,5})?", found):
        raise ValueError(f"name a server, like {like}")
    return found


def answered(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer. Raises ``SourceFailed`` for anything else."""
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise sdk.SourceFailed(f"{answer.url.host} answered with something that is no JSON object.")
    return said
