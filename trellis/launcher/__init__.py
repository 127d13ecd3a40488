"""The local supervisor: starts every role as a process of its own, keeps it alive, stops all of them."""
