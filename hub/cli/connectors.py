"""``hub connector``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import orjson
import typer

from hub.cli import kit
from hub.cli.terminal import notes, out, table
from hub.kinds import CUSTOM, KINDS
from hub.registry import Registry, load_registry

app = typer.Typer(no_args_is_help=True, help="The connectors that are installed here.")


@app.command("list")
def list_() -> None:
    """Which connectors there are, where each is documented, and what it brings in.

    \b
    Example:
      hub connector list
    """
    registry = load_registry()
    rows = [(name, kind.documentation, kind.title) for name, kind in sorted(registry.connectors.items())]
    table(("connector", "documentation", "brings in"), rows)
    for name, reason in sorted(registry.broken.items()):
        notes.print(f"{name} is broken: {reason}", markup=False)


@app.command()
def show(name: Annotated[str, typer.Argument(help="As `hub connector list` shows it.")]) -> None:
    """What a connector is set up with.

    \b
    Example:
      hub connector show generic.csv
    """
    registry = load_registry()
    kind = registry.kind(name)
    out.print(f"{name}: {kind.title}", markup=False)
    if kind.documentation:
        out.print(f"See {kind.documentation}", markup=False)
    rows = list(described(kind.Settings.model_json_schema()))
    if rows:
        out.print()
        table(("setting", "type", "default", "meaning"), rows)
    for declared in kind.kinds:
        out.print(f"\nkind {declared.name}: {declared.title}", markup=False)
        table(("property", "type", "", "meaning"), described(dict(declared.properties)))


@app.command()
def kinds(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with the JSON Schema of each kind.")] = False,
) -> None:
    """The dictionary of kinds: what connectors call what happened, and what they may say of it.

    Shared kinds first, then those of one connector. A connector says others' things in the words of this list.

    \b
    Examples:
      hub connector kinds
      hub connector kinds --json | jq '.[] | select(.kind == "invoice")'
    """
    known = list(_dictionary(load_registry()))
    if as_json:
        out.print(orjson.dumps(known, option=orjson.OPT_INDENT_2).decode(), markup=False)
        return
    rows = []
    for each in known:
        said = ", ".join(f"{name} ({type_})" for name, type_, _, _ in described(each["properties"]))
        rows.append((each["kind"], each["title"], each["channel"] or "", each["connector"] or "", said))
    table(("kind", "title", "usual channel", "only in", "properties"), rows)


def _dictionary(registry: Registry) -> Iterator[dict[str, Any]]:
    for kind in KINDS.values():
        yield {
            "kind": kind.name, "title": kind.title, "type": kind.type_name, "channel": kind.channel.value,
            "connector": None, "properties": dict(kind.properties),
        }  # fmt: skip
    for name, connector in sorted(registry.connectors.items()):
        for declared in connector.kinds:
            yield {
                "kind": declared.name, "title": declared.title, "type": CUSTOM, "channel": None,
                "connector": name, "properties": dict(declared.properties),
            }  # fmt: skip


def described(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Name, type, default and meaning of each property of a JSON Schema; those of objects inside with their path."""
    yield from _described(schema, schema.get("$defs", {}), "")


def _described(schema: Mapping[str, Any], parts: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, str, str]]:
    required = schema.get("required", ())
    for name, said in schema.get("properties", {}).items():
        default = "required" if name in required else _shown(said.get("default"))
        yield f"{path}{name}", _type(said, parts), default, said.get("description", "")
        for inner in (said, *said.get("anyOf", ())):
            for reference, below in _inside(inner):
                yield from _described(parts[reference.rpartition("/")[2]], parts, f"{path}{name}{below}.")


def _inside(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The object that a property is, or whose like it holds under names that people choose."""
    if "$ref" in said:
        yield said["$ref"], ""
    named = said.get("additionalProperties")
    if isinstance(named, dict) and "$ref" in named:
        yield named["$ref"], ".*"


def _shown(default: object) -> str:
    return "" if default in (None, "", [], {}) else str(default)


def _type(said: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    if "$ref" in said:
        return _type(parts[said["$ref"].rpartition("/")[2]], parts)
    if "enum" in said:
        return ", ".join(map(str, said["enum"]))
    if "anyOf" in said:
        kinds = dict.fromkeys(_type(one, parts) for one in said["anyOf"])
        return " or ".join(kind for kind in kinds if kind != "null")
    if said.get("writeOnly"):
        return "secret"
    if said.get("type") == "array":
        return f"list of {_type(said.get('items', {}), parts)}"
    return str(said.get("const", said.get("type", "any")))


app.command("new")(kit.new)
app.command("check")(kit.check)
