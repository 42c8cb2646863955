"""A new connector's package: everything that passes the kit at once, to be changed from there."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

import jinja2

from hub import __version__
from hub.errors import InputWrong

_TEMPLATES = Path(__file__).parent / "scaffold"
_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


def write(name: str, folder: Path, *, push: bool = False) -> list[Path]:
    """Write the package of a connector into a folder, which must be empty or not there; the files, in order.

    Raises ``InputWrong`` for a name that is none, and for a folder with something in it.
    """
    if not _NAME.fullmatch(name):
        raise InputWrong(f"{name!r} is no name of a connector: write family.name, like shop.visits.", path="name")
    family, _, stream = name.partition(".")
    package = f"{family}_{stream}"
    if family == "hub" or keyword.iskeyword(package):
        raise InputWrong(f"The family {family!r} is the hub's own.", path="name")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputWrong(f"{folder} is not empty.", hint="--folder names another one.", path="folder")
    kind = "push" if push else "pull"
    files = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        f"{package}/__init__.py": "__init__.py",
        f"{package}/connector.py": f"{kind}.py",
        f"tests/test_{package}.py": f"test_{kind}.py",
        f"tests/samples/{stream}.json": "sample.json",
    }
    made = []
    for target, template in files.items():
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(template, name, stream, package, push=push), encoding="utf-8")
        made.append(path)
    return made


def _filled(template: str, name: str, stream: str, package: str, *, push: bool) -> str:
    environment = jinja2.Environment(keep_trailing_newline=True, undefined=jinja2.StrictUndefined)  # noqa: S701 (no HTML)
    return environment.from_string((_TEMPLATES / f"{template}.jinja").read_text("utf-8")).render(
        {
            "name": name,
            "stream": stream,
            "package": package,
            "class": "".join(word.capitalize() for word in package.split("_")),
            "title": f"{stream.replace('_', ' ').capitalize()}, each with whoever it was",
            "push": push,
            "quote": '"' if push else "",
            "version": __version__,
        }
    )
