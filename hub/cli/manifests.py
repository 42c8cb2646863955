"""The documents of a frontend, as its tools write them down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from hub.errors import InputWrong

_SUFFIXES = (".graphql", ".gql")


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document and where it stands; ``id`` None where its file does not give it one."""

    place: str
    text: str
    id: str | None = None
    name: str | None = None

    @property
    def input(self) -> dict[str, str | None]:
        """As the graph takes it."""
        return {"text": self.text, "id": self.id, "name": self.name}


def found(paths: Iterable[Path]) -> list[FoundDocument]:
    """The documents of files and folders. Raises ``InputWrong`` for a file that holds none."""
    return [document for path in paths for file in _files(path) for document in _documents(file)]


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
    if not files:
        raise InputWrong(f"There is no .graphql file in {path}.")
    return files


def _documents(file: Path) -> Iterator[FoundDocument]:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputWrong(f"{file} cannot be read: {error.strerror}.") from None
    if file.suffix in _SUFFIXES:
        try:
            yield FoundDocument(str(file), content.decode(), name=file.stem)
        except UnicodeDecodeError:
            raise InputWrong(f"{file} is not UTF-8.") from None
        return
    try:
        held = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise InputWrong(f"{file} is neither GraphQL nor JSON.") from None
    for id_, text, name in _listed(held):
        if not isinstance(id_, str) or not isinstance(text, str):
            raise InputWrong(
                f"{file} is no list of documents.",
                hint="Relay and codegen write {id: text}, Apollo writes operations with id and body.",
            )
        yield FoundDocument(f"{file}: {name or id_}", text, id_, name if isinstance(name, str) else None)


def _listed(held: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Ids, texts and names of a manifest: a map, or Apollo's list or map of operations."""
    operations = held.get("operations") if isinstance(held, dict) else None
    if isinstance(operations, dict):
        operations = [{"id": id_, **each} for id_, each in operations.items() if isinstance(each, dict)]
    if isinstance(operations, list):
        for each in operations:
            told = each if isinstance(each, dict) else {}
            yield told.get("id"), told.get("body"), told.get("name")
    elif isinstance(held, dict):
        for id_, text in held.items():
            yield id_, text, None
    else:
        yield None, None, None
