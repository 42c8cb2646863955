"""Checks of what a connector says about itself, and of its settings."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, get_args
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from hub.connector import Connector, PullStream
from hub.errors import ConfigWrong
from hub.kinds import KINDS
from hub.registry import Registry
from hub.testing.suite import PROVIDER, Suite
from hub.testing.trial import Trial, require

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_SECRET = re.compile(r"(?i)(^|_)(password|passwd|secret|token|api_?key|private_?key|credentials?)($|_)")
_LONG_ENOUGH = 4
"""Characters from which on a secret that is found somewhere cannot be there by chance."""


class Manifest(Suite):
    """What is known of a connector before it does anything."""

    def test_the_manifest_is_complete(self) -> None:
        """Name, title, streams and kinds are as the hub lists them, and every setting is described."""
        kind = self.connector
        require(_NAME.fullmatch(kind.name), f"{kind.name!r} is not a name like family.name, in lower case.")
        require(kind.title.strip() and "\n" not in kind.title, "The title is one line that says what comes in.")
        mute = [name for name, field in kind.Settings.model_fields.items() if not field.description]
        require(
            not mute,
            f"No description: {', '.join(mute)}. Field(description=...) is what people see who set it up.",
        )
        streams = self.bound().streams()
        require(streams, "It has no stream.")
        names = [stream.name for stream in streams]
        require(len(set(names)) == len(names), f"Two streams have the same name: {', '.join(names)}.")
        deaf = [stream.name for stream in self.pull_streams() if stream.live and type(stream).news is PullStream.news]
        require(not deaf, f"{', '.join(deaf)} is live, and has no `news` to wait for.")
        family = kind.name.partition(".")[0]
        for declared in kind.kinds:
            require(
                declared.name not in KINDS and declared.name.startswith(f"{family}."),
                f"The kind {declared.name} is called {family}.something: only shared kinds have no family.",
            )
            require(declared.title.strip(), f"The kind {declared.name} has no title.")
        require(kind.every is None or kind.every > 0, "`every` is a number of seconds above 0, or None.")
        fields = kind.Settings.model_fields
        unknown = sorted(set(kind.destinations or ()) - set(fields))
        require(not unknown, f"destinations names {', '.join(unknown)}, which is no setting.")
        secret = [name for name, field in fields.items() if _is_secret(field.annotation)]
        require(
            kind.destinations is not None or len(secret) in (0, len(fields)),
            "`destinations` is missing: the names of the settings that say where secrets are sent; () when none does.",
        )
        beyond = sorted(_beyond_the_sdk(kind))
        require(not beyond, f"It imports {', '.join(beyond)}: of the hub a connector knows hub.sdk only.")
        known = {*self.checks(), PROVIDER}
        strange = sorted(set(self.does_not_apply) - known)
        require(not strange, f"does_not_apply names {', '.join(strange)}, which is no check.")

    def test_wrong_settings_are_told_in_a_sentence(self) -> None:
        """What is wrong with settings is one sentence that names the setting."""
        self.applies("wrong_settings_are_told_in_a_sentence")
        registry = Registry({self.connector.name: self.connector}, {})
        given = dict(self.settings)
        for name, wrong in _wrong(self.connector, given):
            try:
                bound = registry.open(self.connector.name, wrong)
                faults = [_Fault(sentence) for sentence in bound.check()]
            except ConfigWrong as error:
                faults = [_Fault(error.message)]
            except Exception as error:  # noqa: BLE001 (the author hears of it)
                require(False, f"A wrong setting {name} makes the connector fall over: {error!r}")
            for fault in faults[:1]:
                require(fault.one_sentence, f"What is wrong with {name} is no sentence: {fault.said!r}")
                require(name in fault.said, f"The sentence does not name the setting {name}: {fault.said!r}")
            require(
                faults or name in given or name in self.connector.Settings.model_fields,
                f"{name} is taken for a setting.",
            )

    def test_secrets_stay_secret(self) -> None:
        """Secrets are sdk.Secret, go to named destinations, and stand in no error, text of an object, log or row."""
        self.applies("secrets_stay_secret")
        for name, field in self.connector.Settings.model_fields.items():
            require(
                not _SECRET.search(name) or _is_secret(field.annotation) or field.annotation is bool,
                f"The setting {name} looks like a secret and is no sdk.Secret: it would be shown and stored as it is.",
            )

        async def check(trial: Trial) -> None:
            secrets = [text for text in _secrets(self.bound().settings) if len(text) >= _LONG_ENOUGH]
            bound = trial.connector()
            shown = [repr(bound), str(bound), repr(bound.settings), str(bound.settings), repr(vars(bound))]
            shown += [repr(vars(stream)) for stream in bound.streams()]
            for _, wrong in _wrong(self.connector, dict(self.settings)):
                try:
                    Registry({bound.name: self.connector}, {}).open(bound.name, wrong)
                except Exception as error:  # noqa: BLE001 (whatever it is, no secret may stand in it)
                    shown += [str(error), str(getattr(error, "hint", ""))]
            shown += await self._said(trial)
            self._destinations_are_named(trial)
            for secret in secrets:
                found = next((text for text in shown if secret in text), "")
                require(not found, f"A secret is shown: {found.replace(secret, '********')[:200]!r}")

        self.run(check)

    def _destinations_are_named(self, trial: Trial) -> None:
        asked = {request.url.host for request in trial.line.asked} if trial.line else set()
        named = self.connector.destinations
        for name, value in self.bound().settings if named is not None else ():
            found = sorted(asked & set(_hosts(value))) if name not in (named or ()) else []
            require(
                not found,
                f"{', '.join(found)} is asked because {name} says so: name {name} in `destinations`.",
            )

    async def _said(self, trial: Trial) -> list[str]:
        """What is logged, told and stored while all goes well and while nothing does."""
        account = await trial.account()
        if self.pull_streams():
            ends = [await account.pull()]
            if trial.line is not None:
                for trouble in (self.expired, lambda _: httpx.Response(500), _reset):
                    trial.line.trouble = trouble
                    ends.append(await account.pull(anew=True))
                trial.line.trouble = None
            shown = [str(end.fault) for end in ends]
            shown += [repr(page.cursor) for _, page in account.seen]
        else:
            shown = []
        shown += [f"{row.key} {row.problem}" for row in (await account.held()).rows]
        return shown + trial.logged.lines


class _Fault:
    """A sentence about settings."""

    def __init__(self, said: str) -> None:
        self.said = said
        self.one_sentence = (
            bool(said.strip()) and "\n" not in said and "Traceback" not in said and "validation error" not in said
        )


def _wrong(kind: type[Connector], given: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Settings with one fault each, and the name of the setting that is wrong."""
    for name, field in kind.Settings.model_fields.items():
        if field.is_required():
            yield name, {other: value for other, value in given.items() if other != name}
        yield name, {**given, name: {"no such": ["thing"]}}
    yield "no_such_setting", {**given, "no_such_setting": 1}


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_is_secret(each) for each in get_args(annotation))


def _hosts(value: Any) -> Iterator[str]:
    """The servers that a setting may name."""
    if isinstance(value, str):
        with suppress(ValueError):
            yield urlsplit(value if "://" in value else f"//{value}").hostname or ""
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _hosts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _hosts(each)


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _secrets(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _secrets(each)
    elif hasattr(value, "model_fields_set"):
        yield from _secrets(dict(value))


def _reset(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection reset", request=request)


def _beyond_the_sdk(kind: type[Connector]) -> Iterator[str]:
    """What the module of the connector imports of the hub, but for its SDK."""
    if kind.__module__.partition(".")[0] == "hub":
        return
    try:
        tree = ast.parse(inspect.getsource(sys.modules[kind.__module__]))
    except (OSError, KeyError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (
            name for name in names
            if name.partition(".")[0] == "hub" and not f"{name}.".startswith(("hub.sdk.", "hub.testing."))
        )  # fmt: skip
