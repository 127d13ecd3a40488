"""The supergraph in a file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from router.server.sources.pace import Pace
from router.server.sources.source import Look, Unavailable, Unchanged, as_written


class FileSource:
    """A supergraph SDL file. Without it there is nothing to wait for: the first look raises OSError or ValueError.

    The contents are compared, not dates: mounted configuration is swapped by links, and copies keep old dates. Later
    on, a file that cannot be read is being replaced: it is looked at again, no less often than before.
    """

    is_patient = False

    def __init__(self, path: Path, pace: Pace) -> None:
        self._path = path
        self._pace = pace

    async def looks(self) -> AsyncIterator[Look]:
        known = await self._read()
        yield as_written(known)
        while True:
            await self._pace.after_success()
            try:
                text = await self._read()
            except (OSError, ValueError) as error:
                yield Unavailable(f"the file cannot be read: {type(error).__name__}")
                continue
            yield Unchanged() if text == known else as_written(text)
            known = text

    async def _read(self) -> str:
        return await asyncio.to_thread(self._path.read_text, encoding="utf-8")
