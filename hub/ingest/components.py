"""What is known of raw components from one batch to the next."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from hub.store.session import Session
from hub.store.writing import components
from hub.store.writing.components import Component, Label

_MOST_KEPT = 50_000
"""Components in memory, a quarter of a kilobyte each."""


class Components:
    """The raw components met last, so that a claim that comes to one does not have all its identifiers read again.

    True as long as every batch that used it was committed; ``forget`` otherwise.
    """

    def __init__(self) -> None:
        self._known: dict[Label, Component] = {}

    def forget(self) -> None:
        """After a batch that was not committed, or when another process may have written."""
        self._known.clear()

    def of(self, session: Session, labels: AbstractSet[Label]) -> dict[Label, Component]:
        """The components with these labels."""
        read = components.components(session, labels - self._known.keys())
        return read | {label: self._known[label] for label in labels & self._known.keys()}

    def keep(self, label: Label, component: Component) -> None:
        """What a component is from now on; those met longest ago give way."""
        self._known.pop(label, None)
        self._known[label] = component
        if len(self._known) > _MOST_KEPT:
            del self._known[next(iter(self._known))]

    def drop(self, labels: Iterable[Label]) -> None:
        """Forget components that were resolved anew, or wait for that."""
        for label in labels:
            self._known.pop(label, None)
