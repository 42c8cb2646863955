"""Checks of connectors that ask a provider: patience, outages, credentials, cursors, and what was not heard of yet."""

from __future__ import annotations

import httpx

from hub.connector import PullStream
from hub.errors import HubError
from hub.testing import answers
from hub.testing.provider import PATIENCE, BadDay, Line, RateLimit
from hub.testing.suite import Suite, reason
from hub.testing.trial import Account, Cut, Trial, require

_MOST_TRIES = 6
"""Requests with credentials that are no good any more: one, and what it takes to try new ones."""
_LONGEST_OUTAGE = 3600
_BAD_DAYS = 3
_MOST_MEMBERS = 15
"""Members of answers that are taken away and changed."""


class Asking(Suite):
    """What a provider may do to a connector."""

    def test_a_rate_limit_is_waited_for(self) -> None:
        """After 429 with Retry-After, seconds or a date, nothing is asked before its time, and nothing is lost."""
        self.applies("a_rate_limit_is_waited_for", pull=True, provider=True)

        async def check(trial: Trial) -> None:
            wanted = (await (await self.pulled(trial)).held()).known()
            line = _line(trial)
            line.trouble = limit = RateLimit(trial.clock)
            account = await trial.account()
            end = await account.pull_patiently()
            line.trouble = None
            require(
                not limit.early,
                f"The provider asked for {PATIENCE} s of patience and was asked again before: "
                f"{limit.early[0] if limit.early else ''}. Ask by outside.http, or wait by outside.sleep.",
            )
            require(end.state == "OK", f"A rate limit is never got over: {reason(end.fault, account)}")
            require((await account.held()).known() == wanted, "Rows are missing after a rate limit, or there are more.")

        self.run(check)

    def test_a_bad_day_of_the_provider_costs_no_row(self) -> None:
        """With resets, 503, 429 and broken answers in three of ten requests every row arrives exactly once."""
        self.applies("a_bad_day_of_the_provider_costs_no_row", pull=True, provider=True)

        async def check(trial: Trial) -> None:
            wanted = (await (await self.pulled(trial)).held()).known()
            for seed in range(_BAD_DAYS):
                account = await trial.account()
                _line(trial).trouble = BadDay(seed)
                end = await account.pull_patiently()
                _line(trial).trouble = None
                require(end.state == "OK", f"A bad day is never got over: {reason(end.fault, account)}")
                require(
                    (await account.held()).known() == wanted,
                    "After a day on which the provider often failed there are not exactly the rows of a good day: "
                    "an answer that is an error or no JSON must not be taken for an empty one.",
                )

        self.run(check)

    def test_an_outage_ends_the_pull(self) -> None:
        """When the provider answers nothing but 500 the pull fails within an hour, and the next one goes on."""
        self.applies("an_outage_ends_the_pull", pull=True, provider=True)

        async def check(trial: Trial) -> None:
            line, account = _line(trial), await trial.account()
            before, began = len(line.asked), trial.clock.now()
            line.trouble = lambda _: httpx.Response(500)
            end = await account.pull()
            line.trouble = None
            require(end.state != "OK", "The provider answered nothing but 500, and the pull says that all is well.")
            lasted = (trial.clock.now() - began).total_seconds()
            require(
                lasted <= _LONGEST_OUTAGE and len(line.asked) - before <= 100,
                f"During an outage the provider was asked {len(line.asked) - before} times in {lasted / 60:.0f} "
                "minutes: give up and let the hub try again later.",
            )
            _told(account, "when the provider answers 500")
            end = await account.pull()
            require(end.state == "OK", f"After an outage no pull goes well: {reason(end.fault, account)}")

        self.run(check)

    def test_expired_credentials_ask_to_sign_in_again(self) -> None:
        """Credentials that are no good any more end the pull with SignInAgain, after a few requests."""
        self.applies("expired_credentials_ask_to_sign_in_again", pull=True, provider=True)

        async def check(trial: Trial) -> None:
            account = await self.pulled(trial)
            line = _line(trial)
            before = len(line.asked)
            line.trouble = self.expired
            end = await account.pull(anew=True)
            require(
                end.sign_in,
                "The provider does not take the credentials any more, and the pull ended with "
                f"{end.state} ({reason(end.fault, account)}): raise sdk.SignInAgain, so that their owner hears of it.",
            )
            require(
                len(line.asked) - before <= _MOST_TRIES,
                f"Credentials that are no good were tried {len(line.asked) - before} times.",
            )

        self.run(check)

    def test_a_dead_cursor_begins_again(self) -> None:
        """A cursor that the provider has forgotten begins the pull again from the start, and changes nothing."""
        self.applies("a_dead_cursor_begins_again", pull=True, provider=True)

        async def check(trial: Trial) -> None:
            account = await self.pulled(trial)
            rows, before = sum(len(page.rows) for _, page in account.seen), await account.held()
            forgotten = _Once(self)
            _line(trial).trouble = forgotten
            end = await account.pull()
            require(
                forgotten.said,
                "The suite's dead_cursor answered none of the requests of a later pull: it says what the provider "
                "answers to a cursor that it does not know.",
            )
            require(end.state == "OK", f"A forgotten cursor stops the source: {reason(end.fault, account)}")
            require(
                sum(len(page.rows) for _, page in account.seen) >= rows,
                "After a forgotten cursor not everything was read again: raise sdk.CursorExpired, and the hub begins "
                "without a cursor.",
            )
            require(
                (await account.held()).known() == before.known(), "Reading again after a forgotten cursor changed rows."
            )

        self.run(check)

    def test_unknown_members_of_answers_are_passed_over(self) -> None:
        """Members that the provider adds to every object of its answers hide no row and stop no pull."""
        self.applies("unknown_members_of_answers_are_passed_over", pull=True, provider=True)

        async def check(trial: Trial) -> None:
            keys = [row[:2] for row in (await (await self.pulled(trial)).held()).known()]
            account = await trial.account()
            _line(trial).rewrite = answers.with_more
            end = await account.pull()
            _line(trial).rewrite = None
            require(end.state == "OK", f"A member that was added stops the pull: {reason(end.fault, account)}")
            held = await account.held()
            require([row[:2] for row in held.known()] == keys, "A member that was added makes other rows, or none.")
            fault = next((row.problem for row in held.rows if row.problem), None)
            require(fault is None, f"A member that was added makes rows unreadable: {fault}")

        self.run(check)

    def test_changed_answers_do_not_make_it_fall(self) -> None:
        """Answers with a member missing or of another type are read, or end the pull with a sentence."""
        self.applies("changed_answers_do_not_make_it_fall", pull=True, provider=True)

        async def check(trial: Trial) -> None:
            line = _line(trial)
            await self.pulled(trial)
            names = dict.fromkeys(name for body in line.bodies for name in answers.members(body))
            for name in list(names)[:_MOST_MEMBERS]:
                for what, rewrite in answers.changes(name):
                    account = await trial.account()
                    line.rewrite = rewrite
                    await account.pull()
                    _told(account, f"over an answer {what}")

        self.run(check)

    def test_an_incomplete_listing_deletes_nothing(self) -> None:
        """A listing that breaks off deletes nothing, and only the last page of one is whole."""
        self.applies("an_incomplete_listing_deletes_nothing", pull=True)

        async def check(trial: Trial) -> None:
            account = await self.pulled(trial)
            for stream in self.pull_streams():
                _whole_at_the_end(stream, account)
            before, pages = await account.held(), len(account.seen)
            for at in range(pages):
                if trial.line is None:
                    await account.pull(cut=Cut(at))
                else:
                    trial.line.trouble = _After(at)
                    await account.pull(anew=True)
                    trial.line.trouble = None
                lost = set(before.touchpoints) - set((await account.held()).touchpoints)
                require(
                    not lost,
                    f"A pull that broke off after {at} pages took {len(lost)} touchpoints away: what was not named in "
                    "a listing that did not come to its end was not deleted. Say `listing = True`, and let the hub "
                    "find out.",
                )

        self.run(check)


def _line(trial: Trial) -> Line:
    assert trial.line is not None  # noqa: S101 (the check applies only where there is one)
    return trial.line


def _told(account: Account, when: str) -> None:
    """Raise ``CheckFailed`` where the connector's own error reached the hub."""
    fault = account.fault
    require(
        fault is None or isinstance(fault, HubError),
        f"The connector falls over {when}: {fault!r}. Ask by outside.http, read answers by "
        "sdk.items and sdk.read, or raise sdk.SourceFailed.",
    )


def _whole_at_the_end(stream: PullStream, account: Account) -> None:
    pages = [page for name, page in account.seen if name == stream.name]
    early = [at for at, page in enumerate(pages[:-1], 1) if page.whole]
    require(not early, f"Page {early[:1]} of {stream.name} is said to be whole, and more pages come.")
    if stream.listing:
        require(pages and pages[-1].whole, f"{stream.name} is a listing, and its last page is not said to be whole.")
    else:
        require(not any(page.whole for page in pages), f"{stream.name} has whole pages, and is no listing.")


class _Once:
    """The suite's ``dead_cursor``, until it has answered once."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self.said = False

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        if self.said:
            return None
        answer = self._suite.dead_cursor(request)
        self.said = answer is not None
        return answer


class _After:
    """Nothing but 500 after so many answers."""

    def __init__(self, answers: int) -> None:
        self._left = answers

    def __call__(self, _: httpx.Request) -> httpx.Response | None:
        self._left -= 1
        return httpx.Response(500) if self._left < 0 else None
