"""Documents to compiled operations."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

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
from router.gateway.operation_cache import CacheLimits, OperationCache
from router.gateway.operation_metrics import OperationMetrics
from router.planning.defer_directive import deferral_of
from router.planning.errors import PlanningError
from router.planning.planner import plan_operation
from router.supergraph.model import Supergraph

Phase = Callable[[str], AbstractContextManager[None]]
"""Told of each phase of compiling by name, for as long as it takes."""

_MOST_ERRORS = 20


class DocumentKey(NamedTuple):
    """What an operation is known by: the text itself, which is kept anyway and whose hash Python keeps with it."""

    query: str
    operation_name: str | None


@dataclass(frozen=True, slots=True)
class DocumentSettings:
    """How much one operation may ask, how many steps its plan may take, and how much is kept of all."""

    cache: CacheLimits = field(default_factory=CacheLimits)
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
    supergraph: Supergraph,
    query: str,
    operation_name: str | None,
    settings: DocumentSettings,
    phase: Phase = lambda _: nullcontext(),
) -> CompiledOperation:
    """Parse, check, plan, compile. Raises DocumentError."""
    try:
        with phase("parse"):
            document = parse(query, max_tokens=settings.limits.tokens, allow_empty_selection_sets=False)
    except GraphQLError as error:
        raise _document_error([error], "GRAPHQL_PARSE_FAILED") from error
    except RecursionError as error:
        raise _refused("GRAPHQL_PARSE_FAILED", "the document is nested too deeply") from error
    try:
        with phase("validate"):
            operation = select_operation(document, operation_name)
            _validate(supergraph, document, operation, settings)
        with phase("plan"):
            plan = plan_operation(supergraph, document, operation, settings.planning_budget)
            deferral = deferral_of(document, operation)
            return compile_operation(supergraph, plan, operation.variable_definitions or (), deferral)
    except PlanningError as error:
        raise _refused(error.code, str(error)) from error
    except RecursionError as error:
        raise _refused("GRAPHQL_VALIDATION_FAILED", "the document is nested too deeply") from error


def _validate(
    supergraph: Supergraph, document: DocumentNode, operation: OperationDefinitionNode, settings: DocumentSettings
) -> None:
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


class Documents:
    """The operations of one supergraph; a new supergraph gets a new one."""

    def __init__(
        self, supergraph: Supergraph, settings: DocumentSettings, pool: ThreadPoolExecutor, metrics: OperationMetrics
    ) -> None:
        self.supergraph = supergraph
        self.settings = settings
        self.cache = OperationCache(settings.cache, pool, metrics)
        self._metrics = metrics

    async def get(self, query: str, operation_name: str | None) -> CompiledOperation:
        """The compiled operation. Raises DocumentError, or NotReadyError while too many others are being compiled."""
        compile_ = partial(self._compile, query, operation_name)
        return await self.cache.get(DocumentKey(query, operation_name), compile_, len(query))

    async def warm_up(self, before: Documents, most: int, seconds: float) -> None:
        """Compiles what was asked for most of another supergraph, as far as it holds for this one and time allows."""
        documents = [(key, kept.uses) for key, kept in before.cache.items() if isinstance(key, DocumentKey)]
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                for key, uses in sorted(documents, key=lambda used: used[1], reverse=True)[:most]:
                    with suppress(DocumentError, NotReadyError):
                        await self.get(key.query, key.operation_name)
                        kept = self.cache.peek(key)
                        if kept is not None:
                            # What was popular once and is not any more falls back with each supergraph.
                            kept.uses += uses // 2

    def _compile(self, query: str, operation_name: str | None) -> CompiledOperation:
        return compile_document(self.supergraph, query, operation_name, self.settings, self._metrics.phase)
