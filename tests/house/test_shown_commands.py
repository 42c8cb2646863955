"""Commands that documents show are commands that there are, with the options that they take."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from hub.cli.commands import app
from tests.conftest import ROOT
from tests.house.test_documents import tracked

BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`(?:\.venv/bin/)?(hub [a-z][^`\n]*)`")


def shown(text: str) -> Iterator[str]:
    """What a document has somebody type: lines of its blocks for the shell, and code within a sentence."""
    for block in BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            yield from re.findall(r"\$\((hub [^)]*)\)", line)
            yield from re.findall(r"(?:^|[|;&] ?)(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(hub [-a-z].*)", line)
    yield from INLINE.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def mistakes(command: str) -> Iterator[str]:
    """What of a command there is not. Words in capitals and brackets stand for values."""
    at: Any = typer.main.get_command(app)
    words = shlex.split(re.split(r"\s[|>;&]|\s#\s", command)[0], comments=True)[1:]
    known: set[str] = set()
    while words:
        known |= {name for option in at.params for name in [*option.opts, *option.secondary_opts]}
        word = words.pop(0).strip("[]")
        if word.startswith("--"):
            option = next((one for one in at.params if word.split("=")[0] in one.opts), None)
            if option is not None and not option.is_flag and "=" not in word and words:
                words.pop(0)
            if word.split("=")[0] not in known | {"--help"}:
                yield f"there is no option {word} in `{command}`"
        elif hasattr(at, "commands"):
            if word not in at.commands:
                if word.islower():
                    yield f"there is no command {word} in `{command}`"
                return
            at = at.commands[word]


def documents() -> list[Path]:
    return [path for path in tracked(ROOT) if path.suffix == ".md" and path.name != "CHANGELOG.md"]


def test_every_shown_command_is_one() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {mistake}"
        for path in documents()
        for command in shown(path.read_text("utf-8"))
        for mistake in mistakes(command)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("`hub suggestions lst`", ["there is no command lst in `hub suggestions lst`"]),
        ("```sh\nHUB_DATA=x hub serve --prt 1 | cat\n```", ["there is no option --prt in `hub serve --prt 1 | cat`"]),
        ("```sh\nhub --data d import a.csv --dry-run # look first\n```", []),
    ],
    ids=["command", "option", "well"],
)
def test_wrong_command_is_found(text: str, wrong: list[str]) -> None:
    assert [mistake for command in shown(text) for mistake in mistakes(command)] == wrong
