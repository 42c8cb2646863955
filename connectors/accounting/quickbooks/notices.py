"""What QuickBooks tells by webhook: which object has changed, and not how; and which customers were made one."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import AliasChoices, AwareDatetime, Field

from connectors.accounting.card import profile
from connectors.accounting.quickbooks.settings import QuickBooksSettings
from connectors.objects import content_key
from connectors.said import Said
from hub import sdk

_SOON = 30.0
"""Seconds. An import that changes thousands of objects is told of in many deliveries."""
_REALM = "realm"


class Entity(Said):
    """One thing told in the older form of bodies."""

    name: str
    id: str
    operation: str
    last_updated: AwareDatetime = Field(alias="lastUpdated")
    deleted_id: str = Field("", alias="deletedId")


class Merged(Said):
    """What the newer form says of a merge beside which customer is left. Intuit writes members in several ways."""

    deleted_id: str = Field("", validation_alias=AliasChoices("deletedid", "deletedId", "deletedID"))


class CloudEntity(Said):
    """One thing told in the newer form, that of CloudEvents; ``type`` is like ``qbo.customer.merged.v1``."""

    id: str
    type: str
    time: AwareDatetime
    entity: str = Field(alias="intuitentityid")
    realm: str = Field(alias="intuitaccountid")
    data: Merged = Merged()

    def as_entity(self) -> Entity:
        """What it says, in the words of the older form."""
        _, name, operation, *_ = [*self.type.split("."), "", ""]
        return Entity.model_construct(
            name=name, id=self.entity, operation=operation, last_updated=self.time, deleted_id=self.data.deleted_id
        )


class Notices(sdk.PushStream):
    """Notices of the source's company. But for merged customers they mean nothing: the object is asked for."""

    name = "notices"
    nature = sdk.Nature.EVENTS

    def __init__(self, settings: QuickBooksSettings) -> None:
        self._settings = settings

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        """Verify a delivery and split it, whichever of its two forms it has."""
        sdk.signatures.verify(sdk.signatures.SCHEMES["quickbooks"], delivery, self._settings.verifier_tokens)
        rows = [row for row in self._rows(delivery.content()) if row]
        return sdk.Reception(rows, pull_within=_SOON if rows else None)

    def _rows(self, body: bytes) -> Iterator[sdk.Row | None]:
        try:
            if body.lstrip().startswith(b"["):
                for payload in sdk.items(body):
                    yield self._newer(payload)
                return
            for told in sdk.items(body, "eventNotifications"):
                realm = str(json.loads(told)["realmId"])
                for payload in sdk.items(told, "dataChangeEvent", "entities"):
                    yield self._older(payload, realm)
        except (sdk.SourceFailed, KeyError, TypeError):  # it is genuine, and nobody need send it again
            yield sdk.Row(content_key(body, None), body)

    def _newer(self, payload: bytes) -> sdk.Row | None:
        try:
            said = sdk.read(CloudEntity, payload)
        except sdk.RowUnreadable:
            return sdk.Row(content_key(payload, None), payload)
        return sdk.Row(said.id, payload) if said.realm == self._settings.realm_id else None

    def _older(self, payload: bytes, realm: str) -> sdk.Row | None:
        if realm != self._settings.realm_id:  # an app tells of all its companies at one address
            return None
        try:
            said = sdk.read(Entity, payload)
        except sdk.RowUnreadable:
            return sdk.Row(content_key(payload, None), payload, {_REALM: realm})
        key = f"{realm}/{said.name}/{said.id}/{said.operation}/{said.last_updated.isoformat()}"
        return sdk.Row(key, payload, {_REALM: realm})

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """That two customers are one from now on."""
        if _REALM in row.envelope:
            said = sdk.read(Entity, row.payload)
        else:
            said = sdk.read(CloudEntity, row.payload).as_entity()
        if (said.name.lower(), said.operation.lower().removesuffix("d")) == ("customer", "merge") and said.deleted_id:
            both = (sdk.contact(number, self._settings.contact_is) for number in (said.id, said.deleted_id))
            yield profile(said.last_updated, both, alias=True)
