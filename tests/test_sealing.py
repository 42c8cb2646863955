"""Secrets at rest open at their own place, with their own key, and nowhere else."""

from __future__ import annotations

import base64
import stat
import threading
from pathlib import Path

import pytest

from hub.errors import ConfigWrong
from hub.sealing import Seal, new_key, place

SECRET = "correct-horse-🔋"


def test_what_is_sealed_twice_differs_and_opens_to_the_same() -> None:
    seal = Seal(new_key())
    one, two = seal.seal(SECRET, "a"), seal.seal(SECRET, "a")
    assert one != two
    assert seal.open(one, "a") == seal.open(two, "a") == SECRET


def test_every_changed_bit_is_noticed() -> None:
    seal = Seal(new_key())
    form, key, text = seal.seal(SECRET, "a").split(".")
    closed = base64.urlsafe_b64decode(text)
    for bit in range(len(closed) * 8):
        changed = bytearray(closed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ConfigWrong, match="damaged"):
            seal.open(f"{form}.{key}.{base64.urlsafe_b64encode(changed).decode()}", "a")
    for wrong in ("", "1", f"2.{key}.{text}", f"{form}.{key}", f"{form}.{key}.ä", f"{form}.{key}.AAAA"):
        with pytest.raises(ConfigWrong):
            seal.open(wrong, "a")


def test_it_opens_at_its_own_place_only() -> None:
    seal = Seal(new_key())
    sealed = seal.seal(SECRET, place("src_a", "/password"))
    for source, name in (("src_b", "/password"), ("src_a", "/token")):
        with pytest.raises(ConfigWrong, match="damaged, or not where it was stored"):
            seal.open(sealed, place(source, name))


def test_of_several_keys_the_first_seals_and_all_open() -> None:
    old, new = new_key(), new_key()
    sealed = Seal(old).seal(SECRET, "a")
    both = Seal(f"{new}, {old}")
    assert both.open(sealed, "a") == SECRET
    assert not both.current(sealed)
    assert both.current(both.seal(SECRET, "a"))
    with pytest.raises(ConfigWrong, match=r"sealed with another key \([0-9a-f]{8}\)"):
        Seal(new).open(sealed, "a")


@pytest.mark.parametrize(
    "wrong", ["short", "x" * 44, base64.b64encode(b"1" * 31).decode(), "MTEx" * 10 + "MTE=,nonsense", "ключ"]
)
def test_what_is_no_key_is_refused_without_being_shown(wrong: str) -> None:
    with pytest.raises(ConfigWrong, match=r"^HUB_SECRET_KEY holds no key\.$") as refused:
        Seal(wrong)
    assert wrong not in str(refused.value.hint)


def test_a_file_is_made_once_however_many_need_it(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    sealed: list[str] = []
    threads = [threading.Thread(target=lambda: sealed.append(Seal(None, file).seal(SECRET, "a"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [Seal(None, file).open(each, "a") for each in sealed] == [SECRET] * 16
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_given_key_seals_and_that_of_the_file_still_opens(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    sealed = Seal(None, file).seal(SECRET, "a")
    given = new_key()
    assert Seal(given, file).open(sealed, "a") == SECRET
    assert Seal(given).open(Seal(given, file).seal(SECRET, "a"), "a") == SECRET


def test_a_damaged_file_opens_nothing_and_stops_nothing(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    sealed = Seal(None, file).seal(SECRET, "a")
    file.write_text("nonsense")
    damaged = Seal(None, file)
    assert not damaged.ready
    with pytest.raises(ConfigWrong, match="another key"):
        damaged.open(sealed, "a")
    with pytest.raises(ConfigWrong, match="holds no key"):
        damaged.seal(SECRET, "a")
