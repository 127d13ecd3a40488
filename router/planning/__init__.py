"""From an operation to a plan of fetches; no I/O."""
