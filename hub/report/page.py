"""The report as one page: what it is made of, and the HTML, which opens without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template


@dataclass(frozen=True, slots=True)
class Tile:
    """One number everybody asks for."""

    label: str
    says: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table. ``heat``: 0 to 1, how strongly it is coloured; None not at all."""

    says: str
    heat: float | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table under its label."""

    label: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first of ``columns`` stands above the labels."""

    columns: Sequence[str]
    rows: Sequence[Row]

    @property
    def heated(self) -> bool:
        """Whether its colours speak, so that it needs no rules."""
        return any(cell.heat is not None for row in self.rows for cell in row.cells)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the page: one question, answered by a chart or a table. ``chart`` is SVG."""

    title: str
    says: str
    chart: str = ""
    legend: Sequence[str] = ()
    table: Table | None = None
    notes: Sequence[str] = ()
    warnings: Sequence[str] = ()
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """Everything on the page. ``missing`` names what there was nothing to show of."""

    company: str
    currency: str
    time_zone: str
    made_on: str
    tiles: Sequence[Tile]
    parts: Sequence[Part]
    filtered: str = ""
    missing: str = field(default="")


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("hub.report", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("report.html.jinja")


def html(report: Report) -> str:
    """The page. Whatever a source told is escaped; only the charts are markup of our own."""
    names = Report.__slots__
    return _template().render({name: getattr(report, name) for name in names})
