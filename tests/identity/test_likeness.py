"""What of a customer is compared."""

from hub.identity.likeness import MOST_VALUES, Likeness, likeness
from hub.identity.normalise import Canonical, canonical
from hub.values import Identifier


def held(kind: str, value: str, namespace: str = "") -> Canonical:
    found = canonical(Identifier(kind, value, namespace), "books", "BD")
    assert found is not None
    return found


def test_identifiers_and_traits_become_canonical_values() -> None:
    identifiers = [
        held("email", "Anna.Berg+news@Gmail.com"),
        held("phone", "01711-234567"),
        held("handle", "@AnnaBerg"),
        held("national_number", "১২৩৪"),
    ]
    told = [
        {"name": "BERG, Anna", "street": "Lange Straße 7", "postcode": "12 345", "city": "Köln"},
        {"name": "Anna Berg", "birthday": "1971-06-24", "company": "Berg AG"},
    ]
    assert likeness("cus_1", identifiers, told) == Likeness(
        id="cus_1",
        names=("anna berg",),
        emails=("annaberg@gmail.com",),
        phones=("+8801711234567",),
        handles=("annaberg",),
        numbers=("1234",),
        birthdays=("19710624",),
        streets=("lange strasse 7",),
        postcodes=("12345",),
        cities=("koln",),
    )


def test_what_says_nothing_about_a_person_is_passed_over() -> None:
    identifiers = [
        held("email", "billing@bigcorp.example"),
        held("phone", "0"),
        held("contact", "42"),
        held("cookie", "c-1"),
        held("loyalty_card", "77", namespace="till"),
    ]
    told = [{"name": "anna@x.org", "birthday": "--06-24", "street": " ", "city": None}]
    assert likeness("cus_1", identifiers, told) == Likeness(id="cus_1")


def test_the_first_values_in_sorted_order_stand_for_many() -> None:
    identifiers = [held("email", f"anna{number:02}@x.org") for number in reversed(range(20))]
    found = likeness("cus_1", identifiers, [])
    assert found.emails == tuple(f"anna{number:02}@x.org" for number in range(MOST_VALUES))
