"""Fetch graph to plan: documents printed, representations resolved to keys in our data."""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import replace

from graphql import OperationDefinitionNode, OperationType, SelectionSetNode, print_ast
from graphql.type import specified_scalar_types

from router.planning.defer_directive import without_defer
from router.planning.deferral import deferred_pieces
from router.planning.fetch_graph import Conditions, ContextVariable, EntityInput, Entry, FetchGraph, FetchNode
from router.planning.operation import FieldSelection, FragmentSelection, Operation, SelectionSet
from router.planning.optimise.separate_clashes import Rename, separate_clashes
from router.planning.plan import ContextValue, Fetch, InputField, Introspection, Lookup, QueryPlan, Representation
from router.planning.response_keys import KeyPath
from router.planning.selection_tree import SelectionTree, leaves, print_tree
from router.supergraph.field_set import FieldSet, FieldSetFragment
from router.supergraph.model import TypeKind, named_type


def to_plan(
    operation: Operation,
    graph: FetchGraph,
    requests: Sequence[Sequence[FetchNode]],
    steps: int,
    *,
    is_whole: bool = True,
) -> QueryPlan:
    """The immutable plan; `steps` is what the search spent, kept for whoever tunes the cap.

    `is_whole` says that the graph fetches all of the operation.
    """
    only = next(iter(graph.nodes.values())) if len(graph.nodes) == 1 else None
    deferred = deferred_pieces(graph.supergraph, operation)
    passthrough = is_whole and not deferred and only is not None and _passes_through(operation, graph, only)
    return QueryPlan(
        operation=operation,
        fetches=tuple(_fetch(operation, graph, nodes) for nodes in requests),
        introspection=tuple(_introspection(operation)),
        passthrough=passthrough,
        steps=steps,
        deferred=deferred,
    )


def _fetch(operation: Operation, graph: FetchGraph, nodes: Sequence[FetchNode]) -> Fetch:
    """One request for the nodes, which are several only where each looks up entities."""
    first = nodes[0]
    kind = first.root or "query"
    used = set[str]().union(*(_variables(node.tree) for node in nodes))
    directives = ""
    if kind == operation.kind.value:
        # A directive of a mutation need not be one of the queries that come after it.
        directives = operation.directives
        used |= operation.directive_variables
    definitions = [definition for name, definition in operation.variables.items() if name in used]
    lookups: tuple[Lookup, ...] = ()
    renames: tuple[Rename, ...] = ()
    fields: tuple[tuple[str, Conditions], ...] = ()
    if first.inputs:
        names = _free_names("representations", len(nodes), operation.variables)
        keys = _free_names("_entities", len(nodes), ())
        lookups = tuple(_lookup(graph, node, key, name) for node, key, name in zip(nodes, keys, names, strict=True))
        definitions = [
            *(f"${name}: [_Any!]!" for name in names),
            *(f"${found.variable}: {found.type}" for lookup in lookups for found in lookup.contexts),
            *definitions,
        ]
        asked = (
            f"{'' if lookup.key == '_entities' else lookup.key + ': '}_entities(representations: ${lookup.variable})"
            + print_tree(node.tree)
            for lookup, node in zip(lookups, nodes, strict=True)
        )
        body = "{" + " ".join(asked) + "}"
    else:
        renames = separate_clashes(first)
        fields = tuple((item.response_key, item.conditions) for item in first.tree.fields.values() if not item.internal)
        body = print_tree(first.tree)
    name = f"{operation.name or 'Operation'}__{re.sub(r'[^0-9A-Za-z_]', '_', first.subgraph)}__{first.id}"
    listed = f"({', '.join(definitions)})" if definitions else ""
    return Fetch(
        id=first.id,
        subgraph=first.subgraph,
        kind=kind,
        path=() if lookups else first.path,
        document=f"{kind} {name}{listed}{directives} {body}",
        operation_name=name,
        variables=(
            *(name for name in operation.variables if name in used),
            *(found.variable for lookup in lookups for found in lookup.contexts),
        ),
        lookups=lookups,
        depends_on=tuple(sorted(first.depends_on)),
        conditions=() if lookups else first.conditions,
        renames=renames,
        part=first.part.id if first.part else 0,
        fields=fields,
    )


def _lookup(graph: FetchGraph, node: FetchNode, key: str, variable: str) -> Lookup:
    # The aliases it sets must be in the tree before that is printed.
    renames = separate_clashes(node)
    builder = _Representations(graph, tuple(element for element in node.path if isinstance(element, str)))
    return Lookup(
        key=key,
        variable=variable,
        path=node.path,
        representations=tuple(builder.of(entry, found) for entry, found in node.inputs.items()),
        conditions=node.conditions,
        renames=renames,
        leaves=leaves(node.tree),
        contexts=tuple(builder.context(found) for found in node.contexts.values()),
    )


def _free_names(stem: str, count: int, taken: Container[str]) -> list[str]:
    """`stem`, `stem_2` and so on, none of them among the names the client uses."""
    while any(name in taken for name in _numbered(stem, count)):
        stem = f"_{stem}"
    return _numbered(stem, count)


def _numbered(stem: str, count: int) -> list[str]:
    return [stem if number == 1 else f"{stem}_{number}" for number in range(1, count + 1)]


class _Representations:
    """Resolves field sets at one response path to the keys our data have there."""

    def __init__(self, graph: FetchGraph, path: KeyPath) -> None:
        self.graph = graph
        self.path = path

    def of(self, entry: Entry, found: EntityInput) -> Representation:
        type_name, entered = entry
        fields = {field.name: field for field in self._fields(type_name, found.requires, self.path, False)}
        for field in self._fields(type_name, found.key, self.path, True):
            known = fields.get(field.name)
            fields[field.name] = _both(known, field) if known else field
        types = self.graph.supergraph
        members = types.possible_types(type_name) if types.types[type_name].is_abstract else ()
        return Representation(type_name, entered, members, tuple(fields[name] for name in sorted(fields)))

    def context(self, found: ContextVariable) -> ContextValue:
        required = found.type.endswith("!")
        fields = tuple(self._fields(found.type_name, found.selection, found.path, required))
        return ContextValue(found.name, found.type, found.up, fields)

    def _fields(self, type_name: str, field_set: FieldSet, path: KeyPath, required: bool) -> Iterator[InputField]:
        for item in field_set:
            if isinstance(item, FieldSetFragment):
                yield from self._on(item, path, required)
                continue
            if item.name == "__typename":
                continue
            model = self.graph.supergraph.field(type_name, item.name)
            returned = named_type(model.type) if model else ""
            source = self.graph.keys.internal(path, item.name, item.arguments)
            fields = tuple(self._fields(returned, item.selections, (*path, source), required))
            typed = bool(fields) and self.graph.supergraph.types[returned].is_abstract
            is_plain = model is not None and self._is_plain(model.type)
            yield InputField(item.name, source, required, fields, None, typed, is_plain)

    def _is_plain(self, type_: str) -> bool:
        name = named_type(type_)
        if type_.rstrip("!") != name:
            return False
        known = self.graph.supergraph.types.get(name)
        return name in specified_scalar_types or (known is not None and known.kind is TypeKind.ENUM)

    def _on(self, fragment: FieldSetFragment, path: KeyPath, required: bool) -> Iterator[InputField]:
        supertypes = self.graph.supergraph.supertypes
        on = frozenset(name for name, found in supertypes.items() if fragment.type_name in found)
        for field in self._fields(fragment.type_name, fragment.selections, path, required):
            limited = on if field.on is None else on & field.on
            yield replace(field, required=required, on=limited)


def _both(left: InputField, right: InputField) -> InputField:
    """A field that is part of the key and of a requirement: all its parts, each as strict as the stricter."""
    fields = {field.name: field for field in left.fields}
    for field in right.fields:
        known = fields.get(field.name)
        fields[field.name] = _both(known, field) if known else field
    on = None if left.on is None or right.on is None else left.on | right.on
    required = left.required or right.required
    typed = left.typed or right.typed
    return replace(right, required=required, fields=tuple(fields.values()), on=on, typed=typed)


def _variables(tree: SelectionTree) -> set[str]:
    used: set[str] = set()
    for entry in tree.walk():
        used |= entry.variables
        used.update(variable for variable, _ in entry.conditions)
    return used


def _introspection(operation: Operation) -> Iterator[Introspection]:
    for path, asked in operation.introspection.items():
        node = OperationDefinitionNode(
            operation=OperationType.QUERY, selection_set=SelectionSetNode(selections=tuple(asked))
        )
        printed = "\n\n".join(print_ast(without_defer(part)) for part in (node, *operation.fragments))
        used = [definition for name, definition in operation.variables.items() if f"${name}" in printed]
        yield Introspection(path, f"query ({', '.join(used)}) {printed}" if used else printed)


def _passes_through(operation: Operation, graph: FetchGraph, node: FetchNode) -> bool:
    """Nothing hidden, nothing renamed, nothing beside the fetch, and the client's order kept."""
    if graph.supergraph.hides_something or operation.introspection or node.path or node.conditions:
        return False
    if any(entry.internal for entry in node.tree.walk()):
        return False
    if any(entry.tree is not None and not _asks_something(entry.tree) for entry in node.tree.walk()):
        return False
    if not _is_in_order(operation.selections, node.tree) or not _is_whole(operation, node):
        return False
    return not separate_clashes(node)


def _is_whole(operation: Operation, node: FetchNode) -> bool:
    """Whether root `__typename` fields, which the router answers itself, are absent."""
    asked = sum(1 for item in operation.selections if isinstance(item, FieldSelection))
    return asked == len(node.tree.fields)


def _asks_something(tree: SelectionTree) -> bool:
    """An object of which the client asks nothing is fetched by its `__typename`, which it must not see."""
    return any(not entry.internal for entry in tree.fields.values()) or any(
        _asks_something(part) for part in tree.typed.values()
    )


def _is_in_order(selections: SelectionSet, tree: SelectionTree, above: Collection[str] = ()) -> bool:
    """Whether the fetch asks for the same things in the client's order, and not type by type what was asked of all.

    A fetch puts typed parts after plain fields, and leaves out of them what stands `above` for every type.
    """
    fields = [item for item in selections if isinstance(item, FieldSelection) and item.response_key not in above]
    fragments = [item for item in selections if isinstance(item, FragmentSelection)]
    if [*fields, *fragments] != [item for item in selections if item in fragments or item in fields]:
        return False
    entries = [entry for entry in tree.fields.values() if not entry.internal]
    parts = {name: part for name, part in tree.typed.items() if _asks_something(part)}
    if [item.response_key for item in fields] != [entry.response_key for entry in entries]:
        return False
    if [item.type_name for item in fragments] != list(parts):
        return False
    keys = {item.response_key for item in fields}
    return all(
        item.selections is None or (entry.tree is not None and _is_in_order(item.selections, entry.tree))
        for item, entry in zip(fields, entries, strict=True)
    ) and all(_is_in_order(item.selections, parts[item.type_name], keys) for item in fragments)
