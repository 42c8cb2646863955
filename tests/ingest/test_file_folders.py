"""Whoever runs a hub may say which folders' files sources read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from hub import sdk
from hub.desk import Desk
from hub.errors import ConfigWrong
from hub.ingest.hub import Hub
from hub.registry import Registry
from hub.settings import Settings


class DiarySettings(sdk.Settings):
    """A file."""

    path: Path


class Diary(sdk.Connector):
    """Would say what is in a file."""

    name = "test.diary"
    title = "A diary"
    Settings = DiarySettings
    settings: DiarySettings

    def streams(self) -> Sequence[sdk.Stream]:
        return []

    def check(self) -> Iterator[str]:
        if "secret" in (text := self.settings.path.read_text()):
            yield f"it says {text}"


def test_a_file_outside_the_named_folders_is_neither_read_nor_looked_into(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "diary.txt").write_text("a secret" if folder == outside else "a day")
    (inside / "link.txt").symlink_to(outside / "diary.txt")
    said = "path: this hub reads files of the folders in HUB_FILES only."

    async def look() -> None:
        registry = Registry({"hub.desk": Desk, "test.diary": Diary}, {})
        async with await Hub.open(str(tmp_path / "hub"), registry) as hub:
            hub.configuration.folders = [inside]
            for path in (outside / "diary.txt", inside / ".." / "out" / "diary.txt", inside / "link.txt"):
                assert await hub.configuration.check(None, "test.diary", {"path": str(path)}) == [said]
                with pytest.raises(ConfigWrong, match="HUB_FILES"):
                    await hub.create_source("Diary", "test.diary", {"path": str(path)})
            source = (await hub.create_source("Diary", "test.diary", {"path": str(inside / "diary.txt")})).ids[0]
            with pytest.raises(ConfigWrong, match="HUB_FILES"):
                await hub.configuration.change(source, {"path": str(outside / "diary.txt")}, {}, by="a test")
            hub.configuration.folders = None
            with pytest.raises(ConfigWrong, match="it says a secret"):
                await hub.create_source("Another", "test.diary", {"path": str(outside / "diary.txt")})

    asyncio.run(look())


def test_folders_are_told_with_colons_between(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().files is None
    monkeypatch.setenv("HUB_FILES", "imports:more/of them")
    assert Settings().files == (Path("imports"), Path("more/of them"))
