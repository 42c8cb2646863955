"""social.bluesky signs in to Bluesky's own server, which hands its questions on to a list of notifications."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.social.bluesky.connector import Bluesky
from hub import sdk
from hub.outgoing import Reach
from tests.connectors.bluesky_server import Server
from tests.npm.installed import HERE, installed
from tests.outside.listening import served

pytestmark = pytest.mark.long

BUILT = Path("node_modules/better-sqlite3/build/Release/better_sqlite3.node")
HANDLE = "farzana-sarees.test"


class AppView(Server):
    """The list that the server asks for its accounts, whom it names in a token of its own."""

    def holds(self, token: str) -> bool:
        return token.count(".") == 2


class Directory:
    """Who is who, in memory, as plc.directory keeps it."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}
        routes = [Route("/{did}", self._one, methods=["GET", "POST"]), Route("/{did}/data", self._one)]
        self.app = Starlette(routes=routes)

    async def _one(self, request: Request) -> Response:
        did = request.path_params["did"]
        if request.method == "POST":
            self.known[did] = await request.json()
            return JSONResponse({})
        if did not in self.known:
            return JSONResponse({"message": "not found"}, 404)
        said = self.known[did]
        if request.url.path.endswith("/data"):
            return JSONResponse({"did": did, **said})
        key = said["verificationMethods"]["atproto"].removeprefix("did:key:")
        method = {"id": f"{did}#atproto", "type": "Multikey", "controller": did, "publicKeyMultibase": key}
        home = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer"}
        home["serviceEndpoint"] = said["services"]["atproto_pds"]["endpoint"]
        return JSONResponse(
            {"id": did, "alsoKnownAs": said["alsoKnownAs"], "verificationMethod": [method], "service": [home]}
        )


@pytest.fixture
def tools() -> Path:
    """The server, installed; the part of it that is compiled is built once."""
    folder = installed("bluesky-pds")
    if not (folder / BUILT).exists():
        command = ["npm", "rebuild", "better-sqlite3", "--foreground-scripts"]
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=600, check=False)
        if done.returncode or not (folder / BUILT).exists():
            pytest.skip("bluesky-pds: better-sqlite3 could not be compiled")
    return folder


@pytest.fixture
def app_view() -> AppView:
    return AppView(page=6)


@pytest.fixture
def address(tools: Path, app_view: AppView, tmp_path: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with served(Directory().app) as directory, served(app_view.app) as view:
        given = {
            "PDS_HOSTNAME": "localhost",
            "PDS_PORT": str(port),
            "PDS_DATA_DIRECTORY": str(tmp_path),
            "PDS_BLOBSTORE_DISK_LOCATION": str(tmp_path / "blobs"),
            "PDS_DID_PLC_URL": directory,
            "PDS_BSKY_APP_VIEW_URL": view,
            "PDS_BSKY_APP_VIEW_DID": "did:web:view.test",
            "PDS_SERVICE_HANDLE_DOMAINS": ".test",
            "PDS_DEV_MODE": "true",
            "PDS_INVITE_REQUIRED": "false",
            "PDS_JWT_SECRET": "of-the-test",
            "PDS_ADMIN_PASSWORD": "of-the-test",
            "PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX": "1b" * 32,
            "LOG_ENABLED": "false",
        }
        command = ["node", str(HERE / "bluesky-pds" / "serve.mjs"), str(tools)]
        with subprocess.Popen(command, env={**os.environ, **given}) as server:
            try:
                yield _awaited(f"http://127.0.0.1:{port}", server)
            finally:
                server.kill()


def _awaited(address: str, server: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"{address}/xrpc/_health").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return address
    raise AssertionError("the server did not start")


def called(address: str, method: str, token: str = "", **said: Any) -> Any:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = httpx.post(f"{address}/xrpc/com.atproto.server.{method}", json=said, headers=headers, timeout=30)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def test_a_source_signs_in_stays_signed_in_and_says_when_it_may_not_any_more(address: str, app_view: AppView) -> None:
    owner = called(address, "createAccount", handle=HANDLE, email="shop@shop.test", password="of-the-owner")
    password = called(address, "createAppPassword", owner["accessJwt"], name="hub")["password"]
    kept: dict[str, str] = {}
    signed_in: list[str] = []

    async def keep(name: str, value: str) -> None:
        kept[name] = value
        signed_in.append(json.loads(value)["refresh"])

    def pulled() -> list[sdk.Page]:
        outside = sdk.Outside(reach=Reach.allowing(["127.0.0.1"]), credentials=kept, keep=keep)
        settings = {"account": HANDLE, "app_password": password, "server": address}
        (stream,) = Bluesky(Bluesky.Settings.model_validate(settings), outside).streams()
        assert isinstance(stream, sdk.PullStream)

        async def pull() -> list[sdk.Page]:
            return [page async for page in stream.pages(None)]

        return asyncio.run(pull())

    def spoil(*tokens: str) -> None:
        said = json.loads(kept["session"])
        kept["session"] = json.dumps({**said, **{token: said[token][:-4] + "AAAA" for token in tokens}})

    pages = pulled()
    assert [len(page.rows) for page in pages] == [6, 6, 4]
    assert pages[0].rows[0].envelope == {"own": owner["did"], "handle": f"@{HANDLE}"}
    pulled()
    assert len(signed_in) == 1  # the session was kept
    spoil("access")
    pulled()
    assert len(set(signed_in)) == 2  # another refresh token came of the first
    spoil("access", "refresh")
    pulled()
    assert len(set(signed_in)) == 3  # another session
    called(address, "revokeAppPassword", owner["accessJwt"], name="hub")
    spoil("access", "refresh")
    with pytest.raises(sdk.SignInAgain, match=r"127\.0\.0\.1 does not take our credentials"):
        pulled()
