"""What is seen of a request: its id, its line in the log, its place among the metrics, and its span.

Of its content nothing is: no variables, no query of its address, no header but its id.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar, cast

from graphql import get_operation_ast
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub import traces
from hub.api.tallies import OTHER, Tallies, tallies
from hub.api.turns import small
from hub.logs import ACCESS, request_id

if TYPE_CHECKING:
    from strawberry.types import ExecutionContext

    from hub.api.auth import Principal
    from hub.api.execute import Answer, Request

HEADER = b"x-request-id"
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NAMED = re.compile(
    r"(?:[\s,\ufeff]|#[^\r\n]*)*(?:(query|mutation|subscription)\b(?:[\s,]+([_A-Za-z][_0-9A-Za-z]{0,63})\b)?)?"
)
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,63}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WEBSOCKET"})
_GONE = 499
"""The status of a request whose client went away before it was answered."""
_log = logging.getLogger(ACCESS)


_ids: list[str] = []


def _new_id() -> str:
    """An id for a request. The system is asked for many of them at a time."""
    if not _ids:
        many = secrets.token_hex(8 * 256)
        _ids.extend(many[at : at + 16] for at in range(0, len(many), 16))
    return _ids.pop()


def signed_in(token: str) -> None:
    """The request came with the token of this id."""
    if (seen := _seen.get()) is not None:
        seen.token = token


def begun() -> tuple[bytes, bytes]:
    """An answer with the status 200 begins now, by another way than its messages. The header that says its id."""
    if (seen := _seen.get()) is None:
        return HEADER, _new_id().encode()
    seen.begin(200)
    return HEADER, seen.id.encode()


def unanswered() -> bool:
    """Whether no answer to the request has begun."""
    seen = _seen.get()
    return seen is not None and not seen.has_begun


class Watching:
    """Around the whole application. Requests get an id: their own where it is sane, or a new one."""

    def __init__(self, app: ASGIApp, counts: Tallies = tallies) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        seen = _Seen(scope, send, self._counts)
        held, known = request_id.set(seen.id), _seen.set(seen)
        try:
            if scope["type"] == "http":
                small.begin(seen)  # it asks little, as far as is known; of a socket each operation does
            with seen.span() as span:
                try:
                    await self._app(scope, receive, seen.sent)
                except Exception:
                    seen.fails()
                    raise
                finally:
                    seen.end(span)
        finally:
            small.end(seen)
            request_id.reset(held)
            _seen.reset(known)


class _Seen:
    """One request while it is answered: its id, and the operation and the token once they are known."""

    def __init__(self, scope: Scope, send: Send, counts: Tallies) -> None:
        given = dict(scope["headers"]).get(HEADER, b"").decode("latin-1")
        self.id = given if given and _SANE.fullmatch(given) else _new_id()
        self.operation = ""
        self.token = ""
        self._scope = scope
        self._send = send
        self._counts = counts
        self._begun = perf_counter()
        self._answered: float | None = None
        self._status = _GONE
        method = scope.get("method", "WEBSOCKET")
        self._method = method if method in _METHODS else "OTHER"

    def span(self) -> AbstractContextManager[Any]:
        """Its span."""
        about = {"http.request.method": self._method, "hub.request_id": self.id}
        return traces.request(self._method, about, lambda: Headers(scope=self._scope))

    @property
    def has_begun(self) -> bool:
        """Whether its answer has begun."""
        return self._answered is not None

    def begin(self, status: int) -> None:
        """Its answer begins."""
        self._status = status
        self._answered = perf_counter()

    async def sent(self, message: Message) -> None:
        """A part of the answer: its head says the id."""
        if message["type"] in ("http.response.start", "websocket.accept", "websocket.http.response.start"):
            self.begin(message.get("status", 101))
            message["headers"] = [*message.get("headers", ()), (HEADER, self.id.encode())]
        elif message["type"] == "websocket.close" and self._answered is None:
            self._status = 403
        await self._send(message)

    def fails(self) -> None:
        """What answers it failed."""
        self._status = 500 if self._answered is None else self._status

    def end(self, span: Any) -> None:
        """It is over."""
        now = perf_counter()
        path = self._path()
        place = "/" + path.split("/")[1] if path.startswith("/") else path
        self._counts.request(self._method, place, self._status, (self._answered or now) - self._begun)
        if span is not None:
            span.update_name(f"{self._method} {place}")
            span.set_attributes({"http.route": place, "http.response.status_code": self._status})
        if _log.isEnabledFor(logging.INFO):
            fields = {
                "method": self._method, "path": path, "status": self._status,
                "ms": round((now - self._begun) * 1000, 1),
                **({"token": self.token} if self.token else {}),
                **({"operation": self.operation} if self.operation else {}),
            }  # fmt: skip
            _log.info("request", extra={"fields": fields})

    def _path(self) -> str:
        """The path as far as the hub gives it: what senders add, and what leads nowhere, may hold anything."""
        if "endpoint" not in self._scope:
            return OTHER
        path: str = self._scope["path"]
        rest: str = self._scope.get("path_params", {}).get("rest", "")
        return f"{path.removesuffix(rest)}…" if rest else path


_seen: ContextVar[_Seen | None] = ContextVar("seen", default=None)


@dataclass(slots=True)
class Asked:
    """An operation that is answered: query, mutation or subscription; the name is empty where it has none."""

    kind: str
    name: str


_asked: ContextVar[Asked | None] = ContextVar("asked", default=None)
Execute = TypeVar("Execute", bound=Callable[..., Awaitable[Any]])


def watched(execute: Execute) -> Execute:
    """``execute``, seen: how often, how long, with what outcome, by the names of operations; where it answers."""

    @wraps(execute)
    async def seen(hub: Any, principal: Principal, request: Request, *args: Any, **named: Any) -> Answer:
        asked = Asked(*operation(request.query, request.operation))
        held, begun = _asked.set(asked), perf_counter()
        try:
            with traces.span("operation") as span:
                answer: Answer = await execute(hub, principal, request, *args, **named)
                _tell(span, asked)
        finally:
            _asked.reset(held)
        _note(asked, principal.token)
        errors = answer.content.get("errors", ())
        codes = [error.get("extensions", {}).get("code") for error in errors]
        how = outcome(codes, ran=bool(answer.content.get("data")), failed=answer.status >= 500)
        tallies.operation(asked.name, asked.kind, how, perf_counter() - begun)
        return answer

    return cast("Execute", seen)


def ended(execution: ExecutionContext, token: str, seconds: float) -> None:
    """An operation has come to its end: what its document says of it; and all the rest where it came another way than
    by ``execute``, over a socket or as a stream."""
    document = execution.graphql_document
    found = get_operation_ast(document, execution.operation_name) if document is not None else None
    name = found.name.value if found is not None and found.name is not None else ""
    read = Asked(found.operation.value if found is not None else "query", name if _NAME.fullmatch(name) else "")
    if (asked := _asked.get()) is not None:
        if found is not None:
            asked.kind, asked.name = read.kind, read.name
        return
    _note(read, token)
    errors = execution.pre_execution_errors or getattr(execution.result, "errors", None) or ()
    ran = not execution.pre_execution_errors and bool(getattr(execution.result, "data", True))
    codes = [(error.extensions or {}).get("code") for error in errors]
    # A subscription lasts as long as its client likes: that is no latency.
    lasting = read.kind == "subscription"
    tallies.operation(read.name, read.kind, outcome(codes, ran=ran), None if lasting else seconds)
    if not lasting:
        traces.told(f"{read.kind} {read.name}".strip(), seconds, _attributes(read))


def named(name: str) -> None:
    """What a query's document says of its name."""
    if (asked := _asked.get()) is not None:
        asked.kind, asked.name = "query", name if _NAME.fullmatch(name) else ""


def ran(name: str, token: str, seconds: float, span: Any) -> None:
    """A query of this name was answered, without errors, by another way than ``execute``."""
    asked = Asked("query", name if _NAME.fullmatch(name) else "")
    _tell(span, asked)
    _note(asked, token)
    tallies.operation(asked.name, asked.kind, "ok", seconds)


def _tell(span: Any, asked: Asked) -> None:
    if span is not None:
        span.update_name(f"{asked.kind} {asked.name}".strip())
        span.set_attributes(_attributes(asked))


def _attributes(asked: Asked) -> dict[str, str | int]:
    return {"graphql.operation.type": asked.kind, "graphql.operation.name": asked.name}


def _note(asked: Asked, token: str) -> None:
    if (about := _seen.get()) is not None:
        about.operation, about.token = asked.name, token


def operation(document: str, chosen: str | None) -> tuple[str, str]:
    """Kind and name of the operation that is asked for, without parsing; the name is empty where it has none."""
    found = _NAMED.match(document)
    kind, name = (found[1] or "query", found[2] or "") if found else ("query", "")
    if not chosen or chosen == name:
        return kind, name
    if not _NAME.fullmatch(chosen):
        return kind, ""
    other = re.search(rf"\b(query|mutation|subscription)[\s,]+{chosen}\b", document)
    return (other[1], chosen) if other else (kind, "")


def outcome(codes: Sequence[str | None], *, ran: bool, failed: bool = False) -> str:
    """How it went: ``ok``, ``partial`` with errors beside data, ``refused`` as it was asked, or ``failed`` here."""
    if failed or "INTERNAL" in codes:
        return "failed"
    if not codes:
        return "ok"
    return "partial" if ran else "refused"
