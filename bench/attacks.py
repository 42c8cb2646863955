"""Requests that mean harm, sent to a served hub over HTTP, as streams of events and over WebSocket, while an innocent
client asks beside them."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

INNOCENT = "query ($id: ID!) { hub { name } viewer { scopes } node(id: $id) { id } }"
PACE = 0.05
"""Seconds between two questions of the innocent client."""
LARGEST = 1_000_000
"""Bytes of a request; the hub hangs up on larger ones before they have been sent."""
SLOWEST = 0.25
"""Seconds that it may wait."""
LEAKS = (b"Traceback", b"site-packages", b'File "', b"sqlite3", b"asyncpg", b"psycopg", b"SELECT ", b"graphql.error")
_HUB_WITH = b'{"query": "{ hub { name } }", "variables": {"a": %s}}'
_PROTOCOL = Subprotocol("graphql-transport-ws")


@dataclass(frozen=True, slots=True)
class Attack:
    """One request that means harm; ``query`` is None where its body is no GraphQL request."""

    name: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: str | None = None
    variables: Any = None
    target: str = ""
    """The target of a GET in place of the body."""


@dataclass(slots=True)
class Outcome:
    """What an attack came to: statuses, faults found in answers, and how long the innocent client waited at most."""

    name: str
    statuses: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    stall: float = 0.0


def _asked(name: str, query: str, variables: Any = None) -> Attack:
    body = json.dumps({"query": query, "variables": variables}).encode()
    return Attack(name, body, {}, query, variables)


def _wide() -> Iterator[Attack]:
    yield _asked("aliases of one field", "{" + " ".join(f"a{n}: hub {{ name }}" for n in range(150)) + "}")
    yield _asked("aliases of __typename", "{" + " ".join(f"a{n}: __typename" for n in range(300)) + "}")
    yield _asked("root fields", "{" + " ".join(f"a{n}: customers {{ totalCount }}" for n in range(25)) + "}")
    yield _asked("one field again and again", "{ customers { nodes {" + "lifecycle { stage } " * 240 + "} } }")
    yield _asked("one leaf again and again", "{ hub {" + "name " * 990 + "} }")
    below = "timeline { nodes { " + "id " * 14 + "} } "
    yield _asked("equal fields in equal fields", "{ customers { nodes {" + below * 45 + "} } }")
    yield _asked("unknown fields", "{" + " ".join(f"custome{n}" for n in range(490)) + "}")
    yield _asked(
        "unknown members", "{ customers(filter: {" + " ".join(f"x{n}: 1" for n in range(310)) + "}) { totalCount } }"
    )
    yield _asked(
        "unknown values", "{ customers(filter: {relationships: [" + "CUSTOMERX " * 950 + "]}) { totalCount } }"
    )
    yield _asked("directives at one field", "{ hub { name " + "@skip(if: false) " * 140 + "} }")
    yield _asked("directives everywhere", "{ hub {" + "name @skip(if: false) " * 130 + "} }")
    yield _asked("unknown directives", "{ hub { name " + "@aa" * 480 + "} }")
    yield _asked("variables declared", "query (" + " ".join(f"$v{n}: Int" for n in range(245)) + ") { hub { name } }")
    yield _asked("operations", " ".join(f"query Q{n} {{ hub {{ name }} }}" for n in range(120)))
    yield _asked("pages of pages of pages", "{ customers(first: 500) { nodes { timeline(first: 500) { nodes { customer "
                 "{ timeline(first: 500) { nodes { id } } } } } } } }")  # fmt: skip
    yield _asked("the dearest page", "{ customers(first: 500) { nodes { id displayName firstTouch { id title kind } "
                 "lifecycle { stage } timeline(first: 10) { nodes { id title kind channel } } } } }")  # fmt: skip
    yield _asked("negative page", "{ customers(first: -1) { nodes { id } } }")
    yield _asked("page beyond all numbers", "{ customers(first: 99999999999999999999) { nodes { id } } }")


def _deep() -> Iterator[Attack]:
    yield _asked("fields in fields", "{ customers { nodes " + "{ organisation " * 150 + "{ id }" + " }" * 150 + " } }")
    yield _asked("inline fragments in each other", "{ hub " + "{ ... " * 240 + "{ name }" + " }" * 240 + "}")
    yield _asked("lists in lists", "{ customers(filter: " + "[" * 450 + "]" * 450 + ") { totalCount } }")
    yield _asked("types in types", "query ($a: " + "[" * 450 + "Int" + "]" * 450 + ") { hub { name } }")
    yield _asked("fragment of itself", "{ hub { ...A } } fragment A on Hub { ...A }")
    ring = "".join(f" fragment F{n} on Customer {{ organisation {{ ...F{(n + 1) % 60} }} }}" for n in range(60))
    yield _asked("ring of fragments", "{ customers { nodes { ...F0 } } }" + ring)
    doubled = "".join(
        f" fragment F{n} on Customer {{ a: organisation {{ ...F{n + 1} }} b: organisation {{ ...F{n + 1} }} }}"
        for n in range(40)
    )
    yield _asked(
        "doubled fragments", "{ customers { nodes { ...F0 } } }" + doubled + " fragment F40 on Customer { id }"
    )
    spread = "".join(
        f" fragment F{n} on Hub {{ {' '.join(f'...F{m}' for m in range(n + 1, 30))} name }}" for n in range(30)
    )
    yield _asked("fragments of all fragments", "{ hub { ...F0 } }" + spread)
    introspection = (
        "{ __schema { types { fields { type " + "{ fields { type " * 8 + "{ name }" + " } }" * 8 + " } } } }"
    )
    yield _asked("introspection in itself", introspection)
    yield _asked("introspection", "{ __schema { types { name kind description fields { name description args { name "
                 "description type { name ofType { name ofType { name } } } } type { name ofType { name } } } "
                 "enumValues { name description } inputFields { name description } } } }")  # fmt: skip


def _large() -> Iterator[Attack]:
    yield _asked("a comment", "#" + "x" * 900_000 + "\n{ hub { name } }")
    yield _asked("white space", "{ hub { name } }" + " " * 900_000)
    yield _asked("a name", "{" + "a" * 900_000 + "}")
    yield _asked("a text", '{ node(id: "' + "x" * 900_000 + '") { id } }')
    yield _asked("a block of text", '{ node(id: """' + "x\\n" * 200_000 + '""") { id } }')
    yield _asked("lines within the limit", '{ node(id: """' + "x\n" * 24_000 + '""") { id } }')
    yield _asked("tokens", "{ hub { name } } " + "{ " * 100_000)
    by = "query ($filter: CustomerFilter) { customers(filter: $filter) { totalCount } }"
    nodes = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    yield _asked("a long list", nodes, {"ids": ["x"] * 200_000})
    yield _asked("a list within the limit", nodes, {"ids": ["x"] * 4_999})
    yield _asked("numbers for ids", nodes, {"ids": [[]] * 4_999})
    yield _asked("many variables", "{ hub { name } }", {f"v{n}": n for n in range(60_000)})
    nested: Any = {"relationships": ["CUSTOMER"]}
    for _ in range(400):
        nested = {"and": [nested]}
    yield _asked("a deep filter", by, {"filter": nested})
    wide: Any = {"search": "a"}
    for _ in range(12):
        wide = {"or": [wide, wide]}
    yield _asked("a doubled filter", by, {"filter": wide})
    yield _asked("a long search", by, {"filter": {"search": "%_\\ " * 50_000}})
    yield _asked("a large number", "query ($n: Int) { customers(first: $n) { totalCount } }", {"n": 10**400})
    yield Attack("a body too large", b'{"query": "' + b"x" * 1_500_000 + b'"}')
    yield Attack("brackets", b"[" * 900_000)
    yield Attack("objects in objects", b'{"a":' * 150_000)
    yield Attack("lists in lists of a variable", _HUB_WITH % (b"[" * 100_000 + b"]" * 100_000))
    yield Attack("lists in lists within the reader's depth", _HUB_WITH % (b"[" * 900 + b"]" * 900))
    yield Attack("a number of many digits", _HUB_WITH % (b"9" * 100_000))
    yield Attack("a fraction of many digits", _HUB_WITH % (b"0." + b"9" * 100_000))
    yield Attack("a number beyond all", _HUB_WITH % b"1e999999")
    yield _asked("a number in a filter", '{ customers(filter: {traits: [{name: "a", equals: %s}]}) { totalCount } }'
                 % ("9" * 400))  # fmt: skip


def _odd(token: str) -> Iterator[Attack]:
    hub = "{ hub { name } }"
    one = json.dumps({"query": hub}).encode()
    written = "mutation { __typename }"
    for name, query in (
        ("a mutation by GET", written),
        ("a mutation after a query by GET", f"query Q {hub} {written}"),
    ):
        yield Attack(name, b"", target="/graphql?" + urlencode({"query": query, "operationName": ""}))
    yield Attack("a subscription by GET", b"", target="/graphql?" + urlencode({"query": "subscription { x }"}))
    yield Attack("half an escape in an address", b"", target="/graphql?query=%ff%fe%00%")
    yield Attack("the same key again", b'{"query": "{ a }", "query": "{ hub { name } }", "query": "{ b }"}')
    yield Attack("the same variable again", _HUB_WITH.replace(b'"a"', b'"a": 1, "a"') % b"2")
    yield Attack("UTF-32", json.dumps({"query": hub}).encode("utf-32"))
    yield Attack("surrogates in UTF-8", b'{"query": "{ hub { name } } # \xed\xa0\x80\xed\xb0\x80"}')
    yield Attack("half a character", one[:-2] + b'\xf0\x9f"}')
    yield Attack("an escape without end", b'{"query": "\\u00')
    yield Attack("a batch", b"[" + b",".join([one] * 100) + b"]")
    yield Attack("invalid UTF-8", b'{"query": "{ hub { name } } # \xff\xfe"}')
    yield Attack("UTF-16", ('\ufeff{"query": "' + hub + '"}').encode("utf-16"))
    yield Attack("UTF-7", one, {"Content-Type": "application/json; charset=utf-7"})
    yield Attack("overlong UTF-8", b'{"query": "{ hub { name } } # \xc0\xae"}')
    yield Attack("a byte order mark", b"\xef\xbb\xbf" + one)
    yield Attack("half a surrogate pair", b'{"query": "{ node(id: \\"\\ud800\\") { id } }"}')
    yield Attack(
        "half a pair in a variable",
        b'{"query": "query ($i: ID!) { node(id: $i) { id } }", "variables": {"i": "\\udfff"}}',
    )
    yield _asked("half a pair escaped", '{ node(id: "\\ud800") { id } }')
    yield _asked("NUL", '{ node(id: "a\\u0000b") { id } }')
    yield _asked("NUL in braces", '{ customers(filter: {search: "a\\u{0}b"}) { totalCount } }')
    yield _asked("NUL in a block", '{ customers(filter: {search: """a\0b"""}) { totalCount } }')
    yield _asked("NUL in a variable", "query ($i: ID!) { node(id: $i) { id } }", {"i": "a\0b"})
    yield Attack("NUL in the body", one + b"\0")
    yield Attack("not a number", b'{"query": "{ hub { name } }", "variables": {"a": NaN}}')
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "*/*"):
        yield Attack(f"as {kind}", one, {"Content-Type": kind})
    yield Attack("compressed", b"\x1f\x8b" + one, {"Content-Encoding": "gzip"})
    for name, cursor in (
        ("a forged cursor", "AAAA"),
        ("a cursor of nonsense", "\u202e💥"),
        ("a long cursor", "A" * 20_000),
    ):
        yield _asked(name, "query ($a: String) { customers(after: $a) { nodes { id } } }", {"a": cursor})
    for name, identity in (
        ("a forged id", "cus_0"),
        ("an id of SQL", "cus_' OR 1=1 --"),
        ("a long id", "cus_" + "9" * 9_000),
    ):
        yield _asked(name, "query ($i: ID!) { node(id: $i) { id } }", {"i": identity})
    turned = token[:-1] + ("A" if token[-1] != "A" else "B")
    for name, shown in (("a forged token", turned), ("no token", ""), ("a long token", "x" * 9_000)):
        yield Attack(name, one, {"Authorization": f"Bearer {shown}"})
    yield Attack("a token of JWT", one, {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."})
    yield Attack("a sequence out of this world", one, {"Hub-After": "9" * 400})


def attacks(token: str) -> list[Attack]:
    """Every attack, for a client with a good token."""
    return [*_wide(), *_deep(), *_large(), *_odd(token)]


class Innocent:
    """A client in a thread of its own that asks little, once in a while, and notes how long it waited."""

    def __init__(self, url: str, token: str) -> None:
        self._place = urlsplit(url)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self.waits: list[float] = []
        self.wrong: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def longest(self, since: int = 0) -> float:
        """The longest wait, in seconds, from one question on."""
        return max(self.waits[since:], default=0.0)

    def _ask(self) -> None:
        connection = http.client.HTTPConnection(self._place.hostname or "", self._place.port, timeout=30)
        body = json.dumps({"query": INNOCENT, "variables": {"id": "cus_nobody"}})
        while not self._ended.wait(PACE):
            began = time.perf_counter()
            connection.request("POST", "/graphql", body, self._headers)
            answer = connection.getresponse()
            content = answer.read()
            self.waits.append(time.perf_counter() - began)
            if answer.status != 200:
                self.wrong.append(f"{answer.status} {content[:200]!r}")
        connection.close()


async def attacked(
    url: str, token: str, innocent: Innocent, chosen: Sequence[Attack], copies: int = 4
) -> list[Outcome]:
    """Send attacks one after another, each in some copies at once: over HTTP, for a stream, and over WebSocket."""
    outcomes = []
    for attack in chosen:
        since = len(innocent.waits)
        outcome = Outcome(attack.name)
        for accepted in ("application/json", "text/event-stream"):
            await asyncio.gather(*(_sent(url, token, attack, accepted, outcome) for _ in range(copies)))
        if attack.query is not None:
            await asyncio.gather(*(_told(url, token, attack, outcome) for _ in range(copies)))
        # The question that was under way is part of it.
        await asyncio.sleep(PACE * 1.5)
        outcome.stall = innocent.longest(since)
        outcomes.append(outcome)
    return outcomes


async def _sent(url: str, token: str, attack: Attack, accepted: str, outcome: Outcome) -> None:
    place = urlsplit(url)
    headers = {
        "Host": "hub", "Content-Type": "application/json", "Authorization": f"Bearer {token}", "Accept": accepted,
        **attack.headers,
    }  # fmt: skip
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    line = f"GET {attack.target}" if attack.target else "POST /graphql"
    reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=1 << 24)
    try:
        writer.write(f"{line} HTTP/1.1\r\n{head}Connection: close\r\n".encode())
        writer.write(f"Content-Length: {len(attack.body)}\r\n\r\n".encode() + attack.body)
        answer = await asyncio.wait_for(reader.read(), 30)
    except ConnectionError:
        if len(attack.body) <= LARGEST:
            outcome.faults.append("the connection broke")
        return
    finally:
        writer.close()
    status = int(answer[9:12] or 0)
    outcome.statuses.append(status)
    head_sent, _, content = answer.partition(b"\r\n\r\n")
    if b"text/event-stream" not in head_sent:
        judge(outcome, status, content)
        return
    for event in re.findall(rb"^data: (\{.*)$", content, re.MULTILINE):
        judge(outcome, status, event)


def judge(outcome: Outcome, status: int, content: bytes) -> None:
    if status >= 500 or not status:
        outcome.faults.append(f"status {status}: {content[:200]!r}")
    outcome.faults.extend(f"leak of {word!r}" for word in LEAKS if word in content)
    if b'"errors"' in content[:200]:
        outcome.faults.extend(_coded(json.loads(content)["errors"]))


def _coded(errors: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if len(errors) > 10:
        yield f"{len(errors)} errors"
    for error in errors:
        code = error.get("extensions", {}).get("code")
        if code in (None, "INTERNAL"):
            yield f"code {code}: {error['message'][:200]}"


async def _told(url: str, token: str, attack: Attack, outcome: Outcome) -> None:
    address = f"ws{url.removeprefix('http')}/graphql"
    async with connect(address, subprotocols=[_PROTOCOL], max_size=None, compression=None) as socket:
        try:
            await socket.send(json.dumps({"type": "connection_init", "payload": {"token": token}}))
            await socket.recv()
            payload = {"query": attack.query, "variables": attack.variables}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            await asyncio.wait_for(_heard(socket, outcome), 30)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
            outcome.statuses.append(code)
            if code in (1006, 1011):
                outcome.faults.append(f"the socket was closed with {code}")


async def _heard(socket: ClientConnection, outcome: Outcome) -> None:
    async for text in socket:
        message = json.loads(text)
        outcome.faults.extend(f"leak of {word!r} over WebSocket" for word in LEAKS if word.decode() in str(text))
        if message["type"] == "error":
            outcome.faults.extend(_coded(message["payload"]))
        elif message["type"] == "next":
            outcome.faults.extend(_coded(message["payload"].get("errors", [])))
        if message["type"] in ("error", "complete"):
            return
