"""A subgraph's errors, moved to the client's paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from router.execution.errors import FieldError, ResponsePath

_MOST_COPIES = 100
"""An entity that stands at thousands of places has its error shown at this many."""
_MOST_ERRORS = 1_000
"""Errors of one answer that are shown; each costs a thousand times what it cost to send it."""


def root_errors(service: str, errors: Sequence[object], at: ResponsePath) -> Iterator[FieldError]:
    """Errors of a fetch of root fields, merged at `at`."""
    for error in errors[:_MOST_ERRORS]:
        path = _path(error)
        yield _error(service, error, (*at, *path) if path is not None else (at or None))
    yield from _rest(service, errors, at)


def _rest(service: str, errors: Sequence[object], at: ResponsePath) -> Iterator[FieldError]:
    more = len(errors) - _MOST_ERRORS
    if more > 0:
        yield FieldError(
            f"{more} more errors of {service} are left out", "SUBREQUEST_TOO_MANY_ERRORS", at or None, service
        )


_PATH_PARTS = frozenset({str, int})


@dataclass(frozen=True, slots=True)
class AskedEntities:
    """One `_entities` of a request: its response key, for each representation the places it stands for, and the
    path that covers them all."""

    key: str
    targets: Sequence[Sequence[ResponsePath]]
    covering: ResponsePath


def entity_errors(service: str, errors: Sequence[object], asked: Sequence[AskedEntities]) -> Iterator[FieldError]:
    """Errors of an entity fetch: `_entities.3.name` is `name` at every place the fourth entity stands."""
    yield from islice(_entity_errors(service, errors[:_MOST_ERRORS], asked), _MOST_ERRORS)
    yield from _rest(service, errors, asked[0].covering)


def _entity_errors(service: str, errors: Sequence[object], asked: Sequence[AskedEntities]) -> Iterator[FieldError]:
    by_key = {item.key: item for item in asked}
    for error in errors:
        path = _path(error) or ()
        about = by_key.get(str(path[0])) if path else None
        index = path[1] if about is not None and len(path) > 1 else None
        if about is not None and isinstance(index, int) and 0 <= index < len(about.targets):
            for at in about.targets[index][:_MOST_COPIES]:
                yield _error(service, error, (*at, *path[2:]))
            continue
        for item in [about] if about is not None else asked:
            yield _error(service, error, item.covering)


def _path(error: object) -> ResponsePath | None:
    path = error.get("path") if isinstance(error, dict) else None
    if not isinstance(path, list) or not _PATH_PARTS.issuperset(map(type, path)):
        return None
    return tuple(path)


def _error(service: str, error: object, path: ResponsePath | None) -> FieldError:
    if not isinstance(error, dict):
        return FieldError("the subgraph reported an error that is none", None, path, service)
    extensions = error.get("extensions")
    known = {str(key): value for key, value in extensions.items()} if isinstance(extensions, dict) else {}
    code = known.pop("code", None)
    known.pop("service", None)
    message = error.get("message")
    return FieldError(
        message if isinstance(message, str) else "the subgraph gave no message",
        code if isinstance(code, str) else None,
        path,
        service,
        known,
    )
