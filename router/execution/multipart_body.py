"""A request with files to a subgraph, by the GraphQL multipart request specification."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence

import msgspec
from multipart import content_disposition_quote

from router.execution.uploaded_file import PlacedFile, UploadedFile

_CHUNK = 256 * 1024


class MultipartBody:
    """The body around `operations`; a file that is in several places is sent once.

    It can be read as often as it must: to sign it, to send it.
    """

    def __init__(self, operations: bytes, placed: Sequence[PlacedFile]) -> None:
        boundary = secrets.token_hex(16)
        places: dict[UploadedFile, list[str]] = {}
        for item in placed:
            places.setdefault(item.file, []).append(".".join(("variables", *map(str, item.path))))
        positions = {str(number): paths for number, paths in enumerate(places.values())}
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self._parts: list[bytes | UploadedFile] = [
            _head(boundary, 'name="operations"') + operations,
            b"\r\n" + _head(boundary, 'name="map"') + msgspec.json.encode(positions),
        ]
        for number, file in enumerate(places):
            name = f'name="{number}"; filename={content_disposition_quote(file.filename)}'
            self._parts += [b"\r\n" + _head(boundary, name, file.content_type), file]
        self._parts.append(f"\r\n--{boundary}--\r\n".encode())

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(part.size if isinstance(part, UploadedFile) else len(part) for part in self._parts)

    def chunks(self) -> Iterator[bytes]:
        """All of it; reads from disk."""
        for part in self._parts:
            if isinstance(part, UploadedFile):
                yield from (part.read_at(offset, _CHUNK) for offset in range(0, part.size, _CHUNK))
            else:
                yield part

    async def stream(self) -> AsyncIterator[bytes]:
        """All of it, read beside the event loop."""
        for part in self._parts:
            if not isinstance(part, UploadedFile):
                yield part
            elif part.is_in_memory:
                yield part.read_at(0, part.size)
            else:
                for offset in range(0, part.size, _CHUNK):
                    yield await asyncio.to_thread(part.read_at, offset, _CHUNK)


def _head(boundary: str, name: str, content_type: str = "") -> bytes:
    said = f"content-type: {content_type}\r\n" if content_type else ""
    return f"--{boundary}\r\ncontent-disposition: form-data; {name}\r\n{said}\r\n".encode()
