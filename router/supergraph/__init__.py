"""The federated graph as one immutable model."""
