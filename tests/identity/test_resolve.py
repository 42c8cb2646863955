"""The partition of claims: exact cases, and properties that hold for any claims and decisions."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.identity import resolve as module
from hub.identity.resolve import Claim, Decision, Partition, components, edges_of, resolve, uncontested
from hub.identity.rules import Node, Rules, group

RULES = Rules()


def contact(value: str) -> Node:
    return (10, "contact", "src_a", value)


def email(value: str) -> Node:
    return (30, "email", "", value)


def phone(value: str) -> Node:
    return (31, "phone", "", value)


def cookie(value: str) -> Node:
    return (50, "cookie", "src_a", value)


def claim(key: str, *nodes: Node, at: int = 0, named: bool = False) -> Claim:
    """A claim that one touchpoint of the same name makes."""
    return Claim(key, tuple(sorted(nodes)), at, key, key if named else None)


def parts(partition: Partition) -> set[frozenset[object]]:
    return {frozenset(part) for part in partition.parts}


def resolved(*claims: Claim, decisions: Sequence[Decision] = (), rules: Rules = RULES) -> set[frozenset[object]]:
    return parts(resolve(claims, decisions, rules))


def groups(*keys: str) -> set[frozenset[object]]:
    return {frozenset(each) for each in keys}


# Evidence -----------------------------------------------------------------------------------------------------


def test_a_shared_identifier_joins() -> None:
    assert resolved(claim("a", email("x")), claim("b", email("x"), phone("1")), claim("c", phone("1"))) == groups("abc")


def test_nothing_shared_joins_nothing() -> None:
    assert resolved(claim("a", email("x")), claim("b", email("y"))) == groups("a", "b")


def test_two_contacts_of_one_ledger_are_two_customers() -> None:
    partition = resolve(
        [claim("a", contact("1"), email("x"), at=1), claim("b", contact("2"), email("x"), at=2)], [], RULES
    )
    assert parts(partition) == groups("a", "b")
    assert [(refusal.edge.a, refusal.edge.b, refusal.reason) for refusal in partition.refused] == [
        (contact("2"), email("x"), "UNIQUE")
    ]
    assert partition.holders[email("x")] == 0


def test_a_contact_joins_through_others_only_once() -> None:
    """e joins 1 and p, p joins 2: who was first has them."""
    found = resolved(
        claim("a", contact("1"), email("x"), at=1),
        claim("b", email("x"), phone("1"), at=2),
        claim("c", contact("2"), phone("1"), at=3),
    )
    assert found == groups("ab", "c")


def test_the_stronger_identifier_comes_before_the_earlier_touchpoint() -> None:
    """The phone was claimed first, but edges of e-mails are followed before those of phones."""
    found = resolved(
        claim("a", contact("1"), phone("1"), at=1),
        claim("b", contact("2"), email("x"), at=9),
        claim("c", email("x"), phone("1"), at=5),
    )
    assert found == groups("a", "bc")


def test_whoever_claims_a_kiosk_first_has_its_anonymous_touchpoints() -> None:
    """The counter-example of the rule: also those after the second customer took over."""
    found = resolved(
        claim("a", contact("1"), cookie("k"), at=1),
        claim("b", contact("2"), cookie("k"), at=5),
        claim("c", cookie("k"), at=9),
    )
    assert found == groups("ac", "b")


def test_an_old_record_heard_late_takes_over() -> None:
    kiosk = [claim("b", contact("2"), cookie("k"), at=5), claim("c", cookie("k"), at=9)]
    assert resolved(*kiosk, claim("a", contact("1"), cookie("k"), at=6)) == groups("bc", "a")
    assert resolved(*kiosk, claim("a", contact("1"), cookie("k"), at=4)) == groups("ac", "b")


def test_equal_times_go_by_touchpoint() -> None:
    assert resolved(
        claim("a", contact("1"), email("x")), claim("b", contact("2"), email("x")), claim("c", email("x"))
    ) == groups("ac", "b")


def test_a_customer_has_at_most_so_many_identifiers() -> None:
    rules = Rules(most_identifiers=3)
    chain = [claim(str(place), email(f"{place}"), email(f"{place + 1}"), at=place) for place in range(4)]
    partition = resolve(chain, [], rules)
    assert parts(partition) == groups("012", "3")
    assert {refusal.reason for refusal in partition.refused} == {"SIZE"}
    assert resolved(*chain, rules=Rules(most_identifiers=5)) == groups("0123")


# Decisions ----------------------------------------------------------------------------------------------------

A = claim("a", contact("1"), email("x"), named=True)
B = claim("b", contact("2"), email("y"), named=True)
C = claim("c", contact("3"), email("z"), named=True)


def same(number: int, a: str, b: str) -> Decision:
    return Decision(number, True, a, b)


def apart(number: int, a: str, b: str) -> Decision:
    return Decision(number, False, a, b)


def test_same_overrides_two_contacts() -> None:
    assert resolved(A, B) == groups("a", "b")
    assert resolved(A, B, decisions=[same(1, "a", "b")]) == groups("ab")


def test_what_each_side_had_comes_along() -> None:
    found = resolved(A, B, claim("d", contact("2"), phone("1")), claim("e", phone("1")), decisions=[same(1, "a", "b")])
    assert found == groups("abde")


def test_not_the_same_keeps_apart_what_evidence_joins() -> None:
    one, other = claim("a", email("x"), named=True), claim("b", email("x"), named=True)
    assert resolved(one, other) == groups("ab")
    partition = resolve([one, other], [apart(1, "a", "b")], RULES)
    assert parts(partition) == groups("a", "b")
    assert [refusal.reason for refusal in partition.refused] == ["DECISION"]


def test_not_the_same_reaches_through_others() -> None:
    claims = [
        claim("a", email("x"), named=True),
        claim("b", email("x"), phone("1")),
        claim("c", phone("1"), named=True),
    ]
    found = resolved(*claims, decisions=[apart(1, "a", "c")])
    assert len(found) == 2
    assert not any({"a", "c"} <= part for part in found)


def test_the_newest_decision_wins_and_the_other_is_shown_as_inert() -> None:
    partition = resolve([A, B], [same(1, "a", "b"), apart(2, "a", "b")], RULES)
    assert (parts(partition), partition.inert) == (groups("a", "b"), [same(1, "a", "b")])
    partition = resolve([A, B], [apart(1, "a", "b"), same(2, "a", "b")], RULES)
    assert (parts(partition), partition.inert) == (groups("ab"), [apart(1, "a", "b")])


def test_a_decision_contradicted_by_two_others_is_inert() -> None:
    partition = resolve([A, B, C], [apart(1, "a", "c"), same(2, "a", "b"), same(3, "b", "c")], RULES)
    assert (parts(partition), partition.inert) == (groups("abc"), [apart(1, "a", "c")])
    partition = resolve([A, B, C], [same(1, "a", "c"), same(2, "a", "b"), apart(3, "b", "c")], RULES)
    assert (parts(partition), partition.inert) == (groups("ab", "c"), [same(1, "a", "c")])


def test_a_split_is_not_the_same_and_same() -> None:
    """b and c are taken out of a together, and stay one."""
    claims = [claim(key, email("x"), named=True) for key in "abc"] + [claim("d", email("x"), at=9)]
    found = resolved(*claims, decisions=[apart(1, "a", "b"), apart(2, "a", "c"), same(3, "b", "c")])
    assert found == groups("ad", "bc")


def test_a_decision_about_a_touchpoint_that_is_gone_is_passed_over() -> None:
    assert resolved(A, decisions=[same(1, "a", "gone")]) == groups("a")
    assert components([A, B], [same(1, "a", "gone"), same(2, "gone", "b")]) == [[A], [B]]


# Properties ---------------------------------------------------------------------------------------------------

_NODES = st.lists(
    st.sampled_from(
        [contact(v) for v in "12"]
        + [(10, "user", "src_a", v) for v in "12"]
        + [email(v) for v in "xyz"]
        + [phone(v) for v in "12"]
        + [cookie(v) for v in "kl"]
    ),
    min_size=1,
    max_size=4,
    unique=True,
)
_CLAIMS = st.lists(st.tuples(_NODES, st.integers(0, 2), st.booleans()), min_size=1, max_size=14).map(
    lambda held: [
        Claim(place, tuple(sorted(nodes)), at, f"tp{place:02}", f"tp{place:02}" if named else None)
        for place, (nodes, at, named) in enumerate(held)
    ]
)
_DECISIONS = st.lists(st.tuples(st.booleans(), st.integers(0, 13), st.integers(0, 13)), max_size=6).map(
    lambda held: [
        Decision(number, same_, f"tp{a:02}", f"tp{b:02}") for number, (same_, a, b) in enumerate(held) if a != b
    ]
)
_RULES = st.sampled_from([Rules(), Rules(most_identifiers=4)])


@settings(max_examples=400, deadline=None)
@given(_CLAIMS, _DECISIONS, _RULES, st.randoms(use_true_random=False))
def test_the_order_of_claims_and_decisions_changes_nothing(
    claims: list[Claim], decisions: list[Decision], rules: Rules, rng: random.Random
) -> None:
    before = resolve(claims, decisions, rules)
    mixed, said = rng.sample(claims, len(claims)), rng.sample(decisions, len(decisions))
    after = resolve(mixed, said, rules)
    assert parts(after) == parts(before)
    assert after.joined == before.joined
    assert after.refused == before.refused
    assert after.inert == before.inert


@settings(max_examples=400, deadline=None)
@given(_CLAIMS, _DECISIONS, _RULES)
def test_everything_at_once_is_each_component_alone(
    claims: list[Claim], decisions: list[Decision], rules: Rules
) -> None:
    alone: set[frozenset[object]] = set()
    for component in components(claims, [d for d in decisions if {d.a, d.b} <= {c.touchpoint for c in claims}]):
        alone |= parts(resolve(component, decisions, rules))
    assert alone == parts(resolve(claims, decisions, rules))


def one_value(
    claims: Sequence[Claim], decisions: Sequence[Decision], partition: Partition, rules: Rules
) -> list[set[Node]]:
    """Unique identifiers that people's word makes one value: those the two sides of a "same" have without it."""
    base = resolve(claims, [d for d in decisions if not d.same and d not in partition.inert], rules)
    by_key = {each.key: each for each in claims}
    side_of = {by_key[key].touchpoint: place for place, part in enumerate(base.parts) for key in part}
    classes: list[set[Node]] = []
    for said in decisions:
        if said.same and said not in partition.inert and {said.a, said.b} <= side_of.keys():
            sides = [
                {n for n, place in base.holders.items() if place == side_of[end] and group(n)}
                for end in (said.a, said.b)
            ]
            classes += [{one, other} for one in sides[0] for other in sides[1] if group(one) == group(other)]
    for place, one in enumerate(classes):
        for other in classes[:place]:
            if one & other:
                one |= other
                other |= one
    return classes


def violations(claims: Sequence[Claim], decisions: Sequence[Decision], rules: Rules) -> list[str]:
    """Limits broken: two values of a unique kind that no "same" excuses, too many identifiers, two kept apart."""
    partition = resolve(claims, decisions, rules)
    by_key = {each.key: each for each in claims}
    held: dict[int, set[Node]] = {}
    for node, place in partition.holders.items():
        held.setdefault(place, set()).add(node)
    found: list[str] = []
    excused = one_value(claims, decisions, partition, rules)
    for place, part in enumerate(partition.parts):
        nodes = held.get(place, set())
        for one, other in combinations(sorted(nodes), 2):
            same = any({one, other} <= values for values in excused)
            if group(one) and group(one) == group(other) and not same:
                found.append(f"{one} and {other}")
        if len(nodes) > rules.most_identifiers:
            found.append(f"{len(nodes)} identifiers")
        named = {by_key[key].touchpoint for key in part}
        live = [d for d in decisions if not d.same and d not in partition.inert]
        found += [f"{d.a} with {d.b}" for d in live if {d.a, d.b} <= named - {None}]
    return found


@settings(max_examples=400, deadline=None)
@given(_CLAIMS, _DECISIONS, _RULES)
def test_no_part_breaks_a_limit(claims: list[Claim], decisions: list[Decision], rules: Rules) -> None:
    assert violations(claims, decisions, rules) == []


@settings(max_examples=300, deadline=None)
@given(_CLAIMS, _RULES)
def test_what_is_uncontested_is_one_part(claims: list[Claim], rules: Rules) -> None:
    for component in components(claims, []):
        if uncontested(component, rules):
            assert parts(resolve(component, [], rules)) == {frozenset(each.key for each in component)}


@settings(max_examples=300, deadline=None)
@given(_CLAIMS, _DECISIONS, _RULES)
def test_a_decision_undone_leaves_nothing(claims: list[Claim], decisions: list[Decision], rules: Rules) -> None:
    """Claims that no live decision names hang on their strongest identifier again."""

    def as_named(live: Sequence[Decision]) -> list[Claim]:
        ends = {end for d in live for end in (d.a, d.b)}
        return [
            Claim(c.key, c.nodes, c.first_at, c.first_key, c.first_key if c.first_key in ends else None) for c in claims
        ]

    before = parts(resolve(as_named(decisions), decisions, rules))
    more = [*decisions, Decision(99, True, "tp00", "tp01"), Decision(100, False, "tp00", "tp02")]
    resolve(as_named(more), more, rules)
    assert parts(resolve(as_named(decisions), decisions, rules)) == before


# Mutants ------------------------------------------------------------------------------------------------------


def corpus() -> list[list[Claim]]:
    """Claims that contest each other at equal times, the same at every run."""
    made = []
    for seed in range(60):
        rng = random.Random(seed)
        pool = [contact("1"), contact("2"), email("x"), email("y"), phone("1"), cookie("k")]
        made.append([
            Claim(place, tuple(sorted(rng.sample(pool, rng.randint(1, 3)))), rng.choice([0, 0, 1]), f"tp{place}") for place in range(rng.randint(4, 9))  # noqa: E501
        ])  # fmt: skip
    return made


def depends_on_order(claims: list[Claim]) -> bool:
    rng = random.Random(1)
    return len({frozenset(parts(resolve(rng.sample(claims, len(claims)), [], RULES))) for _ in range(12)}) > 1


def test_the_corpus_depends_on_no_order() -> None:
    assert not any(depends_on_order(claims) for claims in corpus())


@pytest.mark.parametrize(
    "key",
    [lambda e: (e.b[0], e.a[0], e.first_at), lambda e: (e.b[0], e.first_at)],
    ids=["without touchpoint", "time alone"],
)
def test_a_sort_key_without_the_touchpoint_is_seen(
    key: Callable[[module.Edge], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_met(claims: Sequence[Claim]) -> list[module.Edge]:
        place = {node: number for number, each in reversed(list(enumerate(claims))) for node in each.nodes}
        met = sorted(edges_of(claims), key=lambda e: (place[e.a], place[e.b]))
        return sorted(met, key=key)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "edges_of", as_met)
    assert any(depends_on_order(claims) for claims in corpus())


def test_a_missing_limit_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any(violations(claims, [], RULES) for claims in corpus())
    monkeypatch.setattr(module._Forest, "refusal", lambda self, a, b: None)
    assert any(violations(claims, [], RULES) for claims in corpus())


def test_a_claim_without_identifiers_follows_whom_a_decision_names() -> None:
    named = Claim(1, (email("a@x.org"),), 0, "tp_a", "tp_a")
    nameless = [Claim(key, (), 0, f"tp_{key}", f"tp_{key}") for key in (2, 3, 4)]
    said = [Decision(1, True, "tp_a", "tp_2"), Decision(2, True, "tp_3", "tp_4")]
    found = resolve([*nameless, named], said, RULES)
    assert (found.parts, found.followers) == ([[1]], {2: 0})
    said.append(Decision(3, False, "tp_2", "tp_a"))
    assert resolve([*nameless, named], said, RULES).followers == {}
