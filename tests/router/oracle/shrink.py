"""Makes a failing case small: takes parts away as long as the router stays wrong in the same way."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from itertools import islice
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    Node,
    OperationDefinitionNode,
    parse,
    print_ast,
)

from .case import Difference, Graph, RefusedError
from .random_operation import RandomOperation
from .run import Failure
from .world import Record

# What may be taken from a node, a list at a time.
_LISTS = (
    "definitions",
    "selections",
    "directives",
    "fields",
    "interfaces",
    "types",
    "arguments",
    "variable_definitions",
)


def shrink(failure: Failure, seconds: float = 60.0) -> Failure:
    """The smallest that was found in the time: first the operation, then the graph, then the records."""
    until = time.monotonic() + seconds
    failure = _narrowed(failure)
    steps = [_without_types, _operations, _without_fields, _records, _subgraphs, _apis, _values]
    if failure.difference.kind == "composition":
        steps = [_without_types, _without_fields]
    size = -1
    while size != _size(failure) and time.monotonic() < until:
        size = _size(failure)
        for step in steps:
            failure = _taken(failure, step, until)
    return failure


def _size(failure: Failure) -> int:
    return len(failure.operation.query) + len(str(failure.graph))


def _taken(failure: Failure, step: Callable[[Failure], Iterator[Failure]], until: float) -> Failure:
    """The failure without all that this step can take away. What could not be taken is not tried again at once."""
    place = 0
    while time.monotonic() < until:
        for smaller in islice(step(failure), place, None):
            found = _still(smaller, failure)
            if found is not None:
                failure = replace(smaller, difference=found)
                break
            place += 1
            if time.monotonic() > until:
                break
        else:
            break
    return failure


def _narrowed(failure: Failure) -> Failure:
    """The same with one set of variables."""
    for assignment in failure.operation.assignments:
        smaller = replace(failure, operation=replace(failure.operation, assignments=(assignment,)))
        if _still(smaller, failure) is not None:
            return smaller
    return failure


def _still(smaller: Failure, failure: Failure) -> Difference | None:
    """The difference, if it is of the same kind as before."""
    try:
        found = _difference(smaller)
    except (GraphQLError, TypeError, KeyError, AttributeError):
        return None  # what is left is no graph
    if found is None or found.kind != failure.difference.kind:
        return None
    alike = _refusal if found.kind == "composition" else _has_message
    return found if alike(found) == alike(failure.difference) else None


def _difference(failure: Failure) -> Difference | None:
    try:
        graph = Graph(failure.graph)
    except RefusedError as refused:
        return Difference("composition", str(refused))
    if graph.problems(failure.operation.query):
        return None
    return graph.difference(failure.operation.query, failure.operation.assignments)


def _refusal(difference: Difference) -> str:
    """What composition says first. What a smaller graph cannot reach is another thing each time; all other errors with
    other words would be those of taking something away."""
    first = difference.detail.partition("\n")[0]
    code = first.partition(":")[0]
    return code if code == "SATISFIABILITY_ERROR" else first


def _has_message(difference: Difference) -> bool:
    """What fails with an error keeps an error; what fails silently stays silent."""
    return "'message'" in difference.detail


def _operations(failure: Failure) -> Iterator[Failure]:
    document = parse(failure.operation.query)
    for smaller in _smaller(document):
        yield replace(failure, operation=replace(failure.operation, query=_tidy(smaller)))
    for assignment in failure.operation.assignments:
        for name in assignment:
            less = {key: value for key, value in assignment.items() if key != name}
            yield replace(failure, operation=RandomOperation(failure.operation.query, (less,)))


def _tidy(query: str) -> str:
    """Without fragments and variables that are not used any more."""
    document = parse(query)
    while True:
        text = print_ast(document)
        kept = [
            node
            for node in document.definitions
            if not isinstance(node, FragmentDefinitionNode) or f"...{node.name.value}" in text
        ]
        for place, node in enumerate(kept):
            if isinstance(node, OperationDefinitionNode):
                used = [
                    item
                    for item in node.variable_definitions or ()
                    if len(re.findall(rf"\${item.variable.name.value}\b", text)) > 1
                ]
                kept[place] = _with(node, "variable_definitions", tuple(used))
        document = _with(document, "definitions", tuple(kept))
        if print_ast(document) == text:
            return text


def _without_types(failure: Failure) -> Iterator[Failure]:
    for node in parse(failure.graph.api).definitions:
        yield from _without_coordinate(failure, node.name.value, None)  # type: ignore[attr-defined]


def _without_fields(failure: Failure) -> Iterator[Failure]:
    for node in parse(failure.graph.api).definitions:
        for field in getattr(node, "fields", None) or ():
            yield from _without_coordinate(failure, node.name.value, field.name.value)  # type: ignore[attr-defined]


def _without_coordinate(failure: Failure, type_name: str, field_name: str | None) -> Iterator[Failure]:
    """Takes a type or a field of a type out of all subgraphs and the unsplit schema."""
    subgraphs = {name: _without(sdl, type_name, field_name) for name, sdl in failure.graph.subgraphs.items()}
    graph = replace(
        failure.graph,
        api=_without(failure.graph.api, type_name, field_name),
        subgraphs={name: sdl for name, sdl in subgraphs.items() if sdl.strip()},
    )
    if graph != failure.graph:
        yield replace(failure, graph=graph)


def _without(sdl: str, type_name: str, field_name: str | None) -> str:
    document = parse(sdl)
    kept = []
    for node in document.definitions:
        if getattr(getattr(node, "name", None), "value", None) == type_name:
            if field_name is None:
                continue
            fields = tuple(field for field in node.fields if field.name.value != field_name)  # type: ignore[attr-defined]
            if not fields:
                continue
            node = _with(node, "fields", fields)  # noqa: PLW2901
        elif field_name is None and node.kind == "union_type_definition":
            members = tuple(member for member in node.types if member.name.value != type_name)  # type: ignore[attr-defined]
            node = _with(node, "types", members)  # noqa: PLW2901
        elif field_name is None and hasattr(node, "interfaces"):
            above = tuple(item for item in node.interfaces or () if item.name.value != type_name)
            node = _with(node, "interfaces", above)  # noqa: PLW2901
        kept.append(node)
    if all("schema" in node.kind for node in kept):
        return ""
    return "\n\n".join(print_ast(node) for node in kept)


def _subgraphs(failure: Failure) -> Iterator[Failure]:
    """Takes anything out of one subgraph, or the whole of it."""
    for name, sdl in failure.graph.subgraphs.items():
        rest = {other: text for other, text in failure.graph.subgraphs.items() if other != name}
        yield replace(failure, graph=replace(failure.graph, subgraphs=rest))
        for smaller in _smaller(parse(sdl)):
            yield replace(failure, graph=replace(failure.graph, subgraphs={**failure.graph.subgraphs, name: smaller}))
        for shorter in _shorter_field_sets(sdl):
            yield replace(failure, graph=replace(failure.graph, subgraphs={**failure.graph.subgraphs, name: shorter}))


def _shorter_field_sets(sdl: str) -> Iterator[str]:
    for directive in ("requires", "provides"):
        start = sdl.find(f"@{directive}(fields:")
        while start >= 0:
            opening = sdl.index('"', start)
            closing = sdl.index('"', opening + 1)
            document = parse("{" + sdl[opening + 1 : closing] + "}")
            for smaller in _smaller(document):
                inner = " ".join(smaller.strip()[1:-1].split())
                yield f"{sdl[: opening + 1]}{inner}{sdl[closing:]}"
            start = sdl.find(f"@{directive}(fields:", closing)


def _apis(failure: Failure) -> Iterator[Failure]:
    for smaller in _smaller(parse(failure.graph.api)):
        yield replace(failure, graph=replace(failure.graph, api=smaller))


def _records(failure: Failure) -> Iterator[Failure]:
    """Takes away the records that nothing leads to, and the fields that no schema has."""
    text = "\n".join([failure.graph.api, *failure.graph.subgraphs.values()])
    records = {
        name: {
            field: value
            for field, value in record.items()
            if field == "__typename" or f"{field}:" in text or f"{field}(" in text
        }
        for name, record in failure.graph.records.items()
    }
    known = {name: record for name, record in records.items() if record["__typename"] in text}
    yield replace(failure, graph=replace(failure.graph, records=known))
    for name in records:
        rest: dict[str, Record] = {other: record for other, record in records.items() if other != name}
        yield replace(failure, graph=replace(failure.graph, records=rest))


def _values(failure: Failure) -> Iterator[Failure]:
    records = failure.graph.records
    for name in list(records):
        for field, value in records[name].items():
            if field == "__typename":
                continue
            less = {other: item for other, item in records[name].items() if other != field}
            yield replace(failure, graph=replace(failure.graph, records={**records, name: less}))
            for shorter in _shorter(value):
                changed = {**records, name: {**records[name], field: shorter}}
                yield replace(failure, graph=replace(failure.graph, records=changed))


def _shorter(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield [*value[:place], *value[place + 1 :]]
            for shorter in _shorter(item):
                yield [*value[:place], shorter, *value[place + 1 :]]


def _smaller(document: DocumentNode) -> Iterator[str]:
    """The document with one thing less, the biggest things first."""
    for path in sorted(_paths(document, ()), key=len):
        smaller = deepcopy(document)
        node: Any = smaller
        for name, place in path[:-1]:
            node = getattr(node, name) if place is None else getattr(node, name)[place]
        name, place = path[-1]
        items = getattr(node, name)
        if place is None:
            continue
        rest = [*items[:place], *items[place + 1 :]]
        if not rest and name in ("selections", "definitions"):
            continue
        _set(node, name, tuple(rest))
        try:
            yield print_ast(smaller)
        except (TypeError, AttributeError):
            continue
    yield from _unwrapped(document)


def _unwrapped(document: DocumentNode) -> Iterator[str]:
    """The document with one inline fragment replaced by what is in it."""
    for path in _paths(document, ()):
        name, place = path[-1]
        if name != "selections" or place is None:
            continue
        smaller = deepcopy(document)
        node: Any = smaller
        for step, index in path[:-1]:
            node = getattr(node, step) if index is None else getattr(node, step)[index]
        item = node.selections[place]
        if item.kind == "inline_fragment":
            inner = item.selection_set.selections
            _set(node, "selections", (*node.selections[:place], *inner, *node.selections[place + 1 :]))
            yield print_ast(smaller)


def _paths(node: Node, path: tuple[tuple[str, int | None], ...]) -> Iterator[tuple[tuple[str, int | None], ...]]:
    for name in _LISTS:
        items = getattr(node, name, None)
        if isinstance(items, tuple | list):
            for place, item in enumerate(items):
                here = (*path, (name, place))
                yield here
                yield from _paths(item, here)
    below = getattr(node, "selection_set", None)
    if below is not None:
        yield from _paths(below, (*path, ("selection_set", None)))


def _with(node: Any, name: str, value: Any) -> Any:
    changed = deepcopy(node)
    _set(changed, name, value)
    return changed


def _set(node: Any, name: str, value: Any) -> None:
    # Nodes are frozen for those who share them; these are copies of our own.
    object.__setattr__(node, name, value)
