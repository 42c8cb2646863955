"""The acceptance kit, with Dovecot as the account."""

from __future__ import annotations

from typing import ClassVar

import pytest

from connectors.email.imap import Imap
from hub.testing import ConnectorSuite
from tests.mail.reading import OURS, in_a_file, mail
from tests.mail.servers import PASSWORD, Dovecot
from tests.mail.test_imap import SAMPLES

_USER = "kit"


@pytest.fixture(scope="module")
def filled(dovecot: Dovecot) -> Dovecot:
    """Mails in several folders, so that there are several pages."""
    dovecot.deliver(_USER, [row.payload for row in in_a_file(SAMPLES)[1]])
    for number, folder in enumerate(["Sent", "গ্রাহক", "گاہک"]):
        dovecot.deliver(_USER, [mail(number, "দাম কত? 🌸"), mail(10 + number, "قیمت کیا ہے؟")], folder)
    return dovecot


@pytest.mark.long
class TestImap(ConnectorSuite):
    connector = Imap
    does_not_apply: ClassVar = {
        "provider": "it speaks IMAP, not HTTP",
        "payloads_are_what_the_source_sent": "it speaks IMAP: test_imap_dovecot compares the payloads",
    }

    @pytest.fixture(autouse=True)
    def account(self, filled: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
        """The account of the server that just started."""
        monkeypatch.setenv("HUB_ALLOW_PRIVATE_ADDRESSES", "127.0.0.1")
        given = {"host": "127.0.0.1", "port": filled.port, "security": "none", "user": _USER, "password": PASSWORD}
        monkeypatch.setattr(type(self), "settings", {**given, "folders": ["*"], "own_addresses": list(OURS)})
