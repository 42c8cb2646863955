"""The ABC classes, and where they end. Apart from the reckoning, so that a schema is made without numpy."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

CLASSES: Final = "ABC"
CUT_OFFS: Final = (Decimal("0.80"), Decimal("0.95"))
"""Class A ends at 80 % of the revenue, class B at 95 %."""
