"""What the names of a template stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub.reads.binds import Bind, Clock


class Fixed(dict[str, str]):
    """What templates may name that is the same everywhere; the present is bound where it is named."""

    def __init__(self, known: Mapping[str, str], bind: Callable[[Bind, str], str]) -> None:
        super().__init__(known)
        self._bind = bind

    def present(self, name: str) -> str:
        """The parameter that stands for ``_now`` or ``_today``."""
        return self._bind(Clock(name.removeprefix("_")), "bigint")


class Row(dict[str, str]):
    """The columns of a row by the names that templates use."""

    def __init__(self, alias: str, fixed: Fixed) -> None:
        super().__init__(fixed)
        self.alias = alias
        self._fixed = fixed

    def __missing__(self, name: str) -> str:
        if name in ("_now", "_today"):
            return self._fixed.present(name)
        return f"{self.alias}.{name}"
