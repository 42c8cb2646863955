"""The acceptance kit for connectors of so many streams that three of its checks take some seconds each."""

from __future__ import annotations

import pytest

from hub.testing import ConnectorSuite


class ManyStreams(ConnectorSuite):
    """The kit, whose longest checks run with the full counts."""

    @pytest.mark.long
    def test_changed_answers_do_not_make_it_fall(self) -> None:
        """Answers with a member missing or of another type are read, or end the pull with a sentence."""
        super().test_changed_answers_do_not_make_it_fall()

    @pytest.mark.long
    def test_no_row_is_passed_over_when_storing_fails(self) -> None:
        """The checkpoint passes no row that was not stored: what the disk did not take comes again."""
        super().test_no_row_is_passed_over_when_storing_fails()

    @pytest.mark.long
    def test_a_pull_killed_at_any_page_goes_on_where_it_was(self) -> None:
        """Killed at and within every page and resumed, a pull gives exactly the rows of one that was not."""
        super().test_a_pull_killed_at_any_page_goes_on_where_it_was()
