"""Answers that a client may keep and ask about again: those of trusted documents by GET (RFC 9110, section 13)."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import orjson
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def tag(data: Any) -> str:
    """The ETag of an answer. It is weak: what is said beside the data, such as how far the hub has come, may differ."""
    return f'W/"{hashlib.sha256(orjson.dumps(data)).hexdigest()[:32]}"'


def revalidated(http: HttpRequest, response: Response, data: Any) -> Response:
    """The answer with its tag, or 304 where the client has the same data. Nobody keeps it but the client itself."""
    etag = tag(data)
    response.headers.update({"Cache-Control": "private, no-cache", "ETag": etag, "Vary": "Authorization, Accept"})
    known = ",".join(http.headers.getlist("if-none-match"))
    if known.strip() != "*" and etag[3:-1] not in _TAG.findall(known):
        return response
    kept = {name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")}
    return Response(status_code=304, headers=kept)
