"""A report's charts and words, exactly."""

from datetime import UTC, datetime

from hub.report.charts import Bar, bars, columns, lines
from hub.report.page import Cell, Part, Report, Row, Table, Tile, html
from hub.report.words import amount, days, number, percent, signed, word


def test_numbers_are_said_with_the_digits_that_matter() -> None:
    assert [percent(0.5), percent(0.034), percent(0.0), percent(None)] == ["50 %", "3.4 %", "0 %", "–"]
    assert [signed(0.481), signed(-0.12), signed(None)] == ["+48.1 %", "-12.0 %", "–"]
    assert [number(1234.5), number(12.5), number(0.4217), number(None)] == ["1,234", "12.5", "0.42", "–"]
    assert word("AT_RISK") == "At risk"
    assert amount({"amount": "906470.00", "currency": "BDT"}) == "906,470 BDT"
    assert amount({"amount": "12500000.00", "currency": "BDT"}) == "12.5 m BDT"
    assert amount({"amount": "9.50", "currency": "EUR"}) == "9.50 EUR"


def test_durations_are_said_in_the_unit_that_fits() -> None:
    said = [days(each) for each in ("P49D", "P1DT12H", "PT5H", "PT90S", "P2W", None)]
    assert said == ["49 d", "1.5 d", "5.0 h", "2 min", "14 d", "–"]


def test_the_longest_bar_takes_the_room_and_the_others_their_part() -> None:
    drawn = bars([Bar("Prospect", 100, "100"), Bar("Lead", 25, "25 · 25 %")])
    widths = [float(part.split('width="')[1].split('"')[0]) for part in drawn.split("<rect ")[1:]]
    assert widths[1] * 4 == widths[0]
    assert "<title>Lead: 25 · 25 %</title>" in drawn


def test_columns_stand_on_each_other_below_a_round_number() -> None:
    drawn = columns(["2026-01"], {"first month": [120.0], "came back": [60.0]})
    first, again = [part.split('y="')[1].split('"')[0] for part in drawn.split("<rect ")[1:]]
    assert (float(first), float(again)) == (90.0, 30.0)  # 120 and 180 of 200, which is drawn 200 high from 10 on
    assert ">200</text>" in drawn


def test_a_line_has_a_gap_where_nothing_is_known() -> None:
    drawn = lines(["1", "2", "3", "4"], {"lost": [5.0, 6.0, None, 4.0]}, " %")
    assert drawn.count("<polyline") == 2
    assert "<title>2, lost: 6 %</title>" in drawn


def test_what_a_source_told_is_never_markup() -> None:
    evil = "<script>alert('রূপালী')</script>"
    part = Part(
        evil, evil, chart=bars([Bar(evil, 1, evil)]), table=Table((evil,), [Row(evil, [Cell(evil, 0.5, evil)])])
    )
    made = f"{datetime(2026, 11, 22, tzinfo=UTC):%Y-%m-%d}"
    page = html(Report(evil, "BDT", "Asia/Dhaka", made, [Tile(evil, evil)], [part], missing=evil))
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(") >= 9
    assert "রূপালী" in page
