"""Identity rules as data: what a text may say, what the hub answers to a wrong one, and how a set is written out."""

from __future__ import annotations

import pytest

from hub.errors import InputWrong
from hub.identity.rule_set import default_text, differences, read_rules, write_rules
from hub.identity.rules import Rules, blocked


def wrong(text: str) -> str:
    with pytest.raises(InputWrong) as caught:
        read_rules(text)
    assert "\n" not in caught.value.message
    return caught.value.message


def test_the_shipped_text_is_the_shipped_rules() -> None:
    assert read_rules(default_text()) == Rules()
    assert write_rules(Rules()) == default_text()


def test_a_text_may_name_only_what_it_changes() -> None:
    standing = Rules(version="spring", most_names=30)
    assert read_rules("most_phone_names = 2", standing) == Rules(version="spring", most_names=30, most_phone_names=2)
    assert read_rules("", standing) == standing
    assert read_rules('blocked_values = ["Kiosk "]') == Rules(blocked_values=frozenset({"kiosk"}))


def test_what_is_written_reads_the_same() -> None:
    rules = Rules(
        version='sp"ring\\', most_stronger=5, most_names=3, most_phone_names=2, most_identifiers=50,
        blocked_values=frozenset({"kiosk", 'say "hi"', "a\\b", "দোকান"}), role_mailboxes=frozenset({"kontakt"}),
        personal_mailboxes=frozenset({"hr", "jobs"}), never_join=frozenset({"name+birthday", "cookie"}),
    )  # fmt: skip
    text = write_rules(rules)
    assert read_rules(text, Rules(most_names=99)) == rules
    assert 'never_join = ["cookie", "name+birthday"]' in text
    assert text.count("\n#") == default_text().count("\n#")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("most_names = ", "The identity rules are not TOML: Invalid value (at end of document)."),
        ("most_names = 3\nmost = = 1", "The identity rules are not TOML, line 2: Invalid value."),
        (
            "# mine\nmost_name = 3",
            "The identity rules are wrong at line 2, most_name: there is no such key; did you mean most_names?",
        ),
        (
            "[caps]\nmost_names = 3",
            "The identity rules are wrong at line 1, caps: there is no such key.",
        ),
        (
            "\nmost_names = 0",
            "The identity rules are wrong at line 2, most_names: it must be a whole number from 1 to 1,000,000.",
        ),
        (
            "most_names = true",
            "The identity rules are wrong at line 1, most_names: it must be a whole number from 1 to 1,000,000.",
        ),
        (
            "most_identifiers = 20000",
            "The identity rules are wrong at line 1, most_identifiers: it must be a whole number from 1 to 10,000.",
        ),
        (
            'role_mailboxes = "info"',
            'The identity rules are wrong at line 1, role_mailboxes: it must be a list of texts, like ["one", "two"].',
        ),
        (
            'role_mailboxes = ["info@x.org"]',
            (
                "The identity rules are wrong at line 1, role_mailboxes: "
                "it holds 'info@x.org': give what stands before the @, like \"info\"."
            ),
        ),
        (
            'never_join = ["fone"]',
            (
                "The identity rules are wrong at line 1, never_join: it holds 'fone'; it may hold contact, user, vat, "
                "group, social, handle, email, phone, name+phone, name+street+postcode, name+birthday, cookie, alias."
            ),
        ),
        (
            'blocked_values = [" "]',
            (
                "The identity rules are wrong at line 1, blocked_values: "
                "it holds an empty text, which joins nobody anyway."
            ),
        ),
        (
            "version = 2",
            'The identity rules are wrong at line 1, version: it must be a text of at most 40 characters, like "2".',
        ),
    ],
)
def test_a_wrong_text_is_one_sentence_that_says_where_and_what_is_allowed(text: str, message: str) -> None:
    assert wrong(text) == message


def test_a_text_as_long_as_a_book_is_refused() -> None:
    assert wrong("#" * 500_001) == "The identity rules are longer than 500,000 characters."
    assert wrong(f"blocked_values = {['x'] * 10_001}").endswith("blocked_values: it may have 10,000 entries at most.")


def test_differences_are_told_as_they_are_written() -> None:
    assert differences(Rules(), read_rules('most_names = 3\nnever_join = ["cookie"]')) == [
        ("most_names", "20", "3"),
        ("never_join", "[]", '["cookie"]'),
    ]


# What is blocked ----------------------------------------------------------------------------------------------


def test_a_company_blocks_values_of_its_own() -> None:
    rules = read_rules('blocked_values = ["+8801711000001", "Kiosk", "desk@x.org"]')
    assert blocked("phone", "+8801711000001", rules) == "VALUE"
    assert blocked("name+phone", "anna rahman|+8801711000001", rules) == "VALUE"
    assert blocked("name+phone", "anna rahman|+8801711000002", rules) is None
    assert blocked("contact", "KIOSK", rules) == "VALUE"
    assert blocked("email", "desk@x.org", rules) == "VALUE"
    assert blocked("phone", "+8801711000001", Rules()) is None


def test_a_company_names_role_mailboxes_and_those_that_are_one_persons() -> None:
    rules = read_rules('role_mailboxes = ["Kontakt"]\npersonal_mailboxes = ["hr"]')
    assert blocked("email", "kontakt@x.org", rules) == "ROLE"
    assert blocked("email", "hr@x.org", rules) is None
    assert blocked("email", "info@x.org", rules) == "ROLE"
    assert blocked("email", "hr@x.org", Rules()) == "ROLE"
    assert blocked("email", "hr", rules) == "INVALID"


def test_a_kind_may_be_switched_off() -> None:
    rules = read_rules('never_join = ["phone", "name+birthday"]')
    assert blocked("phone", "+8801711000001", rules) == "KIND"
    assert blocked("name+phone", "anna rahman|+8801711000001", rules) is None
    assert blocked("name+birthday", "anna rahman|1990-05-01", rules) == "KIND"
    assert blocked("phone", "12", rules) == "INVALID"
