"""Hints: what composes, but may not be meant. One a file, each named after its code."""
