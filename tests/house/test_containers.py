"""What the image is made from is there and reaches its builder; containers are told settings that there are."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import hub
from hub.settings import Settings
from tests.conftest import ROOT

PIN = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)


def unbuildable(root: Path) -> Iterator[str]:
    """What the Dockerfile copies and the builder is not given."""
    text = (root / "docker" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    defaults = dict(re.findall(r"^ARG (\w+)=(\S+)$", text, re.MULTILINE))
    passed = re.findall(r"^!(\S+)$", (root / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE)
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        for name in line.split()[:-1]:
            path = re.sub(r"\$\{(\w+)\}", lambda match: defaults[match[1]], name)
            if not (root / path).exists():
                yield f"the Dockerfile copies {path}, which is not there"
            elif not any(fnmatchcase(path, pattern) for pattern in passed):
                yield f"the Dockerfile copies {path}, which .dockerignore keeps from the builder"


def unknown_settings(text: str) -> set[str]:
    """Variables of the hub that are no settings."""
    named = {name.removeprefix("HUB_").lower() for name in re.findall(r"\bHUB_[A-Z_]+", text)}
    return {name for name in named if name.partition("__")[0] not in Settings.model_fields}


def test_builder_is_given_what_it_copies() -> None:
    assert list(unbuildable(ROOT)) == []


def test_what_the_builder_is_not_given_is_found(tmp_path: Path) -> None:
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").write_text("ARG LOCK=a.txt\nFROM x\nCOPY ${LOCK} b.txt ./\nCOPY c d\n")
    (tmp_path / ".dockerignore").write_text("*\n!a.txt\n")
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).touch()
    assert list(unbuildable(tmp_path)) == [
        "the Dockerfile copies b.txt, which .dockerignore keeps from the builder",
        "the Dockerfile copies c, which is not there",
    ]


@pytest.mark.parametrize("file", ["Dockerfile", "compose.yaml", "env.example"])
def test_containers_are_told_settings_that_there_are(file: str) -> None:
    assert unknown_settings((ROOT / "docker" / file).read_text(encoding="utf-8")) == set()


def test_settings_that_there_are_not_are_found() -> None:
    assert unknown_settings("HUB_DATA=x\nHUB_COMPANY__NAME=y\nHUB_COLOUR: z\n${HUB_COMPANIES__NAME}") == {
        "colour",
        "companies__name",
    }


def test_image_holds_what_was_tested() -> None:
    tested, served = (dict(PIN.findall((ROOT / f"requirements-{lock}.txt").read_text())) for lock in ("test", "image"))
    assert {name: version for name, version in served.items() if tested.get(name) != version} == {}


def test_image_says_which_version_it_is() -> None:
    text = (ROOT / "docker" / "Dockerfile").read_text(encoding="utf-8")
    assert f"\nARG VERSION={hub.__version__}\n" in text
