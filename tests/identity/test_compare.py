"""How alike two values are: the level, and what agrees exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.identity.compare import COMPARISONS, Comparison
from hub.identity.names import name_key

BY_NAME = {comparison.name: comparison for comparison in COMPARISONS}


def level(comparison: str, a: str, b: str) -> str:
    found = BY_NAME[comparison]
    return found.levels[found.match(a, b)[0]].label


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("Anna Berg", "BERG, Anna", "SAME"),
        ("Mary Ann Smith", "Mary Smith", "SAME"),
        ("Robert Allen", "Robert Alen", "ONE_WORD_CLOSE"),
        ("Robert Allen", "Robert Allne", "ONE_WORD_CLOSE"),
        ("D. Luna", "Diana Luna", "ONE_WORD_SHORT"),
        ("zach Ortiz", "Zachary Ortiz", "ONE_WORD_SHORT"),
        ("Jyayden Bnennet", "Jayden Bennett", "ALL_WORDS_CLOSE"),
        ("braid en caruana", "braiden caruana", "ONE_WORD_SHORT"),
        ("lindseyl oveday", "lindsey loveday", "ALL_WORDS_CLOSE"),
        ("Grace", "Grace Kelly", "ONE_WORD"),
        ("Kely", "Grace Kelly", "ONE_WORD_MISSPELT"),
        ("Anna Berg", "Carl Berg", "ONE_WORD_OF_SEVERAL"),
        ("Anna Berg", "Carl Zeiss", "DIFFERENT"),
        ("Anna", "Carl", "DIFFERENT"),
        ("রহিম উদ্দিন", "উদ্দিন রহিম", "SAME"),
        ("محمد اقبال", "محمد اقبل", "ONE_WORD_CLOSE"),
        ("Rahim Uddin", "রহিম উদ্দিন", "DIFFERENT"),
    ],
)
def test_names(a: str, b: str, expected: str) -> None:
    assert level("name", name_key(a), name_key(b)) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("anna@x.org", "anna@x.org", "SAME"),
        ("anna@x.org", "anna@work.example", "LOCAL_PART"),
        ("anna.berg@x.org", "anan.berg@x.org", "SLIP"),
        ("anna.berg@x.org", "anna.bergmann@x.org", "CLOSE"),
        ("anna.berg@x.org", "carl@y.net", "DIFFERENT"),
    ],
)
def test_emails(a: str, b: str, expected: str) -> None:
    assert level("email", a, b) == expected


@pytest.mark.parametrize(
    ("comparison", "a", "b", "expected"),
    [
        ("phone", "+8801711234567", "+8801711234567", "SAME"),
        ("phone", "+8801711234567", "+8801711234576", "SLIP"),
        ("phone", "+8801711234567", "+8801811234576", "DIFFERENT"),
        ("number", "5304218", "530421", "SLIP"),
        ("handle", "maria86", "maria_86", "CLOSE"),
        ("handle", "maria86", "jorge", "DIFFERENT"),
        ("postcode", "3172", "3127", "SLIP"),
        ("postcode", "3172", "5110", "DIFFERENT"),
        ("street", "7 southern cross drive", "southern cross drive 7", "MISSPELT"),
        ("street", "23 frencham place", "12 frencham place", "MISSPELT"),
        ("street", "23 frencham place", "frencham place lot 2", "CLOSE"),
        ("street", "23 frencham place", "168 bursaria street", "DIFFERENT"),
        ("city", "southampton", "southampton", "SAME"),
        ("city", "portsmouth", "pootsmruth", "MISSPELT"),
        ("city", "hull", "leeds", "DIFFERENT"),
        ("birthday", "19710624", "19710624", "SAME"),
        ("birthday", "19710624", "19710524", "SLIP"),
        ("birthday", "19710612", "19711206", "SLIP"),
        ("birthday", "19710228", "19710305", "ONE_MONTH"),
        ("birthday", "19710612", "19711130", "ONE_YEAR"),
        ("birthday", "19710612", "19791130", "TEN_YEARS"),
        ("birthday", "19710612", "20031130", "DIFFERENT"),
        ("birthday", "19710612", "unknown", "DIFFERENT"),
    ],
)
def test_other_values(comparison: str, a: str, b: str, expected: str) -> None:
    assert level(comparison, a, b) == expected


def test_what_agrees_exactly_is_handed_back() -> None:
    assert BY_NAME["name"].match("anna berg", "berg ana") == (1, ("berg",))
    assert BY_NAME["name"].match("anna berg", "berg carl") == (6, ()), "a rare surname tells of a family"
    assert BY_NAME["name"].match("anna berg", "anna berg") == (0, ("anna", "berg"))
    assert BY_NAME["email"].match("anna@x.org", "anna@x.org") == (0, ("anna@x.org",))
    assert BY_NAME["email"].match("anna@x.org", "anna@y.org") == (1, ())


def test_the_values_most_alike_count() -> None:
    found = BY_NAME["email"].best(("anna@x.org", "berg@y.org"), ("carl@z.org", "berg@y.org"))
    assert found == (0, ("berg@y.org",))


def test_the_chances_of_the_levels_add_up_to_one() -> None:
    for comparison in COMPARISONS:
        assert sum(each.m for each in comparison.levels) == pytest.approx(1), comparison.name
        assert sum(each.u for each in comparison.levels) == pytest.approx(1), comparison.name


WORD = st.text(st.sampled_from("abcঅকরমدرمء"), min_size=1, max_size=6)
VALUE = st.lists(WORD, min_size=1, max_size=4, unique=True).map(lambda words: " ".join(sorted(words)))
DAY = st.text("0123456789", min_size=8, max_size=8)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda each: each.name)
@given(data=st.data())
def test_a_comparison_has_no_direction(comparison: Comparison, data: st.DataObject) -> None:
    values = st.lists(DAY if comparison.name == "birthday" else VALUE, min_size=1, max_size=3).map(tuple)
    a, b = data.draw(values), data.draw(values)
    assert comparison.best(a, b) == comparison.best(b, a)


@pytest.mark.parametrize("comparison", COMPARISONS, ids=lambda each: each.name)
@given(value=VALUE)
def test_a_value_is_most_like_itself(comparison: Comparison, value: str) -> None:
    found, same = comparison.match(value, value)
    assert comparison.levels[found].label == ("ONE_WORD" if comparison.name == "name" and " " not in value else "SAME")
    assert set(same) == set(comparison.terms(value))
