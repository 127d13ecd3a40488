"""The domains of this deployment. A new domain is one more name here, with a port of its own."""

#: How far a domain's port in a local run lies from the router's.
PORTS = {"accounts": 1, "catalog": 2, "orders": 3, "billing": 4, "audit": 5, "jobs": 7}

DOMAINS = tuple(PORTS)
