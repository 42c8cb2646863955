"""All checks together."""

from __future__ import annotations

from hub.testing.asking import Asking
from hub.testing.delivering import Delivering
from hub.testing.manifest import Manifest
from hub.testing.meaning import Meaning
from hub.testing.pulling import Pulling


class ConnectorSuite(Delivering, Asking, Pulling, Meaning, Manifest):
    """Subclass it, say what ``Suite`` asks for, and every check runs as a test."""
