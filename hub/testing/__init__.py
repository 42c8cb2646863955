"""The acceptance kit for connectors: subclass ``ConnectorSuite``, name the connector, and every promise is tried.

    from hub.testing import ConnectorSuite

    class TestShop(ConnectorSuite):
        connector = Shop
        settings = {"url": "https://shop.example", "token": "t"}
        provider = app

pytest finds the checks as tests; ``hub connector check`` runs them without it.
"""

from __future__ import annotations

from hub.testing.clock import NOW, VirtualClock
from hub.testing.connector_suite import ConnectorSuite
from hub.testing.suite import DoesNotApply, delivery
from hub.testing.trial import CheckFailed

__all__ = ["NOW", "CheckFailed", "ConnectorSuite", "DoesNotApply", "VirtualClock", "delivery"]
