"""What a whole listing does not name was deleted at its source; what is hard to believe deletes nothing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar, cast

import pytest

from hub import sdk
from hub.ingest import founding
from hub.ingest.pull import PullEnd, pull
from hub.ingest.sources import Source
from hub.store.session import Session
from hub.store.writing import records
from tests.ingest.builders import NOW, REGISTRY, Bench, Rows, row

T = TypeVar("T")


@dataclass
class Shelf:
    """What the other side has, and how it tells. ``kill_after``: pages after which the hub dies."""

    pages: list[sdk.Page] = field(default_factory=list)
    asked: list[sdk.Cursor | None] = field(default_factory=list)
    breaks_after: int | None = None
    forgets: bool = False


SHELF = Shelf()


class Catalogue(sdk.PullStream):
    """Lists everything on the shelf; a cursor is the place of the next page."""

    name = "catalogue"
    listing = True

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        SHELF.asked.append(cursor)
        if cursor is not None and SHELF.forgets:
            raise sdk.CursorExpired("The cursor is too old.")
        start = int(cursor["at"]) if cursor else 0
        for place in range(start, len(SHELF.pages)):
            if place == SHELF.breaks_after:
                raise sdk.SourceFailed("The other side hung up.")
            yield SHELF.pages[place]

    touchpoints = Rows.touchpoints


class Shop(sdk.Connector):
    """A shop with a catalogue."""

    name = "test.shop"
    title = "A shop with a catalogue"
    all_streams: ClassVar[Sequence[sdk.Stream]] = (Catalogue(),)

    def streams(self) -> Sequence[sdk.Stream]:
        return self.all_streams


class Killed(BaseException):
    """The hub's process is gone."""


def told(key: str, text: str = "", version: str | None = None) -> sdk.Row:
    return row(key, version=version, who={"email": f"{key}@x.org"}, title=text)


def listed(*groups: Sequence[sdk.Row], expected: int | None = None) -> list[sdk.Page]:
    """A whole listing in pages; the last one resumes at the beginning."""
    last = len(groups) - 1
    return [
        sdk.Page(list(rows), None if place == last else {"at": place + 1}, expected, whole=place == last)
        for place, rows in enumerate(groups)
    ]


class Pulls:
    """Pulls of the shop into a bench without threads; a kill comes after so many writes."""

    def __init__(self, bench: Bench, share: float = 0.2) -> None:
        self.bench = bench
        with bench.truth.transaction():
            founding.insert_source(bench.truth, "src_shop", "shop", "test.shop", {}, True, NOW)
        self.num = int(bench.truth.value("SELECT num FROM source WHERE name = 'shop'"))
        self.share = share
        self.run = 0

    def start(self, *, allow: bool = False) -> None:
        with self.bench.truth.transaction():
            self.run, _ = records.start_pull(self.bench.truth, self.num, self.bench.clock, allow_deletions=allow)

    def pull(self, *, allow: bool = False, kill_after: int | None = None) -> PullEnd | None:
        """One run to its end; None when it was killed."""
        self.start(allow=allow)
        left = kill_after

        async def write(job: Callable[[Session], T], /) -> T:
            nonlocal left
            if left is not None:
                left -= 1
                if left < 0:
                    raise Killed
            with self.bench.truth.transaction():
                return job(self.bench.truth)

        source = Source(
            self.num, "src_shop", "shop", "test.shop", Shop(sdk.Settings()), True, deletion_share=self.share
        )
        try:
            end = asyncio.run(pull(source, self.run, write, lambda: self.bench.clock))
        except Killed:
            return None
        with self.bench.truth.transaction():
            records.finish_run(self.bench.truth, self.run, end.state, end.fault, self.bench.clock)
        return end

    def standing(self) -> dict[str, str]:
        """Titles of the rows that stand, by key."""
        return {
            key: bytes(payload).decode()
            for key, payload in self.bench.truth.all(
                "SELECT key, payload FROM record r WHERE source = $1 AND stream = 'catalogue' AND deleted = FALSE "
                "AND version = (SELECT max(version) FROM record n WHERE n.source = r.source AND n.stream = r.stream "
                "AND n.key = r.key)",
                self.num,
            )
        }

    def swept(self) -> bool:
        """Whether a listing is whole and waits for what follows from it."""
        return bool(self.bench.truth.all("SELECT 1 FROM listing WHERE state <> 'GOING'"))

    def part(self, columns: str = "state, received, stored, changed, unchanged, deleted, refused") -> tuple[Any, ...]:
        """What the last run's stream came to."""
        found = self.bench.truth.one(f"SELECT {columns} FROM run_stream WHERE run = $1", self.run)
        assert found is not None
        return tuple(found)


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop is a connector that the bench knows."""
    monkeypatch.setitem(cast("dict[str, Any]", REGISTRY.connectors), "test.shop", Shop)


@pytest.fixture
def pulls(bench: Bench) -> Pulls:
    SHELF.pages, SHELF.asked, SHELF.breaks_after, SHELF.forgets = [], [], None, False
    return Pulls(bench)


def many(count: int, without: Sequence[int] = ()) -> list[sdk.Row]:
    return [told(f"k{number:04}") for number in range(count) if number not in without]


def test_a_row_that_a_whole_listing_does_not_name_is_deleted(pulls: Pulls) -> None:
    SHELF.pages = listed(many(10), many(20)[10:])
    assert pulls.pull() == PullEnd("OK")
    assert pulls.part() == ("OK", 20, 20, 0, 0, 0, 0)
    SHELF.pages = listed(many(10, [3]), many(20, [17])[10:])
    assert pulls.pull() == PullEnd("OK")
    assert pulls.part() == ("OK", 18, 0, 0, 18, 2, 0)
    assert sorted(set(many_keys(20)) - set(pulls.standing())) == ["k0003", "k0017"]
    SHELF.pages = listed(many(10, [3]), many(20, [17])[10:])
    pulls.pull()
    assert pulls.part() == ("OK", 18, 0, 0, 18, 0, 0), "what is deleted already is not deleted again"


def many_keys(count: int) -> list[str]:
    return [f"k{number:04}" for number in range(count)]


def test_touchpoints_of_a_row_that_is_gone_are_retracted_and_stand_again_when_it_comes_back(pulls: Pulls) -> None:
    def shown() -> list[str]:
        pulls.bench.process(1000)
        return [
            title
            for (title,) in pulls.bench.projection.all(
                "SELECT title FROM touchpoint WHERE retracted_at IS NULL ORDER BY title"
            )
        ]

    SHELF.pages = listed([told("a", "first"), told("b", "second")])
    pulls.pull()
    assert shown() == ["first", "second"]
    SHELF.pages = listed([told("a", "first")])
    pulls.pull()
    assert shown() == ["first"]
    SHELF.pages = listed([told("a", "first"), told("b", "second")])
    pulls.pull()
    assert shown() == ["first", "second"]
    assert pulls.part() == ("OK", 2, 0, 1, 1, 0, 0)


def test_a_row_with_a_source_version_stands_again_as_the_same_version(pulls: Pulls) -> None:
    def shown() -> list[str]:
        pulls.bench.process(1000)
        found = pulls.bench.projection.all("SELECT title FROM touchpoint WHERE retracted_at IS NULL ORDER BY title")
        return [title for (title,) in found]

    for titles, rows in (
        (["first", "second"], [told("a", "first", "1"), told("b", "second", "7")]),
        (["first"], [told("a", "first", "1")]),
        (["first", "second"], [told("a", "first", "1"), told("b", "second", "7")]),
        (["first", "second"], [told("a", "first", "1"), told("b", "second", "7")]),
        (["first"], [told("a", "first", "1")]),
        (["first", "third"], [told("a", "first", "1"), told("b", "third", "8")]),
        (["first"], [told("a", "first", "1")]),
        (["first", "second"], [told("a", "first", "1"), told("b", "second", "7")]),
    ):
        SHELF.pages = listed(rows)
        assert pulls.pull() == PullEnd("OK")
        assert shown() == titles


def test_a_listing_that_a_page_fails_in_deletes_nothing_and_goes_on(pulls: Pulls) -> None:
    SHELF.pages = listed(many(10), many(20)[10:])
    pulls.pull()
    SHELF.pages, SHELF.breaks_after = listed(many(10, [3]), many(20)[10:]), 1
    assert pulls.pull() == PullEnd("FAILED", "The other side hung up.")
    assert pulls.part() == ("FAILED", 9, 0, 0, 9, 0, 0)
    assert len(pulls.standing()) == 20
    SHELF.breaks_after = None
    assert pulls.pull() == PullEnd("OK")
    assert SHELF.asked[-1] == {"at": 1}
    assert pulls.part() == ("OK", 10, 0, 0, 10, 1, 0)
    assert sorted(pulls.standing()) == [key for key in many_keys(20) if key != "k0003"]


def test_a_listing_that_does_not_come_to_its_end_deletes_nothing(pulls: Pulls) -> None:
    SHELF.pages = listed(many(10), many(20)[10:])
    pulls.pull()
    SHELF.pages = listed(many(10), many(20)[10:])[:1]
    assert pulls.pull() == PullEnd("INCOMPLETE", "The listing did not come to its end: nothing was deleted.")
    assert len(pulls.standing()) == 20


def test_more_than_a_share_is_kept_until_it_is_allowed_once(pulls: Pulls) -> None:
    SHELF.pages = listed(many(100))
    pulls.pull()
    SHELF.pages = listed(many(79))
    fault = (
        "21 of 100 rows would have been deleted; that is more than 20%, so all were kept. "
        "If they are really gone, pull once with deletions allowed."
    )
    assert pulls.pull() == PullEnd("INCOMPLETE", fault)
    assert pulls.part() == ("INCOMPLETE", 79, 0, 0, 79, 0, 21)
    assert len(pulls.standing()) == 100
    assert pulls.pull(allow=True) == PullEnd("OK")
    assert pulls.part() == ("OK", 79, 0, 0, 79, 21, 0)
    assert sorted(pulls.standing()) == many_keys(79)
    SHELF.pages = listed(many(60))
    end = pulls.pull()
    assert end is not None
    assert end.state == "INCOMPLETE", "it was allowed once"


def test_the_share_is_the_sources_own_and_a_handful_may_always_go(pulls: Pulls) -> None:
    pulls.share = 0.5
    SHELF.pages = listed(many(100))
    pulls.pull()
    SHELF.pages = listed(many(50))
    assert pulls.pull() == PullEnd("OK")
    assert len(pulls.standing()) == 50
    pulls.share = 0.0
    SHELF.pages = listed(many(45))
    assert pulls.pull() == PullEnd("OK")
    SHELF.pages = listed(many(39))
    end = pulls.pull()
    assert end is not None
    assert (end.state, len(pulls.standing())) == ("INCOMPLETE", 45)


def test_an_empty_listing_is_not_believed(pulls: Pulls) -> None:
    SHELF.pages = listed(many(3))
    pulls.pull()
    SHELF.pages = listed([])
    fault = (
        "3 of 3 rows would have been deleted; the listing named none, so all were kept. "
        "If they are really gone, pull once with deletions allowed."
    )
    assert pulls.pull() == PullEnd("INCOMPLETE", fault)
    assert pulls.pull(allow=True) == PullEnd("OK")
    assert pulls.standing() == {}


def test_a_listing_of_less_than_the_provider_says_deletes_nothing(pulls: Pulls) -> None:
    SHELF.pages = listed(many(10), expected=10)
    assert pulls.pull() == PullEnd("OK")
    SHELF.pages = listed(many(9), expected=10)
    end = pulls.pull()
    assert end == PullEnd(
        "INCOMPLETE",
        "1 of 10 rows would have been deleted; the listing named 9 rows of 10, so all were kept. "
        "If they are really gone, pull once with deletions allowed.",
    )
    assert pulls.part("expected, received, refused") == (10, 9, 1)


def test_what_was_named_after_the_last_checkpoint_counts_for_nothing_once_the_hub_was_killed(pulls: Pulls) -> None:
    SHELF.pages = listed(many(4), [told("x")])
    pulls.pull()
    # The second page comes without a checkpoint behind it; then the hub dies.
    SHELF.pages = [sdk.Page(many(2), {"at": 1}), sdk.Page([*many(4)[2:], told("x")]), sdk.Page([], whole=True)]
    assert pulls.pull(kill_after=4) is None
    assert len(pulls.standing()) == 5
    SHELF.pages = [SHELF.pages[0], sdk.Page(many(4)[2:]), sdk.Page([], whole=True)]
    assert pulls.pull() == PullEnd("OK")
    assert SHELF.asked[-1] == {"at": 1}
    assert sorted(pulls.standing()) == many_keys(4)


def test_a_listing_whose_cursor_stays_where_it_was_is_listed_anew_once_the_hub_was_killed(pulls: Pulls) -> None:
    here = {"at": 0}
    SHELF.pages = [sdk.Page([*many(4), told("x")], here, whole=True)]
    pulls.pull()
    SHELF.pages = [sdk.Page([*many(2), told("x")], here), sdk.Page(many(4)[2:], here, whole=True)]
    assert pulls.pull(kill_after=3) is None
    SHELF.pages = [sdk.Page(many(2), here), sdk.Page(many(4)[2:], here, whole=True)]
    assert pulls.pull() == PullEnd("OK")
    assert sorted(pulls.standing()) == many_keys(4)


def test_a_stream_that_was_cut_off_says_so_once_the_next_pull_begins(pulls: Pulls) -> None:
    SHELF.pages = listed(many(2), many(4)[2:])
    assert pulls.pull(kill_after=3) is None
    assert pulls.part("state, received, ended_at") == ("RUNNING", 2, None)
    killed = pulls.run
    assert pulls.pull() == PullEnd("OK")
    ended = pulls.bench.truth.all("SELECT state, ended_at FROM run_stream WHERE run = $1", killed)
    assert ended == [("INTERRUPTED", NOW)]
    assert pulls.part("state, received") == ("OK", 2)


def test_events_have_no_listing(pulls: Pulls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Catalogue, "nature", sdk.Nature.EVENTS)
    SHELF.pages = listed(many(1))
    assert pulls.pull() == PullEnd("FAILED", "A listing says what there is now: its rows must be states, not events.")
    assert pulls.standing() == {}


# Any order, any pages, any kills ------------------------------------------------------------------------------------


def _cut(rng: random.Random, rows: list[sdk.Row]) -> list[sdk.Page]:
    """A listing in any order, some rows twice, in pages of any size, some without a checkpoint."""
    mixed = rng.sample(rows, len(rows)) + rng.choices(rows, k=rng.choice([0, 0, 3]))
    cuts = sorted(rng.choices(range(len(mixed) + 1), k=rng.randint(0, 4)))
    groups = [mixed[a:b] for a, b in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]
    pages = listed(*groups)
    for place in range(len(pages) - 1):
        if rng.random() < 0.5:
            pages[place] = sdk.Page(pages[place].rows)
    if rng.random() < 0.5:
        pages[-1] = sdk.Page(pages[-1].rows, {"at": 0, "as of": rng.random()}, whole=True)
    return pages


def _history(pulls: Pulls, seed: int) -> int:
    """Listings of a shelf that changes, killed and taken up at any write; how many kills there were."""
    rng = random.Random(seed)
    versioned = rng.random() < 0.5
    kills, stand = 0, dict.fromkeys((f"k{number}" for number in range(rng.randint(1, 12))), 0)
    for turn in range(6):
        for key in [key for key in stand if rng.random() < 0.3]:
            del stand[key]
        for number in rng.sample(range(14), rng.randint(1, 4)):
            stand[f"k{number}"] = rng.choice([stand.get(f"k{number}", 0), turn])
        rows = [told(key, f"t{said}", str(said) if versioned else None) for key, said in stand.items()]
        SHELF.pages = _cut(rng, rows)
        while pulls.pull(allow=True, kill_after=rng.choice([None, *range(1, 24)])) is None:
            kills += 1
            if rng.random() < 0.3 and not any(page.cursor for page in SHELF.pages[:-1]) and not pulls.swept():
                # Without a checkpoint on the way it begins at the beginning, where something else may be by now.
                stand.pop(rng.choice(list(stand)), None) if len(stand) > 1 else None
                rows = [told(key, f"t{said}", str(said) if versioned else None) for key, said in stand.items()]
                SHELF.pages = listed(rows)
        meant = {key: told(key, f"t{said}").payload.decode() for key, said in stand.items()}
        if not versioned:
            assert pulls.standing() == meant, f"seed {seed}, turn {turn}"
        pulls.bench.process(1000)
        shown = pulls.bench.projection.all("SELECT title FROM touchpoint WHERE retracted_at IS NULL ORDER BY title")
        if not versioned:
            assert sorted(title for (title,) in shown) == sorted(f"t{said}" for said in stand.values())
        else:
            assert len(shown) == len(stand), f"seed {seed}, turn {turn}"
        left = pulls.bench.truth.all("SELECT 1 FROM listed UNION ALL SELECT 1 FROM listing")
        assert left == [], f"seed {seed}, turn {turn}"
    return kills


def test_whatever_order_pages_and_kills_the_standing_rows_are_those_of_the_last_whole_listing(bench: Bench) -> None:
    kills = 0
    for seed in range(8):
        bench.clear()
        SHELF.breaks_after, SHELF.forgets = None, False
        kills += _history(Pulls(bench), seed)
    assert kills > 30


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_two_thousand_histories_of_listings(bench: Bench) -> None:
    for seed in range(1000, 3000):
        bench.clear()
        SHELF.breaks_after, SHELF.forgets = None, False
        _history(Pulls(bench), seed)
