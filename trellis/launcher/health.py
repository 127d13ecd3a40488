"""Is an HTTP role ready?"""

import asyncio
from urllib.parse import urlsplit

_PROBE_TIMEOUT = 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.25


async def is_ready(url: str) -> bool:
    """Whether ``GET url`` is answered with status 200; no client library, so that the launcher stays small."""
    parts = urlsplit(url)
    target = parts.path or "/"
    request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(_PROBE_TIMEOUT):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            try:
                writer.write(request.encode("ascii"))
                status_line = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError):
        return False
    return status_line.split(b" ")[1:2] == [b"200"]


async def until_ready(url: str) -> None:
    """Return when ``url`` answers 200. Asks often at first, then four times a second."""
    pause = _FIRST_PAUSE
    while not await is_ready(url):
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
