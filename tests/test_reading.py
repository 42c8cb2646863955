"""Reading JSON of providers: rows as models, lists as the bytes of their elements."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel

from hub import sdk


class Visit(BaseModel):
    id: int
    at: AwareDatetime
    name: str = ""


@pytest.mark.parametrize(
    ("payload", "path", "message"),
    [
        (b'{"at": "2026-03-01T09:00:00Z"}', "id", "id: Field required"),
        (b'{"id": 1, "at": "2026-03-01T09:00:00"}', "at", "at: Input should have timezone info"),
        (b'{"id": 1, "at": "2026-03-01T09:00:00Z", "name": ["x"]}', "name", "name: Input should be a valid string"),
        (b"[1]", None, "Input should be an object"),
        (b"{", None, "Invalid JSON: EOF while parsing an object at line 1 column 1"),
        (b"\xff", None, "Invalid JSON: expected value at line 1 column 1"),
    ],
)
def test_a_row_that_is_no_such_model_says_why(payload: bytes, path: str | None, message: str) -> None:
    with pytest.raises(sdk.RowUnreadable) as unreadable:
        sdk.read(Visit, payload)
    assert (unreadable.value.path, unreadable.value.message) == (path, message)


def test_members_that_a_model_does_not_name_are_passed_over() -> None:
    assert (
        sdk.read(Visit, '{"id": 7, "at": "2026-03-01T15:00:00+06:00", "name": "করিম", "x": [1]}'.encode()).name
        == "করিম"
    )


def test_the_elements_of_a_list_are_the_bytes_that_came() -> None:
    body = '{"page": {"n": 1}, "data": {"items" : [ {"a": 1.0e2, "b":"\\u0995"},\n{"a":"ক]"} , "x" ]}}'.encode()
    assert sdk.items(body, "data", "items") == [b'{"a": 1.0e2, "b":"\\u0995"}', '{"a":"ক]"}'.encode(), b'"x"']
    assert sdk.items(b"\xef\xbb\xbf [ ] ") == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(VALUES, max_size=5), st.booleans(), st.sampled_from([None, 1]))
def test_every_list_is_cut_into_what_stands_in_it(values: list[object], ascii_only: bool, indent: int | None) -> None:
    body = json.dumps({"a": {"x": 1}, "items": values}, ensure_ascii=ascii_only, indent=indent).encode()
    cut = sdk.items(body, "items")
    assert [json.loads(each) for each in cut] == values
    assert all(each in body for each in cut)


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[1 2]", b"[1,", b"[,]", b"[1,]", b"<html>", b"\xff", b"[" * 100_000, b"null", b'{"items": 1}'],
)
def test_an_answer_without_the_list_is_a_failure_of_its_source(body: bytes) -> None:
    with pytest.raises(sdk.SourceFailed, match="The answer holds no JSON list"):
        sdk.items(body)
    with pytest.raises(sdk.SourceFailed, match=r"The answer holds no JSON list at data\.items"):
        sdk.items(body, "data", "items")
