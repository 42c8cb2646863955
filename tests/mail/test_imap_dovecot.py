"""``email.imap`` against Dovecot: CONDSTORE, OAuth, TLS, folders in any script, and a server that is killed."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from pathlib import Path

import pytest

from connectors.email import places
from hub import sdk
from tests.mail.reading import OURS, account, ids, in_a_file, mail, meant, outside, pull, rows, stream
from tests.mail.servers import Dovecot
from tests.mail.tokens import TokenServer


def numbers(of: range) -> list[str]:
    return [f"{number}@x" for number in of]


async def _patient(_: float) -> None:
    """No time to lose."""
    await asyncio.sleep(0.01)


# What it leaves behind -----------------------------------------------------------------------------------------------


def test_nothing_is_marked_as_seen_and_nothing_changes(dovecot: Dovecot, user: str) -> None:
    large = mail(9) + b"line\r\n" * 300_000
    dovecot.deliver(user, [mail(n) for n in range(3)] + [large])

    def standing() -> tuple[object, ...]:
        with dovecot.client(user) as client:
            status = client.folder_status("INBOX", ["MESSAGES", "UNSEEN", "RECENT", "UIDNEXT", "HIGHESTMODSEQ"])
            client.select_folder("INBOX", readonly=True)
            flags = {uid: said[b"FLAGS"] for uid, said in client.fetch(client.search(), ["FLAGS"]).items()}
            return status, flags

    before = standing()
    assert len(rows(pull(account(dovecot.port, user, max_message_bytes=100_000)))) == 4
    assert standing() == before
    assert {b"\\Seen"} & {flag for flags in standing()[1].values() for flag in flags} == set()  # type: ignore[attr-defined]


# Where it resumes ----------------------------------------------------------------------------------------------------


def test_a_folder_that_did_not_change_is_not_opened(dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, [mail(1), mail(2)])
    cursor = pull(account(dovecot.port, user))[-1].cursor
    assert cursor is not None
    read = cursor["folders"]["INBOX"]
    assert (read["last_uid"], read["refused"]) == (2, [])
    assert read["highestmodseq"] > 0
    opened = (dovecot.folder / "log").read_text().count("Login: user=<" + user)
    assert ids(pull(account(dovecot.port, user), cursor)) == []
    assert (dovecot.folder / "log").read_text().count("Login: user=<" + user) == opened + 1


def test_flags_and_deleted_mails_are_no_news(dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, [mail(n) for n in range(3)])
    cursor = pull(account(dovecot.port, user))[-1].cursor
    with dovecot.client(user) as client:
        client.select_folder("INBOX")
        client.add_flags([1], ["\\Seen", "\\Flagged"])
        client.delete_messages([2])
        client.expunge()
    pages = pull(account(dovecot.port, user), cursor)
    assert (ids(pages), pages[-1].expected) == ([], 0)
    dovecot.deliver(user, [mail(7)])
    assert ids(pull(account(dovecot.port, user), pages[-1].cursor)) == ["7@x"]


def test_new_uids_for_the_same_mails_give_the_same_rows(dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, [mail(n) for n in range(4)])
    before = pull(account(dovecot.port, user))
    time.sleep(1.1)  # the new UIDVALIDITY is the second in which it is made
    for file in (dovecot.folder / "mail" / user).glob("dovecot*"):
        file.unlink()  # the server forgets which UIDs it gave
    again = pull(account(dovecot.port, user), before[-1].cursor)
    assert [row.key for row in rows(again)] == [row.key for row in rows(before)]
    uidvalidity = [pages[-1].cursor["folders"]["INBOX"]["uidvalidity"] for pages in (before, again)]  # type: ignore[index]
    assert uidvalidity[0] != uidvalidity[1]


def test_resumed_at_every_page_no_mail_is_missed_and_none_comes_twice(dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, [mail(n) for n in range(450)])
    dovecot.deliver(user, [mail(n) for n in range(450, 700)], "Sent")
    imap = account(dovecot.port, user)
    whole = pull(imap)
    assert [len(page.rows) for page in whole] == [200, 200, 50, 200, 50, 0]
    assert ids(whole) == numbers(range(700))
    assert {page.expected for page in whole} == {700}
    for at, page in enumerate(whole[:-1]):
        rest = pull(imap, page.cursor)
        assert ids(whole[: at + 1]) + ids(rest) == numbers(range(700))
        assert {one.expected for one in rest} == {700}


def test_a_server_killed_in_the_middle_is_asked_again_where_it_was(dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, [mail(n) for n in range(900)])
    slept: list[float] = []

    async def patient(seconds: float) -> None:
        slept.append(seconds)
        if dovecot.process is None:
            await asyncio.to_thread(dovecot.start)

    async def everything() -> list[sdk.Page]:
        found = []
        async for page in stream(account(dovecot.port, user, outside(sleep=patient))).pages(None):
            found.append(page)
            if len(found) in (1, 3):
                await asyncio.to_thread(dovecot.kill)
        return found

    pages = asyncio.run(everything())
    assert ids(pages) == numbers(range(900))
    assert len(slept) == 2
    assert all(1 <= seconds <= 2 for seconds in slept)


def test_a_server_that_stays_away_ends_the_pull_after_six_tries(dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, [mail(1)])
    slept: list[float] = []

    async def patient(seconds: float) -> None:
        slept.append(seconds)

    dovecot.kill()
    try:
        with pytest.raises(places.Dropped, match="Connection refused"):
            pull(account(dovecot.port, user, outside(sleep=patient)))
    finally:
        dovecot.start()
    assert [2.0 ** (n + 1) / 2 <= seconds <= 2.0 ** (n + 1) for n, seconds in enumerate(slept)] == [True] * 5


async def _kill_now_and_then(dovecot: Dovecot, times: int) -> None:
    chance = random.Random(7)
    while times:
        await asyncio.sleep(chance.uniform(0.02, 0.4))
        if dovecot.process is not None:
            await asyncio.to_thread(dovecot.kill)
            times -= 1


@pytest.mark.long
def test_killed_at_random_fifty_times_every_mail_comes_once(dovecot: Dovecot, user: str) -> None:
    dovecot.store(user, [mail(n) + b"x" * 20_000 for n in range(4000)])
    pages: list[sdk.Page] = [sdk.Page(())]

    async def patient(_: float) -> None:
        if dovecot.process is None:
            await asyncio.to_thread(dovecot.start)

    async def everything() -> None:
        killer = asyncio.create_task(_kill_now_and_then(dovecot, 50))
        while not killer.done() or len(ids(pages)) < 4000:
            with contextlib.suppress(places.Dropped):
                async for page in stream(account(dovecot.port, user, outside(sleep=patient))).pages(pages[-1].cursor):
                    pages.append(page)  # noqa: PERF401 (each page counts, also those before a failure)
            await patient(0)

    asyncio.run(everything())
    assert sorted(ids(pages)) == sorted(numbers(range(4000)))


# Which folders -------------------------------------------------------------------------------------------------------


def test_folders_in_any_script_are_read_by_their_names(dovecot: Dovecot, user: str) -> None:
    folders = ["গ্রাহক/অর্ডার", "گاہک", "Kunden & Käufer", "🌸"]
    for number, folder in enumerate(folders):
        dovecot.deliver(user, [mail(number, "প্রশ্ন: দাম কত?" if number % 2 else "سوال")], folder)
    for number, folder in enumerate(folders):
        pages = pull(account(dovecot.port, user, folders=[folder]))
        assert ids(pages) == [f"{number}@x"]
        assert rows(pages)[0].payload == mail(number, "প্রশ্ন: দাম কত?" if number % 2 else "سوال")
    assert ids(pull(account(dovecot.port, user, folders=["গ্রাহক*", "گاہک"]))) == ["0@x", "1@x"]


def test_junk_trash_and_drafts_are_left_out_unless_they_are_named(dovecot: Dovecot, user: str) -> None:
    for number, folder in enumerate(["INBOX", "Sent", "Trash", "Drafts", "Spam", "Archive"]):
        dovecot.deliver(user, [mail(number)], folder)
    assert ids(pull(account(dovecot.port, user))) == ["0@x", "1@x"]
    assert sorted(ids(pull(account(dovecot.port, user, folders=["*"])))) == ["0@x", "1@x", "5@x"]
    assert ids(pull(account(dovecot.port, user, folders=["\\Trash"]))) == ["2@x"]
    [fault] = account(dovecot.port, user, folders=["Archiv"]).check()
    assert fault.startswith("there is no folder 'Archiv' (There are: ")


def test_only_mails_that_arrived_since_a_day_come(dovecot: Dovecot, user: str) -> None:
    from datetime import UTC, datetime

    dovecot.deliver(user, [mail(1)], at=datetime(2025, 12, 31, 12, tzinfo=UTC))
    dovecot.deliver(user, [mail(2)], at=datetime(2026, 1, 2, 12, tzinfo=UTC))
    pages = pull(account(dovecot.port, user, since="2026-01-01"))
    assert (ids(pages), pages[-1].expected) == (["2@x"], 1)
    dovecot.deliver(user, [mail(3)], at=datetime(2026, 1, 3, 12, tzinfo=UTC))
    assert ids(pull(account(dovecot.port, user, since="2026-01-01"), pages[-1].cursor)) == ["3@x"]


def test_a_draft_is_no_mail(dovecot: Dovecot, user: str) -> None:
    with dovecot.client(user) as client:
        client.append("INBOX", mail(1), flags=("\\Draft",))
        client.append("INBOX", mail(2))
    pages = pull(account(dovecot.port, user))
    assert (ids(pages), pages[-1].expected) == (["2@x"], 1)


# What a mail is ------------------------------------------------------------------------------------------------------


def test_a_mail_without_a_date_stands_where_the_server_got_it(dovecot: Dovecot, user: str) -> None:
    from datetime import UTC, datetime

    dovecot.deliver(user, [mail(1, Date="")], at=datetime(2026, 1, 2, 12, tzinfo=UTC))
    imap = account(dovecot.port, user)
    [row] = rows(pull(imap))
    [touchpoint] = list(meant(imap, [row])[row.key])
    assert isinstance(touchpoint, sdk.Touchpoint)
    assert touchpoint.occurred_at == datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_of_a_mail_above_the_limit_the_head_is_kept_under_the_key_it_has_in_a_file(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    large = mail(1) + "দাম কত? 🌸\r\n".encode() * 150_000
    dovecot.deliver(user, [large, mail(2)])
    (tmp_path / "large.eml").write_bytes(large.replace(b"\r\n", b"\n"))
    mailbox, _ = in_a_file(tmp_path)
    limited = type(mailbox)(mailbox.settings.model_copy(update={"max_message_bytes": 1_000_000}))

    async def read() -> list[sdk.Row]:
        return [row async for page in limited.streams()[0].pages(None) for row in page.rows]  # type: ignore[attr-defined]

    imap = account(dovecot.port, user, max_message_bytes=1_000_000)
    served, _ = rows(pull(imap))
    [filed] = asyncio.run(read())
    assert (served.key, served.envelope) == (filed.key, filed.envelope)
    assert meant(imap, [served]) == meant(mailbox, [filed])


# Who may come --------------------------------------------------------------------------------------------------------


def test_tls_and_starttls_with_a_certificate_the_hub_trusts(
    dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.deliver(user, [mail(1)])

    def tried(port: int, security: str, host: str = "localhost") -> list[str]:
        return list(account(port, user, host=host, security=security).check())

    doubtful = "The certificate of localhost is not to be trusted: self-signed certificate"
    for port, security in ((dovecot.tls_port, "tls"), (dovecot.port, "starttls")):
        [fault] = tried(port, security)
        assert fault.startswith(doubtful)
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.folder / "certificate.pem"))
    for port, security in ((dovecot.tls_port, "tls"), (dovecot.port, "starttls")):
        assert tried(port, security) == []
        assert ids(pull(account(port, user, host="localhost", security=security))) == ["1@x"]
    [fault] = tried(dovecot.tls_port, "tls", host="127.0.0.1")
    assert "IP address mismatch" in fault
    [fault] = tried(dovecot.port, "tls")
    assert fault.startswith(f"localhost does not speak TLS on port {dovecot.port}")


def test_a_password_in_any_script_is_a_password(dovecot: Dovecot, user: str) -> None:
    with pytest.raises(sdk.SignInAgain, match="AUTHENTICATIONFAILED"):
        pull(account(dovecot.port, user, password="গোপন"))


class Keeping:
    """Keeps credentials, as the hub does."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def world(self) -> sdk.Outside:
        async def keep(name: str, value: str) -> None:
            self.kept[name] = value

        return outside(credentials=self.kept, keep=keep)


def test_oauth_signs_in_and_keeps_the_token_that_comes_instead_of_the_one_it_used(
    dovecot: Dovecot, tokens: TokenServer, user: str
) -> None:
    dovecot.deliver(user, [mail(1)])
    oauth_url = tokens.begin(user, "refresh-0")
    keeping = Keeping()
    given = {"client_id": "hub", "client_secret": "s", "refresh_token": "refresh-0", "oauth_url": oauth_url}
    for time_ in (1, 2, 3):
        assert ids(pull(account(dovecot.port, user, keeping.world(), **given))) == ["1@x"]
        assert (tokens.given, tokens.refresh) == (time_, f"refresh-{time_}")
    tokens.refresh = "another"
    with pytest.raises(sdk.SignInAgain):
        pull(account(dovecot.port, user, keeping.world(), **given))


@pytest.mark.long
def test_an_access_token_that_was_taken_back_is_replaced_by_another(
    dovecot: Dovecot, tokens: TokenServer, user: str
) -> None:
    dovecot.deliver(user, [mail(1)])
    oauth_url = tokens.begin(user, "refresh-0")
    given = {"client_id": "hub", "refresh_token": "refresh-0", "oauth_url": oauth_url}
    imap = account(dovecot.port, user, Keeping().world(), **given)

    async def twice() -> list[list[str]]:
        found = []
        for _ in range(2):
            found.append(ids([page async for page in stream(imap).pages(None)]))
            tokens.holding.clear()
        return found

    assert asyncio.run(twice()) == [["1@x"], ["1@x"]]
    assert tokens.given == 2


@pytest.mark.long
def test_a_token_of_somebody_else_is_refused(dovecot: Dovecot, tokens: TokenServer, user: str) -> None:
    oauth_url = tokens.begin("somebody", "refresh-0")
    given = {"client_id": "hub", "refresh_token": "refresh-0", "oauth_url": oauth_url}
    with pytest.raises(sdk.SignInAgain, match="access token"):
        pull(account(dovecot.port, user, Keeping().world(), **given))


# News ----------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_many_waits_leave_the_threads_of_the_hub_alone(dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, [mail(1)])
    cursor = pull(account(dovecot.port, user, folders=["INBOX"]))[-1].cursor

    async def wait() -> float:
        imaps = [account(dovecot.port, user, folders=["INBOX"]) for _ in range(20)]
        waits = [asyncio.create_task(stream(imap).news(cursor)) for imap in imaps]
        await asyncio.sleep(3)
        assert not any(one.done() for one in waits)
        await asyncio.wait_for(asyncio.to_thread(dovecot.deliver, user, [mail(2)]), 5)
        begun = time.monotonic()
        await asyncio.wait_for(asyncio.gather(*waits), 10)
        return time.monotonic() - begun

    assert asyncio.run(wait()) < 3


def test_a_mail_is_heard_of_over_tls(dovecot: Dovecot, user: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.folder / "certificate.pem"))
    imap = account(dovecot.tls_port, user, host="localhost", security="tls")
    cursor = pull(imap)[-1].cursor

    async def wait() -> float:
        waiting = asyncio.create_task(stream(imap).news(cursor))
        await asyncio.sleep(1)
        await asyncio.to_thread(dovecot.deliver, user, [mail(1)])
        begun = time.monotonic()
        await asyncio.wait_for(waiting, 10)
        return time.monotonic() - begun

    assert asyncio.run(wait()) < 2


def test_a_wait_that_is_given_up_hangs_up_at_once(dovecot: Dovecot, user: str) -> None:
    cursor = pull(account(dovecot.port, user))[-1].cursor

    async def give_up() -> float:
        waiting = asyncio.create_task(stream(account(dovecot.port, user)).news(cursor))
        await asyncio.sleep(1)
        begun = time.monotonic()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return time.monotonic() - begun

    assert asyncio.run(give_up()) < 0.5


def test_a_wait_survives_a_server_that_is_restarted(dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, [mail(1)])
    cursor = pull(account(dovecot.port, user))[-1].cursor

    async def wait() -> None:
        waiting = asyncio.create_task(stream(account(dovecot.port, user, outside(sleep=_patient))).news(cursor))
        await asyncio.sleep(0.5)
        await asyncio.to_thread(dovecot.kill)
        await asyncio.to_thread(dovecot.start)
        await asyncio.sleep(0.5)
        assert not waiting.done()
        await asyncio.to_thread(dovecot.deliver, user, [mail(2)])
        await asyncio.wait_for(waiting, 10)

    asyncio.run(wait())


# Real mail -----------------------------------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.parametrize("corpus", ["mikel_mail", "stalwart", "sisimai", "spamassassin"])
def test_real_mails_are_the_same_from_the_server_and_from_its_files(
    dovecot: Dovecot, user: str, shared_data: Path, corpus: str
) -> None:
    """Dovecot serves a Maildir, which ``email.mailbox`` reads as it lies there."""
    files = [path for path in sorted((shared_data / "email" / corpus).rglob("*")) if path.suffix in (".eml", ".txt")]
    contents = {path.read_bytes() for path in files}
    # IMAP has no NUL (RFC 9051, 4.3), a server puts something else in its place
    maildir = dovecot.store(user, [raw for raw in contents if raw.strip() and b"\0" not in raw])
    mailbox, filed = in_a_file(maildir)
    imap = account(dovecot.port, user, own_addresses=(*OURS, "anna"))
    pages = pull(imap)
    served = rows(pages)
    assert len(served) == pages[-1].expected == len(filed) > 50
    assert sorted(row.key for row in served) == sorted(row.key for row in filed)
    in_files = meant(mailbox, filed)
    on_server = meant(imap, served)
    undated = {key for key, said in in_files.items() if said == "the mail has no readable date"}
    assert all(isinstance(on_server[key], list) for key in undated)  # the server knows when they came
    assert {key: on_server[key] for key in on_server.keys() - undated} == {
        key: in_files[key] for key in in_files.keys() - undated
    }
