"""compose.yaml, as Docker's own reader understands it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT


@pytest.fixture
def compose() -> list[str]:
    """The command that reads compose files."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            version = subprocess.run([*command, "version", "--short"], capture_output=True, text=True, timeout=30)
            if version.returncode == 0 and not version.stdout.startswith("1."):
                return command
    pytest.skip("compose.yaml: no Docker Compose 2 on this machine")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "docker", tmp_path / "docker", ignore=shutil.ignore_patterns(".env")))


def read(compose: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [*compose, "--file", str(folder / "compose.yaml"), "config", "--format", "json"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_containers_are_as_documented(compose: list[str], folder: Path) -> None:
    example = (folder / "env.example").read_text(encoding="utf-8")
    (folder / ".env").write_text(example.replace("DB_PASSWORD=''", "DB_PASSWORD='p@ss w$rd#1'"), encoding="utf-8")
    done = read(compose, folder)
    assert done.returncode == 0, done.stderr
    services: dict[str, Any] = json.loads(done.stdout)["services"]
    assert sorted(services) == ["database", "hub", "worker"]
    for service in services.values():
        # A dollar is written twice where it is to stay one.
        assert "p@ss w$$rd#1" in service["environment"].values()
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "mem_limit" in service
    for name in ("hub", "worker"):
        service = services[name]
        assert service["environment"]["HUB_DATABASE_URL"] == "postgresql://hub@database/hub"
        assert service["environment"]["HUB_COMPANY__NAME"] == "My company"
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert [(each["source"], each["target"]) for each in service["volumes"]] == [("uploads", "/data")]
        assert service["depends_on"]["database"]["condition"] == "service_healthy"
    assert [port["host_ip"] for port in services["hub"]["ports"]] == ["127.0.0.1"]


@pytest.mark.parametrize("given", [None, "HUB_LOG_FORMAT=json\n"], ids=["no file", "no password"])
def test_nothing_starts_without_a_password(compose: list[str], folder: Path, given: str | None) -> None:
    if given:
        (folder / ".env").write_text(given, encoding="utf-8")
    done = read(compose, folder)
    assert done.returncode != 0
    assert "copy docker/env.example to docker/.env" in done.stderr
