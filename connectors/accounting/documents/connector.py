"""``accounting.documents``: electronic invoices and credit notes that lie in a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from pathlib import Path

from connectors.accounting.documents import folder, meaning, syntax
from connectors.accounting.documents.paper import Paper
from connectors.accounting.documents.settings import DocumentSettings
from connectors.reading import ahead, files_named
from hub import sdk

_LOOKED_AT = 200
"""Documents of which a guess is made."""


class Documents(sdk.PullStream):
    """Invoices and credit notes, each a row; the same one in two files is one."""

    name = "documents"
    nature = sdk.Nature.STATES
    connector: Invoices

    def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """Documents of the files that changed since ``cursor``. Files are read in a thread."""
        settings = self.connector.settings
        return ahead(folder.pages(settings.path, settings, cursor, settings.max_bytes))

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """What the document means, unless it is one that we were sent."""
        if fault := row.envelope.get("fault"):
            raise sdk.RowUnreadable(fault)
        yield from meaning.touchpoints(syntax.paper(row.payload), self.connector.settings)


class Invoices(sdk.Connector):
    """UBL, CII and the PDF files that carry either: Peppol, XRechnung, Factur-X, ZUGFeRD."""

    name = "accounting.documents"
    title = "Electronic invoices and credit notes: UBL, CII, Factur-X and ZUGFeRD files"
    documentation = "docs/connectors/accounting.documents.md"
    Settings = DocumentSettings
    files = (".xml", ".pdf")
    kinds = (meaning.ADVANCE,)
    stream_types = (Documents,)
    settings: DocumentSettings

    def check(self) -> Iterator[str]:
        """A sentence about a path where nothing lies."""
        try:
            files_named(self.settings.path, folder.SUFFIXES)
        except sdk.ConfigWrong as problem:
            yield problem.message

    @classmethod
    def guess(cls, path: Path, *, country: str, currency: str, time_zone: str) -> sdk.Guess | None:
        """Who we are: the one party that all documents name, and where one alone is there its seller."""
        papers = list(islice(_papers(path), _LOOKED_AT))
        named = Counter(
            name for paper in papers for name in {_name(paper, sold=True), _name(paper, sold=False)} if name
        )
        if not named:
            return None
        most = max(named.values())
        own = max((each for each in named if named[each] == most), key=lambda each: _sales(papers, each))
        sold = _sales(papers, own)
        because = f"names the seller of {sold} and the buyer of {named[own] - sold} of {len(papers)} documents"
        doubts = [] if list(named.values()).count(most) == 1 else ["Another party stands in as many documents."]
        reason = sdk.GuessReason("seller", "own", because, own)
        return sdk.Guess({"own": [own], "region": country}, [reason], doubts)


def _papers(path: Path) -> Iterator[Paper]:
    for name, file in files_named(path, folder.SUFFIXES).items():
        for _, xml, fault in folder.documents(name, file, DocumentSettings.model_fields["max_bytes"].default):
            if not fault and syntax.key(xml):
                yield syntax.paper(xml)


def _name(paper: Paper, *, sold: bool) -> str:
    return next(paper.seller.names if sold else paper.buyer.names, "")


def _sales(papers: list[Paper], name: str) -> int:
    return sum(_name(paper, sold=True) == name for paper in papers)
