"""Sources are changed while the hub runs, also by another process; their secrets are stored sealed."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import Field

from hub import sdk
from hub.desk import Desk
from hub.errors import ConfigWrong, InputWrong, NotFound, RetryLater
from hub.ingest.configuration import SourceChange
from hub.ingest.credentials import lend
from hub.ingest.hub import Hub
from hub.ingest.sources import Source
from hub.registry import Registry
from hub.sealing import new_key
from hub.work.worker import working

PASSWORD = "correct-horse-Battäry-🔋"
HOOKS = ["whsec_one_1111", "whsec_two_2222"]


class Hook(sdk.Settings):
    """One of several doors."""

    url: str
    secret: sdk.Secret


class VaultSettings(sdk.Settings):
    """Secrets wherever settings may have some."""

    host: str
    password: sdk.Secret
    rotated: list[sdk.Secret] = Field(default_factory=list)
    hooks: list[Hook] = Field(default_factory=list)
    by_name: dict[str, sdk.Secret] = Field(default_factory=dict)
    note: str = ""
    fault: str | None = None


class Silent(sdk.PullStream):
    """Nothing comes; and nobody comes in whose password has expired."""

    name = "nothing"

    def __init__(self, password: str) -> None:
        self._password = password

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        if self._password == "expired-password":
            raise sdk.SignInAgain(f"The password {self._password} has expired.")
        yield sdk.Page([])

    def touchpoints(self, row: sdk.Row) -> Iterable[sdk.Mapped]:
        return ()


class Vault(sdk.Connector):
    """The connector of these tests."""

    name = "test.vault"
    title = "Has secrets"
    Settings = VaultSettings
    destinations: ClassVar[tuple[str, ...] | None] = ("host", "hooks")
    settings: VaultSettings

    def __init__(self, settings: VaultSettings, outside: sdk.Outside | None = None) -> None:
        super().__init__(settings, outside)
        password = settings.password.get_secret_value()
        if password.startswith("crash"):
            raise RuntimeError(f"{password} is too short")
        if password.startswith("wrong"):
            raise sdk.ConfigWrong(f"{password} is no password.")

    def streams(self) -> Sequence[sdk.Stream]:
        return [Silent(self.settings.password.get_secret_value())]

    def check(self) -> Iterator[str]:
        CHECKED.append((self.settings.host, self.settings.password.get_secret_value()))
        if self.settings.fault == "crash":
            raise RuntimeError(f"no such login: {self.settings.password.get_secret_value()}")
        if self.settings.fault:
            yield f"{self.settings.fault}: {self.settings.password.get_secret_value()}"


class Quiet(Vault):
    """As the vault, but its author did not say where secrets go."""

    name = "test.quiet"
    destinations = None


class OpenSettings(sdk.Settings):
    """No secret at all."""

    host: str
    note: str = ""


class Open(sdk.Connector):
    """Gets its secrets from the server that it asks."""

    name = "test.open"
    title = "Has no secrets yet"
    Settings = OpenSettings
    destinations = ("host",)

    def streams(self) -> Sequence[sdk.Stream]:
        return [Silent("")]


CHECKED: list[tuple[str, str]] = []
"""The hosts and passwords that a connector could have used."""
REGISTRY = Registry({"hub.desk": Desk, "test.vault": Vault, "test.quiet": Quiet, "test.open": Open}, {})


async def _opened(address: str, key: str | None = None) -> Hub:
    return await Hub.open(address, REGISTRY, secret_key=key)


@pytest.fixture
def key() -> str:
    return new_key()


SETTINGS = {
    "host": "mail.example",
    "password": PASSWORD,
    "rotated": HOOKS,
    "hooks": [
        {"url": "https://a.example", "secret": "hook-one"},
        {"url": "https://b.example", "secret": "hook-two"},
    ],
    "by_name": {"a/b~c": "named-secret"},
}
SECRETS = [PASSWORD, *HOOKS, "hook-one", "hook-two", "named-secret"]


def settings_of(source: Source) -> dict[str, Any]:
    """The settings that a source's connector has, with their secrets."""
    assert source.connector is not None, source.broken
    settings: VaultSettings = source.connector.settings
    return {
        "host": settings.host,
        "password": settings.password.get_secret_value(),
        "rotated": [each.get_secret_value() for each in settings.rotated],
        "hooks": [{"url": each.url, "secret": each.secret.get_secret_value()} for each in settings.hooks],
        "by_name": {name: each.get_secret_value() for name, each in settings.by_name.items()},
    }


async def rows(hub: Hub, statement: str) -> list[tuple[Any, ...]]:
    async with hub.reader.snapshot() as snapshot:
        return [tuple(each) for each in await snapshot.all(statement)]


async def vault(hub: Hub, **settings: Any) -> str:
    return (await hub.create_source("vault", "test.vault", {**SETTINGS, **settings})).ids[0]


async def change(hub: Hub, source: str, settings: dict[str, Any] | None = None, **values: Any) -> SourceChange:
    return await hub.configuration.change(source, settings, values, by="Anna")


# Sealed -------------------------------------------------------------------------------------------------------------


def test_secrets_of_settings_come_back_when_the_hub_is_opened_again(hub_address: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            source = await vault(hub)
            assert settings_of(await hub.source(source)) == SETTINGS
        async with await _opened(hub_address, key) as hub:
            assert settings_of(await hub.source(source)) == SETTINGS
            [(stored,)] = await rows(hub, "SELECT settings FROM source WHERE connector = 'test.vault'")
            assert not [secret for secret in SECRETS if secret in stored]
            names = [name for (name,) in await rows(hub, "SELECT name FROM credential ORDER BY name")]
            assert names == [
                "/by_name/a~1b~0c", "/hooks/0/secret", "/hooks/1/secret", "/password", "/rotated/0", "/rotated/1",
            ]  # fmt: skip

    asyncio.run(run())


def test_without_a_key_a_folder_gets_one_that_only_its_owner_reads(tmp_path: Path) -> None:
    async def run() -> None:
        async with await _opened(str(tmp_path)) as hub:
            assert not (tmp_path / "secret.key").exists()
            source = await vault(hub)
        assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
        assert len([path for path in tmp_path.iterdir() if path.name.startswith("secret")]) == 1  # noqa: ASYNC240
        async with await _opened(str(tmp_path)) as hub:
            assert settings_of(await hub.source(source)) == SETTINGS

    asyncio.run(run())


def test_a_hub_without_its_key_file_opens_and_has_its_secret_again_with_it(tmp_path: Path) -> None:
    file, away = tmp_path / "secret.key", tmp_path / "kept-elsewhere"

    async def run() -> None:
        async with await _opened(str(tmp_path)) as hub:
            source, secret = await vault(hub), hub.secret
        async with await _opened(str(tmp_path)) as hub:
            assert hub.secret == secret
            [(kept,)] = await rows(hub, "SELECT value FROM setting WHERE name = 'secret'")
            assert json.loads(kept)["sealed"].startswith("1.")
        file.rename(away)
        async with await _opened(str(tmp_path)) as hub:
            assert hub.secret != secret
            assert (await hub.source(source)).connector is None
            assert (await hub.source("src_desk")).connector is not None
        away.rename(file)
        async with await _opened(str(tmp_path)) as hub:
            assert hub.secret == secret
            assert settings_of(await hub.source(source)) == SETTINGS

    asyncio.run(run())


def test_postgresql_without_a_key_refuses_secrets_in_one_sentence(pg_url: str) -> None:
    async def run() -> None:
        async with await _opened(pg_url) as hub:
            with pytest.raises(ConfigWrong, match="this hub has no key for it") as refused:
                await vault(hub)
            assert "hub secret new-key" in (refused.value.hint or "")
            assert await rows(hub, "SELECT id FROM source WHERE connector = 'test.vault'") == []

    asyncio.run(run())


def test_a_lost_key_breaks_the_source_and_new_secrets_mend_it(hub_address: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            source = await vault(hub)
        async with await _opened(hub_address, new_key()) as hub:
            held = await hub.source(source)
            assert held.connector is None
            assert "sealed with another key" in (held.broken or "")
            assert await hub.configuration.check(source, None, None) == [held.broken]
            await change(
                hub, source, {"host": "other.example"} | {name: SETTINGS[name] for name in SETTINGS if name != "host"}
            )
            assert settings_of(await hub.source(source)) == SETTINGS | {"host": "other.example"}

    asyncio.run(run())


def test_a_key_is_changed_by_putting_another_before_it(hub_address: str, key: str) -> None:
    other = new_key()

    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            source, secret = await vault(hub), hub.secret
        async with await _opened(hub_address, f"{other},{key}") as hub:
            assert settings_of(await hub.source(source)) == SETTINGS
        async with await _opened(hub_address, other) as hub:
            assert settings_of(await hub.source(source)) == SETTINGS
            assert hub.secret == secret

    asyncio.run(run())


def test_a_secret_moved_to_another_source_opens_nowhere(hub_address: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            await vault(hub)
            other = (await hub.create_source("other", "test.vault", {"host": "x", "password": "another"})).ids[0]
            await hub.threads.write(
                lambda session: session.run(
                    "UPDATE credential SET sealed = (SELECT c.sealed FROM credential c JOIN source s"
                    " ON s.num = c.source WHERE s.name = 'vault' AND c.name = '/password')"
                    " WHERE source = (SELECT num FROM source WHERE name = 'other')"
                )
            )
        async with await _opened(hub_address, key) as hub:
            assert (await hub.source(other)).broken == "One of its secrets is damaged, or not where it was stored."

    asyncio.run(run())


def test_secrets_that_were_stored_openly_are_sealed_when_the_hub_is_opened(hub_address: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            source = await vault(hub)

            def openly(session: Any) -> None:
                session.run("DELETE FROM credential")
                session.run("UPDATE source SET settings = $1 WHERE id = $2", json.dumps(SETTINGS), source)

            await hub.threads.write(openly)
        async with await _opened(hub_address, key) as hub:
            assert settings_of(await hub.source(source)) == SETTINGS
            [(stored,)] = await rows(hub, "SELECT settings FROM source WHERE connector = 'test.vault'")
            assert not [secret for secret in SECRETS if secret in stored]

    asyncio.run(run())
    if not hub_address.startswith("postgresql"):
        held = b"".join(path.read_bytes() for path in Path(hub_address).glob("*.db*"))
        assert [secret for secret in SECRETS if secret.encode() in held or json.dumps(secret).encode() in held] == []


# Changed ------------------------------------------------------------------------------------------------------------


def test_a_secret_that_is_not_given_stays(hub_address: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            source = await vault(hub)
            done = await change(hub, source, {"note": "ours"}, every=900)
            assert done.fields == ["every", "settings.note"]
            held = await hub.source(source)
            assert settings_of(held) == SETTINGS
            assert held.every == 900
            assert (await change(hub, source, {"note": "ours"}, every=900)).fields == []
            shown = {"password": "********", "rotated": ["whsec_new_3333", "********"], "by_name": {"a/b~c": None}}
            assert (await change(hub, source, shown)).fields == ["settings.by_name", "settings.rotated"]
            after = settings_of(await hub.source(source))
            assert after["rotated"] == ["whsec_new_3333", HOOKS[0]]
            assert after["password"] == PASSWORD
            assert after["by_name"] == {}
            with pytest.raises(ConfigWrong, match="stands for a secret that is stored"):
                await change(hub, source, {"hooks": [{"url": "https://c.example", "secret": "********"}]})

    asyncio.run(run())


def test_a_secret_goes_to_another_destination_only_when_it_is_given_again(hub_address: str, key: str) -> None:
    everything = {name: value for name, value in SETTINGS.items() if name != "host"}

    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            source = await vault(hub)
            refused = (
                ({"host": "evil.example"}, "password, rotated, hooks.0.secret, hooks.1.secret, by_name.a/b~c"),
                ({"host": "evil.example", "password": "********"}, "password, rotated"),
                ({"host": "evil.example", **everything, "rotated": ["new", "********"]}, "rotated"),
                ({"hooks": [{"url": "https://b.example", "secret": "********"}]}, "password, rotated, hooks.0.secret"),
            )
            for given, missing in refused:
                CHECKED.clear()
                for dry_run in (False, True):
                    with pytest.raises(ConfigWrong, match=f"give {missing}") as told:
                        await hub.configuration.change(source, given, {}, by="Anna", dry_run=dry_run)
                    assert told.value.path == f"settings.{missing.split(',')[0]}"
                assert await hub.configuration.check(source, None, given) == [told.value.message]
                assert CHECKED == []
            assert settings_of(await hub.source(source)) == SETTINGS
            await change(hub, source, {"host": "new.example", **everything})
            assert settings_of(await hub.source(source)) == SETTINGS | {"host": "new.example"}
            gone = {"password": "another", "rotated": [], "hooks": [], "by_name": {"a/b~c": None}}
            await change(hub, source, {"host": "third.example", **gone})
            assert CHECKED[-1] == ("third.example", "another")

    asyncio.run(run())


def test_what_a_connector_keeps_goes_to_no_other_destination(hub_address: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            source = (await hub.create_source("open", "test.open", {"host": "a.example"})).ids[0]
            await keep(await lent(hub, source), "session", "of a.example")
            await change(hub, source, {"note": "ours"})
            assert await kept(hub, source) == {"session": "of a.example"}
            await change(hub, source, {"host": "b.example"})
            assert await kept(hub, source) == {}

    asyncio.run(run())


def test_any_setting_may_be_a_destination_where_the_author_names_none(hub_address: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            given = {"host": "a.example", "password": PASSWORD, "rotated": HOOKS}
            source = (await hub.create_source("quiet", "test.quiet", given)).ids[0]
            with pytest.raises(ConfigWrong, match="To change note, give password, rotated again"):
                await change(hub, source, {"note": "b.example"})
            await change(hub, source, {"rotated": ["new", "********"]}, every=900)  # a secret leads nowhere
            await change(hub, source, {"note": "b.example", "password": PASSWORD, "rotated": HOOKS})
            assert (await hub.source(source)).settings == {**given, "note": "b.example"}

    asyncio.run(run())


def test_every_change_is_in_the_trail_without_what_it_says(hub_address: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            source = await vault(hub)
            await change(hub, source, {"password": "n3w-password"}, name="Safe", notify_url="https://x.example/h")
            await hub.configuration.pause(source, paused=True, by="Bela")
            await hub.configuration.pause(source, paused=True, by="Bela")
            await hub.configuration.pause(source, paused=False, by="Bela")
            trail = await rows(hub, "SELECT fields, changed_by FROM source_change ORDER BY number")
            assert [(json.loads(fields), by) for fields, by in trail] == [
                (["name", "connector", *(f"settings.{name}" for name in SETTINGS)], "hub"),
                (["name", "notifyUrl", "settings.password"], "Anna"),
                (["paused"], "Bela"),
                (["paused"], "Bela"),
            ]

    asyncio.run(run())


def test_a_change_that_cannot_be_changes_nothing(hub_address: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            source = await vault(hub)
            await hub.create_source("other", "test.vault", {"host": "x", "password": "another"})
            for settings, values, fault in (
                ({"hosst": "x"}, {}, "there is no such setting"),
                ({"password": None}, {}, "Field required"),
                ({"password": "crash-me"}, {}, "failed on these settings; the log has the reason"),
                ({"password": "wrong-one"}, {}, r"^\*{8} is no password\.$"),
                ({"fault": "Wrong"}, {}, r"^Wrong: \*{8}$"),
                ({"fault": "crash"}, {}, "check failed; the log has the reason"),
                (None, {"name": "other"}, "already"),
                (None, {"name": " "}, "needs a name"),
                (None, {"notify_url": "ftp://x"}, "notifyUrl is an address"),
                (None, {"notify_url": "https://u:p@x.example"}, "no password in it"),
                (None, {"deletion_share": 1.5}, "from 0 to 1"),
                (None, {"every": -1}, "every is a duration"),
            ):
                with pytest.raises(InputWrong, match=fault):
                    await change(hub, source, settings, **values)
            with pytest.raises(NotFound):
                await change(hub, "src_none", {"host": "x"})
            with pytest.raises(InputWrong, match="The desk"):
                await change(hub, "src_desk", {})
            assert settings_of(await hub.source(source)) == SETTINGS
            assert len(await rows(hub, "SELECT number FROM source_change")) == 2

    asyncio.run(run())


def test_another_process_sees_a_change_within_two_seconds(pg_url: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(pg_url, key) as hub, await _opened(pg_url, key) as other:
            source = await vault(hub)
            assert settings_of(await other.source(source)) == SETTINGS
            await change(hub, source, {"password": "n3w-password"})
            for _ in range(400):
                if settings_of(await other.source(source))["password"] == "n3w-password":
                    return
                await asyncio.sleep(0.05)
            raise AssertionError("the other process has the old password")

    asyncio.run(run())


def test_new_secrets_are_tried_where_the_source_waited_for_its_owner(hub_address: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            source = await vault(hub, password="expired-password")
            await change(hub, source, every=3600)
            await hub.pulls.claim(4)
            await hub.pulled(source)
            states = "SELECT state, error FROM run ORDER BY num"
            assert await rows(hub, states) == [("FAILED", "The password ******** has expired.")]
            assert await hub.pulls.claim(4) is None
            await change(hub, source, {"password": "n3w-password"})
            await hub.pulls.claim(4)
            await hub.pulled(source)
            assert [state for state, _ in await rows(hub, states)] == ["FAILED", "OK"]

    asyncio.run(run())


def test_a_worker_of_the_same_process_hears_of_a_change_at_once(hub_address: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(hub_address, key) as hub, working(hub):
            source = await vault(hub)
            began = asyncio.get_running_loop().time()
            await change(hub, source, every=3600)
            while not await rows(hub, "SELECT num FROM run WHERE state = 'OK'"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            assert asyncio.get_running_loop().time() - began < 4  # it looks by itself every 5 s

    asyncio.run(run())


def test_a_paused_source_is_pulled_by_who_asks_only(hub_address: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            source = await vault(hub)
            await change(hub, source, every=3600)
            await hub.configuration.pause(source, paused=True, by="Anna")
            await hub.pulls.claim(4)
            assert await rows(hub, "SELECT num FROM run") == []
            await hub.sync(source)
            await hub.pulled(source)
            assert await rows(hub, "SELECT state FROM run") == [("OK",)]

    asyncio.run(run())


def test_changes_that_meet_are_all_made(pg_url: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(pg_url, key) as hub, await _opened(pg_url, key) as other:
            source = await vault(hub)
            await other.source(source)
            for number in range(10):
                await asyncio.gather(
                    change(hub, source, {"note": f"n{number}"}),
                    change(other, source, {"by_name": {"n": f"secret-{number}"}}),
                    change(other, source, every=number + 1),
                )
            async with await _opened(pg_url, key) as third:
                held = await third.source(source)
            assert (held.settings["note"], settings_of(held)["by_name"]["n"], held.every) == ("n9", "secret-9", 10)

    asyncio.run(run())


# Kept ---------------------------------------------------------------------------------------------------------------


def test_what_a_connector_keeps_is_there_at_the_next_pull_and_goes_with_new_secrets(hub_address: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            source = await vault(hub)
            await keep(await lent(hub, source), "refresh_token", "rotated-1")
            await keep(await lent(hub, source), "refresh_token", "rotated-2")
        async with await _opened(hub_address, key) as hub:
            assert await kept(hub, source) == {"refresh_token": "rotated-2"}
            await hub.configuration.pause(source, paused=True, by="Anna")
            await change(hub, source, {"note": "ours"})
            assert await kept(hub, source) == {"refresh_token": "rotated-2"}
            await change(hub, source, {"password": PASSWORD})  # given once more: they were mended over there
            assert await kept(hub, source) == {}

    asyncio.run(run())


def test_an_older_credential_never_takes_the_place_of_a_newer_one(hub_address: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            source = await vault(hub)
            slow, fast = await lent(hub, source), await lent(hub, source)
            await keep(fast, "refresh_token", "rotated-1")
            with pytest.raises(RetryLater, match="newer credentials"):
                await keep(slow, "refresh_token", "rotated-too-late")
            slow = await lent(hub, source)
            await keep(fast, "refresh_token", "rotated-2")
            with pytest.raises(RetryLater, match="newer credentials"):
                await keep(slow, "refresh_token", "rotated-too-late")
            assert await kept(hub, source) == {"refresh_token": "rotated-2"}
            before = await lent(hub, source)
            await change(hub, source, {"password": "n3w-password"})
            for each in (before, fast):
                with pytest.raises(RetryLater, match="newer credentials"):
                    await keep(each, "refresh_token", "of-the-old-password")
            assert await kept(hub, source) == {}

    asyncio.run(run())


def test_a_kept_credential_that_cannot_be_opened_fails_the_pull_in_one_sentence(hub_address: str, key: str) -> None:
    async def run() -> None:
        async with await _opened(hub_address, key) as hub:
            source = await vault(hub)
            await keep(await lent(hub, source), "refresh_token", "rotated-1")
            await hub.threads.write(
                lambda session: session.run("UPDATE credential SET sealed = $1 WHERE name = 'refresh_token'", "1.0.x")
            )
            await hub.sync(source)
            await hub.pulled(source)
            [(state, error)] = await rows(hub, "SELECT state, error FROM run")
            assert (state, error[:38]) == ("FAILED", "Its secrets were sealed with another k")

    asyncio.run(run())


async def lent(hub: Hub, source: str) -> Source:
    """The source as a pull has it."""
    return await lend(hub._sources, await hub.source(source), hub.threads.store, lambda: 1)


async def keep(source: Source, name: str, value: str) -> None:
    assert source.connector is not None
    await source.connector.outside.keep(name, value)
    assert source.connector.outside.credentials is not None
    assert source.connector.outside.credentials[name] == value
    assert source.discreet(f"failed with {value}") == "failed with ********"


async def kept(hub: Hub, source: str) -> dict[str, str]:
    connector = (await lent(hub, source)).connector
    assert connector is not None
    return dict(connector.outside.credentials or {})
