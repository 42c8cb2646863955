"""The script that a site embeds: ``visits-1.js`` as browsers get it, and the line to paste."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

NAME = "1.js"
"""Its number is that of its file. A site that has pinned a released script gets the same bytes for ever."""


def _small(source: str) -> bytes:
    """Without comments, indentation, and blanks and line ends that say nothing; no text in the source has a blank."""
    lines = (line.strip() for line in source.splitlines())
    kept = "\n".join(re.sub(r" ?([^\w$]) ?", r"\1", line) for line in lines if line and not line.startswith("//"))
    return re.sub(r"(?<=[{(])\n|\n(?=[})])", "", kept).encode()


SCRIPT = _small((Path(__file__).parent / "visits-1.js").read_text(encoding="utf-8"))
INTEGRITY = "sha256-" + base64.b64encode(hashlib.sha256(SCRIPT).digest()).decode()


def snippet(address: str) -> str:
    """The line that brings the script into a page. ``address``: that of the stream."""
    place = f"{address.partition('?')[0].rstrip('/')}/{NAME}"
    return f'<script async src="{place}" integrity="{INTEGRITY}" crossorigin="anonymous"></script>\n'
