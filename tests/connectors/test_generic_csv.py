"""Any sheet through a mapping: customers, deals, calls, birthdays, and four sources out of one file."""

import asyncio
import gzip
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.generic.csv import Sheet
from hub import sdk


def sheet(path: Path, **settings: Any) -> Sheet:
    return Sheet(Sheet.Settings.model_validate({"path": path} | settings))


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "sheet.csv"
    path.write_bytes(text.encode(encoding))
    return path


def rows(connector: Sheet) -> list[sdk.Row]:
    async def read() -> list[sdk.Row]:
        stream = connector.streams()[0]
        assert isinstance(stream, sdk.PullStream)
        return [row async for page in stream.pages(None) for row in page.rows]

    return asyncio.run(read())


def touchpoints(connector: Sheet) -> list[sdk.Touchpoint]:
    stream = connector.streams()[0]
    return [each for row in rows(connector) for each in stream.touchpoints(row) if isinstance(each, sdk.Touchpoint)]


def test_a_list_of_customers_gives_profiles_that_count_as_no_contact(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "নম্বর;নাম;ইমেইল;ফোন;জন্মদিন;শহর;মন্তব্য\n১;আনিকা রহমান;Anika@X.org;০১৭১২-৩৪৫৬৭৮;১৯৯০-০২-২৮;ঢাকা;ভালো 👍\n",
        "utf-16",
    )
    columns = {"key": "নম্বর", "name": "নাম", "email": "ইমেইল", "phone": "ফোন", "birthday": "জন্মদিন", "city": "শহর"}
    (found,) = touchpoints(sheet(path, columns=columns, occurred_on="2026-01-31", region="BD", properties="*"))
    assert found == sdk.Touchpoint(
        kind="profile",
        channel=sdk.Channel.OTHER,
        direction=sdk.Direction.INTERNAL,
        occurred_at=date(2026, 1, 31),
        automated=True,
        identifiers=(sdk.email("Anika@X.org"), sdk.phone("০১৭১২-৩৪৫৬৭৮", "BD")),
        traits={"name": "আনিকা রহমান", "city": "ঢাকা", "birthday": "1990-02-28"},
        properties={"মন্তব্য": "ভালো 👍"},
    )


def test_calls_are_contact_and_have_their_minutes(tmp_path: Path) -> None:
    path = written(tmp_path, "When,Number,Minutes,Note\n2026-03-01 14:30,+49 30 1234567,12,صارف نے قیمت پوچھی\n")
    connector = sheet(
        path,
        kind="call",
        channel="phone",
        direction="inbound",
        time_zone="Asia/Karachi",
        quantity_unit="minutes",
        columns={"time": "When", "phone": "Number", "quantity": "Minutes", "text": "Note"},
    )
    (found,) = touchpoints(connector)
    assert (found.kind, found.channel, found.direction, found.automated) == ("call", "PHONE", "INBOUND", False)
    assert found.occurred_at == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    assert found.quantity == sdk.Quantity(Decimal(12), "minutes")
    assert found.text == "صارف نے قیمت پوچھی"


def test_properties_are_text_unless_declared_otherwise(tmp_path: Path) -> None:
    path = written(tmp_path, "Seconds,Answered,Desk\n২৪০,Yes,007\n1.5,no,1\n1,perhaps,1\n")
    connector = sheet(
        path,
        occurred_on="2026-01-01",
        properties=["Seconds", "Answered", "Desk"],
        property_types={"Seconds": "integer", "Answered": "boolean"},
    )
    first, half, unsure = rows(connector)
    (found,) = connector.streams()[0].touchpoints(first)
    assert isinstance(found, sdk.Touchpoint)
    assert found.properties == {"Seconds": 240, "Answered": True, "Desk": "007"}
    with pytest.raises(sdk.RowUnreadable, match=r"Seconds: '1\.5' is not a whole number"):
        list(connector.streams()[0].touchpoints(half))
    with pytest.raises(sdk.RowUnreadable, match="Answered: 'perhaps' is neither yes nor no"):
        list(connector.streams()[0].touchpoints(unsure))


@pytest.mark.parametrize(
    ("text", "pattern", "born"),
    [
        ("1990-02-28", None, "1990-02-28"),
        ("1990-02-28 00:00:00", None, "1990-02-28"),
        ("--02-29", None, "--02-29"),
        ("29.02.", "%d.%m.", "--02-29"),
        ("10/05/1956", "%m/%d/%Y", "1956-10-05"),
    ],
)
def test_birthdays_are_read_with_and_without_a_year(tmp_path: Path, text: str, pattern: str | None, born: str) -> None:
    path = written(tmp_path, f"Mail,Born\na@x.org,{text}\n")
    columns = {"email": "Mail", "birthday": "Born"}
    (found,) = touchpoints(sheet(path, columns=columns, birthday_format=pattern, occurred_on="2026-01-01"))
    assert found.traits == {"birthday": born}


def test_a_birthday_that_is_none_stays_a_property(tmp_path: Path) -> None:
    path = written(tmp_path, "Mail,Born\na@x.org,06/59/2021\nb@x.org,\n")
    columns = {"email": "Mail", "birthday": "Born"}
    found = touchpoints(sheet(path, columns=columns, birthday_format="%m/%d/%Y", occurred_on="2026-01-01"))
    assert [(each.traits, each.properties) for each in found] == [({}, {"Born": "06/59/2021"}), ({}, {})]


DEALS = {
    "kind": "deal",
    "date_format": "%d-%m-%y",
    "currency": "USD",
    "columns": {"key": "id", "company": "account", "contact": "account"},
    "contact_is": "organisation",
    "matter": {
        "kind": "DEAL",
        "reference": "id",
        "title": "product",
        "state": "stage",
        "state_outcomes": {"Won": "WON", "Lost": "LOST"},
        "amount": "value",
        "owner": "agent",
        "opened": "engaged",
        "closed": "closed",
    },
}


def test_a_deal_is_told_when_it_opened_and_when_it_closed(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "id,agent,product,account,stage,engaged,closed,value\n"
        "1C1I7A6R,Moses Frase,GTX Plus Basic,Cancity,Won,20-10-16,01-03-17,1054\n"
        "Z063OYW0,Darcel Schlecht,GTXPro,Isdom,Engaging,25-10-16,,\n",
    )
    opened, won, engaging = touchpoints(sheet(path, **DEALS))
    assert [(each.part, each.occurred_at) for each in (opened, won, engaging)] == [
        ("opened", date(2016, 10, 20)),
        ("closed", date(2017, 3, 1)),
        ("opened", date(2016, 10, 25)),
    ]
    assert opened.matters == (
        sdk.MatterClaim(
            kind=sdk.MatterKind.DEAL, reference="1C1I7A6R", title="GTX Plus Basic", open=True, owner="Moses Frase"
        ),
    )
    assert won.matters == (
        sdk.MatterClaim(
            kind=sdk.MatterKind.DEAL,
            reference="1C1I7A6R",
            title="GTX Plus Basic",
            state="Won",
            outcome=sdk.MatterOutcome.WON,
            open=False,
            amount=sdk.Money(Decimal(1054), "USD"),
            owner="Moses Frase",
        ),
    )
    assert [(claim.state, claim.open) for claim in engaging.matters] == [("Engaging", True)]
    assert won.identifiers == (sdk.contact("Cancity"),)
    assert won.automated is False


def test_a_row_without_a_date_is_a_problem_unless_the_settings_give_one(tmp_path: Path) -> None:
    path = written(tmp_path, "id,agent,product,account,stage,engaged,closed,value\nA,,GTX,,Prospecting,,,\n")
    with pytest.raises(sdk.RowUnreadable, match="engaged: the row has no date"):
        touchpoints(sheet(path, **DEALS))
    (found,) = touchpoints(sheet(path, **DEALS, occurred_on="2017-12-31"))
    assert (found.part, found.occurred_at) == ("", date(2017, 12, 31))


def test_a_row_is_named_by_its_key_else_by_what_it_says_and_how_often(tmp_path: Path) -> None:
    path = written(tmp_path, "No,Mail\n7,a@x.org\n,b@x.org\n,b@x.org\n")
    keys = [row.key for row in rows(sheet(path, columns={"key": "No", "email": "Mail"}, occurred_on="2026-01-01"))]
    assert keys[0] == "7"
    assert [key[:4] for key in keys[1:]] == ["row/", "row/"]
    assert [key[-2:] for key in keys[1:]] == ["/1", "/2"]
    assert keys[1][:-2] == keys[2][:-2]


def test_versions_sort_as_the_numbers_and_times_they_stand_for(tmp_path: Path) -> None:
    path = written(tmp_path, "No,V\n1,9\n1,10\n1,১১\n1,\n1,?\n")
    found = [row.version for row in rows(sheet(path, columns={"key": "No", "version": "V"}, occurred_on="2026-01-01"))]
    assert found == ["9".zfill(20), "10".zfill(20), "11".zfill(20), None, None]
    path = written(tmp_path, "No,V\n1,31.12.2025\n1,01.01.2026\n")
    columns = {"key": "No", "version": "V"}
    found = [
        row.version for row in rows(sheet(path, columns=columns, date_format="%d.%m.%Y", occurred_on="2026-01-01"))
    ]
    assert found == ["2025-12-31", "2026-01-01"]


def test_the_first_page_is_small_so_that_a_preview_is_quick(tmp_path: Path) -> None:
    path = written(tmp_path, "Mail\n" + "".join(f"{n}@x.org\n" for n in range(2500)))

    async def sizes() -> list[int]:
        stream = sheet(path, columns={"email": "Mail"}, occurred_on="2026-01-01").streams()[0]
        assert isinstance(stream, sdk.PullStream)
        return [len(page.rows) async for page in stream.pages(None)]

    assert asyncio.run(sizes()) == [100, 1000, 1000, 400]


def test_a_page_holds_no_more_than_eight_megabytes(tmp_path: Path) -> None:
    path = written(tmp_path, "Mail,Note\n" + "".join(f"{n}@x.org,{'x' * 900_000}\n" for n in range(20)))

    async def sizes() -> list[int]:
        stream = sheet(path, columns={"email": "Mail"}, occurred_on="2026-01-01").streams()[0]
        assert isinstance(stream, sdk.PullStream)
        return [len(page.rows) async for page in stream.pages(None)]

    assert asyncio.run(sizes()) == [9, 9, 2]


def test_a_packed_sheet_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"Mail\na@x.org\n"))
    (tmp_path / "b.csv").write_bytes(gzip.compress(b"Mail\nb@x.org\n"))
    connector = sheet(tmp_path, columns={"email": "Mail"}, occurred_on="2026-01-01")
    assert list(connector.check()) == []
    assert [row.payload for row in rows(connector)] == [b"a@x.org", b"b@x.org"]
    (tmp_path / "b.csv").write_bytes(gzip.compress(b"Mail\nb@x.org\n")[:-9])
    assert list(connector.check()) == [
        "b.csv is no whole gzip file: Compressed file ended before the end-of-stream marker was reached"
    ]


def test_a_path_where_nothing_is_is_told_with_the_folder_it_is_taken_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    columns = {"email": "Mail"}
    assert list(sheet(Path("lists/none.csv"), columns=columns, occurred_on="2026-01-01").check()) == [
        "there is no file or folder 'lists/none.csv' in the folder the hub was started in"
    ]
    assert list(sheet(tmp_path / "none.csv", columns=columns, occurred_on="2026-01-01").check()) == [
        f"there is no file or folder '{tmp_path}/none.csv'"
    ]


def test_times_may_be_seconds_since_1970(tmp_path: Path) -> None:
    path = written(tmp_path, "When\n1772357400\n১৭৭২৩৫৭৪০০\n99999999999999\n")
    connector = sheet(path, columns={"time": "When"}, date_format="unix")
    first, second, far = rows(connector)
    stream = connector.streams()[0]
    for row in (first, second):
        (found,) = stream.touchpoints(row)
        assert isinstance(found, sdk.Touchpoint)
        assert found.occurred_at == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    with pytest.raises(sdk.RowUnreadable, match="When: '99999999999999' is not a time that a calendar has"):
        list(stream.touchpoints(far))


def test_only_the_rows_asked_for_are_this_sources(tmp_path: Path) -> None:
    path = written(tmp_path, "Mail,Via\na@x.org,fair\nb@x.org,shop\nc@x.org,fair\n")
    connector = sheet(path, columns={"email": "Mail"}, occurred_on="2026-01-01", where={"Via": "fair"})
    assert [each.identifiers for each in touchpoints(connector)] == [(sdk.email("a@x.org"),), (sdk.email("c@x.org"),)]


def test_given_and_family_name_make_a_name(tmp_path: Path) -> None:
    path = written(tmp_path, "First,Last\nLuís,Gonçalves\nমাদোনা,\n")
    columns = {"given_name": "First", "family_name": "Last"}
    found = touchpoints(sheet(path, columns=columns, occurred_on="2026-01-01"))
    assert [each.traits["name"] for each in found] == ["Luís Gonçalves", "মাদোনা"]


def test_settings_that_cannot_work_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="no column says when"):
        sheet(tmp_path, columns={"email": "Mail"})
    with pytest.raises(ValidationError, match="network is missing"):
        sheet(tmp_path, columns={"handle": "At"}, occurred_on="2026-01-01")
    with pytest.raises(ValidationError, match="telefon"):
        sheet(tmp_path, columns={"telefon": "Tel"}, occurred_on="2026-01-01")


def test_a_column_of_the_matter_or_the_filter_that_is_missing_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "id,account\n")
    with pytest.raises(sdk.ConfigWrong, match=r"sheet\.csv has no column 'product'; it has: id, account"):
        rows(sheet(path, **DEALS))
    path = written(tmp_path, "id\n")
    connector = sheet(path, occurred_on="2026-01-01", where={"source": "email"})
    assert list(connector.check()) == ["sheet.csv has no column 'source'; it has: id"]


@pytest.mark.shared
def test_four_sources_come_out_of_one_file(shared_data: Path) -> None:
    of_source: Counter[str] = Counter()
    of_kind: Counter[str] = Counter()
    for source in ("email", "webform", "accounting", "social"):
        connector = sheet(
            shared_data / "er" / "crm_mix.csv",
            where={"source": source},
            columns={
                "key": "record_id",
                "name": "full_name",
                "email": "email",
                "phone": "phone",
                "handle": "handle",
                "street": "street",
                "city": "city",
                "postcode": "zip",
                "birthday": "date_of_birth",
            },
            network="social",
            birthday_format="%m/%d/%Y",
            occurred_on="2026-01-01",
        )
        found = touchpoints(connector)
        of_source[source] = len(found)
        of_kind.update(each.kind for touchpoint in found for each in touchpoint.identifiers)
        of_kind["birthday"] += sum("birthday" in each.traits for each in found)
    assert of_source == {"email": 3113, "webform": 1944, "accounting": 1709, "social": 986}
    # Of 482 birth dates, five are none, such as 06/59/2021.
    assert of_kind == {"email": 5822, "phone": 1988, "handle": 986, "birthday": 477}


@pytest.mark.shared
def test_the_sales_pipeline_gives_its_deals_and_what_was_won(shared_data: Path) -> None:
    columns = {
        "kind": "DEAL",
        "reference": "opportunity_id",
        "title": "product",
        "state": "deal_stage",
        "state_outcomes": {"Won": "WON", "Lost": "LOST"},
        "amount": "close_value",
        "owner": "sales_agent",
        "opened": "engage_date",
        "closed": "close_date",
    }
    connector = sheet(
        shared_data / "crm" / "sales_pipeline.csv",
        kind="deal",
        date_format="%d-%m-%y",
        currency="USD",
        columns={"key": "opportunity_id", "company": "account", "contact": "account"},
        contact_is="organisation",
        matter=columns,
        occurred_on="2017-12-31",
    )
    found = touchpoints(connector)
    last = {claim.reference: claim for each in found for claim in each.matters}
    won = [claim for claim in last.values() if claim.outcome is sdk.MatterOutcome.WON]
    assert (len(last), len(won)) == (8800, 4238)
    assert sum(claim.amount.amount for claim in won if claim.amount) == 10_005_534
    assert sum(claim.open is True for claim in last.values()) == 2089
    assert sum(not each.identifiers for each in found if each.part != "closed") == 1425


def mapped(connector: Sheet) -> list[sdk.Mapped]:
    stream = connector.streams()[0]
    return [each for row in rows(connector) for each in stream.touchpoints(row)]


def test_a_sheet_of_campaigns_defines_them(tmp_path: Path) -> None:
    text = 'Code,Titel,Kanal,Von,Bis,Etat\nspring,Frühling,Facebook,01.03.2026,31.03.2026,"1.500,00"\n'
    connector = sheet(
        written(tmp_path, text), date_format="%d.%m.%Y", decimal_comma=True, currency="EUR",
        channels={"Facebook": "social"},
        campaigns={"reference": "Code", "name": "Titel", "channel": "Kanal", "starts_on": "Von", "ends_on": "Bis",
                   "budget": "Etat"},
    )  # fmt: skip
    assert mapped(connector) == [
        sdk.Campaign(
            reference="spring",
            name="Frühling",
            channel=sdk.Channel.SOCIAL,
            starts_on=date(2026, 3, 1),
            ends_on=date(2026, 3, 31),
            budget=sdk.Money(Decimal("1500.00"), "EUR"),
        )
    ]


def test_a_sheet_of_spend_says_what_channels_and_campaigns_cost_by_day(tmp_path: Path) -> None:
    days = "2026-03-01,spring,in person,12.50\n2026-03-02,,,7\n2026-03-03,,,\n"
    path = written(tmp_path, "Day,Campaign,Channel,Cost\n" + days)
    columns = {"on": "Day", "amount": "Cost", "campaign": "Campaign", "channel": "Channel"}
    told = mapped(sheet(path, spend=columns, currency="BDT"))
    assert told == [
        sdk.Spend(on=date(2026, 3, 1), amount=sdk.Money(Decimal("12.50"), "BDT"), channel=sdk.Channel.IN_PERSON,
                  campaign="spring"),
        sdk.Spend(on=date(2026, 3, 2), amount=sdk.Money(Decimal(7), "BDT")),
    ]  # fmt: skip
    (_, second) = mapped(sheet(path, spend=columns, currency="BDT", channel="web"))
    assert second == sdk.Spend(on=date(2026, 3, 2), amount=sdk.Money(Decimal(7), "BDT"), channel=sdk.Channel.WEB)


def test_a_sheet_of_products_defines_them(tmp_path: Path) -> None:
    path = written(tmp_path, "sku,what,group\nF1,Filter,Kitchen\nC1,,\n")
    assert mapped(sheet(path, products={"sku": "sku", "name": "what", "category": "group"})) == [
        sdk.Product(sku="F1", name="Filter", category="Kitchen"),
        sdk.Product(sku="C1", name="C1"),
    ]


def test_rows_that_define_nothing_readable_say_why(tmp_path: Path) -> None:
    path = written(tmp_path, "Day,Campaign,Channel,Cost\n,spring,web,1\n2026-03-01,spring,Insta,1\n")
    connector = sheet(path, spend={"on": "Day", "amount": "Cost", "channel": "Channel"}, currency="BDT")
    stream = connector.streams()[0]
    told = []
    for row in rows(connector):
        with pytest.raises(sdk.RowUnreadable) as caught:
            list(stream.touchpoints(row))
        told.append((str(caught.value), caught.value.path))
    assert told == [("Day: the row has no date", "Day"), ("Channel: 'Insta' is no channel", "Channel")]


def test_touchpoints_carry_their_campaign_cost_and_origin(tmp_path: Path) -> None:
    path = written(tmp_path, "When,Mail,Campaign,Cost,From\n2026-03-01,a@x.org,spring,0.30,newsletter\n")
    columns = {"time": "When", "email": "Mail", "campaign": "Campaign", "cost": "Cost", "utm_source": "From"}
    (found,) = touchpoints(sheet(path, kind="letter", channel="POST", columns=columns, currency="BDT"))
    assert (found.campaign, found.cost) == ("spring", sdk.Money(Decimal("0.30"), "BDT"))
    assert found.origin == sdk.Origin(source="newsletter")
