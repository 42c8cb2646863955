"""Reading a document of either syntax."""

from __future__ import annotations

from collections.abc import Callable

from connectors.accounting.documents import cii, ubl
from connectors.accounting.documents.paper import Paper, plain
from connectors.accounting.documents.tree import Element, parsed
from hub import sdk

_PAPERS: dict[str, Callable[[Element], Paper]] = {
    "Invoice": ubl.paper,
    "CreditNote": ubl.paper,
    "CrossIndustryInvoice": cii.paper,
}
_WRAPPED = "StandardBusinessDocument"


def paper(xml: bytes) -> Paper:
    """What a document says. Raises ``RowUnreadable`` for XML that is no invoice or credit note."""
    root = parsed(xml)
    if root.name == _WRAPPED:  # as networks hand them over
        root = next((child for child in root.children if child.name in _PAPERS), root)
    if root.name not in _PAPERS:
        raise sdk.RowUnreadable(
            f"{root.name[:60]!r} is no invoice", hint="Invoice and CreditNote (UBL) and CrossIndustryInvoice (CII) are"
        )
    return _PAPERS[root.name](root)


def key(xml: bytes) -> str:
    """The name of a document: who wrote it, whether it credits, and its number. Empty for what cannot be read."""
    try:
        found = paper(xml)
    except sdk.RowUnreadable:
        return ""
    who = next(filter(None, map(plain, found.seller.names)), "-")
    return f"{who}/{'credit_note' if found.credits else 'invoice'}/{found.number}"
