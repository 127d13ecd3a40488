"""Documents to compiled operations, kept in a bounded cache; equal misses wait for one piece of work.

Parsing, validation and planning of a large operation take tens of milliseconds: they run in a thread, so that
other requests go on.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FloatValueNode,
    GraphQLError,
    GraphQLFloat,
    IntValueNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    ValidationRule,
    get_named_type,
    parse,
    specified_rules,
    validate,
)

from router.execution.compiled import CompiledOperation, compile_operation
from router.execution.errors import FieldError
from router.gateway.errors import DocumentError, NotReadyError
from router.gateway.limits import Limits, check_limits
from router.planning.errors import PlanningError
from router.planning.planner import plan_operation
from router.supergraph.model import Supergraph

_Key = tuple[bytes, str | None]
_MOST_ERRORS = 20
# What an answer about the schema takes, in selections that take as much.
_DESCRIPTION_SIZE = 500
_CHARACTERS_OF_A_SELECTION = 100


@dataclass(frozen=True, slots=True)
class DocumentSettings:
    """How much one operation may ask, how many steps its plan may take, and how many are kept or wait at once.

    `cache_selections` bounds the sizes of all that are kept: a large operation takes the place of many small ones.
    """

    cache_size: int = 1_000
    cache_selections: int = 100_000
    most_waiting: int = 128
    limits: Limits = field(default_factory=Limits)
    planning_budget: int = 200_000
    introspection: bool = True


class ReservedAliasRule(ValidationRule):
    """Names with two underscores are the type system's; one as an alias could hide `__typename` from us."""

    def enter_field(self, node: FieldNode, *_: object) -> None:
        if node.alias is not None and node.alias.value.startswith("__"):
            self.report_error(GraphQLError(f"the alias {node.alias.value} is reserved", node))


class FiniteNumbersRule(ValidationRule):
    """No JSON holds a number that is too large for a float: a subgraph would be sent a null instead."""

    def enter_float_value(self, node: FloatValueNode, *_: object) -> None:
        self._check(node)

    def enter_int_value(self, node: IntValueNode, *_: object) -> None:
        if get_named_type(self.context.get_input_type()) is GraphQLFloat:
            self._check(node)

    def _check(self, node: FloatValueNode | IntValueNode) -> None:
        if math.isinf(float(node.value)):
            self.report_error(GraphQLError("Float cannot represent non numeric value: inf", node))


_RULES = (*specified_rules, ReservedAliasRule, FiniteNumbersRule)


def compile_document(
    supergraph: Supergraph, query: str, operation_name: str | None, settings: DocumentSettings
) -> CompiledOperation:
    """Parse, check, plan, compile. Raises DocumentError."""
    try:
        document = parse(query, max_tokens=settings.limits.tokens, allow_empty_selection_sets=False)
    except GraphQLError as error:
        raise _document_error([error], "GRAPHQL_PARSE_FAILED") from error
    except RecursionError as error:
        raise _refused("GRAPHQL_PARSE_FAILED", "the document is nested too deeply") from error
    try:
        operation = select_operation(document, operation_name)
        check_limits(document, operation, settings.limits)
        problems = validate(
            supergraph.schema,
            document,
            _RULES,
            max_errors=_MOST_ERRORS,
            # "Did you mean" tells of a schema that nobody may ask for.
            hide_suggestions=not settings.introspection,
        )
        if problems:
            raise _document_error(problems, "GRAPHQL_VALIDATION_FAILED")
        if not settings.introspection:
            _refuse_introspection(supergraph, document)
        plan = plan_operation(supergraph, document, operation, settings.planning_budget)
        return compile_operation(supergraph, plan, operation.variable_definitions or ())
    except PlanningError as error:
        raise _refused(error.code, str(error)) from error
    except RecursionError as error:
        raise _refused("GRAPHQL_VALIDATION_FAILED", "the document is nested too deeply") from error


def _refuse_introspection(supergraph: Supergraph, document: DocumentNode) -> None:
    """A pass of its own, over what is otherwise valid: the refusal has its own code. `__typename` stays allowed."""
    asked = validate(supergraph.schema, document, (NoSchemaIntrospectionCustomRule,), max_errors=_MOST_ERRORS)
    if asked:
        raise _document_error(asked, "INTROSPECTION_DISABLED")


def select_operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation to run. Raises DocumentError where the request does not say which."""
    operations = [item for item in document.definitions if isinstance(item, OperationDefinitionNode)]
    if name is not None:
        operations = [item for item in operations if item.name is not None and item.name.value == name]
        if len(operations) != 1:
            raise _refused("OPERATION_RESOLUTION_FAILURE", "the document has no operation of this name")
    elif len(operations) != 1:
        raise _refused("OPERATION_RESOLUTION_FAILURE", "the request must name one of the operations")
    return operations[0]


def _refused(code: str, message: str) -> DocumentError:
    return DocumentError([FieldError(message, code)])


def _document_error(errors: Sequence[GraphQLError], code: str) -> DocumentError:
    return DocumentError([FieldError(error.message, code, None, None, {}, _locations(error)) for error in errors])


def _locations(error: GraphQLError) -> tuple[tuple[int, int], ...]:
    return tuple((location.line, location.column) for location in error.locations or ())


@dataclass(slots=True)
class _Kept:
    """An operation with what it was compiled from, and how often it was asked for of late."""

    operation: CompiledOperation
    query: str
    operation_name: str | None
    uses: int = 1


class Documents:
    """The cache for one supergraph; a new supergraph gets a new one."""

    def __init__(self, supergraph: Supergraph, settings: DocumentSettings, pool: ThreadPoolExecutor) -> None:
        self.supergraph = supergraph
        self.settings = settings
        self._pool = pool
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._selections = 0
        self._under_way: dict[_Key, asyncio.Future[CompiledOperation]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, query: str, operation_name: str | None) -> CompiledOperation:
        """The compiled operation. Raises DocumentError, or NotReadyError while too many others are being compiled."""
        key = _key(query, operation_name)
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            known.uses += 1
            return known.operation
        waiting = self._under_way.get(key)
        if waiting is None:
            if len(self._under_way) >= self.settings.most_waiting:
                raise NotReadyError("too many new operations are waiting to be planned")
            waiting = self._start(key, query, operation_name)
        # A client that leaves must not take the work away from the others who wait for it.
        return await asyncio.shield(waiting)

    async def warm_up(self, before: Documents, most: int, seconds: float) -> None:
        """Compiles what was asked for most of another supergraph, as far as it holds for this one and time allows."""
        used = sorted(before._kept.values(), key=lambda kept: kept.uses, reverse=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                for kept in used[:most]:
                    with suppress(DocumentError, NotReadyError):
                        await self.get(kept.query, kept.operation_name)
                        # What was popular once and is not any more falls back with each supergraph.
                        self._kept[_key(kept.query, kept.operation_name)].uses += kept.uses // 2

    def _start(self, key: _Key, query: str, operation_name: str | None) -> asyncio.Future[CompiledOperation]:
        future = asyncio.get_running_loop().run_in_executor(
            self._pool, compile_document, self.supergraph, query, operation_name, self.settings
        )
        self._under_way[key] = future

        def done(finished: asyncio.Future[CompiledOperation]) -> None:
            del self._under_way[key]
            if not finished.cancelled() and finished.exception() is None:
                self._keep(key, _Kept(finished.result(), query, operation_name))

        future.add_done_callback(done)
        return future

    def _keep(self, key: _Key, kept: _Kept) -> None:
        self._kept[key] = kept
        self._selections += _size(kept)
        while len(self._kept) > self.settings.cache_size or self._selections > self.settings.cache_selections:
            _, dropped = self._kept.popitem(last=False)
            self._selections -= _size(dropped)


def _key(query: str, operation_name: str | None) -> _Key:
    return hashlib.sha256(query.encode("utf-8", "surrogatepass")).digest(), operation_name


def _size(kept: _Kept) -> int:
    """In selections; a document that is mostly comments counts by its length."""
    operation = kept.operation
    described = _DESCRIPTION_SIZE if operation.introspected is not None else 0
    return max(operation.plan.operation.selections.size(), len(kept.query) // _CHARACTERS_OF_A_SELECTION) + described
