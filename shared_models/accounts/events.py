"""What accounts tells: who joined, and what their tenant may expect."""

from typing import ClassVar
from uuid import UUID

from shared_models.kernel.events import Event
from shared_models.kernel.tenancy import Tier


class AccountsEvent(Event, frozen=True):
    """Base of the events of accounts."""

    domain: ClassVar[str] = "accounts"


class TenantCreated(AccountsEvent, frozen=True):
    """A tenant signed up."""

    tenant_id: UUID
    tenant_name: str
    tier: Tier


class UserJoined(AccountsEvent, frozen=True):
    """A person was given an account in the tenant."""

    user_id: UUID
    roles: list[str]


class UserLoggedIn(AccountsEvent, frozen=True):
    """A person proved who they are."""

    user_id: UUID


class TierChanged(AccountsEvent, frozen=True):
    """The tenant moved to another tier."""

    tenant_id: UUID
    tier: Tier
