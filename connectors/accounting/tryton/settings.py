"""What a source of ``accounting.tryton`` is set up with."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from connectors.accounting.document import ContactSide
from hub import sdk


class TrytonSettings(sdk.Settings):
    """A server, a database on it, and the key of a user application."""

    server: str = Field(description="Where Tryton is: https://tryton.example.")
    database: str = Field(description="The name of the database.", pattern=r"^[\w.-]+$")
    key: sdk.Secret = Field(description="The key of a user application of type REST API, validated.")
    contact_is: ContactSide = Field(
        sdk.Side.ORGANISATION, description="What a party without a tax identifier is: ORGANISATION, or PERSON."
    )
    region: str = Field("", description="ISO 3166 code that helps to read phone numbers without a country code.")
    page_size: int = Field(100, ge=1, le=1000, description="Records to ask for at a time.")

    @field_validator("server")
    @classmethod
    def _address(cls, given: str) -> str:
        address = given.strip().rstrip("/")
        if not re.fullmatch(r"https?://[\w.-]+(:\d{1,5})?", address):
            raise ValueError("name a server, like https://tryton.example")
        return address
