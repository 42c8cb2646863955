"""``hub endpoint``: who is told of changes is set up, tried, shown and forgotten from the command line."""

import re

from tests.cli.conftest import Run

AT = ("--data", "hub", "endpoint")


def test_life_of_an_endpoint(hub: Run) -> None:
    made = hub(*AT, "create", "CRM", "https://crm.example/hook", "--wants", "STAGE_CHANGED", "--stage", "CUSTOMER")
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/=]{44}\n", made.out)
    id_ = made.err.partition(".")[0]
    listed = hub(*AT, "list").out
    assert listed.splitlines()[1].split() == [id_, "HEALTHY", "0", "0", "https://crm.example/hook", "CRM"]
    assert hub(*AT, "create", "CRM", "https://crm.example/2").err == (
        "hub: There is an endpoint named 'CRM' already.\n"
    )
    assert hub(*AT, "set", "crm", "--stage", "", "--contacts", "--url", "https://crm.example/v2").code == 0
    message = hub(*AT, "test", "CRM").out.split()[0]
    shown = hub(*AT, "show", "CRM").out
    assert f"CRM  {id_}  HEALTHY  https://crm.example/v2" in shown
    assert "told STAGE_CHANGED; contact data unmasked\n" in shown
    assert re.search(rf"{message}  endpoint.test .* WAITING +0 ", shown)
    assert hub(*AT, "rotate", id_, "--overlap", "7d").out not in ("", made.out)
    assert hub(*AT, "resend", message).out == "1 message will be sent again.\n"
    assert hub(*AT, "resend", "--endpoint", "CRM", "--since", "2026-01-01").out == "0 messages will be sent again.\n"
    assert hub(*AT, "resend").err.startswith("hub: Give a message, or an endpoint.\n")
    hub(*AT, "disable", "CRM")
    assert hub(*AT, "list").out.splitlines()[1].split()[1] == "DISABLED"
    assert hub(*AT, "test", "CRM").err == "hub: This endpoint is disabled.\n     Enable it first.\n"
    assert hub(*AT, "enable", "CRM", "--skip").code == 0
    assert hub(*AT, "delete", "CRM").out == f"{id_} is forgotten.\n"
    assert hub(*AT, "show", "CRM").err == "hub: There is no endpoint 'CRM'. There are: none.\n"
