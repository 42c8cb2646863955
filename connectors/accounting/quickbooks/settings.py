"""What a source of ``accounting.quickbooks`` is set up with."""

from __future__ import annotations

from pydantic import Field

from connectors.accounting.document import ContactSide
from hub import sdk


class QuickBooksSettings(sdk.Settings):
    """An app of Intuit's developer portal, and one company that is connected to it."""

    client_id: str = Field(description="The Client ID of the app.")
    client_secret: sdk.Secret = Field(description="The Client Secret of the app.")
    refresh_token: sdk.Secret = Field(description="What signing in gave beside the access token.")
    realm_id: str = Field(pattern=r"^\d{1,30}$", description="Which company: its Realm ID, also called Company ID.")
    verifier_tokens: list[sdk.Secret] = Field(
        default_factory=list, description="The Verifier Token of the app's webhooks; while it changes, the old and new."
    )
    sandbox: bool = Field(False, description="Whether the company is one of Intuit's sandboxes.")
    currency: str = Field("", description="ISO 4217 code of documents that name none: the company's own currency.")
    contact_is: ContactSide = Field(
        sdk.Side.ORGANISATION, description="Whom a customer names: ORGANISATION, or PERSON where customers are people."
    )
    region: str = Field("", description="ISO 3166 code that helps to read phone numbers without a country code.")
    page_size: int = Field(1000, ge=1, le=1000, description="Objects to ask for at a time.")

    @property
    def server(self) -> str:
        """Where the company is asked for."""
        return f"https://{'sandbox-' if self.sandbox else ''}quickbooks.api.intuit.com"

    @property
    def oauth(self) -> sdk.OAuth:
        """How to sign in; the refresh token changes about once a day."""
        return sdk.OAuth(
            token_url="https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",  # noqa: S106 (an address)
            client_id=self.client_id,
            client_secret=self.client_secret,
            refresh_token=self.refresh_token,
            basic=True,
        )
