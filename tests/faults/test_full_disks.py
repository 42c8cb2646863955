"""A disk that is full or read-only: refused cleanly, still read, nothing lost, and well again without a restart."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.faults.sending import (
    EXACT,
    Sender,
    calling,
    difference_of_records,
    difference_of_touchpoints,
)
from tests.faults.serving import Account, ServedHub, environment, faults_of_files, founded, until_processed

_IN_A_ROW = 20


async def sent_until_refused(sender: Sender, first: int) -> int:
    """Send rows one after another until many in a row are refused, as a smaller one may still find room where another
    did not; the number of the last."""
    refused = 0
    async with calling() as client:
        for number in range(first, first + 100_000):
            answer = await sender.once(client, number)
            if sender.acknowledges(answer, number):
                sender.acknowledged.add(number)
                refused = 0
                continue
            assert int(answer.headers["retry-after"]) >= 1
            refused += 1
            if refused == _IN_A_ROW:
                return number
    raise AssertionError("nothing was refused")


async def refusals_of(sender: Sender, numbers: range) -> None:
    """Send rows that must all be refused."""
    async with calling() as client:
        answers = await asyncio.gather(*(sender.once(client, number) for number in numbers))
    for number, answer in zip(numbers, answers, strict=True):
        assert not sender.acknowledges(answer, number)
        assert int(answer.headers["retry-after"]) >= 1


def shown(hub: ServedHub, account: Account) -> int:
    """How many customers a reader is told of."""
    answer = httpx.post(
        f"{hub.url}/graphql",
        json={"query": "{ customers(first: 1) { totalCount } }"},
        headers={"authorization": f"Bearer {account.token}"},
        trust_env=False,
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    return int(answer.json()["data"]["customers"]["totalCount"])


def check_refusals(sender: Sender, code: str) -> None:
    """All refusals are 503 with a code, and tell nothing of the inside."""
    assert set(sender.refusals) == {(503, code)}
    for said in sender.bodies:
        assert not any(word in said for word in ("Traceback", "sqlite", "psycopg", "INSERT", "UPDATE"))


def check_recovery(hub: ServedHub, sender: Sender, code: str, first: int) -> None:
    """Rows are taken again by the same process; all that was acknowledged is there, once."""
    process = hub.process
    asyncio.run(sender.all(range(first, first + 40)))
    until_processed(hub.address)
    assert hub.process is process
    assert hub.running
    check_refusals(sender, code)
    assert difference_of_records(hub.address, sender.account, sender.acknowledged) == EXACT
    assert difference_of_touchpoints(hub.address, sender.account, sender.acknowledged) == EXACT
    assert faults_of_files(hub.address) == []
    hub.stop()
    assert "Traceback" not in hub.log.read_text()


# SQLite -------------------------------------------------------------------------------------------------------


def test_no_room_for_files_to_grow_is_refused_and_recovered_from(
    tmp_path: Path, serving: Callable[..., ServedHub]
) -> None:
    address = str(tmp_path / "hub")
    account = founded(address)
    hub = serving(address)
    hub.start()
    assert hub.process is not None
    sender = Sender(account, [hub.url])
    asyncio.run(sender.all(range(20)))
    until_processed(address)
    before = shown(hub, account)
    # As `ulimit -f`, for a process that runs: writing beyond this size fails, as on a full disk.
    most = Path(address, "hub.db-wal").stat().st_size + 65_536
    unlimited = resource.prlimit(hub.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(hub.process.pid, resource.RLIMIT_FSIZE, (most, unlimited[1]))
    refused = asyncio.run(sent_until_refused(sender, 20))
    asyncio.run(refusals_of(sender, range(refused + 1, refused + 17)))
    assert shown(hub, account) >= before
    resource.prlimit(hub.process.pid, resource.RLIMIT_FSIZE, unlimited)
    check_recovery(hub, sender, "STORAGE_FULL", refused)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 64 MB of room."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk: mounting takes root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(disk: Path) -> Path:
    """Leave no room on a disk; the file that takes it."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65_536)
        except OSError:
            return filler


def test_full_disk_is_refused_and_recovered_from(small_disk: Path, serving: Callable[..., ServedHub]) -> None:
    address = str(small_disk / "hub")
    account = founded(address)
    hub = serving(address)
    hub.start()
    sender = Sender(account, [hub.url])
    asyncio.run(sender.all(range(40)))
    before = shown(hub, account)
    filler = fill(small_disk)
    refused = asyncio.run(sent_until_refused(sender, 40))
    asyncio.run(refusals_of(sender, range(refused + 1, refused + 17)))
    assert shown(hub, account) >= before
    filler.unlink()
    check_recovery(hub, sender, "STORAGE_FULL", refused)


def command(address: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command that opens the hub itself."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "hub", *arguments],
        env=environment(address), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_hub_on_a_full_disk_says_so_and_opens_once_there_is_room(small_disk: Path) -> None:
    address = str(small_disk / "hub")
    filler = fill(small_disk)
    ended = command(address, "serve", "--port", "0")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith(f"hub: The hub's folder {address} ")
    assert ended.stderr.count("\n") == 1
    filler.unlink()
    assert command(address, "token", "create", "me", "--scope", "read").returncode == 0


@pytest.fixture
def locked(request: pytest.FixtureRequest) -> Iterator[tuple[Path, Callable[[bool], None]]]:
    """A folder, and what makes it read-only and writable again."""
    if os.geteuid():
        folder: Path = request.getfixturevalue("tmp_path")

        def lock(closed: bool) -> None:
            for path in (folder, *folder.rglob("*")):
                path.chmod((0o555 if path.is_dir() else 0o444) if closed else (0o755 if path.is_dir() else 0o644))
    else:
        folder = request.getfixturevalue("small_disk")

        def lock(closed: bool) -> None:
            subprocess.run(["mount", "-o", f"remount,{'ro' if closed else 'rw'}", str(folder)], check=True)

    yield folder, lock
    lock(False)


def test_read_only_folder_is_refused_and_opens_once_it_can_be_written(
    locked: tuple[Path, Callable[[bool], None]], serving: Callable[..., ServedHub]
) -> None:
    folder, lock = locked
    address = str(folder / "hub")
    account = founded(address)
    lock(True)
    ended = command(address, "serve", "--port", "0")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith(f"hub: The hub's folder {address} cannot be written: ")
    assert ended.stderr.count("\n") == 1
    lock(False)
    hub = serving(address)
    hub.start()
    check_recovery_of_none(hub, account)


def check_recovery_of_none(hub: ServedHub, account: Account) -> None:
    """Rows are taken as if nothing had been."""
    sender = Sender(account, [hub.url])
    asyncio.run(sender.all(range(10)))
    until_processed(hub.address)
    assert not sender.refusals
    assert difference_of_records(hub.address, account, range(10)) == EXACT


# PostgreSQL ---------------------------------------------------------------------------------------------------


def set_read_only(url: str, on: bool) -> None:
    """Make a database refuse writes, as a standby does after a failover; everybody connects anew."""
    with psycopg.connect(url, autocommit=True, options="-c default_transaction_read_only=off") as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {'on' if on else 'off'}")
        if on:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                (name,),
            )


def test_read_only_database_is_refused_and_recovered_from(pg_url: str, serving: Callable[..., ServedHub]) -> None:
    account = founded(pg_url)
    hub = serving(pg_url)
    hub.start()
    sender = Sender(account, [hub.url])
    asyncio.run(sender.all(range(20)))
    until_processed(pg_url)
    before = shown(hub, account)
    set_read_only(pg_url, True)
    asyncio.run(refusals_of(sender, range(20, 36)))
    time.sleep(1)
    assert shown(hub, account) == before
    set_read_only(pg_url, False)
    check_recovery(hub, sender, "RETRY_LATER", 20)
