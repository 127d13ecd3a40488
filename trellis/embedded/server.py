"""What the embedded servers have in common: a home directory, a port, a life."""

import os
import secrets
import select
import signal
import stat
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from trellis import ports
from trellis.embedded.errors import (
    DataDirectoryBrokenError,
    DataDirectoryInUseError,
    DataDirectoryNotWritableError,
    ServerStartFailedError,
)
from trellis.embedded.identity import Identity
from trellis.embedded.process import ServerProcess
from trellis.logfile import BoundedLog

READY_TIMEOUT = 30.0  # seconds; crash recovery of a large write-ahead log is the slow case
STOP_GRACE = 5.0  # seconds; after it the server is killed, which costs a recovery and no data
_ORPHAN_GRACE = 8.0  # seconds for a server whose launcher has just been killed


class EmbeddedServer(ABC):
    """A server on 127.0.0.1 whose whole state lies in ``data_dir``.

    ``data_dir`` holds ``data/`` (the server's own directory), ``password`` (mode 0600, made at the first
    start), ``server.pid`` and ``server.log``. With ``durable=False`` nothing is flushed to disk: for tests.

    The server dies with the process that called ``start``, even when that is killed.
    """

    name: ClassVar[str]
    ready_marker: ClassVar[bytes]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, data_dir: Path, port: int, *, durable: bool = True) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port
        self.durable = durable
        self._process: ServerProcess | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """How clients reach the server, password included. Known before the first start."""

    @abstractmethod
    def _identity(self) -> Identity:
        """As whom the server runs."""

    @abstractmethod
    def _prepare(self, identity: Identity) -> None:
        """Make ``data_path`` a data directory of the server, or refuse it."""

    @abstractmethod
    def _argv(self) -> list[str]:
        """The server's command line."""

    @property
    def data_path(self) -> Path:
        return self.data_dir / "data"

    @property
    def log_path(self) -> Path:
        return self.data_dir / "server.log"

    @property
    def log_tail(self) -> list[str]:
        """What the server wrote last, oldest first."""
        return self._process.log_tail if self._process else []

    @property
    def pid(self) -> int | None:
        """The server's process id; None unless it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the server and return when it accepts connections; nothing happens if it already runs.

        Raises:
            OperatorError: in one of its kinds, when the directory, the port or the server refuses.
        """
        if self.pid is not None:
            return
        identity = self._identity()
        self._make_home()
        try:
            self._outlive_predecessor()
            ports.ensure_free(self.port, self.name)
            self._prepare(identity)
            self._run(identity)
        except PermissionError as error:  # a file in it belongs to somebody else
            raise DataDirectoryNotWritableError(Path(error.filename or self.data_dir)) from error
        self.wait_ready()

    def wait_ready(self, timeout: float = READY_TIMEOUT) -> None:
        """Block until the started server accepts connections. Raises ServerStartFailedError."""
        process = self._process
        if process is None:
            raise ServerStartFailedError(self.name, "it was not started", self.log_path)
        if process.wait_ready(timeout):
            return
        process.stop(signal.SIGKILL, STOP_GRACE)
        status = process.wait()
        raise ServerStartFailedError(self.name, f"exit status {status}, {_reason(process.log_tail)}", self.log_path)

    def wait(self) -> int:
        """Block until the server ends; its exit status, negative for a signal. 0 when never started."""
        return self._process.wait() if self._process else 0

    def stop(self, grace: float = STOP_GRACE) -> None:
        """Stop the server, within ``grace`` seconds or by force; nothing happens if it does not run."""
        if self._process is not None:
            self._process.stop(self.stop_signal, grace)
            self._process = None
            self._pid_file.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def password(self) -> str:
        """The superuser's password; generated when the server has not been started yet."""
        self._make_home()
        if not self.data_path.exists():
            self._make_password()
        try:
            return self._password_file.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            raise DataDirectoryBrokenError(self.data_dir, "has lost its password file") from None

    @property
    def _password_file(self) -> Path:
        return self.data_dir / "password"

    @property
    def _pid_file(self) -> Path:
        return self.data_dir / "server.pid"

    def _run(self, identity: Identity) -> None:
        argv = identity.command(self._argv(), signal_on_parent_death=self.stop_signal.name.removeprefix("SIG"))
        log = BoundedLog(self.log_path)
        self._process = ServerProcess(argv, cwd=self.data_path, log=log, ready_marker=self.ready_marker)
        self._pid_file.write_text(f"{self._process.pid} {os.getpid()}\n", encoding="ascii")

    def _make_password(self) -> None:
        """Generate the password, unless there is one."""
        if not self._password_file.exists():
            self._password_file.touch(mode=0o600)
            self._password_file.write_text(secrets.token_urlsafe(24) + "\n", encoding="ascii")

    def _make_home(self) -> None:
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise DataDirectoryNotWritableError(self.data_dir) from error
        # The directory first: in a closed one, even whether something exists cannot be asked.
        everything = os.R_OK | os.W_OK | os.X_OK
        for path, needed in ((self.data_dir, everything), (self.data_path, everything), (self._password_file, os.R_OK)):
            if path.exists() and not os.access(path, needed):
                raise DataDirectoryNotWritableError(path)

    def _outlive_predecessor(self) -> None:
        """Let a server whose launcher was killed finish; refuse when somebody still runs it."""
        try:
            pid, launcher = map(int, self._pid_file.read_text(encoding="ascii").split())
        except (OSError, ValueError):
            return
        # A pid means nothing after a reboot: only a process that works in this very directory counts.
        if not _works_in(pid, self.data_path):
            return
        if _parent_of(pid) == launcher or not _ends_within(pid, _ORPHAN_GRACE):
            raise DataDirectoryInUseError(self.data_dir, pid)


def _reason(log_tail: list[str]) -> str:
    """The line that tells why a server ended; hints and farewells may follow it."""
    fatal = [line for line in log_tail if "FATAL" in line or "PANIC" in line]
    return (fatal or log_tail or ["it wrote nothing"])[-1]


def _works_in(pid: int, directory: Path) -> bool:
    try:
        here, there = directory.stat(), Path(f"/proc/{pid}/cwd").stat()
    except OSError:
        return False
    return stat.S_ISDIR(there.st_mode) and (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def _parent_of(pid: int) -> int | None:
    try:
        # The command name, in parentheses, may hold spaces; state and parent follow the last one.
        return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except OSError:
        return None


def _ends_within(pid: int, seconds: float) -> bool:
    try:
        handle = os.pidfd_open(pid)
    except OSError:  # it has ended
        return True
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)
