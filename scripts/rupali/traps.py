"""What real exports hold and nobody wishes for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from rupali.books import BILLS, Bill, invoice, settle
from rupali.encounters import call, form, score
from rupali.letters import SALES, SHOP, TANIA, attachment, mail, mailbox, mixed, part, thread
from rupali.people import Person
from rupali.texts import TEXTS
from rupali.world import moment, pick

OFFICE = "office@greenleaf.example"
ROBOT = {
    "form": "Contact",
    "name": "Best SEO",
    "email": "seo@spam.example",
    "message": "Rank #1 now",
    "website_url": "https://spam.example",
}
PAGE = (
    "<html><head><style>p{color:#333}</style></head><body><p>السلام علیکم،</p>"
    "<p>کیا آپ <b>لاہور</b> بھیجتے ہیں؟ 🚚</p><p>سعدیہ قریشی</p></body></html>"
)
Cast = dict[str, Person]


def traps(people: Cast) -> None:
    """All of them."""
    shared_mailbox(people)
    names_and_tags(people)
    family_phone(people)
    others_in_cc(people)
    bounce(people["masud"])
    automatic_reply(people["hina"])
    lists_and_colleagues()
    html_and_attachment(people)
    books_with_mistakes(people)
    form(moment("2026-02-20T03:33:00"), ROBOT, counted=0)  # fell into the honeypot
    score(people["lubna"], moment("2026-09-19T16:20:00"), 10, "Best shop in Dhaka 💯")


def to_customer(at: str, person: Person, subject: str, text: str) -> str:
    """A mail of ours."""
    body = part(f"Dear {person.name.split()[0]}, {text}\n\nTania")
    return mail(moment(at), mailbox(SALES), mailbox(person.email, person.name), subject, body)


def shared_mailbox(people: Cast) -> None:
    """Three people of a restaurant write from one address, which names nobody."""
    for key, day in (
        ("kamal", "2025-11-03"),
        ("farzana", "2026-02-17"),
        ("jony", "2026-06-09"),
        ("kamal", "2026-09-01"),
    ):
        name = people[key].name
        subject, text = pick(TEXTS["en"]["questions"])
        body = part(f"{text}\n\n{name}\nGreen Leaf Restaurant")
        mail(moment(f"{day}T10:21:00"), mailbox(OFFICE, name), mailbox(SALES), f"{subject} (Green Leaf)", body)


def names_and_tags(people: Cast) -> None:
    """Two spellings of a name; dots and a tag in an address of Gmail."""
    thread(people["rafiq"], moment("2025-08-14T09:12:00"), name="Mohammad Rafiq", length=2)
    thread(people["rafiq"], moment("2026-01-22T17:48:00"), name="Md. Muhammad Rafique", length=2)
    dotted = replace(people["imran"], email="rksample.imran+rupali@gmail.com")
    thread(dotted, moment("2026-02-03T14:30:00"), length=2)


def family_phone(people: Cast) -> None:
    """Two people, one number; and once nobody says who is speaking."""
    for key, at in (("rahim", "2025-12-01T18:00:00"), ("salma", "2026-01-09T12:10:00")):
        person = people[key]
        note = pick(TEXTS["bn"]["calls"])
        call(moment(at), f"0{person.phone[-10:]}", person.name, note, outbound=False, seconds=95)
    call(moment("2026-04-02T19:05:00"), people["rahim"].phone, "", "no name given", outbound=False, seconds=20)


def others_in_cc(people: Cast) -> None:
    """Two customers in Cc join nobody; the same two in To are two touchpoints."""
    taslima, mitu, biplob = people["taslima"], people["mitu"], people["biplob"]
    both = f"{mailbox(mitu.email, mitu.name)}, {mailbox(biplob.email, biplob.name)}"
    ask = part("Hi, could the three of us order together and share the delivery?\n\nTaslima")
    theirs = mailbox(taslima.email, taslima.name)
    mail(moment("2026-05-06T20:15:00"), theirs, mailbox(SHOP), "One order for three flats?", ask, cc=both)
    yes = part("Dear both, yes, that works. We deliver to one address.\n\nTania")
    mail(moment("2026-05-07T09:30:00"), mailbox(SALES), both, "Your joint order", yes, counted=2)


def bounce(person: Person) -> None:
    """A mail that came back (RFC 3464)."""
    offer = to_customer("2026-03-02T10:00:00", person, "Your offer", "you find our offer on the page.")
    report = (
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_dsn"\n\n--=_dsn\n'
        + part(f"Your message could not be delivered.\n\n<{person.email}>: user unknown")
        + "--=_dsn\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.mail.example\n\n"
        + f"Final-Recipient: rfc822; {person.email}\nAction: failed\nStatus: 5.1.1\n"
        + "Diagnostic-Code: smtp; 550 5.1.1 user unknown\n\n--=_dsn\nContent-Type: text/rfc822-headers\n\n"
        + f"Message-ID: {offer}\nTo: {person.email}\nSubject: Your offer\n\n--=_dsn--\n"
    )
    daemon = "Mail Delivery System <mailer-daemon@mx.mail.example>"
    mail(moment("2026-03-02T10:01:00"), daemon, SALES, "Undelivered Mail Returned to Sender", report)


def automatic_reply(person: Person) -> None:
    """A machine answers."""
    subject = "Your delivery on Monday"
    sent = to_customer("2026-07-15T11:00:00", person, subject, "the parcel arrives on Monday.")
    away, theirs = part("میں 25 جولائی تک چھٹی پر ہوں۔"), mailbox(person.email, person.name)
    declared = "Auto-Submitted: auto-replied"
    at = moment("2026-07-15T11:00:09")
    mail(at, theirs, mailbox(SALES), f"Automatic reply: {subject}", away, answers=sent, more=declared)


def lists_and_colleagues() -> None:
    """Mail of a list, and mail among colleagues: neither is contact with a customer."""
    declared, subject = "List-Id: <traders.lists.example>\nPrecedence: list", "[traders] Steel prices this week"
    address = "traders@lists.example"
    news = part("Steel is up two per cent.")
    mail(
        moment("2026-01-12T07:00:00"), mailbox(address, "Dhaka Kitchen Traders"), address, subject, news, more=declared
    )
    shall = part("Did you see the list? Shall we order now?")
    mail(moment("2026-01-13T09:00:00"), mailbox(TANIA), mailbox(SALES), "Steel prices", shall, counted=0)


def html_and_attachment(people: Cast) -> None:
    """A mail in HTML alone, from right to left; and one with a file."""
    sadia, golam = people["sadia"], people["golam"]
    at, page = moment("2026-08-08T15:20:00"), part(PAGE, "text/html")
    mail(at, mailbox(sadia.email, sadia.native), mailbox(SHOP), "لاہور تک ڈیلیوری", page)
    text = "Dear Tania,\n\nour order for the season is attached.\n\nGolam Mostafa\nMostafa Catering"
    pdf = attachment("order.pdf", "application/pdf", b"%PDF-1.4\n% sample\n" + b"order " * 120)
    at, body = moment("2026-04-11T09:45:00"), mixed("=_golam-order", part(text), pdf)
    mail(at, mailbox(golam.email, golam.name), mailbox(SALES), "Order for the season", body)


def books_with_mistakes(people: Cast) -> None:
    """An invoice taken back by a credit note, a void one, and two in another currency."""
    cancelled = invoice(people["sabbir"], moment("2026-05-12T00:00:00"), [("PC-5", 2)], paid=None)
    back = [(sku, name, -count, price) for sku, name, count, price in cancelled.lines]
    settle("credit note", cancelled, 1, Decimal(0), back)
    void = [("KN-3", "Knife set, 3 pieces", 1, Decimal(1450))]
    BILLS.append(Bill("void", moment("2026-05-20T00:00:00"), people["nusrat"], lines=void))
    for day in ("2025-10-18", "2026-07-04"):
        lines = [("RC-18", 1), ("TP-24", 1)]
        invoice(people["bilal"], moment(f"{day}T00:00:00"), lines, currency="PKR", paid=3)
