"""Is a TCP port of the loopback free, and if not, which process holds it?"""

import errno
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from trellis.errors import OperatorError

LOOPBACK = "127.0.0.1"
_LISTEN = "0A"  # the state column of /proc/net/tcp


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that listens on a port."""

    pid: int
    command: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command})"


class PortInUseError(OperatorError):
    """Another process listens on a port that a role needs. ``holder`` is None where it cannot be read."""

    code: ClassVar[str] = "PORT_IN_USE"

    def __init__(self, port: int, needed_by: str, holder: Holder | None) -> None:
        super().__init__(
            f"port {port}, needed by {needed_by}, is held by {holder or 'another process'}; "
            "stop it or choose other ports with --port"
        )
        self.port = port
        self.holder = holder


class PortNotPermittedError(OperatorError):
    """The operating system does not let this user listen on the port (usually one below 1024)."""

    code: ClassVar[str] = "PORT_NOT_PERMITTED"

    def __init__(self, port: int, needed_by: str) -> None:
        super().__init__(
            f"this user may not listen on port {port}, needed by {needed_by}; choose ports above 1023 with --port"
        )
        self.port = port


class PortOutOfRangeError(OperatorError):
    """The number is no TCP port."""

    code: ClassVar[str] = "PORT_OUT_OF_RANGE"

    def __init__(self, port: int, needed_by: str) -> None:
        super().__init__(f"{port}, needed by {needed_by}, is no TCP port; choose a lower one with --port")
        self.port = port


def ensure_free(port: int, needed_by: str) -> None:
    """Raise unless ``needed_by`` (a role's name, for the message) could listen on 127.0.0.1:``port`` now.

    Raises:
        PortInUseError, PortNotPermittedError, PortOutOfRangeError.
    """
    if not 0 < port < 65536:
        raise PortOutOfRangeError(port, needed_by)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections of a predecessor in TIME_WAIT do not make the port busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUseError(port, needed_by, holder_of(port)) from None
            if error.errno == errno.EACCES:
                raise PortNotPermittedError(port, needed_by) from None
            raise


def holder_of(port: int) -> Holder | None:
    """The process that listens on ``port``, or None when there is none or /proc does not tell."""
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").glob("[0-9]*"):
        if _holds_any(process, wanted):
            return Holder(int(process.name), _command_of(process))
    return None


def _listening_inodes(port: int) -> set[str]:
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            columns = row.split()
            if columns[3] == _LISTEN and int(columns[1].rpartition(":")[2], 16) == port:
                inodes.add(columns[9])
    return inodes


def _holds_any(process: Path, sockets: set[str]) -> bool:
    try:
        for descriptor in os.scandir(process / "fd"):
            try:
                if os.readlink(descriptor.path) in sockets:
                    return True
            except OSError:  # closed meanwhile
                continue
    except OSError:  # another user's process, or it ended
        return False
    return False


def _command_of(process: Path) -> str:
    try:
        arguments = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return "?"
    return b" ".join(arguments).decode(errors="replace").strip()[:80] or "?"
