"""JSON in pieces becomes one expression, in which what is long is copied least."""

from __future__ import annotations

from hub.reads.pieces import Known, Long, Piece, Read, merged, together


def test_what_is_known_beforehand_becomes_one_text() -> None:
    assert together([Known('{"a":'), Known('"'), "t.a", Known('"'), Known("}")]) == """('{"a":"' || t.a || '"}')"""
    assert together([Known("it's")]) == "'it''s'"


def test_what_stands_beside_rows_is_put_together_where_they_are_read() -> None:
    rows = Read((Known("["), Long("list"), Known("]")), "t")
    assert merged([Known('{"a":'), rows, Known("}")]) == [
        Read((Known('{"a":'), Known("["), Long("list"), Known("]"), Known("}")), "t")
    ]
    assert together([Known('{"a":'), rows, Known("}")]) == """(SELECT ('{"a":[' || list || ']}') FROM t)"""


def test_nothing_goes_into_rows_that_may_not_be_there() -> None:
    rows = Read((Known("1"),), "t", missing="'null'")
    assert together([Known("["), rows, Known("]")]) == "('[' || coalesce((SELECT '1' FROM t), 'null') || ']')"


def test_short_pieces_come_together_before_they_meet_a_long_one() -> None:
    pieces: list[Piece] = [Known("<"), "t.a", Long("list"), "t.b", Known(">")]
    assert together(pieces) == "(('<' || t.a) || list || (t.b || '>'))"
