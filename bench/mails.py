"""Mails a second: real ones over IMAP from Dovecot, beside the same mails from the files that it keeps."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from bench.imports import COMPANY, Import, pull
from bench.measuring import Bench, Figure
from hub.ingest.hub import Hub
from hub.registry import load_registry
from hub.sealing import new_key
from tests.mail.servers import PASSWORD, Dovecot

USER = "bench"
GOAL = 400
"""Mails a second until processed, over IMAP."""


def real_mails(data: Path, copies: int) -> list[bytes]:
    """The public mails, each so often, made different by a last line."""
    files = sorted((data / "email" / "spamassassin").rglob("*.txt"))
    mails = [raw for path in files if b"\0" not in (raw := path.read_bytes())]
    return [raw + b"\ncopy %d\n" % copy for copy in range(copies) for raw in mails]


async def measure(bench: Bench) -> list[Figure]:
    """The same mails over IMAP and from the Maildir that the server keeps, on each database."""
    data = bench.data()
    if (missing := Dovecot.missing()) or data is None:
        bench.say(missing)
        return [Figure("mails over IMAP", None, GOAL, " rows/s")]
    os.environ["HUB_ALLOW_PRIVATE_ADDRESSES"] = "127.0.0.1"
    folder = bench.folder()
    server = await asyncio.to_thread(Dovecot, folder, 1)
    try:
        maildir = await asyncio.to_thread(server.store, USER, real_mails(data, 1 if bench.quick else 10))
        with server.client(USER) as client:  # the server reads the folder once before it answers quickly
            client.select_folder("INBOX", readonly=True)
        return await _measured(bench, server, maildir)
    finally:
        server.stop()


async def _measured(bench: Bench, server: Dovecot, maildir: Path) -> list[Figure]:
    account = {"host": "127.0.0.1", "port": server.port, "security": "none", "user": USER, "password": PASSWORD}
    ways: dict[str, dict[str, Any]] = {"email.imap": account, "email.mailbox": {"path": str(maildir)}}
    figures, bars = [], {}
    for database in bench.databases:
        for connector, settings in ways.items():
            hub = await Hub.open(bench.fresh(database), load_registry(), COMPANY, secret_key=new_key())
            async with hub:
                source = (await hub.create_source("Mail", connector, settings)).ids[0]
                done = Import(connector, *await pull(hub, source), {})
            bench.say(f"{database}, {done.line()}")
            bars[f"{connector}, {database}, accepted"] = done.rows / done.accepted
            bars[f"{connector}, {database}, processed"] = done.rows / done.processed
            if connector == "email.imap":
                figures.append(Figure(f"mails over IMAP, {database}", done.rows / done.processed, GOAL, " rows/s"))
    bench.chart("Mails a second", bars)
    return figures
