"""Identity rules set while the hub has data: who merges and splits, what a preview says; the last set rules."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.errors import InputWrong, RetryLater
from hub.identity.rule_set import read_rules, write_rules
from hub.identity.rules import Rules
from hub.ids import customer_id
from hub.ingest.outcomes import CustomerChange
from hub.ingest.rejudge import Switch
from hub.ingest.rule_sets import Regrouping, preview_rules, store
from hub.store.writing import rule_sets
from hub.values import Side
from tests.ingest.builders import NOW, Bench, row, tp
from tests.ingest.streams import stream, tell

PHONE = "01711000001"


def cus(key: str) -> str:
    return customer_id(tp(key), Side.PERSON)


def apply(bench: Bench, text: str) -> int:
    with bench.truth.transaction():
        number = store(bench.truth, text, "they said so", "me", NOW)
    bench.process()
    return number


def groups(bench: Bench) -> set[frozenset[str]]:
    keys = {tp(f"k{number}"): f"k{number}" for number in range(1, 40)}
    return {frozenset(keys[each] for each in group) for group in bench.groups()}


def together(*keys: str) -> set[frozenset[str]]:
    return {frozenset(each.split()) for each in keys}


def family(bench: Bench) -> None:
    """Two people who share a phone, a third touchpoint that names the phone alone."""
    bench.tell(
        row("k1", who={"phone": PHONE, "email": "karim@x.org"}, traits={"name": "Karim"}),
        row("k2", who={"phone": PHONE, "email": "anna@x.org"}, traits={"name": "Anna"}),
        row("k3", who={"phone": PHONE}),
    )


# Every key has its effect, and taking it back takes the effect back ----------------------------------------------


def contacts(bench: Bench) -> None:
    """An address beside two contact numbers of one ledger."""
    bench.tell(
        row("k1", who={"person": "7", "email": "a@x.org"}),
        row("k2", who={"person": "8", "email": "a@x.org"}),
        row("k3", who={"email": "a@x.org", "phone": PHONE}),
        row("k4", who={"phone": PHONE}),
    )


def names(bench: Bench) -> None:
    """An address that two names use."""
    bench.tell(
        row("k1", who={"email": "a@x.org", "handle": "one"}, traits={"name": "Karim"}),
        row("k2", who={"email": "a@x.org", "handle": "two"}, traits={"name": "Anna"}),
    )


def address(bench: Bench) -> None:
    """Name and postal address alone."""
    home = {"name": "Karim Uddin", "street": "1 Lake Road", "postcode": "1212"}
    bench.tell(row("k1", who={"email": "a@x.org"}, traits=home), row("k2", who={"email": "b@x.org"}, traits=home))


def mailbox(bench: Bench) -> None:
    bench.tell(
        row("k1", who={"email": "hr@x.org", "phone": PHONE}), row("k2", who={"email": "hr@x.org", "handle": "one"})
    )


def kiosk(bench: Bench) -> None:
    bench.tell(
        row("k1", who={"cookie": "Kiosk-1", "email": "a@x.org"}),
        row("k2", who={"cookie": "Kiosk-1", "email": "b@x.org"}),
    )


@pytest.mark.parametrize(
    ("told", "text", "before", "after"),
    [
        (family, "most_phone_names = 2", ["k1", "k2", "k3"], ["k1 k2 k3"]),
        (contacts, "most_stronger = 1", ["k1 k3 k4", "k2"], ["k1", "k2", "k3 k4"]),
        (names, "most_names = 1", ["k1 k2"], ["k1", "k2"]),
        (contacts, "most_identifiers = 2", ["k1 k3 k4", "k2"], ["k1 k3", "k2", "k4"]),
        (kiosk, 'blocked_values = ["KIOSK-1"]', ["k1 k2"], ["k1", "k2"]),
        (names, 'role_mailboxes = ["a"]', ["k1 k2"], ["k1", "k2"]),
        (mailbox, 'personal_mailboxes = ["hr"]', ["k1", "k2"], ["k1 k2"]),
        (address, 'never_join = ["name+street+postcode"]', ["k1 k2"], ["k1", "k2"]),
        (names, 'version = "spring"', ["k1 k2"], ["k1 k2"]),
    ],
)  # fmt: skip
def test_a_key_has_its_effect_and_taking_it_back_takes_that_back(
    bench: Bench, told: Callable[[Bench], None], text: str, before: list[str], after: list[str]
) -> None:
    told(bench)
    shown = bench.dump()
    assert groups(bench) == together(*before)
    apply(bench, text)
    assert groups(bench) == together(*after)
    apply(bench, write_rules(Rules()))
    assert groups(bench) == together(*before)
    assert bench.dump() == shown


def test_new_rows_follow_the_rules_that_stand(bench: Bench) -> None:
    apply(bench, 'most_phone_names = 2\nrole_mailboxes = ["kontakt"]')
    family(bench)
    bench.tell(row("k4", who={"email": "kontakt@x.org"}), row("k5", who={"email": "kontakt@x.org"}))
    assert groups(bench) == together("k1 k2 k3", "k4", "k5")


def test_a_set_names_only_what_it_changes_and_is_kept_whole(bench: Bench) -> None:
    apply(bench, 'version = "a"\nmost_phone_names = 2')
    second = apply(bench, 'version = "b"\nmost_names = 7')
    (kind, version, text, reason, by, at) = bench.truth.all(
        "SELECT kind, version, text, reason, decided_by, decided_at FROM rule_set WHERE number = $1", second
    )[0]
    assert (kind, version, reason, by, at) == ("IDENTITY", "b", "they said so", "me", NOW)
    assert read_rules(text) == Rules(version="b", most_phone_names=2, most_names=7)


def test_rules_that_stand_already_take_no_number(bench: Bench) -> None:
    apply(bench, "most_names = 7")
    with pytest.raises(InputWrong, match="These rules stand already"), bench.truth.transaction():
        store(bench.truth, "most_names = 7", "", "me", NOW)
    assert bench.truth.value("SELECT count(*) FROM rule_set") == 1


def test_rules_and_rows_of_one_batch_are_processed_together(bench: Bench) -> None:
    """A batch that brings rows, then rules, then rows: the rules apply to all of them."""
    bench.accept(row("k1", who={"phone": PHONE, "email": "karim@x.org"}, traits={"name": "Karim"}))
    with bench.truth.transaction():
        store(bench.truth, "most_phone_names = 2", "", "me", NOW)
    bench.accept(row("k2", who={"phone": PHONE, "email": "anna@x.org"}, traits={"name": "Anna"}))
    assert bench.process() == 1
    assert groups(bench) == together("k1 k2")


def test_rules_of_another_version_of_the_hub_are_waited_for(bench: Bench) -> None:
    """Nothing is resolved by other rules, and nothing is passed over."""
    family(bench)
    with bench.truth.transaction():
        number = store(bench.truth, "most_phone_names = 2", "", "me", NOW)
        bench.truth.run("UPDATE rule_set SET text = 'newer_key = 1'")
    with pytest.raises(RetryLater, match="there is no such key"):
        bench.process()
    assert groups(bench) == together("k1", "k2", "k3")
    with bench.truth.transaction():
        bench.truth.run("UPDATE rule_set SET text = 'most_phone_names = 2' WHERE number = $1", number)
    bench.process()
    assert groups(bench) == together("k1 k2 k3")


# Previews ---------------------------------------------------------------------------------------------------------


def look(bench: Bench, text: str, most: int = 1000) -> Any:
    return preview_rules(bench.processor, bench.projection, text, most)


def test_a_preview_says_who_would_merge_and_keeps_nothing(bench: Bench) -> None:
    family(bench)
    before = bench.dump()
    seen = look(bench, "most_phone_names = 2")
    assert bench.dump() == before
    assert bench.truth.value("SELECT count(*) FROM rule_set") == 0
    phone = bench.projection.value("SELECT num FROM identifier WHERE kind = 'phone'")
    assert seen.differences == [("most_phone_names", "1", "2")]
    assert seen.switches == [Switch(phone, "SEVERAL_NAMES", None)]
    assert (seen.claims, seen.examined, seen.moved) == (3, 3, 2)
    assert seen.regroupings == [
        Regrouping("FOUND", None, cus("k1"), 1),
        Regrouping("MERGED", cus("k2"), cus("k1"), 1),
    ]
    assert [(each.customer, each.touchpoints_before, each.touchpoints_after) for each in seen.changes] == [
        (cus("k1"), 1, 3),
        (cus("k2"), 1, 0),
    ]


def test_a_preview_says_who_would_split_with_stage_and_revenue(bench: Bench) -> None:
    bench.tell(
        row("k1", kind="call", channel="PHONE", who={"email": "a@x.org", "handle": "one"}, traits={"name": "Karim"}),
        row("k2", kind="invoice", channel="ACCOUNTING", direction="OUTBOUND", amount="100.00",
            who={"email": "a@x.org", "handle": "two"}, traits={"name": "Anna"}),
        row("k3", who={"email": "a@x.org"}),
    )  # fmt: skip
    seen = look(bench, "most_names = 1")
    assert seen.regroupings == [
        Regrouping("LOST", cus("k1"), None, 1),
        Regrouping("SPLIT", cus("k1"), cus("k2"), 1),
    ]
    assert seen.changes == [
        CustomerChange(cus("k1"), 3, 1, "CUSTOMER", "LEAD", 10000, 0, "BDT"),
        CustomerChange(cus("k2"), 0, 1, None, "CUSTOMER", 0, 10000, "BDT"),
    ]


def test_a_preview_says_which_identifiers_join_again_because_of_others(bench: Bench) -> None:
    contacts(bench)
    apply(bench, "most_stronger = 1")
    nums = dict(bench.projection.all("SELECT kind || value, num FROM identifier"))
    assert look(bench, 'blocked_values = ["8"]').switches == [
        Switch(nums["emaila@x.org"], "MANY_STRONGER", None),
        Switch(nums["contact8"], None, "VALUE"),
    ]


def test_a_preview_resolves_a_part_and_counts_all(bench: Bench) -> None:
    for number in range(5):
        phone = f"0171100001{number}"
        bench.tell(
            row(f"k{2 * number + 1}", who={"phone": phone, "email": f"a{number}@x.org"}, traits={"name": "Karim"}),
            row(f"k{2 * number + 2}", who={"phone": phone, "email": f"b{number}@x.org"}, traits={"name": "Anna"}),
        )
    seen = look(bench, "most_phone_names = 2", most=4)
    assert (seen.claims, seen.examined, len(seen.switches), seen.moved) == (10, 4, 5, 2)
    assert {each.kind for each in seen.regroupings} == {"MERGED"}


def test_a_preview_ends_in_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    family(bench)
    monkeypatch.setattr("hub.ingest.rule_sets.PATIENCE", -1.0)
    seen = look(bench, "most_phone_names = 2")
    assert (seen.claims, seen.examined, len(seen.switches), seen.moved) == (3, 0, 1, 0)


RULE_SETS = [
    "most_phone_names = 2",
    "most_names = 1\nmost_phone_names = 3",
    "most_stronger = 1",
    "most_identifiers = 2",
    'blocked_values = ["+8801711000001", "ANNA@x.org", "7"]',
    'role_mailboxes = ["rafiq"]\npersonal_mailboxes = ["info"]',
    'never_join = ["phone", "contact"]',
    'never_join = ["name+phone", "email"]\nmost_identifiers = 3\nmost_names = 2',
]


@pytest.fixture
def lite(hub_folder: Path) -> Iterator[Bench]:
    with Bench(str(hub_folder)) as bench:
        yield bench


@pytest.fixture
def pg(pg_url: str) -> Iterator[Bench]:
    with Bench(pg_url) as bench:
        yield bench


def shown(bench: Bench) -> dict[str, Any]:
    dump = bench.dump()
    assert dump["dangling"] == []
    # Truth numbers: a rule set takes one, so that what comes after it is heard later.
    dump["touchpoint"] = [row[:-2] for row in dump["touchpoint"]]
    dump["problem"] = [row[1:] for row in dump["problem"]]
    joins = bench.projection.all("SELECT id, blocked, capped, joins FROM identifier ORDER BY id")
    return {"partition": bench.partition(), "joins": joins, **dump}


def differs(bench: Bench, seed: int) -> str | None:
    """In what rules set in the middle differ from the same rules from the start, or a preview from what happened."""
    rng = random.Random(seed)
    first, second = rng.sample(RULE_SETS, 2)
    steps = [step for step in stream(seed) if step.kind != "rules"]
    at, later = sorted(rng.sample(range(len(steps) + 1), 2))
    bench.clear()
    apply(bench, f"{write_rules(Rules())}".replace('version = "1"', 'version = "0"'))
    apply(bench, write_rules(read_rules(second)))
    tell(bench, steps, [4])
    wanted = shown(bench)

    bench.clear()
    tell(bench, steps[:at], [4])
    apply(bench, first)
    tell(bench, steps[at:later], [4])
    foreseen = look(bench, write_rules(read_rules(second)))
    was = bench.partition()
    apply(bench, write_rules(read_rules(second)))
    is_ = bench.partition()
    if sum(was[id_] != whose for id_, whose in is_.items()) != foreseen.moved:
        return f"stream {seed}: a preview foresees something else than happens"
    tell(bench, steps[later:], [4])
    found = shown(bench)
    wrong = [name for name in wanted if wanted[name] != found[name]]
    return f"stream {seed}: other {', '.join(wrong)} by rules set later" if wrong else None


def faults(bench: Bench, seeds: range) -> list[str]:
    return [fault for seed in seeds if (fault := differs(bench, seed))]


def test_rules_set_in_the_middle_are_rules_from_the_start(lite: Bench) -> None:
    assert faults(lite, range(20)) == []


def test_rules_set_in_the_middle_are_rules_from_the_start_on_postgresql(pg: Bench) -> None:
    assert faults(pg, range(60, 63)) == []


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_rules_in_a_thousand_streams(lite: Bench) -> None:
    assert faults(lite, range(1000, 2000)) == []


def test_rules_set_are_found_by_another_processor(bench: Bench) -> None:
    number = apply(bench, "most_phone_names = 2")
    assert rule_sets.standing(bench.projection, rule_sets.IDENTITY) == number
    bench._begin()  # as another process would
    family(bench)
    assert groups(bench) == together("k1 k2 k3")
