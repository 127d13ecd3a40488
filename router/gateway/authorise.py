"""Stage: fields that this request may not have are not fetched; each is null, with an error that says so."""

from __future__ import annotations

import asyncio

from router.execution.compiled import CompiledOperation, compile_without
from router.execution.errors import FieldError
from router.gateway.context import Identity, RequestContext
from router.planning.authorisation import RestrictedField
from router.supergraph.model import Access

_MOST_VARIANTS = 32


async def authorise(context: RequestContext) -> None:
    """Swaps the operation for the one without the denied fields."""
    operation = context.compiled
    denied = tuple(
        field
        for field in operation.restricted
        if all(context.variables.get(name) is wanted for name, wanted in field.conditions)
        and not _is_allowed(context.identity, field.access)
    )
    if denied:
        context.denied = tuple(_error(context.identity, field) for field in denied)
        context.operation = await _variant(operation, denied)


def _is_allowed(identity: Identity | None, demands: tuple[Access, ...]) -> bool:
    if identity is None:
        return False
    held = identity.scopes
    return all(not demand.scopes or any(held.issuperset(group) for group in demand.scopes) for demand in demands)


def _error(identity: Identity | None, field: RestrictedField) -> FieldError:
    if identity is None:
        return FieldError(f"{field.coordinates} needs a signed-in user", "UNAUTHENTICATED", field.path)
    return FieldError(f"{field.coordinates} needs more than this user may", "UNAUTHORIZED_FIELD_OR_TYPE", field.path)


async def _variant(operation: CompiledOperation, denied: tuple[RestrictedField, ...]) -> CompiledOperation:
    """Planned once for each set of denied fields, off the event loop like every plan."""
    key = frozenset(field.selection for field in denied)
    known = operation.variants.get(key)
    if known is None:
        known = await asyncio.to_thread(compile_without, operation, key)
        if len(operation.variants) >= _MOST_VARIANTS:
            operation.variants.clear()
        operation.variants[key] = known
    return known
