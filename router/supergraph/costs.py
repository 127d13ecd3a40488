"""What elements of the graph cost, and how long lists are: `@cost` and `@listSize`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from graphql import ConstDirectiveNode, InputValueDefinitionNode, TypeDefinitionNode, value_from_ast_untyped

Arguments = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ListSize:
    """How many items a field has: the largest of the slicing arguments that are given, or the assumed size.

    With `sized_fields` it is not the field itself that is a list, but these fields of what it returns.
    """

    assumed: int | None = None
    slicing_arguments: tuple[str, ...] = ()
    sized_fields: tuple[str, ...] = ()
    needs_one_argument: bool = True


@dataclass(frozen=True, slots=True)
class Costs:
    """By coordinates: `Type`, `Type.field`, `Type.field(argument:)`, and `Input.field`."""

    weights: Mapping[str, int] = field(default_factory=dict)
    list_sizes: Mapping[str, ListSize] = field(default_factory=dict)


def read_costs(definitions: Iterable[TypeDefinitionNode]) -> Costs:
    """All that the definitions say."""
    weights: dict[str, int] = {}
    list_sizes: dict[str, ListSize] = {}
    for coordinates, directives in _elements(definitions):
        for directive in directives or ():
            arguments = {a.name.value: value_from_ast_untyped(a.value) for a in directive.arguments or ()}
            if directive.name.value == "cost":
                # The public specification of costs writes weights as strings.
                weights[coordinates] = int(float(str(arguments["weight"])))
            elif directive.name.value == "listSize":
                list_sizes[coordinates] = _list_size(arguments)
    return Costs(MappingProxyType(weights), MappingProxyType(list_sizes))


def _elements(definitions: Iterable[TypeDefinitionNode]) -> Iterator[tuple[str, Iterable[ConstDirectiveNode] | None]]:
    for definition in definitions:
        name = definition.name.value
        yield name, definition.directives
        for member in getattr(definition, "fields", None) or ():
            coordinates = f"{name}.{member.name.value}"
            yield coordinates, member.directives
            arguments: Iterable[InputValueDefinitionNode] = getattr(member, "arguments", None) or ()
            for argument in arguments:
                yield f"{coordinates}({argument.name.value}:)", argument.directives


def _list_size(arguments: Arguments) -> ListSize:
    assumed = arguments.get("assumedSize")
    return ListSize(
        assumed=assumed if isinstance(assumed, int) else None,
        slicing_arguments=_names(arguments, "slicingArguments"),
        sized_fields=_names(arguments, "sizedFields"),
        needs_one_argument=arguments.get("requireOneSlicingArgument") is not False,
    )


def _names(arguments: Arguments, name: str) -> tuple[str, ...]:
    value = arguments.get(name)
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
