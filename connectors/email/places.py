"""The folders of a mail server, which of them are read, and how far each has been read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from hub import sdk

_SENT = re.compile(
    r"(?:sent(?:[ -]?(?:items|messages|mail|objects))?|gesendet(?:e (?:elemente|objekte))?"
    r"|(?:éléments|messages) envoyés"
    r"|(?:elementos |mensajes )?enviados|itens enviados|posta inviata|verzonden(?: items)?|skickat|sendt(?: elementer)?"
    r"|wysłane|отправленные|প্রেরিত|পাঠানো|بھیجے گئے|المرسلة|العناصر المرسلة|已发送邮件|送信済み)$",
    re.IGNORECASE,
)
"""Names of the folder for sent mail where a server does not mark it."""
_LEFT_OUT = frozenset({"\\junk", "\\trash", "\\drafts"})
_LEFT_OUT_NAMES = re.compile(r"(?:junk(?: e-?mail)?|spam|trash|bin|deleted (?:items|messages)|drafts?)$", re.IGNORECASE)


class Dropped(sdk.SourceFailed):
    """The connection broke. Connecting again may help."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder. ``raw``: its name on the wire; ``name``: as people read it; ``uses``: what it is for, as marked."""

    raw: str
    name: str
    uses: frozenset[str] = frozenset()
    separator: str = ""

    @property
    def leaf(self) -> str:
        """The name without the folders above."""
        return self.name.rpartition(self.separator)[2] if self.separator else self.name

    @property
    def holds_no_contact(self) -> bool:
        """Whether it is for what nobody wrote to a customer, or wants no more: junk, trash, drafts."""
        return bool(self.uses & _LEFT_OUT) or bool(_LEFT_OUT_NAMES.match(self.leaf))


@dataclass(frozen=True, slots=True)
class Status:
    """How a folder stands. ``modseq`` grows with every change, where the server counts them (RFC 7162)."""

    uidvalidity: int
    uidnext: int
    messages: int
    modseq: int | None = None


@dataclass(slots=True)
class Read:
    """How far a folder was read. ``refused``: UIDs that the server lists and would not give; they are asked again."""

    uidvalidity: int
    last_uid: int = 0
    highestmodseq: int | None = None
    refused: list[int] = field(default_factory=list)


class Place:
    """Where a pull resumes: how far each folder was read, by its name on the wire.

    ``given``: rows that a pull has given which did not come to its end; the one that resumes it counts on.
    """

    def __init__(self, cursor: sdk.Cursor | None) -> None:
        cursor = cursor or {}
        self.folders = {raw: Read(**read) for raw, read in cursor.get("folders", {}).items()}
        self.given = int(cursor.get("given", 0))

    def cursor(self, *, ended: bool = False) -> Mapping[str, Any]:
        """The place as it is stored."""
        folders = {raw: asdict(read) for raw, read in self.folders.items()}
        return {"folders": folders} if ended else {"folders": folders, "given": self.given}

    def of(self, folder: Folder, status: Status) -> Read:
        """How far a folder was read; from its beginning when the server gave its mails other UIDs (UIDVALIDITY)."""
        read = self.folders.get(folder.raw)
        if read is None or read.uidvalidity != status.uidvalidity:
            read = self.folders[folder.raw] = Read(status.uidvalidity)
        return read

    def covers(self, folder: Folder, status: Status) -> bool:
        """Whether there can be nothing to ask for in a folder, neither new mails nor such as were refused."""
        return self.knows(folder, status) and not self.folders[folder.raw].refused

    def knows(self, folder: Folder, status: Status) -> bool:
        """Whether there can be nothing new in a folder beyond this place."""
        read = self.folders.get(folder.raw)
        if read is None or read.uidvalidity != status.uidvalidity:
            return False
        if status.modseq is not None and status.modseq == read.highestmodseq:
            return True
        return 0 < status.uidnext <= read.last_uid + 1


def chosen(folders: Sequence[Folder], wanted: Sequence[str]) -> list[Folder]:
    """The folders to read, the one for new mail first. Raises ``ConfigWrong`` when a wanted one is not there.

    Wanted are names, ``\\Sent`` and the like for what a server marks, and names with ``*``, which leave out junk, trash
    and drafts. By default all mail where one folder holds it (Gmail), else the inbox and what was sent.
    """
    if not wanted:
        whole = [one for one in folders if "\\all" in one.uses]
        sent = [one for one in folders if "\\sent" in one.uses] or [one for one in folders if _SENT.match(one.leaf)]
        usual = whole[:1] or _unique([*filter(_is_inbox, folders), *sent[:1]])
        if not usual:
            raise sdk.ConfigWrong("there is no folder INBOX", path="folders", hint=_known(folders))
        return usual
    found = []
    for name in wanted:
        some = [one for one in folders if _is_named(one, name)]
        if not some:
            raise sdk.ConfigWrong(f"there is no folder {name!r}", path="folders", hint=_known(folders))
        found += some
    return sorted(_unique(found), key=lambda one: not (_is_inbox(one) or "\\all" in one.uses))


def _is_inbox(folder: Folder) -> bool:
    return folder.raw.upper() == "INBOX"


def _is_named(folder: Folder, wanted: str) -> bool:
    if wanted.startswith("\\"):
        return wanted.lower() in folder.uses
    if wanted.upper() == "INBOX":
        return _is_inbox(folder)
    if "*" not in wanted:
        return wanted in (folder.name, folder.raw)
    pattern = ".*".join(re.escape(part) for part in wanted.split("*"))
    return not folder.holds_no_contact and re.fullmatch(pattern, folder.name, re.DOTALL) is not None


def _unique(folders: Iterable[Folder]) -> list[Folder]:
    return list({one.raw: one for one in folders}.values())


def _known(folders: Sequence[Folder]) -> str:
    names = [one.name for one in folders]
    return f"There are: {', '.join(names[:20])}{' ...' if len(names) > 20 else ''}"
