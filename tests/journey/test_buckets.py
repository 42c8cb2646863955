"""Stretches of the calendar have the same number and the same first day in Python and in both databases."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import date, timedelta

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.journey.buckets import Calendar, TimeBucket
from hub.store import buckets
from hub.store import days as sql_days

EPOCH = date(1970, 1, 1)
CALENDARS = [Calendar(bucket, week, month) for bucket in TimeBucket for week in (1, 6, 7) for month in (1, 4, 7)]
calendars = st.builds(Calendar, st.sampled_from(TimeBucket), st.integers(1, 7), st.integers(1, 12))
days = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@pytest.mark.parametrize(
    ("calendar", "begins"),
    [
        (Calendar(TimeBucket.DAY), date(2026, 2, 28)),
        (Calendar(TimeBucket.WEEK), date(2026, 2, 23)),
        (Calendar(TimeBucket.WEEK, week_starts_on=7), date(2026, 2, 22)),
        (Calendar(TimeBucket.MONTH), date(2026, 2, 1)),
        (Calendar(TimeBucket.QUARTER), date(2026, 1, 1)),
        (Calendar(TimeBucket.YEAR, fiscal_start=7), date(2026, 1, 1)),
        (Calendar(TimeBucket.FISCAL_QUARTER, fiscal_start=5), date(2026, 2, 1)),
        (Calendar(TimeBucket.FISCAL_YEAR, fiscal_start=7), date(2025, 7, 1)),
    ],
)
def test_a_day_lies_in_the_stretch_that_begins(calendar: Calendar, begins: date) -> None:
    assert calendar.starts_on(calendar.number(date(2026, 2, 28))) == begins


@given(calendars, days)
def test_a_stretch_begins_at_the_latest_on_each_of_its_days_and_ends_before_the_next(
    calendar: Calendar, day: date
) -> None:
    number = calendar.number(day)
    assert calendar.starts_on(number) <= day < calendar.starts_on(number + 1)
    assert calendar.number(calendar.starts_on(number)) == number


def _days() -> list[int]:
    some = [date(1900, 1, 1) + timedelta(days=97 * step) for step in range(1100)]
    edges = [date(year, month, day) for year in (1900, 1970, 2000, 2024) for month in (2, 3) for day in (1, 28)]
    return [(day - EPOCH).days for day in [*some, *edges, date(2024, 2, 29), date(2199, 12, 31)]]


def _rows() -> list[tuple[int, str]]:
    return [(day, (EPOCH + timedelta(days=day)).isoformat()) for day in _days()]


def _statement(calendar: Calendar) -> str:
    number = buckets.number("day", calendar)
    told = f"{sql_days.of_text('told')}, {sql_days.month_of_text('told')}"
    return f"SELECT day, {number}, {buckets.starts_on(number, calendar)}, {told} FROM days"


def _check(rows: list[tuple[int, ...]], calendar: Calendar) -> None:
    assert len(rows) > 1100
    for day, number, begins, of_text, month in rows:
        on = EPOCH + timedelta(days=day)
        assert (number, of_text, month) == (calendar.number(on), day, on.year * 12 + on.month - 1), (calendar, on)
        assert begins == (calendar.starts_on(number) - EPOCH).days, (calendar, on)


def test_sqlite_reckons_the_same_numbers() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE days (day INTEGER, told TEXT)")
    connection.executemany("INSERT INTO days VALUES (?, ?)", _rows())
    for calendar in CALENDARS:
        _check(connection.execute(_statement(calendar)).fetchall(), calendar)
    connection.close()


def test_postgresql_reckons_the_same_numbers(pg_url: str) -> None:
    async def reckon() -> None:
        connection = await asyncpg.connect(pg_url)
        await connection.execute("CREATE TABLE days (day bigint, told text)")
        await connection.executemany("INSERT INTO days VALUES ($1, $2)", _rows())
        for calendar in CALENDARS:
            _check([tuple(row) for row in await connection.fetch(_statement(calendar))], calendar)
        await connection.close()

    asyncio.run(reckon())
