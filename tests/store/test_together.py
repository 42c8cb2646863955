"""Questions of one kind asked at once go together, and each gets its own answer whatever becomes of the others."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from hub.errors import RetryLater
from hub.store.sql import Query
from hub.store.together import APART, FIRST, MOST, Together, for_many

Rows = list[tuple[Any, ...] | None]


class Database:
    """Answers each question with itself; ``each`` and ``further`` are the seconds that the first question of a
    statement and every further one take."""

    def __init__(self, each: float = 0.004, further: float = 0.0) -> None:
        self.each = each
        self.further = further
        self.sizes: list[int] = []
        self.stopped = 0
        self.most_beside = 0
        self._beside = 0
        self.together = Together(self.alone, self.many)

    async def alone(self, _: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
        """The row of one."""
        return (await self._run([values]))[0]

    async def many(self, _: str, values: list[Sequence[Any]]) -> Rows | None:
        """The rows of many; None if there is a bad one among them."""
        rows = await self._run(values)
        return None if any("bad" in each for each in values) else rows

    async def _run(self, values: list[Sequence[Any]]) -> Rows:
        self.sizes.append(len(values))
        self._beside += 1
        self.most_beside = max(self.most_beside, self._beside)
        try:
            await asyncio.sleep(self.each + self.further * (len(values) - 1))
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        finally:
            self._beside -= 1
        return [None if "nobody" in each else ("row", *each) for each in values]

    async def ask(self, *values: Any, text: str = "SELECT $1::text") -> Any:
        """Ask one question."""
        query = Query(text)
        query.values += values
        return await self.together.ask(query)


def asked(database: Database, *values: Any) -> list[Any]:
    """The answers to questions that are asked at once."""

    async def run() -> list[Any]:
        return list(await asyncio.gather(*(database.ask(each) for each in values)))

    return asyncio.run(run())


def test_what_arrives_while_one_is_answered_goes_together_and_is_answered_each_its_own() -> None:
    database = Database()
    assert asked(database, *range(20)) == [("row", each) for each in range(20)]
    assert database.sizes == [1, FIRST, MOST, 7]
    assert database.most_beside == 1


def test_one_after_another_waits_for_nobody() -> None:
    database = Database(each=0)

    async def run() -> list[Any]:
        return [await database.ask(each) for each in range(5)]

    assert asyncio.run(run()) == [("row", each) for each in range(5)]
    assert database.sizes == [1] * 5


def test_questions_of_two_kinds_never_go_together() -> None:
    database = Database()

    async def run() -> list[Any]:
        return list(await asyncio.gather(*(database.ask(each, text=f"SELECT {each % 2}") for each in range(8))))

    assert asyncio.run(run()) == [("row", each) for each in range(8)]
    assert sorted(database.sizes) == [1, 1, 3, 3]


def test_a_bad_question_spoils_no_answer_but_its_own() -> None:
    database = Database()
    rows = asked(database, 0, 1, "nobody", "bad", 2)
    assert rows == [("row", 0), ("row", 1), None, ("row", "bad"), ("row", 2)]
    assert database.sizes == [1, 4, 1, 1, 1, 1]


def test_a_kind_whose_groups_save_no_time_goes_apart_for_a_while() -> None:
    database = Database(each=0.002, further=0.004)

    async def run() -> list[int]:
        seen = []
        for _ in range(4):
            await asyncio.gather(*map(database.ask, range(9)))
            seen.append(database.most_beside)
        return seen

    together_first, *_, apart_last = asyncio.run(run())
    assert (together_first, apart_last) == (1, 9)
    assert database.together._kinds["SELECT $1::text"].apart > APART - 36
    assert sum(database.sizes) == 36


def test_who_goes_away_takes_nobody_along_and_a_group_that_nobody_waits_for_stops() -> None:
    async def run(leaving: Sequence[int]) -> tuple[int, list[Any]]:
        database = Database(each=0.02)
        questions = [asyncio.ensure_future(database.ask(each)) for each in range(4)]
        await asyncio.sleep(0.03)  # the first was answered, the others are asked together
        for each in leaving:
            questions[each].cancel()
        answers = await asyncio.gather(*questions, return_exceptions=True)
        await asyncio.sleep(0)
        return database.stopped, [each if isinstance(each, tuple) else type(each).__name__ for each in answers]

    gone = "CancelledError"
    assert asyncio.run(run([2])) == (0, [("row", 0), ("row", 1), gone, ("row", 3)])
    assert asyncio.run(run([1, 2, 3])) == (1, [("row", 0), gone, gone, gone])


def test_a_database_that_is_away_is_told_to_each() -> None:
    async def away(*_: Any) -> Any:
        await asyncio.sleep(0.001)
        raise RetryLater("The database does not answer right now.")

    async def run() -> list[Any]:
        together = Together(away, away)
        return list(await asyncio.gather(*(together.ask(Query("SELECT 1")) for _ in range(5)), return_exceptions=True))

    assert [str(each) for each in asyncio.run(run())] == ["The database does not answer right now."] * 5


def test_a_statement_for_many_takes_lists_and_leaves_texts_alone() -> None:
    text = for_many("SELECT '$1::text', $2::bytea, ($1::text = $1::text), 'it''s $9' FROM t WHERE n < $3::bigint")
    assert text is not None
    assert text.endswith(
        "FROM unnest((SELECT $1::text[]), (SELECT $2::bytea[]), (SELECT $3::bigint[])) WITH ORDINALITY "
        "AS asked(v1, v2, v3, place), LATERAL (SELECT '$1::text', asked.v2, (asked.v1 = asked.v1), 'it''s $9' "
        "FROM t WHERE n < asked.v3) AS answer(a, b, c, d)"
    )


@pytest.mark.parametrize("text", ["SELECT 1", "SELECT $1", "SELECT $1::text = ANY($2::text[])"])
def test_statements_without_values_or_with_lists_are_not_for_many(text: str) -> None:
    assert for_many(text) is None
