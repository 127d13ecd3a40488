"""Stage: fields that this request may not have are not fetched; each is null, with an error that says so."""

from __future__ import annotations

from dataclasses import dataclass

from router.execution.compiled import compile_without
from router.execution.errors import FieldError
from router.gateway.context import RequestContext
from router.planning.authorisation import RestrictedField
from router.supergraph.model import Access


async def authorise(context: RequestContext) -> None:
    """Swaps the operation for the one without the denied fields."""
    operation = context.compiled
    if not operation.restricted:
        return
    held = _held(context)
    denied = tuple(
        field
        for field in operation.restricted
        if all(context.variables.get(name) is wanted for name, wanted in field.conditions)
        and not all(held.meets(demand) for demand in field.access)
    )
    if denied:
        errors: dict[int, list[FieldError]] = {}
        for field in denied:
            errors.setdefault(field.part, []).append(_error(held, field))
        context.denied = errors
        without = frozenset(field.selection for field in denied)
        await context.keep(("without", without), lambda operation: compile_without(operation, without))


@dataclass(frozen=True, slots=True)
class _Held:
    """What a request brings."""

    authenticated: bool
    scopes: frozenset[str]
    policies: frozenset[str]

    def meets(self, demand: Access) -> bool:
        return (
            (self.authenticated or not demand.authenticated)
            and _holds_any(self.scopes, demand.scopes)
            and _holds_any(self.policies, demand.policies)
        )


def _held(context: RequestContext) -> _Held:
    identity = context.identity
    if identity is None:
        return _Held(False, frozenset(), context.policies)
    return _Held(True, identity.scopes, context.policies | identity.policies)


def _holds_any(held: frozenset[str], groups: tuple[tuple[str, ...], ...]) -> bool:
    return not groups or any(held.issuperset(group) for group in groups)


def _error(held: _Held, field: RestrictedField) -> FieldError:
    if not held.authenticated and any(demand.authenticated for demand in field.access):
        return FieldError(f"{field.coordinates} needs a signed-in user", "UNAUTHENTICATED", field.path)
    return FieldError(f"{field.coordinates} needs more than this user may", "UNAUTHORIZED_FIELD_OR_TYPE", field.path)
