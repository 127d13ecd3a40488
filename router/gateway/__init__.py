"""The request as a list of stages."""
