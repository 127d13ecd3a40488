"""Watching a file for another supergraph."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path


async def read_text(path: Path) -> str:
    """The file, read beside the event loop. Raises OSError or UnicodeDecodeError, which is a ValueError."""
    return await asyncio.to_thread(path.read_text, encoding="utf-8")


async def changes(path: Path, known: str, seconds: float, now: asyncio.Event) -> AsyncIterator[str]:
    """What the file holds, each time that it is something else; looked at every so many seconds, and when `now` is set.

    The contents are compared, not dates: mounted configuration is swapped by links, and copies keep old dates. A file
    that cannot be read at the moment is being replaced: it is looked at again.
    """
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await now.wait()
        now.clear()
        with suppress(OSError, ValueError):
            text = await read_text(path)
            if text != known:
                known = text
                yield text
