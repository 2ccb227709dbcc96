"""Hosts as network namespaces of this machine (iproute2's `ip netns`), each on a wire of its own that can be cut."""

from __future__ import annotations

import ctypes
import itertools
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CLONE_NEWNET = 0x40000000
POSTGRESQL = 5432
_NUMBERS = itertools.count(1)
Address = tuple[str, int] | str
"""A host and port, or a Unix socket's path."""


@cache
def can_be_laid() -> bool:
    """Whether this machine lets us make network namespaces."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        return False
    name = f"orchestrator-try-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode == 0
    if made:
        subprocess.run(["ip", "netns", "del", name], check=True)
    return made


@dataclass(frozen=True)
class Wire:
    """A namespace, its wire, and our end's address on it."""

    name: str
    ours: str
    address: str

    def cut(self) -> None:
        _ip("link", "set", self.ours, "down")

    def mend(self) -> None:
        _ip("link", "set", self.ours, "up")


@contextmanager
def laid() -> Iterator[Wire]:
    """A namespace that reaches us, and nobody else, by one wire."""
    number = next(_NUMBERS)
    name = f"orchestrator-{os.getpid()}-{number}"
    ours, theirs = f"or{os.getpid() % 100_000}{chr(96 + number)}a", f"or{os.getpid() % 100_000}{chr(96 + number)}b"
    net = f"10.{os.getpid() // 256 % 256}.{os.getpid() % 256}.{number * 4}"
    first, second = (f"{net.rpartition('.')[0]}.{number * 4 + n}" for n in (1, 2))
    _ip("netns", "add", name)
    try:
        _ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name)
        _ip("addr", "add", f"{first}/30", "dev", ours)
        _ip("link", "set", ours, "up")
        for one in (
            ("addr", "add", f"{second}/30", "dev", theirs),
            ("link", "set", theirs, "up"),
            ("link", "set", "lo", "up"),
        ):
            _ip("-n", name, *one)
        yield Wire(name, ours, first)
    finally:
        _ip("netns", "del", name)  # the wire goes with it


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def enter(namespace: str) -> None:
    """Let this process, which must have one thread, live in a namespace from now on."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path(f"/run/netns/{namespace}").open() as file:
        if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace}")


@contextmanager
def carried(*ways: tuple[tuple[str, int], Address]) -> Iterator[None]:
    """Carry what comes in at some addresses on to others."""
    ends = [carry(at, to) for at, to in ways]
    try:
        yield
    finally:
        for end in ends:
            end()


def carry(at: tuple[str, int], to: Address) -> Callable[[], None]:
    """Carry every connection to an address on to another one, in threads; returns what ends that."""
    door = socket.create_server(at)
    threading.Thread(target=_let_in, args=(door, to), daemon=True).start()
    return door.close


def _let_in(door: socket.socket, to: Address) -> None:
    with suppress(OSError):  # the door was closed
        while True:
            here, _ = door.accept()
            threading.Thread(target=_join, args=(here, to), daemon=True).start()


def _join(here: socket.socket, to: Address) -> None:
    try:
        there = _reach(to)
    except OSError:
        here.close()
        return
    pumps = [threading.Thread(target=_pump, args=pair, daemon=True) for pair in ((here, there), (there, here))]
    for pump in pumps:
        pump.start()


def _reach(to: Address) -> socket.socket:
    if not isinstance(to, str):
        return socket.create_connection(to, 5)
    found = socket.socket(socket.AF_UNIX)
    found.connect(to)
    return found


def _pump(source: socket.socket, target: socket.socket) -> None:
    source.settimeout(None)
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def ports_of(urls: Sequence[str]) -> set[int]:
    """The ports of addresses on loopback."""
    return {int(url.split("/")[2].rpartition(":")[2]) for url in urls}
