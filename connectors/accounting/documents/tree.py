"""Reading XML of strangers: no document type, so no entities and nothing from elsewhere, and bounds to size and depth.

The parser is the standard library's expat. What makes XML dangerous stands in a document type declaration, which no
invoice has, so one is refused where it begins; expat by itself asks no network and opens no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from hub import sdk

_DEEPEST, _MOST = 64, 500_000
"""How many elements may stand inside one another, and in all: an invoice of 20,000 lines is within them."""


@dataclass(slots=True)
class Element:
    """One element by its local name; of what namespace it is follows from the root."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    content: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """What it says, without space around it."""
        return "".join(self.content).strip()

    def all(self, path: str) -> Iterator[Element]:
        """The elements at a path of local names, ``Party/Contact``."""
        name, _, rest = path.partition("/")
        for child in self.children:
            if child.name == name:
                if rest:
                    yield from child.all(rest)
                else:
                    yield child

    def at(self, path: str) -> Element:
        """The first element at a path; an empty one where there is none."""
        return next(self.all(path), Element(path))

    def said(self, path: str) -> str:
        """The first text at a path that is not empty."""
        return next(filter(None, (each.text for each in self.all(path))), "")


def parsed(xml: bytes) -> Element:
    """The root. Raises ``RowUnreadable``."""
    reading = _Reading()
    try:
        reading.parser.Parse(xml, True)
    except expat.ExpatError as error:
        what = expat.errors.messages[error.code]
        raise sdk.RowUnreadable(f"not XML: {what} in line {error.lineno}") from None
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise sdk.RowUnreadable(f"not XML: {error}") from None
    return reading.top.children[0]


class _Reading:
    """A parser, and the elements that are open."""

    def __init__(self) -> None:
        self.top = Element("")
        self._open = [self.top]
        self._left = _MOST
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._say
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self._left -= 1
        if len(self._open) > _DEEPEST or self._left < 0:
            raise sdk.RowUnreadable("no invoice has so many elements, or so many inside one another")
        element = Element(name.rpartition(" ")[2], attributes)
        self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _say(self, text: str) -> None:
        self._open[-1].content.append(text)

    def _refuse(self, *about: object) -> None:
        raise sdk.RowUnreadable("the XML has a document type declaration, which no invoice has")
