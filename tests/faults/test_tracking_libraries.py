"""Libraries of Segment and RudderStack as they are, pointed at a served hub: what they tell is there exactly once,
although the hub refuses at first, is killed and started again, and some of its answers are lost."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from hub.ingest.hub import Hub
from hub.registry import load_registry
from hub.sealing import new_key
from tests.faults.rough_road import Road, rough_road
from tests.faults.serving import PATIENCE, ServedHub, environment, held, until_processed

KEY = "a-write-key-of-this-source"
PEOPLE = 20

PYTHON = """
import sys, time
from {package}.client import Client
key, url, calls = sys.argv[1], sys.argv[2], int(sys.argv[3])
faults = []
client = Client(key, {host}=url, upload_size=10, upload_interval=0.05, gzip=True, max_retries=20,
                on_error=lambda error, batch: faults.append((error, len(batch))))
for person in range({people}):
    client.identify(f"u{{person}}", traits={{"name": "নাসরিন 😀", "email": f"u{{person}}@x.example"}})
for number in range(calls):
    client.track(f"u{{number % {people}}}", "Report Shared", {{"number": number}})
    time.sleep(0.005)
client.flush()
client.join()
sys.exit(str(faults) if faults else 0)
"""
NODE = """
const { Analytics } = require("@segment/analytics-node")
const [key, url, calls] = process.argv.slice(2)
const often = { flushAt: 10, flushInterval: 50, maxRetries: 20 }
const path = `${new URL(url).pathname}/v1/batch`
const analytics = new Analytics({ writeKey: key, host: new URL(url).origin, path, ...often })
const faults = []
analytics.on("error", (error) => faults.push(error))
const pause = (ms) => new Promise((done) => setTimeout(done, ms))
async function main() {
  for (let person = 0; person < PEOPLE; person++)
    analytics.identify({ userId: `u${person}`, traits: { name: "নাসরিন 😀", email: `u${person}@x.example` } })
  for (let number = 0; number < Number(calls); number++) {
    analytics.track({ userId: `u${number % PEOPLE}`, event: "Report Shared", properties: { number } })
    await pause(5)
  }
  await analytics.closeAndFlush({ timeout: 60000 })
  if (faults.length) { console.error(faults); process.exit(1) }
}
main()
"""


def founded(address: str, sealing: str) -> str:
    """Make the hub, with a source of messages; its id."""

    async def made() -> str:
        async with await Hub.open(address, load_registry(), secret_key=sealing) as hub:
            return str((await hub.create_source("App", "generic.segment", {"write_keys": [KEY]})).ids[0])

    return asyncio.run(made())


def told_over_a_rough_road(hub: ServedHub, source: str, command: list[str], calls: int) -> Road:
    """Run a library; the hub is killed in the middle, and started again."""
    with rough_road(hub.url) as road:
        arguments = [*command, KEY, f"{road.url}/in/{source}", str(calls)]
        library = subprocess.Popen(arguments, env=environment(hub.address), stderr=subprocess.PIPE)
        try:
            patience = time.monotonic() + PATIENCE
            while road.seen["200"] < 3 and time.monotonic() < patience:
                time.sleep(0.02)
            hub.kill()
            time.sleep(0.3)
            hub.start()
            _, said = library.communicate(timeout=PATIENCE * 2)
            assert library.returncode == 0, said.decode()
        finally:
            library.kill()
            library.wait()
    return road


def exactly_once(address: str, calls: int) -> None:
    """Every call is one record and one touchpoint of its person."""
    until_processed(address)
    keys = Counter(key for (key,) in held(address, "SELECT key FROM record WHERE stream = 'v1'"))
    assert len(keys) == calls + PEOPLE
    assert set(keys.values()) == {1}
    kinds = Counter(kind for (kind,) in held(address, "SELECT kind FROM touchpoint"))
    assert kinds == {"generic.tracked": calls, "profile": PEOPLE}
    assert held(address, "SELECT count(*) FROM customer WHERE touchpoints > 0") == [(PEOPLE,)]


def python(package: str, host: str) -> list[str]:
    return [sys.executable, "-c", PYTHON.format(package=package, host=host, people=PEOPLE)]


def check(serving: Callable[..., ServedHub], address: str, command: list[str], calls: int) -> Road:
    sealing = new_key()
    source = founded(address, sealing)
    hub = serving(address, "env", f"HUB_SECRET_KEY={sealing}")
    hub.start()
    road = told_over_a_rough_road(hub, source, command, calls)
    exactly_once(hub.address, calls)
    assert road.seen["refused"] == 2
    assert road.seen["lost"] > 0
    return road


def test_segments_library_for_python_tells_everything_exactly_once(
    hub_address: str, serving: Callable[..., ServedHub], record_property: Callable[[str, object], None]
) -> None:
    if find_spec("segment") is None:
        pytest.skip("Segment's library for Python: pip install segment-analytics-python")
    road = check(serving, hub_address, python("segment.analytics", "host"), 100)
    record_property("requests", dict(road.seen))


def installed(command: list[str], folder: Path, what: str) -> None:
    """Install other people's software, or skip the test where there is none to be had."""
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"{what}: it cannot be installed here")


@pytest.mark.long
def test_rudderstacks_library_for_python_tells_everything_exactly_once(
    tmp_path: Path, serving: Callable[..., ServedHub], monkeypatch: pytest.MonkeyPatch
) -> None:
    what = "RudderStack's library for Python"
    target = [sys.executable, "-m", "pip", "install", "-q", "--target", "rudder", "rudder-sdk-python"]
    installed(target, tmp_path, what)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "rudder"))
    check(serving, str(tmp_path / "hub"), python("rudderstack.analytics", "host"), 200)


@pytest.mark.long
def test_segments_library_for_node_tells_everything_exactly_once(
    tmp_path: Path, serving: Callable[..., ServedHub]
) -> None:
    what = "Segment's library for Node"
    if shutil.which("npm") is None:
        pytest.skip(f"{what}: there is no npm")
    installed(["npm", "install", "--silent", "--no-audit", "@segment/analytics-node"], tmp_path, what)
    script = tmp_path / "tell.cjs"
    script.write_text(f"const PEOPLE = {PEOPLE}\n{NODE}")
    check(serving, str(tmp_path / "hub"), ["node", str(script)], 200)
