"""The cast: who the customers are, and how each system knows them."""

from __future__ import annotations

from dataclasses import dataclass, field

from rupali.texts import PEOPLE
from rupali.world import chance, number, pick

DIGITS = {"bn": "০১২৩৪৫৬৭৮৯", "ur": "۰۱۲۳۴۵۶۷۸۹"}


def in_digits(text: str, language: str) -> str:
    """The number in the digits of a language."""
    return text.translate(str.maketrans("0123456789", DIGITS[language])) if language in DIGITS else text


@dataclass
class Person:
    """One of the customers, and how each system knows them."""

    key: str
    name: str
    native: str
    email: str
    phone: str
    city: str
    country: str
    language: str
    company: str = ""
    birthday: str = ""
    account: dict[str, str] = field(default_factory=dict)
    contact: str = ""

    def typed_phone(self) -> str:
        """Their number as somebody would type it that day."""
        code, rest = self.phone[:-10], self.phone[-10:]
        local = f"0{rest[:4]}-{rest[4:]}"
        if self.country == "PK":
            return pick([f"{code} {rest[:3]} {rest[3:]}", in_digits(f"{code} {rest[:3]} {rest[3:]}", self.language)])
        return pick([local, local.replace("-", ""), f"{code}{rest}", in_digits(local, self.language)])

    def written(self) -> str:
        return self.native if self.language != "en" and chance(0.5) else self.name


def cast() -> dict[str, Person]:
    """Everybody, by key."""
    people: dict[str, Person] = {}
    for index, (key, name, native, city, language) in enumerate(PEOPLE):
        country = "PK" if language == "ur" or city in ("Karachi", "Lahore", "Islamabad") else "BD"
        host = {"BD": "mail.example", "PK": "post.example"}[country]
        phone = f"+88017110{index:05d}" if country == "BD" else f"+9230000{index:05d}"
        person = Person(key, name, native, f"{name.lower().replace(' ', '.')}@{host}", phone, city, country, language)
        person.birthday = f"{number(1968, 2003)}-{number(1, 12):02d}-{number(1, 28):02d}"
        server = pick(["dhaka.example", "social.example", "bangla.example"] if country == "BD" else ["lahore.example"])
        handle = key.replace("_", "")
        person.account = {
            "id": f"https://{server}/users/{handle}",
            "handle": f"@{handle}@{server}",
            "name": person.written(),
        }
        people[key] = person
    people["nasrin"].phone, people["nasrin"].birthday = "+8801711234567", "1991-03-26"
    people["nasrin"].account = {
        "id": "https://dhaka.example/users/nasrin",
        "handle": "@nasrin@dhaka.example",
        "name": "নাসরিন আক্তার 🌸",
    }
    people["salma"].phone = people["rahim"].phone  # a family phone: two people, one number
    people["imran"].email = "rk.sample.imran@gmail.com"
    for key in ("kamal", "farzana", "jony"):
        people[key].company = "Green Leaf Restaurant"
    for key, company in (("golam", "Mostafa Catering"), ("arif", "Chowdhury Traders"), ("kashif", "Raza Sweets")):
        people[key].company = company
    return people


def strangers() -> list[Person]:
    """People known by a social account alone."""
    found = []
    for key, name, language in (
        ("pothik", "পথিক", "bn"),
        ("chefzoya", "Chef Zoya", "ur"),
        ("foodwalk", "Dhaka Food Walk", "en"),
        ("rannaghor", "রান্নাঘর", "bn"),
    ):
        person = Person(key, name, name, "", "", "", "", language)
        person.account = {"id": f"https://food.example/users/{key}", "handle": f"@{key}@food.example", "name": name}
        found.append(person)
    return found
