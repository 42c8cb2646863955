"""The fixtures that tests stand on."""

import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from tests.conftest import unpacked


def test_each_hub_address_is_new_and_empty(hub_address: str) -> None:
    if not hub_address.startswith("postgresql"):
        assert not Path(hub_address).exists()
        return
    with psycopg.connect(hub_address) as database:
        tables = "select count(*) from information_schema.tables where table_schema = 'public'"
        assert database.execute(tables).fetchone() == (0,)


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


@pytest.mark.long
def test_long_tests_run_only_when_asked(request: pytest.FixtureRequest) -> None:
    assert request.config.getoption("--long") is True
