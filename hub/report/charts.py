"""Charts as SVG that is part of the page: no script, no font, nothing fetched. Colours come from the page's style."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from xml.etree.ElementTree import Element, SubElement, tostring

WIDTH = 560
"""Of every chart, in its own units: the page scales them to its column."""
_LEAST_LABEL, _MOST_LABEL, _NUMBER = 60, 190, 110
_LETTER = 6.6
"""The width of a letter, more or less."""
_ROW, _BAR = 26, 16
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 10, 26
_DRAWN = 200
"""Height of what is drawn between the axes."""
_MOST_MARKS = 8
"""Labels below an axis; more would run into each other."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. ``says`` stands behind it, ``hint`` is shown on pointing at it."""

    label: str
    value: float
    says: str
    hint: str = ""


def bars(rows: Sequence[Bar]) -> str:
    """Lying bars from one zero line, the longest as long as there is room."""
    most = max((row.value for row in rows), default=0) or 1
    svg = _svg(len(rows) * _ROW, f"{len(rows)} bars")
    label = min(_MOST_LABEL, max([_LEAST_LABEL, *(8 + _LETTER * len(row.label) for row in rows)]))
    room = WIDTH - label - _NUMBER
    for place, row in enumerate(rows):
        middle = place * _ROW + _ROW / 2
        _text(svg, label - 8, middle, _shortened(row.label, int(label / _LETTER)), anchor="end")
        width = max(1.0, row.value / most * room)
        bar = _rectangle(svg, label, middle - _BAR / 2, width, _BAR, "series-1")
        _title(bar, row.hint or f"{row.label}: {row.says}")
        _text(svg, label + width + 6, middle, row.says, kind="number")
    return _drawn(svg)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def columns(labels: Sequence[str], series: Mapping[str, Sequence[float]], unit: str = "") -> str:
    """Standing columns over time, one part of a column for each series. Nothing is below zero."""
    totals = [sum(parts) for parts in zip(*series.values(), strict=True)]
    axis = _axis(0, max(totals, default=0))
    svg = _framed(axis, unit)
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    for place, label in enumerate(labels):
        base = 0.0
        for number, (name, values) in enumerate(series.items(), 1):
            top = _height(axis, base + values[place])
            part = _rectangle(
                svg, _LEFT + place * step + step * 0.1, top, step * 0.8, _height(axis, base) - top, f"series-{number}"
            )
            _title(part, f"{label}, {name}: {_plain(values[place])}{unit}")
            base += values[place]
    _marks(svg, labels, step, step / 2)
    return _drawn(svg)


def lines(labels: Sequence[str], series: Mapping[str, Sequence[float | None]], unit: str = "") -> str:
    """A line for each series; where nothing is known there is a gap."""
    known = [value for values in series.values() for value in values if value is not None]
    axis = _axis(min(0.0, *known), max(known)) if known else _axis(0, 1)
    svg = _framed(axis, unit)
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(labels) - 1)
    for number, (name, values) in enumerate(series.items(), 1):
        for run in _runs(values):
            points = " ".join(f"{_LEFT + at * step:.1f},{_height(axis, value):.1f}" for at, value in run)
            SubElement(svg, "polyline", {"points": points, "class": f"line line-{number}"})
            for at, value in run:
                dot = SubElement(
                    svg, "circle",
                    {"cx": f"{_LEFT + at * step:.1f}", "cy": f"{_height(axis, value):.1f}", "r": "3",
                     "class": f"series-{number}"},
                )  # fmt: skip
                _title(dot, f"{labels[at]}, {name}: {_plain(value)}{unit}")
    _marks(svg, labels, step, 0)
    return _drawn(svg)


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    runs: list[list[tuple[int, float]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, value))
    return [run for run in runs if run]


# The frame ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Axis:
    least: float
    most: float
    step: float


def _axis(least: float, most: float) -> _Axis:
    """From a round number to a round number, in four steps or so of 1, 2 or 5 times a power of ten."""
    span = (most - least) or 1.0
    raw = span / 4
    power = 10.0 ** floor(log10(raw))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= raw)
    return _Axis(floor(least / step) * step, ceil(most / step) * step or step, step)


def _height(axis: _Axis, value: float) -> float:
    return _TOP + _DRAWN * (1 - (value - axis.least) / (axis.most - axis.least))


def _framed(axis: _Axis, unit: str) -> Element:
    svg = _svg(_TOP + _DRAWN + _BOTTOM, "A chart over time")
    for number in range(round((axis.most - axis.least) / axis.step) + 1):
        value = axis.least + number * axis.step
        height = _height(axis, value)
        SubElement(
            svg, "line",
            {"x1": str(_LEFT), "x2": str(WIDTH - _RIGHT), "y1": f"{height:.1f}", "y2": f"{height:.1f}",
             "class": "grid"},
        )  # fmt: skip
        _text(svg, _LEFT - 6, height, f"{_plain(value)}{unit}", anchor="end", kind="mark")
    return svg


def _marks(svg: Element, labels: Sequence[str], step: float, offset: float) -> None:
    every = ceil(len(labels) / _MOST_MARKS) or 1
    for place in range(0, len(labels), every):
        _text(svg, _LEFT + place * step + offset, _TOP + _DRAWN + 16, labels[place], anchor="middle", kind="mark")


def _plain(value: float) -> str:
    """Thousands and millions short, small numbers with the digits that differ."""
    for size, sign in ((1e9, "bn"), (1e6, "m"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if sign == 'k' else size):,.1f}".rstrip("0").rstrip(".") + sign
    return f"{value:,.2f}".rstrip("0").rstrip(".")


# SVG ----------------------------------------------------------------------------------------------------------


def _svg(height: float, says: str) -> Element:
    return Element("svg", {"viewBox": f"0 0 {WIDTH} {height:.0f}", "role": "img", "aria-label": says})


def _rectangle(svg: Element, x: float, y: float, width: float, height: float, kind: str) -> Element:
    return SubElement(
        svg, "rect",
        {"x": f"{x:.1f}", "y": f"{y:.1f}", "width": f"{width:.1f}", "height": f"{height:.1f}", "class": kind},
    )  # fmt: skip


def _text(svg: Element, x: float, y: float, says: str, *, anchor: str = "start", kind: str = "label") -> None:
    held = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "class": kind, "dominant-baseline": "central"}
    SubElement(svg, "text", held).text = says


def _title(of: Element, says: str) -> None:
    SubElement(of, "title").text = says


def _drawn(svg: Element) -> str:
    return tostring(svg, encoding="unicode")
