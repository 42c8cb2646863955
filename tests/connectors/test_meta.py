"""social.meta against deliveries and a Graph API as Meta's documentation describes them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.social.meta.connector import Meta
from connectors.social.meta.leads import Leads
from connectors.social.meta.notices import Notices
from hub import sdk
from hub import testing as kit
from hub.client import Client
from hub.ingest.hub import Hub
from hub.registry import Registry, load_registry
from hub.testing import ConnectorSuite
from tests.connectors.meta_server import INSTAGRAM, PAGE, SAMPLE, SETTINGS, VERIFY, Graph, error, signed
from tests.connectors.sparing import Sparing
from tests.outside.worlds import World


class TestMeta(Sparing, ConnectorSuite):
    connector = Meta
    settings = SETTINGS
    provider = staticmethod(Graph(page=2).answer)
    does_not_apply = {"a_dead_cursor_begins_again": "a cursor is a time of our own for each form"}

    def expired(self, request: httpx.Request) -> httpx.Response:
        return error(190)

    def deliveries(self) -> dict[str, list[sdk.Delivery]]:
        return {"notices": [signed(each) for each in SAMPLE["deliveries"]]}

    @pytest.mark.long
    def test_no_delivery_makes_the_door_fall(self) -> None:
        super().test_no_delivery_makes_the_door_fall()


def bound(outside: sdk.Outside | None = None, **settings: Any) -> Meta:
    return Meta(Meta.Settings.model_validate(SETTINGS | settings), outside)


def notices(**settings: Any) -> Notices:
    return Notices(bound(**settings).settings)


def told(payload: Any, **settings: Any) -> list[sdk.Row]:
    return list(notices(**settings).receive(signed(payload)).rows)


def meaning(payload: Any) -> list[sdk.Touchpoint]:
    stream = notices()
    return [each for row in told(payload) if not row.deleted for each in stream.touchpoints(row)]


def told_by(key: str) -> Any:
    """The sample's delivery that holds a row of this key."""
    return next(each for each in SAMPLE["deliveries"] if key in [row.key for row in told(each)])


def the(key: str) -> sdk.Touchpoint:
    """What the sample's row of this key means."""
    (row,) = [row for row in told(told_by(key)) if row.key == key]
    (found,) = notices().touchpoints(row)
    return found


def whatsapp(**message: Any) -> Any:
    """A delivery with one message of nobody known otherwise."""
    metadata = {"display_phone_number": "15550783881", "phone_number_id": "1"}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "messages": [message]}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "2", "changes": [{"value": value, "field": "messages"}]}],
    }


def feed(**value: Any) -> Any:
    return {
        "object": "page",
        "entry": [{"id": PAGE, "time": 1770096000, "changes": [{"field": "feed", "value": value}]}],
    }


# What is told -------------------------------------------------------------------------------------------------------


def test_everything_told_is_a_row_of_its_own_with_its_meaning() -> None:
    stream = notices()
    found = [
        (row.key if not row.key.startswith("other/") else "other", *(each.kind for each in stream.touchpoints(row)))
        for each in SAMPLE["deliveries"]
        for row in told(each)
    ]
    post = f"{PAGE}_122100000001"
    assert found == [
        ("comment/122100000001_501", "reply"),
        ("comment/122100000001_502",),  # our own
        ("comment/122100000001_503",),  # of somebody whom Meta keeps back
        (f"reaction/{post}/4815162342", "reaction"),
        ("other",),  # hidden by us
        (f"post/{PAGE}_122100000009", "mention"),
        ("rating/990011", "review"),
        ("mention/4815162342_7", "mention"),
        ("lead/3001",),  # fetched as a lead
        ("m_AAAA1", "direct_message"),
        ("m_AAAA2", "direct_message"),
        ("m_AAAA3", "direct_message"),
        ("m_AAAA4", "direct_message"),
        ("reaction/m_AAAA2/6501234567890123", "reaction"),
        ("read/6501234567890123/1770096899000", "read_receipt"),
        ("delivery/6501234567890123/1770096899000",),
        ("other",),  # of somebody without an id as yet
        ("comment/17919697626119712", "reply"),
        ("comment/17919697626119713",),  # our own
        ("other",),  # a mention, told without its text
        ("aWdfZAG1faXRlb1", "mention"),  # in a story
        ("aWdfZAG1faXRlb2", "direct_message"),
        ("read/998877665544332/aWdfZAG1faXRlb0", "read_receipt"),
        ("aWdfZAG1faXRlb3", "direct_message"),
        ("wamid.A1", "direct_message"),
        ("wamid.A2", "direct_message"),
        ("wamid.A3", "direct_message"),
        ("wamid.A4", "direct_message"),
        ("wamid.A5", "direct_message"),
        ("reaction/wamid.B1/8801711234567", "reaction"),
        ("wamid.A7", "direct_message"),
        ("wamid.A8", "direct_message"),
        ("wamid.A9", "profile"),
        ("wamid.A10", "profile"),
        ("wamid.B1/sent", "direct_message"),
        ("wamid.B1/delivered", "social.delivery"),
        ("wamid.B1/read", "read_receipt"),
        ("wamid.B2/failed", "social.failure"),
        ("wamid.B3/sent",),  # to a group
        ("wamid.E1", "direct_message"),
        ("other",),  # about a template
    ]


def test_a_comment_at_a_page_is_of_its_writer_as_that_page_knows_them() -> None:
    assert the("comment/122100000001_501") == sdk.Touchpoint(
        kind="reply",
        channel=sdk.Channel.SOCIAL,
        direction=sdk.Direction.INBOUND,
        occurred_at=sdk.instant("2026-02-03T05:14:50Z"),
        text="আপনাদের শাড়িগুলো কি এখনও আছে? 🌸",
        identifiers=(sdk.social(f"facebook:{PAGE}", "4815162342"),),
        traits={"name": "ফারজানা হক"},
        properties={
            "network": "facebook",
            "url": "https://www.facebook.com/122100000001_501",
            "in_reply_to": f"{PAGE}_122100000001",
            "thread": f"{PAGE}_122100000001",
        },
    )


def test_a_comment_that_is_edited_or_removed_is_the_same_comment() -> None:
    said: dict[str, Any] = {"item": "comment", "comment_id": "1_2", "post_id": "1", "from": {"id": "7", "name": "دنا"}}
    add, edited = (
        feed(**said, verb="add", message="a"),
        feed(**said, verb="edited", message="b", created_time=1770095690),
    )
    assert [row.key for each in (add, edited) for row in told(each)] == ["comment/1_2", "comment/1_2"]
    assert meaning(edited)[0].text == "b"
    (gone,) = told(feed(**said, verb="remove"))
    assert (gone.key, gone.payload, gone.deleted) == ("comment/1_2", b"", True)
    assert [row.key[:6] for row in told(feed(**said, verb="hide"))] == ["other/"]


def test_a_review_says_whether_it_recommends() -> None:
    review = the("rating/990011")
    assert (review.text, review.properties["recommendation"]) == ("מומלץ!", "positive")
    assert review.identifiers == (sdk.social(f"facebook:{PAGE}", "4815162399"),)


def test_messages_of_messenger_go_both_ways_with_one_person() -> None:
    first, answer, second, button = (the(f"m_AAAA{number}") for number in range(1, 5))
    person = (sdk.social(f"facebook:{PAGE}", "6501234567890123"),)
    assert [each.identifiers for each in (first, answer, second, button)] == [person] * 4
    assert (first.text, first.direction) == ("السلام علیکم، قیمت کیا ہے؟", sdk.Direction.INBOUND)
    assert first.origin == sdk.Origin(source="facebook", medium="paid", campaign="spring", content="6045246247433")
    assert (answer.text, answer.direction) == ("৳ ২,৫০০", sdk.Direction.OUTBOUND)
    assert second.properties == {
        "network": "facebook",
        "in_reply_to": "m_AAAA2",
        "postback": "BUY",
        "attachments": [{"name": "image", "type": "image"}, {"name": "Green saree", "type": "template"}],
    }
    assert (button.text, button.properties["postback"]) == ("شروع کریں", "GET_STARTED")
    assert button.origin == sdk.Origin(source="facebook", medium="shortlink", campaign="flyer")
    assert the("reaction/m_AAAA2/6501234567890123").properties["reaction"] == "❤️"


def conversed(**said: Any) -> Any:
    item = {"sender": {"id": "6"}, "recipient": {"id": PAGE}, "timestamp": 1770096400123, **said}
    return {"object": "page", "entry": [{"id": PAGE, "time": 1770096400555, "messaging": [item]}]}


def test_what_is_taken_back_is_gone() -> None:
    (unsent,) = told(conversed(message={"mid": "m_1", "is_deleted": True}))
    (unliked,) = told(conversed(reaction={"action": "unreact", "mid": "m_1"}))
    (revoked,) = told(
        whatsapp(id="wamid.2", **{"from": "88017"}, type="revoke", revoke={"original_message_id": "wamid.1"})
    )
    (plain,) = told(whatsapp(id="wamid.3", **{"from": "88017"}, type="reaction", reaction={"message_id": "wamid.1"}))
    assert [(row.key, row.deleted) for row in (unsent, unliked, revoked, plain)] == [
        ("m_1", True),
        ("reaction/m_1/6", True),
        ("wamid.1", True),
        ("reaction/wamid.1/88017", True),
    ]


def test_what_is_edited_stands_in_the_place_of_what_it_was() -> None:
    edit = {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "কাল"}}}
    given = whatsapp(id="wamid.2", **{"from": "8801711234567"}, timestamp="1770098000", type="edit", edit=edit)
    assert [row.key for row in told(given)] == ["wamid.1"]
    (found,) = meaning(given)
    assert (found.text, found.properties["edited"]) == ("কাল", True)
    given = conversed(message_edit={"mid": "m_1", "text": "now", "num_edit": 1})
    assert ([row.key for row in told(given)], meaning(given)[0].text) == (["m_1"], "now")


def test_instagram_tells_of_its_people_as_its_account_knows_them() -> None:
    comment, story = the("comment/17919697626119712"), the("aWdfZAG1faXRlb1")
    person = (sdk.social(f"instagram:{INSTAGRAM}", "998877665544332"),)
    assert (comment.identifiers, story.identifiers) == (person, person)
    assert (comment.text, comment.properties["handle"], comment.properties["ad"]) == (
        "کتنے کا ہے؟ 🌹",
        "@bilal.lahore",
        "555",
    )
    assert comment.occurred_at == sdk.instant("2026-02-03T05:36:40Z")  # when it was told: nothing else is
    assert (story.kind, story.text) == ("mention", None)
    assert the("aWdfZAG1faXRlb3").occurred_at == sdk.instant("2026-02-03T05:40:00Z")  # told as a change


def test_a_mention_on_instagram_is_kept_and_is_nobodys_for_it_names_nobody() -> None:
    value = {"media_id": "17918195224117851", "comment_id": "17894227972186120"}
    change = {"field": "mentions", "value": value}
    (row,) = told({"object": "instagram", "entry": [{"id": INSTAGRAM, "time": 1770097300, "changes": [change]}]})
    assert json.loads(row.payload) == change
    assert list(notices().touchpoints(row)) == []


def test_a_message_of_whatsapp_is_of_a_user_id_and_a_number() -> None:
    assert the("wamid.A1") == sdk.Touchpoint(
        kind="direct_message",
        channel=sdk.Channel.CHAT,
        direction=sdk.Direction.INBOUND,
        occurred_at=sdk.instant("2026-02-03T05:53:20Z"),
        text="ভাই, ডেলিভারি কবে?",
        origin=sdk.Origin(
            source="facebook",
            medium="paid",
            content="120226305854810726",
            click_id="Aff-n8ZTODiE79d22",
            referrer="https://fb.me/3cr4Wqqkv",
        ),
        identifiers=(sdk.social("whatsapp", "BD.13491208655302741918"), sdk.phone("+8801711234567")),
        traits={"name": "করিম উদ্দিন"},
        participants=(sdk.Participant(sdk.ParticipantRole.AGENT, "", "15550783881"),),
        properties={"network": "whatsapp"},
    )


def test_somebody_without_a_number_is_known_by_the_user_ids() -> None:
    picture = the("wamid.A2")
    assert picture.identifiers == (
        sdk.social("whatsapp", "PK.20998877665544332211"),
        sdk.social("whatsapp", "PK.ENT.11815799212886844830"),
    )
    assert (picture.text, picture.traits["name"]) == ("یہ والا", "ثنا خان")
    assert picture.properties == {
        "network": "whatsapp",
        "handle": "@sana.khan",
        "in_reply_to": "wamid.B1",
        "attachments": [{"name": "image", "type": "image/jpeg"}],
    }


def test_answers_places_and_files_are_read_as_a_person_reads_them() -> None:
    texts = {key: the(f"wamid.{key}").text for key in ("A3", "A4", "A5", "A7", "A8")}
    assert texts == {"A3": "হ্যাঁ", "A4": "Anarkali\nLahore", "A5": None, "A7": None, "A8": "Stop promotions"}
    assert the("wamid.A5").properties["attachments"] == [{"name": "order.pdf", "type": "application/pdf"}]
    assert (the("wamid.A3").properties["postback"], the("wamid.A8").properties["postback"]) == ("yes-1", "stop")
    assert the("wamid.A4").traits["name"] == "ثنا خان"  # two people in one delivery


def test_a_changed_number_or_user_id_is_the_same_person() -> None:
    assert the("wamid.A9").identifiers == (
        sdk.social("whatsapp", "BD.13491208655302741918"),
        sdk.social("whatsapp", "BD.777"),
        sdk.phone("+8801711234567"),
        sdk.phone("+8801811000111"),
    )
    assert the("wamid.A10").identifiers == tuple(
        sdk.social("whatsapp", each)
        for each in ("PK.20998877665544332211", "PK.ENT.11815799212886844830", "AE.333", "AE.ENT.4")
    )
    changed = whatsapp(
        **{"from": "88017"}, id="w", timestamp="1", type="system", system={"type": "customer_identity_changed"}
    )
    assert meaning(changed) == []


@pytest.mark.parametrize(("origin", "found"), [("contact_request", ["PK.1", "+923001234567"]), ("other", ["PK.1"])])
def test_a_number_that_was_asked_for_is_the_senders(origin: str, found: list[str]) -> None:
    cards = [{"vcard": "", "phones": [{"phone": "+92 300-1234567"}]}]
    (card,) = meaning(
        whatsapp(from_user_id="PK.1", id="w", timestamp="1770098000", type="contacts", origin=origin, contacts=cards)
    )
    assert [each.value for each in card.identifiers] == found


def test_each_of_several_people_in_a_delivery_is_told_apart() -> None:
    given = json.loads(json.dumps(told_by("wamid.A3")))
    given["entry"][0]["changes"][0]["value"]["contacts"].reverse()
    names = {each.text or "order.pdf": each.traits["name"] for each in meaning(given)}
    assert names == {"হ্যাঁ": "করিম উদ্দিন", "Anarkali\nLahore": "ثنا خان", "order.pdf": "ثنا خان"}


def test_what_was_sent_to_a_group_is_nobodys() -> None:
    status = {"id": "w", "status": "read", "timestamp": "1770098000", "recipient_id": "8801711234567"}
    given = json.loads(json.dumps(told_by("wamid.B1/sent")))
    for kind, found in (("individual", 1), ("group", 0)):
        given["entry"][0]["changes"][0]["value"]["statuses"] = [{**status, "recipient_type": kind}]
        assert len(meaning(given)) == found


def test_what_we_react_and_read_ourselves_says_nothing() -> None:
    ours = {"sender": {"id": PAGE}, "recipient": {"id": "6"}}
    assert meaning(conversed(**ours, reaction={"action": "react", "mid": "m_1", "emoji": "❤️"})) == []
    assert meaning(conversed(**ours, read={"watermark": 1})) == []
    assert [each.direction for each in meaning(conversed(**ours, message={"mid": "m_1"}))] == [sdk.Direction.OUTBOUND]


def test_what_became_of_a_message_is_told_of_its_receiver() -> None:
    sent, read, failed = (the(f"wamid.{key}") for key in ("B1/sent", "B1/read", "B2/failed"))
    assert (sent.direction, sent.automated, sent.properties["original_message_id"]) == (
        sdk.Direction.OUTBOUND,
        True,
        "wamid.B1",
    )
    assert (read.direction, read.automated, read.identifiers) == (sdk.Direction.INBOUND, False, sent.identifiers)
    assert failed.properties["reason"] == "Message undeliverable"
    echo = the("wamid.E1")
    assert (echo.direction, echo.text, echo.identifiers) == (sdk.Direction.OUTBOUND, "কাল পৌঁছাবে", sent.identifiers)


def test_only_the_accounts_that_count_are_kept() -> None:
    both = {"object": "page", "entry": [told_by("m_AAAA1")["entry"][0], {"id": "9", "time": 1, "messaging": []}]}
    assert [row.key for row in told(both, accounts=[PAGE])] == ["m_AAAA1"]
    assert told(both, accounts=["9"]) == []


def test_one_strange_part_hides_no_other() -> None:
    entry = {"id": PAGE, "time": 1, "messaging": [7, told_by("m_AAAA1")["entry"][0]["messaging"][0]], "changes": ["x"]}
    rows = told({"object": "page", "entry": [entry, {"id": PAGE, "uid": "older apps"}]})
    assert [row.payload for row in rows if row.key.startswith("other/")] == [
        b"7",
        b'"x"',
        b'{"id": "1067280970047460", "uid": "older apps"}',
    ]
    assert [row.key for row in rows if not row.key.startswith("other/")] == ["m_AAAA1"]
    with pytest.raises(sdk.RowUnreadable):
        list(notices().touchpoints(rows[0]))


# The door -----------------------------------------------------------------------------------------------------------


def asked(query: dict[str, str]) -> sdk.Delivery:
    return replace(kit.delivery(b""), method="GET", query=query)


def test_meta_is_answered_its_challenge_if_it_knows_the_word() -> None:
    known = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": VERIFY}
    reply = notices().receive(asked(known)).reply
    assert (reply.status, reply.body, reply.headers["content-type"]) == (
        200,
        b"1158201444",
        "text/plain; charset=utf-8",
    )
    for wrong in ({"hub.verify_token": "no"}, {"hub.verify_token": ""}, {"hub.challenge": "<script>"}):
        with pytest.raises(sdk.SignatureWrong):
            notices().receive(asked(known | wrong))
    assert notices().receive(asked({})).reply.status == 200


@pytest.mark.parametrize(
    "header",
    ["", "sha256=", "sha256=00", "sha1=" + "0" * 40, "sha256=" + "0" * 64, "sha256=ক", "0" * 64],
    ids=["none", "empty", "short", "sha1", "forged", "letters", "bare"],
)
def test_what_is_not_proved_is_refused(header: str) -> None:
    genuine = signed(SAMPLE["deliveries"][0])
    with pytest.raises(sdk.SignatureWrong):
        notices().receive(replace(genuine, headers={**genuine.headers, "x-hub-signature-256": header}))
    with pytest.raises(sdk.SignatureWrong):
        notices().receive(replace(genuine, body=genuine.body + b" "))


def test_while_the_secret_is_reset_the_old_and_the_new_are_good() -> None:
    stream = notices(app_secrets=["new-secret-of-the-shop", SETTINGS["app_secrets"][0]])
    assert len(stream.receive(signed(SAMPLE["deliveries"][0])).rows) == 1
    assert len(stream.receive(signed(SAMPLE["deliveries"][0], "new-secret-of-the-shop")).rows) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"object": 1}', b'{"object": "page", "entry": [1]}', b"\xff"])
def test_what_is_genuine_and_cannot_be_read_is_kept_whole(body: bytes) -> None:
    (row,) = told(body)
    assert row.payload == body
    with pytest.raises(sdk.RowUnreadable, match="no notice of the form that Meta describes"):
        list(notices().touchpoints(row))


def test_a_lead_that_is_told_of_is_fetched_soon() -> None:
    delivery = signed(told_by("lead/3001"))
    assert notices().receive(delivery).pull_within == 10
    assert notices(page="").receive(delivery).pull_within is None
    assert [each.name for each in bound(page="").streams()] == ["notices"]


def test_settings_that_cannot_work_are_told() -> None:
    for wrong, sentence in (
        ({"app_secrets": []}, "nothing can be verified"),
        ({"page_token": None}, "page_token is missing"),
        ({"page": "the.shop"}, "a Page's id is a number"),
        ({"api": "https://graph.facebook.com"}, "with its version"),
    ):
        with pytest.raises(ValueError, match=sentence):
            bound(None, **wrong)
    assert list(bound(api="http://graph.example/v25.0").check()) == [
        "api: use https, so that nobody on the way reads the token."
    ]


# Leads --------------------------------------------------------------------------------------------------------------


def pulled(graph: Graph, cursor: sdk.Cursor | None = None, **settings: Any) -> list[sdk.Page]:
    async def pull() -> list[sdk.Page]:
        outside = World(graph.answer).outside()
        return [page async for page in Leads(bound(**settings).settings, outside).pages(cursor)]

    return asyncio.run(pull())


def lead(number: int) -> sdk.Touchpoint:
    said = [each for leads in SAMPLE["leads"].values() for each in leads][number]
    stream = Leads(bound().settings, World(Graph().answer).outside())
    (found,) = stream.touchpoints(sdk.Row(said["id"], json.dumps(said).encode(), {"form": "শাড়ি অফার"}))
    return found


def test_a_lead_is_a_form_under_its_ad() -> None:
    assert lead(0) == sdk.Touchpoint(
        kind="form",
        channel=sdk.Channel.SOCIAL,
        direction=sdk.Direction.INBOUND,
        occurred_at=sdk.instant("2026-02-03T06:05:50Z"),
        title="শাড়ি অফার",
        origin=sdk.Origin(source="facebook", medium="paid", campaign="Spring 2026", content="Red saree"),
        campaign="Spring 2026",
        identifiers=(sdk.email("farzana@example.org"), sdk.phone("+8801711000111")),
        traits={"name": "ফারজানা হক"},
        properties={
            "form": "শাড়ি অফার",
            "fields": {
                "full_name": "ফারজানা হক",
                "email": "farzana@example.org",
                "phone_number": "+8801711000111",
                "which_size?": ["small", "large"],
            },
            "consent": {"given": False, "text": "newsletter", "at": "2026-02-03T06:05:50+00:00"},
            "ad_id": "111",
            "campaign_id": "113",
        },
    )
    second, last = lead(1), lead(3)
    assert (second.origin and second.origin.source, second.traits) == (
        "instagram",
        {"name": "ثنا خان", "city": "لاہور"},
    )
    assert (last.origin and last.origin.medium, last.traits) == ("organic", {"name": "Nina Wójcik"})


def test_leads_of_the_testing_tool_mean_nothing() -> None:
    (said,) = [each for each in SAMPLE["leads"]["2001"] if each["id"] == "3003"]
    assert list(bound().streams()[1].touchpoints(sdk.Row("3003", json.dumps(said).encode()))) == []


def test_forms_are_walked_one_after_the_other_and_then_from_where_they_were_walked_to() -> None:
    graph = Graph(page=2)
    pages = pulled(graph)
    assert [[row.key for row in page.rows] for page in pages] == [["3001", "3002"], ["3003"], [], ["3004"], [], [], []]
    walked = "2026-03-01T12:00:00+00:00"
    assert [page.cursor for page in pages] == [
        *[{"since": {}}] * 2,
        *[{"since": {"2001": walked}}] * 2,
        *[{"since": {"2001": walked, "2002": walked}}] * 2,
        {"since": {"2001": walked, "2002": walked, "2003": walked}},
    ]
    assert pages[0].rows[0].envelope == {"form": "শাড়ি অফার"}
    graph.leads["2002"].append(graph.leads["2002"][0] | {"id": "3005", "created_time": "2026-03-01T11:55:00+0000"})
    assert [row.key for page in pulled(graph, pages[-1].cursor) for row in page.rows] == ["3005"]
    assert graph.asked[-2] == "/v25.0/2002/leads after= since=1772365800"  # ten minutes before


def test_ads_are_asked_for_unless_the_token_may_not_read_them() -> None:
    fields: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        fields.append(request.url.params["fields"])
        return Graph().answer(request)

    async def pull(ads: bool) -> None:
        stream = Leads(bound(ads=ads).settings, World(answer).outside())
        assert [page async for page in stream.pages(None)]

    for ads in (True, False):
        asyncio.run(pull(ads))
    assert ["campaign_name" in each for each in fields if each != "id,name"] == [True] * 3 + [False] * 3


@pytest.mark.parametrize(
    ("failing", "problem", "sentence"),
    [
        (error(190), sdk.SignInAgain, "does not take the Page's access token any more"),
        (error(200, 403), sdk.SignInAgain, "may not read leads"),
        (error(10), sdk.SignInAgain, "may not read leads"),
        (error(100), sdk.SourceFailed, "answered 400 .error 100"),
        (error(80005), sdk.RetryLater, "asks for patience"),
        (httpx.Response(200, text="<html>"), sdk.SourceFailed, "no JSON object"),
        (httpx.Response(400, text="[]"), sdk.SourceFailed, "no JSON object"),
    ],
    ids=["expired", "forbidden", "permission", "other", "busy", "html", "list"],
)
def test_errors_of_the_graph_api_mean_what_they_say(
    failing: httpx.Response, problem: type[Exception], sentence: str
) -> None:
    graph = Graph()
    graph.failing.append(failing)
    with pytest.raises(problem, match=sentence):
        pulled(graph)


def test_patience_is_what_meta_estimates_or_an_hour() -> None:
    use = {"113": [{"type": "leadgen", "call_count": 100, "estimated_time_to_regain_access": 19}]}
    for headers, seconds in (({"x-business-use-case-usage": json.dumps(use)}, 1140.0), ({}, 3600.0)):
        graph = Graph()
        graph.failing.append(error(4, 400, **headers))
        with pytest.raises(sdk.RetryLater) as later:
            pulled(graph)
        assert later.value.after == seconds


# In a hub -----------------------------------------------------------------------------------------------------------


def test_a_person_of_two_numbers_is_one_customer(hub_folder: Path) -> None:
    connectors = Registry({**load_registry().connectors, "social.meta": Meta}, {})
    new = whatsapp(
        **{"from": "8801811000111"}, id="wamid.N", timestamp="1770099000", type="text", text={"body": "আমি করিম"}
    )

    async def main() -> Any:
        async with await Hub.open(str(hub_folder), connectors) as hub:
            source = (await hub.create_source("WhatsApp", "social.meta", {**SETTINGS, "page": ""})).ids[0]
            for each in (told_by("wamid.A1"), new, told_by("wamid.A9")):
                await hub.deliver(source, "notices", signed(each))
            async with hub.reader.snapshot() as snapshot:
                last = await snapshot.value("SELECT max(number) FROM record")
            assert await hub.wait(int(last), 20)
            asking = "{ customers(first: 9) { edges { node { id name timeline { totalCount } } } } }"
            return await Client.of(hub).execute(asking)

    said = asyncio.run(main())
    found = [(each["node"]["name"], each["node"]["timeline"]["totalCount"]) for each in said["customers"]["edges"]]
    # The same delivery told of another person, of whom nothing else is known.
    assert sorted(found, key=str) == [("করিম উদ্দিন", 3), (None, 1)]
