"""One step of processing that always gets on: what fails is narrowed down to single records, which are passed over."""

from __future__ import annotations

import logging
import time

from hub.errors import RetryLater
from hub.ingest.process import Processor

_log = logging.getLogger(__name__)
_PAUSE = 1.0


def step(processor: Processor, most: int) -> bool:
    """Process a batch of at most so many records. True when there may be more to do at once.

    Raises ``RetryLater`` when the database does not take it right now.
    """
    try:
        return processor.run(most)
    except RetryLater:
        raise
    except Exception:  # noqa: BLE001 (whatever a record does, the others go on)
        _log.exception("a batch failed; its records are processed one by one")
    return _one_by_one(processor, most)


def _one_by_one(processor: Processor, most: int) -> bool:
    for _ in range(most):
        try:
            if not processor.run(1):
                return False
        except RetryLater:
            raise
        except Exception:  # noqa: BLE001 (likewise)
            _log.exception("a record cannot be processed; it is passed over")
            try:
                processor.skip()
            except Exception:  # noqa: BLE001 (whoever calls must live to try again)
                _log.exception("processing cannot go on; it is tried again in a moment")
                time.sleep(_PAUSE)
                return False
    return True
