"""What may be asked to be done by billing."""

from __future__ import annotations

import strawberry

from shared_models.billing import service
from shared_models.kernel.errors import UserError
from shared_models.kernel.identity import Role
from shared_models.kernel.ids import parse_id
from subgraphs.billing.types import Refund
from subgraphs.edge.context import Info
from subgraphs.edge.payloads import Payload, payload
from subgraphs.edge.types import MoneyInput

_MAX_KEY = 200


@strawberry.input
class RefundPaymentInput:
    """Without an amount, all that is left is refunded. One key is one refund, however often it is sent."""

    payment_id: strawberry.ID
    idempotency_key: str
    amount: MoneyInput | None = None


@strawberry.type
class RefundPaymentPayload(Payload):
    """The refund, PENDING until the processor has answered."""

    refund: Refund | None = None


@strawberry.type
class Mutation:
    """Billing's mutations."""

    @strawberry.mutation
    @payload(RefundPaymentPayload)
    async def refund_payment(self, info: Info, input: RefundPaymentInput) -> RefundPaymentPayload:
        """Gives money back to the payer, by a job that this enqueues. For owners."""
        info.context.require(Role.OWNER)
        payment_id = parse_id(input.payment_id)
        if payment_id is None:
            raise UserError("PAYMENT_NOT_FOUND", "There is no such payment.", ["paymentId"])
        if not 1 <= len(input.idempotency_key) <= _MAX_KEY:
            raise UserError("IDEMPOTENCY_KEY_INVALID", f"A key has 1 to {_MAX_KEY} characters.", ["idempotencyKey"])
        amount = input.amount.value() if input.amount else None
        async with info.context.transaction() as session:
            refund = await service.request_refund(session, payment_id, amount=amount, key=input.idempotency_key)
        return RefundPaymentPayload(refund=Refund.of(refund))
