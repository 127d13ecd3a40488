"""A subgraph that knows only its own part: what its SDL says, and nothing that it calls external."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    SchemaDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    build_ast_schema,
    execute_sync,
    parse,
    print_ast,
    validate,
)
from graphql.language import BooleanValueNode, DirectiveNode, DocumentNode, Visitor, visit

from .world import Record, World, field_set, sent, written

_Definition = ObjectTypeDefinitionNode | ObjectTypeExtensionNode | InterfaceTypeDefinitionNode


@dataclass(frozen=True, slots=True)
class View:
    """A record as a subgraph sees it: with what the representation sent, or what the path to it provides."""

    record: Record
    representation: Record | None = None
    provided: tuple[SelectionSetNode, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """An override: for good, or for the requests with a label."""

    coordinates: str
    source: str
    target: str
    label: str

    def left(self, labels: Collection[str]) -> str:
        """The subgraph that does not have the field for a request with these labels."""
        return self.source if not self.label or self.label in labels else self.target


class OracleSubgraph:
    """Executes requests over a world; remembers every request that was no valid document for it."""

    def __init__(self, name: str, sdl: str, world: World) -> None:
        self.name = name
        self.sdl = sdl
        self.world = world
        self.requests = 0
        self.invalid: list[str] = []
        self._valid: dict[str, DocumentNode] = {}
        document = parse(sdl)
        self._roots = dict(_roots(document))
        self._fields: dict[str, dict[str, dict[str, DirectiveNode]]] = {}
        self._keys: dict[str, list[str]] = {}
        self._not_here: set[str] = set()
        self._read(document)
        self.schema = _executable(document, self._keys)

    def _read(self, document: DocumentNode) -> None:
        for node in document.definitions:
            if isinstance(node, _Definition):
                name = node.name.value
                fields = self._fields.setdefault(self._roots.get(name, name), {})
                for item in node.fields or ():
                    fields[item.name.value] = {directive.name.value: directive for directive in item.directives or ()}
                for directive in node.directives or ():
                    if directive.name.value == "key":
                        keys = self._keys.setdefault(node.name.value, [])
                        if all(
                            item.value.value
                            for item in directive.arguments or ()
                            if isinstance(item.value, BooleanValueNode)
                        ):
                            keys.append(argument(directive, "fields"))

    def leave(self, coordinates: Iterable[str]) -> None:
        """Other subgraphs have these fields: whoever asks for them here asks in vain."""
        self._not_here = set(coordinates)

    def overrides(self) -> Iterator[Move]:
        """The fields that this subgraph takes over."""
        for type_name, fields in self._fields.items():
            for name, directives in fields.items():
                if "override" in directives:
                    override = directives["override"]
                    source, label = argument(override, "from"), argument(override, "label")
                    yield Move(f"{type_name}.{name}", source, self.name, label)

    def keys(self, type_name: str) -> list[str]:
        """The keys by which entities of the type can be asked for."""
        return self._keys.get(type_name, [])

    def is_external(self, type_name: str, name: str) -> bool:
        """Whether the field is somebody else's, and no key."""
        return "external" in self._fields[type_name].get(name, {}) and not self._is_key(type_name, name)

    def required(self, type_name: str, name: str) -> str:
        """What the field requires, if anything."""
        directives = self._fields[type_name].get(name, {})
        return argument(directives["requires"], "fields") if "requires" in directives else ""

    def requirements(self) -> Iterator[tuple[str, str]]:
        """Each field with requirements, and these."""
        for type_name, fields in self._fields.items():
            for name, directives in fields.items():
                if "requires" in directives:
                    yield f"{type_name}.{name}", argument(directives["requires"], "fields")

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The response to a request, as over HTTP."""
        self.requests += 1
        query = request["query"]
        document = self._valid.get(query)
        if document is None:
            document = parse(query)
            problems = validate(self.schema, document)
            if problems:
                self.invalid.append(f"{self.name}: {problems[0].message}\n{query}")
                return {"errors": [error.formatted for error in problems]}
            self._valid[query] = document
        result = execute_sync(
            self.schema,
            document,
            variable_values=request.get("variables") or {},
            operation_name=request.get("operationName"),
            field_resolver=self._resolve,
            type_resolver=self._type_of,
        )
        return dict(result.formatted)

    def _type_of(self, view: View, *_: Any) -> str:
        """The record's type, or what this subgraph takes for it: an interface as an object."""
        typename: str = view.record["__typename"]
        above = (name for name in sorted(self.world.supertypes[typename]) if self._is_object(name))
        return typename if self._is_object(typename) else next(above, typename)

    def _is_object(self, name: str) -> bool:
        return isinstance(self.schema.type_map.get(name), GraphQLObjectType)

    def _resolve(self, view: View | None, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        type_name, name = self._roots.get(info.parent_type.name, info.parent_type.name), info.field_name
        if name == "_entities":
            return [self._entity(representation) for representation in arguments["representations"]]
        if view is None:
            view = View(self.world.record(type_name))
        directives = self._fields[type_name][name]
        below = tuple(self._provided(view, name))
        if f"{type_name}.{name}" in self._not_here:
            raise GraphQLError(f"{type_name}.{name} is another subgraph's")
        if "requires" in directives:
            if view.representation is None:
                raise GraphQLError(f"{type_name}.{name} without what it requires")
            required = field_set(argument(directives["requires"], "fields"))
            try:
                return written(name, sent(view.representation, required, self.world), arguments)
            except KeyError as missing:
                raise GraphQLError(f"{type_name}.{name} requires {missing}, which was not sent") from missing
        if "external" in directives and not below and not self._is_key(type_name, name):
            raise GraphQLError(f"{type_name}.{name} is external to {self.name}")
        if "provides" in directives:
            below = (*below, field_set(argument(directives["provides"], "fields")))
        value = self.world.mutated if type_name == "Mutation" else self.world.value
        return _views(value(view.record, name, arguments), below)

    def _entity(self, representation: Record) -> View | None:
        type_name = representation["__typename"]
        for key in self._keys.get(type_name, []):
            try:
                values = sent(representation, field_set(key), self.world)
            except KeyError:
                continue
            record = self.world.find(type_name, values)
            known = record is not None and self.name not in record.get("@unknown", ())
            return View(record, representation) if known and record is not None else None
        raise GraphQLError(f"{self.name} knows no key of {representation}")

    def _provided(self, view: View, name: str) -> Iterator[SelectionSetNode]:
        for selections in view.provided:
            yield from self._selected(view.record, selections, name)

    def _selected(self, record: Record, selections: SelectionSetNode, name: str) -> Iterator[SelectionSetNode]:
        for node in selections.selections:
            if isinstance(node, FieldNode) and node.name.value == name:
                yield node.selection_set or field_set("__typename")
            elif isinstance(node, InlineFragmentNode) and self.world.matches(record, node):
                yield from self._selected(record, node.selection_set, name)

    def _is_key(self, type_name: str, name: str) -> bool:
        keys = (field_set(key) for key in self._keys.get(type_name, []))
        return any(isinstance(node, FieldNode) and node.name.value == name for key in keys for node in key.selections)


def argument(directive: DirectiveNode, name: str) -> str:
    """The text of an argument."""
    for item in directive.arguments or ():
        if item.name.value == name and isinstance(item.value, StringValueNode):
            return item.value.value
    return ""


def _views(value: Any, provided: tuple[SelectionSetNode, ...]) -> Any:
    if isinstance(value, list):
        return [_views(item, provided) for item in value]
    if isinstance(value, dict) and "__typename" in value:
        return View(value, None, provided)
    return value


def _roots(document: DocumentNode) -> Iterator[tuple[str, str]]:
    """The names of root types, where the document gives them names of its own, and what they stand for."""
    for node in document.definitions:
        if isinstance(node, SchemaDefinitionNode):
            for item in node.operation_types:
                yield item.type.name.value, item.operation.value.capitalize()


class _Bare(Visitor):
    """Takes all directives away: an SDL that needs no definition of them."""

    def enter_directive(self, node: DirectiveNode, *_: Any) -> Any:
        return self.REMOVE


def _executable(document: DocumentNode, keys: Mapping[str, list[str]]) -> GraphQLSchema:
    kept = [node for node in document.definitions if "schema" not in node.kind]
    text = "\n".join(print_ast(visit(node, _Bare())) for node in kept)
    # An extension of what is defined elsewhere is a definition here.
    text = text.replace("extend type", "type")
    entities = [name for name, resolvable in keys.items() if resolvable and f"type {name} " in text]
    extra = "_service: String"
    if entities:
        text += f"\nscalar _Any union _Entity = {' | '.join(entities)}"
        extra += " _entities(representations: [_Any!]!): [_Entity]!"
    query = {kind: name for name, kind in _roots(document)}.get("Query", "Query")
    text += f"\n{'extend ' if f'type {query} ' in text else ''}type {query} {{ {extra} }}"
    text += "".join(f"\n{print_ast(node)}" for node in document.definitions if isinstance(node, SchemaDefinitionNode))
    return build_ast_schema(parse(text), assume_valid_sdl=True)
