"""accounting.stripe against localstripe, which speaks the API of 2017: somebody else's reading of it, in a process of
its own. It is GPL, so it is installed beside the tree, and nothing of it is imported."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub import testing as kit
from hub.ingest.hub import Hub
from hub.sealing import new_key
from hub.settings import Company
from hub.values import RevenueBasis
from tests.connectors.test_stripe import SECRET, registry, values
from tests.outside.listening import served
from tests.settled import settled

RELEASE = "localstripe==1.15.10"


@pytest.fixture
def localstripe(tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of one that runs, with nothing in it."""
    environment = tmp_path / "localstripe"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    install = [str(environment / "bin" / "python"), "-m", "pip", "install", "-q", RELEASE]
    if subprocess.run(install, capture_output=True, check=False).returncode:
        pytest.skip(f"{RELEASE} cannot be installed here")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(environment / "bin" / "localstripe"), "--port", str(port), "--from-scratch"]
    running = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=("sk_test_1", "")) as client:
            for _ in range(100):
                try:
                    client.get("/v1/customers")
                    break
                except httpx.TransportError:
                    time.sleep(0.2)
            yield client
    finally:
        running.terminate()
        running.wait(10)


def a_member(client: httpx.Client) -> str:
    """Somebody who joins a club, pays 75 and gets back 20; the answer is the subscription."""
    customer = client.post("/v1/customers", data={"name": "নাসরিন আক্তার", "email": "nasrin@shop.example"}).json()["id"]
    card = {"number": "4242424242424242", "exp_month": "12", "exp_year": "2040", "cvc": "123"}
    token = client.post("/v1/tokens", data={f"card[{name}]": value for name, value in card.items()}).json()["id"]
    client.post(f"/v1/customers/{customer}/sources", data={"source": token}).raise_for_status()
    plan = {"id": "club", "amount": "7500", "currency": "eur", "interval": "month", "product[name]": "Club"}
    client.post("/v1/plans", data=plan).raise_for_status()
    joined = client.post("/v1/subscriptions", data={"customer": customer, "items[0][plan]": "club"}).json()["id"]
    charge = client.get("/v1/charges").json()["data"][0]["id"]
    client.post("/v1/refunds", data={"charge": charge, "amount": "2000"}).raise_for_status()
    return str(joined)


@pytest.mark.long
def test_a_subscription_that_is_paid_and_refunded_in_part(
    localstripe: httpx.Client, hub_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_ALLOW_PRIVATE_ADDRESSES", "127.0.0.1")
    heard: list[tuple[dict[str, str], bytes]] = []

    async def hear(request: Request) -> Response:
        heard.append((dict(request.headers), await request.body()))
        return Response()

    async def main(subscription: str) -> None:
        # Unlike Stripe it does not say of which invoice a charge is: a sale is told beside, and the bill stays open.
        company = Company(currency="EUR", revenue_basis=RevenueBasis.CASH)
        async with await Hub.open(str(hub_folder), registry(), company, secret_key=new_key()) as hub:
            settings = {
                "key": "sk_test_1",
                "signing_secrets": [SECRET],
                "tests": True,
                "api": str(localstripe.base_url),
            }
            source = (await hub.create_source("Shop", "accounting.stripe", settings)).ids[0]
            seen = []
            for ended in (False, True):
                if ended:
                    await asyncio.to_thread(localstripe.delete, f"/v1/subscriptions/{subscription}")
                await hub.sync(source)
                await hub.pulled(source)
                await settled(hub)
                seen.append(await values(hub, "EUR"))
            kinds = ["contract", "credit_note", "invoice", "invoice", "payment", "profile", "refund"]
            assert seen == [
                {"নাসরিন আক্তার": ("55.00", "75.00", 1, kinds)},
                {"নাসরিন আক্তার": ("55.00", "75.00", 1, ["contract", *kinds])},
            ]
            for headers, body in heard:
                now = datetime.now(UTC)
                delivery = replace(kit.delivery(body, headers), received_at=now)
                assert (await hub.deliver(source, "objects", delivery)).status == 200
            await settled(hub)
            assert await values(hub, "EUR") == seen[-1]
            async with hub.reader.snapshot() as snapshot:
                unread = await snapshot.all("SELECT count(*) FROM problem")
                assert unread[0][0] == 0

    with served(Starlette(routes=[Route("/", hear, methods=["POST"])])) as address:
        hook = {"url": address, "secret": SECRET}
        localstripe.post("/_config/webhooks/hub", json=hook).raise_for_status()
        subscription = a_member(localstripe)
        time.sleep(2)  # it tells of things a second later
        assert len(heard) >= 4
        asyncio.run(main(subscription))
