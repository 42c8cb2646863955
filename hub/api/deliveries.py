"""Deliveries to push streams over HTTP: the request as its sender made it, up to the limits, and the answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hub.api import watching
from hub.api.answering import SLOWEST, HeadersTooLarge, body, clean, direct, lines
from hub.clock import now
from hub.connector import Delivery
from hub.errors import HubError, RetryLater

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

_log = logging.getLogger(__name__)

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
"""What senders and browsers use; a push stream decides what it takes."""
MOST_HEADERS = 16_384
"""Bytes of all headers and of the address together."""
MOST_AT_ONCE = 64_000_000
"""Bytes of deliveries under way at the same time; whoever comes then is told to come again."""


class Deliveries:
    """The requests below ``/in``: the source's own connector verifies and splits them.

    ``public_url`` is the address by which senders know the hub, where a proxy stands before it. ``slowest``: seconds
    that a body may take to arrive.
    """

    def __init__(
        self, hub: Hub, max_delivery_bytes: int, public_url: str | None = None, slowest: float = SLOWEST
    ) -> None:
        self._hub = hub
        self._limit = max_delivery_bytes
        self._public_url = public_url.rstrip("/") if public_url else None
        self._slowest = slowest
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One delivery, answered once it is on disk. Never a 500: the sender of what failed here keeps it."""
        response = await clean(HttpRequest(scope, receive, send), self._run)
        given = direct(scope)
        if given is None or response.status_code != 200:
            await response(scope, receive, send)
            return
        await given.answer(lines([*response.raw_headers, watching.begun()]), bytes(response.body))

    async def _run(self, http: HttpRequest) -> Response:
        try:
            return await self._answered(http)
        except (HubError, ClientDisconnect):
            raise
        except Exception as fault:
            _log.exception("a delivery failed")
            raise RetryLater("The delivery could not be taken.", after=60) from fault

    async def _answered(self, http: HttpRequest) -> Response:
        scope = http.scope
        place, target = scope["path_params"], _target(scope)
        if sum([len(name) + len(value) for name, value in scope["headers"]]) + len(target) > MOST_HEADERS:
            raise HeadersTooLarge(f"The headers are larger than {MOST_HEADERS:,} bytes.")
        if scope["method"] == "HEAD":
            # Some senders look whether there is anybody before they send.
            await self._hub.door.knows(place["source"], place["stream"])
            return Response()
        headers = _headers(scope)
        size = self._take_room(headers)
        try:
            delivery = Delivery(
                method=scope["method"],
                path=scope["path"],
                query=_first_values(http),
                headers=headers,
                body=await self._body(http),
                client=scope["client"][0] if scope.get("client") else "",
                received_at=now(),
                secret=b"",
                rest=place.get("rest", ""),
                # As the sender wrote it: some sign it. A proxy's own headers are believed by the server, for proxies
                # it trusts.
                url=(self._public_url or f"{scope['scheme']}://{headers.get('host', '')}") + target,
            )
            reply = await self._hub.deliver(place["source"], place["stream"], delivery)
        finally:
            self._under_way -= size
        return Response(reply.body, reply.status, dict(reply.headers))

    async def _body(self, http: HttpRequest) -> bytes:
        given = direct(http.scope)
        whole = None if given is None else given.body()  # nearly always: most deliveries are small
        if whole is not None and len(whole) <= self._limit:
            return whole
        return await body(http, self._limit, self._slowest)

    def _take_room(self, headers: Mapping[str, str]) -> int:
        """Bytes of memory for a body, to be given back; one that does not say its length may be as large as any."""
        announced = headers.get("content-length", "")
        if announced.isascii() and announced.isdigit():
            size = min(int(announced[:12]), self._limit)
        else:
            size = self._limit if "transfer-encoding" in headers else 0
        if self._under_way and self._under_way + size > MOST_AT_ONCE:
            raise RetryLater("The hub is taking more at once than it has room for.", after=1)
        self._under_way += size
        return size


def _target(scope: Scope) -> str:
    """Path and query byte for byte, as far as the server tells."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    # Some servers leave the query in the raw path.
    return (raw.partition(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1")


def _headers(scope: Scope) -> Mapping[str, str]:
    """Headers by lower-case name; of one that comes several times all values, as RFC 9110 joins them."""
    found: dict[str, str] = {}
    for raw, content in scope["headers"]:
        name, value = raw.decode("latin-1"), content.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _first_values(http: HttpRequest) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in http.query_params.multi_items() if http.scope.get("query_string") else ():
        found.setdefault(name, value)
    return found
