"""Bringing a retailer's files into a running platform."""
