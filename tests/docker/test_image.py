"""The image is built, and what is in it answers as compose.yaml would run it: nobody's user, nothing to write on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

import hub
from tests.conftest import ROOT
from tests.docker.engine import Engine, base, found

pytestmark = [pytest.mark.long, pytest.mark.timeout(2400)]

EXTRAS = (
    "imapclient, opentelemetry.exporter.otlp.proto.http.trace_exporter, pyarrow.parquet, python_calamine, rapidfuzz"
)

DIGESTS = "cd /opt/hub && find . -type f -exec sha256sum '{}' +"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with found() as engine:
        yield engine


@pytest.fixture(scope="module")
def on(engine: Engine) -> str:
    """The image that the hub's is built on."""
    return base(engine)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is built, which nobody changes between two builds."""
    copy = tmp_path_factory.mktemp("tree") / "hub"
    kept = shutil.ignore_patterns(".git", ".venv", ".demo", "__pycache__", "bench", "tests", "hub-data")
    return Path(shutil.copytree(ROOT, copy, ignore=kept))


@pytest.fixture(scope="module")
def image(engine: Engine, tree: Path, on: str) -> str:
    return engine.built("journey-hub:tests", tree, on)


def once(engine: Engine, image: str, *command: str) -> str:
    """What one command of the image prints."""
    return engine("run", "--rm", *engine.running, "--entrypoint", command[0], image, *command[1:])


def asked(url: str, token: str, document: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.post(f"{url}/graphql", json={"query": document}, headers=headers, timeout=30).json()


@pytest.fixture
def mounted(tmp_path: Path) -> tuple[str, ...]:
    """Options that give a container a data folder of this machine."""
    (tmp_path / "data").mkdir()
    shutil.chown(tmp_path / "data", 1000, 1000)
    return "--volume", f"{tmp_path}/data:/data"


@pytest.fixture
def database(pg_url: str) -> tuple[str, ...]:
    """Options that let a container reach a database by its socket, which is open to one user alone."""
    query = parse_qs(urlsplit(pg_url).query)
    if "host" not in query:
        pytest.skip("containers on PostgreSQL: HUB_TEST_POSTGRES names no folder with a socket")
    folder = Path(query["host"][0])
    user = f"{folder.stat().st_uid}:{folder.stat().st_gid}"
    return "--volume", f"{folder}:{folder}", "--user", user, "--env", f"HUB_DATABASE_URL={pg_url}"


@pytest.mark.parametrize("place", ["mounted", "database"])
def test_hub_answers_from_a_container_and_drains_when_told_to_stop(
    engine: Engine, image: str, place: str, request: pytest.FixtureRequest
) -> None:
    options = request.getfixturevalue(place)
    with engine.container(image, *options, "--env", "HUB_COMPANY__NAME=Boxed") as container:
        url = container.url()
        assert httpx.get(f"{url}/healthz", timeout=5).json() == {"status": "ok"}
        token = container.run("hub", "token", "create", "tests", "--scope", "read").splitlines()[-1]
        answer = asked(url, token, "{ hub { name } customers(first: 1) { nodes { id } } }")
        assert answer.get("data") == {"hub": {"name": "Boxed"}, "customers": {"nodes": []}}, answer
        user = options[options.index("--user") + 1] if "--user" in options else "1000:1000"
        assert container.run("sh", "-c", "echo $(id -u):$(id -g)") == user
        assert container.run("sh", "-c", "touch /opt/hub/x 2>&1 || true").endswith("Read-only file system")
        check = json.loads(container.engine("inspect", "--format", "{{json .Config.Healthcheck.Test}}", container.id))
        assert check[0] == "CMD"
        assert container.run(*check[1:]) == ""
        assert container.run("cat", "/proc/1/comm") == "hub"
        seconds, code = container.stopped()
        assert code == 0
        assert seconds < 8


def test_container_that_has_just_started_ends_when_told_to(engine: Engine, image: str) -> None:
    with engine.container(image) as container:
        while "hub" not in container.run("cat", "/proc/1/comm"):
            pass
        seconds, code = container.stopped()
    assert code in (0, 143)
    assert seconds < 8


def test_servers_and_workers_in_containers_share_a_database(
    engine: Engine, image: str, database: tuple[str, ...]
) -> None:
    with (
        engine.container(image, *database) as serving,
        engine.container(image, *database, command=("worker",)) as working,
    ):
        serving.url()
        while " works for My company (PostgreSQL)" not in working.log():
            assert working.inspected("{{.State.Status}}") == "running", working.log()
        assert working.stopped()[1] == 0
        assert serving.stopped()[1] == 0


def test_image_holds_what_serving_needs_and_nothing_that_builds(engine: Engine, image: str) -> None:
    assert once(engine, image, "python", "-c", f"import {EXTRAS}") == ""
    assert once(engine, image, "hub", "--version").endswith(hub.__version__)
    looked = (
        "find /opt/hub /src /wheel ~root/.cache -name tests -o -name include -o -name pip -o -name '*.whl' 2>/dev/null"
    )
    assert once(engine, image, "sh", "-c", f"{looked} || true; command -v cc gcc make || true") == ""
    labels = json.loads(engine("inspect", "--format", "{{json .Config.Labels}}", image))
    assert labels["org.opencontainers.image.version"] == hub.__version__
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    # In MB, without the base; 520 when this was written.
    assert int(once(engine, image, "du", "-sm", "/opt/hub").split()[0]) < 600


def test_two_builds_hold_the_same_files(engine: Engine, tree: Path, image: str, on: str) -> None:
    again = engine.built("journey-hub:again", tree, on, "--no-cache")
    first, second = (set(once(engine, built, "sh", "-c", DIGESTS).splitlines()) for built in (image, again))
    assert first ^ second == set()
