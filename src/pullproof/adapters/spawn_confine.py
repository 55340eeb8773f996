"""Confining a worker once, so that every provider it starts is confined, too.

What a provider inherits costs nothing per exec: a network in which only
loopback exists, a world that can be read but not written outside the worker's
own directory (Landlock), limits, and one processor. All of it is for the
machine's sake and none of it is the kubelet's: a failure counts only if it
also happens without (`pullproof.fuzzing.prover`).

Each part says what became of it; where the system lacks one, the others stay.
"""

import ctypes
import fcntl
import os
import platform
import resource
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_CLONE_NEWNET = 0x4000_0000
_CLONE_NEWUSER = 0x1000_0000
_PR_SET_NO_NEW_PRIVS = 38
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH, _RULE_PORT = 1, 2

_WRITE = sum(1 << bit for bit in (1, 4, 5, 6, 7, 8, 9, 10, 11, 12))
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_FILE_ONLY = (1 << 1) | _TRUNCATE | _IOCTL_DEV
"""Rights that may be given on a file; the others are for directories."""
_BIND_TCP, _CONNECT_TCP = 1, 2
_WRITABLE_DEVICES = (
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/tty",
    "/dev/random",
    "/dev/urandom",
)
FILE_BYTES = 1 << 30
"""Largest file a confined provider may write."""


@dataclass(frozen=True, slots=True)
class Part:
    """One means of confinement and what became of it."""

    name: str
    """network, files, limits, processor"""
    active: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Confinement:
    parts: tuple[Part, ...] = ()

    def describe(self) -> str:
        """Return one line: what holds, and what does not and why."""
        if not self.parts:
            return "not confined"
        return "; ".join(
            f"{part.name}: {part.detail}" if part.active else f"{part.name}: no ({part.detail})"
            for part in self.parts
        )

    def active(self, name: str) -> bool:
        return any(part.active for part in self.parts if part.name == name)


class _Impossible(Exception):
    """This system does not have it; the text says why."""


def pin(slot: int) -> Part:
    """Keep this process and its children on one processor.

    A child then starts on the processor whose caches are warm.
    """

    def do() -> str:
        if sys.platform != "linux":
            raise _Impossible("not Linux")
        processors = sorted(os.sched_getaffinity(0))
        chosen = processors[slot % len(processors)]
        os.sched_setaffinity(0, {chosen})
        return f"number {chosen}"

    return _part("processor", do)


def isolate_network() -> Part:
    """Move this process into a network in which there is only loopback.

    Call it before any thread or socket is made. Without privilege it takes a
    user namespace, which some systems forbid.
    """

    def do() -> str:
        if sys.platform != "linux":
            raise _Impossible("not Linux")
        libc = ctypes.CDLL(None, use_errno=True)
        how = "loopback only"
        if libc.unshare(_CLONE_NEWNET) != 0:
            user, group = os.getuid(), os.getgid()
            if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
                raise _Impossible(f"no namespaces: {os.strerror(ctypes.get_errno()).lower()}")
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
            how = "loopback only, in a user namespace"
        _raise_loopback()
        return how

    return _part("network", do)


def limit() -> Part:
    """Set limits that no honest provider meets."""

    def do() -> str:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        size = FILE_BYTES if hard == resource.RLIM_INFINITY else min(FILE_BYTES, hard)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        return "no core files, files of 1 GiB at most"

    return _part("limits", do)


def restrict_files(writable: Sequence[Path], ports: Sequence[int] = ()) -> Part:
    """Let this thread, and all it starts, write only below `writable`.

    Args:
        ports: If not empty, the only TCP ports it may connect to: a weaker
            stand-in where the network could not be isolated (ports of other
            hosts with these numbers stay reachable).
    """
    return _part("files", lambda: _landlock(writable, ports))


def _part(name: str, do: Callable[[], str]) -> Part:
    try:
        return Part(name, True, do())
    except _Impossible as error:
        return Part(name, False, str(error))
    except (OSError, ValueError) as error:
        text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return Part(name, False, text.lower())


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        asked = struct.pack("16sH14x", b"lo", 0)
        answer = fcntl.ioctl(control.fileno(), _SIOCGIFFLAGS, asked)
        flags = struct.unpack("16sH14x", answer)[1] | _IFF_UP
        fcntl.ioctl(control.fileno(), _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags))


def _landlock(writable: Sequence[Path], ports: Sequence[int]) -> str:
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64", "riscv64"):
        raise _Impossible("no Landlock on this system")
    libc = ctypes.CDLL(None, use_errno=True)
    abi = int(libc.syscall(_CREATE_RULESET, None, 0, 1))
    if abi < 1:
        raise _Impossible(f"no Landlock: {os.strerror(ctypes.get_errno()).lower()}")
    files = _WRITE | (_REFER if abi >= 2 else 0) | (_TRUNCATE if abi >= 3 else 0)
    nets = _CONNECT_TCP if ports and abi >= 4 else 0
    sizes = struct.pack("QQQ", files, nets, 0)[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    ruleset = int(libc.syscall(_CREATE_RULESET, sizes, len(sizes), 0))
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "Landlock")
    try:
        for path in writable:
            _allow(libc, ruleset, str(path), files)
        for device in _WRITABLE_DEVICES:
            with suppress(OSError):
                _allow(libc, ruleset, device, files & _FILE_ONLY)
        for port in ports if nets else ():
            rule = struct.pack("QQ", _CONNECT_TCP, port)
            if libc.syscall(_ADD_RULE, ruleset, _RULE_PORT, rule, 0) != 0:
                raise OSError(ctypes.get_errno(), "Landlock")
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "Landlock")
        if libc.syscall(_RESTRICT_SELF, ruleset, 0) != 0:
            raise OSError(ctypes.get_errno(), "Landlock")
    finally:
        os.close(ruleset)
    told = f"written only in the worker's own directory (Landlock {abi})"
    return told + (f", TCP to {len(ports)} ports of ours" if nets else "")


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    assert sys.platform == "linux"
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", rights, fd)
        if libc.syscall(_ADD_RULE, ruleset, _RULE_PATH, rule, 0) != 0:
            raise OSError(ctypes.get_errno(), "Landlock")
    finally:
        os.close(fd)
