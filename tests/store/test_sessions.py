"""The writing side: statements that are asked together, and what is heard of them when they fail."""

import sqlite3
import threading
from contextlib import closing

import psycopg
import pytest

from hub.store.engine import Store
from hub.store.session import Session
from hub.store.writing import records

_SETTING = "INSERT INTO setting (name, value) VALUES ($1, $2)"
_VALUE = "SELECT value FROM setting WHERE name = $1"


def test_statements_asked_in_one_go_are_answered_in_their_order(hub_address: str) -> None:
    with closing(Store.at(hub_address)) as store, closing(store.truth()) as session:
        words = [["a", "b"], [], ["আনা"]]
        held = "SELECT w.word FROM (SELECT 'a' AS word UNION ALL SELECT 'b' UNION ALL SELECT 'আনা') w "
        asked = [(held + "WHERE w.word = ANY($1::text[]) ORDER BY w.word", each) for each in words]
        assert session.each(*asked) == [[("a",), ("b",)], [], [("আনা",)]]


def test_whoever_waited_for_the_lock_sees_what_was_stored_before_it_was_theirs(hub_address: str) -> None:
    with closing(Store.at(hub_address)) as store, closing(store.truth()) as one, closing(store.truth()) as other:
        seen: list[object] = []

        def wait() -> None:
            with other.transaction():
                seen.extend(other.each((records.TAKE,), (_VALUE, "motto")))

        waiting = threading.Thread(target=wait)
        with one.transaction():
            records.begin_sequence(one)
        with one.transaction():
            last = records.take_numbers(one)
            waiting.start()
            waiting.join(0.3)
            one.run(_SETTING, "motto", '"first"')
            records.give_numbers(one, last + 1)
        waiting.join(10)
        assert seen == [[(last + 1,)], [('"first"',)]]


@pytest.mark.parametrize("many", [3, 40])
def test_rows_of_any_letters_and_bytes_are_inserted_in_a_pipeline(hub_address: str, many: int) -> None:
    letters = ["plain", "আনা", "علي", "🦊", 'a "quote", a \\ and {braces}', "a line\n\tand a tab", "", None]
    rows = [(number, letters[number % len(letters)], bytes(range(number, 256))) for number in range(many)]
    with closing(Store.at(hub_address)) as store, closing(store.truth()) as session:
        session.run("CREATE TEMPORARY TABLE thing (num bigint, word text, held bytea)")
        with session.transaction(), session.pipeline():
            session.insert("thing", ("num", "word", "held"), rows)
            session.run("UPDATE thing SET num = num + $1", 1000)
        found = session.all("SELECT num - 1000, word, held FROM thing ORDER BY num")
        assert [(num, word, bytes(held)) for num, word, held in found] == rows


def test_what_fails_in_a_pipeline_is_heard_at_its_end_at_the_latest_and_undoes_the_transaction(
    hub_address: str,
) -> None:
    with closing(Store.at(hub_address)) as store, closing(store.truth()) as session:
        with pytest.raises((sqlite3.IntegrityError, psycopg.errors.UniqueViolation)):
            _say_twice(session)
        assert session.all("SELECT name FROM setting WHERE name IN ('motto', 'other')") == []
        with session.transaction(), session.pipeline():
            session.run(_SETTING, "motto", '"after"')
        assert session.value(_VALUE, "motto") == '"after"'


def _say_twice(session: Session) -> None:
    with session.transaction():
        session.run(_SETTING, "motto", '"before"')
        with session.pipeline():
            session.run(_SETTING, "motto", '"again"')
            session.run(_SETTING, "other", '"never"')
