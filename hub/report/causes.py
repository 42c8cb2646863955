"""The parts of a report that explain and foresee: who gets the credit, and how wrong predictions were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hub.client import Json
from hub.report.page import Cell, Part, Row, Table
from hub.report.words import amount, number, percent, signed, word

_PREDICTORS = {"MODEL": "the model", "PAST_SPEND": "past spend", "PAST_RATE": "past rate"}


def credit(models: Mapping[str, Json]) -> Part | None:
    """What channels get for purchases, by each model."""
    shares = {name: {row["key"]["channel"]: row["share"] for row in found["rows"]} for name, found in models.items()}
    channels = sorted(
        {channel for each in shares.values() for channel in each},
        key=lambda channel: -max(each.get(channel, 0.0) for each in shares.values()),
    )
    if not channels:
        return None
    rows = [
        Row(
            word(channel),
            [Cell(percent(share), share) for share in (each.get(channel, 0.0) for each in shares.values())],
        )
        for channel in channels
    ]
    any_model = next(iter(models.values()))
    return Part(
        "What led to purchases",
        "The share of each channel in the purchases that touchpoints of 90 days led to, by five ways to share.",
        table=Table(("channel", *(word(name) for name in models)), rows),
        notes=(f"{any_model['untouched']:,} of {any_model['conversions']:,} purchases came without any touch before.",),
    )


def campaigns(results: Sequence[Json], acquired: Sequence[Json]) -> Part | None:
    """What campaigns cost, and whom they brought."""
    costs = {row["key"]["campaign"]["name"]: row for row in acquired if row["key"]["campaign"]}
    rows = []
    for each in results:
        row = costs.get(each["campaign"]["name"], {})
        worth = row.get("valueToCost")
        rows.append(
            Row(
                each["campaign"]["name"],
                [
                    Cell(amount(each["spend"])), Cell(f"{each['customers']:,}"), Cell(f"{row.get('customers', 0):,}"),
                    Cell(amount(row.get("costPerCustomer"))), Cell(amount(each["firstTouchRevenue"])),
                    Cell(amount(each["touchedRevenue"])), Cell("–" if worth is None else f"{worth:.2f}"),
                ],
            )
        )  # fmt: skip
    if not rows:
        return None
    columns = (
        "campaign",
        "cost",
        "touched",
        "won",
        "cost of each",
        "revenue, first touch",
        "revenue, any",
        "worth/cost",
    )
    return Part(
        "What campaigns bring",
        "Whom a campaign touched; won are buyers whom it touched first, with the cost of each and their worth for it.",
        table=Table(columns, rows),
        wide=True,
    )


def foresight(models: Sequence[Json]) -> Part | None:
    """How wrong the chosen model was on the hub's own past, beside simpler rules."""
    model = next((each for each in models if each["chosen"] and each["holdout"]), None)
    if model is None:
        return None
    held = model["holdout"]
    money = {each["predictor"]: each for each in held["value"]}
    rows = [
        Row(
            _PREDICTORS[each["predictor"]],
            [
                Cell(number(each["predicted"])), Cell(number(each["actual"])), Cell(signed(each["bias"])),
                Cell(number(each["mae"])), Cell(number(each["rankCorrelation"])),
                Cell(number((money.get(each["predictor"]) or {}).get("rankCorrelation"))),
            ],
        )
        for each in held["purchases"]
    ]  # fmt: skip
    columns = ("predicted by", "purchases", "really", "bias", "error each", "order", "order by money")
    return Part(
        "How far to trust predictions",
        f"{word(model['model'])}, fitted to what was known on {held['splitDay']} and compared with what "
        f"{held['customers']:,} customers then did until {held['lastDay']}.",
        table=Table(columns, rows),
        notes=(
            "Error each: the mean difference of a customer. Order: Spearman's correlation, 1 being perfect.",
            _ranked_by(held["ranking"]),
        ),
        warnings=[each["text"] for each in model["warnings"]],
        wide=True,
    )


def _ranked_by(predictor: str) -> str:
    return (
        f"Lists by predicted value go by {_PREDICTORS[predictor]}: "
        "of the model and past spend it put customers in the better order by money."
    )
