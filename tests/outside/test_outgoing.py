"""No connection reaches a private address, whatever name, number, answer or redirect leads there."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from hub.errors import ConfigWrong
from hub.outgoing import Outgoing, Reach
from hub.outside import Outside
from hub.settings import read_settings
from tests.outside.listening import listener, steered

# Each leads to this machine, or to its network, in one of the ways that people have tried.
WAYS_IN = """
    127.0.0.1 127.1 127.255.255.254 2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 017700000001 0.0.0.0 0 localhost
    LOCALHOST localhost. [::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1]
    [64:ff9b:1::7f00:1] [2002:7f00:1::1]
""".split()
PRIVATE = """
    10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 100.100.100.200 192.0.0.1 198.18.0.1
    224.0.0.1 240.0.0.1 255.255.255.255 168.63.129.16 192.0.0.192 192.88.99.1 3fff::1
    fd00::1 fdff::1 fc00::1 fe80::1 fe80::1%1 fec0::1 ff02::1
    2001:db8::1 2001:0:53aa:64c:0:7f:80ff:fffe ::ffff:10.0.0.1 2002:a00:1:: 64:ff9b::a00:1 100::1
""".split()
PUBLIC = "8.8.8.8 1.1.1.1 2606:4700:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1".split()


def reached(url: str, reach: Reach, *, follow: bool = False) -> httpx.Response:
    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=Outgoing(reach), trust_env=False) as http:
            return await http.get(url, follow_redirects=follow)

    return asyncio.run(get())


@pytest.mark.parametrize("host", WAYS_IN)
def test_no_way_of_writing_this_machine_reaches_it(host: str) -> None:
    with listener() as own:
        with pytest.raises((ConfigWrong, httpx.ConnectError, httpx.InvalidURL)):
            reached(f"http://{host}:{own.port}/", Reach())
        assert own.heard == []


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_to_a_private_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigWrong) as refused:
        Reach(lookup=steered([address])).addresses("shop.example", 443)
    assert refused.value.message == (
        "shop.example leads to an address that is not public; the hub does not connect to it."
    )


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_open(address: str) -> None:
    assert Reach(lookup=steered([address])).addresses("shop.example", 443) == [address]


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with listener() as own:
        with pytest.raises(ConfigWrong):
            reached(f"http://shop.example:{own.port}/", Reach(lookup=steered(["8.8.8.8", "127.0.0.1"])))
        assert own.heard == []


def test_a_name_is_resolved_once_so_a_second_answer_changes_nothing() -> None:
    asked = []

    def rebinding(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["::1"] if len(asked) > 1 else ["127.0.0.1"]

    with listener() as own:
        # The first answer is allowed; the second would not be.
        answer = reached(f"http://shop.example:{own.port}/", replace(Reach.allowing(["127.0.0.1"]), lookup=rebinding))
        assert (answer.text, asked) == ("hi", ["shop.example"])
        assert f"host: shop.example:{own.port}".encode() in own.heard[0].lower()


def test_a_name_that_changes_its_mind_between_two_connections_is_checked_again() -> None:
    with listener() as own:
        reach = replace(Reach.allowing(["127.0.0.1"]), lookup=steered(["127.0.0.1"], ["127.0.0.2"]))
        assert reached(f"http://shop.example:{own.port}/", reach).text == "hi"
        with pytest.raises(ConfigWrong):
            reached(f"http://shop.example:{own.port}/", reach)
        assert len(own.heard) == 1


def test_a_redirect_into_the_own_network_reaches_nothing() -> None:
    with listener() as own:
        to = f"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.2:{own.port}/\r\ncontent-length: 0\r\n\r\n"
        with listener(to.encode()) as sending:
            reach = Reach.allowing(["127.0.0.1"])
            assert reached(f"http://127.0.0.1:{sending.port}/", reach).status_code == 302
            with pytest.raises(ConfigWrong):
                reached(f"http://127.0.0.1:{sending.port}/", reach, follow=True)
        assert own.heard == []


def test_what_the_company_allows_is_reached_and_nothing_beside_it() -> None:
    with listener() as own:
        for allowed in ("127.0.0.1", "127.0.0.0/8", "localhost"):
            assert reached(f"http://localhost:{own.port}/", Reach.allowing([allowed, "::1"])).text == "hi"
        assert reached(f"http://[::ffff:127.0.0.1]:{own.port}/", Reach.allowing(["127.0.0.1"])).text == "hi"
        with pytest.raises(ConfigWrong):
            reached(f"http://127.0.0.2:{own.port}/", Reach.allowing(["127.0.0.1", "localhost"]))
        assert len(own.heard) == 4


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    with listener(host="::1") as own:
        reach = replace(Reach.allowing(["127.0.0.1", "::1"]), lookup=steered(["127.0.0.1", "::1"]))
        assert reached(f"http://shop.example:{own.port}/", reach).text == "hi"


def test_the_certificate_is_that_of_the_name_not_of_the_address(tmp_path: Path) -> None:
    asked: list[str | None] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.sni_callback = lambda socket, name, context: asked.append(name)

    async def main() -> None:
        server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        reach = replace(Reach.allowing(["127.0.0.1"]), lookup=steered(["127.0.0.1"]))
        async with httpx.AsyncClient(transport=Outgoing(reach), trust_env=False) as http:
            with pytest.raises(httpx.ConnectError):
                await http.get(f"https://shop.example:{port}/")
        server.close()

    asyncio.run(main())
    assert asked == ["shop.example"]


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with listener() as proxy, listener() as own:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert reached(f"http://127.0.0.1:{own.port}/", Reach.allowing(["127.0.0.1"])).text == "hi"
        assert (len(proxy.heard), len(own.heard)) == (0, 1)


def test_the_setting_names_networks_addresses_and_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_ALLOW_PRIVATE_ADDRESSES", "127.0.0.1, 10.0.0.0/8,books.lan")
    assert read_settings().allow_private_addresses == ("127.0.0.1", "10.0.0.0/8", "books.lan")
    assert Outside().permitted("127.0.0.1", 993) == ["127.0.0.1"]
    with pytest.raises(ConfigWrong):
        Outside().permitted("127.0.0.2", 993)


@pytest.mark.parametrize("wrong", ["10.0.0.0/99", "http://books.lan", "*"])
def test_a_setting_that_names_neither_is_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("HUB_ALLOW_PRIVATE_ADDRESSES", wrong)
    with pytest.raises(ConfigWrong) as refused:
        read_settings()
    assert refused.value.message == (
        f"HUB_ALLOW_PRIVATE_ADDRESSES: {wrong!r} is neither a network, like 10.0.0.0/8, nor a host name."
    )
