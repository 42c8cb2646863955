"""Bodies made smaller for the journey are made whole again, and no further than to the limit."""

import gzip
import time
import zlib

import pytest

from hub.errors import InputWrong, TooLarge
from hub.inflated import inflated

BODY = "নাসরিন 👋 {}".encode() * 10
RAW = zlib.compressobj(wbits=-zlib.MAX_WBITS)
BARE = RAW.compress(BODY) + RAW.flush()


@pytest.mark.parametrize(
    ("sent", "encoding"),
    [
        (BODY, ""),
        (BODY, "identity"),
        (gzip.compress(BODY, mtime=0), "gzip"),
        (gzip.compress(BODY, mtime=0), "X-GZIP"),
        (gzip.compress(BODY[:50], mtime=0) + gzip.compress(BODY[50:], mtime=0), "gzip"),
        (gzip.compress(BODY, mtime=0) + b"\x00" * 8, "gzip"),
        (zlib.compress(BODY), "deflate"),
        (BARE, "deflate"),
        (gzip.compress(zlib.compress(BODY), mtime=0), "deflate, gzip"),
        (b"", "gzip"),
    ],
)
def test_what_was_packed_is_unpacked(sent: bytes, encoding: str) -> None:
    assert inflated(sent, encoding) == (BODY if sent else b"")


@pytest.mark.parametrize(
    ("sent", "encoding", "sentence"),
    [
        (BODY, "gzip", "The body is not gzip, as its Content-Encoding says."),
        (gzip.compress(BODY, mtime=0)[:-3], "gzip", "The body ends in the middle of its gzip."),
        (gzip.compress(BODY, mtime=0) + b"more", "gzip", "The body is not gzip, as its Content-Encoding says."),
        (b"x", "br", "The body is encoded as 'br'; gzip and deflate are read."),
        (b"x", "gzip, gzip, gzip, gzip", "A body is encoded three times at most."),
    ],
)
def test_what_cannot_be_unpacked_is_the_fault_of_its_sender(sent: bytes, encoding: str, sentence: str) -> None:
    with pytest.raises(InputWrong) as wrong:
        inflated(sent, encoding)
    assert wrong.value.message == sentence


def test_a_bomb_is_refused_before_it_is_large() -> None:
    bomb = gzip.compress(b"\x00" * 300_000_000, 1, mtime=0)
    began = time.perf_counter()
    with pytest.raises(TooLarge, match="larger than 1,000,000 bytes when it is unpacked"):
        inflated(gzip.compress(bomb, mtime=0), "gzip, gzip", 1_000_000)
    with pytest.raises(TooLarge):
        inflated(bomb, "gzip", 1_000_000)
    assert time.perf_counter() - began < 1
    assert inflated(gzip.compress(b"x" * 1_000_000, mtime=0), "gzip", 1_000_000) == b"x" * 1_000_000
