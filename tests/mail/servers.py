"""Real mail servers for tests: Dovecot where it is installed, pymap from PyPI; and a line of scripted words."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from imapclient import IMAPClient

PASSWORD = "correct-horse"

_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
default_internal_user = dovecot
default_login_user = dovenull
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 100
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
  mailbox Drafts {{
    special_use = \\Drafts
    auto = create
  }}
  mailbox Trash {{
    special_use = \\Trash
    auto = create
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
"""
_TOKENS = """
introspection_mode = get
introspection_url = http://127.0.0.1:{port}/introspect?token=
username_attribute = username
active_attribute = active
active_value = true
"""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until somebody listens."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            raise RuntimeError(f"the mail server ended with {process.returncode}")
        time.sleep(0.02)
    raise TimeoutError("the mail server did not listen in time")


class MailServer:
    """A server that any user enters with ``PASSWORD``."""

    port: int

    def client(self, user: str) -> IMAPClient:
        """A client of the user, who may write."""
        client = IMAPClient("127.0.0.1", self.port, ssl=False, timeout=20)
        client.login(user, PASSWORD)
        return client

    def deliver(self, user: str, mails: Sequence[bytes], folder: str = "INBOX", at: datetime | None = None) -> None:
        """Put mails into a folder, which is made when it is not there."""
        with self.client(user) as client:
            if not client.folder_exists(folder):
                client.create_folder(folder)
            for mail in mails:
                client.append(folder, mail, msg_time=at)


class Dovecot(MailServer):
    """Dovecot in a folder of its own; it runs as root."""

    def __init__(self, folder: Path, tokens_port: int) -> None:
        self.folder = folder
        self.port, self.tls_port = free_port(), free_port()
        folder.chmod(0o755)
        for name in ("run", "state", "mail"):
            (folder / name).mkdir()
        shutil.chown(folder / "mail", "mail", "mail")
        certificate(folder)
        config = _CONFIG.format(folder=folder, password=PASSWORD, port=self.port, tls_port=self.tls_port)
        (folder / "dovecot.conf").write_text(config)
        (folder / "oauth2.conf").write_text(_TOKENS.format(port=tokens_port))
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    @staticmethod
    def missing() -> str:
        """Why it cannot run here, or empty."""
        if shutil.which("dovecot") is None:
            return "Dovecot is not installed: apt-get install dovecot-imapd"
        return "" if os.geteuid() == 0 else "Dovecot runs as root only"

    def store(self, user: str, mails: Iterable[bytes]) -> Path:
        """Lay mails into the user's Maildir, byte for byte, as a mail transfer agent does. Returns its path."""
        maildir = self.folder / "mail" / user
        for name in ("cur", "new", "tmp"):
            (maildir / name).mkdir(parents=True, exist_ok=True)
        for number, mail in enumerate(mails):
            (maildir / "new" / f"{number:07}.M1P1.test").write_bytes(mail)
        for path in (maildir, *maildir.rglob("*")):
            shutil.chown(path, "mail", "mail")
        return maildir

    def start(self) -> None:
        """Start, and wait until it listens."""
        command = ["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        wait_for(self.port, process)
        self.process = process

    def kill(self) -> None:
        """End it and everybody it serves, without a word."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End it in peace."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None


class Pymap(MailServer):
    """pymap with one user, ``anna``."""

    def __init__(self) -> None:
        self.port = free_port()
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--no-tls", "--no-service", "admin"]
        user = ["dict", "--demo-user", "anna", "--demo-password", PASSWORD]
        command = [sys.executable, "-W", "ignore", "-c", "import pymap.main; pymap.main.main()", *where, *user]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.port, self.process)

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


def certificate(folder: Path) -> None:
    """A certificate for ``localhost`` that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
