"""The fixtures that tests stand on."""

import os
import sqlite3
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from hub.store.engine import Store
from tests.conftest import ROOT, unpacked


def schema(address: str) -> object:
    """Each column and index of a hub, as its database tells of them."""
    if address.startswith("postgresql"):
        columns = "select table_schema, table_name, column_name, data_type, is_nullable from information_schema.columns"
        with psycopg.connect(address) as database:
            return [sorted(database.execute(each).fetchall()) for each in (columns, "select indexdef from pg_indexes")]
    # Not the statements that made the tables: the constraints of one made anew stand in any order there.
    columns = 'select t.name, c.name, c.type, c."notnull", c.pk from sqlite_master t, pragma_table_info(t.name) c'
    indexes = "select name, sql from sqlite_master where type = 'index' and sql <> ''"
    found = {}
    for file in sorted(Path(address).glob("*.db")):
        with closing(sqlite3.connect(file)) as database:
            found[file.name] = [sorted(database.execute(each).fetchall()) for each in (columns, indexes)]
    return found


def test_a_copied_hub_is_as_the_store_makes_one(bare_address: str, request: pytest.FixtureRequest) -> None:
    copied = request.getfixturevalue("pg_url" if bare_address.startswith("postgresql") else "hub_folder")
    Store.at(bare_address).close()
    assert schema(str(copied)) == schema(bare_address)


def test_data_is_unpacked_once_by_however_many(tmp_path: Path) -> None:
    (tmp_path / "mail.txt").write_text("নমস্কার", encoding="utf-8")
    bundle = tmp_path / "bundle.tar.xz"
    with tarfile.open(bundle, "w:xz") as archive:
        archive.add(tmp_path / "mail.txt", "mail/mail.txt")
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: unpacked(bundle, tmp_path / "data"), range(8)))
    assert folders == {tmp_path / "data"}
    assert (tmp_path / "data" / "mail" / "mail.txt").read_text(encoding="utf-8") == "নমস্কার"


@pytest.mark.shared
def test_the_shared_data_has_its_figures(shared_data: Path) -> None:
    assert (shared_data / "README.md").is_file()


def run(folder: Path, *arguments: str) -> list[str]:
    """The last lines of a run of pytest over one folder, with the fixtures and options of this suite."""
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(folder), "-p", "tests.conftest"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HUB_SHARED_DATA": str(folder / "nowhere.tar.xz")}
    # The workers of this run are none of the other's business.
    environment.pop("PYTEST_XDIST_WORKER", None)
    done = subprocess.run([*command, *arguments, str(folder)], env=environment, capture_output=True, text=True)
    return done.stdout.splitlines()


def test_what_did_not_run_stands_in_the_last_lines(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(
        "import pytest\n"
        "@pytest.mark.long\ndef test_a_million_rows(): pass\n"
        "def test_real_mail(shared_data): pass\n"
        "def test_one_row(): pass\n"
    )
    *_, first, second, closing = run(tmp_path, "-W", "ignore")
    assert first == "1 not run: full counts, only with --long"
    assert second == "1 not run: the public test data is not there; HUB_SHARED_DATA may name its bundle.tar.xz"
    assert closing.startswith("1 passed, 2 skipped")
    assert run(tmp_path, "-W", "ignore", "--long")[-1].startswith("2 passed, 1 skipped")
