"""What a resolver finds in `info.context`: who asks, and the way to the domain's data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.dataloader import DataLoader

from shared_models.kernel.errors import Forbidden, Unauthenticated
from shared_models.kernel.identity import Identity, Role
from shared_models.kernel.ids import parse_id
from subgraphs.edge.services import Services

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Context:
    """One request's context; a subscription has one for its whole life, with fresh loaders for each event."""

    __slots__ = ("_loaders", "client_address", "identity", "services")

    def __init__(self, services: Services, identity: Identity | None, client_address: str | None = None) -> None:
        self.services = services
        self.identity = identity
        self.client_address = client_address
        self._loaders: dict[object, DataLoader[Any, Any]] = {}

    def require(self, *roles: Role) -> Identity:
        """The caller, who must have one of `roles` if any are given; an OWNER passes always.

        Raises `Unauthenticated` or `Forbidden`.
        """
        if self.identity is None:
            raise Unauthenticated("Log in first: this needs an access token.")
        held = self.identity.roles
        if roles and Role.OWNER not in held and held.isdisjoint(roles):
            raise Forbidden(f"This needs the role {' or '.join(roles)}.", roles=[str(role) for role in roles])
        return self.identity

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction in the caller's own scope. Raises `Unauthenticated`."""
        return self.services.database.transaction(self.require().scope())

    def loader(self, load: Callable[[Context, list[K]], Awaitable[list[V | None]]]) -> DataLoader[K, V | None]:
        """The request's DataLoader over `load`, a module's function: it answers a list of keys in their order."""
        found = self._loaders.get(load)
        if found is None:
            found = self._loaders[load] = DataLoader(load_fn=lambda keys: load(self, keys))
        return found

    async def load_by_id(self, load: Callable[[Context, list[UUID]], Awaitable[list[V | None]]], id: str) -> V | None:
        """What `id` names, batched with all others of the request; None when it spells no id at all."""
        key = parse_id(id)
        return None if key is None else await self.loader(load).load(key)

    def forget(self) -> None:
        """Drops what loaders remember: the next event of a subscription reads anew."""
        self._loaders.clear()


#: The type of a resolver's `info`.
Info: TypeAlias = strawberry.Info[Context, None]
