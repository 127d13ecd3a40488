"""The last supergraph that was served, on disk: what a router starts with while its source cannot be had."""

from __future__ import annotations

import asyncio
import os
import tempfile
from contextlib import suppress
from pathlib import Path

import structlog

logger = structlog.get_logger(__name__)


class KeptCopy:
    """One file. A disk that fails costs the copy, never the request or the supergraph in force."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self) -> str | None:
        """None where there is none that can be read."""
        try:
            return await asyncio.to_thread(self._path.read_text, encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            logger.warning("supergraph.copy_unreadable", reason=type(error).__name__)
            return None

    async def write(self, sdl: str) -> None:
        """Replaces the copy as a whole: whoever reads it sees the one before or this one."""
        try:
            await asyncio.to_thread(self._replace, sdl)
        except OSError as error:
            logger.warning("supergraph.copy_not_kept", reason=type(error).__name__)

    def _replace(self, sdl: str) -> None:
        folder = self._path.parent
        descriptor, beside = tempfile.mkstemp(prefix=f".{self._path.name}.", dir=folder)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(sdl)
                file.flush()
                os.fsync(file.fileno())
            Path(beside).replace(self._path)
        except BaseException:
            with suppress(OSError):
                Path(beside).unlink()
            raise
