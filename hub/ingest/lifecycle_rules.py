"""The lifecycle rules of a hub: those its code brings, until somebody sets others. What is set is truth."""

from __future__ import annotations

from hub.errors import ConfigWrong, InputWrong, RetryLater
from hub.journey.rules import Rules, rules_of
from hub.settings import Company
from hub.store.session import Session
from hub.store.writing import records, rule_sets


class LifecycleRules:
    """Which rules stand at a truth number."""

    def __init__(self, company: Company, default: Rules | None = None) -> None:
        self._company = company
        self._known = {0: default or rules_of(company)}

    def at(self, session: Session, until: int) -> Rules:
        """The rules of the last rule set up to a truth number, else those of the code.

        Raises ``RetryLater`` for rules made by another version of the hub: without them everybody would be folded
        wrongly.
        """
        number = rule_sets.standing(session, rule_sets.LIFECYCLE, until)
        if number not in self._known:
            try:
                self._known[number] = rules_of(self._company, rule_sets.text(session, number))
            except ConfigWrong as error:
                raise RetryLater(error.message, after=60) from None
        return self._known[number]


def checked(company: Company, text: str) -> Rules:
    """The rules of a text that somebody gave. Raises ``InputWrong`` with one sentence that says where."""
    try:
        return rules_of(company, text)
    except ConfigWrong as error:
        raise InputWrong(error.message, path="rules") from None


def store(session: Session, company: Company, text: str, reason: str, by: str, at: int) -> int:
    """Append rules as a rule set; the answer is its truth number.

    Raises ``InputWrong``, also when they say what stands already.
    """
    rules = checked(company, text)
    last = records.take_numbers(session)
    if rules.digest == LifecycleRules(company).at(session, last).digest:
        raise InputWrong("These rules stand already.", path="rules")
    rule_sets.insert(session, (last + 1, rule_sets.LIFECYCLE, rules.version, text, by, reason, at))
    records.give_numbers(session, last + 1)
    return last + 1
