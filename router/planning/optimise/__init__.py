"""Passes over the fetch graph, one a file."""
