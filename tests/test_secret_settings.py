"""Which settings are secret, and settings without them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, SecretStr

from hub.errors import ConfigWrong
from hub.secret_settings import MARK, discreet, dotted, merged, overlooked, places, put_back, shown, taken_out


class Basic(BaseModel):
    way: Literal["basic"]
    user: str
    password: SecretStr


class Signed(BaseModel):
    way: Literal["signed"]
    keys: tuple[str, SecretStr]


class Branch(BaseModel):
    secret: SecretStr | None = None
    below: Branch | None = None


class Kind(BaseModel):
    """Secrets in all the ways that pydantic has."""

    plain: str = ""
    maybe: SecretStr | None = None
    one_or_many: SecretStr | list[SecretStr] | None = None
    login: Annotated[Basic | Signed, Field(discriminator="way")] | None = None
    by_name: dict[str, SecretStr] = {}
    deep: dict[str, list[Branch]] = {}
    named: SecretStr | None = Field(None, alias="otherName")


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"plain": "x", "maybe": None}, []),
        ({"maybe": "s"}, ["/maybe"]),
        ({"one_or_many": "s"}, ["/one_or_many"]),
        ({"one_or_many": ["s", "t"]}, ["/one_or_many/0", "/one_or_many/1"]),
        ({"login": {"way": "basic", "user": "u", "password": "s"}}, ["/login/password"]),
        ({"login": {"way": "signed", "keys": ["open", "s"]}}, ["/login/keys/1"]),
        ({"by_name": {"a/b": "s", "~": "t"}}, ["/by_name/a~1b", "/by_name/~0"]),
        ({"deep": {"x": [{"below": {"below": {"secret": "s"}}}]}}, ["/deep/x/0/below/below/secret"]),
        ({"otherName": "s"}, ["/otherName"]),
        ({"named": "s"}, ["/named"]),
        ({"maybe": 17}, ["/maybe"]),
        ({"unknown": "x"}, []),
        ({"by_name": "no object"}, []),
    ],
)
def test_secrets_are_found_wherever_they_are(settings: dict[str, Any], found: list[str]) -> None:
    assert list(places(Kind, settings)) == found
    plain, secrets = taken_out(settings, found)
    assert list(secrets) == found
    assert put_back(plain, secrets) == settings
    assert shown(settings, found) == put_back(plain, dict.fromkeys(found, MARK))


def test_a_secret_under_a_name_that_no_schema_has_is_noticed() -> None:
    class Hidden(BaseModel):
        secret: SecretStr = Field(validation_alias="first")
        other: SecretStr = SecretStr("made in code")

    settings = {"first": "s3cret", "plain": "x"}
    model = Hidden.model_validate(settings)
    assert not overlooked(model, *taken_out(settings, places(Hidden, settings)))
    assert overlooked(model, settings, {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "plain": st.text(max_size=5),
        "maybe": st.text(min_size=1, max_size=5),
        "one_or_many": st.lists(st.text(min_size=1, max_size=5), max_size=3, unique=True),
        "by_name": st.dictionaries(st.text(max_size=3), st.text(min_size=1, max_size=5), max_size=3),
        "anything": JSON,
    },
)


@given(SETTINGS)
def test_what_is_taken_out_can_be_put_back(settings: dict[str, Any]) -> None:
    found = places(Kind, settings)
    plain, secrets = taken_out(settings, found)
    assert put_back(plain, secrets) == settings
    assert places(Kind, plain) == ()


@given(SETTINGS.map(lambda settings: {name: value for name, value in settings.items() if name != "anything"}))
def test_what_is_shown_and_sent_back_changes_nothing(settings: dict[str, Any]) -> None:
    found = places(Kind, settings)
    assert merged(settings, shown(settings, found), found) == settings


# RFC 7396, appendix A: what there is, what is given, what comes of it.
@pytest.mark.parametrize(
    ("before", "patch", "after"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_change_is_a_merge_patch(before: Any, patch: Any, after: Any) -> None:
    assert merged(before, patch, ()) == after


def test_marks_stand_for_the_secrets_of_a_list_in_their_order() -> None:
    before: dict[str, Any] = {"keys": ["one", "two"], "hooks": [{"url": "a", "key": "ka"}, {"url": "b", "key": "kb"}]}
    secret = ["/keys/0", "/keys/1", "/hooks/0/key", "/hooks/1/key"]
    for given_, keys in (
        (["new", MARK], ["new", "one"]),
        ([MARK, MARK, "new"], ["one", "two", "new"]),
        ([], []),
    ):
        assert merged(before, {"keys": given_}, secret)["keys"] == keys
    turned = [{"url": "b", "key": MARK}, {"url": "a", "key": MARK}]
    assert merged(before, {"hooks": turned}, secret)["hooks"] == before["hooks"][::-1]
    for wrong in ({"keys": [MARK] * 3}, {"hooks": [{"url": "c", "key": MARK}]}, {"other": MARK}):
        with pytest.raises(ConfigWrong, match="give the secret"):
            merged(before, wrong, secret)


def test_secrets_are_blacked_out_as_they_stand_in_texts() -> None:
    said = 'https://x/?key=p%26ss%20w%C3%B6rd&k=p%26ss+w%C3%B6rd {"key": "p&ss w\\u00f6rd"} p&ss wörd p&ss'
    assert discreet(said, ["p&ss wörd"]) == f'https://x/?key={MARK}&k={MARK} {{"key": "{MARK}"}} {MARK} p&ss'
    assert discreet("the abc of it", ["abc"]) == "the abc of it"
    assert discreet("longer-secret", ["longer", "longer-secret"]) == MARK


def test_a_pointer_is_said_with_dots() -> None:
    assert [dotted(each) for each in ("/password", "/hooks/0/key", "/by_name/a~1b~0")] == [
        "password", "hooks.0.key", "by_name.a/b~"
    ]  # fmt: skip
