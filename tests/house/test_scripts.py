"""Every script is strict and says what it does; the locks hold what is declared, with hashes and nothing else."""

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

STRICT = "set -euo pipefail"

NOT_SERVED = {"analytics", "kit", "test"}
"""Extras for analysts and developers, who have an environment of their own."""


def careless_scripts(root: Path) -> Iterator[str]:
    for path in sorted(path for folder in ("scripts", ".ci") for path in (root / folder).iterdir() if path.is_file()):
        name = path.relative_to(root).as_posix()
        lines = [*path.read_text(encoding="utf-8").splitlines(), "", "", ""]
        if path.suffix:  # sourced by the others
            continue
        bash = lines[0] == "#!/usr/bin/env bash"
        if not (bash or lines[0] == "#!/usr/bin/env python3") or not os.access(path, os.X_OK):
            yield f"{name} cannot be run"
        if not lines[1].startswith(("# ", '"""')):
            yield f"{name} does not say what it does in its second line"
        if bash and lines[2] != STRICT:
            yield f"{name} does not begin with {STRICT}"


def loose_locks(root: Path) -> Iterator[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    declared = project["project"]["dependencies"]
    extras = project["project"]["optional-dependencies"]
    served = [each for extra in extras.keys() - NOT_SERVED for each in extras[extra]]
    wanted = {
        "requirements.txt": declared,
        "requirements-test.txt": declared + extras["test"],
        "requirements-image.txt": declared + served,
        "requirements-build.txt": project["build-system"]["requires"],
    }
    for file, requirements in wanted.items():
        text = (root / file).read_text(encoding="utf-8")
        pins = re.findall(r"^([\w.-]+)==\S+[^\n]*\\\n    --hash=sha256:", text, re.MULTILINE)
        missing = {re.split(r"[^\w.-]", each)[0] for each in requirements} - set(pins)
        yield from (f"{file} lacks {name}: run scripts/lock" for name in sorted(missing))
        if (
            "://" in text
            or re.search(r"^--", text, re.MULTILINE)
            or len(pins) != len(re.findall(r"^\w.*==", text, re.MULTILINE))
        ):
            yield f"{file} holds more than pins with hashes"


def test_scripts_are_careful() -> None:
    assert list(careless_scripts(ROOT)) == []


def test_locks_hold_what_is_declared() -> None:
    assert list(loose_locks(ROOT)) == []


def test_careless_scripts_and_loose_locks_are_seen(tmp_path: Path) -> None:
    for folder in ("scripts", ".ci"):
        (tmp_path / folder).mkdir()
    (tmp_path / "scripts" / "demo").write_text("#!/usr/bin/env bash\necho hello\n")
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling>=1"]\n[project]\ndependencies = ["httpx>=1", "rich"]\n'
        '[project.optional-dependencies]\ntest = ["pytest"]\nmail = ["imapclient"]\n'
    )
    good = "httpx==1.0 \\\n    --hash=sha256:00\nrich==2 ; os_name == 'nt' \\\n    --hash=sha256:00\n"
    (tmp_path / "requirements.txt").write_text(good)
    (tmp_path / "requirements-test.txt").write_text("--index-url x\n" + good)
    (tmp_path / "requirements-image.txt").write_text(good)
    (tmp_path / "requirements-build.txt").write_text("hatchling==1.0\n")
    assert list(careless_scripts(tmp_path)) == [
        "scripts/demo cannot be run",
        "scripts/demo does not say what it does in its second line",
        "scripts/demo does not begin with set -euo pipefail",
    ]
    assert list(loose_locks(tmp_path)) == [
        "requirements-test.txt lacks pytest: run scripts/lock",
        "requirements-test.txt holds more than pins with hashes",
        "requirements-image.txt lacks imapclient: run scripts/lock",
        "requirements-build.txt lacks hatchling: run scripts/lock",
        "requirements-build.txt holds more than pins with hashes",
    ]
