"""Amazon SNS: messages signed by a certificate that they name.

The certificate is fetched from Amazon only, and never while a delivery waits for its answer.
Source: "Verifying the signatures of Amazon SNS messages", docs.aws.amazon.com/sns.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from hub.errors import SignatureWrong
from hub.signatures.asymmetric import rsa_signed
from hub.signatures.scheme import Genuine

_HOST = r"https://sns\.[a-z]{2}(-[a-z]+)+-[0-9]{1,2}\.amazonaws\.com(\.cn)?"
# The path too: the same host answers any caller's requests, whose answers an attacker could choose.
_CERTIFICATE = re.compile(_HOST + r"/SimpleNotificationService-[0-9a-f]{32}\.pem")
_CONFIRMATION = re.compile(_HOST + r"/\?Action=ConfirmSubscription&[A-Za-z0-9=&:%._-]{1,2000}")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
PAST = 24 * 3600
"""Seconds: Amazon sends again for hours, with the time of the first attempt."""
FUTURE = 300


@dataclass(frozen=True, slots=True)
class Notification:
    """One message, not verified yet. ``certificate`` is the address of the certificate, at Amazon for sure."""

    members: Mapping[str, str]
    certificate: str

    @property
    def topic(self) -> str:
        """The ARN of its topic: a good signature proves that it comes from Amazon, the topic that it is ours."""
        return self.members["TopicArn"]

    @property
    def confirms(self) -> str | None:
        """The address that confirms the subscription, when that is what it asks for and the address is Amazon's."""
        asks = self.members["Type"] == "SubscriptionConfirmation"
        return self.members["SubscribeURL"] if asks and _CONFIRMATION.fullmatch(self.members["SubscribeURL"]) else None

    def verify(self, certificate: bytes, received_at: datetime) -> Genuine:
        """Verify with the certificate (PEM) of its address. Raises ``SignatureWrong``."""
        at = self._time()
        if not -FUTURE <= (received_at - at).total_seconds() <= PAST:
            raise SignatureWrong("The message was signed at another time than now.")
        names = _SIGNED[self.members["Type"]]
        signed = "".join(f"{name}\n{self.members[name]}\n" for name in names if name in self.members)
        try:
            signature = base64.b64decode(self.members["Signature"], validate=True)
        except (binascii.Error, ValueError):
            signature = b""
        sha1 = self.members["SignatureVersion"] == "1"
        if not rsa_signed(certificate, signed.encode(errors="replace"), signature, sha1=sha1):
            raise SignatureWrong("The signature is wrong.")
        return Genuine(self.members["MessageId"], at)

    def _time(self) -> datetime:
        try:
            return datetime.fromisoformat(self.members["Timestamp"]).astimezone(UTC)
        except (ValueError, OverflowError):
            raise SignatureWrong("Timestamp is not a time.") from None


def notification(body: bytes) -> Notification:
    """The message in a body. Raises ``SignatureWrong`` when it is none, or names a certificate of somebody else."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = None
    members = {name: text for name, text in said.items() if isinstance(text, str)} if isinstance(said, dict) else {}
    kind = members.get("Type", "")
    needed = {*_SIGNED.get(kind, ()), "Signature", "SignatureVersion", "SigningCertURL"} - {"Subject"}
    if kind not in _SIGNED or needed - set(members):
        raise SignatureWrong("The body is not a message of Amazon SNS.")
    if members["SignatureVersion"] not in ("1", "2"):
        raise SignatureWrong("SignatureVersion is neither 1 nor 2.")
    if not _CERTIFICATE.fullmatch(members["SigningCertURL"]):
        raise SignatureWrong("SigningCertURL is not an address of Amazon.")
    return Notification(members, members["SigningCertURL"])
