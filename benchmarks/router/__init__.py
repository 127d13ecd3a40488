"""The router against its peers: `python -m benchmarks.router`."""
