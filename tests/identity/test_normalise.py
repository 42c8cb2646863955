"""What two sources write differently and mean the same becomes equal; what nobody could mean joins nobody."""

from __future__ import annotations

import pytest

from hub import sdk
from hub.identity.names import fold, name_key, script, words
from hub.identity.normalise import Canonical, canonical, combinations, masked, masked_name, search_terms
from hub.values import Identifier


def made(identifier: Identifier, region: str = "BD") -> Canonical:
    result = canonical(identifier, "src_a", region)
    assert result is not None
    return result


def value(identifier: Identifier, region: str = "BD") -> str:
    return made(identifier, region).identifier.value


# E-mail -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Anna@Example.ORG", "anna@example.org"),
        ("  anna@example.org ", "anna@example.org"),
        ("Anna Rahman <anna@example.org>", "anna@example.org"),
        ('"Rahman, Anna" <anna@example.org>', "anna@example.org"),
        ("<anna@example.org>", "anna@example.org"),
        ("anna+shop@example.org", "anna@example.org"),
        ("anna@example.org.", "anna@example.org"),
        ("a.nna@example.org", "a.nna@example.org"),
        ("a.n.na+x@gmail.com", "anna@gmail.com"),
        ("Anna@GoogleMail.com", "anna@gmail.com"),
        ("anna@xn--bcher-kva.example", "anna@bücher.example"),
        ("+@example.org", "+@example.org"),
    ],
)
def test_an_address_in_any_writing(written: str, meant: str) -> None:
    result = made(sdk.email(written))
    assert (result.identifier.value, result.blocked) == (meant, None)


@pytest.mark.parametrize(
    "written", ["anna", "anna@", "@example.org", "anna rahman@example.org", "anna@exam ple.org", "anna@xn--\xff"]
)
def test_what_is_no_address_joins_nobody(written: str) -> None:
    assert made(sdk.email(written)).blocked == "INVALID"


@pytest.mark.parametrize(
    "written", ["info@x.org", "Billing@X.org", "no-reply@x.org", "noreply+7@x.org", "postmaster@x.org"]
)
def test_a_mailbox_of_several_people_joins_nobody(written: str) -> None:
    assert made(sdk.email(written)).blocked == "ROLE"


def test_what_was_written_is_kept_to_be_shown() -> None:
    result = made(sdk.email(" Anna+Shop@Example.org"))
    assert result.identifier.display == "Anna+Shop@Example.org"


# Phones -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "01711-000001",
        "+880 1711 000001",
        "০১৭১১-০০০০০১",
        "٠١٧١١٠٠٠٠٠١",
        "۰۱۷۱۱۰۰۰۰۰۱",
        "\u202a+8801711000001\u202c",
        "\u200e01711000001",
        "8801711000001",
        "00880 1711 000001",
    ],
)
def test_a_phone_in_any_script_and_form(written: str) -> None:
    result = made(sdk.phone(written))
    assert (result.identifier.value, result.blocked) == ("+8801711000001", None)


def test_the_region_of_the_number_comes_before_that_of_the_company() -> None:
    assert value(sdk.phone("030 1234567", "DE")) == "+49301234567"
    assert value(sdk.phone("01711000001", "BD"), "US") == "+8801711000001"


@pytest.mark.parametrize("written", ["12", "call me", "+999 123", "0123456789012345678"])
def test_an_impossible_number_joins_nobody(written: str) -> None:
    assert made(sdk.phone(written)).blocked == "INVALID"


def test_a_number_of_one_digit_repeated_is_a_placeholder() -> None:
    assert made(sdk.phone("+8801711111111")).blocked == "VALUE"


# Others -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["null", "NULL", "none", "N/A", "anonymous", "0", "000", "-", "undefined", "-1"])
def test_a_placeholder_joins_nobody(written: str) -> None:
    assert made(sdk.contact(written)).blocked == "VALUE"


def test_the_first_customer_of_a_ledger_is_somebody() -> None:
    assert made(sdk.contact("1")).blocked is None


def test_an_empty_value_is_no_identifier() -> None:
    assert canonical(sdk.email("  "), "src_a", "BD") is None


def test_ids_that_a_source_mints_mean_something_there_only() -> None:
    assert made(sdk.contact("42")).identifier.namespace == "src_a"
    assert made(sdk.cookie("c")).identifier.namespace == "src_a"
    assert made(sdk.email("a@x.org")).identifier.namespace == ""
    assert made(sdk.social("Mastodon", "https://m.org/@a")).identifier.namespace == "mastodon"


def test_numbers_in_any_digits_are_the_same_contact() -> None:
    assert value(sdk.contact("৪২")) == value(sdk.contact("42")) == "42"


def test_a_handle_with_and_without_its_sign() -> None:
    assert value(sdk.handle("x", "@Anna")) == value(sdk.handle("x", "anna")) == "anna"


def test_a_tax_number_without_its_punctuation() -> None:
    assert value(sdk.vat("de 123-456.789")) == "DE123456789"


def test_hints_of_one_touchpoint_make_identifiers_together() -> None:
    phone = made(sdk.phone("01711000001"))
    found = combinations(
        [phone], {"name": "Karim Uddin", "street": "12, Lake Road", "postcode": "12 05", "birthday": "1990-05-01"}
    )
    assert [held.identifier.value for held in found] == [
        "karim uddin|+8801711000001",
        "karim uddin|12 lake road|1205",
        "karim uddin|1990-05-01",
    ]


def test_a_first_name_with_a_birthday_is_too_little() -> None:
    assert combinations([], {"name": "Karim", "birthday": "1990-05-01"}) == []
    assert combinations([], {"name": "Karim Uddin", "birthday": "--05-01"}) == []
    assert combinations([made(sdk.phone("01711000001"))], {"birthday": "1990-05-01"}) == []


def test_an_impossible_phone_makes_no_combination() -> None:
    assert combinations([made(sdk.phone("12"))], {"name": "Karim Uddin"}) == []


# Names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Karim Uddin", "UDDIN, Karim"),
        ("Mr. Karim Uddin", "karim uddin"),
        ("Müller", "MULLER"),
        ("জনাব করিম উদ্দিন", "করিম উদ্দিন"),
        ("মোঃ করিম", "করিম"),
        ("রহমান য়াসমিন", "রহমান \u09df\u09beসমিন"),
        ("কে\u09be", "কো"),
        ("উৎসব", "উত\u09cd\u200dসব"),
        ("علي", "علی"),
        ("كريم", "کریم"),
        ("مريم", "مَرْيَم"),
        ("زهرہ", "زہره"),
        ("ک\u0640\u0640ریم", "کریم"),
        ("ﻋﻠﻲ", "علی"),
        ("آمنہ", "امنہ"),
        ("سید علی", "علی"),
        ("نور\u200cالدین", "نورالدین"),
        ("\u202bعلی\u202c", "علی"),
    ],
)
def test_two_writings_of_a_name(one: str, other: str) -> None:
    assert name_key(one) == name_key(other) != ""


@pytest.mark.parametrize(("one", "other"), [("Karim", "Karima"), ("করিম", "করিমা"), ("ক", "কা"), ("علی", "عالیہ")])
def test_two_names(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize("text", ["", "  ", "anna@example.org", "12345", "Mr.", "🙂", "–"])
def test_what_is_no_name(text: str) -> None:
    assert name_key(text) == ""


def test_the_script_of_a_name() -> None:
    assert [script(name_key(name)) for name in ("Karim", "করিম", "کریم", "Карим", "")] == [
        "LATIN",
        "BENGALI",
        "ARABIC",
        "CYRILLIC",
        "",
    ]


def test_signs_that_carry_meaning_stay() -> None:
    assert words("ক্ষমা-চাই, ১২টি") == ["ক্ষমা", "চাই", "12টি"]


@pytest.mark.parametrize("text", ["Straße", "İstanbul", "ﬁn", "করিম", "ﻋﻠﻲ", "Ǆ", "উৎ", "한국어", "e\u0301", "\u200d"])
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


# Masks and search ---------------------------------------------------------------------------------------------


def test_masks_tell_apart_and_say_little() -> None:
    assert masked("email", "anna@example.org") == "a•••@e•••"
    assert masked("phone", "+880 1711-০০০০৪২") == "•••42"
    assert masked("social", "https://m.org/@anna") == "h•••"
    assert masked_name("করিম উদ্দিন") == "ক••• উ•••"


def test_a_customer_is_found_by_any_word() -> None:
    assert search_terms("Anna RAHMAN") == ("anna", "rahman")
    assert search_terms("Anna@Example.org") == ("anna", "example", "org", "anna@example.org")
    assert search_terms("+880 1711-০০০০০১") == ("880", "1711", "000001", "8801711000001")
    assert search_terms("জনাব করিম") == ("জনাব", "করিম")
