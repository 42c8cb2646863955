"""Known secrets are planted in every place that takes some, and looked for in every place that could show them."""

from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from hub import logs, sdk
from hub.sealing import new_key
from tests.api.conftest import Served, Sheet, served

PASSWORD = "planted-password-Ünï&code/1"
ROTATING = ["planted-hook-1111", "planted-hook-2222", "planted-hook-3333"]
FIRST, SECOND = "planted-refresh-one", "planted-refresh-two"
PLANTED = [PASSWORD, *ROTATING, FIRST, SECOND, "planted-refresh-zero", "planted-new-password", "planted-checked"]


class LeakySettings(sdk.Settings):
    """What a mail account or a shop would have."""

    host: str = "x"
    password: sdk.Secret
    hooks: list[sdk.Secret] = []
    refresh_token: sdk.Secret


class Leaky(Sheet):
    """A connector that says its secrets wherever it can."""

    name = "test.leaky"
    Settings = LeakySettings
    settings: LeakySettings
    way = "fail"

    def streams(self) -> list[sdk.Stream]:
        return [*super().streams(), Mouth(self), Ear(self)]


class Ear(sdk.PushStream):
    """Tells whoever knocks what it expected."""

    name = "ear"

    def __init__(self, connector: Leaky) -> None:
        self._connector = connector

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        said = f"Expected {self._connector.settings.password.get_secret_value()}."
        if delivery.body == b"crash":
            raise RuntimeError(said)
        raise sdk.ConfigWrong(said)

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        yield from ()


class Mouth(sdk.PullStream):
    """Rotates the token at each pull, and then says everything."""

    name = "mouth"

    def __init__(self, connector: Leaky) -> None:
        self._connector = connector

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        outside, settings = self._connector.outside, self._connector.settings
        before = (outside.credentials or {}).get("refresh_token") or settings.refresh_token.get_secret_value()
        after = SECOND if before == FIRST else FIRST
        await outside.keep("refresh_token", after)
        password, hooks = settings.password.get_secret_value(), [each.get_secret_value() for each in settings.hooks]
        said = f"{password} {quote(password)} {before} {after} {hooks} {settings!r}"
        yield sdk.Page([])
        if Leaky.way == "fail":
            raise sdk.SourceFailed(f"Logging in with {said} failed.")
        raise RuntimeError(f"No such login: {said}")

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        yield from ()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What a serving process writes to its log, at the level at which libraries say the most."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.Discreet("%(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


def used(service: Served) -> list[str]:
    """Everything that can be done with a source that has secrets; all that was answered."""
    answers = []

    def ask(name: str, given: dict[str, Any], shown: str) -> Any:
        kind = name[0].upper() + name[1:]
        document = f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ {shown} }} }}"
        answer = service.post(document, {"input": given})
        answers.append(answer.text)
        return answer.json().get("data", {}).get(name)

    everything = "userErrors { message path hint } "
    settings = {"password": PASSWORD, "hooks": ROTATING[:2], "refresh_token": "planted-refresh-zero"}
    made = ask(
        "createSource", {"name": "Leaky", "connector": "test.leaky", "settings": settings}, everything + "source { id }"
    )
    source = made["source"]["id"]
    for Leaky.way in ("fail", "crash", "fail"):
        ask("syncSource", {"source": source}, everything + "run { id }")
        service.client.portal.call(service.hub.pulled, source)  # type: ignore[union-attr]
    ask(
        "updateSource",
        {"source": source, "settings": {"password": "planted-new-password", "hooks": [ROTATING[2], "********"]}},
        everything + "changed",
    )
    ask("syncSource", {"source": source}, everything + "run { id }")
    service.client.portal.call(service.hub.pulled, source)  # type: ignore[union-attr]
    ask("checkSource", {"source": source, "settings": {"password": "planted-checked", "hots": 1}}, everything)
    ask("updateSource", {"source": source, "settings": {"password": "planted-checked", "hots": 1}}, everything)
    ask("updateSource", {"source": source, "setings": {"password": "planted-checked"}}, everything)
    knocks = [service.client.post(f"/in/{source}/ear", content=body) for body in (b"x", b"crash")]
    assert "Expected ********." in knocks[0].text
    answers += [each.text for each in knocks]
    shown = """{ sources { nodes { settings secretsSet changes { nodes { fields } }
        runs { nodes { state error } } } } }"""
    answers.append(service.post(shown).text)
    assert answers[-1].count("Logging in with ******** ") == 3
    return answers


def hits(text: bytes) -> list[str]:
    """Which of the planted secrets stand in what was written."""
    forms = {secret: (secret.encode(), quote(secret).encode(), quote(secret, safe="").encode()) for secret in PLANTED}
    return [secret for secret, forms_ in forms.items() if any(form in text for form in forms_)]


def test_no_secret_can_be_read_in_a_folder_a_log_or_an_answer(tmp_path: Path, log: io.StringIO) -> None:
    with served(str(tmp_path), others={"test.leaky": Leaky}) as service:
        answers = used(service)
        seen = {path.name: hits(path.read_bytes()) for path in tmp_path.iterdir() if path.name != "secret.key"}
        assert [name for name, found in seen.items() if found] == []
        assert {"hub.db", "hub.db-wal", "projection-1.db"} <= seen.keys()
    closed = {path.name: hits(path.read_bytes()) for path in tmp_path.iterdir() if path.name != "secret.key"}
    assert [name for name, found in closed.items() if found] == []
    assert hits("\n".join(answers).encode()) == []
    assert "No such login: ******** " in log.getvalue()
    assert hits(log.getvalue().encode()) == []


def test_no_secret_can_be_read_in_postgresql_a_log_or_an_answer(pg_url: str, log: io.StringIO) -> None:
    with served(pg_url, others={"test.leaky": Leaky}, secret_key=new_key()) as service:
        answers = used(service)
    dump, tables = "", 0
    with psycopg.connect(pg_url) as connection:
        for schema, table in connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall():
            tables += 1
            with connection.cursor().copy(f'COPY "{schema}"."{table}" TO STDOUT') as copy:
                dump += "".join(bytes(block).decode() for block in copy)
    assert tables > 40
    assert "test.leaky" in dump
    assert hits(dump.encode()) == []
    assert hits("\n".join(answers).encode()) == []
    assert hits(log.getvalue().encode()) == []


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(f"...{quote(PASSWORD)}...{FIRST}".encode())
    assert hits((tmp_path / "file").read_bytes()) == [PASSWORD, FIRST]
