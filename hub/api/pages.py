"""The pages a newcomer sees: queries, files to bring in, a form beside a live timeline. All their assets are local."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from string import Template
from types import MappingProxyType
from uuid import uuid4

import orjson
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.api.compression import Compressed
from hub.api.documents import Document

ASSETS = Path(__file__).parent / "assets"

HEADERS: Mapping[str, str] = {
    # GraphiQL's editor sets styles on its elements; nothing else is taken from anywhere but here.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    # Without a referrer a browser posts a plain form with `Origin: null`, which no source of forms lets in.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page: ``NAME.html`` is its middle, the rest is that of all pages."""

    name: str
    address: str
    label: str
    """What the header calls it."""
    styles: Sequence[str] = ()
    scripts: Sequence[str] = ()
    modules: Sequence[str] = ()
    """Scripts that import others."""


QUERY = Page(
    "query",
    "/",
    "Queries",
    styles=("vendor/graphiql.min.css", "query/query.css"),
    scripts=("vendor/react.production.min.js", "vendor/react-dom.production.min.js", "vendor/graphiql.min.js"),
    modules=("query/page.js",),
)
FILES = Page("files", "/files", "Bring in files", scripts=("files.js",))
FORM = Page("form", "/demo/form", "Form and live timeline", scripts=("form.js",))
NO_FORM = replace(FORM, name="no_form", scripts=())


@dataclass(frozen=True, slots=True)
class FormTarget:
    """Where the form of ``/demo/form`` posts to, and the hidden fields that its source wants to see."""

    action: str
    honeypot: str = "website_url"
    hidden: Mapping[str, str] = field(default_factory=dict)


class StrictHeaders:
    """Adds ``HEADERS`` to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the headers are set when the answer starts."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def routes(
    *,
    documents: Callable[[Request], Awaitable[Sequence[Document]]] | None = None,
    form: Callable[[Request], Awaitable[FormTarget | None]] | None = None,
) -> list[BaseRoute]:
    """Routes for ``/``, ``/files``, ``/demo/form``, ``/pages/documents.json`` and ``/assets``.

    ``documents`` gives the tabs of the query page; it sees the request, because ids are only for who has a token.
    ``form`` says where the form posts to; None means that this hub has no such source.
    """

    async def query_page(request: Request) -> Response:
        return HTMLResponse(_shown(QUERY))

    async def form_page(request: Request) -> Response:
        target = await form(request) if form else None
        if target is None:
            return HTMLResponse(_shown(NO_FORM), 404)
        return HTMLResponse(_shown(FORM, _form_values(target)))

    async def documents_json(request: Request) -> Response:
        found = await documents(request) if documents else ()
        return Response(orjson.dumps(found, default=dict), media_type="application/json")

    async def files_page(request: Request) -> Response:
        return HTMLResponse(_shown(FILES))

    strict = [Middleware(Compressed), Middleware(StrictHeaders)]
    return [
        Route(QUERY.address, query_page, middleware=strict),
        Route(FILES.address, files_page, middleware=strict),
        Route(FORM.address, form_page, middleware=strict),
        Route("/pages/documents.json", documents_json, middleware=strict),
        Mount("/assets", StaticFiles(directory=ASSETS), name="assets", middleware=strict),
    ]


def _shown(page: Page, values: Mapping[str, str] = MappingProxyType({})) -> str:
    """The whole page; ``values`` are for the placeholders of its middle."""
    here = ' aria-current="page"'
    return _template("page").substitute(
        nav="".join(
            f'<a href="{each.address}"{here if each.address == page.address else ""}>{each.label}</a>'
            for each in (QUERY, FILES, FORM)
        ),
        main=_template(page.name).substitute(values),
        styles="".join(f'  <link rel="stylesheet" href="/assets/{path}">\n' for path in page.styles),
        scripts="".join(
            [
                *(f'  <script src="/assets/{path}" defer></script>\n' for path in page.scripts),
                *(f'  <script src="/assets/{path}" type="module"></script>\n' for path in page.modules),
            ]
        ),
    )


def _template(name: str) -> Template:
    return Template((ASSETS / f"{name}.html").read_text("utf-8"))


def _form_values(target: FormTarget) -> Mapping[str, str]:
    # An id for this sending: a second click is the same submission, a second message another.
    fields = {"submission_id": str(uuid4()), **target.hidden}
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
    return {"action": escape(target.action), "honeypot": escape(target.honeypot), "hidden": hidden}
