"""Fields of objects and interfaces, with who resolves them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from router.composition.context_arguments import context_arguments
from router.composition.merged import FieldMention
from router.composition.printing.elements import ElementPrinter
from router.composition.printing.text import description, quoted
from router.composition.subgraph import FieldDef


class FieldPrinter:
    """Prints the fields of one graph."""

    def __init__(self, elements: ElementPrinter) -> None:
        self.elements = elements
        self.graph = elements.graph

    def print(self, type_name: str, field_name: str) -> str:
        """One field of the supergraph."""
        interface = self.graph.inherited(type_name).get(field_name)
        mentions = self.graph.of_field(interface or type_name, field_name)
        defined = self.graph.defined(interface or type_name, field_name)
        merged = self.graph.merged_type(defined) or defined[0][1].type
        # A field of an interface object belongs to no subgraph's version of this type.
        join = ["@join__field"] if interface else list(self._join_fields(type_name, mentions))
        arguments = ", ".join(
            self.elements.input(name, parts) for name, parts in self.graph.merged_arguments(defined).items()
        )
        fields = [field for _, field in defined]
        further = self.elements.requirements.of_field(type_name, field_name)
        listed = f"({arguments})" if arguments else ""
        printed = " ".join([merged, *join, *self._connectors(mentions), *self.elements.passed(fields, further)])
        return f"{description(fields, '  ')}  {field_name}{listed}: {printed}\n"

    def _join_fields(self, type_name: str, mentions: Sequence[FieldMention]) -> Iterator[str]:
        name = mentions[0][1].name
        gone = self.graph.overridden(type_name, name)
        labels = self.graph.labels(type_name, name)
        differs = len({field.type for _, field in mentions}) > 1
        details = {sub.name: self._details(sub.name, field, differs) for sub, field in mentions}
        everyone = self.graph.subgraphs if type_name == "Query" else self.graph.of_type(type_name)
        marked = [sub for sub, _ in mentions if sub.name in gone or sub.name in labels or details[sub.name]]
        if len(mentions) == len(everyone) and not marked:
            return
        for sub, field in mentions:
            parts = [f"graph: {self.elements.graph_name[sub.name]}", *details[sub.name]]
            if field.override is not None:
                parts.append(f"override: {quoted(field.override)}")
            if sub.name in gone:
                # The source keeps the field only as far as it needs it for itself.
                if not self.graph.uses(sub, type_name, name):
                    continue
                parts.append("usedOverridden: true")
            if sub.name in labels:
                parts.append(f"overrideLabel: {quoted(labels[sub.name])}")
            yield f"@join__field({', '.join(parts)})"

    def _details(self, subgraph: str, field: FieldDef, differs: bool) -> list[str]:
        texts = {
            "requires": field.requires,
            "provides": field.provides,
            "type": field.type if differs else None,
        }
        details = [f"{name}: {quoted(text)}" for name, text in texts.items() if text is not None]
        if field.external:
            details.append("external: true")
        contexts = [
            f"{{context: {quoted(found.context)}, name: {quoted(found.argument)}, type: {quoted(found.type)}, "
            f"selection: {quoted(found.selection)}}}"
            for found in context_arguments(subgraph, field)
        ]
        return [*details, f"contextArguments: [{', '.join(contexts)}]"] if contexts else details

    def _connectors(self, mentions: Sequence[FieldMention]) -> Iterator[str]:
        for _, field in mentions:
            yield from self.elements.connectors(field)
