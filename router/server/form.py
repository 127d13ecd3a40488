"""Reading a request with files as it comes (GraphQL multipart request specification): bounded, and on disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from router.execution.uploaded_file import UploadedFile
from router.gateway.context import RequestContext
from router.gateway.errors import NotReadyError, PayloadTooLargeError, RequestTimeoutError, UploadError
from router.gateway.media_type import read_media_type
from router.gateway.upload_form import UploadForm, read_form, read_operations
from router.server.asgi import Receive
from router.server.disconnect import ClientGoneError

_FORM = "multipart/form-data"
_DEFAULT_NAME = "blob"  # as browsers call what has none
_DEFAULT_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """How many files, bytes of each and of all, bytes of everything else, and seconds for the whole."""

    files: int
    file_bytes: int
    bytes: int
    other_bytes: int
    seconds: float


def is_form(context: RequestContext) -> bool:
    """Whether the request says that it is one with files."""
    content_type = context.headers.get("content-type", "")
    return context.method == "POST" and content_type[:19].lower() == _FORM


async def receive_form(context: RequestContext, receive: Receive, limits: UploadLimits) -> UploadForm:
    """The form, which the caller closes. Raises GatewayError or ClientGoneError, and then leaves no file behind."""
    most = limits.bytes + limits.other_bytes
    announced = context.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise UploadError("UPLOAD_TOO_LARGE", f"a request with files may have {most} bytes", 413)
    boundary = read_media_type(context.headers["content-type"]).parameters.get("boundary", "")
    reader = _FormReader(limits)
    try:
        async with asyncio.timeout(limits.seconds):
            async with aclosing(_events(boundary, receive, most)) as events:
                async for event in events:
                    await reader.take(event)
            return reader.finish()
    except BaseException as error:
        reader.close()
        match error:
            case TimeoutError():
                raise RequestTimeoutError from error
            case MultipartError():
                raise UploadError("MULTIPART_MALFORMED", f"the body is no {_FORM}: {error.args[0]}") from error
            case OSError():
                raise NotReadyError("the files cannot be kept at the moment", "UPLOAD_NOT_KEPT") from error
        raise


async def _events(boundary: str, receive: Receive, most: int) -> AsyncGenerator[MultipartSegment | bytes | None, None]:
    """The start of each part, its bytes, and None at its end."""
    size = 0
    with PushMultipartParser(boundary) as parser:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > most:
                raise UploadError("UPLOAD_TOO_LARGE", f"a request with files may have {most} bytes", 413)
            # What comes after the last part is read, and means nothing.
            if chunk and not parser.closed:
                for event in parser.parse(chunk):
                    yield event
            if not message.get("more_body", False):
                return


class _FormReader:
    """Puts the parts together in the order that the specification demands: operations, map, files."""

    def __init__(self, limits: UploadLimits) -> None:
        self._limits = limits
        self._form: UploadForm | None = None
        self._fields: dict[str, bytes] = {}
        self._field = ""
        self._file: UploadedFile | None = None
        self._bytes_of_files = 0
        self._bytes_of_fields = 0

    async def take(self, event: MultipartSegment | bytes | None) -> None:
        """One event of the parser."""
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is None:
            self._end()
        elif self._file is not None:
            await self._write(self._file, event)
        else:
            self._bytes_of_fields += len(event)
            if self._bytes_of_fields > self._limits.other_bytes:
                raise PayloadTooLargeError(self._limits.other_bytes)
            self._fields[self._field] += event

    def finish(self) -> UploadForm:
        """The form once all has come."""
        for field in ("operations", "map"):
            if field not in self._fields:
                raise UploadError(f"UPLOAD_{field.upper()}_INVALID", f"the field {field} is missing")
        if self._form is None:
            raise RuntimeError("a map that was read makes a form")
        self._form.check_complete()
        return self._form

    def close(self) -> None:
        """Deletes what has come."""
        if self._form is not None:
            self._form.close()

    def _begin(self, part: MultipartSegment) -> None:
        name = part.name or ""
        self._file = None
        if name in ("operations", "map"):
            self._begin_field(name)
            return
        if self._form is None:
            raise UploadError("UPLOAD_ORDER_INVALID", "operations come first, then map, then the files")
        if name not in self._form.expected or name in self._form.files:
            raise UploadError("UPLOAD_FILE_UNEXPECTED", f"the map has no file {name[:100]!r}, or it came before")
        self._file = UploadedFile(part.filename or _DEFAULT_NAME, _printable(part.header("Content-Type")))
        self._form.files[name] = self._file

    def _begin_field(self, name: str) -> None:
        if name in self._fields:
            raise UploadError("UPLOAD_ORDER_INVALID", f"the field {name} came before")
        if name == "map" and "operations" not in self._fields:
            raise UploadError("UPLOAD_ORDER_INVALID", "operations come first, then map, then the files")
        self._field = name
        self._fields[name] = b""

    def _end(self) -> None:
        if self._file is not None:
            return
        if self._field == "operations":
            read_operations(self._fields["operations"])
        else:
            self._form = read_form(self._fields["operations"], self._fields["map"], self._limits.files)

    async def _write(self, file: UploadedFile, chunk: bytes) -> None:
        self._bytes_of_files += len(chunk)
        if file.size + len(chunk) > self._limits.file_bytes:
            raise UploadError("UPLOAD_FILE_TOO_LARGE", f"a file may have {self._limits.file_bytes} bytes", 413)
        if self._bytes_of_files > self._limits.bytes:
            raise UploadError("UPLOAD_TOO_LARGE", f"the files of a request may have {self._limits.bytes} bytes", 413)
        await file.write(chunk)


def _printable(content_type: str | None) -> str:
    """What the client says the file is, where it can stand in a header."""
    said = content_type or ""
    return said if said.isascii() and said.isprintable() and said else _DEFAULT_TYPE
