"""What builds and runs containers on this machine: a Docker engine, or Podman without a service."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

PATIENCE = 60
"""Seconds within which a hub has started, also on a busy machine."""

CLOSED = ("--read-only", "--tmpfs=/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
          "--memory", "1g", "--pids-limit", "200")  # fmt: skip
"""How compose.yaml runs it."""

NEEDED = "python3,python3-venv,ca-certificates"
"""Packages of a base made from Debian."""


@dataclass(frozen=True)
class Engine:
    """A command that speaks as `docker` does, with what it needs to be told on this machine."""

    command: tuple[str, ...]
    building: tuple[str, ...] = ()
    running: tuple[str, ...] = ()

    def __call__(self, *arguments: str, timeout: float = 60) -> str:
        """What it prints. Raises ``AssertionError`` with what it complains of."""
        done = subprocess.run([*self.command, *arguments], capture_output=True, text=True, timeout=timeout)
        assert done.returncode == 0, f"{arguments}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout.strip()

    def built(self, tag: str, tree: Path, base: str, *options: str) -> str:
        """Build the hub's image from a tree; its tag."""
        chosen = ("--build-arg", f"BASE={base}", "-f", str(tree / "docker" / "Dockerfile"), "-t", tag)
        self("build", *self.building, *options, *chosen, str(tree), timeout=1200)
        return tag

    @contextmanager
    def container(self, image: str, *options: str, command: tuple[str, ...] = ("serve",)) -> Iterator[Container]:
        """A container that runs for as long as the block."""
        options = ("--detach", "--publish", "127.0.0.1::8000", *self.running, *CLOSED, *options)
        container = Container(self, self("run", *options, image, *command).splitlines()[-1])
        try:
            yield container
        finally:
            self("rm", "--force", "--volumes", container.id)


@dataclass(frozen=True)
class Container:
    """One that was started."""

    engine: Engine
    id: str

    def run(self, *command: str) -> str:
        """What a command within it prints."""
        return self.engine("exec", self.id, *command)

    def inspected(self, template: str) -> str:
        return self.engine("inspect", "--format", template, self.id)

    def log(self) -> str:
        done = subprocess.run([*self.engine.command, "logs", self.id], capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    def url(self) -> str:
        """Where it is served, once it says that it is ready."""
        url = "http://" + self.engine("port", self.id, "8000/tcp").splitlines()[0]
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                    return url
            time.sleep(0.1)
        raise AssertionError(self.log())

    def stopped(self) -> tuple[float, int]:
        """Stop it by SIGTERM: after how many seconds it had ended, and its exit code (137: it had to be killed)."""
        started = time.monotonic()
        self.engine("stop", "--time", "20", self.id)
        return time.monotonic() - started, int(self.inspected("{{.State.ExitCode}}"))


@contextmanager
def found() -> Iterator[Engine]:
    """The engine of this machine, one with nothing in it where that can be had. Skips the test where there is none."""
    if shutil.which("docker") and not subprocess.run(["docker", "info"], capture_output=True, timeout=60).returncode:
        yield Engine(("docker",))
        return
    if shutil.which("podman") is None or os.getuid() != 0:
        pytest.skip("containers: neither a Docker engine nor Podman as root on this machine")
    # Not below pytest's own folders: Podman wants the path of its state to be short.
    with tempfile.TemporaryDirectory(prefix="hub-box-", ignore_cleanup_errors=True) as folder:
        yield from podman(Path(folder))


def podman(folder: Path) -> Iterator[Engine]:
    """Podman with all that it keeps below a folder, and no other limits than this process has itself."""
    runtime = ("--runtime", "runc") if shutil.which("runc") else ()
    kept = ("--root", str(folder / "store"), "--runroot", str(folder / "run"))
    limits = [f"{name}={min(1024, resource.getrlimit(limit)[1])}"
              for name, limit in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC))]  # fmt: skip
    certificates = os.environ.get("SSL_CERT_FILE")
    trusted = ("-v", f"{certificates}:/etc/ssl/certs/ca-certificates.crt:ro") if certificates else ()
    engine = Engine(
        ("podman", "--cgroup-manager", "cgroupfs", *runtime, *kept),
        (
            "--isolation",
            "chroot",
            "--network",
            "host",
            "--format",
            "docker",
            "--layers=false",
            "--timestamp",
            "0",
            *trusted,
        ),
        tuple(f"--ulimit={limit}" for limit in limits),
    )
    try:
        yield engine
    finally:
        engine("rm", "--all", "--force")
        engine("rmi", "--all", "--force")


def base(engine: Engine) -> str:
    """An image with Python to build on: HUB_TEST_BASE, or this machine's own Debian made small. Skips without."""
    if named := os.environ.get("HUB_TEST_BASE"):
        return named
    if shutil.which("debootstrap") is None or os.getuid() != 0:
        pytest.skip("containers: HUB_TEST_BASE names no image with Python, and debootstrap cannot make one here")
    site = ("apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)", "Created-By: Packages", "Label: Debian")
    release, address = subprocess.run(site, capture_output=True, text=True, check=True).stdout.split()[:2]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "journey-hub-tests"
    archive = cache / f"base-{release}.tar"
    if not archive.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as begun:
            root = Path(begun) / "root"
            made = ("debootstrap", "--variant=minbase", f"--include={NEEDED}", release, str(root), address)
            try:
                subprocess.run(made, check=True, capture_output=True, timeout=900)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
                pytest.skip("containers: debootstrap could not make a base; are Debian's packages reachable?")
            packed = ("tar", "-C", str(root), "--exclude=./var/cache/apt", "--exclude=./var/lib/apt/lists", "-cf")
            subprocess.run([*packed, f"{begun}/base.tar", "."], check=True)
            Path(begun, "base.tar").rename(archive)
    engine("import", str(archive), f"journey-hub-base:{release}")
    return f"journey-hub-base:{release}"
