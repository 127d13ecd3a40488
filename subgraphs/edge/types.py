"""Value types that every subgraph defines alike, so that they compose, and the input of an amount."""

from __future__ import annotations

import strawberry

from shared_models.kernel import errors, money


@strawberry.federation.type(shareable=True, description="An amount in minor units of a currency.")
class Money:
    """GraphQL's face of the kernel's `Money`."""

    amount: int = strawberry.field(description="In minor units: 339 GBP is £3.39.")
    currency: str = strawberry.field(description="ISO 4217 code.")

    @classmethod
    def of(cls, value: money.Money) -> Money:
        """From the kernel's value."""
        return cls(amount=value.amount, currency=value.currency)


@strawberry.input(description="An amount in minor units of a currency.")
class MoneyInput:
    """An amount as it is given."""

    amount: int
    currency: str

    def value(self) -> money.Money:
        """The kernel's value."""
        return money.Money(self.amount, self.currency)


@strawberry.federation.type(shareable=True, description="Where a page of a connection ends.")
class PageInfo:
    """Relay's PageInfo, forwards only."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.federation.type(shareable=True, description="Why a mutation did nothing, and what to mend.")
class UserError:
    """GraphQL's face of the kernel's `UserError`."""

    code: str = strawberry.field(description="Stable, such as OUT_OF_RANGE.")
    message: str
    field: list[str] | None = strawberry.field(description="The path below `input`.")

    @classmethod
    def of(cls, error: errors.UserError) -> UserError:
        """From the kernel's error."""
        return cls(code=error.code, message=error.message, field=error.field)
