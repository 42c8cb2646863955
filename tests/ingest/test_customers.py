"""Who is who once rows have gone through the hub; touchpoints that name nobody; decisions and withdrawals, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub import sdk
from hub.errors import InputWrong
from hub.identity.rules import Rules
from hub.ids import customer_id
from hub.ingest import decisions as deciding
from hub.ingest.decisions import Intent
from hub.ingest.outcomes import Effect
from hub.values import Side
from tests.ingest.builders import DAY, NOW, Bench, row, tp

PHONE = "01711000001"


def invoice(key: str, number: str, amount: str = "100.00", **more: Any) -> sdk.Row:
    return row(
        key, kind="invoice", channel="ACCOUNTING", direction="OUTBOUND", amount=amount, properties={"number": number},
        matters=[{"reference": number, "amount": amount}], **more,
    )  # fmt: skip


def refund(key: str, number: str, amount: str = "40.00", **more: Any) -> sdk.Row:
    """A refund that names its invoice and nobody."""
    return row(
        key, kind="refund", channel="ACCOUNTING", direction="OUTBOUND", amount=amount, properties={"settles": number},
        matters=[{"reference": number}], at="2025-04-01T09:00:00+00:00", **more,
    )  # fmt: skip


def note(key: str, anchor: str, **more: Any) -> sdk.Row:
    return row(key, kind="note", channel="OTHER", direction="INTERNAL", anchor=anchor, **more)


def groups(bench: Bench) -> set[frozenset[str]]:
    """Keys of rows by customer."""
    keys = {tp(f"k{number}"): f"k{number}" for number in range(1, 40)}
    return {frozenset(keys.get(each, each) for each in group) for group in bench.groups()}


def together(*keys: str) -> set[frozenset[str]]:
    return {frozenset(each.split()) for each in keys}


# Who is who ---------------------------------------------------------------------------------------------------


def test_a_person_in_two_writings_is_one_customer(bench: Bench) -> None:
    bench.tell(
        row("k1", who={"email": "Anna+shop@X.org"}), row("k2", who={"email": "anna@x.org", "phone": "০১৭১১০০০০০১"})
    )
    bench.tell(row("k3", who={"phone": "+880 1711-000001"}), source="books")
    assert groups(bench) == together("k1 k2 k3")


def test_a_customers_id_is_that_of_the_first_touchpoint_heard(bench: Bench) -> None:
    bench.tell(row("k1", who={"email": "a@x.org"}, at="2025-05-01T00:00:00+00:00"))
    bench.tell(row("k2", who={"email": "a@x.org"}, at="2025-01-01T00:00:00+00:00"))
    assert bench.customer(tp("k2")) == customer_id(tp("k1"), Side.PERSON)


def test_a_person_and_a_firm_first_heard_of_together_have_two_ids(bench: Bench) -> None:
    bench.tell(row("k1", who={"firm": "77", "email": "a@x.org"}))
    assert bench.partition() == {
        tp("k1"): (customer_id(tp("k1"), Side.PERSON), customer_id(tp("k1"), Side.ORGANISATION))
    }
    assert bench.projection.all("SELECT touchpoints FROM customer") == [(1,), (1,)]


def test_a_claim_that_one_touchpoint_leaves_as_another_takes_it_up_is_the_others(bench: Bench) -> None:
    bench.tell(row("k1", who={"email": "a@x.org"}, at="2025-01-01"))
    bench.tell(
        row("k1", who={"email": "b@x.org"}, at="2025-01-01"), row("k2", who={"email": "a@x.org"}, at="2025-02-01")
    )
    assert bench.customer(tp("k1")) == customer_id(tp("k1"), Side.PERSON)
    assert bench.customer(tp("k2")) == customer_id(tp("k2"), Side.PERSON)


def test_the_same_contact_number_of_two_ledgers_is_two_customers(bench: Bench) -> None:
    bench.tell(row("k1", who={"person": "42"}))
    bench.tell(row("k1", who={"person": "42"}), source="forms")
    assert len(bench.groups()) == 2


def test_a_role_mailbox_joins_nobody(bench: Bench) -> None:
    bench.tell(
        row("k1", who={"email": "info@x.org", "phone": PHONE}),
        row("k2", who={"email": "info@x.org", "email.2": "b@x.org"}),
        row("k3", who={"email": "info@x.org"}),
    )
    assert groups(bench) == together("k1", "k2", "k3")
    assert bench.customer(tp("k3")) is None
    assert bench.projection.all("SELECT blocked, joins FROM identifier WHERE value = 'info@x.org'") in (
        [("ROLE", 0)],
        [("ROLE", False)],
    )


def test_a_family_phone_joins_nobody_once_a_second_name_appears_and_again_when_it_is_gone(bench: Bench) -> None:
    bench.tell(
        row("k1", who={"phone": PHONE, "email": "k@x.org"}, traits={"name": "Karim Uddin"}),
        row("k2", who={"phone": PHONE}),
    )
    before = bench.dump()
    assert groups(bench) == together("k1 k2")
    bench.tell(row("k3", who={"phone": PHONE, "email": "r@x.org"}, traits={"name": "Rahima Begum"}))
    assert groups(bench) == together("k1", "k2", "k3")
    bench.tell(row("k3", deleted=True))
    assert bench.dump() == before


def test_name_and_address_together_are_enough_and_apart_are_not(bench: Bench) -> None:
    home = {"name": "Karim Uddin", "street": "12 Lake Road", "postcode": "1212"}
    bench.tell(
        row("k1", traits=home),
        row("k2", traits=home | {"name": "UDDIN, Karim"}, who={"email": "k@x.org"}),
        row("k3", traits=home | {"name": "Rahima Begum"}),
        row("k4", traits={"street": "12 Lake Road", "postcode": "1212"}),
    )
    assert groups(bench) == together("k1 k2", "k3", "k4")


def test_what_is_said_about_a_touchpoint_follows_it_whatever_name_and_address_it_tells(bench: Bench) -> None:
    home = {"name": "Karim Uddin", "street": "12 Lake Road", "postcode": "1212"}
    bench.tell(row("k1", who={"email": "k@x.org"}), row("k2", anchor=tp("k1"), traits=home), row("k3", traits=home))
    assert groups(bench) == together("k1 k2", "k3")


def test_another_script_is_not_a_second_name(bench: Bench) -> None:
    bench.tell(
        row("k1", who={"phone": PHONE}, traits={"name": "Karim Uddin"}),
        row("k2", who={"phone": PHONE}, traits={"name": "করিম উদ্দিন"}),
    )
    assert groups(bench) == together("k1 k2")


def test_too_many_contacts_switch_an_address_off_until_one_is_gone(hub_address: str) -> None:
    with Bench(hub_address, identity=Rules(most_stronger=3)) as bench:
        bench.tell(
            *(
                row(f"k{number}", who={"email": "family@x.org", "user": f"7{number}"}, at=f"2025-01-0{number}")
                for number in range(1, 4)
            )
        )
        bench.tell(row("k9", who={"email": "family@x.org"}))
        assert groups(bench) == together("k1 k9", "k2", "k3")
        bench.tell(row("k4", who={"email": "family@x.org", "user": "74"}))
        assert groups(bench) == together("k1", "k2", "k3", "k4", "k9")
        bench.tell(row("k4", deleted=True))
        assert groups(bench) == together("k1 k9", "k2", "k3")


def test_list_mail_alone_makes_nobody_a_customer(bench: Bench) -> None:
    bench.tell(
        row("k1", who={"email": "list@x.org"}, automated=True),
        row("k2", who={"email": "anna@x.org"}, automated=True),
        row("k3", who={"email": "anna@x.org"}),
    )
    assert dict(bench.projection.all("SELECT email, relationship FROM customer")) == {
        "list@x.org": "IRRELEVANT",
        "anna@x.org": "CUSTOMER",
    }


# Touchpoints that name nobody ---------------------------------------------------------------------------------


@pytest.mark.parametrize("swap", [False, True])
def test_a_refund_that_names_an_invoice_follows_its_customer(bench: Bench, swap: bool) -> None:
    rows = [invoice("k1", "N1", who={"person": "7"}), refund("k2", "N1")]
    for each in reversed(rows) if swap else rows:
        bench.tell(each)
    assert groups(bench) == together("k1 k2")
    assert bench.projection.all("SELECT invoiced, refunded FROM customer_value") == [(10000, 4000)]


def test_a_chain_of_matters_is_followed(bench: Bench) -> None:
    """The refund names a charge, the charge an invoice, the invoice a customer."""
    charge = row(
        "k2",
        kind="payment",
        channel="ACCOUNTING",
        amount="100",
        matters=[{"reference": "N1"}, {"reference": "CH", "kind": "OTHER"}],
    )
    bench.tell(
        row("k3", kind="refund", channel="ACCOUNTING", amount="5", matters=[{"reference": "CH", "kind": "OTHER"}])
    )
    bench.tell(charge)
    assert bench.customer(tp("k3")) is None
    bench.tell(invoice("k1", "N1", who={"person": "7"}))
    assert groups(bench) == together("k1 k2 k3")
    bench.tell(row("k1", deleted=True))
    assert groups(bench) == together("k1", "k2", "k3") - together("k1")


def test_followers_go_where_merges_and_splits_lead(bench: Bench) -> None:
    bench.tell(
        invoice("k1", "N1", who={"email": "a@x.org"}), refund("k2", "N1"), row("k3", who={"email": "b@x.org"}),
        note("k4", tp("k3")), note("k5", tp("k4")),
    )  # fmt: skip
    assert groups(bench) == together("k1 k2", "k3 k4 k5")
    before = bench.dump()
    operation = bench.merge(bench.customer(tp("k1")) or "", bench.customer(tp("k3")) or "")
    assert groups(bench) == together("k1 k2 k3 k4 k5")
    bench.split(bench.customer(tp("k1")) or "", tp("k3"))
    assert groups(bench) == together("k1 k2", "k3 k4 k5")
    bench.undo(operation)
    assert groups(bench) == together("k1 k2", "k3 k4 k5")
    assert bench.dump()["customer"] == before["customer"]


def test_whoever_a_touchpoint_followed_is_told_when_it_names_somebody_again(bench: Bench) -> None:
    """A family phone names nobody: the note about k1 follows k1, until the second name is gone."""
    bench.tell(row("k1", who={"email": "a@x.org"}), note("k2", tp("k1"), who={"phone": PHONE}))
    bench.tell(row("k3", who={"phone": PHONE}, traits={"name": "Anna Rahman"}))
    before = bench.dump()["customer"]
    assert groups(bench) == together("k1", "k2 k3")
    bench.tell(row("k4", who={"phone": PHONE}, traits={"name": "Rafiq Ahmed"}))
    assert groups(bench) == together("k1 k2", "k3", "k4")
    bench.tell(row("k4", deleted=True))
    assert groups(bench) == together("k1", "k2 k3")
    assert bench.dump()["customer"] == before


def test_an_anchor_may_arrive_after_the_entry(bench: Bench) -> None:
    bench.tell(note("k1", tp("k2")))
    assert bench.customer(tp("k1")) is None
    bench.tell(row("k2", who={"email": "a@x.org"}))
    assert groups(bench) == together("k1 k2")


def test_of_anchor_and_matter_the_nearer_counts_and_of_as_near_ones_the_anchor(bench: Bench) -> None:
    """k4 is about k3, which only follows N1; k6 is about a note about k2, and both lead in two steps."""
    bench.tell(
        invoice("k1", "N1", who={"person": "7"}), invoice("k2", "N2", who={"person": "8"}), refund("k3", "N1"),
        refund("k4", "N2", anchor=tp("k3")), note("k5", tp("k2")), refund("k6", "N1", anchor=tp("k5")),
    )  # fmt: skip
    assert groups(bench) == together("k1 k3", "k2 k4 k5 k6")


def test_an_entry_about_a_person_says_nothing_of_the_firm(bench: Bench) -> None:
    bench.tell(row("k1", who={"firm": "77", "email": "a@x.org"}))
    bench.tell(note("k2", customer_id(tp("k1"), Side.PERSON), traits={"name": "Anna Rahman"}))
    bench.tell(note("k3", customer_id(tp("k1"), Side.ORGANISATION), traits={"name": "Rahman & Co"}))
    bench.tell(note("k4", tp("k1")))
    assert dict(bench.projection.all("SELECT kind, name FROM customer")) == {
        "PERSON": "Anna Rahman",
        "ORGANISATION": "Rahman & Co",
    }
    person, firm = bench.partition()[tp("k1")]
    assert [bench.partition()[tp(key)] for key in ("k2", "k3", "k4")] == [(person, None), (firm, firm), (person, firm)]


def test_entries_in_a_circle_belong_to_nobody(bench: Bench) -> None:
    bench.tell(note("k1", tp("k2")), note("k2", tp("k1")), note("k3", tp("k3")))
    assert bench.groups() == {frozenset({tp(key)}) for key in ("k1", "k2", "k3")}


# And back again -----------------------------------------------------------------------------------------------


def shop(bench: Bench) -> None:
    """Three people and a firm, told in two runs."""
    bench.tell(
        invoice("k1", "N1", "500.00", who={"person": "7", "email": "a@x.org"}, traits={"name": "Anna Rahman"}),
        row("k2", who={"email": "a@x.org"}, at="2025-03-02T09:00:00+00:00", traits={"birthday": "1990-05-01"}),
        refund("k3", "N1"),
        run="one",
    )
    bench.tell(
        invoice("k4", "N2", "70.00", who={"person": "8", "email": "anna@y.org"}, traits={"name": "আনা রহমান"}),
        row(
            "k5",
            kind="form",
            channel="WEB",
            who={"phone": PHONE, "firm": "55"},
            traits={"name": "Anna Rahman", "company": "Rahman"},
        ),
        note("k6", tp("k4")),
        row("k7", kind="form", channel="WEB", who={"phone": PHONE, "email": "a@x.org"}, traits={"name": "Anna Rahman"}),
        run="two",
    )
    bench.tell(invoice("k8", "N3", "9.00", who={"email": "a@x.org", "firm": "66"}), source="forms")


Change = Callable[[Bench], Callable[[], object]]
"""Does something, and gives what takes it back."""


def merging(bench: Bench) -> Callable[[], object]:
    operation = bench.merge(bench.customer(tp("k1")) or "", bench.customer(tp("k4")) or "")
    return lambda: bench.undo(operation)


def merging_later_into_earlier(bench: Bench) -> Callable[[], object]:
    operation = bench.merge(bench.customer(tp("k4")) or "", bench.customer(tp("k1")) or "")
    return lambda: bench.undo(operation)


def splitting(bench: Bench) -> Callable[[], object]:
    operation = bench.split(bench.customer(tp("k1")) or "", tp("k7"), tp("k2"))
    return lambda: bench.undo(operation)


def splitting_off_the_first(bench: Bench) -> Callable[[], object]:
    operation = bench.split(bench.customer(tp("k1")) or "", tp("k1"))
    return lambda: bench.undo(operation)


def merging_firms(bench: Bench) -> Callable[[], object]:
    operation = bench.merge(bench.partition()[tp("k5")][1] or "", bench.partition()[tp("k8", source="forms")][1] or "")
    return lambda: bench.undo(operation)


def withdrawing(bench: Bench, kind: str, target: str) -> Callable[[], object]:
    bench.withdraw(kind, target)
    bench.process()

    def back() -> None:
        bench.withdraw(kind, target, restore=True)
        bench.process()

    return back


def withdrawing_the_first_run(bench: Bench) -> Callable[[], object]:
    return withdrawing(bench, "RUN", "run_one")


def withdrawing_the_second_run(bench: Bench) -> Callable[[], object]:
    return withdrawing(bench, "RUN", "run_two")


def withdrawing_a_source(bench: Bench) -> Callable[[], object]:
    return withdrawing(bench, "SOURCE", "src_books")


def deleting_a_row(bench: Bench) -> Callable[[], object]:
    known = row(
        "k7", kind="form", channel="WEB", who={"phone": PHONE, "email": "a@x.org"}, traits={"name": "Anna Rahman"}
    )
    bench.tell(row("k7", deleted=True), run="two")
    return lambda: bench.tell(known, run="two")


CHANGES = [
    merging, merging_later_into_earlier, splitting, splitting_off_the_first, merging_firms,
    withdrawing_the_first_run, withdrawing_the_second_run, withdrawing_a_source, deleting_a_row,
]  # fmt: skip


def shown(bench: Bench) -> dict[str, list[tuple[Any, ...]]]:
    """All that is shown. A row that comes back is a new record: its number is no matter here."""
    dump = bench.dump()
    dump["touchpoint"] = [line[:-1] for line in dump["touchpoint"]]
    return dump


@pytest.mark.parametrize("change", CHANGES)
def test_everything_comes_back_exactly(bench: Bench, change: Change) -> None:
    shop(bench)
    before = shown(bench)
    assert before["dangling"] == []
    take_back = change(bench)
    assert shown(bench) != before
    assert shown(bench)["dangling"] == []
    take_back()
    assert shown(bench) == before


# Whatever leaves the customers that the second change is about.
LEAVING = {
    merging: [withdrawing_the_second_run, merging_later_into_earlier, withdrawing_a_source, withdrawing_the_first_run],
    splitting: [splitting_off_the_first, deleting_a_row, withdrawing_a_source, withdrawing_the_first_run],
    withdrawing_the_second_run: [],
}
PAIRS = [
    (first, second)
    for second, leaving in LEAVING.items()
    for first in CHANGES
    if first is not second
    and first not in leaving
    and (second is not splitting or first is not withdrawing_the_second_run)
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_changes_come_back_in_either_order(bench: Bench, first: Change, second: Change) -> None:
    shop(bench)
    before = shown(bench)
    undo_first = first(bench)
    undo_second = second(bench)
    undo_first()
    undo_second()
    assert shown(bench) == before


def test_merging_persons_leaves_their_firms_alone(bench: Bench) -> None:
    bench.tell(row("k1", who={"firm": "77", "email": "a@x.org"}), row("k2", who={"firm": "88", "email": "b@x.org"}))
    bench.merge(bench.customer(tp("k1")) or "", bench.customer(tp("k2")) or "")
    (one, firm), (other, other_firm) = bench.partition()[tp("k1")], bench.partition()[tp("k2")]
    assert one == other
    assert firm != other_firm


def test_merging_persons_leaves_a_split_of_their_firms_alone(bench: Bench) -> None:
    bench.tell(
        row("k1", who={"firm": "77", "email": "a@x.org"}),
        row("k2", who={"firm": "77", "email": "b@x.org"}),
    )
    firm = bench.partition()[tp("k1")][1] or ""
    apart = bench.split(firm, tp("k2"))
    assert bench.partition()[tp("k2")][1] != firm
    bench.merge(bench.customer(tp("k1")) or "", bench.customer(tp("k2")) or "")
    assert deciding.is_live(bench.projection, apart)
    assert bench.customer(tp("k1")) == bench.customer(tp("k2"))
    assert bench.partition()[tp("k2")][1] != firm


def test_merging_firms_changes_nothing_about_whose_an_address_is(bench: Bench) -> None:
    """k1 was first to have the address, and keeps it also when a decision about firms names k2."""
    bench.tell(
        row("k1", who={"person": "7", "email": "a@x.org"}, at="2025-01-01T09:00:00+00:00"),
        row("k2", who={"person": "8", "email": "a@x.org", "firm": "55"}, at="2025-02-01T09:00:00+00:00"),
        row("k3", who={"email": "a@x.org"}, at="2025-03-01T09:00:00+00:00"),
        row("k4", who={"firm": "66"}),
    )
    assert bench.customer(tp("k3")) == bench.customer(tp("k1")) != bench.customer(tp("k2"))
    people = {id_: customer for id_, (customer, _) in bench.partition().items() if id_ != tp("k4")}
    bench.merge(bench.partition()[tp("k2")][1] or "", bench.partition()[tp("k4")][1] or "")
    assert bench.partition()[tp("k2")][1] == bench.partition()[tp("k4")][1]
    assert {id_: bench.customer(id_) for id_ in people} == people


def test_two_that_are_joined_and_parted_in_one_batch_keep_their_ids(bench: Bench) -> None:
    """The row says that they are one, a person that they are not."""
    bench.tell(row("k1", who={"email": "a@x.org"}))
    bench.tell(row("k2", who={"email": "b@x.org"}), row("k3", who={"email": "b@x.org"}))
    bench.accept(row("k4", who={"email": "a@x.org", "email.2": "b@x.org"}))
    bench.decide("dec_1", ("NOT_SAME", "PERSON", tp("k1"), tp("k2")))
    bench.process()
    for key in ("k1", "k2"):
        assert bench.customer(tp(key)) == customer_id(tp(key), Side.PERSON)


def test_a_firm_met_through_a_role_mailbox_stays_when_persons_are_kept_apart(bench: Bench) -> None:
    bench.tell(row("k1", who={"firm": "77", "email": "info@x.org"}), row("k2", who={"email": "a@x.org"}))
    before = bench.dump()
    for number, word in enumerate(("NOT_SAME", "SAME", "NOT_SAME")):
        bench.decide(f"dec_{number}", (word, "PERSON", tp("k1"), tp("k2")))
        bench.process()
        assert bench.dump()["dangling"] == []
    assert bench.dump() == before


def test_former_ids_resolve(bench: Bench) -> None:
    shop(bench)
    former = bench.customer(tp("k4")) or ""
    stays = bench.customer(tp("k1"))
    bench.merge(stays or "", former)
    assert bench.customer(tp("k4")) == stays
    with pytest.raises(InputWrong, match="one customer already"):
        deciding.merge(bench.projection, [stays or "", former])
    bench.split(former, tp("k4"))
    assert bench.customer(tp("k4")) == former


def test_splitting_a_merge_withdraws_nothing_and_merging_again_withdraws_the_split(bench: Bench) -> None:
    shop(bench)
    one, other = bench.customer(tp("k1")) or "", bench.customer(tp("k4")) or ""
    bench.merge(one, other)
    split = bench.split(one, tp("k4"))
    assert bench.customer(tp("k4")) == other
    again = bench.merge(one, other)
    assert bench.customer(tp("k4")) == one
    assert not deciding.is_live(bench.projection, split)
    bench.undo(again)
    assert bench.customer(tp("k4")) == other


def test_a_row_told_after_a_split_goes_where_the_evidence_leads(bench: Bench) -> None:
    shop(bench)
    bench.split(bench.customer(tp("k1")) or "", tp("k7"))
    bench.tell(row("k9", who={"phone": PHONE}))
    assert bench.customer(tp("k9")) == bench.customer(tp("k7")) != bench.customer(tp("k1"))


# Looking ahead ------------------------------------------------------------------------------------------------


def plan_merge(bench: Bench) -> Intent:
    return deciding.merge(bench.projection, [bench.customer(tp("k1")) or "", bench.customer(tp("k4")) or ""])


def plan_split(bench: Bench) -> Intent:
    return deciding.split(bench.projection, bench.customer(tp("k1")) or "", [tp("k7")])


@pytest.mark.parametrize("plan", [plan_merge, plan_split])
def test_a_dry_run_changes_nothing_and_predicts_what_happens(bench: Bench, plan: Callable[[Bench], Intent]) -> None:
    shop(bench)
    before = bench.dump()
    belongs = bench.partition()
    known = {line[0]: line for line in before["customer"]}
    seen = bench.preview(plan(bench))
    assert bench.dump() == before
    assert bench.preview(plan(bench)) == seen
    bench.carry_out(plan(bench))
    after = {line[0]: line for line in bench.dump()["customer"]}
    told = {
        each.customer: (each.touchpoints_before, each.touchpoints_after, each.revenue_before, each.revenue_after)
        for each in seen.changes
    }
    happened = {
        id_: (known[id_][8] if id_ in known else 0, after[id_][8] if id_ in after else 0, known[id_][20] if id_ in known else 0, after[id_][20] if id_ in after else 0)  # noqa: E501
        for id_ in known.keys() | after.keys()
    }  # fmt: skip
    assert told == {
        id_: change
        for id_, change in happened.items()
        if change[:2] != change[2:4] and (change[0], change[2]) != (change[1], change[3])
    }
    assert set(seen.customers) <= after.keys()
    moved = {
        id_: next(each for each in zip(belongs[id_], whose, strict=True) if each[0] != each[1])
        for id_, whose in bench.partition().items()
        if belongs[id_] != whose
    }
    assert {each.touchpoint: (each.before, each.after) for each in seen.moves} == moved != {}


def test_a_withdrawal_is_predicted(bench: Bench) -> None:
    shop(bench)
    before = bench.dump()
    seen = bench.preview(Intent(), ("RUN", "run_two", False))
    assert bench.dump() == before
    assert [each.effect for each in seen.touchpoints] == [Effect.RETRACTED] * 4
    bench.withdraw("RUN", "run_two")
    bench.process()
    assert len(before["touchpoint"]) - len(bench.dump()["touchpoint"]) == 4


# Time ---------------------------------------------------------------------------------------------------------


def test_silence_changes_the_standing_when_its_time_comes(bench: Bench) -> None:
    bench.clock = NOW - 290 * DAY
    bench.tell(invoice("k1", "N1", who={"person": "7"}, at="2025-03-01T09:00:00+00:00"))
    (standing, change) = bench.projection.all("SELECT standing, next_change_at FROM customer")[0]
    assert standing == "ACTIVE"
    assert change is not None
    bench.clock = change - 1
    bench.process()
    assert bench.projection.value("SELECT standing FROM customer") == "ACTIVE"
    bench.clock = change
    bench.process()
    assert bench.projection.value("SELECT standing FROM customer") == "AT_RISK"
    assert bench.projection.all(
        "SELECT before, after FROM ledger WHERE kind = 'STANDING_CHANGED' ORDER BY number, ordinal"
    ) == [(None, "ACTIVE"), ("ACTIVE", "AT_RISK")]
    bench.clock += 3000 * DAY
    bench.process()
    assert bench.projection.value("SELECT standing FROM customer") == "LAPSED"
    assert bench.projection.value("SELECT next_change_at FROM customer") is None
