"""What is in a delivery: its rows, each byte for byte as it stands in the body, and what one of them says."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from connectors.members import at, object_of
from connectors.webforms import body as forms
from hub import sdk

MOST_ROWS = 10_000
"""Of one delivery."""
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_STRUCTURED = "application/cloudevents"
_MARK = b"\xef\xbb\xbf"


def pieces(body: bytes, content_type: str, path: str) -> list[bytes]:
    """The rows of a body: the elements of its list, or of the list at ``path``; else the body. Raises
    ``RowUnreadable``."""
    steps = path.split(".") if path else []
    if content_type.startswith(_FORMS):
        if not steps:
            return [body]
        fields = forms.read(body, content_type)
        return _listed(fields.first(steps[0]).encode(), steps[1:], path)
    if not steps and not body.removeprefix(_MARK).lstrip().startswith(b"["):
        return [body]
    return _listed(body, steps, path)


def _listed(body: bytes, steps: Sequence[str], path: str) -> list[bytes]:
    try:
        found = list(islice(_walk(body, steps), MOST_ROWS + 1))
    except (ValueError, sdk.RowUnreadable):
        what = f"no list at {path}" if path else "no list that can be read"
        raise sdk.RowUnreadable(f"the delivery has {what}", path=path or None) from None
    if len(found) > MOST_ROWS:
        raise sdk.RowUnreadable(f"the delivery has more than {MOST_ROWS:,} rows")
    return found


def _walk(body: bytes, steps: Sequence[str]) -> Iterator[bytes]:
    """Lists on the way are walked through; JSON that is written inside a text is read."""
    for until in range(len(steps) + 1):
        try:
            found = sdk.items(body, *steps[:until])
        except sdk.SourceFailed:
            continue
        for each in found:
            yield from _walk(each, steps[until:]) if steps[until:] else [each]
        return
    held = at(object_of(body), ".".join(steps)) if steps else None
    if not isinstance(held, str) or not held.lstrip().startswith(("{", "[")):
        raise ValueError("no list")
    yield from _walk(held.encode(), []) if held.lstrip().startswith("[") else [held.encode()]


def said(payload: bytes, envelope: Mapping[str, str]) -> dict[str, Any]:
    """What a row says, with what the delivery says about it. Raises ``RowUnreadable``."""
    kind = envelope.get("content-type", "")
    if kind.startswith(_FORMS) and "piece" not in envelope:
        content = _fields(payload, kind)
    elif "ce-specversion" in envelope:
        attributes = {name.removeprefix("ce-"): value for name, value in envelope.items() if name.startswith("ce-")}
        content = {**attributes, "data": _data(payload)}
    else:
        content = _object(payload)
        if kind.startswith(_STRUCTURED) and isinstance(content.get("data_base64"), str):
            content["data"] = _decoded(content["data_base64"])
    headers = {name.removeprefix("@header."): value for name, value in envelope.items() if name.startswith("@header.")}
    beside = {name: envelope[name] for name in ("@received", "@id") if name in envelope}
    return {**content, **beside, **({"@header": headers} if headers else {})}


def _object(payload: bytes) -> dict[str, Any]:
    try:
        return object_of(payload.removeprefix(_MARK))
    except sdk.RowUnreadable as problem:
        raise sdk.RowUnreadable(problem.message.replace("the line", "the delivery")) from None


def _fields(payload: bytes, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in forms.read(payload, kind).fields:
        before = found.get(name)
        found[name] = value if before is None else [*(before if isinstance(before, list) else [before]), value]
    return found


def _data(payload: bytes) -> Any:
    """The data of a CloudEvent in binary mode: JSON if it is, else text, which no mapping need understand."""
    try:
        return object_of(payload)
    except sdk.RowUnreadable:
        return payload.decode(errors="replace")


def _decoded(text: str) -> Any:
    try:
        return _data(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise sdk.RowUnreadable("data_base64 is not Base64", path="data_base64") from None
