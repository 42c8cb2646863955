"""Suggestions of an open hub: found beside everything else, gone when they are decided, back when that is undone."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import orjson
import pytest

from hub import sdk
from hub.errors import ConfigWrong, InputWrong, NotFound
from hub.ids import naming_touchpoint
from hub.ingest.hub import Hub
from hub.ingest.outcomes import LinkChange
from hub.store import suggestions
from hub.store.pages import Window
from hub.store.suggestions import StoredSuggestion, SuggestionFilter
from hub.values import Side
from tests.ingest.builders import row
from tests.ingest.test_hub import all_rows, given, opened, told

FAMILY = {"phone": "+8801711234567"}


def person(key: str, name: str, **who: str) -> sdk.Row:
    return row(key, who=who, traits={"name": name})


ROWS = [
    person("k1", "Karim Uddin", email="karim.uddin@x.org", phone="+8801811000001"),
    person("k2", "Karim Udin", email="karim.udin@y.org", phone="+8801811000001"),
    person("b1", "করিম উদ্দিন", email="korim@y.org", phone="+8801811000002"),
    person("b2", "করিম উদ্দীন", email="korim88@z.org", phone="+8801811000002"),
    person("u1", "محمد کریم الدین", email="kareem@w.org"),
    person("u2", "كريم الدين", email="kareem@v.org"),
    person("h1", "Hasina Banu", email="hasina.banu@x.org", phone="+8801911000001"),
    person("h2", "Hasina Begum", email="hasina@other.org"),
]
KARIMS = ("Karim Uddin", "Karim Udin", "ALIKE")
CALLS = [
    person("f1", "Abdul Malek", email="malek@x.org", **FAMILY),
    person("f2", "Rokeya Malek", email="rokeya@x.org", **FAMILY),
    row("c1", kind="call", title="one", at="2025-03-02T09:00:00+00:00", who=FAMILY),
    row("c2", kind="call", title="two", at="2025-03-03T09:00:00+00:00", who=FAMILY),
]
LEDGER = [
    row("l1", who={"person": "C1", "email": "nila@x.org"}, traits={"name": "Nila Roy"}),
    row("l2", who={"person": "C2", "email": "nila@x.org"}, traits={"name": "Nila Roy"}),
]


async def fill(hub: Hub, *rows: sdk.Row) -> str:
    source = await told(hub)
    done = await hub.ingest(source, "rows", given(*rows))
    assert await hub.wait(done.sequence, 20)
    return source


async def search(hub: Hub, threshold: float | None = None) -> str:
    run = await hub.suggestions.find(threshold)
    await hub.suggestions.found()
    return run


async def shown(hub: Hub, **wanted: Any) -> list[StoredSuggestion]:
    async with hub.reader.snapshot() as snapshot:
        return list((await suggestions.page(snapshot, SuggestionFilter(**wanted), Window())).rows)


async def names(hub: Hub) -> list[tuple[str, str, str]]:
    """Who is suggested with whom and why, most probable first; the two of a pair in order of their names."""
    who = dict(await all_rows(hub, "SELECT id, display_name FROM customer"))
    pairs = [(sorted((who[each.a], who.get(each.b or "", "a phone"))), each.reason) for each in await shown(hub)]
    return [(a, b, reason) for (a, b), reason in pairs]


async def one(hub: Hub, name: str) -> StoredSuggestion:
    """The suggestion about a customer of a name."""
    [(id_,)] = await all_rows(hub, "SELECT id FROM customer WHERE display_name = $1", name)
    return next(each for each in await shown(hub) if id_ in (each.a, each.b))


async def seen(hub: Hub, done: LinkChange) -> str:
    """Wait for a decision to have its effect; its operation."""
    assert done.operation
    assert await hub.wait(done.sequence, 20)
    return done.operation


ME: dict[str, Any] = {"reason": "I know them", "by": "me"}


def test_finding_suggests_those_who_are_alike_and_changes_no_customer(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        await fill(hub, *ROWS)
        before = await all_rows(hub, "SELECT * FROM customer ORDER BY id")
        truth = await all_rows(hub, "SELECT value FROM sequence")
        run = await search(hub)
        assert await names(hub) == [
            KARIMS,
            ("করিম উদ্দিন", "করিম উদ্দীন", "ALIKE"),
            ("كريم الدين", "محمد کریم الدین", "ALIKE"),
        ]
        assert await all_rows(hub, "SELECT * FROM customer ORDER BY id") == before
        assert await all_rows(hub, "SELECT value FROM sequence") == truth
        counts = "SELECT kind, state, expected, received, stored, unchanged, error FROM run WHERE id = $1"
        assert await all_rows(hub, counts, run) == [("SUGGEST", "OK", 8, 8, 3, 0, None)]
        assert await all_rows(hub, counts, await search(hub)) == [("SUGGEST", "OK", 8, 8, 0, 3, None)]

    opened(hub_address, look)


def test_a_suggestion_says_what_was_compared(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        await fill(hub, *ROWS)
        await search(hub)
        found = await one(hub, "Karim Udin")
        levels = orjson.loads(found.levels)
        assert [(each["comparison"], each["level"]) for each in levels] == [
            ("name", "ONE_WORD_CLOSE"),
            ("email", "SLIP"),
            ("phone", "SAME"),
        ]
        assert {each["comparison"]: {*each["a"], *each["b"]} for each in levels} == {
            "name": {"karim uddin", "karim udin"},
            "email": {"karim.uddin@x.org", "karim.udin@y.org"},
            "phone": {"+8801811000001"},
        }
        assert levels[0]["rarity"] != 0
        assert levels[1]["rarity"] == 0

    opened(hub_address, look)


def test_an_accepted_suggestion_makes_one_customer_and_comes_back_when_that_is_undone(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        await fill(hub, *ROWS)
        await search(hub)
        before = await shown(hub)
        karim = await one(hub, "Karim Udin")
        rehearsed = await hub.suggestions.accept(karim.id, dry_run=True, **ME)
        assert (rehearsed.operation, rehearsed.moved, len(rehearsed.customers)) == (None, 1, 1)
        assert await shown(hub) == before
        operation = await seen(hub, await hub.suggestions.accept(karim.id, **ME))
        assert await all_rows(hub, "SELECT count(*) FROM customer") == [(7,)]
        assert KARIMS not in await names(hub)
        with pytest.raises(NotFound):
            await hub.suggestions.accept(karim.id, **ME)
        await seen(hub, await hub.corrections.undo(operation, **ME))
        assert await all_rows(hub, "SELECT count(*) FROM customer") == [(8,)]
        assert await shown(hub) == before

    opened(hub_address, look)


def test_a_refused_suggestion_does_not_come_again_unless_that_is_undone(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        await fill(hub, *ROWS)
        await search(hub)
        before = await shown(hub)
        karim = await one(hub, "Karim Udin")
        operation = await seen(hub, await hub.suggestions.refuse(karim.id, **ME))
        assert await shown(hub) == [each for each in before if each.id != karim.id]
        await search(hub)
        assert KARIMS not in await names(hub)
        assert await all_rows(hub, "SELECT count(*) FROM customer") == [(8,)]
        await seen(hub, await hub.corrections.undo(operation, **ME))
        assert [each.id for each in await shown(hub)] == [each.id for each in before]

    opened(hub_address, look)


def test_a_no_holds_after_either_of_the_two_was_merged_with_somebody_else(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        source = await fill(hub, *ROWS)
        await search(hub)
        karim = await one(hub, "Karim Udin")
        await seen(hub, await hub.suggestions.refuse(karim.id, **ME))
        [(hasina,)] = await all_rows(hub, "SELECT id FROM customer WHERE display_name = 'Hasina Begum'")
        # Whoever is heard of first gives the id: the pair is another one now, and the no is about the same two still.
        merged = await hub.corrections.merge([karim.b or "", hasina], **ME)
        await seen(hub, merged)
        more = row("k3", who={"email": "karim.uddin@x.org", "person": "C7"}, traits={"name": "Karim Udin"})
        assert await hub.wait((await hub.ingest(source, "rows", given(more))).sequence, 20)
        await search(hub, 0.0)
        found = {frozenset((each.a, each.b)) for each in await shown(hub)}
        [(first,)] = await all_rows(
            hub,
            "SELECT c.id FROM customer c JOIN touchpoint t ON t.customer = c.num WHERE t.id = $1",
            naming_touchpoint(karim.a),
        )
        assert frozenset((first, merged.customers[0])) not in found
        kept = await all_rows(hub, "SELECT a, b FROM suggestion")
        assert {first, merged.customers[0]} in [set(pair) for pair in kept], "it is found, and not shown"

    opened(hub_address, look)


def test_joins_that_the_rule_refused_are_suggested_with_their_reason(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        await fill(hub, *ROWS, *LEDGER)
        await search(hub, 1.0)
        [found] = await shown(hub)
        assert (found.reason, await names(hub)) == ("UNIQUE", [("Nila Roy", "Nila Roy", "UNIQUE")])
        assert await all_rows(hub, "SELECT kind, value FROM identifier WHERE id = $1", found.identifier) == [
            ("email", "nila@x.org")
        ]
        await seen(hub, await hub.suggestions.accept(found.id, **ME))
        assert await all_rows(hub, "SELECT count(*) FROM customer WHERE display_name = 'Nila Roy'") == [(1,)]
        assert await shown(hub) == []

    opened(hub_address, look)


async def calls(hub: Hub, of: StoredSuggestion) -> list[tuple[str, str]]:
    """Title and id of the touchpoints that a suggestion is about."""
    async with hub.reader.snapshot() as snapshot:
        return [(each.title, each.id) for each in await suggestions.touchpoints(snapshot, of.id, 10)]


def test_calls_of_a_family_phone_are_suggested_to_each_of_the_family(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        await fill(hub, *ROWS, *CALLS)
        await search(hub, 1.0)
        both = [("Abdul Malek", "a phone", "SHARED_PHONE"), ("Rokeya Malek", "a phone", "SHARED_PHONE")]
        assert sorted(await names(hub)) == both
        abdul, rokeya = await one(hub, "Abdul Malek"), await one(hub, "Rokeya Malek")
        assert [title for title, _ in await calls(hub, abdul)] == ["two", "one"]
        (_, two), (_, first) = await calls(hub, abdul)
        with pytest.raises(InputWrong):
            await hub.suggestions.accept(abdul.id, ["tp_other"], **ME)
        await seen(hub, await hub.suggestions.accept(abdul.id, [two], **ME))
        assert await calls(hub, rokeya) == [("one", first)]
        refused = await seen(hub, await hub.suggestions.refuse(abdul.id, **ME))
        assert await names(hub) == [both[1]]
        assert await calls(hub, rokeya) == [("one", first)], "that it is not his makes it nobody's still"
        accepted = await seen(hub, await hub.suggestions.accept(rokeya.id, **ME))
        assert await names(hub) == []
        belongs = "SELECT t.title, c.display_name FROM touchpoint t JOIN customer c ON c.num = t.customer"
        assert sorted(await all_rows(hub, f"{belongs} WHERE t.kind = 'call'")) == [
            ("one", "Rokeya Malek"),
            ("two", "Abdul Malek"),
        ]
        for operation in (accepted, refused):
            await seen(hub, await hub.corrections.undo(operation, **ME))
        assert sorted(await names(hub)) == both

    opened(hub_address, look)


def test_a_suggestion_about_somebody_who_is_gone_is_not_shown(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        source = await fill(hub, *ROWS)
        await search(hub)
        assert KARIMS in await names(hub)
        gone = await hub.ingest(source, "rows", given(row("k2", who={"email": "karim.uddin@x.org"})))
        assert await hub.wait(gone.sequence, 20)
        assert KARIMS not in await names(hub)

    opened(hub_address, look)


def test_firms_are_compared_by_their_own_names(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        firms = [
            row(key, who={"firm": key, "person": key}, traits={"company": company, "name": who, "city": "Sylhet"})
            for key, company, who in (
                ("f1", "Padma Textile Mills", "Nila Roy"),
                ("f2", "Padma Textiles Mills", "Omar Haq"),
                ("f3", "Meghna Cement", "Nila Roy"),
            )
        ]
        await fill(hub, *firms)
        await search(hub, 0.2)
        assert [each for each in await shown(hub, side=Side.PERSON) if each.reason != "ALIKE"] == []
        who = dict(await all_rows(hub, "SELECT id, display_name FROM customer"))
        [found] = await shown(hub, side=Side.ORGANISATION)
        assert {who[found.a], who[found.b or ""]} == {"Padma Textile Mills", "Padma Textiles Mills"}

    opened(hub_address, look)


def test_pages_go_from_the_most_probable_to_the_least_and_back(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        await fill(hub, *ROWS, *CALLS, *LEDGER)
        await search(hub, 0.0)
        whole = await shown(hub)
        weights = [each.weight for each in whole]
        assert len(whole) == 7
        assert weights == sorted(weights, reverse=True)
        async with hub.reader.snapshot() as snapshot:
            every = SuggestionFilter()
            first = await suggestions.page(snapshot, every, Window(3))
            after = await suggestions.page(snapshot, every, Window(3, after=first.places[-1]))
            back = await suggestions.page(snapshot, every, Window(3, before=after.places[0], backward=True))
            assert [*first.rows, *after.rows] == whole[:6]
            assert list(back.rows) == whole[:3]
            assert (first.has_next, after.has_previous) == (True, True)
            assert await suggestions.count(snapshot, every) == len(whole)
            likely = SuggestionFilter(least=whole[3].weight)
            assert await suggestions.count(snapshot, likely) == 4
            of_one = (await suggestions.of_customers(snapshot, [whole[0].a]))[whole[0].a]
            assert of_one == [each for each in whole if whole[0].a in (each.a, each.b)]

    opened(hub_address, look)


def test_a_hub_of_nobody_and_of_one_has_no_suggestions(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        await search(hub)
        assert await shown(hub) == []
        await fill(hub, ROWS[0])
        run = await search(hub, 0.0)
        assert await shown(hub) == []
        assert await all_rows(hub, "SELECT state, received FROM run WHERE id = $1", run) == [("OK", 1)]

    opened(hub_address, look)


def test_one_search_goes_on_at_a_time_and_ends_with_the_hub(hub_address: str, caplog: pytest.LogCaptureFixture) -> None:
    async def look(hub: Hub) -> None:
        await fill(hub, *ROWS)
        both = await asyncio.gather(hub.suggestions.find(), hub.suggestions.find())
        assert both[0] == both[1]

    async def after(hub: Hub) -> None:
        [(state,)] = await all_rows(hub, "SELECT state FROM run WHERE kind = 'SUGGEST'")
        assert state in {"INTERRUPTED", "OK"}
        await search(hub)
        assert len(await shown(hub)) == 3

    opened(hub_address, look)
    opened(hub_address, after)
    assert caplog.records == []


def test_without_the_extra_a_search_says_how_to_install_it(hub_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(hub: Hub) -> None:
        await fill(hub, *ROWS)
        monkeypatch.setitem(sys.modules, "rapidfuzz", None)
        monkeypatch.delitem(sys.modules, "hub.identity.suggest", raising=False)
        monkeypatch.delitem(sys.modules, "hub.identity.blocking", raising=False)
        monkeypatch.delitem(sys.modules, "hub.identity.compare", raising=False)
        monkeypatch.setitem(sys.modules, "rapidfuzz.distance", None)
        with pytest.raises(ConfigWrong) as refused:
            await hub.suggestions.find()
        assert refused.value.hint == "pip install 'journey-hub[suggestions]'"
        assert await all_rows(hub, "SELECT count(*) FROM run WHERE kind = 'SUGGEST'") == [(0,)]

    opened(hub_address, look)


def test_a_probability_is_between_0_and_1(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        with pytest.raises(InputWrong):
            await hub.suggestions.find(1.5)

    opened(hub_address, look)
