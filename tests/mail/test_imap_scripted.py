"""What mail servers say that the ones we can run do not: Gmail's extensions, refusals, and servers that misbehave."""

from __future__ import annotations

import asyncio
import base64
import sys
from collections.abc import Mapping, Sequence

import pytest

from connectors.email import places
from hub import sdk
from tests.mail.reading import account, ids, mail, meant, outside, pull, rows, stream
from tests.mail.scripted import Said, Scripted, fetched
from tests.mail.servers import PASSWORD

ONE = mail(1)
GMAIL: Mapping[str, Said] = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS "
    b"COMPRESS=DEFLATE ENABLE MOVE CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE "
    b"APPENDLIMIT=35651584 AUTH=PLAIN",
    "ID": b'* ID ("name" "GImap" "vendor" "Google, Inc." "support-url" "http://support.google.com/mail")',
    "LIST": [
        b'* LIST (\\HasNoChildren) "/" "INBOX"',
        b'* LIST (\\HasNoChildren) "/" "&CZcJzQmwCb4JuQmV-"',
        b'* LIST (\\HasChildren \\Noselect) "/" "[Gmail]"',
        b'* LIST (\\All \\HasNoChildren) "/" "[Gmail]/All Mail"',
        b'* LIST (\\Drafts \\HasNoChildren) "/" "[Gmail]/Drafts"',
        b'* LIST (\\HasNoChildren \\Sent) "/" "[Gmail]/Sent Mail"',
        b'* LIST (\\HasNoChildren \\Junk) "/" "[Gmail]/Spam"',
        b'* LIST (\\HasNoChildren \\Trash) "/" "[Gmail]/Trash"',
    ],
    "STATUS": b'* STATUS "[Gmail]/All Mail" (MESSAGES 3 UIDNEXT 1004 UIDVALIDITY 11 HIGHESTMODSEQ 4711)',
    "EXAMINE": [
        b"* FLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $NotPhishing $Phishing)",
        b"* OK [PERMANENTFLAGS ()] Flags permitted.",
        b"* OK [UIDVALIDITY 11] UIDs valid.",
        b"* 3 EXISTS",
        b"* 0 RECENT",
        b"* OK [UIDNEXT 1004] Predicted next UID.",
        b"* OK [HIGHESTMODSEQ 4711]",
    ],
    "UID SEARCH": b"* SEARCH 1001 1002 1003",
    r"UID FETCH \S+ \(RFC822.SIZE": [
        fetched(
            1,
            1001,
            b"X-GM-THRID 127845534423033 X-GM-MSGID 127845534423034 X-GM-LABELS "
            b'("\\\\Inbox" "\\\\Important" "&CZcJzQmwCb4JuQmV-") RFC822.SIZE 200 FLAGS (\\Seen)',
        ),
        fetched(
            2,
            1002,
            b"X-GM-THRID 127845534423033 X-GM-MSGID 127845534423035 X-GM-LABELS "
            b'("\\\\Sent") RFC822.SIZE 200 FLAGS (\\Seen)',
        ),
        fetched(
            3,
            1003,
            b"X-GM-THRID 127845534423036 X-GM-MSGID 127845534423036 X-GM-LABELS "
            b'("\\\\Draft") RFC822.SIZE 30 FLAGS (\\Draft \\Seen)',
        ),
    ],
    r"UID FETCH 1001,1002 \(BODY.PEEK": [fetched(1, 1001, body=ONE), fetched(2, 1002, body=mail(2))],
}


def simple(uids: list[int], **script: Said) -> dict[str, Said]:
    """A server whose INBOX holds mails of these UIDs."""

    def sizes(command: str) -> list[bytes]:
        return [b"* %d FETCH (UID %d RFC822.SIZE %d FLAGS ())" % (uid, uid, len(mail(uid))) for uid in _asked(command)]

    def bodies(command: str) -> list[bytes]:
        return [fetched(uid, uid, body=mail(uid)) for uid in _asked(command)]

    def _asked(command: str) -> list[int]:
        return [uid for uid in map(int, command.split(" ")[2].split(",")) if uid in uids]

    top = max(uids, default=0) + 1
    return {
        "STATUS": b'* STATUS "INBOX" (MESSAGES %d UIDNEXT %d UIDVALIDITY 5)' % (len(uids), top),
        "EXAMINE": [b"* %d EXISTS" % len(uids), b"* OK [UIDVALIDITY 5] .", b"* OK [UIDNEXT %d] ." % top],
        "UID SEARCH": b"* SEARCH " + b" ".join(b"%d" % uid for uid in uids),
        r"UID FETCH \S+ \(RFC822.SIZE": sizes,
        r"UID FETCH \S+ \(BODY.PEEK\[\]\)": bodies,
        **script,
    }


# Gmail ---------------------------------------------------------------------------------------------------------------


def test_gmail_is_read_once_with_its_ids_threads_and_labels() -> None:
    with Scripted(GMAIL, b"* OK Gimap ready for requests from 203.0.113.7 d2e1a72fcca58-7f") as server:
        imap = account(server.port, "us@shop.example")
        pages = pull(imap)
    assert [command for command in server.heard if command.startswith("EXAMINE")] == ['EXAMINE "[Gmail]/All Mail"']
    assert any(command.startswith('ID ("name" "Journey Hub")') for command in server.heard)
    first, second = rows(pages)
    assert first.envelope == {
        "provider_id": "gmail:127845534423034",
        "provider_thread": "gmail:127845534423033",
        "labels": "\\Inbox\n\\Important\nগ্রাহক",
    }
    assert second.envelope["provider_thread"] == first.envelope["provider_thread"]
    touchpoint = meant(imap, [first])[first.key][0]
    assert isinstance(touchpoint, sdk.Touchpoint)
    assert touchpoint.properties["labels"] == ["\\Inbox", "\\Important", "গ্রাহক"]
    assert touchpoint.properties["provider_id"] == "gmail:127845534423034"
    assert touchpoint.properties["thread"] == "1@x"
    assert pages[-1].expected == 2, "a draft is no mail"
    assert pages[-1].cursor == {
        "folders": {
            "[Gmail]/All Mail": {"uidvalidity": 11, "last_uid": 1003, "highestmodseq": 4711, "refused": []},
        }
    }
    assert not any(
        "BODY[" in command or command.startswith(("SELECT", "STORE", "UID STORE")) for command in server.heard
    )


def test_gmail_that_did_not_change_is_not_opened() -> None:
    read: dict[str, object] = {"uidvalidity": 11, "last_uid": 900, "highestmodseq": 4711, "refused": []}
    with Scripted(GMAIL) as server:
        assert ids(pull(account(server.port), {"folders": {"[Gmail]/All Mail": read}})) == []
    assert not any(command.startswith("EXAMINE") for command in server.heard)


# Signing in ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", sdk.SignInAgain),
        (b"NO [ALERT] Application-specific password required: https://support.google.com/ (Failure)", sdk.SignInAgain),
        (b"NO AUTHENTICATE failed.", sdk.SignInAgain),
        (b"NO [UNAVAILABLE] Temporary authentication failure.", sdk.RetryLater),
        (b"NO [INUSE] Mailbox is locked", sdk.RetryLater),
        (b"NO [ALERT] Account exceeded command or bandwidth limits. (Failure)", sdk.RetryLater),
        (b"NO [ALERT] Too many simultaneous connections. (Failure)", sdk.RetryLater),
        (b"BAD User is authenticated but not connected.", sdk.RetryLater),
        (None, places.Dropped),
    ],
)
def test_a_refusal_for_good_is_told_from_one_that_passes(said: bytes | None, error: type[Exception]) -> None:
    async def at_once(_: float) -> None:
        await asyncio.sleep(0)

    script: dict[str, Said] = {"AUTHENTICATE": (lambda _: None) if said is None else [said]}
    with Scripted(script) as server, pytest.raises(error) as raised:
        pull(account(server.port, world=outside(sleep=at_once)))
    assert PASSWORD not in str(raised.value)


def test_a_token_is_sent_as_microsoft_and_google_want_it_and_a_refusal_is_heard_to_its_end() -> None:
    script: dict[str, Said] = {"AUTHENTICATE": [b"NO [AUTHENTICATIONFAILED] Invalid credentials"]}

    class Given(sdk.Outside):
        async def access_token(self, oauth: sdk.OAuth, *, instead_of: str = "") -> str:
            return "new" if instead_of else "old"

    given = {"client_id": "hub", "refresh_token": "r", "oauth_url": "https://login.example/token"}
    with Scripted(script) as server, pytest.raises(sdk.SignInAgain, match="access token"):
        pull(account(server.port, "us@shop.example", Given(reach=outside().reach), **given))
    sent = [base64.b64decode(line) for line in server.heard if line and line.isascii() and line.endswith("=")]
    assert sent == [b"user=us@shop.example\x01auth=Bearer %b\x01\x01" % token for token in (b"old", b"new")]


def test_no_password_is_sent_where_the_server_forbids_it() -> None:
    with Scripted({"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED"}) as server:
        [fault] = account(server.port).check()
    assert fault == "127.0.0.1 takes no password on this line. (set security to tls)"
    assert server.heard == ["CAPABILITY"]


def test_starttls_is_never_left_out() -> None:
    with Scripted({}) as server:
        [fault] = account(server.port, security="starttls").check()
    assert fault == "127.0.0.1 does not offer STARTTLS. (set security to tls, port 993)"
    assert server.heard == ["CAPABILITY"]


def test_the_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "connectors.email.server", raising=False)
    monkeypatch.setitem(sys.modules, "imapclient", None)
    [fault] = account(1).check()
    assert fault == (
        "Mail servers are read by IMAPClient, which is not installed here: pip install 'journey-hub[mail]'"
    )


# Servers that misbehave ----------------------------------------------------------------------------------------------


def test_a_range_up_to_the_last_mail_names_a_mail_that_is_known() -> None:
    read: dict[str, object] = {"uidvalidity": 5, "last_uid": 3, "highestmodseq": None, "refused": []}
    script = simple([3], STATUS=b'* STATUS "INBOX" (MESSAGES 1 UIDNEXT 9 UIDVALIDITY 5)')
    with Scripted(script) as server:
        pages = pull(account(server.port), {"folders": {"INBOX": read}})
    assert "UID SEARCH UID 4:*" in server.heard
    assert (ids(pages), pages[-1].expected) == ([], 0)


def test_a_mail_the_server_does_not_give_is_said_and_asked_for_again() -> None:
    whole = simple([1, 2, 3])

    def refusing(command: str) -> bytes | Sequence[bytes]:
        bodies = whole[r"UID FETCH \S+ \(BODY.PEEK\[\]\)"]
        assert callable(bodies)
        broken = "2" in command.split(" ")[2].split(",")
        return [b"NO [SERVERBUG] FETCH failed"] if broken else (bodies(command) or b"")

    with Scripted({**whole, r"UID FETCH \S+ \(BODY.PEEK\[\]\)": refusing}) as server:
        pages = pull(account(server.port))
    cursor = pages[-1].cursor
    assert cursor is not None
    assert ids(pages) == ["1@x", "3@x"]
    assert (pages[-1].expected, cursor["folders"]["INBOX"]["refused"]) == (3, [2])
    with Scripted(whole) as server:
        again = pull(account(server.port), cursor)
    assert (ids(again), again[-1].expected) == (["2@x"], 1)
    assert again[-1].cursor == {"folders": {"INBOX": {**cursor["folders"]["INBOX"], "refused": []}}}


def test_a_server_that_gives_none_of_its_mails_has_failed() -> None:
    script = simple(list(range(1, 20)))
    script[r"UID FETCH \S+ \(BODY.PEEK\[\]\)"] = [b"NO [UNAVAILABLE] try again"]
    with Scripted(script) as server, pytest.raises(sdk.SourceFailed, match="lists mails and gives none"):
        pull(account(server.port))


def test_a_mail_that_was_deleted_meanwhile_is_nothing_to_wait_for() -> None:
    there = simple([1, 3])
    found = iter([b"* SEARCH 1 2 3", b"* SEARCH"])  # the second time it is asked for by its UID
    script = {**there, "UID SEARCH": lambda _: next(found)}
    script["EXAMINE"] = [b"* 3 EXISTS", b"* OK [UIDVALIDITY 5] .", b"* OK [UIDNEXT 4] ."]
    with Scripted(script) as server:
        pages = pull(account(server.port))
    assert (ids(pages), pages[-1].expected) == (["1@x", "3@x"], 2)
    assert "UID SEARCH UID 2" in server.heard


def test_a_folder_of_many_mails_is_listed_in_parts() -> None:
    from connectors.email.server import _spans

    many = places.Status(uidvalidity=1, uidnext=200_001, messages=150_000)
    assert list(_spans(many, 0)) == ["1:80000", "80001:160000", "160001:240000"]
    assert list(_spans(many, 199_000)) == ["199001:279000"]
    assert list(_spans(places.Status(1, 200_001, 80_000), 7)) == ["8:*"]


def test_fewer_mails_than_the_folder_says_are_no_whole_pull() -> None:
    with Scripted(simple([1, 2], EXAMINE=[b"* 5 EXISTS", b"* OK [UIDVALIDITY 5] .", b"* OK [UIDNEXT 9] ."])) as server:
        pages = pull(account(server.port))
    assert (len(rows(pages)), pages[-1].expected) == (2, 5)


def test_folders_named_in_plain_utf_8_are_read() -> None:
    script = simple([1], LIST=['* LIST () "/" "گاہک"'.encode(), b'* LIST () "/" INBOX', b'* LIST () "/" "\xff"'])
    with Scripted(script) as server:
        assert ids(pull(account(server.port, folders=["گاہک"]))) == ["1@x"]
    assert 'EXAMINE "گاہک"' in server.heard


def test_an_answer_beyond_all_limits_is_not_read() -> None:
    async def at_once(_: float) -> None:
        await asyncio.sleep(0)

    script = simple([1])
    script[r"UID FETCH \S+ \(BODY.PEEK\[\]\)"] = b"* 1 FETCH (UID 1 BODY[] {9999999999}"
    with Scripted(script) as server, pytest.raises(places.Dropped, match="an answer of 9999999999 bytes"):
        pull(account(server.port, world=outside(sleep=at_once)))


def test_a_server_without_idle_is_asked_once_a_minute() -> None:
    slept: list[float] = []
    uids = [1]

    async def patient(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            uids.append(2)
        await asyncio.sleep(0)

    def now(name: str) -> Said:
        return lambda _: simple(uids)[name]  # type: ignore[return-value]

    script = {**simple([1]), **{name: now(name) for name in ("STATUS", "EXAMINE")}}
    with Scripted(script) as server:
        imap = account(server.port, world=outside(sleep=patient))
        cursor = pull(imap)[-1].cursor
        asyncio.run(asyncio.wait_for(stream(imap).news(cursor), 10))
    assert slept == [60.0, 60.0, 60.0]


def test_a_mail_that_is_refused_is_no_news() -> None:
    class Enough(Exception):
        pass

    async def patient(_: float) -> None:
        raise Enough

    read: dict[str, object] = {"uidvalidity": 5, "last_uid": 3, "highestmodseq": None, "refused": [2]}
    with Scripted(simple([1, 2, 3])) as server:
        imap = account(server.port, world=outside(sleep=patient))
        with pytest.raises(Enough):
            asyncio.run(asyncio.wait_for(stream(imap).news({"folders": {"INBOX": read}}), 10))


def test_news_that_come_with_the_leave_to_wait_are_heard() -> None:
    script = simple([1], CAPABILITY=b"* CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN", IDLE=[b"* 2 EXISTS"])
    with Scripted(script) as server:
        imap = account(server.port)
        cursor = pull(imap)[-1].cursor
        asyncio.run(asyncio.wait_for(stream(imap).news(cursor), 10))
    assert server.heard.count("IDLE") == server.heard.count("DONE") == 1


def test_a_folder_for_sent_mail_is_found_by_its_name_where_it_is_not_marked() -> None:
    for name in ("Sent Items", "INBOX.Sent", "Gesendete Elemente", "Sent", "প্রেরিত"):
        separator = "." if "." in name else "/"
        folders = [places.Folder("INBOX", "INBOX", separator=separator), places.Folder("x", name, separator=separator)]
        assert [one.name for one in places.chosen(folders, ())] == ["INBOX", name]
