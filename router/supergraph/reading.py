"""Join-spec SDL (0.1 to 0.5) to the typed model. Nothing after this reads a directive again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    GraphQLError,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    OperationType,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    parse,
    print_ast,
    value_from_ast_untyped,
)

from router.supergraph.api_schema import api_schema, is_inaccessible
from router.supergraph.costs import read_costs
from router.supergraph.errors import SupergraphError
from router.supergraph.field_set import FieldSet, names_in, parse_field_set
from router.supergraph.join_v01 import complete, is_v01
from router.supergraph.linked_names import with_spec_names
from router.supergraph.model import (
    Access,
    ContextArgument,
    Field,
    FieldOwner,
    Key,
    LabelledOverride,
    Subgraph,
    Supergraph,
    Type,
    TypeKind,
)

Arguments = dict[str, object]
_MACHINERY = ("join__", "link__", "core__", "policy__", "requiresScopes__", "context__")
_KINDS: dict[type[TypeDefinitionNode], TypeKind] = {
    ObjectTypeDefinitionNode: TypeKind.OBJECT,
    InterfaceTypeDefinitionNode: TypeKind.INTERFACE,
    UnionTypeDefinitionNode: TypeKind.UNION,
    EnumTypeDefinitionNode: TypeKind.ENUM,
    InputObjectTypeDefinitionNode: TypeKind.INPUT_OBJECT,
}


def read_supergraph(sdl: str) -> Supergraph:
    """The model of a supergraph document. Raises SupergraphError."""
    try:
        document = with_spec_names(parse(sdl))
        return _Reader(document).read()
    except (GraphQLError, TypeError, KeyError, ValueError) as error:
        raise SupergraphError(str(error)) from error


class _Reader:
    """Holds what every step needs: the document and its enum of subgraphs."""

    def __init__(self, document: DocumentNode) -> None:
        self.document = document
        self.definitions = [
            definition
            for definition in document.definitions
            if isinstance(definition, TypeDefinitionNode) and not definition.name.value.startswith(_MACHINERY)
        ]
        self.is_v01 = is_v01(document)
        self.by_graph = self._read_graphs()
        # join__Graph members to the names the subgraphs' teams use.
        self.name_of = {graph: subgraph.name for graph, subgraph in self.by_graph.items()}

    def read(self) -> Supergraph:
        types = {definition.name.value: self._read_type(definition) for definition in self.definitions}
        if self.is_v01:
            types = complete(types, dict(self._type_owners()))
        members = self._members(types)
        supertypes: dict[str, set[str]] = {name: {name} for name in types}
        for of_subgraph in members.values():
            for abstract, names in of_subgraph.items():
                for name in names:
                    supertypes[name].add(abstract)
        types = {name: _with_interface_objects(type_, supertypes[name], types) for name, type_ in types.items()}
        return Supergraph(
            subgraphs=MappingProxyType({subgraph.name: subgraph for subgraph in self.by_graph.values()}),
            types=MappingProxyType(types),
            members=MappingProxyType(members),
            supertypes=MappingProxyType({name: frozenset(found) for name, found in supertypes.items()}),
            roots=MappingProxyType(self._roots(types)),
            schema=api_schema(self.document),
            hides_something=any(_hides(definition) for definition in self.definitions),
            veiled_interfaces=frozenset(name for name, found in types.items() if found.interface_objects),
            uneven_unions=frozenset(name for name, found in types.items() if _is_uneven(found, members)),
            overrides=tuple(self._overrides(types)),
            costs=read_costs(self.definitions),
            contextual_fields=frozenset(_contextual(types.values())),
        )

    def _read_graphs(self) -> dict[str, Subgraph]:
        for definition in self.document.definitions:
            if isinstance(definition, EnumTypeDefinitionNode) and definition.name.value == "join__Graph":
                found: dict[str, Subgraph] = {}
                for value in definition.values or ():
                    for arguments in _directives(value.directives, "join__graph"):
                        graph = value.name.value
                        found[graph] = Subgraph(str(arguments["name"]), graph, str(arguments.get("url", "")))
                return found
        raise SupergraphError("the document has no enum join__Graph: it is no composed supergraph")

    def _roots(self, types: Mapping[str, Type]) -> dict[str, str]:
        for definition in self.document.definitions:
            if isinstance(definition, SchemaDefinitionNode):
                return {root.operation.value: root.type.name.value for root in definition.operation_types}
        return {kind.value: kind.name.title() for kind in OperationType if kind.name.title() in types}

    def _subgraph(self, graph: object) -> str:
        name = self.name_of.get(str(graph))
        if name is None:
            raise SupergraphError(f"{graph} is not a member of join__Graph")
        return name

    def _read_type(self, definition: TypeDefinitionNode) -> Type:
        keys: dict[str, list[Key]] = {}
        interface_objects: set[str] = set()
        for arguments in _directives(definition.directives, "join__type"):
            subgraph = self._subgraph(arguments["graph"])
            of_subgraph = keys.setdefault(subgraph, [])
            if arguments.get("isInterfaceObject"):
                interface_objects.add(subgraph)
            if "key" in arguments:
                selection = parse_field_set(str(arguments["key"]))
                of_subgraph.append(Key(selection, bool(arguments.get("resolvable", True))))
        subgraphs = frozenset(keys) or frozenset(self.name_of.values())
        # In 0.1 a field that names no subgraph is the type's owner's, which is found out when all types are read.
        owners = frozenset() if any(_directives(definition.directives, "join__owner")) else subgraphs
        fields: dict[str, Field] = {}
        if isinstance(definition, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            for node in definition.fields or ():
                fields[node.name.value] = self._read_field(node, owners)
        return Type(
            name=definition.name.value,
            kind=_KINDS.get(type(definition), TypeKind.SCALAR),
            subgraphs=subgraphs,
            fields=MappingProxyType(fields),
            keys=MappingProxyType({name: tuple(found) for name, found in keys.items()}),
            access=_access(definition.directives),
            interface_objects=frozenset(interface_objects),
            contexts=frozenset(str(found["name"]) for found in _directives(definition.directives, "context")),
        )

    def _read_field(self, node: FieldDefinitionNode, unnamed: frozenset[str]) -> Field:
        """`unnamed` are the owners where the field names none."""
        merged_type = print_ast(node.type)
        mentions = list(_directives(node.directives, "join__field"))
        owners: dict[str, FieldOwner] = {}
        if not mentions:
            owners = {name: FieldOwner(name, merged_type) for name in sorted(unnamed)}
        labelled_sources = {str(m["override"]) for m in mentions if m.get("overrideLabel") and "override" in m}
        for arguments in mentions:
            if "graph" not in arguments:
                continue
            subgraph = self._subgraph(arguments["graph"])
            # A labelled override moves traffic only while its label is active; no label is active here, so
            # the source keeps the field and the newcomer merely mentions it.
            waiting = bool(arguments.get("overrideLabel")) and "override" in arguments
            overridden = bool(arguments.get("usedOverridden")) and subgraph not in labelled_sources
            owners[subgraph] = FieldOwner(
                subgraph,
                str(arguments.get("type", merged_type)),
                external=bool(arguments.get("external")) or waiting or overridden,
                requires=_field_set(arguments, "requires"),
                provides=_field_set(arguments, "provides"),
                contexts=tuple(_context_arguments(arguments)),
            )
        return Field(node.name.value, merged_type, MappingProxyType(owners), _access(node.directives))

    def _overrides(self, types: Mapping[str, Type]) -> Iterator[LabelledOverride]:
        inputs = set(_input_names(types.values()))
        for definition in self.definitions:
            for node in getattr(definition, "fields", None) or ():
                for arguments in _directives(node.directives, "join__field"):
                    if arguments.get("overrideLabel") and "override" in arguments:
                        yield LabelledOverride(
                            label=str(arguments["overrideLabel"]),
                            type_name=definition.name.value,
                            field_name=node.name.value,
                            source=str(arguments["override"]),
                            target=self._subgraph(arguments["graph"]),
                            is_input=node.name.value in inputs,
                        )

    def _type_owners(self) -> Iterator[tuple[str, str]]:
        for definition in self.definitions:
            for arguments in _directives(definition.directives, "join__owner"):
                yield definition.name.value, self._subgraph(arguments["graph"])

    def _implementations(self, definition: ObjectTypeDefinitionNode, type_: Type) -> Iterator[tuple[str, str]]:
        if self.is_v01:
            for interface in definition.interfaces or ():
                yield from ((subgraph, interface.name.value) for subgraph in type_.subgraphs)
        for arguments in _directives(definition.directives, "join__implements"):
            yield self._subgraph(arguments["graph"]), str(arguments["interface"])

    def _members(self, types: Mapping[str, Type]) -> dict[str, Mapping[str, tuple[str, ...]]]:
        """By subgraph and abstract type, the object types it may return there, in document order."""
        found: dict[str, dict[str, list[str]]] = {name: defaultdict(list) for name in self.name_of.values()}
        for definition in self.definitions:
            name = definition.name.value
            if isinstance(definition, ObjectTypeDefinitionNode):
                for subgraph, interface in self._implementations(definition, types[name]):
                    found[subgraph][interface].append(name)
            elif isinstance(definition, UnionTypeDefinitionNode):
                listed = list(_directives(definition.directives, "join__unionMember"))
                for arguments in listed:
                    found[self._subgraph(arguments["graph"])][name].append(str(arguments["member"]))
                if not listed:
                    for subgraph, by_type in found.items():
                        named = [member.name.value for member in definition.types or ()]
                        by_type[name] = [member for member in named if subgraph in types[member].subgraphs]
        return {
            subgraph: MappingProxyType({abstract: tuple(names) for abstract, names in by_type.items()})
            for subgraph, by_type in found.items()
        }


def _with_interface_objects(type_: Type, supertypes: Iterable[str], types: Mapping[str, Type]) -> Type:
    """An object's fields that a subgraph resolves knowing only its interface get that subgraph as an owner."""
    if type_.kind is not TypeKind.OBJECT:
        return type_
    fields = dict(type_.fields)
    for interface in (types[name] for name in sorted(supertypes) if types[name].interface_objects):
        for name, known in interface.fields.items():
            own = fields.get(name)
            through = {
                subgraph: replace(owner, via=interface.name)
                for subgraph, owner in known.owners.items()
                if subgraph in interface.interface_objects
            }
            if own is not None and through:
                fields[name] = replace(own, owners=MappingProxyType({**through, **own.owners}))
    return replace(type_, fields=MappingProxyType(fields))


def _input_names(types: Iterable[Type]) -> Iterator[str]:
    """The names of all fields that any key or requirement is made of."""
    for type_ in types:
        for keys in type_.keys.values():
            for key in keys:
                yield from names_in(key.fields)
        for field in type_.fields.values():
            for owner in field.owners.values():
                yield from names_in(owner.requires)
                for argument in owner.contexts:
                    yield from names_in(argument.selection)


def _contextual(types: Iterable[Type]) -> Iterator[str]:
    for type_ in types:
        for field in type_.fields.values():
            if any(owner.contexts for owner in field.owners.values()):
                yield field.name


def _is_uneven(type_: Type, members: Mapping[str, Mapping[str, tuple[str, ...]]]) -> bool:
    if type_.kind is not TypeKind.UNION:
        return False
    return len({frozenset(members[subgraph].get(type_.name, ())) for subgraph in type_.subgraphs}) > 1


def _directives(nodes: Iterable[ConstDirectiveNode] | None, name: str) -> Iterable[Arguments]:
    for node in nodes or ():
        if node.name.value == name:
            yield {argument.name.value: value_from_ast_untyped(argument.value) for argument in node.arguments or ()}


def _field_set(arguments: Arguments, name: str) -> FieldSet:
    text = arguments.get(name)
    return parse_field_set(str(text)) if text else ()


def _context_arguments(arguments: Arguments) -> Iterator[ContextArgument]:
    listed = arguments.get("contextArguments")
    for found in listed if isinstance(listed, list) else ():
        selection = parse_field_set(str(found["selection"]))
        yield ContextArgument(str(found["context"]), str(found["name"]), str(found["type"]), selection)


def _access(directives: Iterable[ConstDirectiveNode] | None) -> Access:
    nodes = list(directives or ())
    scopes = tuple(_groups(nodes, "requiresScopes", "scopes"))
    authenticated = any(node.name.value == "authenticated" for node in nodes)
    return Access(authenticated or bool(scopes), scopes, tuple(_groups(nodes, "policy", "policies")))


def _groups(nodes: Iterable[ConstDirectiveNode], directive: str, argument: str) -> Iterator[tuple[str, ...]]:
    """The alternatives of a demand, each the names that must all be held."""
    for arguments in _directives(nodes, directive):
        groups = arguments.get(argument)
        for group in groups if isinstance(groups, list) else ():
            yield tuple(str(name) for name in (group if isinstance(group, list) else [group]))


def _hides(definition: TypeDefinitionNode) -> bool:
    if is_inaccessible(definition):
        return True
    elements = [*(getattr(definition, "fields", None) or ()), *(getattr(definition, "values", None) or ())]
    return any(is_inaccessible(element) for element in elements)
