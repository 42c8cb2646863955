"""A hub made of copies of another, for as long as it is used."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bench.multiplied import several


@contextmanager
def copies(original: str, times: int) -> Iterator[str]:
    """Its address."""
    made = several(original, times)
    try:
        yield made
    finally:
        if "://" not in made:
            shutil.rmtree(made)
        else:
            place, _, end = made.partition("?")
            server, _, name = place.rpartition("/")
            with psycopg.connect(f"{server}/postgres?{end}", autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
