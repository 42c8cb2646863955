"""Which of a connector's settings are secret, and settings without them: taken out, put back, shown, changed.

A secret is named by its JSON pointer in the settings (RFC 6901): ``/password``, ``/webhooks/0/secret``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote, quote_plus

from pydantic import BaseModel, SecretStr

from hub.errors import ConfigWrong

MARK = "********"
"""What is shown in the place of a secret. Sent back, it leaves the secret as it is."""

Json = Any
Schema = Mapping[str, Any]


@cache
def _schemas(kind: type[BaseModel]) -> tuple[Schema, ...]:
    """What the settings may look like: by their aliases, and by their names where those may be used too."""
    by_alias = kind.model_json_schema()
    by_name = kind.model_json_schema(by_alias=False)
    return (by_alias,) if by_alias == by_name else (by_alias, by_name)


def places(kind: type[BaseModel], settings: Json) -> tuple[str, ...]:
    """Where the secrets are that were given."""
    found = (pointer for schema in _schemas(kind) for pointer in _places(settings, [schema], schema, ""))
    return tuple(dict.fromkeys(found))


def _places(value: Json, schemas: Sequence[Schema], root: Schema, pointer: str) -> Iterator[str]:
    parts = [part for schema in schemas for part in _parts(schema, root)]
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _places(inner, [s for part in parts for s in _member(part, name)], root, _below(pointer, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _places(inner, [s for part in parts for s in _item(part, index)], root, _below(pointer, index))
    elif value is not None and any(part.get("writeOnly") for part in parts):
        yield pointer


def _parts(schema: Schema, root: Schema, seen: frozenset[str] = frozenset()) -> Iterator[Schema]:
    """A schema and those it refers to: any of them may be meant."""
    yield schema
    reference = schema.get("$ref")
    if reference is not None and reference not in seen:
        yield from _parts(root["$defs"][reference.rpartition("/")[2]], root, seen | {reference})
    for word in ("anyOf", "oneOf", "allOf"):
        for inner in schema.get(word, ()):
            yield from _parts(inner, root, seen)


def _member(part: Schema, name: str) -> Iterator[Schema]:
    if name in part.get("properties", {}):
        yield part["properties"][name]
        return
    for other in (*part.get("patternProperties", {}).values(), part.get("additionalProperties")):
        if isinstance(other, dict):
            yield other


def _item(part: Schema, index: int) -> Iterator[Schema]:
    first = part.get("prefixItems", ())
    if index < len(first):
        yield first[index]
    elif isinstance(part.get("items"), dict):
        yield part["items"]


def _below(pointer: str, name: str | int) -> str:
    return f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"


def dotted(pointer: str) -> str:
    """A pointer as people write it: ``webhooks.0.secret``."""
    return pointer[1:].replace("/", ".").replace("~1", "/").replace("~0", "~")


# Out and in ---------------------------------------------------------------------------------------------------------


def taken_out(settings: Json, pointers: Sequence[str]) -> tuple[Json, dict[str, Json]]:
    """The settings with null where the secrets were, and the secrets by pointer."""
    secrets: dict[str, Json] = {}

    def take(pointer: str, value: Json) -> None:
        secrets[pointer] = value

    return _replaced(settings, frozenset(pointers), take), secrets


def put_back(settings: Json, secrets: Mapping[str, Json]) -> Json:
    """The settings with their secrets."""
    return _replaced(settings, frozenset(secrets), lambda pointer, _: secrets[pointer])


def shown(settings: Json, pointers: Sequence[str]) -> Json:
    """The settings with a mark in the place of each secret."""
    return _replaced(settings, frozenset(pointers), lambda *_: MARK)


def _replaced(value: Json, pointers: frozenset[str], by: Callable[[str, Json], Json], pointer: str = "") -> Json:
    if pointer in pointers:
        return by(pointer, value)
    if isinstance(value, dict):
        return {name: _replaced(inner, pointers, by, _below(pointer, name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, pointers, by, _below(pointer, index)) for index, inner in enumerate(value)]
    return value


def overlooked(model: BaseModel, plain: Json, secrets: Mapping[str, Json]) -> bool:
    """Whether a secret of bound settings stands in what was thought to be free of them: an alias nobody could see."""
    told = {leaf for leaf in _leaves(plain) if isinstance(leaf, str)}
    held = {secret.get_secret_value() for secret in secrets_of(model)}
    return bool((held - set(map(str, secrets.values()))) & told - {""})


def _leaves(value: Json) -> Iterator[Json]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    else:
        yield value


def secrets_of(value: object) -> Iterator[SecretStr]:
    """The secrets in bound settings, wherever they are."""
    if isinstance(value, SecretStr):
        yield value
    elif isinstance(value, BaseModel):
        for inner in value.__dict__.values():
            yield from secrets_of(inner)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from secrets_of(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from secrets_of(inner)


# Changes ------------------------------------------------------------------------------------------------------------


def merged(before: Json, given: Json, secret: Sequence[str], pointer: str = "") -> Json:
    """Settings changed by what was given: a JSON Merge Patch (RFC 7396) in which a mark leaves a secret as it is.

    Objects are merged member by member, null takes a member out, everything else is replaced. In a list the marks
    stand for the secrets that are in it, in their order. ``secret``: where ``before`` has secrets.
    Raises ``ConfigWrong`` for a mark that stands for nothing.
    """
    if isinstance(given, dict):
        held = before if isinstance(before, dict) else {}
        kept = {name: value for name, value in held.items() if name not in given}
        changed = {
            name: merged(held.get(name), value, secret, _below(pointer, name))
            for name, value in given.items()
            if value is not None
        }
        return {name: (kept | changed)[name] for name in (*held, *given) if name in kept or name in changed}
    if isinstance(given, list):
        return _listed(before if isinstance(before, list) else [], given, secret, pointer)
    if given == MARK:
        if pointer in secret:
            return before
        raise _nothing_stored(pointer)
    return given


def _listed(before: list[Json], given: list[Json], secret: Sequence[str], pointer: str) -> list[Json]:
    stored = iter([value for index, value in enumerate(before) if _below(pointer, index) in secret])
    hidden = [shown(value, _within(secret, _below(pointer, index))) for index, value in enumerate(before)]
    result = []
    for index, value in enumerate(given):
        if value == MARK:
            value = next(stored, MARK)
        elif MARK in _leaves(value) and value in hidden:
            # The same but for what is hidden, and each stands for one.
            place = hidden.index(value)
            value, hidden[place] = before[place], None
        if MARK in _leaves(value):
            raise _nothing_stored(_below(pointer, index))
        result.append(value)
    return result


def _within(pointers: Sequence[str], pointer: str) -> list[str]:
    return [each[len(pointer) :] for each in pointers if each.startswith(f"{pointer}/")]


def _nothing_stored(pointer: str) -> ConfigWrong:
    return ConfigWrong(
        f"{dotted(pointer)}: {MARK} stands for a secret that is stored, and it cannot be told which; give the secret.",
        path=f"settings.{dotted(pointer)}",
    )


# What is said -------------------------------------------------------------------------------------------------------

_SHORTEST = 4
"""Letters from which on a secret is looked for in a text; a shorter one would black out words."""


def discreet(text: str, secrets: Sequence[str]) -> str:
    """A text without the secrets that stand in it, also as they stand in addresses and in JSON."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]}
            for form in sorted(forms, key=len, reverse=True):
                text = text.replace(form, MARK)
    return text


def texts(secrets: Mapping[str, Json]) -> list[str]:
    """The secrets as they may stand in a text."""
    return [str(leaf) for secret in secrets.values() for leaf in _leaves(secret) if leaf is not None]
