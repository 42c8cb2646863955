"""Scores of an open hub: models are fitted to its own purchases, and say what they got wrong on them."""

from __future__ import annotations

import orjson

from hub import sdk
from hub.analysis.scoring import DAY
from hub.ingest.hub import Hub
from tests.analysis.shoppers import Clock, fill, invoice, opened, purchases, scored
from tests.ingest.test_hub import all_rows, given

RUN = "SELECT kind, state, received, stored, unchanged, error FROM run WHERE id = $1"
SCORES = "SELECT * FROM customer_score ORDER BY id"
MODELS = "SELECT model, chosen, customers, holdout, warnings, number FROM fitted_model ORDER BY number"


def test_scoring_fits_models_and_scores_everybody_who_bought(hub_address: str) -> None:
    async def look(hub: Hub, clock: Clock) -> None:
        await fill(hub, purchases(150))
        assert await hub.scoring.stale()
        run = await scored(hub)
        assert await all_rows(hub, RUN, run) == [("SCORE", "OK", 150, 150, 0, None)]
        rows = await all_rows(hub, SCORES)
        assert len(rows) == 150
        assert {row[1] for row in rows} == {"A", "B", "C"}
        assert {score for row in rows for score in row[2:5]} == {1, 2, 3, 4, 5}
        assert all(0 <= row[5] <= 1_000_000 and row[6] >= 0 and row[7] >= 0 for row in rows)
        models = await all_rows(hub, MODELS)
        assert {row[0] for row in models} == {"BG_NBD", "PARETO_NBD", "GAMMA_GAMMA"}
        assert {row[0] for row in models if row[1]} & {"GAMMA_GAMMA"}
        assert [row[2] for row in models[:2]] == [150, 150]
        told = orjson.loads(models[0][3])
        assert (told["model"], told["customers"]) == (models[0][0], 150)
        assert set(told["purchases"]) == {"MODEL", "PAST_RATE"}
        assert set(told["value"]) == {"MODEL", "PAST_SPEND", "PAST_RATE"}
        ranked = {row[8] == row[7] for row in rows}
        assert ranked == {told["ranking"] == "MODEL"}, "the better ranking orders"
        assert not await hub.scoring.stale()

    opened(hub_address, look)


def test_scoring_again_on_the_same_day_keeps_fit_and_rows(hub_address: str) -> None:
    async def look(hub: Hub, clock: Clock) -> None:
        source = await fill(hub, purchases(120))
        await scored(hub)
        fits, before = await all_rows(hub, MODELS), await all_rows(hub, SCORES)
        clock.at += DAY // 4
        assert await all_rows(hub, RUN, await scored(hub)) == [("SCORE", "OK", 120, 0, 120, None)]
        assert (await all_rows(hub, MODELS), await all_rows(hub, SCORES)) == (fits, before)
        done = await hub.ingest(source, "rows", given(invoice("more", "c0", 730, 1.0), invoice("new", "n", 730, 1.0)))
        assert await hub.wait(done.sequence, 20)
        [(_, _, received, stored, _, _)] = await all_rows(hub, RUN, await scored(hub))
        assert received == 121
        assert 2 <= stored < 121, "only what differs is written"
        await scored(hub, refit=True)
        assert len(await all_rows(hub, MODELS)) == 2 * len(fits)
        clock.at += DAY
        await scored(hub)
        assert len(await all_rows(hub, MODELS)) == 3 * len(fits), "a fit lasts a day"

    opened(hub_address, look)


def test_a_few_customers_are_classed_but_not_predicted(hub_address: str) -> None:
    async def look(hub: Hub, clock: Clock) -> None:
        await fill(hub, [invoice(f"i{at}", f"c{at % 5}", 40 * at, 10.0 + at) for at in range(12)])
        await scored(hub)
        rows = await all_rows(hub, SCORES)
        assert [row[5:8] for row in rows] == [(None, None, None)] * 5
        # 10 to 21, every fifth one's: their spend orders them.
        assert sorted(row[8] for row in rows) == [2900, 3100, 3300, 4500, 4800]
        for row in await all_rows(hub, MODELS):
            assert "FEW" in row[4]

    opened(hub_address, look)


def test_nothing_bought_scores_nobody(hub_address: str) -> None:
    async def look(hub: Hub, clock: Clock) -> None:
        assert await all_rows(hub, RUN, await scored(hub)) == [("SCORE", "OK", 0, 0, 0, None)]
        assert (await all_rows(hub, MODELS), await all_rows(hub, SCORES)) == ([], [])

    opened(hub_address, look)


def test_who_buys_nothing_any_more_because_it_was_taken_out_loses_the_score(hub_address: str) -> None:
    async def look(hub: Hub, clock: Clock) -> None:
        source = await fill(hub, [*purchases(110), invoice("wrong", "gone", 100, 50.0)])
        await scored(hub)
        assert len(await all_rows(hub, SCORES)) == 111
        done = await hub.ingest(source, "rows", given(sdk.Row("wrong", b"[]")))
        assert await hub.wait(done.sequence, 20)
        await scored(hub)
        assert len(await all_rows(hub, SCORES)) == 110

    opened(hub_address, look)


def test_a_hub_whose_purchases_ended_long_ago_says_so(hub_address: str) -> None:
    async def look(hub: Hub, clock: Clock) -> None:
        clock.at += 400 * DAY
        await fill(hub, purchases(120))
        await scored(hub)
        for row in await all_rows(hub, MODELS):
            assert "STALE" in row[4]
        alive = [row[5] for row in await all_rows(hub, SCORES)]
        assert max(alive) > 500_000, "silence counts until the last purchase"

    opened(hub_address, look)


def test_a_rebuild_takes_scores_over(hub_address: str) -> None:
    async def look(hub: Hub, clock: Clock) -> None:
        await fill(hub, purchases(105))
        await scored(hub)
        before = await all_rows(hub, SCORES)
        await hub.rebuilds.start()
        await hub.rebuilds.ended()
        assert await all_rows(hub, SCORES) == before

    opened(hub_address, look)


def test_who_asks_while_a_run_goes_on_is_told_of_that_run(hub_address: str) -> None:
    async def look(hub: Hub, clock: Clock) -> None:
        await fill(hub, purchases(105))
        assert await hub.scoring.score() == await hub.scoring.score()
        await hub.scoring.scored()

    opened(hub_address, look)


def test_who_is_merged_loses_the_score_until_the_next_run(hub_address: str) -> None:
    shown = "SELECT c.id FROM customer c JOIN customer_score s ON s.id = c.id"

    async def look(hub: Hub, clock: Clock) -> None:
        await fill(hub, purchases(105))
        await scored(hub)
        (one,), (other,) = (await all_rows(hub, "SELECT id FROM customer ORDER BY id"))[:2]
        done = await hub.corrections.merge([one, other], reason="one person", by="me")
        assert await hub.wait(done.sequence, 20)
        assert len(await all_rows(hub, shown)) == 104, "the other's score is nobody's"
        await scored(hub)
        assert len(await all_rows(hub, SCORES)) == 104
        assert done.operation
        undone = await hub.corrections.undo(done.operation, reason="two after all", by="me")
        assert await hub.wait(undone.sequence, 20)
        assert len(await all_rows(hub, shown)) == 104, "who is back has none yet"
        await scored(hub)
        assert len(await all_rows(hub, shown)) == 105

    opened(hub_address, look)
