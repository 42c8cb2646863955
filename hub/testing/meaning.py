"""Checks of what rows mean: payloads, touchpoints, and rows as nobody expected them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import orjson

from hub.connector import PushStream, Row, Stream
from hub.errors import HubError
from hub.ingest import mapping
from hub.ingest.rows import json_text
from hub.kinds import KINDS
from hub.testing import purity, strangeness
from hub.testing.suite import DoesNotApply, Suite
from hub.testing.trial import COMPANY, Account, CheckFailed, Trial, require
from hub.values import Touchpoint

_MOST_ROWS = 10
"""Sample rows of a stream that are made strange."""
_MOST_STORED = 300
_UNPRINTED = 120


class Meaning(Suite):
    """What a row says, and what is made of it."""

    def test_payloads_are_what_the_source_sent(self) -> None:
        """Every payload stands byte for byte in an answer, a file or a delivery of the source."""
        self.applies("payloads_are_what_the_source_sent")

        async def check(trial: Trial) -> None:
            rows = [(stream, row) for stream, row in await self.samples(trial) if not row.deleted]
            sent = list(self._sent(trial))
            given = set(self.rows())
            rows = [(stream, row) for stream, row in rows if stream.name not in given]
            if not rows:
                raise DoesNotApply("its rows come by the mutation, which keeps them as they are")
            for stream, row in rows:
                require(
                    any(row.payload in body for body in sent),
                    f"The payload of {stream.name} {row.key} does not stand in what the source sent: keep its bytes as "
                    f"they came (sdk.items cuts a JSON list into the bytes of its elements). It is {_shown(row)}.",
                )

        self.run(check)

    def _sent(self, trial: Trial) -> Iterator[bytes]:
        """Everything the source said: answers, files that the settings name, deliveries."""
        if trial.line is not None:
            yield from trial.line.bodies
        yield from (each.content() for some in self.deliveries().values() for each in some)
        for path in _paths(self.settings):
            content = path.read_bytes()
            yield gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content

    def test_touchpoints_have_a_subject_and_a_time(self) -> None:
        """Every sample row is read, and every touchpoint has identifiers, a matter or an anchor, and a time."""
        self.applies("touchpoints_have_a_subject_and_a_time")

        async def check(trial: Trial) -> None:
            some = False
            for stream, row in await self.samples(trial):
                for said in _read(stream, row):
                    some = True
                    if not isinstance(said, Touchpoint):
                        continue
                    where = f"The touchpoint {said.kind} of {stream.name} {row.key}"
                    require(
                        said.identifiers or said.matters or said.anchor or said.kind in self.of_nobody,
                        f"{where} is of nobody: it has no identifier, no matter and no anchor. If that is meant, name "
                        "its kind in of_nobody.",
                    )
                    require(
                        all(each.value.strip() for each in said.identifiers),
                        f"{where} has an identifier without a value.",
                    )
                    at = said.occurred_at
                    aware = at.tzinfo is not None if isinstance(at, datetime) else isinstance(at, date)
                    require(
                        aware, f"{where} has a time without a zone: give an aware datetime (sdk.instant), or a date."
                    )
            require(some, "No sample row means anything: no touchpoint, no reference data.")

        self.run(check)

    def test_mapping_is_pure(self) -> None:
        """The same row gives equal touchpoints, and asks neither clock nor network nor chance."""
        self.applies("mapping_is_pure")

        async def check(trial: Trial) -> None:
            for stream, row in await self.samples(trial):
                first = list(_read(stream, row))  # also warms what is loaded once
                again, asked = purity.asked(lambda stream=stream, row=row: list(_read(stream, row)))  # type: ignore[misc]
                require(
                    not asked,
                    f"touchpoints of {stream.name} calls {asked[0] if asked else ''}: what a row means must follow "
                    "from the row alone, since rows are read again years later.",
                )
                require(first == again, f"The row {stream.name} {row.key} means something else when it is read again.")

        self.run(check)

    def test_strange_rows_stop_nothing(self) -> None:
        """Rows with members or columns added, missing or of another type are read, or say what is wrong with them."""
        self.applies("strange_rows_stop_nothing")

        async def check(trial: Trial) -> None:
            kept: dict[str, tuple[Stream, list[Row]]] = {}
            strange: dict[str, str] = {}
            for stream, row in _some(await self.samples(trial)):
                for what, changed in strangeness.strange(row):
                    _survived(stream, changed, f"The row {stream.name} {row.key} {what}")
                    rows = kept.setdefault(stream.name, (stream, []))[1]
                    rows.append(Row(f"{len(rows)}", changed.payload, changed.envelope))
                    strange[f"{stream.name} {len(rows) - 1}"] = f"{row.key} {what}"
            account = await trial.account()
            for stream, rows in kept.values():
                # Evenly from all of them, as the hub takes longer to store a row than to read it.
                await account.accept(stream, rows[:: len(rows) // _MOST_STORED + 1])
            await _without_a_crash(account, strange)

        self.run(check)

    def test_every_script_is_read(self) -> None:
        """Bengali, Urdu, emoji and right-to-left text come through as they were written."""
        self.applies("every_script_is_read")

        async def check(trial: Trial) -> None:
            account = await trial.account()
            for stream, row in _some(await self.samples(trial)):
                for number, (old, place) in enumerate(_texts(_read(stream, row))):
                    for new in strangeness.WORDS:
                        for changed in strangeness.renamed(row, old, new):
                            where = f"The row {stream.name} {row.key} with {new!r} in the place of {old!r}"
                            said = _survived(stream, changed, where)
                            if said is None:
                                continue  # no name: a word the connector knows
                            require(
                                new in _texts_at(said, place),
                                f"{where} loses it: text comes in any script, and is passed on as it is.",
                            )
                            await account.accept(
                                stream, [Row(f"{row.key}/{number}/{new}", changed.payload, changed.envelope)]
                            )
            await _without_a_crash(account, {})

        self.run(check)

    def test_kinds_and_properties_are_declared(self) -> None:
        """Every kind is shared or declared by the connector, and properties fit the JSON Schema of their kind."""
        self.applies("kinds_and_properties_are_declared")

        async def check(trial: Trial) -> None:
            declared = {each.name: each.properties for each in self.connector.kinds}
            for stream, row in await self.samples(trial):
                for said in _read(stream, row):
                    if not isinstance(said, Touchpoint):
                        continue
                    where = f"{stream.name} {row.key}"
                    require(
                        said.kind in KINDS or said.kind in declared,
                        f"The kind {said.kind} of {where} is neither shared nor declared: `hub connector kinds` lists "
                        "the shared ones; declare another in Connector.kinds, with the connector's family before it.",
                    )
                    schema = declared[said.kind] if said.kind in declared else KINDS[said.kind].properties
                    fault = _misfit(said.properties, schema)
                    require(fault is None, f"The properties of {said.kind} {where} do not fit their schema: {fault}")

        self.run(check)

    def test_a_deleted_row_takes_its_touchpoints_along(self) -> None:
        """A row that is said to be deleted, under its own key, retracts its touchpoints."""
        self.applies("a_deleted_row_takes_its_touchpoints_along")

        async def check(trial: Trial) -> None:
            samples = await self.samples(trial)
            given = {(stream.name, row.key) for stream, row in samples if not row.deleted}
            ended = [(stream.name, row.key) for stream, row in samples if row.deleted]
            require(
                not ended or given & set(ended),
                f"Of the rows that are said to be deleted ({', '.join(key for _, key in ended[:3])}) none was given: a "
                "deletion comes under the key of the row that it ends.",
            )
            account = await trial.account()
            for stream, row in samples:
                if not row.deleted and any(isinstance(said, Touchpoint) for said in _read(stream, row)):
                    await account.accept(stream, [row])
                    before = len((await account.held()).touchpoints)
                    await account.accept(stream, [Row(row.key, b"", deleted=True)])
                    after = len((await account.held()).touchpoints)
                    require(before > 0 and after == 0, f"Touchpoints of {row.key} outlive its deletion.")
                    return

        self.run(check)


def _read(stream: Stream, row: Row) -> Sequence[Any]:
    """What a row means. Raises ``CheckFailed`` where the connector cannot read its own sample."""
    if row.deleted:
        return ()
    try:
        return list(stream.touchpoints(row))
    except HubError as error:
        if isinstance(stream, PushStream):
            return ()  # a sample of what a sender gets wrong
        _unread(stream, row, error.message)
    except Exception as error:  # noqa: BLE001 (the author hears of it)
        _unread(stream, row, repr(error))


def _unread(stream: Stream, row: Row, fault: str) -> NoReturn:
    raise CheckFailed(f"The sample row {stream.name} {row.key} cannot be read: {fault}")


def _survived(stream: Stream, row: Row, where: str) -> Sequence[Any] | None:
    """What the row means, None where it says why it cannot be read. Raises ``CheckFailed`` where the connector fell."""
    try:
        said = list(stream.touchpoints(row))
        for each in said:
            if isinstance(each, Touchpoint):
                mapping.check(each, ZoneInfo(COMPANY.time_zone))
            else:
                mapping.check_amounts(each)
    except HubError:
        return None
    except Exception as error:  # noqa: BLE001 (the author hears of it)
        raise CheckFailed(
            f"{where} makes the connector fall over ({error!r}): raise sdk.RowUnreadable with what is wrong "
            f"(sdk.read does for a pydantic model). It is {_shown(row)}."
        ) from None
    return said


async def _without_a_crash(account: Account, named: Mapping[str, str]) -> None:
    """``named``: what the rows are, by stream and key, where that says more than they do."""
    for row in (await account.held()).rows:
        key = f"{row.stream} {row.key}"
        require(
            row.problem is None or row.problem[0] != "INTERNAL",
            f"What is made of the row {row.stream} {named.get(key, row.key)} makes the hub fall over: a value of the "
            f"touchpoint is of the wrong type. The row is {row.payload[:_UNPRINTED]!r}.",
        )


def _some(samples: Sequence[tuple[Stream, Row]]) -> Iterator[tuple[Stream, Row]]:
    """At most ten rows of each stream, evenly from all."""
    for name in dict.fromkeys(stream.name for stream, _ in samples):
        rows = [(stream, row) for stream, row in samples if stream.name == name and not row.deleted]
        yield from rows[:: len(rows) // _MOST_ROWS + 1]


def _texts(said: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Texts of touchpoints that are the source's own words, and where they stand."""
    for each in said:
        if isinstance(each, Touchpoint):
            held = {"title": each.title, "text": each.text, "name": each.traits.get("name")}
            yield from ((value, place) for place, value in held.items() if isinstance(value, str) and value)


def _texts_at(said: Sequence[Any], place: str) -> list[str]:
    return [value for value, where in _texts(said) if where == place]


def _misfit(properties: Mapping[str, Any], schema: Mapping[str, Any]) -> str | None:
    """What does not fit, in a sentence, as the properties are stored."""
    try:
        import jsonschema
    except ImportError:
        raise CheckFailed("The kit needs jsonschema: pip install 'journey-hub[kit]'.") from None
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    fault = next(iter(checker.iter_errors(orjson.loads(json_text(properties)))), None)
    return None if fault is None else f"{'.'.join(map(str, fault.path)) or 'properties'}: {fault.message[:200]}"


def _paths(settings: Mapping[str, Any]) -> Iterator[Path]:
    """The files that settings name, also those in folders they name."""
    for value in settings.values():
        if isinstance(value, str | Path) and str(value) and "\n" not in str(value):
            path = Path(value)
            try:
                yield from sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else ()
                if path.is_file():
                    yield path
            except OSError:
                continue


def _shown(row: Row) -> str:
    return repr(row.payload[:_UNPRINTED])
