"""Customers by class and scores, as a scoring run found them."""

from __future__ import annotations

from tests.api.conftest import Served


def scored(service: Served) -> None:
    service.tell(
        *({"kind": "invoice", "amount": amount, "at": f"2026-0{month}-01", "who": {"email": f"{who}@example.com"}}
          for who, amount, month in (("a", "800.00", 3), ("b", "100.00", 1), ("b", "20.00", 2), ("c", "80.00", 1))),
        {"kind": "form", "channel": "WEB", "who": {"email": "asks@example.com"}},
    )  # fmt: skip
    service.ask("mutation { scorePortfolio(input: {}) { run { id } userErrors { message } } }")
    service.client.portal.call(service.hub.scoring.scored)  # type: ignore[union-attr]


def emails(service: Served, wanted: str) -> list[str]:
    found = service.ask(f"{{ customers(filter: {wanted}) {{ nodes {{ email }} }} }}")["customers"]["nodes"]
    return sorted(each["email"][0] for each in found)


def test_customers_are_narrowed_by_class_and_scores(service: Served) -> None:
    scored(service)
    assert emails(service, '{abcClasses: ["A"]}') == ["a"]
    assert emails(service, '{abcClasses: ["B", "C"]}') == ["b", "c"]
    assert emails(service, "{rfm: {recency: {min: 5}}}") == ["a"]
    assert emails(service, "{rfm: {frequency: {max: 4}, monetary: {min: 1, max: 3}}}") == ["c"]
    assert emails(service, "{rfm: {}}") == emails(service, "{}") == ["a", "a", "b", "c"]


def test_a_customer_says_its_class_and_scores(service: Served) -> None:
    scored(service)
    found = service.ask("{ customers { nodes { email scores { abcClass recency frequency monetary computedAt } } } }")
    by_email = {each["email"]: each["scores"] for each in found["customers"]["nodes"]}
    assert by_email["asks@example.com"] is None
    assert {name: by_email["a@example.com"][name] for name in ("abcClass", "recency", "frequency", "monetary")} == {
        "abcClass": "A",
        "recency": 5,
        "frequency": 2,
        "monetary": 5,
    }
    assert by_email["b@example.com"]["frequency"] == 5


def test_there_are_three_classes(lite: Served) -> None:
    code, message = lite.refusal('{ customers(filter: {abcClasses: ["D"]}) { nodes { id } } }')
    assert (code, message) == ("BAD_USER_INPUT", "'D' is no class: they are A, B and C.")
