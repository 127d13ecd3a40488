"""Faults at random, for as long as one likes: everything that may break does, under load, and then the ledger reckons.

What happens follows from the seed; when exactly it strikes is up to the machine.
"""
