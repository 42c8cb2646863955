"""Finding an author's suites and running their checks, without pytest."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import ModuleType

from hub.errors import ConfigWrong, InputWrong
from hub.testing.connector_suite import ConnectorSuite
from hub.testing.suite import DoesNotApply
from hub.testing.trial import CheckFailed

_MENTIONED = b"ConnectorSuite"
_SKIPPED = {"node_modules", "site-packages", "build", "dist"}


class Verdict(StrEnum):
    """How a check came out."""

    GREEN = "GREEN"
    RED = "RED"
    NOT_ASKED = "NOT_ASKED"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One check of a suite: what it proves, and what it found or why it was not asked."""

    check: str
    proves: str
    verdict: Verdict
    said: str
    seconds: float


def suites(folder: Path) -> list[type[ConnectorSuite]]:
    """The suites in the test files below a folder, in the order of their files. Raises ``InputWrong``."""
    if not folder.is_dir():
        raise InputWrong(f"There is no folder {folder}.", path="package")
    found: list[type[ConnectorSuite]] = []
    for path in sorted(folder.rglob("*test*.py")):
        inside = path.relative_to(folder).parts
        if any(part.startswith(".") or part in _SKIPPED for part in inside) or _MENTIONED not in path.read_bytes():
            continue
        module = _imported(folder, path)
        found += [
            each
            for _, each in inspect.getmembers(module, inspect.isclass)
            if issubclass(each, ConnectorSuite) and each.__module__ == module.__name__ and hasattr(each, "connector")
        ]
    return found


def _imported(folder: Path, path: Path) -> ModuleType:
    for place in (folder, folder / "src", path.parent):
        if place.is_dir() and str(place.resolve()) not in sys.path:
            sys.path.insert(0, str(place.resolve()))
    spec = importlib.util.spec_from_file_location(f"kit_{abs(hash(path.resolve()))}_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ConfigWrong(f"{path} cannot be imported.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigWrong(f"{path} cannot be imported: {error!r}.") from error
    return module


def run(suite: type[ConnectorSuite]) -> Iterator[Outcome]:
    """Run every check of a suite, each with a fresh instance of it."""
    for check, proves in suite.checks().items():
        began = time.perf_counter()
        verdict, said = Verdict.GREEN, ""
        try:
            getattr(suite(), f"test_{check}")()
        except CheckFailed as failed:
            verdict, said = Verdict.RED, str(failed)
        except DoesNotApply as unasked:
            verdict, said = Verdict.NOT_ASKED, unasked.reason
        except Exception as error:  # noqa: BLE001 (a suite may fail in any way; the other checks go on)
            verdict, said = Verdict.RED, f"The suite itself fails: {error!r}."
        yield Outcome(check, proves, verdict, said, time.perf_counter() - began)
