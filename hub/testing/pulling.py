"""Checks of pull streams: reading again, any order, and being killed anywhere."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

from hub.connector import Page
from hub.testing.suite import Suite, reason
from hub.testing.trial import Account, Cut, Held, Trial, disk_full, require

_DAY = 86_400.0
_ORDERS = 3
"""How many orders of the pages are tried."""
_MOST_TRANSACTIONS = 60


class Pulling(Suite):
    """What holds for every pull, whatever is pulled."""

    def test_rows_read_again_change_nothing(self) -> None:
        """Reading everything again a day later, and asking for what is new, changes no row."""
        self.applies("rows_read_again_change_nothing", pull=True)

        async def check(trial: Trial) -> None:
            account = await self.pulled(trial)
            before = await account.held()
            for anew in (True, False):
                trial.clock.move(_DAY)
                end = await account.pull(anew=anew)
                require(end.state == "OK", f"Reading everything again fails: {reason(end.fault, account)}")
                _unchanged(before, await account.held())

        self.run(check)

    def test_pages_may_come_twice_and_in_any_order(self) -> None:
        """Pages that come twice and in another order give the same touchpoints."""
        self.applies("pages_may_come_twice_and_in_any_order", pull=True)

        async def check(trial: Trial) -> None:
            account = await self.pulled(trial)
            wanted = await account.held()
            for seed in range(_ORDERS):
                other = await trial.account()
                await self._mixed(other, account.seen, random.Random(seed))  # noqa: S311 (a test)
                found = await other.held()
                lost = set(wanted.touchpoints) ^ set(found.touchpoints)
                where = min((each.rows for each in lost), default=())
                require(
                    not lost,
                    f"Pages in another order give other touchpoints, of rows {_named(where)}: what a row means must "
                    "not depend on the rows before it. Two payloads under one key need Row.version to tell the newer.",
                )

        self.run(check)

    async def _mixed(self, account: Account, pages: Sequence[tuple[str, Page]], dice: random.Random) -> None:
        """Every row twice, in pages of at most three, shuffled."""
        streams = {stream.name: stream for stream in self.pull_streams()}
        rows = [(name, row) for name, page in pages for row in page.rows] * 2
        dice.shuffle(rows)
        for at in range(0, len(rows), 3):
            for name, stream in streams.items():
                if some := [row for of, row in rows[at : at + 3] if of == name]:
                    await account.accept(stream, some)

    def test_a_pull_killed_at_any_page_goes_on_where_it_was(self) -> None:
        """Killed at and within every page and resumed, a pull gives exactly the rows of one that was not."""
        self.applies("a_pull_killed_at_any_page_goes_on_where_it_was", pull=True)

        async def check(trial: Trial) -> None:
            account = await self.pulled(trial)
            wanted, pages = await account.held(), len(account.seen)
            for at in range(pages + 1):
                for within in (False, True):
                    other = await trial.account()
                    await other.pull(cut=Cut(at, within))
                    end = await other.pull_patiently()
                    where = f"{'within' if within else 'before'} page {at + 1} of {pages}"
                    require(end.state == "OK", f"A pull killed {where} does not resume: {reason(end.fault, other)}")
                    _same(wanted, await other.held(), where)

        self.run(check)

    def test_no_row_is_passed_over_when_storing_fails(self) -> None:
        """The checkpoint passes no row that was not stored: what the disk did not take comes again."""
        self.applies("no_row_is_passed_over_when_storing_fails", pull=True)

        async def check(trial: Trial) -> None:
            wanted = {row[:3] for row in (await (await self.pulled(trial)).held()).known()}
            for at in range(_MOST_TRANSACTIONS):
                account = await trial.account()
                first = await account.pull(store=disk_full(at))
                if first.state == "OK":
                    return
                end = await account.pull(kept=True)
                require(end.state == "OK", f"After a full disk no pull goes well: {reason(end.fault, account)}")
                lost = wanted - {row[:3] for row in (await account.held()).known()}
                require(
                    not {payload for _, _, payload in lost},
                    f"{len(lost)} rows were lost when page {at + 1} could not be stored, the first is "
                    f"{_first(lost)}: only the cursor of a stored page may say how far a pull is, not the connector's "
                    "own memory, and nothing may be marked as read at the provider.",
                )

        self.run(check)


def _unchanged(before: Held, after: Held) -> None:
    new = _without(after.known(), before.known())
    require(
        not new,
        f"Reading everything again a day later stored {len(new)} rows that say nothing new, the first is {_first(new)}"
        ": key and payload must be the same while the source says the same (no time of fetching, no position); name "
        "members that change without meaning in `volatile`.",
    )


def _same(wanted: Held, found: Held, where: str) -> None:
    missing = _without(wanted.known(), found.known())
    more = _without(found.known(), wanted.known())
    require(
        not missing,
        f"A pull killed {where} and resumed lacks {len(missing)} rows, the first is {_first(missing)}: the cursor of a "
        "page stands behind its own last row, and before all that was not given yet.",
    )
    require(
        not more,
        f"A pull killed {where} and resumed has {len(more)} rows more than one that was not, the first is "
        f"{_first(more)}: a row's key must not depend on where the pull began.",
    )
    require(wanted.touchpoints == found.touchpoints, f"A pull killed {where} and resumed gives other touchpoints.")


def _without(
    rows: Sequence[tuple[str, str, bytes, bool]], others: Sequence[tuple[str, str, bytes, bool]]
) -> list[tuple[str, str, bytes, bool]]:
    left = list(others)
    found = []
    for row in rows:
        if row in left:
            left.remove(row)
        else:
            found.append(row)
    return found


def _first(rows: Iterable[tuple[Any, ...]]) -> str:
    return next((f"{stream} {key}" for stream, key, *_ in sorted(rows)), "")


def _named(rows: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{stream} {key}" for stream, key in rows[:3])
