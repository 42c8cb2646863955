"""What a person declares about a webhook: who signs it and how, where its rows are, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from connectors.generic.mapping import MappingSettings
from hub import sdk

SNS = "sns"
RECEIVED, ID, HEADER = "@received", "@id", "@header"
"""What the mapping may name beside members of the body: when the delivery came, its own id, its headers."""
_VARIABLES = re.compile(r"\{(id|timestamp|body|url|method|posted)\}")


class SignatureSettings(sdk.Settings):
    """How a sender signs that has no name here."""

    header: str = Field(
        min_length=1,
        description='Where the signature is: a header; "x-sign;v1", a member of it; "body:a.b", "query:a" or "path".',
    )
    proof: Literal["hmac", "ed25519", "ecdsa", "token"] = "hmac"
    algorithm: Literal["sha1", "sha256", "sha384", "sha512"] = Field("sha256", description="Of an HMAC.")
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = Field("", description='What stands before the signature: "sha256=".')
    separator: str = Field("", description="What stands between several signatures in the header.")
    signed: str = Field("{body}", description="The signed text: {body}, {id}, {timestamp}, {url}, {method}, {posted}.")
    key: Literal["text", "hex", "base64"] = Field("text", description="How a secret is written.")
    id: str = Field("", description="Where the delivery's own id is, written like header.")
    timestamp: str = Field("", description="Where the time of signing is, written like header.")
    timestamp_unit: Literal["seconds", "milliseconds"] = "seconds"
    tolerance: int | None = Field(300, ge=1, description="Seconds that time may be off, both ways; null: any.")

    @model_validator(mode="after")
    def _signs_what_it_names(self) -> Self:
        unknown = re.findall(r"\{[^}]*\}", _VARIABLES.sub("", self.signed))
        if unknown:
            raise ValueError(f"{unknown[0]} in signed is none of {{body}} {{id}} {{timestamp}} {{url}} {{method}}")
        for name, place in (("id", self.id), ("timestamp", self.timestamp)):
            if (f"{{{name}}}" in self.signed) != bool(place):
                raise ValueError(f"{name} names where it is exactly when signed has {{{name}}} in it")
        if self.proof != "token" and "{body}" not in self.signed and "{posted}" not in self.signed:
            raise ValueError("signed has neither {body} nor {posted} in it: anybody could send anything")
        return self

    def scheme(self) -> sdk.signatures.Scheme:
        """The scheme it describes."""
        kinds = sdk.signatures
        return kinds.Scheme(
            signature=_place(self.header),
            proof=kinds.Proof(self.proof.upper()),
            algorithm=self.algorithm,
            encoding=kinds.Encoding(self.encoding.upper()),
            prefix=self.prefix,
            separator=self.separator,
            signed=self.signed,
            key=kinds.KeyForm(self.key.upper()),
            id=_place(self.id),
            timestamp=_place(self.timestamp),
            ticks=1000 if self.timestamp_unit == "milliseconds" else 1,
            past=self.tolerance,
            future=self.tolerance,
        )


class WebhookSettings(MappingSettings):
    """Settings of ``generic.webhook``: a column is a member of the body, dots lead inside; ``@header.x-topic`` is a
    header, ``@id`` the delivery's own id, ``@received`` when it came."""

    scheme: str = Field("", description="Who signs: standard, stripe, github ... (docs/webhooks.md).")
    signature: SignatureSettings | None = Field(None, description="In place of scheme: how an HMAC is made.")
    secrets: list[sdk.Secret] = Field(
        default_factory=list, description="Signing secrets or public keys; while one is changed, the old and the new."
    )
    verify_token: sdk.Secret | None = Field(None, description="What Meta was told beside the address.")
    topics: list[str] = Field(default_factory=list, description="ARNs of the topics of Amazon SNS that are yours.")
    nature: Literal["events", "states"] = Field(
        "events", description="Whether a row is what happened, or how a thing is now; states need columns.key."
    )
    volatile: list[str] = Field(
        default_factory=list, description="Top-level members that change between retries without meaning."
    )
    rows: str = Field("", description="Path of the list whose elements are the rows; a body that is a list needs none.")
    select: str = Field("", description="The member that says which mapping is meant: type, @header.x-topic.")
    mappings: dict[str, MappingSettings] = Field(
        default_factory=dict, description="By what select says (a * at the end stands for any rest); all else as above."
    )
    ignored: list[str] = Field(default_factory=list, description="What select may say and means nothing here.")

    @model_validator(mode="before")
    @classmethod
    def _mappings_inherit(cls, data: Any) -> Any:
        """Each mapping is the settings above it with its own changes; what says no time is of when it came."""
        if not isinstance(data, dict):
            return data
        common = {name: data[name] for name in MappingSettings.model_fields if name in data}
        events, mappings = data.get("nature") != "states", data.get("mappings")
        if isinstance(mappings, dict):
            mappings = {name: _timed(_merged(common, own), always=events) for name, own in mappings.items()}
            data = {**data, "mappings": mappings}
        # Where a mapping is chosen, what stands above them all need not be one itself.
        return _timed(data, always=events or bool(mappings))

    @model_validator(mode="after")
    def _can_verify(self) -> Self:
        if bool(self.scheme) == (self.signature is not None):
            raise ValueError("give scheme, the name of the sender, or signature, how it signs")
        if self.scheme and self.scheme not in (*sdk.signatures.SCHEMES, SNS):
            raise ValueError(f"{self.scheme!r} is none of {', '.join(sorted((*sdk.signatures.SCHEMES, SNS)))}")
        if self.scheme == SNS:
            if not self.topics:
                raise ValueError("topics is empty: a message of Amazon SNS is yours when its topic is")
        elif not self.secrets:
            raise ValueError("secrets is empty: without one nothing can be verified")
        for secret in self.secrets:
            if problem := sdk.signatures.unusable(self.schemes(), secret):
                raise ValueError(problem)
        return self

    @model_validator(mode="after")
    def _knows_its_rows(self) -> Self:
        if self.scheme == "mailgun" and (self.columns.key or self.nature == "states"):
            raise ValueError("mailgun signs its token alone, so a row is known by that: no columns.key, no states")
        for name, each in (self.mappings or {"": self}).items():
            if self.nature == "states" and (not each.columns.key or each.columns.time == RECEIVED):
                where = f" of {name}" if name else ""
                raise ValueError(f"states need columns.key and a time of their own in columns.time{where}")
        if bool(self.select) != bool(self.mappings):
            raise ValueError("select names the member by which one of mappings is chosen: give both or neither")
        return self

    def schemes(self) -> tuple[sdk.signatures.Scheme, ...]:
        """How deliveries are signed; nothing for Amazon SNS, which is verified on its own."""
        if self.signature:
            return (self.signature.scheme(),)
        return sdk.signatures.SCHEMES.get(self.scheme, ())

    def named_beside(self) -> frozenset[str]:
        """What of the delivery itself the mappings name: it is kept with each row."""
        everything = {self.select, *(column for each in (self, *self.mappings.values()) for column in _columns(each))}
        return frozenset(column for column in everything if column.startswith("@"))


def _columns(settings: MappingSettings) -> Iterator[str]:
    yield from settings.named().values()


def _merged(common: dict[str, Any], own: Any) -> Any:
    if not isinstance(own, dict):
        return own
    columns = own.get("columns", {})
    both = {**common.get("columns", {}), **columns} if isinstance(columns, dict) else columns
    return {**common, **own, "columns": both}


def _timed(mapping: Any, *, always: bool) -> Any:
    """The mapping with the time of receipt as its own, where it names no other."""
    if not always or not isinstance(mapping, dict):
        return mapping
    columns, matter = mapping.get("columns", {}), mapping.get("matter") or {}
    if not isinstance(columns, dict) or not isinstance(matter, dict):
        return mapping  # which is said to be wrong further on
    if columns.get("time") or mapping.get("occurred_on") or matter.get("opened") or matter.get("closed"):
        return mapping
    return {**mapping, "columns": {**columns, "time": RECEIVED}}


def _place(text: str) -> str:
    """Headers in lower case; members of a body keep theirs."""
    if text.startswith(("body:", "query:")):
        return text
    header, sign, member = text.partition(";")
    return header.lower() + sign + member
