"""Checks of push streams: copies, forgeries and garbage."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from hub.connector import Delivery, PushStream, Reply
from hub.errors import HubError, RetryLater, SignatureWrong
from hub.testing.suite import DoesNotApply, Suite
from hub.testing.trial import Account, CheckFailed, Trial, require

_GARBAGE = 40
_FIRST_HEADERS = ("content-type", "content-length", "host", "user-agent", "accept")


class Delivering(Suite):
    """What a sender may do to a connector."""

    def test_a_delivery_told_twice_is_stored_once(self) -> None:
        """Copies of a delivery, which senders make whenever they are in doubt, are one record."""
        self._delivered("a_delivery_told_twice_is_stored_once")

        async def check(trial: Trial) -> None:
            account = await trial.account()
            for stream, sample in self._samples():
                reply = await _answer(account, stream, sample)
                require(
                    reply.status < 400,
                    f"A genuine delivery to {stream.name} is refused with {reply.status}: {reply.body[:80]!r}",
                )
            before = await account.held()
            require(before.rows, "The deliveries of the suite bring no row.")
            trial.clock.move(60)
            for stream, sample in self._samples():
                await _answer(account, stream, replace(sample, received_at=trial.clock.now()))
            more = set((await account.held()).rows) - set(before.rows)
            require(
                not more,
                "A copy of a delivery, a minute later, is stored again: the key of a row is the sender's own id, or "
                "its content.",
            )

        self.run(check)

    def test_a_wrong_signature_is_refused(self) -> None:
        """A delivery without its proof, or with another body, is refused with 401 and not kept."""
        self._delivered("a_wrong_signature_is_refused")

        async def check(trial: Trial) -> None:
            account = await trial.account()
            for stream, sample in self._samples():
                for what, forged in self._forgeries(sample):
                    reply = await _answer(account, stream, forged)
                    require(
                        reply.status == 401,
                        f"A delivery to {stream.name} {what} is answered with {reply.status}, not 401: compare the "
                        "signature of the exact bytes (sdk.signatures).",
                    )
            require(not (await account.held()).rows, "A delivery whose signature is wrong is kept.")

        self.run(check)

    def _forgeries(self, sample: Delivery) -> Iterator[tuple[str, Delivery]]:
        plain = {name: value for name, value in sample.headers.items() if name in _FIRST_HEADERS}
        yield "without its proof", replace(sample, headers=plain, query={})
        if self.body_is_signed and sample.body:
            yield "with another body", replace(sample, body=sample.body[:-1] + bytes([sample.body[-1] ^ 1]))

    def test_no_delivery_makes_the_door_fall(self) -> None:
        """Garbage of any kind is answered with a status below 500."""
        self._delivered("no_delivery_makes_the_door_fall", samples=False)

        async def check(trial: Trial) -> None:
            account = await trial.account()
            dice = random.Random(7)  # noqa: S311 (a test)
            for stream in self.push_streams():
                samples = list(self.deliveries().get(stream.name, ()))
                for garbage in _garbage(samples, dice, trial):
                    reply = await _answer(account, stream, garbage)
                    require(
                        reply.status < 500,
                        f"{garbage.method} of {garbage.body[:60]!r} to {stream.name} is answered with {reply.status}: "
                        "what cannot be read is the sender's fault, and is told so with a status of 400.",
                    )

        self.run(check)

    def _delivered(self, check: str, *, samples: bool = True) -> None:
        self.applies(check, push=True)
        if samples and not any(self.deliveries().values()):
            names = {stream.name for stream in self.push_streams()}
            if names <= set(self.rows()):
                raise DoesNotApply("its rows come by the mutation only")
            require(False, f"Give the suite deliveries of {', '.join(sorted(names))}, as the provider would send them.")

    def _samples(self) -> list[tuple[PushStream, Delivery]]:
        streams = {stream.name: stream for stream in self.push_streams()}
        return [(streams[name], sample) for name, samples in self.deliveries().items() for sample in samples]


async def _answer(account: Account, stream: PushStream, sample: Delivery) -> Reply:
    """The answer as the hub's door gives it. Raises ``CheckFailed`` where the connector falls over, which the door
    would only log."""
    with suppress(HubError):
        try:
            stream.receive(replace(sample, secret=b"kit"))
        except HubError:
            raise
        except Exception as error:
            fell = (
                f"A delivery to {stream.name} makes the connector fall over ({error!r}). It is {sample.body[:120]!r}."
            )
            raise CheckFailed(fell) from error
    try:
        return await account.deliver(stream.name, sample)
    except SignatureWrong as error:
        return Reply(401, error.message.encode())
    except RetryLater as error:
        return Reply(503, error.message.encode())
    except HubError as error:
        return Reply(400, error.message.encode())


def _garbage(samples: list[Delivery], dice: random.Random, trial: Trial) -> Iterator[Delivery]:
    """Empty, cut, broken, of another type, by another method; with the headers of a genuine one and without."""
    empty = Delivery("POST", "/in/source/stream", {}, {}, b"", "203.0.113.7", trial.clock.now(), b"")
    for sample in [*samples, empty]:
        for method in ("GET", "PUT", "OPTIONS", "POST"):
            yield replace(sample, method=method, body=b"")
        for body in (b"[", b"[]", b"{}", b"null", b'"x"', b"1e999", b"[" * 5000, b"\xff\xfe\x00", b'{"a":"\\ud800"}'):
            yield replace(sample, body=body)
        for kind in (
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "\xff",
        ):
            yield replace(sample, headers={**sample.headers, "content-type": kind}, body=b"a=%ff&b[=1\r\n--x")
        for name in sample.headers:
            yield replace(sample, headers={**sample.headers, name: "t=,v1=\xb2,,"})
        for _ in range(_GARBAGE):
            at = dice.randrange(len(sample.body) + 1)
            cut = sample.body[at : at + dice.randrange(9)]
            noise = dice.choice([b"\x00", b'"', b"}", b"null", b"9" * 30, cut, "🙂".encode(), b"\xff"])
            yield replace(sample, body=sample.body[:at] + noise + sample.body[at + len(cut) :])
