"""One server process: started, watched for its line of readiness, stopped."""

import contextlib
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from trellis.logfile import BoundedLog


@cache
def _spawning_thread() -> ThreadPoolExecutor:
    """The one thread that starts servers.

    Linux sends the parent-death signal when the *thread* that started a process ends. A server started from a
    short-lived thread would stop with it; this one lives until the interpreter exits.
    """
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedded-servers")


class ServerProcess:
    """A child process in a session of its own, whose output goes to a bounded log file.

    ``ready_marker`` is the part of an output line by which the server says that it accepts connections.
    """

    def __init__(self, argv: list[str], *, cwd: Path, log: BoundedLog, ready_marker: bytes) -> None:
        self._log = log
        self._ready_marker = ready_marker
        self._ready = False
        self._settled = threading.Event()  # ready, or the output has ended
        self._popen = _spawning_thread().submit(self._spawn, argv, cwd).result()
        self._reader = threading.Thread(target=self._read_output, name=f"log {log.path.name}", daemon=True)
        self._reader.start()

    @staticmethod
    def _spawn(argv: list[str], cwd: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 -- binaries of installed packages, arguments of ours
            argv,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C of the terminal is for the launcher, which stops us in order
        )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def log_tail(self) -> list[str]:
        return self._log.tail

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while the process runs."""
        return self._popen.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Block until the process ends; returns its exit status. Raises TimeoutError."""
        try:
            return self._popen.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError from error

    def wait_ready(self, timeout: float) -> bool:
        """Block until the server is ready (True), or has ended or stayed silent for ``timeout`` s (False)."""
        self._settled.wait(timeout)
        return self._ready

    def stop(self, with_signal: signal.Signals, grace: float) -> None:
        """Ask by ``with_signal``, kill after ``grace`` s; returns when the process is gone."""
        if self.poll() is None:
            self._popen.send_signal(with_signal)
            try:
                self.wait(grace)
            except TimeoutError:
                self._popen.kill()
                self.wait()
        # The output ends when the last process that inherited it is gone.
        self._reader.join(timeout=grace)

    def _read_output(self) -> None:
        output = self._popen.stdout
        if output is None:  # pragma: no cover -- it is always a pipe, the type says otherwise
            raise RuntimeError
        with output, contextlib.suppress(OSError), self._log as log:
            for line in output:
                log.write(line)
                if not self._ready and self._ready_marker in line:
                    self._ready = True
                    self._settled.set()
        self._settled.set()
