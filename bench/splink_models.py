"""Splink's models of the labelled sets, in the manner of its own demonstrations. Needs splink, duckdb and pandas."""

from __future__ import annotations

import logging
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on


@dataclass(frozen=True)
class Set:
    """Where a set lies, which column names a row, and how Splink compares, blocks and trains on it."""

    path: str
    row: str
    comparisons: list[Any]
    blocking: list[tuple[str, ...]]
    deterministic: list[tuple[str, ...]]
    recall: float
    training: list[tuple[str, ...]]


def usual(comparison: Any) -> Any:
    """With term frequencies."""
    return comparison.configure(term_frequency_adjustments=True)


SETS = {
    "fake_1000": Set(
        "fake_1000.csv",
        "unique_id",
        [
            cl.ForenameSurnameComparison("first_name", "surname"),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            usual(cl.ExactMatch("city")),
            cl.EmailComparison("email"),
        ],
        [("first_name",), ("surname",), ("dob",), ("email",)],
        [("first_name", "surname"), ("email",)],
        0.7,
        [("first_name", "surname"), ("dob",)],
    ),
    "febrl_3": Set(
        "febrl/dataset3.csv",
        "rec_id",
        [
            cl.NameComparison("given_name"),
            cl.NameComparison("surname"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            usual(cl.ExactMatch("street_number")),
            usual(cl.JaroWinklerAtThresholds("address_1", [0.92, 0.8])),
            usual(cl.JaroWinklerAtThresholds("suburb", [0.92, 0.8])),
            usual(cl.DamerauLevenshteinAtThresholds("postcode", [1, 2])),
        ],
        [
            ("soc_sec_id",),
            ("given_name", "surname"),
            ("date_of_birth",),
            ("postcode", "street_number"),
            ("surname", "postcode"),
            ("given_name", "postcode"),
        ],
        [("soc_sec_id",)],
        0.85,
        [("date_of_birth",), ("postcode",)],
    ),
    "crm_mix": Set(
        "crm_mix.csv",
        "record_id",
        [
            usual(cl.JaroWinklerAtThresholds("full_name", [0.92, 0.8])),
            cl.EmailComparison("email"),
            cl.LevenshteinAtThresholds("phone", 1),
            cl.ExactMatch("handle"),
            cl.JaroWinklerAtThresholds("street", 0.9),
            cl.ExactMatch("date_of_birth"),
        ],
        [("full_name",), ("email",), ("phone",), ("handle",), ("street",)],
        [("email",), ("full_name", "phone")],
        0.5,
        [("email",), ("full_name",)],
    ),
}


def predict(name: str, data: Path) -> tuple[list[tuple[str, str, float]], float]:
    """The pairs that Splink finds, with their weights, and how many seconds it took from the table to the pairs."""
    warnings.simplefilter("ignore")
    chosen = SETS[name]
    table = pd.read_csv(data / "er" / chosen.path, dtype=str, skipinitialspace=True)
    for column in set(table.columns) & {"email", "full_name"}:
        table[column] = table[column].str.lower()
    table = table.drop(columns=[each for each in ("cluster", "truth", "source") if each in table.columns])
    table = table.astype(object).where(table.notna(), None)
    began = time.perf_counter()
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name=chosen.row,
        comparisons=chosen.comparisons,
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in chosen.blocking],
    )
    linker = Linker(DuckDBAPI().register(table), settings, log_level=logging.ERROR)
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on(*rule) for rule in chosen.deterministic], recall=chosen.recall
    )
    training.estimate_u_using_random_sampling(max_pairs=1e6)
    for rule in chosen.training:
        training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    found = linker.inference.predict(threshold_match_probability=0.001).as_pandas_dataframe()
    pairs = zip(found[f"{chosen.row}_l"], found[f"{chosen.row}_r"], found["match_weight"], strict=True)
    return [(str(a), str(b), float(weight)) for a, b, weight in pairs], time.perf_counter() - began
