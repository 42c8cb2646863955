"""A client of one hub: GraphQL over HTTP to one that is served, or to one that this process has open."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from hub.api.auth import Principal, Scope
from hub.errors import ConfigWrong, HubError, InputWrong, RetryLater, SourceFailed, StorageFull
from hub.store.exports import ExportOver

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

Json = dict[str, Any]
Send = Callable[[str, Mapping[str, Any]], Awaitable[Json]]
"""Sends a document and its variables; the answer as GraphQL gives it: data, errors."""
Upload = Callable[[Path], Awaitable[str]]
Export = Callable[[str, Mapping[str, str]], AsyncGenerator[bytes, None]]
_PART = 1 << 18

DOCUMENTS = Path(__file__).parent / "cli" / "documents"
ALL_SCOPES = tuple(scope.value for scope in Scope if scope is not Scope.INGEST)
"""Of whoever may open the hub's folder or database anyway."""
PATIENCE = 30.0
"""Seconds to wait for an answer."""
_ERRORS: Mapping[str, Callable[..., HubError]] = {
    error.code: error for error in (HubError, RetryLater, StorageFull, SourceFailed, ExportOver)
}


_CUT = "The export was cut before its end."


def document(name: str) -> str:
    """The text of one of the command line's documents."""
    return (DOCUMENTS / f"{name}.graphql").read_text("utf-8")


class Client:
    """Asks one hub."""

    def __init__(self, send: Send, upload: Upload | None = None, export: Export | None = None) -> None:
        self._send = send
        self._export = export
        self._upload = upload

    @classmethod
    def of(cls, hub: Hub, name: str = "command line") -> Client:
        """A client of a hub that this process has open; it may do everything, in the name given."""
        # The schema takes a second to build, which a command that asks a served hub need not wait for.
        from hub.api.execute import Request, execute

        principal = Principal(name, "", ALL_SCOPES)

        async def send(text: str, variables: Mapping[str, Any]) -> Json:
            return (await execute(hub, principal, Request(text, variables))).content

        async def export(path: str, given: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
            from hub.api.exports import Exports, read_asked

            exports = Exports(hub)
            list_, _, form = path.rpartition(".")
            made = await exports.begin(principal, read_asked(list_, form, given))
            async with aclosing(made.parts) as parts:
                async for part in parts:
                    yield part
            await exports.settled()
            if not made.whole:
                raise RetryLater(_CUT)

        return cls(send, export=export)

    @classmethod
    @asynccontextmanager
    async def at(cls, url: str, token: str, *, proxies: bool = True) -> AsyncIterator[Client]:
        """A client of a hub that is served at ``url``. ``proxies``: whether the environment may name one."""
        headers = {"authorization": f"Bearer {token}", "accept": "application/graphql-response+json"}
        root = url.rstrip("/").removesuffix("/graphql")
        endpoint = f"{root}/graphql"
        async with httpx.AsyncClient(headers=headers, timeout=PATIENCE, trust_env=proxies) as connection:

            async def send(text: str, variables: Mapping[str, Any]) -> Json:
                return await _posted(connection, endpoint, json={"query": text, "variables": variables})

            async def upload(file: Path) -> str:
                content = _parts(file)
                said = await _posted(connection, f"{root}/upload", content=content, params={"name": file.name})
                if errors := said.get("errors"):
                    raise _error(errors[0])
                return str(said["upload"])

            def export(path: str, given: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
                return _exported(connection, f"{root}/export/{path}", given)

            yield cls(send, upload, export)

    async def execute(self, text: str, variables: Mapping[str, Any] | None = None) -> Json:
        """The data of an answer. Raises the error the hub answered with, as one that its code stands for."""
        answer = await self._send(text, variables or {})
        if errors := answer.get("errors"):
            raise _error(errors[0])
        data: Json = answer["data"]
        return data

    async def upload(self, file: Path) -> str:
        """Send a file to a hub that is served elsewhere; its id there. Raises ``InputWrong`` for what it refuses."""
        if self._upload is None:
            raise InputWrong("This hub reads files where they lie.")
        return await self._upload(file)

    def export(self, path: str, given: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
        """The bytes of an export, like ``customers.csv``. Raises ``RetryLater`` when it is cut before its end."""
        if self._export is None:
            raise InputWrong("This hub gives no exports.")
        return self._export(path, given)

    async def write(self, name: str, given: Mapping[str, Any]) -> Json:
        """The payload of the one mutation of a document. Raises ``InputWrong`` for its first user error."""
        data = await self.execute(document(name), {"input": given})
        payload: Json = next(iter(data.values()))
        for fault in payload["userErrors"]:
            raise InputWrong(fault["message"], path=".".join(fault["path"]) or None, hint=fault["hint"])
        return payload

    async def pages(self, name: str, field: str) -> AsyncIterator[Json]:
        """The nodes of a connection at the root of a document, page after page."""
        after = None
        while True:
            found = (await self.execute(document(name), {"after": after}))[field]
            for node in found["nodes"]:
                yield node
            if not found["pageInfo"]["hasNextPage"]:
                return
            after = found["pageInfo"]["endCursor"]

    async def sources(self) -> list[Json]:
        """All sources with their latest run."""
        return [source async for source in self.pages("sources", "sources")]

    async def runs(self, ids: list[str]) -> list[Json]:
        """Runs as they stand now."""
        found: list[Json] = (await self.execute(document("runs"), {"ids": ids}))["nodes"]
        return found


async def _parts(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as opened:
        while part := opened.read(_PART):
            yield part


async def _exported(
    connection: httpx.AsyncClient, address: str, given: Mapping[str, str]
) -> AsyncGenerator[bytes, None]:
    params = {name: value for name, value in given.items() if name != "filter"}
    headers = {"content-type": "application/json", "accept": "*/*"}
    try:
        async with connection.stream(
            "POST", address, params=params, content=given.get("filter", ""), headers=headers
        ) as answer:
            if answer.status_code != 200:
                raise _error(_refusal(await answer.aread(), address))
            async for part in answer.aiter_bytes():
                yield part
    except httpx.ConnectError:
        raise RetryLater(f"Nothing answers at {address}.", hint="Is the hub served there?") from None
    except (httpx.TransportError, httpx.DecodingError):
        raise RetryLater(_CUT) from None


def _refusal(content: bytes, address: str) -> Json:
    try:
        error: Json = json.loads(content)["errors"][0]
    except (ValueError, KeyError, TypeError, LookupError):
        raise ConfigWrong(f"What answers at {address} is no hub.") from None
    return error


async def _posted(connection: httpx.AsyncClient, endpoint: str, **given: Any) -> Json:
    try:
        answer = await connection.post(endpoint, **given)
        content = answer.json()
    except (httpx.UnsupportedProtocol, httpx.InvalidURL):
        raise ConfigWrong(f"{endpoint} is not an address of a hub, like http://127.0.0.1:8000.") from None
    except httpx.ConnectError:
        raise RetryLater(
            f"Nothing answers at {endpoint}.", hint="Is the hub served there? `hub serve` starts one."
        ) from None
    except httpx.TransportError as error:
        raise RetryLater(f"{endpoint} did not answer: {type(error).__name__}.") from None
    except ValueError:
        content = None
    if not isinstance(content, dict) or not {"data", "errors", "upload"} & content.keys():
        raise ConfigWrong(f"What answers at {endpoint} is no hub.")
    return content


def _error(said: Mapping[str, Any]) -> HubError:
    extensions = said.get("extensions") or {}
    kind = _ERRORS.get(str(extensions.get("code")), InputWrong)
    return kind(said["message"], hint=extensions.get("hint"))
