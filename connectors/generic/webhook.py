"""Any signed webhook through a declared mapping: who signs it, where its rows are, and what they mean."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from connectors.generic.mapping import Mapping
from connectors.generic.webhooks.certificates import Certificates
from connectors.generic.webhooks.settings import HEADER, ID, RECEIVED, SNS, WebhookSettings
from connectors.generic.webhooks.splitting import pieces, said
from connectors.members import Members
from connectors.objects import content_key
from hub import sdk

_TEXT = {"content-type": "text/plain; charset=utf-8"}
_LISTS = {"mandrill": "mandrill_events", SNS: "Message"}
"""Where senders put their rows, when the settings do not say."""
_LONGEST_ID = 300


class Told(Members):
    """The members of one row, without what the delivery says about it."""

    def columns(self) -> Iterator[str]:
        """The names of the values that stand in the body."""
        return (column for column in super().columns() if not column.startswith("@"))


class Deliveries(sdk.PushStream):
    """What the sender told, one row for each thing."""

    name = "deliveries"

    def __init__(self, settings: WebhookSettings, outside: sdk.Outside) -> None:
        self.nature = sdk.Nature.STATES if settings.nature == "states" else sdk.Nature.EVENTS
        self.volatile = frozenset(settings.volatile)
        self._settings = settings
        self._schemes = settings.schemes()
        self._certificates = Certificates(outside)
        self._beside = settings.named_beside()
        self._common = (settings, Mapping(settings))
        self._mappings = {name: (each, Mapping(each)) for name, each in settings.mappings.items()}

    # Receiving --------------------------------------------------------------------------------------------------

    def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
        """Answer a handshake, or verify a delivery and split it."""
        if delivery.method in ("GET", "OPTIONS"):
            return sdk.Reception(reply=self._handshake(delivery) or _standing(delivery))
        if delivery.method == "DELETE":
            return sdk.Reception(reply=sdk.Reply(405, b"Deliveries are posted here.\n", {**_TEXT, "allow": "POST"}))
        if self._settings.scheme == SNS:
            return self._certificates.receive(delivery, self._settings.topics, lambda id_: self._rows(delivery, id_))
        try:
            genuine = sdk.signatures.verify(self._schemes, delivery, self._settings.secrets)
        except sdk.SignatureWrong:
            if self._settings.scheme == "xero":  # which wants no body beside the status
                return sdk.Reception(reply=sdk.Reply(401))
            raise
        if reply := self._handshake(delivery):
            return sdk.Reception(reply=reply)
        return sdk.Reception(self._rows(delivery, genuine.id))

    def _handshake(self, delivery: sdk.Delivery) -> sdk.Reply | None:
        settings = self._settings
        return sdk.signatures.handshake(settings.scheme, delivery, settings.secrets, settings.verify_token)

    def _rows(self, delivery: sdk.Delivery, id_: str) -> list[sdk.Row]:
        envelope = self._envelope(delivery, id_)
        try:
            content = delivery.content()
            return self._split(content, envelope, id_)
        except sdk.TooLarge:
            raise
        except sdk.InputWrong as problem:
            # It is genuine: it is kept as it came, and its sender need not send it again.
            encoding = delivery.headers.get("content-encoding", "")
            about = {**envelope, "unsplit": problem.message, **({"content-encoding": encoding} if encoding else {})}
            digest = hashlib.sha256(delivery.body).hexdigest()[:32]
            return [sdk.Row(f"unsplit/{_short(id_) or digest}", delivery.body, about)]

    def _envelope(self, delivery: sdk.Delivery, id_: str) -> dict[str, str]:
        """What is needed to read the rows later: the type of the content, and what the mapping names."""
        beside = {RECEIVED: delivery.received_at.isoformat(), ID: id_}
        kept = {name: value for name, value in beside.items() if name in self._beside}
        for name in self._beside:
            if name.startswith(f"{HEADER}."):
                kept[name] = delivery.headers.get(name.removeprefix(f"{HEADER}."), "")
        kind = delivery.headers.get("content-type", "")
        if kind and not kind.lower().startswith("application/json"):
            kept["content-type"] = kind.lower().split(";")[0] if "boundary" not in kind else kind
        if "ce-specversion" in delivery.headers:
            kept |= {name: value for name, value in delivery.headers.items() if name.startswith("ce-")}
        return kept

    def _split(self, content: bytes, envelope: dict[str, str], id_: str) -> list[sdk.Row]:
        """The rows of a delivery. Raises ``RowUnreadable``."""
        path = self._settings.rows or _LISTS.get(self._settings.scheme, "")
        found = [content] if "ce-specversion" in envelope else pieces(content, envelope.get("content-type", ""), path)
        alone = len(found) == 1
        if found != [content]:
            envelope = {**envelope, "piece": path or "[]"}
        rows, copies = [], Counter[str]()
        for place, payload in enumerate(found):
            row = self._row(payload, envelope, id_ if alone or not id_ else f"{id_}/{place}")
            if row is None:
                continue
            if not row.key:
                key = content_key(payload, None)
                copies[key] += 1
                row = replace(row, key=f"{key}/{copies[key]}")
            rows.append(row)
        return rows

    def _row(self, payload: bytes, envelope: dict[str, str], id_: str) -> sdk.Row | None:
        """One row: known by what the mapping calls its key, as a CloudEvent by its source and id, else by the id of
        the delivery, else by its content. None when the mapping does not want it."""
        empty = sdk.Row("", payload, envelope)
        try:
            content = said(payload, envelope)
            chosen = self._chosen(content)
        except sdk.RowUnreadable:
            return replace(empty, key=_short(id_))
        settings, mapping = chosen or self._common
        row = mapping.row(Told(content, settings))
        if row is None:
            return None
        return replace(row, key=row.key or _short(_event_id(content) or id_), payload=payload, envelope=envelope)

    # Meaning ----------------------------------------------------------------------------------------------------

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """What the mapping makes of a row. What could not be split is split again: the settings may be others now."""
        envelope = dict(row.envelope)
        if problem := envelope.pop("unsplit", ""):
            if envelope.get("content-encoding"):
                raise sdk.RowUnreadable(problem)
            for inner in self._split(row.payload, envelope, ""):
                for mapped in self.touchpoints(inner):
                    if isinstance(mapped, sdk.Touchpoint) and mapped.document is None:
                        mapped = replace(mapped, document=inner.key)
                    yield mapped
            return
        content = said(row.payload, envelope)
        if (chosen := self._chosen(content)) is not None:
            settings, mapping = chosen
            yield from mapping.mapped(Told(content, settings))

    def _chosen(self, content: dict[str, Any]) -> tuple[Any, Mapping] | None:
        """The mapping of a row; None for what is ignored. Raises ``RowUnreadable``."""
        settings = self._settings
        if not settings.select:
            return self._common
        word = Told(content, settings).text(settings.select)
        if found := _fitting(word, self._mappings):
            return self._mappings[found]
        if _fitting(word, settings.ignored) is not None:
            return None
        raise sdk.RowUnreadable(
            f"{settings.select} says {word[:60]!r}, and there is no mapping for that",
            path=settings.select,
            hint="add it to mappings, or to ignored",
        )


def _fitting(word: str, patterns: Sequence[str] | dict[str, Any]) -> str | None:
    """The pattern that says most of a word."""
    fitting = [each for each in patterns if each == word or (each.endswith("*") and word.startswith(each[:-1]))]
    return max(fitting, key=lambda each: (each == word, len(each))) if fitting else None


def _short(id_: str) -> str:
    """An id as a key; the digest of a long one stands for it."""
    return id_ if len(id_) <= _LONGEST_ID else f"long/{hashlib.sha256(id_.encode('utf-8', 'replace')).hexdigest()}"


def _event_id(content: dict[str, Any]) -> str:
    """By what a CloudEvent is known: its source with its id."""
    parts = [content.get(name) for name in ("specversion", "source", "id")]
    return "/".join(map(str, parts[1:])) if all(isinstance(part, str) and part for part in parts) else ""


def _standing(delivery: sdk.Delivery) -> sdk.Reply:
    """What somebody gets who only looks: some senders do before they save the address."""
    if delivery.method == "OPTIONS":
        return sdk.Reply(204, headers={"allow": "POST"})
    return sdk.Reply(200, b"Deliveries are posted here.\n", _TEXT)


class Webhook(sdk.Connector):
    """An address for any sender of signed webhooks."""

    name = "generic.webhook"
    title = "Any signed webhook, through a declared mapping"
    documentation = "docs/connectors/generic.webhook.md"
    Settings = WebhookSettings
    destinations = ()
    settings: WebhookSettings

    def __init__(self, settings: WebhookSettings, outside: sdk.Outside | None = None) -> None:
        super().__init__(settings, outside)
        self._deliveries = Deliveries(settings, self.outside)

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream."""
        return [self._deliveries]
