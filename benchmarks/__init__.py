"""Benchmarks: each command reproduces one table of the README."""
