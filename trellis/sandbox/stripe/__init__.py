"""The part of Stripe's API that billing uses, as a small service.

stripe-python talks to it with ``StripeClient(key, base_addresses={"api": url})``. It keeps Stripe's promises that a
payment depends on: idempotency keys, signed and repeated webhooks, the answers to test cards.
"""
