"""The connector ``email.mailbox``: what it reads, what it makes of a mail, and that no mail is lost."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import random
import tracemalloc
import unicodedata
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import connectors.email
from connectors.email.header import addresses, date, decode, text_of
from connectors.email.mailbox import Mailbox, MailboxSettings, Messages
from connectors.email.markup import html_to_text
from connectors.email.mbox import Gatherer, with_lf
from connectors.email.message import Mail
from connectors.email.reply import reply_text
from hub import sdk

SAMPLES = Path(connectors.email.__file__).parent / "samples"
MAIL = (
    b"From: Anna <anna@x.example>\nTo: us@shop.example\nDate: Mon, 2 Feb 2026 10:00:00 +0000\nMessage-ID: <1@x>\n\nHi\n"
)


def messages(path: Path = SAMPLES, **settings: Any) -> Messages:
    settings.setdefault("own_addresses", ("@shop.example",))
    return Messages(MailboxSettings(path=path, **settings))


def pull(stream: Messages, cursor: sdk.Cursor | None = None) -> list[sdk.Page]:
    async def everything() -> list[sdk.Page]:
        return [page async for page in stream.pages(cursor)]

    return asyncio.run(everything())


def rows(pages: Iterable[sdk.Page]) -> list[sdk.Row]:
    return [row for page in pages for row in page.rows]


def touchpoints(raw: bytes, **settings: Any) -> list[sdk.Touchpoint]:
    stream = messages(**settings)
    found = list(stream.touchpoints(sdk.Row(stream.key(raw), raw)))
    assert all(isinstance(one, sdk.Touchpoint) for one in found)
    return [one for one in found if isinstance(one, sdk.Touchpoint)]


def who(found: Iterable[sdk.Touchpoint]) -> list[str]:
    return [one.identifiers[0].value for one in found]


def mail(headers: str, body: str = "Hello") -> bytes:
    text = f"Date: Mon, 2 Feb 2026 10:00:00 +0000\nMessage-ID: <1@x>\n{headers}\n\n{body}\n"
    return text.encode()


# Reading files ------------------------------------------------------------------------------------------------------


def test_the_sample_mbox_gives_five_mails_with_stable_keys() -> None:
    found = rows(pull(messages()))
    assert [row.key.split("/")[0] for row in found] == [
        "r1@post.example",
        "s1@shop.example",
        "b1@shop.example",
        "a1@post.example",
        "n1@list.example",
    ]
    assert all(row.key == messages().key(row.payload) for row in found)
    assert found[0].payload.endswith("দাম কত? 🌸\nFrom my sister I heard of you.\n".encode())
    assert all(not row.envelope for row in found)


def test_a_mail_is_the_same_row_from_an_mbox_a_maildir_and_a_file(tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(b"From anna@x.example Mon Feb  2 10:00:00 2026\n" + MAIL + b"\n")
    (tmp_path / "one.eml").write_bytes(MAIL)
    for name in ("cur", "new", "tmp"):
        (tmp_path / "maildir" / name).mkdir(parents=True)
    (tmp_path / "maildir" / "cur" / "17.M1.host:2,S").write_bytes(MAIL)
    found = rows(pull(messages(tmp_path)))
    assert len(found) == 3
    assert {row.key for row in found} == {messages().key(MAIL)}
    assert {row.payload for row in found} == {MAIL}


def test_a_draft_in_a_maildir_is_no_mail_until_it_is_none(tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
    draft = tmp_path / "cur" / "17.M1.host:2,DS"
    draft.write_bytes(MAIL)
    pages = pull(messages(tmp_path))
    assert rows(pages) == []
    draft.rename(tmp_path / "cur" / "17.M1.host:2,S")
    assert [row.payload for row in rows(pull(messages(tmp_path), pages[-1].cursor))] == [MAIL]


def test_a_mail_below_a_from_line_without_an_end_loses_nothing(tmp_path: Path) -> None:
    mac = b"From a Mon Feb  2 10:00:00 2026\r" + MAIL.replace(b"\n", b"\r") + b"x" * 2000
    (tmp_path / "mac.eml").write_bytes(mac)
    assert [row.payload for row in rows(pull(messages(tmp_path)))] == [mac]


def test_the_ends_of_its_lines_do_not_change_a_mail() -> None:
    attached = (
        "From: a@x.example\nTo: us@shop.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nদাম?\n\n--b\nContent-Type: text/csv; name=list.csv\n\na,b\n1,2\n--b--\n"
    )
    lf = mail(attached.partition("\n\n")[0], attached.partition("\n\n")[2])
    crlf = lf.replace(b"\n", b"\r\n")
    assert messages().key(crlf) == messages().key(lf)
    assert touchpoints(crlf) == touchpoints(lf)
    assert touchpoints(crlf)[0].properties["attachments"][0]["size"] == len("a,b\n1,2")


@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_a_large_mail_has_one_key_size_and_head_whatever_ends_its_lines(piece: int) -> None:
    lf = MAIL + b"Line of text\n" * 40_000
    kept = []
    for raw in (lf, lf.replace(b"\n", b"\r\n")):
        gatherer = Gatherer(400_000)
        for at in range(0, len(raw), piece):
            gatherer.add(raw[at : at + piece])
        kept.append(gatherer.letter())
    assert [with_lf(one.raw) for one in kept] == [lf[: 256 * 1024]] * 2
    assert {(one.size, one.sha256, one.truncated) for one in kept} == {
        (len(lf), hashlib.sha256(lf).hexdigest(), True),
    }


def test_the_same_message_id_with_another_content_is_another_mail() -> None:
    other = MAIL.replace(b"Hi", b"Ho")
    keys = {messages().key(MAIL), messages().key(other)}
    assert len(keys) == 2
    assert {key.split("/")[0] for key in keys} == {"1@x"}


def test_a_line_that_begins_with_from_does_not_end_a_mail(tmp_path: Path) -> None:
    body = b"First\n\nFrom here on it gets better.\n\n>From the start\n>>From twice\n"
    told = b"told\nFrom c Mon Feb  2 10:00:00 2026\nX-Not: a header\n"
    box = b"From a Mon Feb  2 10:00:00 2026\n" + MAIL + body + told + b"\nFrom b Mon Feb  2 11:00:00 2026\r\n" + MAIL
    (tmp_path / "box").write_bytes(box)
    found = rows(pull(messages(tmp_path)))
    assert len(found) == 2
    assert found[0].payload.endswith(b"\n\nFrom here on it gets better.\n\nFrom the start\n>From twice\n" + told)


def test_a_file_named_eml_is_one_mail_whatever_it_quotes(tmp_path: Path) -> None:
    quoted = MAIL + b"\nFrom b Mon Feb  2 11:00:00 2026\n" + MAIL
    (tmp_path / "one.EML").write_bytes(b"From a Mon Feb  2 10:00:00 2026\n" + quoted)
    assert [row.payload for row in rows(pull(messages(tmp_path)))] == [quoted]


def test_an_unchanged_folder_gives_no_rows_and_a_new_mail_gives_its_shelf(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number}.eml").write_bytes(MAIL.replace(b"1@x", b"%d@x" % number))
    pages = pull(messages(tmp_path))
    assert [len(page.rows) for page in pages] == [200, 100]
    assert [page.done for page in pages] == [pytest.approx(2 / 3, abs=0.01), 1.0]
    again = pull(messages(tmp_path), pages[-1].cursor)
    assert rows(again) == []
    (tmp_path / "new.eml").write_bytes(MAIL.replace(b"1@x", b"new@x"))
    fresh = rows(pull(messages(tmp_path), again[-1].cursor))
    assert "new@x" in {row.key.split("/")[0] for row in fresh}
    assert len(fresh) < 20


def test_a_pull_that_stopped_resumes_without_a_gap(tmp_path: Path) -> None:
    for number in range(450):
        (tmp_path / f"{number}.eml").write_bytes(MAIL.replace(b"1@x", b"%d@x" % number))
    first = pull(messages(tmp_path))[0]
    rest = rows(pull(messages(tmp_path), json.loads(json.dumps(first.cursor))))
    assert {row.key for row in (*first.rows, *rest)} == {row.key for row in rows(pull(messages(tmp_path)))}
    assert len(rest) < 300


def large_mbox(path: Path, mails: range, mode: str = "wb") -> None:
    with path.open(mode) as file:
        for number in mails:
            body = MAIL.replace(b"1@x", b"%d@x" % number) + b"x" * 70 + b"\n"
            file.write(b"From a Mon Feb  2 10:00:00 2026\n" + body + b"line\n" * 1000 + b"\n")


def test_an_appended_mbox_is_resumed_at_its_last_mail(tmp_path: Path) -> None:
    box = tmp_path / "box"
    large_mbox(box, range(300))
    assert box.stat().st_size > 1_000_000
    pages = pull(messages(box))
    assert len(rows(pages)) == 300
    assert rows(pull(messages(box), pages[-1].cursor)) == []
    large_mbox(box, range(300, 302), "ab")
    appended = rows(pull(messages(box), pages[-1].cursor))
    assert [row.key.split("/")[0] for row in appended] == ["299@x", "300@x", "301@x"]
    assert appended[0].key == rows(pages)[-1].key


def test_a_rewritten_mbox_is_read_from_the_start(tmp_path: Path) -> None:
    box = tmp_path / "box"
    large_mbox(box, range(300))
    cursor = pull(messages(box))[-1].cursor
    large_mbox(box, range(10, 320))
    assert len(rows(pull(messages(box), cursor))) == 310


def test_a_mail_of_a_maildir_that_is_flagged_or_read_stays_the_same(tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
        (tmp_path / ".Sent" / name).mkdir(parents=True)
    (tmp_path / "new" / "1.M1.host").write_bytes(MAIL)
    (tmp_path / ".Sent" / "cur" / "2.M1.host:2,S").write_bytes(MAIL)
    (tmp_path / "tmp" / "half").write_bytes(b"From: half written")
    (tmp_path / "dovecot.index").write_bytes(b"Index: no mail")
    pages = pull(messages(tmp_path))
    assert len(rows(pages)) == 2
    (tmp_path / "new" / "1.M1.host").rename(tmp_path / "cur" / "1.M1.host:2,RS")
    assert rows(pull(messages(tmp_path), pages[-1].cursor)) == []


def test_a_mail_of_100_mb_is_kept_by_its_head_in_little_memory(tmp_path: Path) -> None:
    box = tmp_path / "box"
    with box.open("wb") as file:
        file.write(b"From a Mon Feb  2 10:00:00 2026\n" + MAIL)
        file.writelines(b"x" * 1_000_000 for _ in range(60))
        file.writelines(b"\n" + b"y" * 99_999 for _ in range(400))
        file.write(b"\n\nFrom b Mon Feb  2 11:00:00 2026\n" + MAIL.replace(b"1@x", b"2@x"))
    tracemalloc.start()
    found = rows(pull(messages(box, max_message_bytes=5_000_000)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [row.key.split("/")[0] for row in found] == ["1@x", "2@x"]
    assert found[0].envelope["truncated"] == str(len(MAIL) + 60_000_000 + 400 * 100_000 + 1)
    assert len(found[0].envelope["sha256"]) == 64
    assert len(found[0].payload) == 256 * 1024
    assert peak < 15_000_000
    (one,) = messages().touchpoints(found[0])
    assert isinstance(one, sdk.Touchpoint)
    assert (one.part, one.properties["truncated"]) == ("from:anna@x.example", 100_000_000 + len(MAIL) + 1)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "there is no file or folder"),
        (lambda path: path.mkdir(), "holds no file"),
        (lambda path: (path.mkdir(), (path / "a.jpg").write_bytes(b"\xff\xd8\xff")), "is no mailbox"),
        (lambda path: path.write_bytes(b"\x89PNG\r\n"), "is no mailbox"),
    ],
)
def test_what_is_no_mailbox_gives_one_sentence(tmp_path: Path, make: Any, sentence: str) -> None:
    path = tmp_path / "mail"
    make(path)
    settings = MailboxSettings(path=path)
    (said,) = Mailbox(settings).check()
    assert sentence in said
    with pytest.raises(sdk.ConfigWrong, match=sentence):
        pull(Messages(settings))


def test_an_empty_mbox_and_an_empty_maildir_are_mailboxes(tmp_path: Path) -> None:
    (tmp_path / "box").touch()
    (tmp_path / "maildir" / "cur").mkdir(parents=True)
    (tmp_path / "maildir" / "new").mkdir()
    for name in ("box", "maildir"):
        assert list(Mailbox(MailboxSettings(path=tmp_path / name)).check()) == []
        assert rows(pull(messages(tmp_path / name))) == []


def test_what_is_neither_file_nor_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "good.eml").write_bytes(MAIL)
    pages = pull(messages(tmp_path))
    os.mkfifo(tmp_path / "pipe.eml")  # neither a file nor a folder: left alone, not waited for
    assert rows(pull(messages(tmp_path), pages[-1].cursor)) == []


# Who, when and what -------------------------------------------------------------------------------------------------


def test_a_mail_to_us_is_about_its_sender_and_the_cc_joins_nobody() -> None:
    (one,) = touchpoints(rows(pull(messages()))[0].payload)
    assert (one.kind, one.direction, one.automated) == ("email", sdk.Direction.INBOUND, False)
    assert (one.part, who([one])) == ("from:rahima+shop@post.example", ["rahima+shop@post.example"])
    assert one.traits == {"name": "রহিমা খাতুন"}
    assert unicodedata.normalize("NFC", one.title) == unicodedata.normalize("NFC", "শাড়ির দাম")
    assert one.occurred_at == datetime(2026, 2, 3, 4, 15, tzinfo=UTC)
    assert [(there.role, there.identifier) for there in one.participants] == [
        (sdk.ParticipantRole.AGENT, "sales@shop.example"),
        (sdk.ParticipantRole.CC, "bilal@post.example"),
    ]


def test_a_mail_of_ours_is_one_touchpoint_for_each_one_it_went_to() -> None:
    found = touchpoints(rows(pull(messages()))[1].payload)
    assert [one.part for one in found] == ["to:rahima@post.example", "to:bilal@post.example"]
    assert {one.direction for one in found} == {sdk.Direction.OUTBOUND}
    assert all(len(one.identifiers) == 1 for one in found)
    assert [one.text for one in found] == ["2,500 taka."] * 2
    assert found[0].properties["thread"] == "r1@post.example"


def test_a_copy_of_our_mail_joins_nobody_either() -> None:
    (one,) = touchpoints(mail("From: a@shop.example\nTo: anna@x.example\nCc: bilal@y.example\nBcc: c@z.example"))
    assert one.part == "to:anna@x.example"
    assert [there.identifier for there in one.participants] == ["a@shop.example", "bilal@y.example", "c@z.example"]


def test_own_addresses_ignore_case_and_plus_tags() -> None:
    raw = mail("From: Sales+Web@Shop.Example\nTo: anna@x.example")
    assert [one.part for one in touchpoints(raw, own_addresses=("sales@shop.example",))] == ["to:anna@x.example"]
    assert [one.part for one in touchpoints(raw, own_addresses=())] == ["from:sales+web@shop.example"]


def test_a_mail_among_colleagues_is_no_touchpoint() -> None:
    assert touchpoints(mail("From: a@shop.example\nTo: b@shop.example")) == []


def test_a_mail_of_ours_to_nobody_named_belongs_to_nobody_yet() -> None:
    (one,) = touchpoints(mail("From: a@shop.example\nTo: undisclosed-recipients:;"))
    assert (one.direction, one.part, one.identifiers) == (sdk.Direction.OUTBOUND, "to:", ())


def test_reply_to_does_not_say_who_wrote() -> None:
    assert who(touchpoints(mail("From: anna@x.example\nReply-To: other@y.example\nTo: us@shop.example"))) == [
        "anna@x.example"
    ]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("List-Id: <l.example>", True),
        ("List-Post: <mailto:l@l.example>", True),
        ("List-Unsubscribe: <https://l.example/u>", True),
        ("Precedence: bulk", True),
        ("Auto-Submitted: auto-generated", True),
        ("Auto-Submitted: no", False),
        ("X-Auto-Response-Suppress: All", False),
    ],
)
def test_list_and_machine_mail_is_automated(headers: str, *, expected: bool) -> None:
    (one,) = touchpoints(mail(f"From: anna@x.example\nTo: us@shop.example\n{headers}"))
    assert (one.kind, one.automated) == ("email", expected)


def test_a_noreply_sender_is_automated() -> None:
    (one,) = touchpoints(mail("From: No-Reply@x.example\nTo: us@shop.example"))
    assert one.automated


def test_an_automatic_reply_is_about_its_sender_and_automated() -> None:
    (one,) = touchpoints(rows(pull(messages()))[3].payload)
    assert (one.kind, one.automated, one.part) == ("auto_reply", True, "from:rahima@post.example")


def test_a_bounce_is_about_the_one_who_did_not_get_our_mail() -> None:
    (one,) = touchpoints(rows(pull(messages()))[2].payload)
    assert (one.kind, one.automated, one.direction) == ("bounce", True, sdk.Direction.INBOUND)
    assert (one.part, who([one])) == ("about:bilal@post.example", ["bilal@post.example"])
    wanted = {"status": "5.1.1", "action": "failed", "hard": True, "thread": "s1@shop.example"}
    assert wanted.items() <= one.properties.items()


def test_a_parcel_on_its_way_is_no_bounce() -> None:
    (one,) = touchpoints(mail("From: no-reply@parcels.example\nTo: us@shop.example\nSubject: Delivery notification"))
    assert (one.kind, one.automated) == ("email", True)


def test_a_bounce_in_free_text_names_its_recipient() -> None:
    raw = mail(
        "Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nTo: us@shop.example\nSubject: failure notice",
        "Hi. This is the qmail-send program.\n\n<anna@y.example>:\n192.0.2.1 said: 550 5.1.1 no such user\n\n"
        "--- Below this line is a copy of the message.\n\nMessage-ID: <2@shop>\nTo: other@z.example\n",
    )
    (one,) = touchpoints(raw)
    assert (one.kind, who([one]), one.properties["status"]) == ("bounce", ["anna@y.example"], "5.1.1")
    assert (one.properties["hard"], one.properties["thread"]) == (True, "2@shop")


def report(kind: str, fields: str) -> bytes:
    return mail(
        f"From: machine@isp.example\nTo: us@shop.example\nMIME-Version: 1.0\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"',
        f"--b\nContent-Type: message/{kind}\n\n{fields}\n\n--b--",
    )


def test_a_spam_complaint_is_about_the_one_who_complained() -> None:
    (one,) = touchpoints(report("feedback-report", "Feedback-Type: abuse\nOriginal-Rcpt-To: <anna@x.example>"))
    assert (one.kind, one.automated, who([one])) == ("complaint", True, ["anna@x.example"])


def test_a_read_receipt_is_about_the_reader() -> None:
    fields = "Final-Recipient: rfc822;anna@x.example\nDisposition: manual-action/MDN-sent-manually; displayed"
    (one,) = touchpoints(report("disposition-notification", fields))
    assert (one.kind, who([one]), one.properties["action"]) == ("read_receipt", ["anna@x.example"], "displayed")


def test_a_report_of_arrival_is_no_bounce() -> None:
    (one,) = touchpoints(report("delivery-status", "Final-Recipient: rfc822;anna@x.example\nAction: delivered"))
    assert (one.kind, one.automated) == ("email.delivery_notice", True)


def test_an_unreadable_date_falls_back_to_received_and_then_to_the_mbox_line(tmp_path: Path) -> None:
    head = b"From: a@x.example\nTo: us@shop.example\nDate: yesterday\n"
    (one,) = touchpoints(head + b"Received: from a by b; Tue, 3 Feb 2026 04:15:00 +0600\n\nHi\n")
    assert one.occurred_at == datetime(2026, 2, 2, 22, 15, tzinfo=UTC)
    (tmp_path / "box").write_bytes(b"From a@x.example Tue Feb  3 04:15:00 2026\n" + head + b"\nHi\n")
    (row,) = rows(pull(messages(tmp_path)))
    (found,) = messages().touchpoints(row)
    assert isinstance(found, sdk.Touchpoint)
    assert found.occurred_at == datetime(2026, 2, 3, 4, 15, tzinfo=UTC)
    with pytest.raises(sdk.RowUnreadable, match="no readable date"):
        touchpoints(head + b"\nHi\n")


def test_a_date_after_the_mail_was_received_is_not_believed() -> None:
    raw = b"From: a@x.example\nDate: Mon, 2 Feb 2037 10:00:00 +0000\nReceived: by b; Tue, 3 Feb 2026 04:15:00 +0000\n"
    assert touchpoints(raw + b"\nHi\n")[0].occurred_at == datetime(2026, 2, 3, 4, 15, tzinfo=UTC)


def test_a_mail_without_sender_belongs_to_nobody_yet() -> None:
    (one,) = touchpoints(mail('From: "" <>\nTo: us@shop.example'))
    assert (one.kind, one.part, one.identifiers) == ("email", "from:", ())


def test_what_has_no_header_is_a_row_with_a_problem(tmp_path: Path) -> None:
    with pytest.raises(sdk.RowUnreadable, match="no header"):
        touchpoints(b"just text\n")
    (tmp_path / "broken.eml").write_bytes(b"\x00\xff just bytes")
    (row,) = rows(pull(messages(tmp_path)))
    assert (row.payload, len(row.key)) == (b"\x00\xff just bytes", 64)


def test_attachments_are_described_and_not_kept() -> None:
    raw = mail(
        'From: a@x.example\nTo: us@shop.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"',
        "--b\nContent-Type: text/plain\n\nSee the bill.\n"
        "--b\nContent-Type: application/pdf; name*=utf-8''%E0%A6%AC.pdf\n"
        "Content-Disposition: attachment\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n--b--",
    )
    (one,) = touchpoints(raw)
    assert one.text == "See the bill."
    assert one.properties["attachments"] == [
        {
            "name": "ব.pdf",
            "type": "application/pdf",
            "size": 5,
            "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        }
    ]


def test_a_snippet_has_at_most_2000_characters() -> None:
    (one,) = touchpoints(mail("From: a@x.example\nTo: us@shop.example", "لفظ " * 1000))
    assert one.text is not None
    assert len(one.text) == 2000


# Headers and text ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=?utf-8?B?2YXYrdmF2K8=?= =?utf-8?B?INi52YTbjA==?=", "محمد علی"),
        ("=?iso-8859-1?q?Andr=E9?= Pirard", "André Pirard"),
        ("=?x-unknown?q?caf=C3=A9?=", "café"),
        ("=?utf-8?b?not base64!!?=", "not base64!!"),
        ("folded\r\n subject", "folded subject"),
        ("raw caf\udcc3\udca9", "raw café"),
    ],
)
def test_a_header_is_decoded_whatever_it_holds(value: str, expected: str) -> None:
    assert text_of(value) == expected


def test_a_letter_cut_in_two_encoded_words_is_joined() -> None:
    raw = "রহিমা 🌸".encode()
    words = " ".join(f"=?utf-8?B?{base64.b64encode(half).decode()}?=" for half in (raw[:7], raw[7:]))
    assert text_of(words) == "রহিমা 🌸"


def test_addresses_are_found_in_any_writing() -> None:
    value = '"Doe, J" <j@x.example>, k@y.example (Kay), Team: l@z.example; =?utf-8?q?=C3=84?= <a@b.example>, x "<q@q.q>'
    assert [(one.name, one.address) for one in addresses(value)] == [
        ("Doe, J", "j@x.example"),
        ("Kay", "k@y.example"),
        ("", "l@z.example"),
        ("Ä", "a@b.example"),
        ("x", "q@q.q"),
    ]


def test_text_in_an_unknown_or_wrong_charset_is_read_all_the_same() -> None:
    assert decode("বাংলা".encode(), "no-such-charset") == "বাংলা"
    assert decode("café".encode("latin-1"), "utf-8") == "café"
    assert decode(b"a\x00b", "us-ascii") == "ab"


def test_a_date_without_zone_is_utc_and_nonsense_is_none() -> None:
    assert date("Mon, 2 Feb 2026 10:00:00 +0530 (IST)") == datetime(2026, 2, 2, 4, 30, tzinfo=UTC)
    assert date("2 Feb 2026 10:00") == datetime(2026, 2, 2, 10, 0, tzinfo=UTC)
    assert date("Mon, 99 Feb 2026 10:00:00") is None
    assert date("Mon, 26 Aug 0102 23:12:40 -0700") == datetime(2002, 8, 27, 6, 12, 40, tzinfo=UTC)
    assert date("Thu, 1 Jan 1970 00:00:00 +0000") is None


def test_html_is_read_as_text_with_quotes_marked() -> None:
    html = "<style>x{}</style><p>Hi &amp; <b>hello</b></p><div class=gmail_quote>On 1.1. A wrote:<p>old</p></div>"
    assert html_to_text(html).split("\n")[0] == "Hi & hello"
    assert reply_text(html_to_text(html)) == "Hi & hello"
    assert reply_text(html_to_text("<p>Yes</p><blockquote>why?<br>now?</blockquote><div>A</div>")) == "Yes\n\nA"
    assert html_to_text("<p>One<![bad[<p>two") != ""


@pytest.mark.parametrize(
    "quoted",
    [
        "On Tue, 3 Feb 2026 at 10:15, Anna <a@x.example> wrote:\n> old",
        "Am 03.02.26 um 10:15 schrieb Anna:\n> alt",
        "মঙ্গল, ৩ ফেব, ২০২৬ তারিখে ১০:১৫ AM টায় Anna <a@x.example> লিখেছেন:\n> পুরোনো",
        "بروز منگل، 3 فروری، 2026 کو 10:15 AM پر Anna <a@x.example> نے لکھا:\n> پرانا",
        "-----Original Message-----\nFrom: Anna\nold",
        "-----Ursprüngliche Nachricht-----\nalt",
        "________________________________\nVon: Anna\nGesendet: Dienstag\nAn: uns\nBetreff: Preis\n\nalt",
        "*From:* Anna\n*Sent:* Tuesday\n*To:* us\n*Subject:* Price\n\nold",
        "প্রেরক: Anna\nতারিখ: ৩ ফেব\nপ্রতি: us\nবিষয়: দাম\n\nপুরোনো",
        "-- \nBilal\nShop",
        "Sent from my iPhone",
    ],
)
def test_a_reply_is_read_without_what_it_quotes(quoted: str) -> None:
    assert reply_text(f"জি, ঠিক আছে 🌸\nشکریہ\n\n{quoted}") == "জি, ঠিক আছে 🌸\nشکریہ"


def test_answers_between_the_quotes_stay_and_a_bare_forward_too() -> None:
    assert reply_text("> one?\nYes.\n> two?\nNo.") == "Yes.\nNo."
    assert "please see" in reply_text("From: A\nSent: now\nTo: us\nSubject: s\n\nplease see")


def test_broken_mails_never_crash_the_mapper() -> None:
    chance = random.Random(7)
    samples = [row.payload for row in rows(pull(messages()))]
    readable = 0
    for _ in range(1500):
        raw = bytearray(chance.choice(samples))
        for _ in range(chance.randrange(1, 30)):
            at = chance.randrange(len(raw))
            raw[at : at + chance.randrange(3)] = chance.choice(
                [b"", b"\xff", b"=?", b"\n", b"\x00", b'"', b"<", b"=\n", b";"]
            )
        try:
            for one in touchpoints(bytes(raw)):
                repr(one).encode()
                readable += 1
        except sdk.RowUnreadable:
            pass
    assert readable > 500


# Public mails -------------------------------------------------------------------------------------------------------


def mapped(path: Path) -> tuple[list[sdk.Touchpoint], list[str], int]:
    stream = messages(path, own_addresses=())
    found, problems, count = [], [], 0
    for row in rows(pull(stream)):
        count += 1
        try:
            found += [one for one in stream.touchpoints(row) if isinstance(one, sdk.Touchpoint)]
        except sdk.RowUnreadable as error:
            problems.append(error.message)
    return found, problems, count


@pytest.mark.shared
def test_none_of_1155_public_mails_is_lost(shared_data: Path) -> None:
    folder = shared_data / "email" / "spamassassin"
    stream = messages(folder, own_addresses=())
    found = rows(pull(stream))
    assert len(found) == len({row.key for row in found}) == 1155
    touched, problems, _ = mapped(folder)
    assert (len(touched), problems) == (1155, [])
    assert Counter(one.kind for one in touched) == {"email": 1155}
    assert sum("in_reply_to" in one.properties or "references" in one.properties for one in touched) == 398
    assert len({one.identifiers[0].value.lower() for one in touched if one.identifiers}) == 697
    assert sum(one.automated for one in touched) == 633  # 632 of lists, one by a machine


@pytest.mark.shared
def test_public_bounces_are_bounces_with_the_failed_address(shared_data: Path) -> None:
    folder = shared_data / "email" / "sisimai"
    expected = json.loads((shared_data / "email" / "sisimai_expected.json").read_text())
    recipients = kinds = 0
    for name, wanted in expected.items():
        found = touchpoints((folder / name).read_bytes(), own_addresses=())
        if wanted[0]["reason"] in ("feedback", "vacation"):
            kinds += found[0].kind == {"feedback": "complaint", "vacation": "auto_reply"}[wanted[0]["reason"]]
        elif found[0].kind == "bounce" and len(found) == len(wanted):
            recipients += sum(bool(one.identifiers) for one in found)
    assert kinds >= 11  # of 13
    assert recipients >= 274  # of 282


@pytest.mark.shared
@pytest.mark.parametrize(
    ("folder", "count"), [("sisimai", 800), ("cpython_test_email", 40), ("mikel_mail", 100), ("stalwart", 50)]
)
def test_odd_public_mails_never_crash(shared_data: Path, folder: str, count: int) -> None:
    touched, problems, read = mapped(shared_data / "email" / folder)
    assert read >= count
    assert len(touched) + len(problems) >= read
    json.dumps([dict(one.properties) for one in touched]).encode()


@pytest.mark.shared
def test_public_replies_are_read_without_quotations(shared_data: Path) -> None:
    folder = shared_data / "email" / "talon" / "standard_replies"
    texts = [reply_text(Mail(path.read_bytes()).body) for path in sorted(folder.glob("*.eml"))]
    assert texts == ["Hello"] * 12
    replies = shared_data / "email" / "zapier_reply"
    ends = {"1_3": "would be great.", "1_6": "rendering as well.", "2_1": "Outlook with a reply", "1_8": "under this."}
    for name, end in ends.items():
        assert reply_text((replies / f"email_{name}.txt").read_text()).endswith(end)
