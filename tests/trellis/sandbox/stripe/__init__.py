"""Tests of the Stripe sandbox, by the real SDK."""
