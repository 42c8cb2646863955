"""One connection to an IMAP server. It only reads: folders are examined and bodies peeked at, so nothing is marked.

Everything here waits for the server and belongs into a thread; only ``hang_up`` may be called from elsewhere.
"""

from __future__ import annotations

import contextlib
import imaplib
import logging
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from ipaddress import ip_address
from typing import Any

from imapclient import IMAPClient, SocketTimeout, imap_utf7
from imapclient.exceptions import LoginError

from connectors.email.places import Dropped, Folder, Status
from hub import sdk

logging.getLogger("imapclient").setLevel(logging.WARNING)  # it writes whole mails

_CONNECT, _ANSWER = 30.0, 120.0
_SEARCHED = 80_000
"""UIDs in one answer: imaplib takes no line above a megabyte."""
_PIECE = 1 << 20
_LARGEST_ANSWER = 64 << 20
_PASSING = re.compile(
    r"\[(?:UNAVAILABLE|INUSE|SERVERBUG|LIMIT|OVERQUOTA)|too many|try again|temporar|exceeded|not connected|\brate\b",
    re.IGNORECASE,
)
_ASKED = ("RFC822.SIZE", "FLAGS")
_ASKED_OF_GMAIL = ("X-GM-MSGID", "X-GM-THRID", "X-GM-LABELS")


@dataclass(frozen=True, slots=True)
class Door:
    """Where a server is, and who comes. ``addresses`` are those of the host that may be connected to."""

    host: str
    port: int
    security: str
    addresses: Sequence[str]
    user: str
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """What the server says of a mail before it is read. ``size`` in bytes; ``beside`` goes into the envelope."""

    size: int
    draft: bool
    beside: dict[str, str]


class Server:
    """A connection, to be opened once. Whatever is said by the server comes back as an error of the hub:

    ``Dropped`` when the connection broke, ``SignInAgain`` when it refuses who we are, ``RetryLater`` when it says that
    this will pass, ``SourceFailed`` for any other refusal.
    """

    def __init__(self, door: Door) -> None:
        self.door = door
        self._imap: Any = None
        self._line: socket.socket | None = None
        self._gone = False
        self._gmail = False

    def open(self) -> None:
        """Connect, sign in and say who we are."""
        with self._answers("the connection"):
            self._imap = _Client(self)
            if self.door.security == "starttls":
                self._start_tls()
            self._sign_in()
            capabilities = set(self._imap.capabilities())
            self._gmail = b"X-GM-EXT-1" in capabilities
            self.idles = b"IDLE" in capabilities
            self.condstore = b"CONDSTORE" in capabilities or b"QRESYNC" in capabilities
            if b"ID" in capabilities:
                with contextlib.suppress(imaplib.IMAP4.error):
                    self._imap.id_({"name": "Journey Hub"})

    def folders(self) -> list[Folder]:
        """Every folder that holds mail."""
        with self._answers("the list of folders"):
            listed = self._imap.list_folders()
        return [folder for one in listed if (folder := _folder(*one)) is not None]

    def status(self, folder: Folder) -> Status:
        """How a folder stands, without opening it."""
        what = ["MESSAGES", "UIDNEXT", "UIDVALIDITY"] + ["HIGHESTMODSEQ"] * self.condstore
        with self._answers(f"the folder {folder.name}"):
            return _status(self._imap.folder_status(folder.raw, what), b"MESSAGES")

    def examine(self, folder: Folder) -> Status:
        """Open a folder for reading."""
        with self._answers(f"the folder {folder.name}"):
            return _status(self._imap.select_folder(folder.raw, readonly=True), b"EXISTS")

    def uids(self, status: Status, after: int, since: date | None) -> list[int]:
        """The UIDs above ``after`` in the examined folder, lowest first; of mails that arrived from ``since`` on."""
        found: set[int] = set()
        arrived = ["SINCE", since] if since else []
        with self._answers("the list of mails"):
            for span in _spans(status, after):
                # a range that ends in * always matches the last mail, also where its UID is lower than the first
                found.update(uid for uid in self._imap.search(["UID", span, *arrived]) if uid > after)
        return sorted(found)

    def listed(self, uids: Sequence[int]) -> dict[int, Listed]:
        """Sizes, and what Gmail knows beside a mail. A mail that is gone is not in the answer."""
        with self._answers("the sizes of mails"):
            answer = self._imap.fetch(uids, [*_ASKED, *(_ASKED_OF_GMAIL if self._gmail else ())])
        return {uid: _listed(said) for uid, said in answer.items() if b"RFC822.SIZE" in said}

    def bodies(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Whole mails, as the server has them. What it cannot give is not in the answer."""
        if not uids:
            return {}
        try:
            with self._answers("the mails"):
                answer = self._imap.fetch(uids, ["BODY.PEEK[]"])
        except Dropped:
            raise
        except sdk.SourceFailed:  # one of them cannot be given: find out which
            half = len(uids) // 2
            return {**self.bodies(uids[:half]), **self.bodies(uids[half:])} if half else {}
        return {uid: raw for uid, said in answer.items() if (raw := _bytes(said.get(b"BODY[]"))) is not None}

    def pieces(self, uid: int) -> Iterator[bytes]:
        """One mail, a megabyte at a time."""
        at = 0
        while True:
            with self._answers("a large mail"):
                answer = self._imap.fetch([uid], [f"BODY.PEEK[]<{at}.{_PIECE}>"])
            piece = _bytes(answer.get(uid, {}).get(b"BODY[]<%d>" % at)) or b""
            yield piece
            at += len(piece)
            if len(piece) < _PIECE:
                return

    def arrived(self, uid: int) -> datetime | None:
        """When the server got a mail."""
        with self._answers("the date of a mail"):
            said = self._imap.fetch([uid], ["INTERNALDATE"]).get(uid, {})
        at = said.get(b"INTERNALDATE")
        return at if isinstance(at, datetime) and at.tzinfo else None

    def still_there(self, uids: Sequence[int]) -> list[int]:
        """Those of the UIDs that the examined folder still lists."""
        with self._answers("the list of mails"):
            return sorted(set(uids) & set(self._imap.search(["UID", ",".join(map(str, uids))]))) if uids else []

    def idle(self, seconds: float) -> bool:
        """Wait until the examined folder has more mail, or the time is over. Needs ``idles``."""
        with self._answers("to wait for mail"):
            self._imap.idle()
            said = self._imap.idle_check(timeout=seconds)
            said += self._imap.idle_done()[1]
        return any(len(one) > 1 and one[1] == b"EXISTS" for one in said)

    def good_bye(self) -> None:
        """End the session in peace, if the server still listens."""
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            self._imap.logout()

    def hang_up(self) -> None:
        """Cut the line, from any thread: whoever waits for the server gets ``Dropped``."""
        self._gone = True
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the line, on the thread that uses it."""
        if self._imap is not None:
            with contextlib.suppress(OSError):
                self._imap.shutdown()
        if self._line is not None:
            self._line.close()

    def connected(self) -> socket.socket:
        """A line to the first address that answers."""
        fault: OSError = ConnectionError("no address")
        for address in self.door.addresses:
            try:
                line = socket.create_connection((address, self.door.port), _CONNECT)
            except OSError as error:
                fault = error
                continue
            self._line = line
            if self._gone:  # while it was made
                self.hang_up()
            if self.door.security == "tls":
                self._line = line = _trusting().wrap_socket(line, server_hostname=self.door.host)
            return line
        raise fault

    def _start_tls(self) -> None:
        if not self._imap.has_capability("STARTTLS"):
            raise sdk.ConfigWrong(
                f"{self.door.host} does not offer STARTTLS.", path="security", hint="set security to tls, port 993"
            )
        self._imap.starttls(_trusting())
        self._line = self._imap.socket()

    def _sign_in(self) -> None:
        door = self.door
        try:
            if door.token:
                said = f"user={door.user}\1auth=Bearer {door.token}\1\1"
                # a refusal comes as a challenge, which an empty answer ends
                self._imap.sasl_login("XOAUTH2", lambda challenge: said if not challenge else "")
            elif self._imap.has_capability("AUTH=PLAIN"):
                self._imap.sasl_login("PLAIN", lambda _: f"\0{door.user}\0{door.password}")
            elif self._imap.has_capability("LOGINDISABLED"):
                raise sdk.ConfigWrong(
                    f"{door.host} takes no password on this line.", path="security", hint="set security to tls"
                )
            else:
                self._imap.login(door.user, door.password)
        except LoginError as error:
            if isinstance(error.__context__, imaplib.IMAP4.abort):
                raise error.__context__ from None
            text = _said(error)
            if _PASSING.search(text):
                raise sdk.RetryLater(f"{door.host} does not let us in for now: {text}", after=300) from None
            what = "access token" if door.token else "user name or password"
            raise sdk.SignInAgain(f"{door.host} does not take our {what}: {text}") from None

    @contextlib.contextmanager
    def _answers(self, asked: str) -> Iterator[None]:
        """What went wrong, in a sentence."""
        host = self.door.host
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise sdk.SourceFailed(
                f"The certificate of {host} is not to be trusted: {error.verify_message}",
                hint="SSL_CERT_FILE of the hub may name certificates of your own",
            ) from None
        except ssl.SSLError as error:
            if self._imap is None:
                raise sdk.SourceFailed(
                    f"{host} does not speak TLS on port {self.door.port} ({error.reason}).",
                    path="security",
                    hint="set security to starttls",
                ) from None
            raise Dropped(f"{host} broke off: {error.reason}") from None
        except (imaplib.IMAP4.abort, OSError, EOFError) as error:
            raise Dropped(f"The connection to {host} broke: {_said(error)}") from None
        except (imaplib.IMAP4.error, ValueError, KeyError, IndexError, TypeError) as error:
            raise sdk.SourceFailed(f"{host} refuses {asked}: {_said(error)}") from None


class _Wire(imaplib.IMAP4):
    """imaplib on a line that is already made, and with a limit to what one answer holds."""

    def __init__(self, server: Server) -> None:
        self._server = server
        super().__init__(server.door.host, server.door.port)
        self._encoding = "utf-8"  # of passwords, and of the folder names of servers that know nothing of UTF-7

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        return self._server.connected()

    def read(self, size: int) -> bytes:
        if size > _LARGEST_ANSWER:
            raise self.abort(f"an answer of {size} bytes")
        return super().read(size)

    def has_more(self) -> bool:
        """Whether something can be read at once. The socket must not block."""
        held = getattr(self, "_readbuf", None)  # from Python 3.14 on
        if held is not None:
            return bool(held) or bool(getattr(self.sock, "pending", int)())
        buffered: Any = self.file
        try:
            return bool(buffered.peek(1))
        except OSError:
            return False


class _Client(IMAPClient):  # type: ignore[misc]  # the library has no types
    def __init__(self, server: Server) -> None:
        self._server = server
        door = server.door
        super().__init__(door.host, door.port, ssl=door.security == "tls", timeout=SocketTimeout(_CONNECT, _ANSWER))
        self.folder_encode = False
        self.normalise_times = False
        self._imap.debug = 0  # it would write every line, passwords included

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 (the name is the library's)
        return _Wire(self._server)

    def _poll_socket(self, sock: socket.socket, timeout: float | None = None) -> object:
        """What came together with an earlier answer lies in buffers of our own, where no poll sees it."""
        return self._imap.has_more() or super()._poll_socket(sock, timeout)


def _trusting() -> ssl.SSLContext:
    return ssl.create_default_context()


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet."""
    return ip_address(address).is_global


def _spans(status: Status, after: int) -> Iterator[str]:
    """Ranges of UIDs above ``after``, each with no more of them than fit into an answer."""
    if status.messages <= _SEARCHED or not status.uidnext:
        yield f"{after + 1}:*"
        return
    for first in range(after + 1, status.uidnext, _SEARCHED):
        yield f"{first}:{first + _SEARCHED - 1}"


def _folder(flags: Sequence[bytes], separator: bytes | None, name: bytes | str) -> Folder | None:
    uses = frozenset(flag.decode("ascii", "replace").lower() for flag in flags)
    if uses & {"\\noselect", "\\nonexistent"}:
        return None
    try:
        raw = name.decode("utf-8") if isinstance(name, bytes) else name
    except UnicodeDecodeError:  # neither UTF-7 nor UTF-8: it could not be asked for
        return None
    return Folder(raw, _read(raw), uses, separator.decode("ascii", "replace") if separator else "")


def _read(raw: str) -> str:
    try:
        return str(imap_utf7.decode(raw.encode("ascii")))
    except ValueError:
        return raw


def _status(said: dict[bytes, Any], messages: bytes) -> Status:
    modseq = said.get(b"HIGHESTMODSEQ")
    modseq = modseq[0] if isinstance(modseq, (tuple, list)) else modseq
    return Status(
        int(said.get(b"UIDVALIDITY", 0)), int(said.get(b"UIDNEXT", 0)), int(said[messages]), int(modseq or 0) or None
    )


def _listed(said: dict[bytes, Any]) -> Listed:
    beside = {}
    if b"X-GM-MSGID" in said:
        labels = [_read(str(_bytes(one) or b"", "utf-8", "replace")) for one in said.get(b"X-GM-LABELS") or ()]
        beside = {
            "provider_id": f"gmail:{said[b'X-GM-MSGID']}",
            "provider_thread": f"gmail:{said.get(b'X-GM-THRID', '')}",
            "labels": "\n".join(labels),
        }
    flags = {flag.lower() for flag in said.get(b"FLAGS", ()) if isinstance(flag, bytes)}
    draft = b"\\draft" in flags or "\\Draft" in beside.get("labels", "").split("\n")
    return Listed(int(said[b"RFC822.SIZE"]), draft, {name: value for name, value in beside.items() if value})


def _bytes(value: object) -> bytes | None:
    """A string of the server: the library reads one of digits as a number."""
    if isinstance(value, int):
        return str(value).encode()
    return value if isinstance(value, bytes) else None


def _said(error: BaseException) -> str:
    """The server's own words, on one line and not too many."""
    text = str(error.args[-1] if error.args else error) if isinstance(error, OSError) else str(error)
    text = re.sub(r"\bb(['\"])(.*?)\1", r"\2", text)
    return " ".join(text.split())[:200] or type(error).__name__
