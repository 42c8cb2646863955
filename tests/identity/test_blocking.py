"""Which pairs are compared at all."""

from hub.identity.blocking import MOST_IN_A_BLOCK, RULES, blocks
from hub.identity.compare import COMPARISONS
from hub.identity.likeness import Likeness

RULE = {rule.name: rule for rule in RULES}


def pairs(rule: str, *likenesses: Likeness) -> list[tuple[int, int]]:
    return [divmod(code, len(likenesses)) for code in blocks(likenesses, RULE[rule]).tolist()]


def test_those_who_share_a_key_meet_once() -> None:
    a = Likeness(id="a", emails=("anna@x.org", "anna@y.org"))
    b = Likeness(id="b", emails=("anna@z.org", "anna@y.org"))
    c = Likeness(id="c", emails=("carl@x.org",))
    assert pairs("email", a, b, c) == [(0, 1)]


def test_two_words_of_a_name_are_a_key_and_one_is_not() -> None:
    a = Likeness(id="a", names=("ann mary smith",))
    b = Likeness(id="b", names=("mary smith",))
    c = Likeness(id="c", names=("carl smith",))
    assert pairs("name", a, b, c) == [(0, 1)]


def test_a_word_and_the_birth_year_are_a_key() -> None:
    a = Likeness(id="a", names=("anna berg",), birthdays=("19710624",))
    b = Likeness(id="b", names=("berg",), birthdays=("19710101",))
    c = Likeness(id="c", names=("berg",), birthdays=("19720101",))
    d = Likeness(id="d", names=("berg",))
    assert pairs("word and birth year", a, b, c, d) == [(0, 1)]


def test_a_street_is_a_key_only_with_its_place() -> None:
    a = Likeness(id="a", streets=("7 main street",), postcodes=("1000",))
    b = Likeness(id="b", streets=("7 main street",), postcodes=("1000",), cities=("hull",))
    c = Likeness(id="c", streets=("7 main street",), postcodes=("2000",))
    assert pairs("street and place", a, b, c) == [(0, 1)]


def test_a_key_that_too_many_share_is_passed_over() -> None:
    def crowd(size: int) -> list[Likeness]:
        return [Likeness(id=f"{number:04}", phones=("+1",)) for number in range(size)]

    assert len(pairs("phone", *crowd(MOST_IN_A_BLOCK))) == MOST_IN_A_BLOCK * (MOST_IN_A_BLOCK - 1) // 2
    assert pairs("phone", *crowd(MOST_IN_A_BLOCK + 1)) == []


def test_rules_decide_comparisons_that_exist_and_each_comparison_is_learned_somewhere() -> None:
    names = {comparison.name for comparison in COMPARISONS}
    for rule in RULES:
        assert rule.decides < names, rule.name
    for name in names:
        assert any(name not in rule.decides for rule in RULES), name
