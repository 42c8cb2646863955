"""What people call the columns of their sheets, in several languages: names folded, without marks between words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Final

_NAMES: Final[Mapping[str, str]] = {
    "email": "email, e mail, mail, email address, mail address, e mail adresse, mailadresse, adresse e mail, courriel, "
    "correo, correo electrónico, ইমেইল, ই মেইল, ای میل, البريد الإلكتروني, البريد الالكتروني, ईमेल",
    "phone": "phone, phone number, telephone, tel, mobile, mobile number, cell, cell phone, msisdn, whatsapp, telefon, "
    "telefonnummer, handy, mobil, téléphone, teléfono, móvil, ফোন, ফোন নম্বর, মোবাইল, মোবাইল নম্বর, فون, فون نمبر, "
    "موبائل, موبائل نمبر, هاتف, رقم الهاتف, الهاتف, फ़ोन, मोबाइल, caller, number called",
    "name": "name, full name, fullname, customer, customer name, client, client name, contact name, person, "
    "vollständiger name, kunde, nom complet, nombre completo, cliente, নাম, পুরো নাম, গ্রাহক, গ্রাহকের নাম, نام, "
    "پورا نام, گاہک, الاسم, اسم العميل, नाम",
    "given_name": "first name, firstname, given name, given names, forename, vorname, prénom, nombre, নামের প্রথম অংশ, "
    "پہلا نام, الاسم الأول",
    "family_name": "last name, lastname, surname, family name, nachname, familienname, nom de famille, apellido, "
    "apellidos, বংশনাম, خاندانی نام, اسم العائلة",
    "contact": "customer id, customer no, customer number, customer code, client id, contact id, account id, "
    "account number, account no, kundennummer, numéro client, id cliente, গ্রাহক নম্বর, گاہک نمبر, رقم العميل, "
    "customerid, user id",
    "company": "company, company name, organisation, organization, firm, account, account name, employer, business, "
    "firma, unternehmen, société, entreprise, empresa, কোম্পানি, প্রতিষ্ঠান, کمپنی, ادارہ, الشركة",
    "job_title": "job title, position, role, job, berufsbezeichnung, fonction, cargo, পদবি, عہدہ, المسمى الوظيفي",
    "street": "street, address, street address, address 1, address line 1, strasse, straße, adresse, rue, dirección, "
    "calle, ঠিকানা, সড়ক, پتہ, العنوان",
    "postcode": "postcode, postal code, zip, zip code, plz, postleitzahl, code postal, código postal, পোস্ট কোড, "
    "پوسٹ کوڈ, الرمز البريدي",
    "city": "city, town, stadt, ort, ville, ciudad, শহর, شہر, المدينة",
    "country": "country, country code, land, pays, país, দেশ, ملک, الدولة, البلد",
    "language": "language, locale, sprache, langue, idioma, ভাষা, زبان, اللغة",
    "birthday": "birthday, birth date, birthdate, date of birth, dob, born, geburtstag, geburtsdatum, "
    "date de naissance, fecha de nacimiento, জন্মদিন, জন্ম তারিখ, تاریخ پیدائش, تاريخ الميلاد",
    "time": "time, date, datetime, date time, timestamp, when, day, at, occurred at, invoice date, invoicedate, "
    "order date, payment date, paid at, created, created at, created on, since, joined, joined on, registered, "
    "sign up date, signup date, start time, call time, datum, zeitpunkt, erstellt am, fecha, তারিখ, সময়, تاریخ, وقت, "
    "التاريخ, الوقت, transaction date",
    "amount": "amount, total, sum, price, value, revenue, paid, gross, grand total, total amount, invoice total, "
    "betrag, summe, gesamtbetrag, preis, umsatz, montant, prix, importe, precio, মূল্য, টাকা, পরিমাণ টাকা, মোট, رقم, "
    "قیمت, کل, المبلغ, الإجمالي, close value, deal value, sales",
    "currency": "currency, currency code, ccy, währung, waehrung, devise, moneda, মুদ্রা, کرنسی, العملة",
    "quantity": "quantity, qty, count, units, menge, anzahl, quantité, cantidad, পরিমাণ, مقدار, الكمية",
    "title": "title, subject, topic, betreff, objet, asunto, শিরোনাম, বিষয়, عنوان, الموضوع",
    "text": "text, note, notes, comment, comments, message, description, details, remark, notiz, bemerkung, nachricht, "
    "commentaire, nota, মন্তব্য, বিবরণ, নোট, تبصرہ, تفصیل, ملاحظات",
    "key": "id, row id, record id, uid, uuid, guid, key, reference, ref, invoice, invoice no, invoice number, "
    "invoiceno, invoice id, order id, order no, order number, ticket id, case id, deal id, opportunity id, call id, "
    "transaction id, payment id, belegnummer, rechnungsnummer, bestellnummer, ক্রমিক, চালান নম্বর, انوائس نمبر, "
    "رقم الفاتورة, no, nr",
    "utm_source": "utm source",
    "utm_medium": "utm medium",
    "utm_campaign": "utm campaign",
    "state": "state, stage, deal stage, status, phase, pipeline stage, অবস্থা, حالت",
    "owner": "owner, agent, sales agent, seller, assigned to, sales rep, account manager",
    "closed": "closed, closed at, closed on, close date, won date, closing date",
    "opened": "opened, opened at, opened on, open date, engage date, engaged",
    "pipeline": "pipeline",
}
"""Field to the names that columns have for it, the most usual first."""

_KINDS: Final[Mapping[str, str]] = {
    "deal": "deal, deal id, opportunity, opportunity id, deal stage, pipeline, deal value, close value, engage date",
    "invoice": "invoice, invoice no, invoice number, invoiceno, invoice id, invoice date, invoicedate, "
    "rechnungsnummer, numéro de facture, চালান নম্বর, انوائس نمبر, رقم الفاتورة",
    "payment": "payment, payment id, payment date, paid at, paid on, transaction id, transaction date",
    "order": "order, order id, order no, order number, order date, bestellnummer",
    "call": "call, call id, caller, call time, call duration, duration, seconds, talk time, number called",
}
"""Kind of touchpoint to the columns by which its sheets are known, the surest kind first."""


def folded(column: str) -> str:
    """The name of a column in small letters, its words apart: ``Email_Address``, ``emailAddress`` are one."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKC", column).strip())
    return " ".join(re.split(r"[^\w\u0980-\u09FF]+|_", apart.casefold())).strip()


@cache
def _listed(names: str) -> tuple[str, ...]:
    return tuple(folded(name) for name in names.split(", "))


def fit(field: str, column: str) -> float:
    """How well a column's name says that it holds a field: 1 for the very name, less for one of several words."""
    name = folded(column)
    known = _listed(_NAMES[field])
    if name in known:
        return 1.0 - known.index(name) / (10 * len(known))
    words = name.split()
    ends = (len(each) > 3 and words[-len(each.split()) :] == each.split() for each in known)
    return 0.6 if len(words) > 1 and any(ends) else 0.0


def kinds(columns: list[str]) -> list[str]:
    """The kinds of touchpoint that columns of these names speak of, those with most of them first."""
    names = {folded(column) for column in columns}
    found = {kind: len(names & set(_listed(words))) for kind, words in _KINDS.items()}
    return [kind for kind in sorted(found, key=lambda kind: -found[kind]) if found[kind]]
