"""What a multipart request says of its files: where in the operations they belong (`map`).

See the GraphQL multipart request specification. It is read before the first file has come, so that what is wrong with
it costs no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from router.execution.uploaded_file import PlacedFile, UploadedFile
from router.gateway.errors import UploadError

_MOST_PLACES = 1_000
_decode = msgspec.json.Decoder().decode
_decode_map = msgspec.json.Decoder(dict[str, list[str]]).decode


@dataclass(frozen=True, slots=True)
class _Place:
    """The operation's place in the batch, 0 for the only one; a path in its variables; and the field of the file."""

    operation: int
    path: tuple[str | int, ...]
    name: str


@dataclass(slots=True)
class UploadForm:
    """The operations, as JSON, and the files as far as they have come."""

    operations: bytes
    places: Sequence[_Place]
    expected: frozenset[str]
    files: dict[str, UploadedFile] = field(default_factory=dict)

    def of(self, operation: int) -> tuple[PlacedFile, ...]:
        """The files of one operation."""
        return tuple(
            PlacedFile(place.path, self.files[place.name]) for place in self.places if place.operation == operation
        )

    def check_complete(self) -> None:
        """Raises UploadError where files did not come."""
        missing = sorted(self.expected - self.files.keys())
        if missing:
            raise UploadError("UPLOAD_FILE_MISSING", f"the map has files that did not come: {', '.join(missing)[:200]}")

    def close(self) -> None:
        """Deletes the files."""
        for file in self.files.values():
            file.close()


def read_operations(raw: bytes) -> object:
    """The operations field: an operation, or a batch of them. Raises UploadError."""
    try:
        operations = _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UploadError("UPLOAD_OPERATIONS_INVALID", "the field operations is not valid JSON") from error
    if not isinstance(operations, dict | list):
        raise UploadError("UPLOAD_OPERATIONS_INVALID", "the field operations must be an object, or an array of them")
    return operations


def read_form(raw_operations: bytes, raw_map: bytes, most_files: int) -> UploadForm:
    """Raises UploadError where the map names what is not there to be a file."""
    operations = read_operations(raw_operations)
    try:
        positions = _decode_map(raw_map)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = "the field map must be an object: for each file a list of paths"
        raise UploadError("UPLOAD_MAP_INVALID", message) from error
    if len(positions) > most_files:
        raise UploadError("UPLOAD_TOO_MANY_FILES", f"a request may have {most_files} files", 413)
    places = _places(operations, positions)
    return UploadForm(raw_operations, places, frozenset(positions))


def _places(operations: object, positions: Mapping[str, list[str]]) -> list[_Place]:
    places: dict[tuple[int, tuple[str | int, ...]], _Place] = {}
    for name, paths in positions.items():
        if not paths:
            raise UploadError("UPLOAD_MAP_INVALID", f"the map has no path for the file {name[:100]!r}")
        for path in paths:
            place = _place(operations, name, path)
            if (place.operation, place.path) in places:
                raise UploadError("UPLOAD_PATH_INVALID", f"{path[:100]!r} stands for more than one file")
            places[place.operation, place.path] = place
            if len(places) > _MOST_PLACES:
                raise UploadError("UPLOAD_MAP_INVALID", f"the map has more than {_MOST_PLACES} paths")
    return list(places.values())


def _place(operations: object, name: str, path: str) -> _Place:
    steps = path.split(".")
    number, operation = 0, operations
    if isinstance(operations, list):
        number = _index(steps.pop(0), path)
        operation = operations[number] if number < len(operations) else None
    if len(steps) < 2 or steps[0] != "variables" or not isinstance(operation, dict):
        raise _nowhere(path)
    value: object = operation.get("variables")
    walked: list[str | int] = []
    for step in steps[1:]:
        if isinstance(value, dict) and step in value:
            walked.append(step)
            value = value[step]
        elif isinstance(value, list) and (index := _index(step, path)) < len(value):
            walked.append(index)
            value = value[index]
        else:
            raise _nowhere(path)
    if value is not None:
        raise UploadError("UPLOAD_PATH_INVALID", f"{path[:100]!r} is not null, so it stands for no file")
    return _Place(number, tuple(walked), name)


def _index(step: str, path: str) -> int:
    if not (step.isascii() and step.isdecimal() and len(step) < 7):
        raise _nowhere(path)
    return int(step)


def _nowhere(path: str) -> UploadError:
    return UploadError("UPLOAD_PATH_INVALID", f"{path[:100]!r} leads to no variable of an operation")
