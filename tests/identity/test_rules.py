"""Caps hold exactly at their limit; a name in another script is not another name."""

from __future__ import annotations

from hub.identity.names import name_key
from hub.identity.rules import Node, Rules, cap, group

EMAIL: Node = (30, "email", "", "a@x.org")
PHONE: Node = (31, "phone", "", "+8801711000001")


def names(count: int) -> list[str]:
    return [f"name{number}" for number in range(count)]


def contacts(count: int, namespace: str = "src_a") -> list[Node]:
    return [(10, "contact", namespace, str(number)) for number in range(count)]


def test_twenty_names_join_and_twenty_one_do_not() -> None:
    assert cap(EMAIL, names(20), [], Rules()) is None
    assert cap(EMAIL, names(21), [], Rules()) == "SEVERAL_NAMES"


def test_a_phone_has_one_name() -> None:
    assert cap(PHONE, ["karim uddin"], [], Rules()) is None
    assert cap(PHONE, ["karim uddin", ""], [], Rules()) is None
    assert cap(PHONE, ["karim uddin", "anna rahman"], [], Rules()) == "SEVERAL_NAMES"


def test_another_script_is_not_another_name() -> None:
    written = [name_key(name) for name in ("Karim Uddin", "করিম উদ্দিন", "کریم الدین")]
    assert cap(PHONE, written, [], Rules()) is None
    assert cap(PHONE, [*written, name_key("রহিম")], [], Rules()) == "SEVERAL_NAMES"


def test_twenty_contacts_of_one_ledger_join_and_twenty_one_do_not() -> None:
    assert cap(EMAIL, [], contacts(20), Rules()) is None
    assert cap(EMAIL, [], contacts(21), Rules()) == "MANY_STRONGER"


def test_contacts_of_several_ledgers_are_counted_apart() -> None:
    assert cap(EMAIL, [], contacts(20, "src_a") + contacts(20, "src_b"), Rules()) is None


def test_weaker_identifiers_cap_nothing() -> None:
    assert cap(EMAIL, [], [(31, "phone", "", str(number)) for number in range(50)], Rules()) is None
    assert (
        cap((10, "contact", "src_a", "1"), [], [(30, "email", "", str(number)) for number in range(50)], Rules())
        is None
    )


def test_names_are_said_before_contacts() -> None:
    assert cap(PHONE, names(2), contacts(21), Rules()) == "SEVERAL_NAMES"


def test_unique_kinds_are_unique_in_their_namespace() -> None:
    assert group((10, "contact", "src_a", "1")) == ("contact", "src_a")
    assert group(EMAIL) is None
