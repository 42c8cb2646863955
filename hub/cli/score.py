"""``hub score``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from hub.cli.runs import ended
from hub.cli.session import ask
from hub.cli.terminal import counted, notes, out, table
from hub.client import Client, Json, document

_ERRORS = ("predicted", "actual", "bias", "mean error", "rank correlation")


def score(
    context: typer.Context,
    refit: Annotated[
        bool, typer.Option("--refit", help="Fit the models anew, even if the last fit is younger than a day.")
    ] = False,
) -> None:
    """Say of every customer what may be expected of them: class, scores, P(alive), purchases and value of a year.

    Prints the fitted models and how wrong they were on this hub's own past, beside two simple rules. A hub that is
    served scores every night.

    \b
    Examples:
      hub score
      hub score --refit
    """

    async def work(client: Client) -> tuple[Json, Sequence[Json]]:
        run = (await client.write("score_portfolio", {"refit": refit}))["run"]
        scored = await ended(client, run, "Scoring", "Scoring was stopped.")
        return scored, (await client.execute(document("fitted_models")))["fittedModels"]

    run, models = ask(context, work)
    out.print(f"{counted(run['received'], 'customer')} scored, {run['stored']:,} of them anew.")
    if not run["received"]:
        notes.print("Nobody has bought anything yet: there is nothing to predict from.")
        return
    for model in models:
        _fit(model)
    for model in models:
        if model["holdout"] and model["chosen"]:
            _holdout(model)


def _fit(model: Json) -> None:
    use = "" if model["chosen"] else " (not used)"
    days = f"{model['firstDay']} to {model['lastDay']}"
    out.print(f"\n[bold]{model['model']}[/]{use}: {counted(model['customers'], 'customer')}, {days}")
    rows = [
        (each["name"], f"{each['value']:.4g}", "" if each["standardError"] is None else f"{each['standardError']:.2g}")
        for each in model["parameters"]
    ]
    table(("parameter", "value", "standard error"), rows, numbers=("value", "standard error"))
    for warning in model["warnings"]:
        notes.print(f"{model['model']}: {warning['code']}: {warning['text']}", markup=False)


def _holdout(model: Json) -> None:
    tested = model["holdout"]
    out.print(f"\nFitted until {tested['splitDay']}, compared with what happened until {tested['lastDay']}")
    for of, unit in (("purchases", ""), ("value", f" {model['currency']}")):
        rows = [
            (
                each["predictor"],
                f"{each['predicted']:,.0f}{unit}",
                f"{each['actual']:,.0f}{unit}",
                "" if each["bias"] is None else f"{each['bias']:+.1%}",
                f"{each['mae']:,.3f}",
                "" if each["rankCorrelation"] is None else f"{each['rankCorrelation']:.3f}",
            )
            for each in tested[of]
        ]
        if rows:
            table((of, *_ERRORS), rows, numbers=_ERRORS)
    rule = "predicted value" if tested["ranking"] == "MODEL" else "past spend, which put them in the better order"
    out.print(f"Customers are ordered by {rule}.")
