"""Secrets at rest: sealed with AES-256-GCM, each bound to its place, under keys that can be changed (ADR 0011)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import os
import secrets
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from hub.errors import ConfigWrong

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_log = logging.getLogger(__name__)
_FORM = "1"
"""What a sealed secret begins with: the form of what follows."""
_NONCE = 12
_KEY = 32
_making = threading.Lock()


def new_key() -> str:
    """A fresh key, as ``HUB_SECRET_KEY`` takes it."""
    return base64.urlsafe_b64encode(secrets.token_bytes(_KEY)).decode()


class Seal:
    """Seals secrets with the first key and opens them with any.

    ``given``: keys as ``HUB_SECRET_KEY`` has them, separated by commas. ``file``: where a key lies that is made when
    one is needed and none is given. Raises ``ConfigWrong`` for what is no key.
    """

    def __init__(self, given: str | None = None, file: Path | None = None) -> None:
        self._file = file
        self._keys = [_parsed(text, "HUB_SECRET_KEY") for text in (given or "").split(",") if text.strip()]
        if file is not None and file.exists():
            try:
                self._keys.append(_read(file))
            except ConfigWrong as error:  # what it sealed is broken, the rest goes on
                _log.warning("%s", error.message)

    @property
    def ready(self) -> bool:
        """Whether there is a key already."""
        return bool(self._keys)

    def seal(self, secret: str, place: str) -> str:
        """The secret, to be opened at this place alone. Raises ``ConfigWrong`` when there is no key."""
        key = self._first()
        nonce = secrets.token_bytes(_NONCE)
        closed = _cipher(key).encrypt(nonce, secret.encode(), place.encode())
        return ".".join((_FORM, _name(key), base64.urlsafe_b64encode(nonce + closed).decode()))

    def open(self, sealed: str, place: str) -> str:
        """What was sealed at a place. Raises ``ConfigWrong`` without the key it was sealed with."""
        from cryptography.exceptions import InvalidTag

        form, _, rest = sealed.partition(".")
        name, _, text = rest.partition(".")
        keys = [key for key in self._keys if _name(key) == name]
        if form != _FORM or not keys:
            raise ConfigWrong(
                f"Its secrets were sealed with another key ({name[:8]}): bring it back, or give the secrets again.",
                hint="Keys come from HUB_SECRET_KEY, and from secret.key in the hub's folder.",
            )
        try:
            closed = base64.urlsafe_b64decode(text)
            return _cipher(keys[0]).decrypt(closed[:_NONCE], closed[_NONCE:], place.encode()).decode()
        except (InvalidTag, ValueError):
            raise ConfigWrong("One of its secrets is damaged, or not where it was stored.") from None

    def current(self, sealed: str) -> bool:
        """Whether it was sealed with the first key."""
        return bool(self._keys) and sealed.startswith(f"{_FORM}.{_name(self._keys[0])}.")

    def _first(self) -> bytes:
        if not self._keys:
            if self._file is None:
                raise ConfigWrong(
                    "Secrets are stored sealed, and this hub has no key for it.",
                    path="settings",
                    hint="Make a key with `hub secret new-key`, set HUB_SECRET_KEY to it, and start the hub again.",
                )
            self._keys.append(_made(self._file))
        return self._keys[0]


def _name(key: bytes) -> str:
    """By what a key is found again; it says nothing about the key."""
    return hashlib.sha256(b"journey hub key " + key).hexdigest()[:8]


def _parsed(text: str, place: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY:
        raise ConfigWrong(f"{place} holds no key.", hint="`hub secret new-key` makes one.")
    return key


def _read(file: Path) -> bytes:
    try:
        return _parsed(file.read_text("ascii"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigWrong(f"{file} cannot be read: {type(error).__name__}.") from None


def _made(file: Path) -> bytes:
    """The key of a key file that is made, on disk before anything is sealed with it, unless it is there by now.

    Of several processes, one at a time has the folder open.
    """
    beside = file.with_name(f"{file.name}.new")
    with _making:
        try:
            if not file.exists():
                with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as new:
                    new.write(f"{new_key()}\n")
                    new.flush()
                    os.fsync(new.fileno())
                beside.replace(file)
                _sync_folder(file.parent)
        except OSError as error:
            raise ConfigWrong(f"A key for secrets cannot be kept in {file}: {error.strerror}.") from None
        return _read(file)


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def place(source: str, name: str) -> str:
    """The place of a source's secret, by the source's id and the name of the secret."""
    return f"{source} {name}"


def _cipher(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # a hub without secrets need not wait for it

    return AESGCM(key)
