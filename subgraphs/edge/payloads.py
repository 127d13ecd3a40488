"""How a mutation's mendable errors become `userErrors` of its payload."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

import strawberry

from shared_models.kernel import errors
from subgraphs.edge.types import UserError

P = ParamSpec("P")


@strawberry.type
class Payload:
    """Base of every mutation's payload. All other fields must default to None: that is what a failure shows."""

    user_errors: list[UserError] = strawberry.field(default_factory=list)


PayloadType = TypeVar("PayloadType", bound=Payload)


def payload(
    kind: type[PayloadType],
) -> Callable[[Callable[P, Awaitable[PayloadType]]], Callable[P, Awaitable[PayloadType]]]:
    """Decorates a mutation's resolver: a kernel `UserError` becomes an empty `kind` that tells of it.

    ```python
    @strawberry.mutation
    @payload(PlaceOrderPayload)
    async def place_order(self, info: Info, input: PlaceOrderInput) -> PlaceOrderPayload: ...
    ```
    Raise it inside the transaction: leaving the block by the error is what rolls back.
    """

    def decorate(resolve: Callable[P, Awaitable[PayloadType]]) -> Callable[P, Awaitable[PayloadType]]:
        @functools.wraps(resolve)
        async def resolved(*args: P.args, **kwargs: P.kwargs) -> PayloadType:
            try:
                return await resolve(*args, **kwargs)
            except errors.UserError as error:
                return kind(user_errors=[UserError.of(error)])

        return resolved

    return decorate
