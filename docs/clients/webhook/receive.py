"""Receives what a hub tells, with the library of Standard Webhooks: ENDPOINT_SECRET=whsec_... uvicorn receive:app."""

import os

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

webhook = Webhook(os.environ["ENDPOINT_SECRET"])
seen: set[str] = set()  # in your database: a table with the id as its key, written together with what you do


async def receive(request: Request) -> Response:
    """Take a message once; 2xx says that it need not come again."""
    try:
        # The bytes as they came: JSON that was read and written again has another signature.
        message = webhook.verify(await request.body(), dict(request.headers))
    except WebhookVerificationError:
        return Response(status_code=401)
    if (id_ := request.headers["webhook-id"]) not in seen:
        seen.add(id_)
        print(message["type"], message["data"].get("id"), flush=True)  # noqa: T201
    return Response(status_code=204)


app = Starlette(routes=[Route("/hook", receive, methods=["POST"])])
