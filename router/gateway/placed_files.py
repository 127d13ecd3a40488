"""Files among variables: put in before these are coerced, and taken out again afterwards with where they are then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLSchema,
    VariableDefinitionNode,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
    is_scalar_type,
    type_from_ast,
)

from router.execution.uploaded_file import PlacedFile, UploadedFile
from router.gateway.errors import UploadError

SCALAR = "Upload"
"""The scalar that stands for a file, by the name that everybody gives it."""

_Container = Any  # a list or dict of JSON, by whose keys or indices the paths lead


def takes_files(schema: GraphQLSchema) -> bool:
    """Whether any variable could be a file."""
    return is_scalar_type(schema.get_type(SCALAR))


def put_in(variables: Mapping[str, object], placed: Sequence[PlacedFile]) -> None:
    """Each file where the null is that stands for it."""
    for item in placed:
        _container(variables, item)[item.path[-1]] = item.file


def take_out(
    variables: Mapping[str, object],
    placed: Sequence[PlacedFile],
    schema: GraphQLSchema,
    definitions: Sequence[VariableDefinitionNode],
) -> tuple[PlacedFile, ...]:
    """The files with the nulls back in their place; a single file for a list has become one in a list.

    Raises UploadError where a file is given for what is none.
    """
    found = tuple(PlacedFile(path, file) for path, file in _files(variables, ()))
    if len(found) != len(placed):
        raise UploadError("UPLOAD_PATH_INVALID", "a file is given for a variable that the operation does not have")
    types = {definition.variable.name.value: type_from_ast(schema, definition.type) for definition in definitions}
    for item in found:
        if not _is_upload(types[str(item.path[0])], item.path[1:]):
            where = ".".join(map(str, item.path))
            raise UploadError("UPLOAD_NOT_EXPECTED", f"the variable {where[:100]} is no {SCALAR}")
        _container(variables, item)[item.path[-1]] = None
    return found


def _container(variables: Mapping[str, object], item: PlacedFile) -> _Container:
    container: _Container = variables
    for step in item.path[:-1]:
        container = container[step]
    return container


def _files(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], UploadedFile]]:
    if isinstance(value, UploadedFile):
        yield path, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _files(item, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _files(item, (*path, index))


def _is_upload(type_: object, path: Sequence[str | int]) -> bool:
    for step in path:
        type_ = get_nullable_type(type_)  # type: ignore[call-overload]
        if is_list_type(type_) and isinstance(step, int):
            type_ = type_.of_type
        elif is_input_object_type(type_) and step in type_.fields:
            type_ = type_.fields[str(step)].type
        else:
            return False
    type_ = get_nullable_type(type_)  # type: ignore[call-overload]
    return is_scalar_type(type_) and type_.name == SCALAR
