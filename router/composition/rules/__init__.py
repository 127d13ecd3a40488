"""Composition rules, one a file, each named after its error code."""
