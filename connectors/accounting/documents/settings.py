"""What a source of ``accounting.documents`` is set up with."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator

from connectors.accounting.document import ContactSide
from connectors.accounting.documents.paper import Party, plain
from hub import sdk


class DocumentSettings(sdk.Settings):
    """Where the documents lie, and who we are in them."""

    path: Path = Field(description="A document (XML, or PDF with XML inside), a ZIP archive or a folder of them.")
    own: tuple[str, ...] = Field(
        description="What names your company in them: VAT or company numbers, GLNs or names, as they are written.",
    )
    contact_is: ContactSide = Field(
        sdk.Side.ORGANISATION,
        description="What a buyer without VAT and company number is: ORGANISATION, or PERSON where you sell to people.",
    )
    region: str = Field("", description="ISO 3166 code that helps to read phone numbers without a country code.")
    max_bytes: int = Field(20_000_000, ge=1000, description="Larger documents are not read, but shown as a problem.")

    @field_validator("own")
    @classmethod
    def _say_something(cls, own: tuple[str, ...]) -> tuple[str, ...]:
        if not own:
            raise ValueError("name your company")
        if not all(plain(each) for each in own):
            raise ValueError("own holds a text without a letter or digit")
        return own

    def is_own(self, party: Party) -> bool:
        """Whether a party is us, under any of its names."""
        names = {plain(each) for each in self.own}
        return any(plain(each) in names for each in party.names)
