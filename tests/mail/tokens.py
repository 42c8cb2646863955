"""A provider that gives access tokens for refresh tokens, each good once, and says which hold."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class TokenServer:
    """``refresh`` is the refresh token that is good now; ``holding`` maps access tokens to their users."""

    def __init__(self) -> None:
        self.refresh = "refresh-0"
        self.holding: dict[str, str] = {}
        self.given = 0
        self.user = ""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"tokens": self}))
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def begin(self, user: str, refresh: str) -> str:
        """Forget everything; tokens are for this user from now on. Returns where they are given."""
        self.user, self.refresh, self.holding, self.given = user, refresh, {}, 0
        return f"http://127.0.0.1:{self.port}/token"

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    tokens: TokenServer

    def do_GET(self) -> None:
        """Dovecot asks whether a token holds."""
        token = parse_qs(urlsplit(self.path).query).get("token", [""])[0]
        user = self.tokens.holding.get(token)
        self._answer(200, {"active": "true", "username": user} if user else {"active": "false"})

    def do_POST(self) -> None:
        """A new access token and a new refresh token for the one that is good now."""
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        tokens = self.tokens
        if form.get("refresh_token") != [tokens.refresh]:
            self._answer(400, {"error": "invalid_grant"})
            return
        tokens.given += 1
        tokens.refresh = f"refresh-{tokens.given}"
        access = f"access-{tokens.given}"
        tokens.holding[access] = tokens.user
        self._answer(200, {"access_token": access, "refresh_token": tokens.refresh, "expires_in": 3600})

    def _answer(self, status: int, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Nothing."""
