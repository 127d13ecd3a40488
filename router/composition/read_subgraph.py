"""Subgraph SDL to `SubgraphSchema`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    FieldDefinitionNode,
    GraphQLError,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    parse,
    print_ast,
    value_from_ast_untyped,
)

from router.composition.subgraph import (
    FieldDef,
    InputDef,
    KeyDef,
    Marks,
    SubgraphSchema,
    SubgraphSource,
    TypeDef,
)
from router.supergraph.field_set import FieldSet, parse_field_set
from router.supergraph.model import TypeKind

_KINDS: tuple[tuple[type[TypeDefinitionNode], type[TypeExtensionNode] | None, TypeKind], ...] = (
    (ObjectTypeDefinitionNode, ObjectTypeExtensionNode, TypeKind.OBJECT),
    (InterfaceTypeDefinitionNode, InterfaceTypeExtensionNode, TypeKind.INTERFACE),
    (UnionTypeDefinitionNode, UnionTypeExtensionNode, TypeKind.UNION),
    (EnumTypeDefinitionNode, EnumTypeExtensionNode, TypeKind.ENUM),
    (InputObjectTypeDefinitionNode, InputObjectTypeExtensionNode, TypeKind.INPUT_OBJECT),
    (ScalarTypeDefinitionNode, None, TypeKind.SCALAR),
)
_FEDERATION_URL = "https://specs.apollo.dev/federation/"
_MACHINERY = frozenset({"_Any", "_Entity", "_Service", "_FieldSet", "FieldSet"})
_MACHINERY_PREFIXES = ("federation__", "link__", "join__", "core__")
_ROOT_NAMES = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}
_FEDERATION = ("key", "shareable", "external", "requires", "provides", "override", "extends", "interfaceObject")
_PASSED = frozenset(
    {"deprecated", "specifiedBy", "oneOf", "inaccessible", "tag", "authenticated", "requiresScopes", "policy"}
)


def read_subgraph(source: SubgraphSource) -> SubgraphSchema:
    """Raises GraphQLError (or TypeError, ValueError) where the text is no schema."""
    document = parse(source.sdl)
    return _Reader(document).read(source)


class _Reader:
    def __init__(self, document: DocumentNode) -> None:
        self.document = document
        self.canonical: dict[str, str] = {}
        self.federation = 1
        self.renamed: dict[str, str] = {}
        for definition in document.definitions:
            if isinstance(definition, SchemaDefinitionNode | SchemaExtensionNode):
                self._read_links(definition.directives or ())
                for root in definition.operation_types or ():
                    self.renamed[root.type.name.value] = _ROOT_NAMES[root.operation.value]

    def read(self, source: SubgraphSource) -> SubgraphSchema:
        types: dict[str, TypeDef] = {}
        for definition in self.document.definitions:
            if not isinstance(definition, TypeDefinitionNode | TypeExtensionNode):
                continue
            name = definition.name.value
            if name in _MACHINERY or name.startswith(_MACHINERY_PREFIXES):
                continue
            part = self._read_type(definition)
            known = types.get(part.name)
            types[part.name] = _fold(known, part) if known else part
        query = types.get("Query")
        if query is not None and not query.fields:
            del types["Query"]
        return SubgraphSchema(source.name, source.url, self.federation, types)

    def _read_links(self, directives: Iterable[ConstDirectiveNode]) -> None:
        for arguments in self._arguments(directives, "link"):
            url = str(arguments.get("url", ""))
            if not url.startswith(_FEDERATION_URL):
                continue
            self.federation = 2
            prefix = str(arguments.get("as") or "federation")
            for name in (*_FEDERATION, *_PASSED):
                self.canonical[f"{prefix}__{name}"] = name
            imports = arguments.get("import")
            for item in imports if isinstance(imports, list) else ():
                name = str(item["name"] if isinstance(item, dict) else item)
                local = str(item.get("as", name) if isinstance(item, dict) else item)
                self.canonical[local.removeprefix("@")] = name.removeprefix("@")

    def _arguments(self, nodes: Iterable[ConstDirectiveNode] | None, name: str) -> Iterable[dict[str, object]]:
        for node in nodes or ():
            if self._name(node) == name:
                yield {argument.name.value: value_from_ast_untyped(argument.value) for argument in node.arguments or ()}

    def _name(self, node: ConstDirectiveNode) -> str:
        return self.canonical.get(node.name.value, node.name.value)

    def _has(self, nodes: Iterable[ConstDirectiveNode] | None, name: str) -> bool:
        return any(self._name(node) == name for node in nodes or ())

    def _marks(self, nodes: Iterable[ConstDirectiveNode] | None, description: StringValueNode | None = None) -> Marks:
        passed: set[str] = set()
        for node in nodes or ():
            name = self._name(node)
            if name in _PASSED:
                arguments = ", ".join(print_ast(argument) for argument in node.arguments or ())
                passed.add(f"@{name}({arguments})" if arguments else f"@{name}")
        return Marks(description.value if description else None, frozenset(passed))

    def _read_type(self, node: TypeDefinitionNode | TypeExtensionNode) -> TypeDef:
        kind, is_extension = _kind_of(node)
        directives = node.directives
        fields: dict[str, FieldDef] = {}
        inputs: dict[str, InputDef] = {}
        shareable = self.federation == 1 or self._has(directives, "shareable")
        external = self._has(directives, "external")
        for item in getattr(node, "fields", None) or ():
            if isinstance(item, FieldDefinitionNode):
                if not item.name.value.startswith(("_service", "_entities")):
                    fields[item.name.value] = self._read_field(item, shareable, external)
            elif isinstance(item, InputValueDefinitionNode):
                inputs[item.name.value] = self._read_input(item)
        description = getattr(node, "description", None)
        return TypeDef(
            name=self._renamed(node.name.value),
            kind=kind,
            marks=self._marks(directives, description),
            extension=is_extension or self._has(directives, "extends"),
            interface_object=self._has(directives, "interfaceObject"),
            keys=tuple(_key(arguments) for arguments in self._arguments(directives, "key")),
            fields=fields,
            inputs=inputs,
            interfaces=tuple(item.name.value for item in getattr(node, "interfaces", None) or ()),
            members=tuple(item.name.value for item in getattr(node, "types", None) or ()),
            values={
                value.name.value: self._marks(value.directives, value.description)
                for value in getattr(node, "values", None) or ()
            },
        )

    def _read_field(self, node: FieldDefinitionNode, shareable: bool, external: bool) -> FieldDef:
        directives = node.directives
        override = next(iter(self._arguments(directives, "override")), {})
        return FieldDef(
            name=node.name.value,
            type=self._renamed_type(print_ast(node.type)),
            arguments={item.name.value: self._read_input(item) for item in node.arguments or ()},
            marks=self._marks(directives, node.description),
            external=external or self._has(directives, "external"),
            shareable=shareable or self._has(directives, "shareable"),
            requires=self._fields_of(directives, "requires"),
            provides=self._fields_of(directives, "provides"),
            override=_text(override, "from"),
            override_label=_text(override, "label"),
        )

    def _read_input(self, node: InputValueDefinitionNode) -> InputDef:
        return InputDef(
            name=node.name.value,
            type=print_ast(node.type),
            default=print_ast(node.default_value) if node.default_value else None,
            marks=self._marks(node.directives, node.description),
        )

    def _fields_of(self, nodes: Iterable[ConstDirectiveNode] | None, name: str) -> str | None:
        for arguments in self._arguments(nodes, name):
            return str(arguments.get("fields", ""))
        return None

    def _renamed(self, name: str) -> str:
        return self.renamed.get(name, name)

    def _renamed_type(self, printed: str) -> str:
        name = printed.strip("[]!")
        return printed.replace(name, self._renamed(name)) if name in self.renamed else printed


def _kind_of(node: TypeDefinitionNode | TypeExtensionNode) -> tuple[TypeKind, bool]:
    for definition, extension, kind in _KINDS:
        if isinstance(node, definition):
            return kind, False
        if extension is not None and isinstance(node, extension):
            return kind, True
    return TypeKind.SCALAR, True


def _fold(known: TypeDef, part: TypeDef) -> TypeDef:
    """A definition and its extensions as one; it is an extension only if no part is a definition."""
    marks = Marks(known.marks.description or part.marks.description, known.marks.passed | part.marks.passed)
    return replace(
        known,
        marks=marks,
        extension=known.extension and part.extension,
        keys=known.keys + part.keys,
        fields={**known.fields, **part.fields},
        inputs={**known.inputs, **part.inputs},
        interfaces=tuple(dict.fromkeys(known.interfaces + part.interfaces)),
        members=tuple(dict.fromkeys(known.members + part.members)),
        values={**known.values, **part.values},
    )


def _key(arguments: Mapping[str, object]) -> KeyDef:
    text = str(arguments.get("fields", ""))
    return KeyDef(text, parsed(text), arguments.get("resolvable") is not False)


def parsed(text: str) -> FieldSet:
    """The field set, or an empty one where the text does not parse (the rules report it)."""
    try:
        return parse_field_set(text)
    except (GraphQLError, ValueError):
        return ()


def _text(arguments: Mapping[str, object], name: str) -> str | None:
    value = arguments.get(name)
    return None if value is None else str(value)
