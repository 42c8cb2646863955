"""What happened: ordinary lives, and one customer who was met everywhere."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from rupali.books import basket, deals, invoice, settle
from rupali.encounters import call, enquiry, form, post, rings, score, talk
from rupali.letters import SALES, SHOP, attachment, mail, mailbox, mixed, newsletter, part, quoted, thread
from rupali.people import Person, cast, strangers
from rupali.texts import TEXTS
from rupali.traps import traps
from rupali.world import BEGIN, END, chance, moment, number, office_hour, pick

STORIES = "BOLBOLPBOBLOPBLO"
"""B buys often, O once, L asks, P is only known to us."""


def everything() -> tuple[Person, list[Person]]:
    """Let all of it happen; the heroine, and who stands in the customer list."""
    people = cast()
    for index, person in enumerate(people.values()):
        if person.key != "nasrin":
            everyday(person, story_of(index))
    heroine(people["nasrin"])
    work = second_record(people["nasrin"])
    traps(people)
    deals(people)
    for person in strangers():
        talk(person, office_hour(BEGIN + timedelta(days=number(30, 500))))
        if chance(0.5):
            post(person, END - timedelta(days=number(20, 90)), "share")
    readers = [person for index, person in enumerate(people.values()) if index % 4 == 0]
    offer = "Ten per cent off all steel until 7 January."
    newsletter(moment("2025-12-28T08:00:00"), "New year, new pots 🎉", offer, readers)
    newsletter(moment("2026-05-20T08:00:00"), "ঈদ মোবারক", "ঈদ উপলক্ষে সব হাঁড়ি-পাতিলে ছাড়।", readers)
    # Some are in no list of the shop: they are known by what they did alone.
    listed = [person for index, person in enumerate(people.values()) if index % 7 != 5 or story_of(index) == "P"]
    return people["nasrin"], [*listed, work]


def story_of(index: int) -> str:
    """What kind of life a person of the cast has."""
    return STORIES[index % len(STORIES)]


def everyday(person: Person, story: str) -> None:
    """The ordinary life of a customer."""
    day = BEGIN + timedelta(days=number(0, 300) if story == "B" else number(40, 530))
    if story == "P":
        if chance(0.6):
            post(person, office_hour(day), "follow")
        return
    first_contact(person, day)
    if story == "L":
        again = office_hour(day + timedelta(days=number(2, 40)))
        thread(person, again) if chance(0.5) else enquiry(person, again)
        return
    for _ in range(number(3, 5) if story == "B" else 1):
        day += timedelta(days=number(4, 20) if story == "O" else number(25, 95))
        if day < END - timedelta(days=3):
            purchase(person, day)


def first_contact(person: Person, day: datetime) -> None:
    """How they came to the shop."""
    way = pick(["form", "mail", "social", "call"])
    if way == "form":
        enquiry(person, office_hour(day))
    elif way == "mail":
        thread(person, office_hour(day))
    elif way == "social":
        post(person, office_hour(day - timedelta(days=2)), "follow")
        talk(person, office_hour(day))
    else:
        rings(person, office_hour(day))


def purchase(person: Person, day: datetime) -> None:
    """An invoice, and what people say around it."""
    if chance(0.4):
        thread(person, office_hour(day - timedelta(days=2)))
    invoice(person, day, basket(), paid=pick([0, 2, 4, 9, 15, None]))
    if chance(0.35):
        rings(person, office_hour(day + timedelta(days=2)), outbound=chance(0.4))
    if chance(0.3):
        text, rating = pick(TEXTS[person.language]["reviews"])
        post(person, office_hour(day + timedelta(days=6)), "review", text, rating=rating)
    elif chance(0.35):
        talk(person, office_hour(day + timedelta(days=5)))
    if chance(0.2):
        score(person, office_hour(day + timedelta(days=10)), pick([5, 6, 7, 7, 8, 8, 8, 9]))


def heroine(nasrin: Person) -> None:
    """One customer met everywhere: social, web, ledger, mail, phone."""
    asked = post(
        nasrin, moment("2025-09-18T20:14:00"), "mention", "@rupali@social.example আপনাদের নন-স্টিক কড়াই কি ইন্ডাকশনে চলে? 🍳"
    )
    reply = "@nasrin@dhaka.example জি, চলে। তলাটা ইন্ডাকশনের জন্যই বানানো। 😊"
    post(nasrin, moment("2025-09-19T10:02:00"), "reply", reply, answers=asked, outbound=True)
    post(nasrin, moment("2025-09-19T10:20:00"), "follow")
    form(
        moment("2025-10-04T09:40:00"),
        {
            "form": "Contact",
            "name": "নাসরিন আক্তার",
            "email": "Nasrin.Akter@mail.example",
            "phone": "০১৭১১-২৩৪৫৬৭",
            "message": "আজ দোকান থেকে কড়াইটা নিতে চাই। একটা রেখে দেবেন?",
            "language": "bn",
            "utm_source": "facebook",
            "utm_medium": "paid_social",
            "utm_campaign": "winter-pots",
            "page_url": "https://www.rupali.example/pans",
            "consent": "yes",
        },
    )
    invoice(nasrin, moment("2025-10-04T00:00:00"), [("KD-28", 1), ("SP-SET", 1)], paid=2)
    subject = "Is the 5 litre pressure cooker back?"
    text = "Hello,\n\nyour page says the 5 litre cooker is out of stock. Will it come back before the new year?"
    thread(nasrin, moment("2025-12-12T21:05:00"), subject, text, "Nasrin Akhter", length=3)
    invoice(nasrin, moment("2025-12-20T00:00:00"), [("PC-5", 1)], paid=1)
    call(
        moment("2026-02-14T11:25:00"),
        "01711-234567",
        "Nasrin Akter",
        "ডেলিভারি দেরি — কালকের মধ্যে পাঠানো হবে",
        outbound=False,
        seconds=240,
    )
    march = invoice(nasrin, moment("2026-03-08T00:00:00"), [("TP-24", 2), ("DN-32", 1), ("KN-3", 1)], paid=2)
    broken = "Hello,\n\none of the two tawas came with a loose handle. I'd like to send it back.\n\nNasrin"
    photo = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 6 + b"\xff\xd9"
    body = mixed("=_nasrin-photo", part(broken), attachment("handle.jpg", "image/jpeg", photo))
    at = moment("2026-03-19T08:55:00")
    first = mail(at, mailbox(nasrin.email, "Nasrin Akter"), mailbox(SHOP), "Loose handle on a tawa 😕", body)
    sorry = (
        "Dear Nasrin,\n\nwe are sorry. Our rider picks it up on Saturday, and you get the money back.\n\nTania Rahman"
        + quoted(broken, at, "Nasrin Akter")
    )
    mail(
        moment("2026-03-19T12:40:00"),
        mailbox(SALES),
        mailbox(nasrin.email, "Nasrin Akter"),
        "Re: Loose handle on a tawa 😕",
        part(sorry),
        answers=first,
    )
    call(
        moment("2026-03-21T10:05:00"),
        "+8801711234567",
        "Nasrin Akter",
        "Pick-up agreed for 3 pm",
        outbound=True,
        seconds=75,
    )
    tawa = march.lines[0]
    settle("credit note", march, 14, Decimal(0), [(tawa[0], tawa[1], -1, tawa[3])])
    settle("refund", march, 15, -tawa[3])
    post(nasrin, moment("2026-05-30T22:31:00"), "review", "রিফান্ড দুই দিনেই পেয়েছি, আর প্রেসার কুকারটা দারুণ! ❤️🍲", rating=5)
    score(nasrin, moment("2026-06-15T13:15:00"), 8, "Great pots, slow delivery.")
    invoice(nasrin, moment("2026-08-21T00:00:00"), [("RC-18", 1), ("GL-6", 2)], paid=6)
    plus = Person(**{**nasrin.__dict__, "email": "nasrin.akter+rupali@mail.example"})
    subject, text = "বিয়ের উপহার", "আমার বোনের বিয়েতে একটা ডিনার সেট দিতে চাই। উপহার হিসেবে মোড়ানো যাবে?"
    thread(plus, moment("2026-10-02T19:44:00"), subject, text, "নাসরিন আক্তার", length=2)
    invoice(nasrin, moment("2026-11-05T00:00:00"), [("DN-32", 1), ("TS-12", 1)], paid=None)
    post(nasrin, moment("2026-11-12T18:20:00"), "direct_message", "উপহারটা সবার খুব পছন্দ হয়েছে। ধন্যবাদ! 🎁")
    form(
        moment("2026-11-14T10:12:00"),
        {
            "form": "Contact",
            "name": "Nasrin Akter",
            "email": nasrin.email,
            "message": "Do you have the rice cooker in 2.8 litres too?",
            "page_url": "https://www.rupali.example/cookers",
            "consent": "yes",
        },
    )


def second_record(nasrin: Person) -> Person:
    """The same woman at work, with an account she left: nothing joins it to the first; a colleague did."""
    work = Person(
        "nasrin_work",
        "Nasrin Akter",
        "",
        "nasrin.akter@dhakadesign.example",
        "",
        "Dhaka",
        "BD",
        "en",
        "Dhaka Design Studio",
    )
    work.account = {
        "id": "https://bangla.example/users/n_designs",
        "handle": "@n_designs@bangla.example",
        "name": "Nasrin Designs",
    }
    post(
        work,
        moment("2025-06-11T21:40:00"),
        "mention",
        "@rupali@social.example that copper tawa would look good in a photo shoot 📸",
    )
    subject, text = (
        "Catalogue for a photo shoot",
        "Hello,\n\nwe are looking for kitchenware to photograph. Could you send your catalogue with prices?",
    )
    thread(work, moment("2025-07-02T11:30:00"), subject, text, "Nasrin Akter", length=3)
    post(
        work,
        moment("2025-07-19T16:05:00"),
        "mention",
        "@rupali@social.example the shoot went well, thank you for lending us the pots!",
    )
    return work
