"""Files over HTTP: ``POST /upload?name=customers.xlsx``, the file itself as the body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from hub.api import auth
from hub.api.answering import SLOWEST, UnsupportedMethod, clean, json_answer, steadily
from hub.api.auth import Scope
from hub.clock import now
from hub.errors import NotAllowed
from hub.ingest.rehearsal import reader_of

if TYPE_CHECKING:
    from hub.ingest.hub import Hub


class UploadEndpoint:
    """Takes files of those who may set up sources. What is in them is said by the query ``rehearsal``.

    ``slowest``: seconds after which a sender that sends nothing is given up.
    """

    def __init__(self, hub: Hub, most_bytes: int, slowest: float = SLOWEST) -> None:
        self._hub = hub
        self._limit = most_bytes
        self._slowest = slowest

    async def answer(self, http: Request) -> Response:
        """One file: 201 with its id, once it is on disk."""
        return await clean(http, self._run)

    async def _run(self, http: Request) -> Response:
        if http.method != "POST":
            raise UnsupportedMethod("POST")
        who = await auth.principal(self._hub.reader, auth.bearer(http.headers.get("authorization")))
        if not who.may(Scope.MANAGE):
            raise NotAllowed("Files are for a token with the scope manage.")
        name = http.query_params.get("name", "")
        if name:
            reader_of(self._hub.registry, name)
        upload = await self._hub.uploads.take(name, steadily(http, self._slowest), self._limit, now().timestamp())
        return json_answer({"upload": upload.id, "name": upload.path.name}, 201)
