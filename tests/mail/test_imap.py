"""``email.imap`` against pymap, a mail server in Python: the quick half."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import connectors.email
from hub import sdk
from tests.mail.reading import account, ids, in_a_file, mail, meant, outside, pull, rows, stream
from tests.mail.servers import Pymap

SAMPLES = Path(connectors.email.__file__).parent / "samples"


@pytest.fixture
def inbox(pymap: Pymap) -> Pymap:
    """pymap without its demonstration mails."""
    with pymap.client("anna") as client:
        client.select_folder("INBOX")
        client.delete_messages(client.search())
        client.expunge()
    return pymap


def test_every_mail_comes_once_oldest_first(inbox: Pymap) -> None:
    inbox.deliver("anna", [mail(n) for n in range(3)])
    inbox.deliver("anna", [mail(3)], "Sent")
    imap = account(inbox.port)
    pages = pull(imap)
    assert ids(pages) == ["0@x", "1@x", "2@x", "3@x"]
    assert [(page.expected, page.done) for page in pages][-1] == (4, 1.0)
    assert ids(pull(imap, pages[-1].cursor)) == []
    inbox.deliver("anna", [mail(4)])
    assert ids(pull(imap, pages[-1].cursor)) == ["4@x"]


def test_a_mail_on_a_server_is_the_one_in_a_file(inbox: Pymap) -> None:
    mailbox, filed = in_a_file(SAMPLES)
    inbox.deliver("anna", [row.payload for row in filed])
    imap = account(inbox.port)
    served = rows(pull(imap))
    assert {row.key for row in served} == {row.key for row in filed}
    assert meant(imap, served) == meant(mailbox, filed)
    assert all(b"\r\n" in row.payload for row in served)


def test_a_folder_that_was_made_anew_is_listed_again_and_gives_the_same_keys(inbox: Pymap) -> None:
    inbox.deliver("anna", [mail(1), mail(2)], "Shop")
    imap = account(inbox.port, folders=["Shop"])
    before = pull(imap)
    with inbox.client("anna") as client:
        client.delete_folder("Shop")
    inbox.deliver("anna", [mail(1), mail(2)], "Shop")
    again = pull(imap, before[-1].cursor)
    assert [row.key for row in rows(again)] == [row.key for row in rows(before)]


def test_a_mail_that_comes_ends_the_wait(inbox: Pymap) -> None:
    inbox.deliver("anna", [mail(1)])
    imap = account(inbox.port, folders=["INBOX"])
    cursor = pull(imap)[-1].cursor

    async def wait() -> None:
        waiting = asyncio.create_task(stream(imap).news(cursor))
        await asyncio.sleep(0.5)
        assert not waiting.done()
        await asyncio.to_thread(inbox.deliver, "anna", [mail(2)])
        await asyncio.wait_for(waiting, 10)  # it would last 25 minutes if nobody told

    asyncio.run(wait())
    assert ids(pull(imap, cursor)) == ["2@x"]


def test_news_that_came_before_the_wait_ends_it_at_once(inbox: Pymap) -> None:
    imap = account(inbox.port)
    cursor = pull(imap)[-1].cursor
    inbox.deliver("anna", [mail(1)], "Sent")
    asyncio.run(asyncio.wait_for(stream(imap).news(cursor), 10))


def test_the_check_says_what_is_wrong(inbox: Pymap) -> None:
    def fault(**settings: Any) -> list[str]:
        return list(account(inbox.port, **settings).check())

    assert fault() == []
    [wrong] = fault(password="wrong")
    assert wrong.startswith("127.0.0.1 does not take our user name or password")
    assert fault(folders=["Nowhere"]) == ["there is no folder 'Nowhere' (There are: INBOX)"]
    assert list(account(1).check()) == ["The connection to 127.0.0.1 broke: Connection refused"]


def test_a_wrong_password_asks_the_owner_to_sign_in_again(inbox: Pymap) -> None:
    with pytest.raises(sdk.SignInAgain, match="user name or password"):
        pull(account(inbox.port, password="wrong"))


def test_a_server_of_the_neighbourhood_is_reached_only_where_the_company_allows_it(inbox: Pymap) -> None:
    from hub.outgoing import Reach

    with pytest.raises(sdk.ConfigWrong, match="not public"):
        pull(account(inbox.port, world=outside(reach=Reach())))


def test_nothing_is_told_to_the_open_internet_unencrypted() -> None:
    from hub.outgoing import Reach

    world = outside(reach=Reach(lookup=lambda host, port: ["93.184.216.34"]))
    [fault] = account(143, host="mail.example.org", world=world).check()
    assert fault.startswith(
        "mail.example.org is on the open internet, where mails and passwords must not go unencrypted"
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"password": None}, "give a password, or client_id and refresh_token"),
        ({"refresh_token": "r"}, "give a password, or client_id and refresh_token"),
        ({"password": None, "refresh_token": "r"}, "a refresh_token needs client_id and oauth_url"),
        ({"host": "a b"}, "String should match pattern"),
        ({"user": "a\r\nb"}, "String should match pattern"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object], sentence: str) -> None:
    from connectors.email.imap import ImapSettings

    with pytest.raises(ValueError, match=sentence):
        ImapSettings.model_validate({"host": "imap.example.org", "user": "anna", "password": "p", **settings})
