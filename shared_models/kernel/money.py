"""Money as an integer of minor units: 339 GBP is three pounds thirty-nine."""

from __future__ import annotations

import msgspec

from shared_models.kernel.errors import UserError

#: GraphQL's Int is 32 bits wide; an amount beyond it cannot be answered, so it is never accepted.
MAX_AMOUNT = 2**31 - 1


class Money(msgspec.Struct, frozen=True):
    """An amount in minor units of an ISO 4217 currency."""

    amount: int
    currency: str

    def times(self, quantity: int) -> Money:
        """This price for `quantity` units; raises `UserError` AMOUNT_TOO_LARGE beyond 32 bits."""
        return _bounded(self.amount * quantity, self.currency)

    def plus(self, other: Money) -> Money:
        """The sum of two amounts of one currency; raises `UserError` CURRENCY_MISMATCH or AMOUNT_TOO_LARGE."""
        if other.currency != self.currency:
            raise UserError("CURRENCY_MISMATCH", f"Cannot add {other.currency} to {self.currency}.")
        return _bounded(self.amount + other.amount, self.currency)


def total(amounts: list[Money]) -> Money:
    """The sum of a non-empty list of amounts of one currency."""
    first, *rest = amounts
    for amount in rest:
        first = first.plus(amount)
    return first


def _bounded(amount: int, currency: str) -> Money:
    if abs(amount) > MAX_AMOUNT:
        raise UserError("AMOUNT_TOO_LARGE", f"An amount may not exceed {MAX_AMOUNT} minor units.")
    return Money(amount, currency)
