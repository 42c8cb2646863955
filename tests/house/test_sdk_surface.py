"""The public surface of ``hub.sdk`` is the committed one: a change of it is seen, and meant.

``python -m tests.house.test_sdk_surface`` writes the file anew; CONTRIBUTING.md says when that is right.
"""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from types import ModuleType
from typing import Any

import pydantic

from hub import sdk
from tests.conftest import ROOT

SURFACE = ROOT / "docs" / "sdk.txt"


def surface(module: ModuleType) -> Iterator[str]:
    """One line for each name, member and signature, sorted by name."""
    for name in sorted(module.__all__):
        yield from _described(name, getattr(module, name))


def _described(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, ModuleType):
        for inner in sorted(value.__all__):
            yield from _described(f"{name}.{inner}", getattr(value, inner))
    elif isinstance(value, enum.EnumMeta):
        yield f"enum {name}: {', '.join(value.__members__)}"
    elif inspect.isclass(value):
        yield from _class(name, value)
    elif inspect.isroutine(value):
        yield f"def {name}{_signature(value)}"
    elif isinstance(value, Mapping):
        yield f"{name}: {', '.join(sorted(value))}"
    else:
        yield f"{name} = {_plain(value)}"


def _class(name: str, kind: type[Any]) -> Iterator[str]:
    bases = [base.__name__ for base in kind.__bases__ if base not in (object, pydantic.BaseModel)]
    yield f"class {name}({', '.join(bases)})" if bases else f"class {name}"
    # What is pydantic's or Python's own is none of ours.
    if not kind.__module__.startswith("hub."):
        return
    yield from _members(kind)
    for member, held in vars(kind).items():
        if member.startswith("_") and member != "__init__":
            continue
        function = held.__func__ if isinstance(held, classmethod | staticmethod) else held
        if inspect.isfunction(function) and not (member == "__init__" and is_dataclass(kind)):
            word = "async def" if inspect.iscoroutinefunction(function) else "def"
            yield f"    {word} {member}{_signature(function)}"
        elif isinstance(held, property):
            yield f"    {member}: {_plain(inspect.signature(held.fget).return_annotation)}" if held.fget else member


def _members(kind: type[Any]) -> Iterator[str]:
    if is_dataclass(kind):
        for each in fields(kind):
            if not each.name.startswith("_") and each.init:
                yield f"    {each.name}: {_plain(each.type)}{_default(each)}"
    else:
        for member, annotation in vars(kind).get("__annotations__", {}).items():
            if not member.startswith("_"):
                yield f"    {member}: {_plain(annotation)}"


def _default(each: Field[Any]) -> str:
    if each.default_factory is not MISSING:
        return " = ..."
    return "" if each.default is MISSING else f" = {_plain(repr(each.default))}"


def _signature(function: Any) -> str:
    return _plain(str(inspect.signature(function)))


def _plain(value: Any) -> str:
    """As it is written, without where it lies in memory or in the hub."""
    text = value if isinstance(value, str) else repr(value)
    text = re.sub(r"<function ([\w.]+)[^>]*>", r"\1", text)
    text = re.sub(r"<(\w+\.\w+): [^>]*>", r"\1", text)
    return re.sub(r"\bhub(\.\w+)*\.(?=[A-Z])", "", re.sub(r"(: |-> )'([^']*)'", r"\1\2", text))


def test_the_surface_of_the_sdk_is_the_committed_one() -> None:
    assert "\n".join(surface(sdk)) + "\n" == SURFACE.read_text("utf-8"), (
        "hub.sdk has changed: CONTRIBUTING.md says what to do"
    )


def test_a_change_of_a_signature_is_seen() -> None:
    def read(payload: bytes, *, strictly: bool = False) -> str:
        return ""

    changed = ModuleType("sdk")
    vars(changed).update({"__all__": ["read"], "read": read})
    assert list(surface(changed)) == ["def read(payload: bytes, *, strictly: bool = False) -> str"]


if __name__ == "__main__":
    SURFACE.write_text("\n".join(surface(sdk)) + "\n", encoding="utf-8")
