"""What a source of ``accounting.xero`` is set up with."""

from __future__ import annotations

from pydantic import Field

from connectors.accounting.document import ContactSide
from hub import sdk


class XeroSettings(sdk.Settings):
    """An app of Xero's developer portal, and one organisation that is connected to it."""

    client_id: str = Field(description="The Client id of the app.")
    client_secret: sdk.Secret = Field(description="A client secret of the app.")
    refresh_token: sdk.Secret = Field(description="What signing in gave beside the access token (offline_access).")
    tenant_id: str = Field(description="Which organisation: the tenantId that Xero lists under /connections.")
    webhook_keys: list[sdk.Secret] = Field(
        default_factory=list, description="The Webhooks key of the app; while it is changed, the old and the new."
    )
    contact_is: ContactSide = Field(
        sdk.Side.ORGANISATION, description="Whom a contact names: ORGANISATION, or PERSON where customers are people."
    )
    sales_accounts: list[str] = Field(
        default_factory=list,
        description="Codes of accounts, like 200: Receive money in one of them is a sale that was paid at once.",
    )
    region: str = Field("", description="ISO 3166 code that helps to read phone numbers without a country code.")
    page_size: int = Field(100, ge=1, le=1000, description="Objects to ask for at a time.")

    @property
    def oauth(self) -> sdk.OAuth:
        """How to sign in; each refresh token is good for one use."""
        return sdk.OAuth(
            token_url="https://identity.xero.com/connect/token",  # noqa: S106 (an address)
            client_id=self.client_id,
            client_secret=self.client_secret,
            refresh_token=self.refresh_token,
            basic=True,
        )
