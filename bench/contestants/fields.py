"""Who takes part: the hub in its three ways, the limit, PostGraphile, plain strawberry; each over one filled hub."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

import orjson
import psycopg
from graphql import parse

from bench.contestants.documents import HUB, POSTGRAPHILE
from bench.contestants.running import Contestant, python, started
from bench.measuring import Bench
from hub.api.auth import Principal
from hub.api.compiled import reads_of
from hub.api.subgraph import schema_of
from hub.ingest.hub import Hub
from hub.registry import load_registry
from hub.store.sql import for_sqlite, sqlite_values

HERE = Path(__file__).parent
SCOPES = ("read", "pii", "analyse")
ORDINARY, EXTENSION, LANE = "hub, ordinary", "hub, compiled", "hub, lane"
RAW, POSTGRAPHILE_NAME, PLAIN = "raw", "PostGraphile", "strawberry"
_BYPASS = {"Content-Encoding": "identity"}
"""A header with which a request does not take the lane."""
_STATS = """SELECT json_build_object('touchpointStats', json_build_object('rows', json_agg(json_build_object('key',
  json_build_object('customerStage', stage, 'channel', channel, 'period', period), 'touchpoints', touchpoints,
  'amount', json_build_object('amount', amount, 'currency', currency)))))::text FROM bench_views.stats"""


class Field:
    """Everybody who is there, for the time of a benchmark; or ``only`` the hub by its lane."""

    def __init__(self, bench: Bench, address: str, only: str | None = None) -> None:
        self._bench = bench
        self._only = only
        self._address = address
        self._remote = "://" in address
        self._stack = AsyncExitStack()
        self.contestants: dict[str, Contestant] = {}
        self.ids: list[str] = []

    async def __aenter__(self) -> Self:
        async with await Hub.open(self._address, load_registry()) as hub:
            _, token = await hub.create_token("bench", SCOPES)
            async with hub.reader.snapshot() as snapshot:
                found = await snapshot.all("SELECT id FROM customer ORDER BY id LIMIT 2000")
                self._set = int(await snapshot.value("SELECT number FROM projection_set WHERE state = 'LIVE'"))
            self.ids = [str(row[0]) for row in found]
            statements = self._statements(hub)
        bearer = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if self._only is None:
            await self._hub(ORDINARY, "off", bearer)
        await self._hub(EXTENSION, "on", bearer | _BYPASS)
        self.contestants[LANE] = Contestant(
            LANE, self.contestants[EXTENSION].url, self.contestants[EXTENSION].process, HUB, bearer
        )
        if self._only is not None:
            return self
        if self._remote:
            self._views()
        await self._raw(statements)
        if self._remote:
            await self._plain()
            await self._postgraphile()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def _path(self) -> str:
        return f"projection_{self._set}, truth"

    async def _hub(self, name: str, compiled: str, headers: Mapping[str, str]) -> None:
        place = {"HUB_DATABASE_URL": self._address} if self._remote else {"HUB_DATA": self._address}
        environment = place | {"HUB_COMPILED_READS": compiled}
        command = python("hub", "serve", "--port", "0", "--no-worker")
        if not self._remote and name != ORDINARY and self._only is None:
            # One process serves a folder: the second one is given a copy of it.
            copied = self._bench.folder() / "hub"
            shutil.copytree(self._address, copied, ignore=shutil.ignore_patterns("serve.json", "*-wal", "*-shm"))
            environment["HUB_DATA"] = str(copied)
        url, process = await self._stack.enter_async_context(started(command, environment=environment))
        self.contestants[name] = Contestant(name, url, process, HUB, headers)

    def _statements(self, hub: Hub) -> dict[str, Any]:
        """What the hub's compiler makes of each document, as constants."""
        reads = reads_of(hub, schema_of(hub))
        found = {}
        for name, text in HUB.items():
            operation = reads.compiler.operation(text, name, parse(text))
            who = Principal("bench", "", SCOPES)
            query = operation and reads.query(who, operation, {"id": self.ids[0]} if name == "P1" else {}, quick=True)
            if query is None:
                self._bench.say(f"  {name} is not compiled")
                if self._remote and name == "P3":
                    found[name] = {"text": _STATS, "values": [], "place": None}
                continue
            values = list(query.values)
            text = query.text if self._remote else for_sqlite(query.text)
            place = values.index(self.ids[0]) if name == "P1" else None
            given = values if self._remote else list(sqlite_values(tuple(values)))
            packed = [{"bytes": base64.b64encode(v).decode()} if isinstance(v, bytes) else v for v in given]
            found[name] = {"text": text, "values": packed, "place": place}
        return found

    async def _raw(self, statements: dict[str, Any]) -> None:
        place = (
            {"url": self._address, "path": self._path}
            if self._remote
            else {"folder": self._address, "number": self._set}
        )
        told = orjson.dumps({"statements": statements, **place}).decode()
        url, process = await self._stack.enter_async_context(started(python("bench.contestants.raw"), told))
        documents = {name: text for name, text in HUB.items() if name in statements}
        self.contestants[RAW] = Contestant(RAW, url, process, documents)

    async def _plain(self) -> None:
        command = python("bench.contestants.plain", self._address, self._path)
        url, process = await self._stack.enter_async_context(started(command))
        documents = {name: HUB[name] for name in ("P1", "P2")}
        self.contestants[PLAIN] = Contestant(PLAIN, url, process, documents, {"Content-Type": "application/json"})

    def _views(self) -> None:
        text = (HERE / "views.sql").read_text(encoding="utf-8").replace("{projection}", f"projection_{self._set}")
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(text)

    async def _postgraphile(self) -> None:
        folder = installed(self._bench)
        if folder is None:
            return
        shutil.copy(HERE / "postgraphile" / "serve.mjs", folder / "serve.mjs")
        node = next(folder.glob("node_modules/**/node-*/bin/node"), None) or folder / "node_modules/node/bin/node"
        command = [node, folder / "serve.mjs", self._address]
        production = {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}
        url, process = await self._stack.enter_async_context(started(command, environment=production))
        headers = {"Content-Type": "application/json"}
        self.contestants[POSTGRAPHILE_NAME] = Contestant(POSTGRAPHILE_NAME, url, process, POSTGRAPHILE, headers)


def installed(bench: Bench) -> Path | None:
    """The folder with PostGraphile, installed once outside of the tree; None where npm cannot."""
    wanted = (HERE / "postgraphile" / "package.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "journey-hub-bench"
    folder = cache / f"postgraphile-{hashlib.sha256(wanted).hexdigest()[:12]}"
    if folder.exists():
        return folder
    if shutil.which("npm") is None:
        bench.say("  PostGraphile is left out: there is no npm.")
        return None
    begun = folder.with_suffix(".begun")
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir(parents=True)
    (begun / "package.json").write_bytes(wanted)
    try:
        # With its scripts: that is how the package of Node brings its program.
        subprocess.run(
            ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"],
            cwd=begun, check=True, capture_output=True, timeout=600,
        )  # fmt: skip
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        bench.say("  PostGraphile is left out: npm could not install it.")
        return None
    begun.rename(folder)
    return folder


def leaves(value: Any) -> list[Any]:
    """The leaves of an answer, in order."""
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in leaves(each)]
    return [value]


def comparable(name: str, data: Any) -> Any:
    """What the answers of all contestants have in common: leaves in order; of the group-by, rows in any order.

    Nulls are left out, as one of an object is several where its fields stand side by side.
    """
    found = leaves(data)
    if name != "P3":
        return [leaf for leaf in found if leaf is not None]
    rows = [tuple(found[at : at + 6]) for at in range(0, len(found), 6)]
    return sorted(rows, key=repr)
