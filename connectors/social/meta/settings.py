"""What a source of ``social.meta`` is set up with."""

from __future__ import annotations

import re
from typing import Self

from pydantic import Field, field_validator, model_validator

from connectors.posting import check_secrets
from hub import sdk

SCHEMES = sdk.signatures.SCHEMES["meta"]


class MetaSettings(sdk.Settings):
    """An app of Meta's, and the Page whose leads are fetched."""

    app_secrets: list[sdk.Secret] = Field(
        description="The App secret of the app; while it is reset, the old and the new."
    )
    verify_token: sdk.Secret = Field(description="Any word of your own, written beside the callback URL at Meta.")
    accounts: list[str] = Field(
        default_factory=list,
        description="Ids of the Pages, Instagram and WhatsApp Business accounts that count. None: all the app has.",
    )
    page: str = Field("", description="The id of the Page whose leads are fetched. None: leads are not.")
    page_token: sdk.Secret | None = Field(None, description="An access token of that Page.")
    ads: bool = Field(True, description="Whether a lead is asked for its ad and campaign: needs ads_management.")
    region: str = Field("", description="ISO 3166 code that helps to read a lead's phone number without country code.")
    api: str = Field("https://graph.facebook.com/v25.0", description="Where the Graph API is, with its version.")

    @field_validator("api")
    @classmethod
    def _address(cls, given: str) -> str:
        if not re.fullmatch(r"https?://[\w.-]+(:\d{1,5})?/v\d+\.\d+", given.rstrip("/")):
            raise ValueError("write the address with its version, like https://graph.facebook.com/v25.0")
        return given.rstrip("/")

    @field_validator("page")
    @classmethod
    def _is_an_id(cls, given: str) -> str:
        if not re.fullmatch(r"\d*", given):
            raise ValueError("a Page's id is a number")
        return given

    @model_validator(mode="after")
    def _can_verify(self) -> Self:
        if not self.app_secrets:
            raise ValueError("app_secrets is empty: without one nothing can be verified")
        check_secrets(SCHEMES, self.app_secrets)
        if self.page and self.page_token is None:
            raise ValueError("page_token is missing: without one no leads can be fetched")
        return self
