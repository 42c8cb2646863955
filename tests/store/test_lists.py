"""Lists as parameters, and rows that are given together: on both databases they hold what they are given."""

from contextlib import closing
from itertools import cycle, islice

import pytest

from hub.store.engine import Store
from hub.store.session import Session

AWKWARD = (
    "", " ", "null", "NULL", 'a"b', "a\\b", "a\\\\", 'a\\"', "a\nb\tc", "{a,b}", "a,b", "\x01", "\x7f", "é", "🙂",
)  # fmt: skip
_HELD = "SELECT r.word FROM ({words}) r WHERE r.word = ANY($1::text[])"
_COLUMNS = "num id kind namespace value side rank display masked hidden joins first_seen last_seen".split()


def _found(address: str, asked: list[str]) -> list[str]:
    words = " UNION ALL ".join(f"SELECT CAST(${place} AS text) AS word" for place in range(2, len(AWKWARD) + 2))
    with closing(Store.at(address)) as store, closing(store.truth()) as session:
        return [word for (word,) in session.all(_HELD.format(words=words), asked, *AWKWARD)]


def test_each_text_is_found_by_a_list_that_holds_it(hub_address: str) -> None:
    assert [_found(hub_address, [word]) for word in AWKWARD] == [[word] for word in AWKWARD]


def test_texts_are_found_among_each_other(hub_address: str) -> None:
    assert _found(hub_address, list(AWKWARD)) == list(AWKWARD)
    assert _found(hub_address, []) == []


def test_numbers_are_found_at_the_ends_of_what_fits(hub_address: str) -> None:
    ends = [-(2**63), -1, 0, 1, 2**63 - 1]
    statement = "SELECT 1 WHERE CAST($2 AS bigint) = ANY($1::bigint[])"
    with closing(Store.at(hub_address)) as store, closing(store.truth()) as session:
        assert [session.value(statement, ends, number) for number in ends] == [1] * 5
        assert session.value(statement, [], 1) is None


@pytest.mark.parametrize("together", [3, 40])
def test_rows_are_inserted_with_what_they_are_given_however_many_there_are(hub_address: str, together: int) -> None:
    columns = "num id kind namespace value side rank display masked hidden joins component".split()
    given = [
        (
            num, f"idn_{num}", "email", "", word, "PERSON", 30, word, word, num % 2 == 0, True,
            None if num % 3 else 2**63 - num,
        )
        for num, word in zip(range(1, together + 1), cycle(AWKWARD), strict=False)
    ]  # fmt: skip
    rows = [(*row, 0, -(2**63) + row[0]) for row in given]
    with closing(Store.at(hub_address)) as store, closing(store.projection()) as session, session.transaction():
        session.insert("identifier", [*columns, "first_seen", "last_seen"], rows)
        kept = session.all(f"SELECT {', '.join(columns)}, first_seen, last_seen FROM identifier ORDER BY num")
    assert kept == rows


@pytest.mark.parametrize("together", [3, 40])
def test_rows_are_updated_with_what_they_are_given_however_many_there_are(hub_address: str, together: int) -> None:
    with closing(Store.at(hub_address)) as store, closing(store.projection()) as session, session.transaction():
        _insert(session, together)
        given = [
            (num, word, place % 2 == 0, -(2**63) + place if place % 3 else None, None if place % 5 else word)
            for place, (num, word) in enumerate(zip(range(1, together + 1), cycle(AWKWARD), strict=False))
        ]
        session.update("identifier", ["num"], ["display", "joins", "component", "capped"], given)
        kept = session.all("SELECT num, display, joins, component, capped FROM identifier ORDER BY num")
    assert kept == given


@pytest.mark.parametrize("together", [3, 40])
def test_rows_are_deleted_by_keys_of_two_columns_however_many_there_are(hub_address: str, together: int) -> None:
    keys = [(word, num) for num, word in enumerate(islice(cycle(AWKWARD), together))]
    with closing(Store.at(hub_address)) as store, closing(store.projection()) as session, session.transaction():
        session.insert("search_term", ["term", "customer"], [*keys, ("left", 1)])
        session.delete("search_term", ["term", "customer"], keys)
        assert session.all("SELECT term, customer FROM search_term") == [("left", 1)]


def _insert(session: Session, count: int) -> None:
    rest = ("email", "", "a@b.example", "PERSON", 30, "a@b.example", "a", False, True, 0, 0)
    session.insert("identifier", _COLUMNS, [(num, f"idn_{num}", *rest) for num in range(1, count + 1)])
