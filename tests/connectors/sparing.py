"""The acceptance kit for connectors that are so much to ask or tell that some of its checks cost a lot."""

from __future__ import annotations

import pytest

from hub.testing import ConnectorSuite


class Sparing(ConnectorSuite):
    """The kit, whose dearest checks run with the full counts; smaller connectors run them in the quick tier."""

    @pytest.mark.long
    def test_strange_rows_stop_nothing(self) -> None:
        super().test_strange_rows_stop_nothing()

    @pytest.mark.long
    def test_pages_may_come_twice_and_in_any_order(self) -> None:
        super().test_pages_may_come_twice_and_in_any_order()

    @pytest.mark.long
    def test_a_pull_killed_at_any_page_goes_on_where_it_was(self) -> None:
        super().test_a_pull_killed_at_any_page_goes_on_where_it_was()

    @pytest.mark.long
    def test_no_row_is_passed_over_when_storing_fails(self) -> None:
        super().test_no_row_is_passed_over_when_storing_fails()

    @pytest.mark.long
    def test_changed_answers_do_not_make_it_fall(self) -> None:
        super().test_changed_answers_do_not_make_it_fall()

    @pytest.mark.long
    def test_an_incomplete_listing_deletes_nothing(self) -> None:
        super().test_an_incomplete_listing_deletes_nothing()

    @pytest.mark.long
    def test_a_bad_day_of_the_provider_costs_no_row(self) -> None:
        super().test_a_bad_day_of_the_provider_costs_no_row()
