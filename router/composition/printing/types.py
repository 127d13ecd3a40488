"""Types of every kind, with the subgraphs that know them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from router.composition.context_arguments import context_name
from router.composition.merged import TypeMention, kind_of
from router.composition.printing.elements import ElementPrinter
from router.composition.printing.fields import FieldPrinter
from router.composition.printing.text import description, lines, quoted
from router.supergraph.model import TypeKind


class TypePrinter:
    """Prints the types of one graph. It expects one that every rule has passed."""

    def __init__(self, elements: ElementPrinter) -> None:
        self.elements = elements
        self.graph = elements.graph
        self.fields = FieldPrinter(elements)

    def print(self, name: str) -> str:
        """One type of the supergraph."""
        parts = self.graph.of_type(name)
        types = [type_ for _, type_ in parts]
        kind = kind_of(types[0])
        head = description(types)
        further = self.elements.requirements.of_type(name)
        directives = [*self._join_types(name, parts), *self._contexts(parts), *self.elements.passed(types, further)]
        match kind:
            case TypeKind.SCALAR:
                return f"{head}scalar {name}{lines(directives)}"
            case TypeKind.ENUM:
                return f"{head}enum {name}{lines(directives)}\n{{\n{self._enum_values(name, parts)}}}"
            case TypeKind.UNION:
                return (
                    f"{head}union {name}{lines([*directives, *self._union_members(parts)])}\n  = {self._union(parts)}"
                )
            case TypeKind.INPUT_OBJECT:
                return f"{head}input {name}{lines(directives)}\n{{\n{self._inputs(name)}}}"
            case _:
                keyword = "type" if kind is TypeKind.OBJECT else "interface"
                interfaces = self.graph.interfaces_of(name)
                implements = f" implements {' & '.join(interfaces)}" if interfaces else ""
                fields = "".join(self.fields.print(name, field) for field in self.graph.field_names(name))
                listed = lines([*self._implements(parts), *directives])
                return f"{head}{keyword} {name}{implements}{listed}\n{{\n{fields}}}"

    def _join_types(self, name: str, parts: Sequence[TypeMention]) -> Iterator[str]:
        if name == "Query":
            # Every subgraph can be asked for its entities by a field of Query.
            yield from (f"@join__type(graph: {graph})" for graph in self.elements.graph_name.values())
            return
        for sub, type_ in parts:
            graph = f"graph: {self.elements.graph_name[sub.name]}"
            interface_object = ", isInterfaceObject: true" if type_.interface_object else ""
            # A Federation 1 `extend type` is a type like any other by now.
            is_extension = type_.has("extends") or (type_.extension and not sub.is_federation_1)
            extension = ", extension: true" if is_extension else ""
            for key in type_.keys:
                resolvable = "" if key.resolvable else ", resolvable: false"
                yield f"@join__type({graph}, key: {quoted(key.text)}{extension}{resolvable}{interface_object})"
            if not type_.keys:
                yield f"@join__type({graph}{interface_object})"

    def _contexts(self, parts: Sequence[TypeMention]) -> Iterator[str]:
        for sub, type_ in parts:
            for applied in type_.applied("context"):
                self.elements.used.add("context")
                yield f"@context(name: {quoted(context_name(sub.name, applied.text('name') or ''))})"

    def _implements(self, parts: Sequence[TypeMention]) -> Iterator[str]:
        for sub, type_ in parts:
            for interface in sorted(type_.interfaces):
                yield f"@join__implements(graph: {self.elements.graph_name[sub.name]}, interface: {quoted(interface)})"

    def _union_members(self, parts: Sequence[TypeMention]) -> Iterator[str]:
        for sub, type_ in parts:
            for member in sorted(type_.members):
                yield f"@join__unionMember(graph: {self.elements.graph_name[sub.name]}, member: {quoted(member)})"

    @staticmethod
    def _union(parts: Sequence[TypeMention]) -> str:
        return " | ".join(sorted({member for _, type_ in parts for member in type_.members}))

    def _enum_values(self, name: str, parts: Sequence[TypeMention]) -> str:
        printed = []
        for value in self.graph.enum_values(name):
            known = [(sub, type_.values[value]) for sub, type_ in parts if value in type_.values]
            graphs = [f"@join__enumValue(graph: {self.elements.graph_name[sub.name]})" for sub, _ in known]
            values = [found for _, found in known]
            joined = " ".join([value, *graphs, *self.elements.passed(values)])
            printed.append(f"{description(values, '  ')}  {joined}\n")
        return "".join(printed)

    def _inputs(self, name: str) -> str:
        printed = []
        for field_name, mentions in self.graph.merged_inputs(name).items():
            types = {field.type for _, field in mentions}
            join = [
                f"@join__field(graph: {self.elements.graph_name[sub.name]}, type: {quoted(field.type)})"
                for sub, field in mentions
                if len(types) > 1
            ]
            printed.append(f"  {self.elements.input(field_name, mentions, join)}\n")
        return "".join(printed)
