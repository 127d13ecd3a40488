"""Subgraph SDL to `SubgraphSchema`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from graphql import (
    ConstDirectiveNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    FieldDefinitionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    parse,
    print_ast,
    specified_directives,
)

from router.composition.links import FederationVersion, Names, read_names
from router.composition.places import place_of
from router.composition.selections import parsed, selected_fields
from router.composition.subgraph import (
    BUILT_IN,
    FEDERATION,
    Applied,
    DirectiveDef,
    FieldDef,
    InputDef,
    KeyDef,
    SubgraphSchema,
    SubgraphSource,
    TypeDef,
    ValueDef,
)
from router.supergraph.model import TypeKind, named_type

_KINDS: tuple[tuple[type[TypeDefinitionNode], type[TypeExtensionNode], TypeKind], ...] = (
    (ObjectTypeDefinitionNode, ObjectTypeExtensionNode, TypeKind.OBJECT),
    (InterfaceTypeDefinitionNode, InterfaceTypeExtensionNode, TypeKind.INTERFACE),
    (UnionTypeDefinitionNode, UnionTypeExtensionNode, TypeKind.UNION),
    (EnumTypeDefinitionNode, EnumTypeExtensionNode, TypeKind.ENUM),
    (InputObjectTypeDefinitionNode, InputObjectTypeExtensionNode, TypeKind.INPUT_OBJECT),
    (ScalarTypeDefinitionNode, ScalarTypeExtensionNode, TypeKind.SCALAR),
)
_MACHINERY = frozenset({"_Any", "_Entity", "_Service", "_FieldSet"})
_MACHINERY_PREFIXES = ("federation__", "link__", "join__", "core__")
_MACHINERY_FIELDS = frozenset({"_service", "_entities"})
_ROOT_NAMES = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}
_BUILT_IN_DIRECTIVES = frozenset({*(directive.name for directive in specified_directives), "oneOf"})
_FEDERATION_1 = frozenset({"key", "requires", "provides", "external", "extends", "tag", "inaccessible", "override"})
# Specs of one directive each that the federation spec hands on under the same name.
_PART_OF_FEDERATION = frozenset(
    f"https://specs.apollo.dev/{name}"
    for name in ("federation", "tag", "inaccessible", "authenticated", "requiresScopes", "policy", "cost")
)
_UNVERSIONED: FederationVersion = (2, 0)


def read_subgraph(source: SubgraphSource) -> SubgraphSchema:
    """Raises GraphQLError (or TypeError, ValueError) where the text is no schema."""
    return _Reader(source, parse(source.sdl)).read()


class _Reader:
    """Holds what every step needs: the document, what its names mean, and what it calls its roots."""

    def __init__(self, source: SubgraphSource, document: DocumentNode) -> None:
        self.source = source
        self.document = document
        self.names: Names = read_names(document, source.name)
        link = self.names.federation
        self.federation: FederationVersion = (1, 0) if link is None else link.version or _UNVERSIONED
        self.schema_nodes = [
            definition
            for definition in document.definitions
            if isinstance(definition, SchemaDefinitionNode | SchemaExtensionNode)
        ]
        listed = {
            root.operation.value: root.type.name.value
            for definition in self.schema_nodes
            for root in definition.operation_types or ()
        }
        is_listed_whole = any(isinstance(definition, SchemaDefinitionNode) for definition in self.schema_nodes)
        self.roots = listed if is_listed_whole else {**_ROOT_NAMES, **listed}
        self.renamed = {name: _ROOT_NAMES[operation] for operation, name in self.roots.items()}
        imports = [item for found in self.names.links if found.is_apollo for item in found.imports]
        self.hidden = {item.local for item in imports if not item.local.startswith("@")}

    def read(self) -> SubgraphSchema:
        types: dict[str, TypeDef] = {}
        definitions = [
            definition
            for definition in self.document.definitions
            if isinstance(definition, TypeDefinitionNode | TypeExtensionNode)
        ]
        for definition in definitions:
            if not self._is_machinery(definition):
                part = self._read_type(definition)
                known = types.get(part.name)
                types[part.name] = _fold(known, part) if known else part
        query = types.get("Query")
        if query is not None and not query.fields:
            del types["Query"]
        names = {definition.name.value for definition in definitions}
        read = SubgraphSchema(
            name=self.source.name,
            url=self.source.url,
            federation=self.federation,
            roots={operation: name for operation, name in self.roots.items() if name in names},
            links=tuple(self.names.links),
            types=types,
            directive_definitions=dict(self._directive_definitions()),
            schema_directives=tuple(
                applied for definition in self.schema_nodes for applied in self._applied(definition.directives)
            ),
            document=self.document,
        )
        return _without_fake_externals(read)

    def _is_machinery(self, definition: TypeDefinitionNode | TypeExtensionNode) -> bool:
        """What federation's libraries put into a subgraph's SDL for its own sake."""
        name = definition.name.value
        if name in _MACHINERY or name in self.hidden or name.startswith(_MACHINERY_PREFIXES):
            return True
        if name == "FieldSet":
            return isinstance(definition, ScalarTypeDefinitionNode)
        return any(link.is_apollo and name.startswith(f"{link.namespace}__") for link in self.names.links)

    # -- directives --------------------------------------------------------------------------------------

    def _meaning(self, written: str) -> tuple[str, str]:
        """The spec a directive belongs to, and its name there."""
        if written in _BUILT_IN_DIRECTIVES:
            return BUILT_IN, written
        if written in self.names.linking:
            return FEDERATION, "link"
        found = self.names.meaning(written)
        if found is not None:
            link, name = found
            return (FEDERATION if link.identity in _PART_OF_FEDERATION else link.identity), name
        if self.names.federation is None and written in _FEDERATION_1:
            return FEDERATION, written
        return "", written

    def _applied(self, nodes: Iterable[ConstDirectiveNode] | None) -> Iterator[Applied]:
        for node in nodes or ():
            written = node.name.value
            spec, name = self._meaning(written)
            arguments = {argument.name.value: argument.value for argument in node.arguments or ()}
            yield Applied(spec, name, written, arguments, place_of(node, self.source.name))

    def _directive_definitions(self) -> Iterator[tuple[str, DirectiveDef]]:
        """The subgraph's own, and those of specs that are not federation's."""
        for node in self.document.definitions:
            if not isinstance(node, DirectiveDefinitionNode):
                continue
            name = node.name.value
            if self._meaning(name)[0] in (FEDERATION, BUILT_IN):
                continue
            yield (
                name,
                DirectiveDef(
                    name=name,
                    place=place_of(node, self.source.name),
                    description=_text(node.description),
                    arguments={item.name.value: self._read_input(item) for item in node.arguments or ()},
                    locations=tuple(location.value for location in node.locations),
                    repeatable=node.repeatable,
                ),
            )

    # -- types -------------------------------------------------------------------------------------------

    def _read_type(self, node: TypeDefinitionNode | TypeExtensionNode) -> TypeDef:
        kind, is_extension = _kind_of(node)
        name = self._renamed(node.name.value)
        directives = tuple(self._applied(node.directives))
        of_type = {item.name for item in directives if item.spec == FEDERATION}
        fields: dict[str, FieldDef] = {}
        inputs: dict[str, InputDef] = {}
        for item in getattr(node, "fields", None) or ():
            if isinstance(item, FieldDefinitionNode):
                if name != "Query" or item.name.value not in _MACHINERY_FIELDS:
                    fields[item.name.value] = self._read_field(item, of_type)
            elif isinstance(item, InputValueDefinitionNode):
                inputs[item.name.value] = self._read_input(item)
        return TypeDef(
            name=name,
            place=place_of(node, self.source.name),
            description=_text(getattr(node, "description", None)),
            directives=directives,
            kind=kind,
            extension=is_extension or "extends" in of_type,
            interface_object="interfaceObject" in of_type,
            keys=tuple(_key(item) for item in directives if item.spec == FEDERATION and item.name == "key"),
            fields=fields,
            inputs=inputs,
            interfaces=tuple(item.name.value for item in getattr(node, "interfaces", None) or ()),
            members=tuple(self._renamed(item.name.value) for item in getattr(node, "types", None) or ()),
            values={
                value.name.value: ValueDef(
                    name=value.name.value,
                    place=place_of(value, self.source.name),
                    description=_text(value.description),
                    directives=tuple(self._applied(value.directives)),
                )
                for value in getattr(node, "values", None) or ()
            },
        )

    def _read_field(self, node: FieldDefinitionNode, of_type: set[str]) -> FieldDef:
        directives = tuple(self._applied(node.directives))
        own = {item.name: item for item in reversed(directives) if item.spec == FEDERATION}
        return FieldDef(
            name=node.name.value,
            place=place_of(node, self.source.name),
            description=_text(node.description),
            directives=directives,
            type=self._renamed_type(print_ast(node.type)),
            arguments={item.name.value: self._read_input(item) for item in node.arguments or ()},
            external="external" in own or "external" in of_type,
            # Whatever Federation 1 subgraphs resolve in common, they share.
            shareable="shareable" in own or "shareable" in of_type or self.names.federation is None,
            requires=_argument(own, "requires", "fields"),
            provides=_argument(own, "provides", "fields"),
            override=_argument(own, "override", "from"),
            override_label=_argument(own, "override", "label"),
        )

    def _read_input(self, node: InputValueDefinitionNode) -> InputDef:
        return InputDef(
            name=node.name.value,
            place=place_of(node, self.source.name),
            description=_text(node.description),
            directives=tuple(self._applied(node.directives)),
            type=print_ast(node.type),
            default=print_ast(node.default_value) if node.default_value else None,
        )

    def _renamed(self, name: str) -> str:
        return self.renamed.get(name, name)

    def _renamed_type(self, printed: str) -> str:
        name = named_type(printed)
        return printed.replace(name, self._renamed(name))


def _kind_of(node: TypeDefinitionNode | TypeExtensionNode) -> tuple[TypeKind, bool]:
    for definition, extension, kind in _KINDS:
        if isinstance(node, definition):
            return kind, False
        if isinstance(node, extension):
            return kind, True
    raise TypeError(f"no kind of type: {node.kind}")


def _fold(known: TypeDef, part: TypeDef) -> TypeDef:
    """A definition and its extensions as one; it is an extension only if no part is a definition."""
    base = known if known.extension <= part.extension else part
    return replace(
        known,
        place=base.place,
        description=known.description or part.description,
        directives=known.directives + part.directives,
        extension=known.extension and part.extension,
        interface_object=known.interface_object or part.interface_object,
        keys=known.keys + part.keys,
        fields={**known.fields, **part.fields},
        inputs={**known.inputs, **part.inputs},
        interfaces=tuple(dict.fromkeys(known.interfaces + part.interfaces)),
        members=tuple(dict.fromkeys(known.members + part.members)),
        values={**known.values, **part.values},
    )


def _key(applied: Applied) -> KeyDef:
    text = (applied.text("fields") or "").strip()
    return KeyDef(text, parsed(text), applied.value("resolvable") is not False, applied.place)


def _without_fake_externals(read: SubgraphSchema) -> SubgraphSchema:
    """Fields of the key of an extension: called external out of old habit, but the subgraph does return them."""
    fake = {
        (type_name, field.name)
        for type_ in read.types.values()
        if type_.extension
        for key in type_.keys
        for type_name, field in selected_fields(read, type_.name, key.fields)
    }
    return read.with_fields(
        lambda type_, field: replace(field, external=field.external and (type_.name, field.name) not in fake)
    )


def _argument(own: Mapping[str, Applied], directive: str, argument: str) -> str | None:
    applied = own.get(directive)
    if applied is None:
        return None
    # What is no text at all is kept as an empty one, so that it is still seen; a rule reports it.
    text = applied.text(argument)
    return text if argument == "label" else (text or "").strip()


def _text(node: StringValueNode | None) -> str | None:
    return node.value if node is not None else None
