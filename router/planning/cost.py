"""What an operation is estimated to cost, as a formula that is compiled once and evaluated for each request.

As the public cost specification has it: an object costs 1 and a scalar nothing, unless `@cost` says otherwise; a list
costs its items as often as it is assumed to have some; arguments cost what they hold; a mutation costs 10 by itself.

    query($n: Int) { books(first: $n) { title author { name } } }    n x (1 + 1)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    get_argument_values,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
    parse,
)
from graphql.execution.values import VariableValues

from router.planning.operation import Condition, FieldSelection, FragmentSelection, Operation, SelectionSet
from router.supergraph.costs import ListSize
from router.supergraph.model import Supergraph

_MUTATION_COST = 10
_OBJECT_COST = 1


@dataclass(frozen=True, slots=True)
class Given:
    """What only a request knows: its variables, and how long a list is taken to be of which nothing is said."""

    variables: Mapping[str, object]
    list_size: int


Term = Callable[[Given], int]
_Arguments = Callable[[Given], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Formula:
    """A sum of what is known beforehand and what depends on the request."""

    constant: int
    terms: tuple[Term, ...] = ()

    def __call__(self, given: Given) -> int:
        return self.constant + sum(term(given) for term in self.terms)


@dataclass(frozen=True, slots=True)
class SlicedField:
    """A field that must be given exactly one of its slicing arguments."""

    coordinates: str
    given_arguments: Term
    conditions: tuple[Condition, ...]

    def is_met(self, given: Given) -> bool:
        return not _holds(self.conditions, given) or self.given_arguments(given) == 1


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """The formula of an operation, and the fields that it holds for only as far as they are sliced."""

    formula: Formula
    sliced: tuple[SlicedField, ...]


def cost_estimate(supergraph: Supergraph, operation: Operation) -> CostEstimate:
    """Compiles the estimate of a valid operation."""
    compiler = _Compiler(supergraph)
    formula = compiler.selections(operation.root_type, operation.selections, {}, ())
    base = _MUTATION_COST if operation.kind is OperationType.MUTATION else 0
    return CostEstimate(_sum((Formula(base), formula)), tuple(compiler.sliced))


class _Compiler:
    def __init__(self, supergraph: Supergraph) -> None:
        self.supergraph = supergraph
        self.costs = supergraph.costs
        self.sliced: list[SlicedField] = []
        # Asked for at every field, and each time the whole graph would be searched.
        self.possible_types = cache(supergraph.possible_types)

    def selections(
        self, parent: str, selections: SelectionSet, sized: Mapping[str, Term], conditions: tuple[Condition, ...]
    ) -> Formula:
        """`sized` are the sizes of those fields that the field above this selection set knows."""
        plain: list[Formula] = []
        typed: list[tuple[FragmentSelection, Formula]] = []
        for item in selections:
            if isinstance(item, FragmentSelection):
                typed.append((item, self.selections(item.type_name, item.selections, sized, conditions)))
            else:
                plain.append(self._field(parent, item, sized.get(item.name), conditions))
        return _sum((*plain, self._dearest(parent, typed)))

    def _dearest(self, parent: str, typed: list[tuple[FragmentSelection, Formula]]) -> Formula:
        """An object is of one type, so of fragments that exclude one another only the dearest counts."""
        supertypes = self.supergraph.supertypes
        together = {
            tuple(index for index, (item, _) in enumerate(typed) if item.type_name in supertypes[name])
            for name in self.possible_types(parent)
        }
        return _largest([_sum(typed[index][1] for index in indices) for indices in sorted(together) if indices])

    def _field(
        self, parent: str, item: FieldSelection, known_size: Term | None, conditions: tuple[Condition, ...]
    ) -> Formula:
        if item.name.startswith("__"):
            return Formula(0)
        owner = self.supergraph.schema.type_map[parent]
        field = cast("GraphQLObjectType | GraphQLInterfaceType", owner).fields[item.name]
        here = (*conditions, *item.conditions)
        arguments = self._arguments(field, item)
        declared = self._list_size(parent, item.name)
        size = _size(declared, arguments) if declared else None
        if declared and declared.slicing_arguments and declared.needs_one_argument:
            self.sliced.append(SlicedField(f"{parent}.{item.name}", _count(declared, arguments), here))
        sized = dict.fromkeys(declared.sized_fields, size) if declared and size else {}
        one = Formula(self._weight(parent, item))
        if item.selections is not None:
            one = _sum((one, self.selections(item.type_name, item.selections, sized, here)))
        if is_list_type(get_nullable_type(field.type)):
            one = _times(known_size or size or _default_size, one)
        return _when(item.conditions, _sum((one, self._cost_of_arguments(parent, item, field, arguments))))

    def _weight(self, parent: str, item: FieldSelection) -> int:
        """Of the field, else of its type; an interface's field is as dear as the dearest that implements it."""
        weights = self.costs.weights
        owners = (parent, *self.possible_types(parent))
        found = [weights[at] for owner in owners if (at := f"{owner}.{item.name}") in weights]
        if found:
            return max(found)
        type_ = self.supergraph.types.get(item.type_name)
        names = self.possible_types(item.type_name) if type_ and type_.is_abstract else (item.type_name,)
        default = _OBJECT_COST if type_ and type_.is_composite else 0
        return max((weights.get(name, default) for name in names), default=default)

    def _list_size(self, parent: str, name: str) -> ListSize | None:
        sizes = self.costs.list_sizes
        owners = (parent, *self.possible_types(parent))
        return next((sizes[at] for owner in owners if (at := f"{owner}.{name}") in sizes), None)

    # -- arguments ---------------------------------------------------------------------------------------

    def _arguments(self, field: GraphQLField, item: FieldSelection) -> _Arguments:
        """The values of a field's arguments with their defaults; those without variables are read once."""
        if not field.args:
            return lambda _: {}
        operation = cast("OperationDefinitionNode", parse(f"{{{item.name}{item.arguments}}}").definitions[0])
        node = cast("FieldNode", operation.selection_set.selections[0])
        if not item.variables:
            values = get_argument_values(field, node)
            return lambda _: values

        def values_for(given: Given) -> Mapping[str, object]:
            try:
                return get_argument_values(field, node, VariableValues({}, dict(given.variables)))
            except GraphQLError:
                # A null variable where the argument may not be null: whoever has the field refuses it.
                return {}

        return values_for

    def _cost_of_arguments(
        self, parent: str, item: FieldSelection, field: GraphQLField, arguments: _Arguments
    ) -> Formula:
        declared = {
            name: (argument.type, self.costs.weights.get(f"{parent}.{item.name}({name}:)"))
            for name, argument in field.args.items()
        }
        if not any(weight is not None or self._may_cost(type_) for type_, weight in declared.values()):
            return Formula(0)

        def cost(given: Given) -> int:
            return sum(self._cost_of_value(*declared[name], value) for name, value in arguments(given).items())

        return Formula(0, (cost,)) if item.variables else Formula(cost(Given({}, 0)))

    def _may_cost(self, type_: GraphQLInputType) -> bool:
        named = get_named_type(type_)
        return is_input_object_type(named) or named.name in self.costs.weights

    def _cost_of_value(self, type_: GraphQLInputType, weight: int | None, value: object) -> int:
        """An own weight of the place counts once, that of the type for every value; what is inside always counts."""
        if value is None:
            return 0
        named = get_named_type(type_)
        own = self.costs.weights.get(named.name, _OBJECT_COST if is_input_object_type(named) else 0)
        total = weight or 0
        for each in _flat(value):
            total += own if weight is None else 0
            if is_input_object_type(named) and isinstance(each, dict):
                for name, inner in each.items():
                    at = self.costs.weights.get(f"{named.name}.{name}")
                    total += self._cost_of_value(named.fields[name].type, at, inner)
        return total


def _flat(value: object) -> Iterator[object]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif value is not None:
        yield value


def _slices(declared: ListSize, arguments: Mapping[str, object]) -> list[int]:
    """The slicing arguments that are given."""
    values = (_at(path, arguments) for path in declared.slicing_arguments)
    return [max(value, 0) for value in values if isinstance(value, int)]


def _at(path: str, arguments: Mapping[str, object]) -> object:
    """The argument, or with `page.first` what an input object has there."""
    value: object = arguments
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _size(declared: ListSize, arguments: _Arguments) -> Term:
    def size(given: Given) -> int:
        slices = _slices(declared, arguments(given)) if declared.slicing_arguments else []
        if slices:
            return max(slices)
        return declared.assumed if declared.assumed is not None else given.list_size

    return size


def _count(declared: ListSize, arguments: _Arguments) -> Term:
    return lambda given: len(_slices(declared, arguments(given)))


def _default_size(given: Given) -> int:
    return given.list_size


def _holds(conditions: tuple[Condition, ...], given: Given) -> bool:
    return all(given.variables.get(name) is wanted for name, wanted in conditions)


# -- formulas ------------------------------------------------------------------------------------------------


def _sum(formulas: Iterable[Formula]) -> Formula:
    parts = list(formulas)
    return Formula(sum(part.constant for part in parts), tuple(term for part in parts for term in part.terms))


def _times(size: Term, formula: Formula) -> Formula:
    if not formula.constant and not formula.terms:
        return formula
    return Formula(0, (lambda given: size(given) * formula(given),))


def _when(conditions: tuple[Condition, ...], formula: Formula) -> Formula:
    if not conditions:
        return formula
    return Formula(0, (lambda given: formula(given) if _holds(conditions, given) else 0,))


def _largest(formulas: list[Formula]) -> Formula:
    if len(formulas) < 2:
        return formulas[0] if formulas else Formula(0)
    if not any(formula.terms for formula in formulas):
        return max(formulas, key=lambda formula: formula.constant)
    return Formula(0, (lambda given: max(formula(given) for formula in formulas),))
