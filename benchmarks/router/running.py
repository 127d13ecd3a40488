"""Servers of the benchmark, each a process of its own that is ended by its id."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import aiohttp

from benchmarks.processes import processes_below, processor_seconds, proportional_megabytes, resident_megabytes, send

_ROOT = Path(__file__).parents[2]
_KEPT = ("PATH", "HOME", "LANG", "VIRTUAL_ENV")
_START_SECONDS = 90
_END_SECONDS = 10


class NotServingError(Exception):
    """A server ended, or did not answer, when it should have begun to serve; the message is its log."""


class Server:
    """A server by its command. Use it as an async context manager; inside it has answered once."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        url: str,
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.url = url
        self._command = [str(part) for part in command]
        self._log = log
        # Nothing of the caller's: a proxy or an option of its shell would be measured too.
        self._environment = {key: os.environ[key] for key in _KEPT if key in os.environ} | dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        self._start()
        try:
            await self._until_it_answers()
        except BaseException:
            self._end()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._end()

    @property
    def seconds(self) -> float:
        """Processor time so far, of all its processes."""
        return processor_seconds(self._pids())

    @property
    def resident(self) -> float:
        """Megabytes of RSS."""
        return resident_megabytes(self._pids())

    @property
    def proportional(self) -> float:
        """Megabytes of PSS."""
        return proportional_megabytes(self._pids())

    def _pids(self) -> list[int]:
        assert self._process is not None
        return processes_below(self._process.pid)

    def _start(self) -> None:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, cwd=_ROOT, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    async def _until_it_answers(self) -> None:
        assert self._process is not None
        body = {"query": "{ __typename }"}
        async with aiohttp.ClientSession() as session:
            for _ in range(_START_SECONDS * 10):
                if self._process.poll() is not None:
                    break
                with suppress(aiohttp.ClientError, OSError):
                    async with session.post(self.url, json=body) as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(0.1)
        raise NotServingError(f"{self.name} does not serve:\n{self._log.read_text(errors='replace')[-2_000:]}")

    def _end(self) -> None:
        if self._process is None:
            return
        pids = self._pids()
        send(pids[:1], signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        send(pids, signal.SIGKILL)
        self._process.wait()
        self._process = None


def module(name: str, *arguments: str | Path) -> list[str | Path]:
    """The command that runs one of our modules."""
    return [sys.executable, "-m", name, *arguments]
