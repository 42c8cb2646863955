"""What a GraphQL request over HTTP says: in its body, or in its address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request as HttpRequest

from hub.api.answering import NotARequest
from hub.api.execute import Request
from hub.api.preparing import in_thread
from hub.api.trusted import asked
from hub.errors import InputWrong, RetryLater

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

PATIENCE = 1.0
"""Seconds a read waits for the write that it wants to see."""
_LARGE = 100_000
"""Bytes from which on a body is not read on the event loop."""


async def from_body(content: bytes) -> Any:
    """What the body of a POST holds. Raises ``InputWrong``."""
    try:
        # Many large bodies at once are read one by one, and others are answered between them.
        return await in_thread(orjson.loads, content) if len(content) > _LARGE else orjson.loads(content)
    except orjson.JSONDecodeError:
        raise InputWrong("The body is not JSON.") from None


def from_query(http: HttpRequest) -> Any:
    """The same of the query of a GET. Raises ``InputWrong``."""
    given = http.query_params
    held: dict[str, Any] = {name: given.get(name) or None for name in ("query", "documentId", "operationName")}
    for name in ("variables", "extensions"):
        if text := given.get(name):
            try:
                held[name] = orjson.loads(text)
            except orjson.JSONDecodeError:
                raise InputWrong(f"{name} is not JSON.") from None
    return held


def request_of(held: Any, document: str | None = None) -> Request:
    """What is asked; ``document`` is the id in the address. Raises ``NotARequest``."""
    if not isinstance(held, dict):
        raise NotARequest("A GraphQL request is a JSON object.")
    if not isinstance(held.get("documentId"), str | None):
        raise NotARequest("documentId is text.")
    if document and (held.get("documentId") or document) != document:
        raise NotARequest("documentId is another one than the address has.")
    held["documentId"] = document or held.get("documentId")
    query, variables, operation = asked(held), held.get("variables"), held.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise NotARequest("query is missing: send the GraphQL document as text.")
    if not isinstance(variables, dict | None):
        raise NotARequest("variables is a JSON object.")
    if not isinstance(operation, str | None):
        raise NotARequest("operationName is text.")
    extensions = held.get("extensions")
    if not isinstance(extensions, dict | None):
        raise NotARequest("extensions is a JSON object.")
    return Request(query, variables, operation, priced=(extensions or {}).get("cost") is True)


async def until_shown(hub: Hub, after: str | None) -> None:
    """Own writes are visible: wait for the sequence number a client names in ``Hub-After``. Raises ``HubError``."""
    if not after:
        return
    if not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise InputWrong("Hub-After is the sequence of a receipt.")
    if not await hub.wait(int(after), PATIENCE):
        raise RetryLater("That write is not shown yet.", after=1)
