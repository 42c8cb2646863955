"""The way out: every call of the hub to another server goes through here, and reaches public addresses only.

Whoever configures a source names a server, and a server names others in its redirects. Neither may make the hub speak
to what only the hub can see: itself, its neighbours, the metadata of the cloud it runs in. So a name is resolved once,
all its addresses are checked, and the connection is made to an address that was checked. ``Host`` and the name in the
certificate stay what the caller wrote. ``HUB_ALLOW_PRIVATE_ADDRESSES`` lets a company reach its own servers.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

import httpcore
import httpx

from hub.errors import ConfigWrong
from hub.settings import read_settings

# They write whole addresses (at INFO) and headers (at DEBUG) into the log, secrets included.
logging.getLogger("httpx").addFilter(lambda record: record.levelno >= logging.WARNING)
logging.getLogger("httpcore").setLevel(logging.WARNING)

_GLOBAL_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")
_NOBODYS = tuple(map(ip_network, ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
"""Public by the tables of some versions of Python, but answered by the machine that the hub runs on (Azure) or by its
cloud (192.0.0.192 of Oracle), or set aside for protocols and examples."""


def looked_up(host: str, port: int) -> list[str]:
    """The addresses of a host as the system resolves them, each once. Raises ``OSError``."""
    return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


@dataclass(frozen=True, slots=True)
class Reach:
    """Which addresses the hub may connect to: public ones, and what the company allows beside them."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    hosts: frozenset[str] = frozenset()
    lookup: Callable[[str, int], Sequence[str]] = looked_up

    @classmethod
    def allowing(cls, names: Iterable[str]) -> Self:
        """Public addresses, and these networks (``10.0.0.0/8``), addresses or host names."""
        networks, hosts = [], set()
        for name in names:
            try:
                networks.append(ip_network(name, strict=False))
            except ValueError:
                hosts.add(_plain(name))
        return cls(tuple(networks), frozenset(hosts))

    @classmethod
    def of_environment(cls) -> Self:
        """What ``HUB_ALLOW_PRIVATE_ADDRESSES`` says."""
        return cls.allowing(read_settings().allow_private_addresses)

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host, all of which may be reached; it may wait for the name server.

        Raises ``ConfigWrong`` when one of them may not be reached, ``OSError`` when there is none.
        """
        found = self.lookup(host, port)
        if _plain(host) not in self.hosts and not all(self._open(each) for each in found):
            raise ConfigWrong(
                f"{host[:200]} leads to an address that is not public; the hub does not connect to it.",
                hint="The setting HUB_ALLOW_PRIVATE_ADDRESSES of the hub may allow it.",
            )
        return list(found)

    def _open(self, text: str) -> bool:
        address = ip_address(text)
        inner = _embedded(address) or address
        return _public(inner) or any(each in network for network in self.networks for each in (address, inner))


def _plain(host: str) -> str:
    return host.lower().rstrip(".")


def _embedded(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address only wraps: mapped, 6to4, NAT64."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _public(address: IPv4Address | IPv6Address) -> bool:
    if not address.is_global or any(address in network for network in _NOBODYS):
        return False
    return not address.is_multicast if isinstance(address, IPv4Address) else address in _GLOBAL_UNICAST


class _Checked(httpcore.AsyncNetworkBackend):
    """Opens connections to checked addresses. The name is not resolved a second time, so it cannot change between."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the signature is httpcore's)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await asyncio.to_thread(self._reach.addresses, host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"{host} was not found in time") from None
        except (OSError, UnicodeError):
            raise httpcore.ConnectError(f"{host} was not found") from None
        fault: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
        raise fault

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 (the signature is httpcore's)
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.UnsupportedProtocol("the hub reaches others by TCP only")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@cache
def _certificates() -> ssl.SSLContext:
    """Reading the trusted certificates takes long. ``SSL_CERT_FILE`` may name others, such as a company's own."""
    return httpx.create_ssl_context()


class Outgoing(httpx.AsyncHTTPTransport):
    """httpx's transport over checked connections. Proxies of the environment are not used: they would be unchecked."""

    def __init__(self, reach: Reach, *, connections: int = 10) -> None:
        # Not super().__init__: should httpx rename its pool, nothing is reached, instead of everything unchecked.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_certificates(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=15,
            network_backend=_Checked(reach),
        )
