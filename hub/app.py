"""The composition root: a hub becomes an application that answers HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from starlette.requests import Request

from hub.analysis.nights import nights
from hub.api import auth, http, operations, pages
from hub.api.application import Application
from hub.api.documents import Document, documents_folder, read_documents
from hub.api.pages import FormTarget
from hub.client import Client
from hub.clock import micros, now
from hub.errors import HubError
from hub.ingest.hub import Hub
from hub.ingest.uploads import Uploads
from hub.outgoing import Reach
from hub.registry import load_registry
from hub.settings import Settings
from hub.work.notify import Notifier
from hub.work.posting import Post
from hub.work.sending import sending
from hub.work.turning import turning
from hub.work.worker import working

FORMS = "webforms.endpoint"
"""The connector whose source ``/demo/form`` posts to; another may take its name's place by entry point."""
_FIRST = ("customer_page", "timeline", "journey", "explain_identity")
"""Documents that a newcomer sees first; the others follow by name."""


def create_app(settings: Settings, hub: Hub | None = None, examples: Mapping[str, str] | None = None) -> Application:
    """The application over a hub. Without ``hub`` it opens the one that the settings name, and closes it at the end.

    ``examples``: ids with which the documents of the query page are filled.
    """

    @asynccontextmanager
    async def lifespan(app: Application) -> AsyncIterator[None]:
        async with _opened(settings, hub) as opened, nights(opened, lambda: micros(now())), _worked(settings, opened):
            opened.limits = settings.limits
            opened.compiled_reads = settings.compiled_reads
            opened.compared_reads = settings.compared_reads
            page = Pages(opened, examples or {})
            routes = [
                *http.routes(
                    opened,
                    max_body_bytes=settings.max_body_bytes,
                    max_delivery_bytes=settings.max_delivery_bytes,
                    public_url=settings.public_url,
                    max_upload_bytes=settings.max_upload_bytes,
                    legacy_statuses=settings.legacy_statuses,
                    body_seconds=settings.body_seconds,
                    allowed_origins=settings.allowed_origins,
                ),
                *operations.routes(
                    opened,
                    metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
                    metrics_loopback=settings.metrics_loopback,
                ),
                *pages.routes(documents=page.documents, form=page.form),
            ]
            app.open(routes)
            yield

    return Application(lifespan)


@asynccontextmanager
async def open_hub(settings: Settings) -> AsyncIterator[Hub]:
    """The hub that the settings name, made when it is not there. Raises what ``Hub.open`` raises."""
    key = settings.secret_key.get_secret_value() if settings.secret_key else None
    async with await Hub.open(
        settings.address,
        load_registry(),
        settings.company,
        secret_key=key,
        lease=settings.lease_seconds,
        patience=settings.page_seconds,
    ) as hub:
        uploads = settings.uploads or settings.data / "uploads"
        hub.uploads = Uploads(uploads)
        hub.configuration.folders = None if settings.files is None else [*settings.files, uploads]
        yield hub


def _opened(settings: Settings, hub: Hub | None) -> AbstractAsyncContextManager[Hub]:
    return open_hub(settings) if hub is None else nullcontext(hub)


def _worked(settings: Settings, hub: Hub) -> AbstractAsyncContextManager[None]:
    if settings.works:
        return at_work(hub, settings, settings.worker_pulls)
    # That no worker pulls anything any more is for somebody else to tell.
    return turning(hub, Notifier.of(settings), settings.notify_url)


@asynccontextmanager
async def at_work(hub: Hub, settings: Settings, pulls: int) -> AsyncIterator[None]:
    """What a worker does: it pulls by the clock, so many at once, tells endpoints of changes, and the owners of sources
    that these turn unhealthy."""
    async with (
        working(hub, pulls),
        turning(hub, Notifier.of(settings), settings.notify_url),
        Post(Reach.allowing(settings.allow_private_addresses)) as post,
        sending(hub, post),
    ):
        yield


class Pages:
    """What the pages show of one hub."""

    def __init__(self, hub: Hub, examples: Mapping[str, str]) -> None:
        self._hub = hub
        self._examples = examples

    async def documents(self, request: Request) -> Sequence[Document]:
        """The documents; ids of this hub only for who may read it."""
        try:
            secret = auth.bearer(request.headers.get("authorization"))
            known = await auth.principal(self._hub.reader, secret)
            values = self._examples or (await self._somebody() if known.may(auth.Scope.READ) else {})
        except HubError:
            values = {}
        found = read_documents(documents_folder(), values)
        return sorted(
            found, key=lambda document: _FIRST.index(document.name) if document.name in _FIRST else len(_FIRST)
        )

    async def _somebody(self) -> Mapping[str, str]:
        """The customer met last: for a hub that has no examples, which is any but the demo."""
        found = await Client.of(self._hub).execute("{ customers(first: 1) { nodes { id } } }")
        return dict(zip(["customer"], (one["id"] for one in found["customers"]["nodes"]), strict=False))

    async def form(self, request: Request) -> FormTarget | None:
        """The first source of web forms."""
        for source in await Client.of(self._hub).sources():
            if source["connector"] == FORMS:
                return FormTarget(action=f"/in/{source['id']}/submissions")
        return None
