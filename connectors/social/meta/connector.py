"""``social.meta``: what people say to a company on Facebook, Instagram and WhatsApp, and the leads of its ads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from connectors.social.meta.leads import Leads
from connectors.social.meta.notices import Notices
from connectors.social.meta.settings import MetaSettings
from connectors.social.meta.whatsapp import DELIVERED, FAILED
from connectors.tried import exposed
from hub import sdk

_TEXTS = {name: {"type": "string"} for name in ("network", "handle", "original_message_id", "status", "reason")}


class Meta(sdk.Connector):
    """One app of Meta's, with all that it is told of."""

    name = "social.meta"
    title = "Messages, comments and leads of Facebook, Messenger, Instagram and WhatsApp"
    documentation = "docs/connectors/social.meta.md"
    Settings = MetaSettings
    destinations = ("api",)
    kinds = (
        sdk.KindDeclaration(DELIVERED, "Message that was delivered", {"type": "object", "properties": _TEXTS}),
        sdk.KindDeclaration(FAILED, "Message that was not delivered", {"type": "object", "properties": _TEXTS}),
    )
    every = 900
    budget: ClassVar[sdk.Budget] = sdk.Budget(200, 3600)
    settings: MetaSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """What is told, and the leads of a Page if one is named."""
        leads = [Leads(self.settings, self.outside)] if self.settings.page else []
        return [Notices(self.settings), *leads]

    def check(self) -> Iterator[str]:
        """A token sent over plain HTTP is everybody's."""
        return exposed(self.settings.api, "api", "page_token")
