"""The example documents as a page shows them: each with variables that fit this hub."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


_PACKED = Path(__file__).with_name("queries_docs")
_COMMITTED = Path(__file__).parents[2] / "docs" / "queries"


def documents_folder() -> Path:
    """The documents of ``docs/queries``: packed beside this module in a wheel, in the repository otherwise."""
    return _PACKED if _PACKED.is_dir() else _COMMITTED


@dataclass(frozen=True, slots=True)
class Document:
    """One GraphQL document with values for its variables."""

    name: str
    query: str
    variables: Mapping[str, Any]


def read_documents(folder: Path, values: Mapping[str, str]) -> Iterator[Document]:
    """Each ``NAME.graphql`` of the folder with the variables of ``NAME.json`` if there is one, by name.

    ``{customer}`` inside a value stands for ``values["customer"]``. A variable whose placeholder has no value is
    left out, so that the reader sees that it is theirs to fill.
    """
    for path in sorted(folder.glob("*.graphql")):
        beside = path.with_suffix(".json")
        variables = orjson.loads(beside.read_bytes()) if beside.exists() else {}
        filled = {name: _filled(value, values) for name, value in variables.items() if _known(value, values)}
        yield Document(path.stem, path.read_text("utf-8"), filled)


def _known(value: Any, values: Mapping[str, str]) -> bool:
    return all(name in values for name in _PLACEHOLDER.findall(orjson.dumps(value).decode()))


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: values[found[1]], value)
    if isinstance(value, list):
        return [_filled(one, values) for one in value]
    if isinstance(value, dict):
        return {name: _filled(one, values) for name, one in value.items()}
    return value
